//! What is deployed to moto.

use ironwright_aws::ec2::*;
use ironwright_core::{App, Handle, Resource as _, Scope, Taggable as _};

/// How a program differs from its first version.
#[derive(Clone, Copy, Default)]
pub(crate) struct Edits {
    /// What changes in place is another.
    pub(crate) edited: bool,
}

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICHhiRhQSqYTBbBKjEGfb/VyAri3dyIP+fpI23+VRqkl operations";

/// What the example `network` has of EC2: two zones, gateways, routes, groups and machines.
pub(crate) fn network(edits: Edits) -> App {
    let mut app = App::new("moto").region("us-west-2");
    let stack = app.stack("network");
    let name = if edits.edited { "renamed" } else { "network" };

    let vpc = stack.add("vpc", Vpc::new().cidr_block("10.0.0.0/16").enable_dns_hostnames(true).tag("Name", name));
    let gateway = stack.add("gateway", InternetGateway::new().tag("Name", name));
    let attachment = VpcGatewayAttachment::new(vpc.vpc_id()).internet_gateway_id(gateway.internet_gateway_id());
    let attachment = stack.add("attachment", attachment);
    let routes = stack.add("routes", RouteTable::new(vpc.vpc_id()).tag("Name", name));
    let everything = Route::new(routes.route_table_id()).destination_cidr_block("0.0.0.0/0");
    stack.add("default-route", everything.gateway_id(gateway.internet_gateway_id()).depends_on(&attachment));

    let subnet = |block: &str| Subnet::new(vpc.vpc_id()).availability_zone("us-west-2a").cidr_block(block);
    let public = stack.add("public", subnet("10.0.0.0/24").map_public_ip_on_launch(!edits.edited).tag("Name", name));
    stack.add("public-routes", SubnetRouteTableAssociation::new(routes.route_table_id(), public.subnet_id()));
    let private = stack.add("private", subnet("10.0.1.0/24"));

    let address = stack.add("nat-address", Eip::new().domain("vpc").depends_on(&attachment));
    let nat = NatGateway::new().subnet_id(public.subnet_id()).allocation_id(address.allocation_id()).tag("Name", name);
    let nat = stack.add("nat", nat);
    let table = stack.add("private-table", RouteTable::new(vpc.vpc_id()));
    let route = Route::new(table.route_table_id()).destination_cidr_block("0.0.0.0/0");
    stack.add("private-default-route", route.nat_gateway_id(nat.nat_gateway_id()));
    stack.add("private-routes", SubnetRouteTableAssociation::new(table.route_table_id(), private.subnet_id()));

    let office = if edits.edited { "203.0.113.0/25" } else { "203.0.113.0/24" };
    let bastion = SecurityGroup::new("SSH from the office").vpc_id(vpc.vpc_id()).allow_inbound(tcp(22), cidr(office));
    let bastion = stack.add("bastion-group", bastion);
    let servers = stack.add("servers-group", SecurityGroup::new("SSH from the bastion").vpc_id(vpc.vpc_id()));
    stack.add("ssh-to-servers", SecurityGroupIngress::allow(servers.group_id(), tcp(22), &bastion));
    stack.add("logs-to-bastion", SecurityGroupIngress::allow(bastion.group_id(), tcp(514), &servers));
    stack.add("servers-out", SecurityGroupEgress::allow(servers.group_id(), tcp(443), cidr("10.0.0.0/16")));

    let key = stack.add("key", KeyPair::new("network-operations").public_key_material(KEY));
    let machine = Instance::new().ami("ami-12c6146b").instance_type("t3.micro").key_name(key.key_name());
    let machine = machine.subnet_id(public.subnet_id()).security_group_ids([bastion.group_id()]).tag("Name", name);
    let machine = stack.add("bastion", machine);
    let at_bastion = stack.add("bastion-address", Eip::new().tag("Name", name));
    let association =
        EipAssociation::new().allocation_id(at_bastion.allocation_id()).instance_id(machine.instance_id());
    stack.add("at-bastion", association);
    app
}

/// The rest of the types, but for network ACLs, endpoints and placement groups: moto does not filter or list them.
pub(crate) fn rest(edits: Edits) -> App {
    let mut app = App::new("moto").region("us-west-2");
    let stack = app.stack("rest");
    let name = if edits.edited { "renamed" } else { "rest" };
    let vpc = stack.add("vpc", Vpc::new().cidr_block("10.1.0.0/16").tag("Name", name));
    let subnet = Subnet::new(vpc.vpc_id()).availability_zone("us-west-2a").cidr_block("10.1.0.0/24");
    let subnet = stack.add("subnet", subnet);
    let group = stack.add("group", SecurityGroup::new("for everything").vpc_id(vpc.vpc_id()));

    let options = DhcpOptions::new().domain_name("example.internal").domain_name_servers(["AmazonProvidedDNS"]);
    let options = stack.add("options", options.tag("Name", name));
    stack.add("uses-options", VpcDhcpOptionsAssociation::new(options.dhcp_options_id(), vpc.vpc_id()));

    let interface = NetworkInterface::new(subnet.subnet_id()).group_set([group.group_id()]).description(name);
    stack.add("interface", interface.tag("Name", name));
    storage(stack, &subnet, name);

    let table = stack.add("table", RouteTable::new(vpc.vpc_id()));
    let other = stack.add("other-vpc", Vpc::new().cidr_block("10.2.0.0/16"));
    let peering = stack.add("peering", VpcPeeringConnection::new(other.vpc_id(), vpc.vpc_id()).tag("Name", name));
    let to_other = Route::new(table.route_table_id()).destination_cidr_block("10.2.0.0/16");
    stack.add("to-other", to_other.vpc_peering_connection_id(peering.id()));
    app
}

fn storage(scope: &mut Scope, subnet: &Handle<Subnet>, name: &str) {
    let kind = if name == "renamed" { "t3.small" } else { "t3.micro" };
    let data = LaunchTemplateData::new().image_id("ami-12c6146b").instance_type(kind);
    scope.add("template", LaunchTemplate::new(data).launch_template_name("workers"));
    let machine = Instance::new().ami("ami-12c6146b").instance_type("c5.large").subnet_id(subnet.subnet_id());
    let machine = scope.add("machine", machine);
    let size = if name == "renamed" { 20 } else { 10 };
    let volume = Volume::new().availability_zone("us-west-2a").size(size).volume_type("gp3").tag("Name", name);
    let volume = scope.add("volume", volume);
    let attachment = VolumeAttachment::new(machine.instance_id(), volume.volume_id()).device("/dev/sdf");
    scope.add("attached", attachment);
}
