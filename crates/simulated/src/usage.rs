//! Deleting what others use: who keeps a resource from being deleted, and what goes with it.

use crate::account::{Account, DEFAULT};
use crate::entry::{Entry, Key};

/// What becomes of a user when what it uses is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// The deletion is refused.
    Refuse,
    /// The user stays and refers to nothing.
    Leave,
    /// The user is a part of what is deleted and goes with it.
    Cascade,
}

/// Pairs of what is deleted and who uses it, where AWS does not refuse; the first that fits counts. `*` at the end of a
/// name is any ending.
#[rustfmt::skip]
const RULES: &[(&str, &str, Rule)] = &[
    ("AWS::EC2::RouteTable", "AWS::EC2::Route", Rule::Cascade),
    ("AWS::EC2::NetworkAcl", "AWS::EC2::NetworkAclEntry", Rule::Cascade),
    ("AWS::EC2::VPC", "AWS::EC2::FlowLog", Rule::Leave),
    ("AWS::EC2::VPC", "AWS::EC2::VPCPeeringConnection", Rule::Leave),
    ("AWS::EC2::VPC", "AWS::EC2::VPCDHCPOptionsAssociation", Rule::Cascade),
    ("AWS::EC2::VPC", "AWS::Route53::HostedZone", Rule::Leave),
    ("AWS::EC2::*", "AWS::EC2::Route", Rule::Leave),
    ("AWS::EC2::*", "AWS::EC2::FlowLog", Rule::Leave),
    ("AWS::EC2::Instance", "*", Rule::Leave),
    ("AWS::EC2::KeyPair", "*", Rule::Leave),
    ("AWS::EC2::LaunchTemplate", "*", Rule::Leave),
    ("AWS::EC2::NatGateway", "*", Rule::Leave),
    ("AWS::EC2::Subnet", "AWS::EC2::SubnetRouteTableAssociation", Rule::Cascade),
    ("AWS::EC2::Subnet", "AWS::EC2::SubnetNetworkAclAssociation", Rule::Cascade),
    ("AWS::IAM::Role", "AWS::IAM::*", Rule::Refuse),
    ("AWS::IAM::Role", "*", Rule::Leave),
    ("AWS::IAM::InstanceProfile", "*", Rule::Leave),
    ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", Rule::Cascade),
    ("AWS::S3::Bucket", "*", Rule::Leave),
    ("AWS::SNS::Topic", "AWS::SNS::Subscription", Rule::Cascade),
    ("AWS::SNS::Topic", "*", Rule::Leave),
    ("AWS::SQS::Queue", "*", Rule::Leave),
    ("AWS::Lambda::Function", "AWS::Lambda::Permission", Rule::Cascade),
    ("AWS::Lambda::Function", "AWS::Lambda::Version", Rule::Cascade),
    ("AWS::Lambda::Function", "AWS::Lambda::Alias", Rule::Cascade),
    ("AWS::Lambda::Function", "AWS::Lambda::Url", Rule::Cascade),
    ("AWS::Lambda::Function", "AWS::Lambda::EventInvokeConfig", Rule::Cascade),
    ("AWS::Lambda::*", "*", Rule::Leave),
    ("AWS::Logs::LogGroup", "AWS::Logs::*", Rule::Cascade),
    ("AWS::Logs::*", "*", Rule::Leave),
    ("AWS::KMS::*", "*", Rule::Leave),
    ("AWS::DynamoDB::*", "*", Rule::Leave),
    ("AWS::Kinesis::Stream", "*", Rule::Leave),
    ("AWS::ECR::Repository", "*", Rule::Leave),
    ("AWS::SecretsManager::Secret", "*", Rule::Leave),
    ("AWS::SSM::*", "*", Rule::Leave),
    ("AWS::StepFunctions::*", "*", Rule::Leave),
    ("AWS::Cognito::UserPool", "AWS::Cognito::*", Rule::Cascade),
    ("AWS::Cognito::*", "*", Rule::Leave),
    ("AWS::ApiGateway::RestApi", "AWS::ApiGateway::*", Rule::Cascade),
    ("AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::*", Rule::Cascade),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ElasticLoadBalancingV2::Listener", Rule::Cascade),
    ("AWS::ElasticLoadBalancingV2::Listener", "AWS::ElasticLoadBalancingV2::*", Rule::Cascade),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "*", Rule::Leave),
    ("AWS::CloudWatch::*", "*", Rule::Leave),
];

fn rule(target: &Entry, user: &Entry) -> Rule {
    if is_own_rule(target, user) {
        return Rule::Cascade;
    }
    let fits = |pattern: &str, name: &str| match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => pattern == name,
    };
    let found = RULES.iter().find(|(of, by, _)| fits(of, &target.key.type_name) && fits(by, &user.key.type_name));
    found.map_or(Rule::Refuse, |(_, _, rule)| *rule)
}

/// Whether `user` is a stand-alone rule of the security group `target`, and not one that names it as a source.
fn is_own_rule(target: &Entry, user: &Entry) -> bool {
    let is_rule = ["AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress"].contains(&&*user.key.type_name);
    is_rule && user.text("GroupId") == Some(&*target.key.id)
}

/// Who keeps `target` from being deleted, as words for a message.
pub(crate) fn blockers(account: &Account, target: &Entry) -> Vec<String> {
    let blocks =
        |user: &Entry| user.key != target.key && *user.address != *DEFAULT && rule(target, user) == Rule::Refuse;
    account.users(&target.key).filter(|user| blocks(user)).map(|user| user.key.to_string()).collect()
}

/// What goes with `target` when it is deleted: its parts, and theirs.
pub(crate) fn parts(account: &Account, target: &Entry) -> Vec<Key> {
    let mut found: Vec<Key> = Vec::new();
    let mut open = vec![target.key.clone()];
    while let Some(next) = open.pop().and_then(|key| account.get(&key)) {
        for user in account.users(&next.key).filter(|user| rule(next, user) == Rule::Cascade) {
            if user.key != target.key && !found.contains(&user.key) {
                found.push(user.key.clone());
                open.push(user.key.clone());
            }
        }
    }
    found
}
