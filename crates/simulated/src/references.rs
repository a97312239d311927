//! References between resources: what a property may name, whether that is there, and who uses whom.

use ironwright_core::facts::{Form, Shape, TypeFacts};
use ironwright_core::planned::redacted_digest;
use ironwright_engine::ProviderError;
use serde_json::Value as Json;

use crate::account::Account;
use crate::entry::Key;
use crate::refusal;
use crate::surroundings::ACCOUNT;

/// The resources that `desired` refers to, or the error of the first that must be there and is not.
pub(crate) fn resolve(
    facts: &TypeFacts,
    desired: &Json,
    region: &str,
    account: &Account,
) -> Result<Vec<Key>, ProviderError> {
    let mut walker = Walker { facts, region, account, uses: Vec::new() };
    if let Json::Object(entries) = desired {
        for (name, value) in entries {
            if let Some(shape) = facts.properties.get(name) {
                walker.value(shape, value, name)?;
            }
        }
    }
    walker.uses.sort();
    walker.uses.dedup();
    Ok(walker.uses)
}

struct Walker<'a> {
    facts: &'a TypeFacts,
    region: &'a str,
    account: &'a Account,
    uses: Vec<Key>,
}

impl Walker<'_> {
    fn value(&mut self, shape: &Shape, value: &Json, path: &str) -> Result<(), ProviderError> {
        let shape = self.facts.follow(shape);
        match value {
            Json::Array(items) => match &shape.items {
                Some(inner) => items.iter().try_for_each(|item| self.value(inner, item, path)),
                None => Ok(()),
            },
            Json::Object(_) if redacted_digest(value).is_some() => Ok(()),
            Json::Object(entries) => entries.iter().try_for_each(|(key, value)| {
                let inner = if shape.form == Form::Map { shape.items.as_deref() } else { shape.properties.get(key) };
                inner.map_or(Ok(()), |inner| self.value(inner, value, &format!("{path}.{key}")))
            }),
            Json::String(text) if !text.is_empty() => self.reference(&shape.relations, text, path),
            _ => Ok(()),
        }
    }

    fn reference(&mut self, relations: &[String], text: &str, path: &str) -> Result<(), ProviderError> {
        let types = || relations.iter().filter_map(|relation| relation.split_once('.')).map(|(type_name, _)| type_name);
        let Some(first) = types().next() else { return Ok(()) };
        let found = types().find_map(|type_name| self.account.find(type_name, self.region, text));
        if let Some(entry) = found.or_else(|| self.part_of(text)) {
            self.uses.push(entry.key.clone());
            return Ok(());
        }
        if types().any(|type_name| must_exist(type_name, text)) {
            return Err(refusal::dangling(first, path, text));
        }
        Ok(())
    }

    /// The live resource whose ARN is `text` or the beginning of it: `…:log-group:x:*`, `…:function:f:live`.
    fn part_of(&self, text: &str) -> Option<&std::sync::Arc<crate::entry::Entry>> {
        let mut rest = text;
        while rest.starts_with("arn:") && rest.split(':').count() > 5 {
            if let Some(entry) = self.account.named(rest).next() {
                return Some(entry);
            }
            rest = &rest[..rest.rfind([':', '/'])?];
        }
        None
    }
}

/// Types whose plain names must be of a resource in this account. Names of others may well be outside: buckets of other
/// accounts, key pairs made by hand, log groups that a service makes when it first writes.
#[rustfmt::skip]
const STRICT_NAMES: &[&str] = &[
    "AWS::IAM::Role", "AWS::IAM::InstanceProfile", "AWS::IAM::User", "AWS::IAM::Group",
    "AWS::EC2::PlacementGroup", "AWS::ECS::Cluster", "AWS::EKS::Cluster", "AWS::AutoScaling::AutoScalingGroup",
    "AWS::RDS::DBSubnetGroup", "AWS::RDS::DBCluster", "AWS::RDS::DBInstance", "AWS::Lambda::Function",
    "AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api", "AWS::Cognito::UserPool", "AWS::DynamoDB::Table",
    "AWS::SQS::Queue", "AWS::ElasticLoadBalancing::LoadBalancer",
];

/// Whether `text`, as a reference to a resource of this type, must name a live one.
fn must_exist(type_name: &str, text: &str) -> bool {
    if text.contains('*') || text == "default" || text.starts_with("default.") || text.starts_with("default:") {
        return false;
    }
    if text.starts_with("arn:") {
        return is_own_arn(text);
    }
    match type_name {
        "AWS::KMS::Alias" => text.starts_with("alias/") && !text.starts_with("alias/aws/"),
        "AWS::KMS::Key" => is_uuid(text),
        _ if type_name.starts_with("AWS::EC2::") && is_minted_id(text) => true,
        _ => STRICT_NAMES.contains(&type_name),
    }
}

/// An ARN in this account, of something that a program makes.
fn is_own_arn(text: &str) -> bool {
    let parts: Vec<_> = text.splitn(6, ':').collect();
    let [_, _, _, _, account, resource] = parts[..] else { return false };
    account == ACCOUNT && resource != "root" && !resource.starts_with("role/aws-service-role/")
}

/// `vpc-0a1b2c3d` and the like. Images and snapshots are shared between accounts, so theirs do not count.
fn is_minted_id(text: &str) -> bool {
    let Some((prefix, digits)) = text.rsplit_once('-') else { return false };
    let is_shared = ["ami", "snap", "aki", "ari", "pl"].contains(&prefix);
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    !is_shared && is_hex && (digits.len() == 8 || digits.len() == 17)
}

fn is_uuid(text: &str) -> bool {
    let lengths: Vec<_> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_surely_ours_must_exist_and_the_rest_may_be_outside() {
        for (type_name, text, expect) in [
            ("AWS::EC2::VPC", "vpc-12345678", true),
            ("AWS::EC2::VPC", "vpc-0123456789abcdef0", true),
            ("AWS::EC2::Volume", "snap-12345678", false),
            ("AWS::IAM::Role", "arn:aws:iam::123456789012:role/x", true),
            ("AWS::IAM::Role", "arn:aws:iam::999999999999:role/x", false),
            ("AWS::IAM::Role", "arn:aws:iam::123456789012:role/aws-service-role/x.amazonaws.com/Y", false),
            ("AWS::IAM::ManagedPolicy", "arn:aws:iam::aws:policy/ReadOnlyAccess", false),
            ("AWS::IAM::InstanceProfile", "web", true),
            ("AWS::KMS::Alias", "alias/aws/s3", false),
            ("AWS::KMS::Key", "00000000-0000-4000-8000-000000000000", true),
            ("AWS::S3::Bucket", "logs-of-another-account", false),
            ("AWS::RDS::DBSubnetGroup", "default", false),
        ] {
            assert_eq!(must_exist(type_name, text), expect, "{type_name} {text}");
        }
    }
}
