//! A program of twenty-five resources of EC2, of seventeen types, for runs that meet faults: every way in which a create is
//! found again is among them, by a client token, by tags, by a name, and by the two ends of what has neither.

use ironwright::aws::ec2::{
    Eip, EipAssociation, Instance, InternetGateway, KeyPair, NatGateway, NetworkInterface, Route, RouteTable,
    SecurityGroup, SecurityGroupEgress, SecurityGroupIngress, Subnet, SubnetRouteTableAssociation, Volume,
    VolumeAttachment, Vpc, VpcGatewayAttachment,
};
use ironwright::prelude::*;

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICHhiRhQSqYTBbBKjEGfb/VyAri3dyIP+fpI23+VRqkl operations";

fn main() -> std::process::ExitCode {
    ironwright::run(app)
}

fn app() -> App {
    let mut app = App::new("estate").region("us-west-2");
    let stack = app.stack("estate");
    let vpc = stack.add("vpc", Vpc::new().cidr_block("10.0.0.0/16").enable_dns_hostnames(true).tag("Name", "estate"));
    let public = public_side(stack, &vpc);
    let private = private_side(stack, &vpc, &public);
    let web = groups(stack, &vpc);
    machines(stack, &public, &private, &web);
    app
}

/// The subnet that the world reaches.
fn public_side(stack: &mut Scope, vpc: &Handle<Vpc>) -> Handle<Subnet> {
    let gateway = stack.add("gateway", InternetGateway::new().tag("Name", "estate"));
    let attachment = VpcGatewayAttachment::new(vpc.vpc_id()).internet_gateway_id(gateway.internet_gateway_id());
    let attachment = stack.add("attachment", attachment);
    let table = stack.add("public-table", RouteTable::new(vpc.vpc_id()));
    let everywhere = Route::new(table.route_table_id()).destination_cidr_block("0.0.0.0/0");
    stack.add("public-route", everywhere.gateway_id(gateway.internet_gateway_id()).depends_on(&attachment));
    let subnet = Subnet::new(vpc.vpc_id()).availability_zone("us-west-2a").cidr_block("10.0.0.0/24");
    let subnet = stack.add("public", subnet.map_public_ip_on_launch(true).depends_on(&attachment));
    stack.add("public-association", SubnetRouteTableAssociation::new(table.route_table_id(), subnet.subnet_id()));
    subnet
}

/// The subnet that reaches the world, and is not reached.
fn private_side(stack: &mut Scope, vpc: &Handle<Vpc>, public: &Handle<Subnet>) -> Handle<Subnet> {
    let address = stack.add("nat-address", Eip::new().domain("vpc"));
    let nat = NatGateway::new().subnet_id(public.subnet_id()).allocation_id(address.allocation_id());
    let nat = stack.add("nat", nat);
    let table = stack.add("private-table", RouteTable::new(vpc.vpc_id()));
    let everywhere = Route::new(table.route_table_id()).destination_cidr_block("0.0.0.0/0");
    stack.add("private-route", everywhere.nat_gateway_id(nat.nat_gateway_id()));
    let subnet = Subnet::new(vpc.vpc_id()).availability_zone("us-west-2a").cidr_block("10.0.1.0/24");
    let subnet = stack.add("private", subnet);
    stack.add("private-association", SubnetRouteTableAssociation::new(table.route_table_id(), subnet.subnet_id()));
    subnet
}

/// The group of the web server; that of the database has rules that stand alone.
fn groups(stack: &mut Scope, vpc: &Handle<Vpc>) -> Handle<SecurityGroup> {
    let web = SecurityGroup::new("HTTP and HTTPS from anywhere").vpc_id(vpc.vpc_id());
    let web = web.allow_inbound(tcp(80), anywhere()).allow_inbound(tcp(443), anywhere());
    let web = stack.add("web-group", web);
    let database = stack.add("database-group", SecurityGroup::new("SQL from the web").vpc_id(vpc.vpc_id()));
    stack.add("sql-from-web", SecurityGroupIngress::allow(database.group_id(), tcp(5432), &web));
    stack.add("database-out", SecurityGroupEgress::allow(database.group_id(), tcp(443), cidr("10.0.0.0/16")));
    web
}

fn machines(stack: &mut Scope, public: &Handle<Subnet>, private: &Handle<Subnet>, web: &Handle<SecurityGroup>) {
    let key = stack.add("key", KeyPair::new("estate-operations").public_key_material(KEY));
    let machine = || Instance::new().ami("ami-12c6146b").instance_type("t3.micro").key_name(key.key_name());
    let server = machine().subnet_id(public.subnet_id()).security_group_ids([web.group_id()]).tag("Name", "web");
    let server = stack.add("web", server);
    let address = stack.add("web-address", Eip::new().domain("vpc").tag("Name", "web"));
    let association = EipAssociation::new().allocation_id(address.allocation_id()).instance_id(server.instance_id());
    stack.add("address-of-web", association);

    let worker = stack.add("worker", machine().subnet_id(private.subnet_id()).source_dest_check(false));
    let disk = Volume::new().availability_zone("us-west-2a").size(10).volume_type("gp3");
    let disk = stack.add("disk", disk);
    stack.add("disk-at-worker", VolumeAttachment::new(worker.instance_id(), disk.volume_id()).device("/dev/sdf"));
    let interface = NetworkInterface::new(private.subnet_id()).group_set([web.group_id()]);
    stack.add("interface", interface.description("a leg in the private subnet"));
}
