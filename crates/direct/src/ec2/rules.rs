//! Rules of security groups, inline and stand-alone: how they are sent, how they read, and which of them are whose.
//!
//! A rule that a stand-alone resource made carries that resource's tags; all others are the group's own. Rules are told
//! apart by everything but their description, as EC2 does.

use aws_sdk_ec2::types::{
    IpPermission, IpRange, Ipv6Range, PrefixListId, ResourceType, SecurityGroupRule, SecurityGroupRuleDescription,
    UserIdGroupPair,
};
use ironwright_engine::ProviderError;
use serde_json::Value as Json;

use super::batch::Which;
use super::document::{Model, number, text};
use super::kind::{Ec2, pages};
use super::tags;

/// Which way the traffic goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Ingress,
    Egress,
}

impl Direction {
    pub(super) const BOTH: [Self; 2] = [Self::Ingress, Self::Egress];

    /// The property of a group that holds such rules.
    pub(super) fn property(self) -> &'static str {
        match self {
            Self::Ingress => "SecurityGroupIngress",
            Self::Egress => "SecurityGroupEgress",
        }
    }

    /// What a rule's other end is called.
    fn peer(self) -> &'static str {
        match self {
            Self::Ingress => "Source",
            Self::Egress => "Destination",
        }
    }

    fn of(rule: &SecurityGroupRule) -> Self {
        if rule.is_egress() == Some(true) { Self::Egress } else { Self::Ingress }
    }
}

/// A rule as it is live.
#[derive(Clone, Debug)]
pub(super) struct LiveRule {
    pub(super) id: String,
    pub(super) group: String,
    pub(super) direction: Direction,
    /// It was made by a resource of its own.
    pub(super) stands_alone: bool,
    pub(super) model: Json,
}

impl LiveRule {
    fn new(rule: &SecurityGroupRule) -> Self {
        let direction = Direction::of(rule);
        Self {
            id: rule.security_group_rule_id().unwrap_or_default().to_owned(),
            group: rule.group_id().unwrap_or_default().to_owned(),
            direction,
            stands_alone: tags::are_ours(rule.tags()),
            model: model(rule, direction),
        }
    }
}

/// The rules of `which`.
pub(super) async fn list(ec2: &Ec2, which: impl Into<Which>) -> Result<Vec<LiveRule>, ProviderError> {
    let which = which.into();
    let call = ec2.client.describe_security_group_rules();
    let call = call.set_security_group_rule_ids(which.ids()).set_filters(which.filters());
    let rules = pages!(ec2, call, security_group_rules);
    Ok(rules.iter().map(LiveRule::new).collect())
}

/// Makes `rules`, with these tags where they stand alone, and returns their ids.
pub(super) async fn authorize(
    ec2: &Ec2,
    group: &str,
    direction: Direction,
    rules: &[Json],
    tags: Option<aws_sdk_ec2::types::TagSpecification>,
) -> Result<Vec<String>, ProviderError> {
    let permissions: Vec<IpPermission> = rules.iter().map(|rule| permission(rule, direction)).collect();
    if permissions.is_empty() {
        return Ok(Vec::new());
    }
    let ids = |rules: &[SecurityGroupRule]| {
        rules.iter().filter_map(|rule| rule.security_group_rule_id().map(str::to_owned)).collect()
    };
    let tags = tags.map(|tags| vec![tags]);
    match direction {
        Direction::Ingress => {
            let call =
                ec2.client.authorize_security_group_ingress().group_id(group).set_ip_permissions(Some(permissions));
            Ok(ids(ec2.change(call.set_tag_specifications(tags).send()).await?.security_group_rules()))
        }
        Direction::Egress => {
            let call =
                ec2.client.authorize_security_group_egress().group_id(group).set_ip_permissions(Some(permissions));
            Ok(ids(ec2.change(call.set_tag_specifications(tags).send()).await?.security_group_rules()))
        }
    }
}

/// Takes rules away by their ids.
pub(super) async fn revoke(
    ec2: &Ec2,
    group: &str,
    direction: Direction,
    ids: Vec<String>,
) -> Result<(), ProviderError> {
    if ids.is_empty() {
        return Ok(());
    }
    match direction {
        Direction::Ingress => {
            let call =
                ec2.client.revoke_security_group_ingress().group_id(group).set_security_group_rule_ids(Some(ids));
            ec2.look(call.send()).await.map(drop)
        }
        Direction::Egress => {
            let call = ec2.client.revoke_security_group_egress().group_id(group).set_security_group_rule_ids(Some(ids));
            ec2.look(call.send()).await.map(drop)
        }
    }
}

/// Gives a rule another description.
pub(super) async fn describe(ec2: &Ec2, rule: &LiveRule, description: Option<String>) -> Result<(), ProviderError> {
    let change = SecurityGroupRuleDescription::builder().security_group_rule_id(&rule.id);
    let change = change.description(description.unwrap_or_default()).build();
    match rule.direction {
        Direction::Ingress => {
            let call = ec2.client.update_security_group_rule_descriptions_ingress().group_id(&rule.group);
            ec2.change(call.security_group_rule_descriptions(change).send()).await.map(drop)
        }
        Direction::Egress => {
            let call = ec2.client.update_security_group_rule_descriptions_egress().group_id(&rule.group);
            ec2.change(call.security_group_rule_descriptions(change).send()).await.map(drop)
        }
    }
}

/// Leads the group's own rules from those that are live to `wanted`. New ones come before old ones go, so that traffic
/// that both let through is never cut off.
pub(super) async fn bring(
    ec2: &Ec2,
    group: &str,
    direction: Direction,
    live: &[LiveRule],
    wanted: &[Json],
) -> Result<(), ProviderError> {
    let live: Vec<&LiveRule> = live.iter().filter(|rule| rule.direction == direction && !rule.stands_alone).collect();
    let wanted: Vec<Json> = wanted.iter().map(normal).collect();
    let has = |rule: &Json| live.iter().find(|live| identity(&live.model) == identity(rule));
    let new: Vec<Json> = wanted.iter().filter(|rule| has(rule).is_none()).cloned().collect();
    authorize(ec2, group, direction, &new, None).await?;
    for rule in &wanted {
        if let Some(live) = has(rule).filter(|live| live.model.get("Description") != rule.get("Description")) {
            describe(ec2, live, text(rule, "Description")).await?;
        }
    }
    let kept = |live: &&&LiveRule| wanted.iter().any(|rule| identity(rule) == identity(&live.model));
    let gone = live.iter().filter(|live| !kept(live)).map(|live| live.id.clone()).collect();
    revoke(ec2, group, direction, gone).await
}

/// What makes two rules the same.
pub(super) fn identity(rule: &Json) -> Vec<String> {
    let names = [
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
    names.iter().map(|name| text(rule, name).unwrap_or_default().to_lowercase()).collect()
}

/// A rule of the program as EC2 keeps it: protocols by name, no ports where every protocol is meant.
fn normal(rule: &Json) -> Json {
    let mut rule = rule.clone();
    let Some(entries) = rule.as_object_mut() else { return rule };
    let protocol = match entries.get("IpProtocol").and_then(Json::as_str) {
        Some("6") => "tcp".to_owned(),
        Some("17") => "udp".to_owned(),
        Some("1") => "icmp".to_owned(),
        Some("all") => "-1".to_owned(),
        Some(other) => other.to_lowercase(),
        None => return rule,
    };
    if protocol == "-1" {
        entries.remove("FromPort");
        entries.remove("ToPort");
    }
    entries.insert("IpProtocol".to_owned(), protocol.into());
    rule
}

fn model(rule: &SecurityGroupRule, direction: Direction) -> Json {
    let protocol = rule.ip_protocol().unwrap_or("-1");
    let port = |port: Option<i32>| port.filter(|_| protocol != "-1");
    let peer = direction.peer();
    let group = rule.referenced_group_info();
    Model::new()
        .with("IpProtocol", Some(protocol))
        .with("FromPort", port(rule.from_port()))
        .with("ToPort", port(rule.to_port()))
        .with("CidrIp", rule.cidr_ipv4())
        .with("CidrIpv6", rule.cidr_ipv6())
        .with(&format!("{peer}PrefixListId"), rule.prefix_list_id())
        .with(&format!("{peer}SecurityGroupId"), group.and_then(|group| group.group_id()))
        .with("Description", rule.description().filter(|description| !description.is_empty()))
        .json()
}

fn permission(rule: &Json, direction: Direction) -> IpPermission {
    let rule = normal(rule);
    let description = text(&rule, "Description");
    let peer = |part: &str| text(&rule, &format!("{}{part}", direction.peer()));
    let (ipv4, ipv6) = (text(&rule, "CidrIp"), text(&rule, "CidrIpv6"));
    let ipv4 = ipv4.map(|cidr| IpRange::builder().cidr_ip(cidr).set_description(description.clone()).build());
    let ipv6 = ipv6.map(|cidr| Ipv6Range::builder().cidr_ipv6(cidr).set_description(description.clone()).build());
    let list = peer("PrefixListId");
    let list = list.map(|id| PrefixListId::builder().prefix_list_id(id).set_description(description.clone()).build());
    let pair = UserIdGroupPair::builder()
        .set_group_id(peer("SecurityGroupId"))
        .set_group_name(peer("SecurityGroupName"))
        .set_user_id(peer("SecurityGroupOwnerId"))
        .set_description(description)
        .build();
    let has_group = pair.group_id().is_some() || pair.group_name().is_some();
    IpPermission::builder()
        .set_ip_protocol(text(&rule, "IpProtocol"))
        .set_from_port(number(&rule, "FromPort"))
        .set_to_port(number(&rule, "ToPort"))
        .set_ip_ranges(ipv4.map(|range| vec![range]))
        .set_ipv6_ranges(ipv6.map(|range| vec![range]))
        .set_prefix_list_ids(list.map(|list| vec![list]))
        .set_user_id_group_pairs(has_group.then(|| vec![pair]))
        .build()
}

/// What a rule is to tags.
pub(super) const TAGGED: ResourceType = ResourceType::SecurityGroupRule;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_rule_is_the_same_however_it_is_written() {
        let same = |left: Json, right: Json| assert_eq!(identity(&normal(&left)), identity(&normal(&right)));
        same(json!({"IpProtocol": "TCP", "FromPort": 80}), json!({"IpProtocol": "6", "FromPort": "80"}));
        same(json!({"IpProtocol": "-1", "FromPort": 0, "ToPort": 0}), json!({"IpProtocol": "all", "Description": "x"}));
    }

    #[test]
    fn a_rule_reads_as_it_was_sent() {
        let live =
            SecurityGroupRule::builder().ip_protocol("tcp").from_port(80).to_port(80).cidr_ipv4("0.0.0.0/0").build();
        let expect = json!({"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIp": "0.0.0.0/0"});
        assert_eq!(model(&live, Direction::Ingress), expect);
        let sent = permission(&expect, Direction::Ingress);
        assert_eq!(sent.ip_ranges()[0].cidr_ip(), Some("0.0.0.0/0"));
        assert_eq!((sent.from_port(), sent.user_id_group_pairs().len()), (Some(80), 0));
    }
}
