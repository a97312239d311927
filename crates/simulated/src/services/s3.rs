//! S3: bucket names and the domains that are made of them.

use ironwright_engine::ProviderError;

use super::Subject;
use crate::draft::Draft;
use crate::mint;
use crate::refusal::refused;
use crate::surroundings::{partition, url_suffix};

pub(super) fn refuse(subject: &Subject) -> Result<(), ProviderError> {
    if subject.type_name != "AWS::S3::Bucket" {
        return Ok(());
    }
    match subject.text("BucketName").filter(|name| !is_bucket_name(name)) {
        Some(name) => Err(refused("InvalidBucketName", format!("the specified bucket is not valid: '{name}'"))),
        None => Ok(()),
    }
}

/// 3 to 63 lower-case letters, digits, dots and hyphens, with letters or digits at both ends, and no IP address.
fn is_bucket_name(name: &str) -> bool {
    let is_end = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let is_inner = |byte: u8| is_end(Some(byte)) || byte == b'.' || byte == b'-';
    (3..=63).contains(&name.len())
        && name.bytes().all(is_inner)
        && is_end(name.bytes().next())
        && is_end(name.bytes().last())
        && !name.contains("..")
        && name.parse::<std::net::Ipv4Addr>().is_err()
}

pub(super) fn fill(draft: &mut Draft) {
    if draft.facts.type_name != "AWS::S3::Bucket" {
        return;
    }
    let named = mint::named(draft, 63);
    draft.set("BucketName", named);
    let name = draft.text("BucketName").unwrap_or_default().to_owned();
    let (region, suffix) = (draft.region, url_suffix(draft.region));
    draft.set("Arn", format!("arn:{}:s3:::{name}", partition(region)));
    draft.set("DomainName", format!("{name}.s3.{suffix}"));
    draft.set("RegionalDomainName", format!("{name}.s3.{region}.{suffix}"));
    draft.set("DualStackDomainName", format!("{name}.s3.dualstack.{region}.{suffix}"));
    draft.set("WebsiteURL", format!("http://{name}.s3-website-{region}.{suffix}"));
}

#[cfg(test)]
mod tests {
    use super::is_bucket_name;

    #[test]
    fn bucket_names_by_the_rules_of_s3() {
        for good in ["my-bucket", "a.b.c", "123"] {
            assert!(is_bucket_name(good), "{good}");
        }
        for bad in ["My-bucket", "ab", "-ab", "a..b", "192.168.0.1", "a_b"] {
            assert!(!is_bucket_name(bad), "{bad}");
        }
    }
}
