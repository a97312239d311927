//! Security groups and their rules: no rule twice, ports in order, a source for every rule.

use std::collections::BTreeSet;

use ironwright_engine::ProviderError;
use serde_json::{Value as Json, json};

use super::default_network;
use crate::account::Account;
use crate::draft::Draft;
use crate::mint;
use crate::refusal::refused;
use crate::services::Subject;

/// What makes two rules the same: everything but the description.
const IDENTITY: [&str; 9] = [
    "IpProtocol",
    "FromPort",
    "ToPort",
    "CidrIp",
    "CidrIpv6",
    "SourcePrefixListId",
    "SourceSecurityGroupId",
    "DestinationPrefixListId",
    "DestinationSecurityGroupId",
];

/// Where the traffic of a rule comes from or goes to.
const PEERS: [&str; 7] = [
    "CidrIp",
    "CidrIpv6",
    "SourcePrefixListId",
    "SourceSecurityGroupId",
    "SourceSecurityGroupName",
    "DestinationPrefixListId",
    "DestinationSecurityGroupId",
];

pub(super) fn refuse_group(subject: &Subject) -> Result<(), ProviderError> {
    if subject.text("GroupName").is_some_and(|name| name.starts_with("sg-")) {
        return Err(refused("InvalidParameterValue", "a group name must not start with 'sg-'"));
    }
    for direction in ["SecurityGroupIngress", "SecurityGroupEgress"] {
        let mut seen = BTreeSet::new();
        for rule in subject.desired.get(direction).and_then(Json::as_array).into_iter().flatten() {
            refuse_ports(rule)?;
            refuse_peer(rule)?;
            if !seen.insert(identity(rule)) {
                return Err(duplicate(rule));
            }
        }
    }
    Ok(())
}

pub(super) fn refuse_rule(subject: &Subject) -> Result<(), ProviderError> {
    let rule = subject.desired;
    refuse_ports(rule)?;
    refuse_peer(rule)?;
    let Some(group) = subject.text("GroupId") else { return Ok(()) };
    let Some(group) = subject.account.find("AWS::EC2::SecurityGroup", subject.region, group) else { return Ok(()) };
    let direction = subject.type_name.rsplit("::").next().unwrap_or_default();
    let inline = group.model.get(direction).and_then(Json::as_array).into_iter().flatten();
    let others = subject.account.users(&group.key).filter(|user| {
        *user.key.type_name == *subject.type_name
            && user.text("GroupId") == Some(&*group.key.id)
            && !subject.is_own(&user.key)
    });
    let mut live = inline.map(identity).chain(others.map(|other| identity(&other.model)));
    if live.any(|live| live == identity(rule)) { Err(duplicate(rule)) } else { Ok(()) }
}

fn identity(rule: &Json) -> Vec<String> {
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_lowercase);
    IDENTITY.iter().map(|path| rule.get(path).map(text).unwrap_or_default()).collect()
}

fn duplicate(rule: &Json) -> ProviderError {
    refused("InvalidPermission.Duplicate", format!("the specified rule {} already exists", described(rule)))
}

/// `tcp 80-80 0.0.0.0/0`
fn described(rule: &Json) -> String {
    let text = |path: &str| rule.get(path).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let ports = text("FromPort").zip(text("ToPort")).map(|(from, to)| format!("{from}-{to}"));
    let peer = PEERS.iter().find_map(|path| text(path));
    [text("IpProtocol"), ports, peer].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn refuse_ports(rule: &Json) -> Result<(), ProviderError> {
    let port = |path: &str| rule.get(path).and_then(|value| value.as_i64().or_else(|| value.as_str()?.parse().ok()));
    let protocol = rule.get("IpProtocol").and_then(Json::as_str).unwrap_or_default();
    let has_ports = ["tcp", "udp", "6", "17"].contains(&protocol);
    match (port("FromPort"), port("ToPort")) {
        (Some(from), Some(to)) if has_ports && (from > to || from < 0 || to > 65535) => {
            let message = format!("invalid value '{from}-{to}' for the ports: from 0 to 65535, the lower one first");
            Err(refused("InvalidParameterValue", message))
        }
        (None, _) | (_, None) if has_ports => Err(refused(
            "InvalidParameterValue",
            format!("FromPort and ToPort are required for the protocol '{protocol}'"),
        )),
        _ => Ok(()),
    }
}

fn refuse_peer(rule: &Json) -> Result<(), ProviderError> {
    match PEERS.iter().filter(|path| rule.get(path).is_some()).count() {
        1 => Ok(()),
        0 => Err(refused("MissingParameter", format!("the rule {} has no source or destination", described(rule)))),
        _ => Err(refused("InvalidParameterCombination", "a rule has exactly one source or destination")),
    }
}

pub(super) fn fill_group(draft: &mut Draft, account: &Account) {
    draft.set("VpcId", default_network::default_vpc(account, draft.region));
    let id = draft.ec2_id("sg");
    draft.set("Id", id.as_str());
    draft.set("GroupId", id);
    let name = mint::named(draft, 255);
    draft.set("GroupName", name);
    draft.set("SecurityGroupIngress", json!([]));
    draft.set("SecurityGroupEgress", json!([{"CidrIp": "0.0.0.0/0", "IpProtocol": "-1"}]));
}
