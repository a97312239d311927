//! Many small sites, for measurement: `--var cells=1000` makes 10,000 resources in 20 stacks.
//!
//! A cell is a network with one server in it. Fifty cells to a stack are 500 resources, the most CloudFormation takes.

use ironwright::aws::ec2::{
    Instance, InternetGateway, Route, RouteTable, SecurityGroup, Subnet, SubnetRouteTableAssociation, UserData, Vpc,
    VpcGatewayAttachment,
};
use ironwright::prelude::*;

/// Cells in a stack.
const PER_STACK: usize = 50;

fn main() -> std::process::ExitCode {
    ironwright::run(app)
}

pub(crate) fn app(inputs: &Inputs) -> Result<App, InputError> {
    let cells = inputs.get_or("cells", 1)?;
    let mut app = App::new("fleet").region("us-west-2");
    for number in 0..cells {
        let stack = app.stack(&format!("fleet-{}", number / PER_STACK));
        let server = cell(stack.scope(&format!("cell-{number}")), number);
        stack.output(format!("cell_{number}_public_ip"), server.public_ip());
    }
    Ok(app)
}

/// Ten resources: a network with a public and a private subnet, and a web server.
fn cell(scope: &mut Scope, number: usize) -> Handle<Instance> {
    let vpc = scope.add("vpc", Vpc::new().cidr_block("10.0.0.0/16").enable_dns_hostnames(true));
    let gateway = scope.add("gateway", InternetGateway::new());
    let attachment = scope
        .add("attachment", VpcGatewayAttachment::new(vpc.vpc_id()).internet_gateway_id(gateway.internet_gateway_id()));

    let routes = scope.add("routes", RouteTable::new(vpc.vpc_id()));
    let everything = Route::new(routes.route_table_id())
        .destination_cidr_block("0.0.0.0/0")
        .gateway_id(gateway.internet_gateway_id())
        .depends_on(&attachment);
    scope.add("default-route", everything);

    let public = Subnet::new(vpc.vpc_id()).cidr_block("10.0.1.0/24").map_public_ip_on_launch(true);
    let public = scope.add("public", public);
    scope.add("private", Subnet::new(vpc.vpc_id()).cidr_block("10.0.2.0/24"));
    scope.add("public-routes", SubnetRouteTableAssociation::new(routes.route_table_id(), public.subnet_id()));

    let web = SecurityGroup::new("web").vpc_id(vpc.vpc_id()).allow_inbound(tcp(80), anywhere());
    let web = scope.add("web", web);
    let server = Instance::new()
        .ami("ami-12345678")
        .instance_type("t2.micro")
        .subnet_id(public.subnet_id())
        .security_group_ids([web.group_id()])
        .user_data(UserData::script("echo ready"))
        .tag("Name", format!("cell-{number}"));
    scope.add("server", server)
}

#[test]
fn cells_are_spread_over_stacks() {
    let inputs = Inputs::new("dev").var("cells", "51");
    let graph = app(&inputs).unwrap().graph().unwrap();
    let stacks: Vec<_> = graph.stacks().iter().map(|stack| (stack.name.as_str(), stack.parts.outputs.len())).collect();
    assert_eq!(stacks, [("fleet-0", 50), ("fleet-1", 1)]);
    assert_eq!(graph.nodes().iter().filter(|node| node.stack == 0).count(), 500);
}

#[test]
fn every_server_has_an_address() {
    let deployed = ironwright::testing::deploy(app(&Inputs::new("dev").var("cells", "2")));
    assert!(deployed.output("cell_0_public_ip").is_ipv4());
    assert_ne!(deployed.output("cell_0_public_ip"), deployed.output("cell_1_public_ip"));
    let rules = deployed.find::<SecurityGroup>("fleet-0/cell-1/web").inbound();
    assert_eq!(rules.len(), 1);
}

#[test]
fn another_cell_leaves_the_first_alone() {
    let fleet = |cells: &str| app(&Inputs::new("dev").var("cells", cells));
    let change = ironwright::testing::plan_change(fleet("1"), fleet("2"));
    assert_eq!(change.created().len(), 10);
    assert!(change.updated().is_empty() && change.replaced().is_empty() && change.deleted().is_empty(), "{change}");
}

#[test]
fn cells_is_a_number() {
    assert!(app(&Inputs::new("dev").var("cells", "many")).is_err());
}
