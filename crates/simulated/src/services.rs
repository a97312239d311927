//! What the facts do not tell of single services, by hand: rules that AWS enforces and attributes that it makes.
//!
//! One file a service. Each offers `refuse`, called before a create or an update, and `fill`, called for a new resource.

mod containers;
mod data;
mod ec2;
mod iam;
mod lambda;
mod messaging;
mod s3;

use ironwright_engine::ProviderError;
use serde_json::Value as Json;

use crate::account::Account;
use crate::draft::Draft;
use crate::entry::{Key, at};
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

fn name_taken(subject: &Subject) -> Result<(), ProviderError> {
    for (type_name, property, within) in UNIQUE.iter().filter(|(type_name, ..)| *type_name == subject.type_name) {
        let Some(name) = subject.text(property) else { continue };
        let scope = within.and_then(|within| subject.text(within));
        let same_scope = |live: &crate::entry::Entry| within.is_none_or(|within| is_within(live, within, scope));
        let is_taken = |live: &&std::sync::Arc<crate::entry::Entry>| {
            live.text(property) == Some(name) && same_scope(live) && !subject.is_own(&live.key)
        };
        if candidates(subject, type_name, scope).any(|live| is_taken(&live)) {
            return Err(refusal::exists(type_name, name));
        }
    }
    Ok(())
}

/// A resource without the property is in the scope of those without it: the default VPC.
fn is_within(live: &crate::entry::Entry, within: &str, scope: Option<&str>) -> bool {
    match scope {
        Some(_) => live.text(within) == scope,
        None => at(&live.desired, within).is_none(),
    }
}

/// The live resources that may have the name: those of the scope where there is one, else all of the type.
fn candidates<'a>(
    subject: &'a Subject,
    type_name: &'a str,
    scope: Option<&'a str>,
) -> Box<dyn Iterator<Item = &'a std::sync::Arc<crate::entry::Entry>> + 'a> {
    let of_scope = scope.and_then(|scope| subject.account.named(scope).next());
    match of_scope {
        Some(scope) => {
            Box::new(subject.account.users(&scope.key).filter(move |user| *user.key.type_name == *type_name))
        }
        None => Box::new(subject.account.of_type(type_name, subject.region)),
    }
}
