//! The types that EC2's API serves here, one file each.

mod dhcp_options;
mod eip_association;
mod elastic_ip;
mod flow_log;
mod instance;
mod internet_gateway;
mod key_pair;
mod launch_template;
mod nat_gateway;
mod network_acl;
mod network_acl_entry;
mod network_interface;
mod placement_group;
mod route;
mod route_table;
mod security_group;
mod security_group_rule;
mod subnet;
mod subnet_network_acl_association;
mod subnet_route_table_association;
mod volume;
mod volume_attachment;
mod vpc;
mod vpc_dhcp_options_association;
mod vpc_endpoint;
mod vpc_gateway_attachment;
mod vpc_peering_connection;

use super::kind::Kind;
use super::rules::Direction;

/// The names of the types.
pub(super) const NAMES: &[&str] = &[
    "AWS::EC2::DHCPOptions",
    "AWS::EC2::EIP",
    "AWS::EC2::EIPAssociation",
    "AWS::EC2::FlowLog",
    "AWS::EC2::Instance",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::KeyPair",
    "AWS::EC2::LaunchTemplate",
    "AWS::EC2::NatGateway",
    "AWS::EC2::NetworkAcl",
    "AWS::EC2::NetworkAclEntry",
    "AWS::EC2::NetworkInterface",
    "AWS::EC2::PlacementGroup",
    "AWS::EC2::Route",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::Subnet",
    "AWS::EC2::SubnetNetworkAclAssociation",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPC",
    "AWS::EC2::VPCDHCPOptionsAssociation",
    "AWS::EC2::VPCEndpoint",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::EC2::VPCPeeringConnection",
    "AWS::EC2::Volume",
    "AWS::EC2::VolumeAttachment",
];

/// All of them.
pub(super) fn all() -> Vec<Box<dyn Kind>> {
    vec![
        Box::new(dhcp_options::DhcpOptions),
        Box::new(elastic_ip::ElasticIp),
        Box::new(eip_association::EipAssociation),
        Box::new(flow_log::FlowLog),
        Box::new(instance::Instance),
        Box::new(internet_gateway::InternetGateway),
        Box::new(key_pair::KeyPair),
        Box::new(launch_template::LaunchTemplate),
        Box::new(nat_gateway::NatGateway),
        Box::new(network_acl::NetworkAcl),
        Box::new(network_acl_entry::NetworkAclEntry),
        Box::new(network_interface::NetworkInterface),
        Box::new(placement_group::PlacementGroup),
        Box::new(route::Route),
        Box::new(route_table::RouteTable),
        Box::new(security_group::SecurityGroup),
        Box::new(security_group_rule::SecurityGroupRule(Direction::Egress)),
        Box::new(security_group_rule::SecurityGroupRule(Direction::Ingress)),
        Box::new(subnet::Subnet),
        Box::new(subnet_network_acl_association::SubnetNetworkAclAssociation),
        Box::new(subnet_route_table_association::SubnetRouteTableAssociation),
        Box::new(vpc::Vpc),
        Box::new(vpc_dhcp_options_association::VpcDhcpOptionsAssociation),
        Box::new(vpc_endpoint::VpcEndpoint),
        Box::new(vpc_gateway_attachment::VpcGatewayAttachment),
        Box::new(vpc_peering_connection::VpcPeeringConnection),
        Box::new(volume::Volume),
        Box::new(volume_attachment::VolumeAttachment),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_named() {
        let kinds: Vec<&str> = all().iter().map(|kind| kind.type_name()).collect();
        assert_eq!(kinds, NAMES);
    }
}
