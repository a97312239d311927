//! Who a statement of a trust or resource policy is about.

use ironwright_core::tree::Name;
use ironwright_core::value::partition;
use ironwright_core::{IntoValue, Source, Text, Tree, text};

use crate::conveniences::invalid;

/// Who may do something: a service, an account, a role or user by ARN, an identity provider, or anyone.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Principal {
    kind: &'static str,
    tree: Tree,
}

impl Principal {
    /// A service of AWS: `lambda.amazonaws.com`.
    #[track_caller]
    pub fn service(domain: impl IntoValue<Text>) -> Self {
        let tree = match domain.into_value().into_tree() {
            Tree::Text(domain) if !is_domain(&domain) => {
                let message = format!("`{domain}` is not the domain of a service");
                invalid(message, "an example: `lambda.amazonaws.com`", &Source::caller())
            }
            tree => tree,
        };
        Self { kind: "Service", tree }
    }

    /// Everyone in an account, as far as that account's own policies go; by its number, twelve digits.
    #[track_caller]
    pub fn account(number: impl IntoValue<Text>) -> Self {
        let tree = match number.into_value().into_tree() {
            Tree::Text(number) if number.len() != 12 || !number.bytes().all(|byte| byte.is_ascii_digit()) => {
                let message = format!("`{number}` is not the number of an account");
                invalid(message, "it has twelve digits", &Source::caller())
            }
            number => text!("arn:{}:iam::{}:root", partition(), number).into_tree(),
        };
        Self { kind: "AWS", tree }
    }

    /// A role or a user, by ARN: `role.arn()`.
    pub fn arn(arn: impl IntoValue<Text>) -> Self {
        Self { kind: "AWS", tree: arn.into_value().into_tree() }
    }

    /// Whoever an identity provider vouches for, by the provider's ARN or name.
    pub fn federated(provider: impl IntoValue<Text>) -> Self {
        Self { kind: "Federated", tree: provider.into_value().into_tree() }
    }

    /// Anyone at all, with an account or without.
    pub fn anyone() -> Self {
        Self { kind: "AWS", tree: Tree::text("*") }
    }
}

/// Principals as a statement has them: by kind, in the order they were named.
pub(super) fn lower(principals: Vec<Principal>) -> Tree {
    let mut kinds: Vec<(Name, Vec<Tree>)> = Vec::new();
    for Principal { kind, tree } in principals {
        match kinds.iter_mut().find(|(known, _)| known == kind) {
            Some((_, trees)) => trees.push(tree),
            None => kinds.push((kind.into(), vec![tree])),
        }
    }
    Tree::Map(kinds.into_iter().map(|(kind, trees)| (kind, super::statement::one_or_many(trees))).collect())
}

fn is_domain(text: &str) -> bool {
    text.contains('.') && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_of_a_kind_are_together() {
        let tree = lower(vec![
            Principal::service("lambda.amazonaws.com"),
            Principal::arn("arn:aws:iam::123456789012:role/deploy"),
            Principal::service("ec2.amazonaws.com"),
        ]);
        let expect = serde_json::json!({
            "Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"],
            "AWS": "arn:aws:iam::123456789012:role/deploy",
        });
        let Tree::Map(entries) = tree else { panic!("a map") };
        for (kind, tree) in entries {
            assert_eq!(tree, Tree::from(expect[kind.as_ref()].clone()));
        }
    }

    #[test]
    fn an_account_is_its_root_in_the_partition() {
        let expect = text!("arn:{}:iam::{}:root", partition(), "123456789012").into_tree();
        assert_eq!(Principal::account("123456789012").tree, expect);
    }

    #[test]
    fn what_cannot_be_a_principal_is_an_error() {
        for principal in [
            Principal::service("lambda"),
            Principal::service("*.amazonaws.com"),
            Principal::account("12345"),
            Principal::account("12345678901x"),
        ] {
            assert!(matches!(principal.tree, Tree::Invalid(_)), "{principal:?}");
        }
    }
}
