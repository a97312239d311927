//! The rules of a security group, in a form that reads well in an assertion.

use std::fmt;

use ironwright_aws::ec2::SecurityGroup;
use ironwright_core::Planned;

use crate::found::Found;
use crate::observed::Observed;
use crate::resources::Item;

/// One rule of a security group. Its text is `tcp 80 from 0.0.0.0/0`, or `to` for an outbound one.
///
/// ```
/// # use ironwright_aws::ec2::{Instance, SecurityGroup, anywhere, tcp};
/// # use ironwright_core::{App, Taggable};
/// use ironwright_testing::deploy;
/// # fn app() -> App {
/// #     let mut app = App::new("shop").region("us-west-2");
/// #     let web = app.stack("web");
/// #     let firewall = web.add("firewall", SecurityGroup::new("HTTP").allow_inbound(tcp(80), anywhere()));
/// #     let server = Instance::new().ami("ami-12345678").security_group_ids([firewall.group_id()]).tag("Name", "shop");
/// #     let server = web.add("server", server);
/// #     web.output("address", server.public_ip());
/// #     app
/// # }
/// let rules = deploy(app()).find::<SecurityGroup>("web/firewall").inbound();
/// assert_eq!(rules[0].to_string(), "tcp 80 from 0.0.0.0/0");
/// assert!(rules[0].is_open_to_the_world());
/// assert!(!rules.iter().any(|rule| rule.covers(22)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    /// `tcp`, `udp`, `icmp`, another protocol's number, or `all`.
    pub protocol: String,
    /// The ports.
    pub ports: Ports,
    /// The other end: an address range, the id of a security group or of a prefix list.
    pub peer: String,
    /// Whether it lets traffic out, rather than in.
    pub outbound: bool,
}

/// The ports of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ports {
    /// Every port; of ICMP, every type.
    All,
    /// From one to another, both included; of ICMP, a type and a code.
    Range(u16, u16),
}

impl Rule {
    /// Whether it lets `port` through.
    pub fn covers(&self, port: u16) -> bool {
        match self.ports {
            Ports::All => true,
            Ports::Range(from, to) => (from..=to).contains(&port),
        }
    }

    /// Whether its other end is the whole internet.
    pub fn is_open_to_the_world(&self) -> bool {
        matches!(self.peer.as_str(), "0.0.0.0/0" | "::/0")
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = if self.outbound { "to" } else { "from" };
        write!(f, "{} {} {direction} {}", self.protocol, self.ports, self.peer)
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Range(from, to) if from == to => write!(f, "{from}"),
            Self::Range(from, to) => write!(f, "{from}-{to}"),
        }
    }
}

impl Found<SecurityGroup> {
    /// What may come in: the group's own rules, then those of `AWS::EC2::SecurityGroupIngress` resources.
    ///
    /// Panics where a part of a rule is unknown before apply.
    #[track_caller]
    pub fn inbound(&self) -> Vec<Rule> {
        self.rules("SecurityGroupIngress", "AWS::EC2::SecurityGroupIngress")
    }

    /// What may go out: the group's own rules, then those of `AWS::EC2::SecurityGroupEgress` resources.
    ///
    /// A group that sets none lets everything out. Panics where a part of a rule is unknown before apply.
    #[track_caller]
    pub fn outbound(&self) -> Vec<Rule> {
        let mut rules = self.rules("SecurityGroupEgress", "AWS::EC2::SecurityGroupEgress");
        if self.get("SecurityGroupEgress").is_none() {
            let peer = "0.0.0.0/0".to_owned();
            rules.insert(0, Rule { protocol: "all".to_owned(), ports: Ports::All, peer, outbound: true });
        }
        rules
    }

    #[track_caller]
    fn rules(&self, property: &str, type_name: &str) -> Vec<Rule> {
        let mut rules = Vec::new();
        for rule in self.get(property).map(|own| own.as_list()).unwrap_or_default() {
            rules.push(read(&rule, property == "SecurityGroupEgress"));
        }
        for item in self.resources().items().iter().filter(|item| item.type_name == type_name) {
            let rule = Observed::new(item.address.as_str(), item.properties.clone());
            if self.is_of_this_group(item, &rule) {
                rules.push(read(&rule, property == "SecurityGroupEgress"));
            }
        }
        rules
    }

    #[track_caller]
    fn is_of_this_group(&self, item: &Item, rule: &Observed) -> bool {
        assert!(
            item.properties.get("GroupId") != Some(&Planned::Unknown),
            "whether {} is a rule of {} is known after apply\n  help: use `deploy()`, which applies the program in memory",
            item.address,
            self.address()
        );
        rule.get("GroupId").is_some_and(|group| group == self.physical_id())
    }
}

#[track_caller]
fn read(rule: &Observed, outbound: bool) -> Rule {
    let protocol = match rule.at("IpProtocol").as_str() {
        "-1" => "all".to_owned(),
        "6" => "tcp".to_owned(),
        "17" => "udp".to_owned(),
        other => other.to_owned(),
    };
    Rule { ports: ports(&protocol, rule), peer: peer(rule, outbound), protocol, outbound }
}

#[track_caller]
fn ports(protocol: &str, rule: &Observed) -> Ports {
    let read = |name| rule.get(name).map_or(-1, |port| port.as_i64());
    let (from, to) = (read("FromPort"), read("ToPort"));
    match (u16::try_from(from), u16::try_from(to)) {
        (Ok(from), Ok(to)) if protocol != "all" => Ports::Range(from, to),
        _ => Ports::All,
    }
}

#[track_caller]
fn peer(rule: &Observed, outbound: bool) -> String {
    const INBOUND: &[&str] =
        &["CidrIp", "CidrIpv6", "SourceSecurityGroupId", "SourceSecurityGroupName", "SourcePrefixListId"];
    const OUTBOUND: &[&str] = &["CidrIp", "CidrIpv6", "DestinationSecurityGroupId", "DestinationPrefixListId"];
    let names = if outbound { OUTBOUND } else { INBOUND };
    match names.iter().find_map(|name| rule.get(name)) {
        Some(peer) => peer.as_str().to_owned(),
        None => panic!("{rule} names no other end: none of {names:?} is set"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::failure;
    use serde_json::json;

    fn rule(json: serde_json::Value, outbound: bool) -> Rule {
        read(&Observed::new("the rule", json.into()), outbound)
    }

    #[track_caller]
    fn check(json: serde_json::Value, outbound: bool, expect: &str) {
        assert_eq!(rule(json, outbound).to_string(), expect);
    }

    #[test]
    fn rules_read_like_sentences() {
        let group = json!({"IpProtocol": "17", "FromPort": 53, "ToPort": 53, "SourceSecurityGroupId": "sg-1"});
        check(group, false, "udp 53 from sg-1");
        let range = json!({"IpProtocol": "tcp", "FromPort": 8000, "ToPort": 8080, "CidrIpv6": "::/0"});
        check(range, false, "tcp 8000-8080 from ::/0");
        let list = json!({"IpProtocol": "-1", "DestinationPrefixListId": "pl-1"});
        check(list, true, "all all to pl-1");
        check(
            json!({"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "CidrIp": "10.0.0.0/8"}),
            false,
            "icmp all from 10.0.0.0/8",
        );
        check(
            json!({"IpProtocol": "-1", "FromPort": 0, "ToPort": 65535, "CidrIp": "10.0.0.0/8"}),
            true,
            "all all to 10.0.0.0/8",
        );
    }

    #[test]
    fn a_rule_that_lets_everything_through_covers_every_port() {
        let all = rule(json!({"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}), false);
        assert!(all.covers(22) && all.is_open_to_the_world());
        let one = rule(json!({"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIp": "10.0.0.0/8"}), false);
        assert!(one.covers(80) && !one.covers(81) && !one.is_open_to_the_world());
    }

    #[test]
    fn a_rule_without_another_end_is_no_rule() {
        let message = failure(|| rule(json!({"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}), true));
        assert!(
            message.starts_with("the rule names no other end: none of [\"CidrIp\", \"CidrIpv6\", \"Dest"),
            "{message}"
        );
    }

    #[test]
    fn an_unknown_part_fails() {
        let group = Planned::Map(
            [("IpProtocol".to_owned(), json!("tcp").into()), ("CidrIp".to_owned(), Planned::Unknown)].into(),
        );
        let message = failure(|| read(&Observed::new("the rule", group), false));
        assert!(message.contains("`CidrIp` of the rule is known after apply"), "{message}");
    }
}
