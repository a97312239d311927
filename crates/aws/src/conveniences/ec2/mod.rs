//! Conveniences for EC2: user data, security group rules, machine images.

mod ami;
mod cidr;
mod docker_install;
mod host_key;
mod peer;
mod ports;
mod public_address;
mod rules;
mod user_data;

pub use ami::Ami;
pub use docker_install::docker_install;
pub use peer::{Peer, anywhere, anywhere_ipv6, cidr, cidr_ipv6, prefix_list, security_group};
pub use ports::{PortRange, Ports, all_traffic, icmp, icmpv6, tcp, udp};
pub use user_data::UserData;

/// Strips the indentation of a script that is written inside a program.
pub use indoc::indoc;
