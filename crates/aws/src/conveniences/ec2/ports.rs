//! Which traffic a security group rule is about: a protocol and its ports.

use std::ops::RangeInclusive;

use ironwright_core::tree::Name;
use ironwright_core::{Source, Tree};

use crate::conveniences::invalid;

/// A protocol and its ports: `tcp(80)`, `udp(60000..=61000)`, `icmp()`, `all_traffic()`.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Ports {
    protocol: &'static str,
    bounds: Option<[Tree; 2]>,
}

/// A port, or a range of them with both ends in it: `80`, `8000..=8010`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a port or a range of ports",
    label = "expected a number up to 65535, or a range of them",
    note = "one port is `tcp(80)`, several are `tcp(8000..=8010)`"
)]
pub trait PortRange {
    /// The first port and the last.
    fn bounds(self) -> (u16, u16);
}

impl PortRange for u16 {
    fn bounds(self) -> (u16, u16) {
        (self, self)
    }
}

impl PortRange for RangeInclusive<u16> {
    fn bounds(self) -> (u16, u16) {
        self.into_inner()
    }
}

/// TCP to a port or a range of ports.
///
/// ```
/// use ironwright_aws::ec2::{SecurityGroup, anywhere, cidr, tcp};
///
/// SecurityGroup::new("web").allow_inbound(tcp(80), anywhere()).allow_inbound(tcp(8000..=8010), cidr("10.0.0.0/8"));
/// ```
#[track_caller]
pub fn tcp(ports: impl PortRange) -> Ports {
    between("tcp", ports, &Source::caller())
}

/// UDP to a port or a range of ports.
#[track_caller]
pub fn udp(ports: impl PortRange) -> Ports {
    between("udp", ports, &Source::caller())
}

/// ICMP of every type.
pub fn icmp() -> Ports {
    every("icmp")
}

/// ICMP of every type, for IPv6.
pub fn icmpv6() -> Ports {
    every("icmpv6")
}

/// Every protocol and every port.
pub fn all_traffic() -> Ports {
    Ports { protocol: "-1", bounds: None }
}

fn between(protocol: &'static str, ports: impl PortRange, source: &Source) -> Ports {
    let (from, to) = ports.bounds();
    let first = if from > to {
        let help = format!("say `{protocol}({to}..={from})`");
        invalid(format!("the range of ports {from} to {to} is empty"), help, source)
    } else {
        Tree::Number(from.into())
    };
    Ports { protocol, bounds: Some([first, Tree::Number(to.into())]) }
}

/// EC2 writes -1 for every type and every code.
fn every(protocol: &'static str) -> Ports {
    Ports { protocol, bounds: Some([Tree::Number((-1).into()), Tree::Number((-1).into())]) }
}

impl Ports {
    /// The protocol as EC2 writes it; `-1` is every one.
    pub(super) fn protocol(&self) -> &'static str {
        self.protocol
    }

    /// The properties of a rule that say this.
    pub(super) fn properties(self) -> impl Iterator<Item = (Name, Tree)> {
        let protocol = ("IpProtocol".into(), Tree::text(self.protocol));
        let bounds = self.bounds.map(|[from, to]| [("FromPort".into(), from), ("ToPort".into(), to)]);
        [protocol].into_iter().chain(bounds.into_iter().flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ports: Ports, expect: &[(&str, Tree)]) {
        let properties: Vec<_> = ports.properties().collect();
        let expect: Vec<_> = expect.iter().map(|(name, tree)| (Name::from((*name).to_owned()), tree.clone())).collect();
        assert_eq!(properties, expect);
    }

    #[test]
    fn one_port_a_range_and_every_port() {
        let number = |number: i64| Tree::Number(number.into());
        let rule = |protocol: &'static str, from, to| {
            vec![("IpProtocol", Tree::text(protocol)), ("FromPort", number(from)), ("ToPort", number(to))]
        };
        check(tcp(80), &rule("tcp", 80, 80));
        check(udp(60_000..=61_000), &rule("udp", 60_000, 61_000));
        check(icmp(), &rule("icmp", -1, -1));
        check(all_traffic(), &[("IpProtocol", Tree::text("-1"))]);
    }

    #[test]
    #[expect(clippy::reversed_empty_ranges, reason = "that is the mistake")]
    fn an_empty_range_is_an_error_at_its_line() {
        let (ports, line) = (tcp(8010..=8000), line!());
        let Some([Tree::Invalid(problem), _]) = ports.bounds else { panic!("an invalid bound") };
        assert_eq!(problem.message, "the range of ports 8010 to 8000 is empty");
        assert_eq!(problem.help.as_deref(), Some("say `tcp(8000..=8010)`"));
        assert_eq!(problem.source.map(|source| source.line), Some(line));
    }
}
