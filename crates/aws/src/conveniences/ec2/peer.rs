//! Whom a security group rule lets in or lets reach: addresses, another group, a prefix list.

use ironwright_core::tree::Name;
use ironwright_core::{Handle, IntoValue, Source, Text, Tree, Value};

use super::cidr::{Family, family};
use crate::conveniences::invalid;
use crate::generated::ec2::SecurityGroup;
use crate::generated::kinds::{PrefixListId, SecurityGroupId};

/// The other end of a security group rule: `anywhere()`, `cidr("10.0.0.0/8")`, or another group's handle.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Peer {
    end: End,
    description: Option<Tree>,
}

#[derive(Clone, Debug, PartialEq)]
enum End {
    Ipv4(Tree),
    Ipv6(Tree),
    SecurityGroup(Tree),
    PrefixList(Tree),
}

/// Which way the traffic of a rule goes, seen from the group.
#[derive(Clone, Copy, Debug)]
pub(super) enum Direction {
    Inbound,
    Outbound,
}

/// Every IPv4 address.
pub fn anywhere() -> Peer {
    End::Ipv4(Tree::text("0.0.0.0/0")).into()
}

/// Every IPv6 address.
pub fn anywhere_ipv6() -> Peer {
    End::Ipv6(Tree::text("::/0")).into()
}

/// The addresses of a block, IPv4 or IPv6: `10.0.0.0/8`, `2001:db8::/32`. A reference is taken as IPv4.
///
/// A literal that is no block is an error, with the line of this call:
///
/// ```
/// # use ironwright_core::App;
/// use ironwright_aws::ec2::{SecurityGroup, cidr, tcp};
///
/// let mut app = App::new("shop").region("us-west-2");
/// app.stack("web").add("firewall", SecurityGroup::new("web").allow_inbound(tcp(80), cidr("10.0.0.1/8")));
/// let errors = app.graph().unwrap_err().to_string();
/// assert!(errors.contains("`10.0.0.1/8` is not a CIDR block: bits beyond the prefix are set"));
/// ```
#[track_caller]
pub fn cidr(block: impl IntoValue<Text>) -> Peer {
    let source = Source::caller();
    match block.into_value().into_tree() {
        Tree::Text(block) => match family(&block) {
            Ok(Family::V4) => End::Ipv4(Tree::Text(block)).into(),
            Ok(Family::V6) => End::Ipv6(Tree::Text(block)).into(),
            Err(bad) => End::Ipv4(invalid(bad.reason, bad.help, &source)).into(),
        },
        reference => End::Ipv4(reference).into(),
    }
}

/// The IPv6 addresses of a block that another resource has: `vpc.ipv6_cidr_blocks().select(0)`.
#[track_caller]
pub fn cidr_ipv6(block: impl IntoValue<Text>) -> Peer {
    let source = Source::caller();
    match block.into_value().into_tree() {
        Tree::Text(block) => match family(&block) {
            Ok(Family::V6) => End::Ipv6(Tree::Text(block)).into(),
            Ok(Family::V4) => {
                let help = format!("say `cidr(\"{block}\")`");
                End::Ipv6(invalid(format!("`{block}` is a block of IPv4 addresses"), help, &source)).into()
            }
            Err(bad) => End::Ipv6(invalid(bad.reason, bad.help, &source)).into(),
        },
        reference => End::Ipv6(reference).into(),
    }
}

/// Whatever has this security group.
pub fn security_group(group: impl IntoValue<SecurityGroupId>) -> Peer {
    End::SecurityGroup(group.into_value().into_tree()).into()
}

/// The addresses of a prefix list.
pub fn prefix_list(list: impl IntoValue<PrefixListId>) -> Peer {
    End::PrefixList(list.into_value().into_tree()).into()
}

impl From<End> for Peer {
    fn from(end: End) -> Self {
        Self { end, description: None }
    }
}

impl From<&Handle<SecurityGroup>> for Peer {
    fn from(group: &Handle<SecurityGroup>) -> Self {
        security_group(group.group_id())
    }
}

impl From<Value<SecurityGroupId>> for Peer {
    fn from(group: Value<SecurityGroupId>) -> Self {
        security_group(group)
    }
}

impl Peer {
    /// A note on the rule: `cidr("192.0.2.0/24").description("the office")`. Up to 255 characters.
    pub fn description(mut self, text: impl IntoValue<Text>) -> Self {
        self.description = Some(text.into_value().into_tree());
        self
    }

    /// The properties of a rule that say this.
    pub(super) fn properties(self, direction: Direction) -> impl Iterator<Item = (Name, Tree)> {
        let (name, tree) = match (self.end, direction) {
            (End::Ipv4(tree), _) => ("CidrIp", tree),
            (End::Ipv6(tree), _) => ("CidrIpv6", tree),
            (End::SecurityGroup(tree), Direction::Inbound) => ("SourceSecurityGroupId", tree),
            (End::SecurityGroup(tree), Direction::Outbound) => ("DestinationSecurityGroupId", tree),
            (End::PrefixList(tree), Direction::Inbound) => ("SourcePrefixListId", tree),
            (End::PrefixList(tree), Direction::Outbound) => ("DestinationPrefixListId", tree),
        };
        let description = self.description.map(|text| (Name::from("Description"), text));
        [(Name::from(name), tree)].into_iter().chain(description)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(peer: Peer, direction: Direction, name: &str, tree: &Tree) {
        let properties: Vec<_> = peer.properties(direction).collect();
        assert_eq!(properties, [(Name::from(name.to_owned()), tree.clone())]);
    }

    #[test]
    fn the_property_follows_the_kind_of_peer_and_the_direction() {
        use Direction::{Inbound, Outbound};
        check(anywhere(), Inbound, "CidrIp", &Tree::text("0.0.0.0/0"));
        check(anywhere_ipv6(), Outbound, "CidrIpv6", &Tree::text("::/0"));
        check(cidr("2001:db8::/32"), Inbound, "CidrIpv6", &Tree::text("2001:db8::/32"));
        check(security_group("sg-1"), Inbound, "SourceSecurityGroupId", &Tree::text("sg-1"));
        check(security_group("sg-1"), Outbound, "DestinationSecurityGroupId", &Tree::text("sg-1"));
        check(prefix_list("pl-1"), Inbound, "SourcePrefixListId", &Tree::text("pl-1"));
        check(prefix_list("pl-1"), Outbound, "DestinationPrefixListId", &Tree::text("pl-1"));
    }

    #[test]
    fn a_bad_block_carries_its_line() {
        let (peer, line) = (cidr("10.0.0.0/33"), line!());
        let End::Ipv4(Tree::Invalid(problem)) = peer.end else { panic!("an invalid block") };
        assert_eq!(problem.message, "`10.0.0.0/33` is not a CIDR block: the prefix length is `33`");
        assert_eq!(problem.source.map(|source| source.line), Some(line));
        assert!(matches!(cidr_ipv6("10.0.0.0/8").end, End::Ipv6(Tree::Invalid(_))));
    }
}
