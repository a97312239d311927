//! The types that EC2's API serves here, one file each.

mod instance;
mod security_group;
mod vpc;

use super::kind::Kind;

/// The names of the types.
pub(super) const NAMES: &[&str] = &["AWS::EC2::Instance", "AWS::EC2::SecurityGroup", "AWS::EC2::VPC"];

/// All of them.
pub(super) fn all() -> Vec<Box<dyn Kind>> {
    vec![Box::new(instance::Instance), Box::new(security_group::SecurityGroup), Box::new(vpc::Vpc)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_named() {
        let kinds: Vec<&str> = all().iter().map(|kind| kind.type_name()).collect();
        assert_eq!(kinds, NAMES);
    }
}
