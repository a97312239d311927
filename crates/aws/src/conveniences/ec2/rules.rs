//! Security group rules in one line: inside the group, or as resources of their own where groups refer to each other.

use ironwright_core::resource::Resource;
use ironwright_core::tree::Name;
use ironwright_core::{IntoValue, Source, Tree};

use super::peer::{Direction, Peer};
use super::ports::Ports;
use crate::generated::ec2::{SecurityGroup, SecurityGroupEgress, SecurityGroupIngress};
use crate::generated::kinds::SecurityGroupId;

fn properties(direction: Direction, ports: Ports, peer: Peer) -> impl Iterator<Item = (Name, Tree)> {
    ports.properties().chain(peer.properties(direction))
}

impl SecurityGroup {
    /// Lets traffic in. Nothing comes in that no rule allows.
    ///
    /// ```
    /// # use ironwright_core::App;
    /// use ironwright_aws::ec2::{SecurityGroup, anywhere, tcp};
    ///
    /// # let mut app = App::new("shop").region("us-west-2");
    /// # let stack = app.stack("web");
    /// let balancer = stack.add("balancer", SecurityGroup::new("public").allow_inbound(tcp(443), anywhere()));
    /// stack.add("servers", SecurityGroup::new("private").allow_inbound(tcp(8000), &balancer));
    /// # assert!(app.graph().is_ok());
    /// ```
    #[track_caller]
    pub fn allow_inbound(mut self, ports: Ports, from: impl Into<Peer>) -> Self {
        let rule = properties(Direction::Inbound, ports, from.into()).collect();
        self.bag_mut().push("SecurityGroupIngress", Tree::Map(rule));
        self
    }

    /// Lets traffic out. A group without such a rule lets everything out; the first one ends that.
    #[track_caller]
    pub fn allow_outbound(mut self, ports: Ports, to: impl Into<Peer>) -> Self {
        let rule = properties(Direction::Outbound, ports, to.into()).collect();
        self.bag_mut().push("SecurityGroupEgress", Tree::Map(rule));
        self
    }
}

impl SecurityGroupIngress {
    /// Lets traffic into `group`: a rule that is a resource of its own, for groups that refer to each other.
    ///
    /// ```
    /// # use ironwright_core::App;
    /// use ironwright_aws::ec2::{SecurityGroup, SecurityGroupIngress, tcp};
    ///
    /// # let mut app = App::new("shop").region("us-west-2");
    /// # let stack = app.stack("web");
    /// let a = stack.add("a", SecurityGroup::new("a"));
    /// let b = stack.add("b", SecurityGroup::new("b"));
    /// stack.add("a-from-b", SecurityGroupIngress::allow(a.group_id(), tcp(80), &b));
    /// stack.add("b-from-a", SecurityGroupIngress::allow(b.group_id(), tcp(80), &a));
    /// # assert!(app.graph().is_ok());
    /// ```
    #[track_caller]
    pub fn allow(group: impl IntoValue<SecurityGroupId>, ports: Ports, from: impl Into<Peer>) -> Self {
        let mut rule = Self::new(ports.protocol()).group_id(group);
        put_all(&mut rule, properties(Direction::Inbound, ports, from.into()));
        rule
    }
}

impl SecurityGroupEgress {
    /// Lets traffic out of `group`: a rule that is a resource of its own.
    #[track_caller]
    pub fn allow(group: impl IntoValue<SecurityGroupId>, ports: Ports, to: impl Into<Peer>) -> Self {
        let mut rule = Self::new(group, ports.protocol());
        put_all(&mut rule, properties(Direction::Outbound, ports, to.into()));
        rule
    }
}

#[track_caller]
fn put_all(rule: &mut impl Resource, properties: impl Iterator<Item = (Name, Tree)>) {
    let source = Source::caller();
    for (name, tree) in properties {
        rule.bag_mut().put(name, tree, source.clone(), false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conveniences::ec2::{all_traffic, anywhere, cidr, security_group, tcp};

    fn map(entries: impl IntoIterator<Item = (&'static str, Tree)>) -> Tree {
        Tree::Map(entries.into_iter().map(|(name, tree)| (name.into(), tree)).collect())
    }

    #[test]
    fn rules_add_up_in_order() {
        let group = SecurityGroup::new("web")
            .allow_inbound(tcp(80), anywhere())
            .allow_inbound(tcp(22), cidr("192.0.2.0/24").description("the office"))
            .allow_outbound(all_traffic(), anywhere());
        let bag = group.into_bag();
        let port = |number: u16| Tree::Number(number.into());
        let tcp = |number| [("IpProtocol", Tree::text("tcp")), ("FromPort", port(number)), ("ToPort", port(number))];
        let inbound = [
            map(tcp(80).into_iter().chain([("CidrIp", Tree::text("0.0.0.0/0"))])),
            map(tcp(22)
                .into_iter()
                .chain([("CidrIp", Tree::text("192.0.2.0/24")), ("Description", Tree::text("the office"))])),
        ];
        assert_eq!(bag.get("SecurityGroupIngress"), Some(&Tree::List(inbound.into())));
        let outbound = map([("IpProtocol", Tree::text("-1")), ("CidrIp", Tree::text("0.0.0.0/0"))]);
        assert_eq!(bag.get("SecurityGroupEgress"), Some(&Tree::List(vec![outbound])));
    }

    #[test]
    fn a_rule_of_its_own_says_the_same() {
        let names = |bag: &ironwright_core::Bag| {
            bag.entries().iter().map(|entry| (entry.name.to_string(), entry.source.line)).collect::<Vec<_>>()
        };
        let (inbound, line) = (SecurityGroupIngress::allow("sg-a", tcp(80), security_group("sg-b")), line!());
        let bag = inbound.into_bag();
        let expect = ["IpProtocol", "GroupId", "FromPort", "ToPort", "SourceSecurityGroupId"];
        assert_eq!(names(&bag), expect.map(|name| (name.to_owned(), line)));
        assert_eq!(bag.get("IpProtocol"), Some(&Tree::text("tcp")));

        let outbound = SecurityGroupEgress::allow("sg-a", all_traffic(), security_group("sg-b")).into_bag();
        assert_eq!(outbound.get("IpProtocol"), Some(&Tree::text("-1")));
        assert_eq!(outbound.get("DestinationSecurityGroupId"), Some(&Tree::text("sg-b")));
    }
}
