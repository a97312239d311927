//! Conveniences for S3: what nearly every bucket says.

use ironwright_core::Tree;
use ironwright_core::resource::Resource;
use ironwright_core::{Source, tree::Name};

use crate::generated::s3::Bucket;

impl Bucket {
    /// Keeps the bucket and what is in it private, whatever access lists or bucket policies say.
    ///
    /// ```
    /// use ironwright_aws::s3::Bucket;
    ///
    /// Bucket::new().block_public_access();
    /// ```
    #[track_caller]
    pub fn block_public_access(mut self) -> Self {
        let all = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];
        let all = Tree::Map(all.map(|name| (Name::Borrowed(name), Tree::Boolean(true))).into());
        self.bag_mut().put("PublicAccessBlockConfiguration".into(), all, Source::caller(), false);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::s3::PublicAccessBlockConfiguration;

    #[test]
    fn all_four_doors_are_shut() {
        let long = PublicAccessBlockConfiguration::new()
            .block_public_acls(true)
            .block_public_policy(true)
            .ignore_public_acls(true)
            .restrict_public_buckets(true);
        let long = Bucket::new().public_access_block_configuration(long).into_bag();
        let short = Bucket::new().block_public_access().into_bag();
        assert_eq!(short.get("PublicAccessBlockConfiguration"), long.get("PublicAccessBlockConfiguration"));
    }
}
