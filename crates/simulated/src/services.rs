//! What the facts do not tell of single services, by hand: rules that AWS enforces and attributes that it makes.
//!
//! One file a service. Each offers `refuse`, called before a create or an update, and `fill`, called for a new resource.

mod containers;
mod data;
mod docker;
mod ec2;
mod iam;
mod lambda;
mod messaging;
mod s3;

use std::sync::Arc;

use ironwright_engine::ProviderError;
use serde_json::Value as Json;

use crate::account::Account;
use crate::draft::Draft;
use crate::entry::{Entry, Key, at};
use crate::refusal;

pub(crate) use ec2::default_network;

/// What is about to be created or updated.
pub(crate) struct Subject<'a> {
    pub(crate) type_name: &'a str,
    pub(crate) region: &'a str,
    /// What is asked for, secrets as digests.
    pub(crate) desired: &'a Json,
    /// Its key, where it is live already.
    pub(crate) own: Option<&'a Key>,
    pub(crate) account: &'a Account,
}

impl Subject<'_> {
    /// The text asked for at a dotted path.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        at(self.desired, path)?.as_str()
    }

    /// Whether `entry` is the resource itself.
    pub(crate) fn is_own(&self, key: &Key) -> bool {
        self.own == Some(key)
    }
}

/// The first rule of the service that the request breaks.
pub(crate) fn refuse(subject: &Subject) -> Result<(), ProviderError> {
    name_taken(subject)?;
    if docker::serves(subject.type_name) {
        return docker::refuse(subject);
    }
    match service(subject.type_name) {
        "EC2" => ec2::refuse(subject),
        "IAM" => iam::refuse(subject),
        "S3" => s3::refuse(subject),
        "DynamoDB" => data::refuse(subject),
        "SQS" => messaging::refuse(subject),
        _ => Ok(()),
    }
}

/// Adds what the service is known to make.
pub(crate) fn fill(draft: &mut Draft, account: &Account) -> Result<(), ProviderError> {
    if docker::serves(&draft.facts.type_name) {
        docker::fill(draft);
        return Ok(());
    }
    match service(&draft.facts.type_name) {
        "EC2" => return ec2::fill(draft, account),
        "IAM" => iam::fill(draft),
        "Cognito" => iam::fill_pool(draft),
        "S3" => s3::fill(draft),
        "Lambda" => lambda::fill(draft),
        "SQS" | "SNS" | "Logs" => messaging::fill(draft),
        "DynamoDB" | "RDS" | "SecretsManager" | "SSM" => data::fill(draft),
        "ElasticLoadBalancingV2" | "ECS" | "ECR" | "EKS" | "Route53" | "CloudFront" => containers::fill(draft),
        _ => {}
    }
    Ok(())
}

/// Makes anew in `model` what an update of `entry` is known to move.
pub(crate) fn renew(entry: &Entry, model: &mut Json) {
    if docker::serves(&entry.key.type_name) {
        docker::renewed(entry, model);
    }
}

fn service(type_name: &str) -> &str {
    type_name.split("::").nth(1).unwrap_or_default()
}

/// Names beside the physical id that only one resource may have, with the property they are unique within.
#[rustfmt::skip]
const UNIQUE: &[(&str, &str, Option<&str>)] = &[
    ("AWS::EC2::SecurityGroup", "GroupName", Some("VpcId")),
    ("AWS::EC2::LaunchTemplate", "LaunchTemplateName", None),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "Name", None),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "Name", None),
    ("AWS::SNS::Topic", "TopicName", None),
    ("AWS::SQS::Queue", "QueueName", None),
    ("AWS::SecretsManager::Secret", "Name", None),
    ("AWS::IAM::ManagedPolicy", "ManagedPolicyName", None),
    ("AWS::StepFunctions::StateMachine", "StateMachineName", None),
];

/// The properties of a type that only one resource may have the same.
pub(crate) fn unique_names(type_name: &str) -> impl Iterator<Item = &'static str> {
    UNIQUE.iter().filter(move |(known, ..)| *known == type_name).map(|(_, property, _)| *property)
}

fn name_taken(subject: &Subject) -> Result<(), ProviderError> {
    for (type_name, property, within) in UNIQUE.iter().filter(|(type_name, ..)| *type_name == subject.type_name) {
        let Some(name) = subject.text(property) else { continue };
        let scope = within.and_then(|within| subject.text(within));
        let is_taken = |live: &Arc<Entry>| {
            live.text(property) == Some(name)
                && within.is_none_or(|within| is_within(live, within, scope))
                && !subject.is_own(&live.key)
        };
        if namesakes(subject, name, scope).any(is_taken) {
            return Err(refusal::exists(type_name, name));
        }
    }
    Ok(())
}

/// A resource without the property is in the scope of those without it: the default VPC.
fn is_within(live: &Entry, within: &str, scope: Option<&str>) -> bool {
    match scope {
        Some(_) => live.text(within) == scope,
        None => at(&live.desired, within).is_none(),
    }
}

/// The live resources of the type that may have the name: those of the scope where there is one, else those called so.
fn namesakes<'a>(
    subject: &'a Subject,
    name: &'a str,
    scope: Option<&str>,
) -> Box<dyn Iterator<Item = &'a Arc<Entry>> + 'a> {
    let region = Key::new(subject.type_name, subject.region, "").region;
    let is_alike = move |live: &&Arc<Entry>| *live.key.type_name == *subject.type_name && live.key.region == region;
    match scope.and_then(|scope| subject.account.named(scope).next()) {
        Some(scope) => Box::new(subject.account.users(&scope.key).filter(is_alike)),
        None => Box::new(subject.account.named(name).filter(is_alike)),
    }
}
