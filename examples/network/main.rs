//! A network over two zones: public and private subnets, a bastion, and two servers that only the bastion reaches.
//!
//! Constructs are plain functions: they take a `&mut Scope` and what they build on, and return handles.
//!
//! `cargo run --example network -- apply --var public_key="$(cat ~/.ssh/id_ed25519.pub)" --var office=198.51.100.0/24`

use ironwright::aws::ec2::{
    Ami, Eip, Instance, InternetGateway, KeyPair, MetadataOptions, NatGateway, Route, RouteTable, SecurityGroup,
    SecurityGroupIngress, Subnet, SubnetRouteTableAssociation, UserData, Vpc, VpcGatewayAttachment, indoc,
};
use ironwright::prelude::*;

fn main() -> std::process::ExitCode {
    ironwright::run(app)
}

/// Stands in where `--var public_key=…` gives no other: a key for reading and for tests, nobody has its private half.
const NOBODYS_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICHhiRhQSqYTBbBKjEGfb/VyAri3dyIP+fpI23+VRqkl nobody@example.com";

fn app(inputs: &Inputs) -> Result<App, InputError> {
    let public_key: String = inputs.get_or("public_key", NOBODYS_KEY.to_owned())?;
    let office: String = inputs.get_or("office", "203.0.113.0/24".to_owned())?;

    let mut app = App::new("network").region("us-west-2");
    let stack = app.stack("network");

    let vpc = stack.add("vpc", Vpc::new().cidr_block("10.0.0.0/16").enable_dns_hostnames(true).tag("Name", "network"));
    let internet = internet(stack.scope("internet"), &vpc);
    let zones = [zone(stack.scope("zone-a"), &vpc, &internet, 0), zone(stack.scope("zone-b"), &vpc, &internet, 1)];

    let groups = security_groups(stack.scope("access"), &vpc, &office);
    let key = stack.add("key", KeyPair::new("network-operations").public_key_material(public_key));
    let machine = || {
        let imds_v2 = MetadataOptions::new().http_tokens("required");
        Instance::new().ami(Ami::latest_amazon_linux()).key_name(key.key_name()).metadata_options(imds_v2)
    };

    let bastion = machine()
        .instance_type("t3.micro")
        .subnet_id(zones[0].public.subnet_id())
        .security_group_ids([groups.bastion.group_id()])
        .user_data(UserData::script(RECEIVE_LOGS))
        .tag("Name", "bastion")
        .depends_on(&zones[0].public_routes);
    let bastion = stack.add("bastion", bastion);
    stack.output("bastion_ip", bastion.public_ip());

    for (zone, letter) in zones.iter().zip(["a", "b"]) {
        let name = format!("server-{letter}");
        let server = machine()
            .instance_type("t3.small")
            .subnet_id(zone.private.subnet_id())
            .security_group_ids([groups.servers.group_id()])
            .user_data(UserData::variable("LOG_HOST", bastion.private_ip()) + SEND_LOGS)
            .tag("Name", name.as_str())
            .depends_on(&zone.private_routes);
        let server = stack.add(&name, server);
        stack.output(format!("server_{letter}_ip"), server.private_ip());
    }
    Ok(app)
}

const RECEIVE_LOGS: &str = indoc! {r#"
    dnf --quiet --assumeyes install rsyslog
    cat >/etc/rsyslog.d/receive.conf <<'END'
    module(load="imtcp")
    input(type="imtcp" port="514")
    END
    systemctl enable --now rsyslog
"#};

const SEND_LOGS: &str = indoc! {r#"
    dnf --quiet --assumeyes install rsyslog
    echo "*.* @@$LOG_HOST:514" >/etc/rsyslog.d/send.conf
    systemctl enable --now rsyslog
"#};

/// The way to the internet: what public subnets route to.
struct Internet {
    attachment: Handle<VpcGatewayAttachment>,
    routes: Handle<RouteTable>,
    default_route: Handle<Route>,
}

fn internet(scope: &mut Scope, vpc: &Handle<Vpc>) -> Internet {
    let gateway = scope.add("gateway", InternetGateway::new().tag("Name", "network"));
    let attachment = scope
        .add("attachment", VpcGatewayAttachment::new(vpc.vpc_id()).internet_gateway_id(gateway.internet_gateway_id()));
    let routes = scope.add("routes", RouteTable::new(vpc.vpc_id()).tag("Name", "public"));
    let everything = Route::new(routes.route_table_id())
        .destination_cidr_block("0.0.0.0/0")
        .gateway_id(gateway.internet_gateway_id())
        .depends_on(&attachment);
    let default_route = scope.add("default-route", everything);
    Internet { attachment, routes, default_route }
}

/// One availability zone. Its private subnet reaches the internet through a gateway of its own, so that no zone
/// depends on another. A machine that needs the internet as it boots depends on the routes of its subnet.
struct Zone {
    public: Handle<Subnet>,
    public_routes: Handle<SubnetRouteTableAssociation>,
    private: Handle<Subnet>,
    private_routes: Handle<SubnetRouteTableAssociation>,
}

fn zone(scope: &mut Scope, vpc: &Handle<Vpc>, internet: &Internet, number: usize) -> Zone {
    let subnet = |kind: &str, block: String| {
        Subnet::new(vpc.vpc_id())
            .availability_zone(availability_zones().select(number))
            .cidr_block(block)
            .tag("Name", format!("{kind}-{number}"))
    };

    let public = subnet("public", format!("10.0.{number}.0/24")).map_public_ip_on_launch(true);
    let public = scope.add("public", public);
    let public_routes = SubnetRouteTableAssociation::new(internet.routes.route_table_id(), public.subnet_id())
        .depends_on(&internet.default_route);
    let public_routes = scope.add("public-routes", public_routes);

    let address = scope.add("nat-address", Eip::new().domain("vpc").depends_on(&internet.attachment));
    let nat = NatGateway::new().subnet_id(public.subnet_id()).allocation_id(address.allocation_id());
    let nat = scope.add("nat", nat.depends_on(&public_routes));

    let private = scope.add("private", subnet("private", format!("10.0.{}.0/24", 100 + number)));
    let table = scope.add("private-table", RouteTable::new(vpc.vpc_id()).tag("Name", format!("private-{number}")));
    let default_route = scope.add(
        "private-default-route",
        Route::new(table.route_table_id()).destination_cidr_block("0.0.0.0/0").nat_gateway_id(nat.nat_gateway_id()),
    );
    let private_routes =
        SubnetRouteTableAssociation::new(table.route_table_id(), private.subnet_id()).depends_on(&default_route);
    let private_routes = scope.add("private-routes", private_routes);
    Zone { public, public_routes, private, private_routes }
}

/// Who may talk to whom.
struct Groups {
    bastion: Handle<SecurityGroup>,
    servers: Handle<SecurityGroup>,
}

fn security_groups(scope: &mut Scope, vpc: &Handle<Vpc>, office: &str) -> Groups {
    let office = cidr(office).description("the office");
    let bastion = SecurityGroup::new("SSH from the office").vpc_id(vpc.vpc_id()).allow_inbound(tcp(22), office);
    let bastion = scope.add("bastion", bastion);
    let servers = scope.add("servers", SecurityGroup::new("SSH from the bastion").vpc_id(vpc.vpc_id()));

    // The groups refer to each other, so these rules are resources of their own.
    scope.add("ssh-to-servers", SecurityGroupIngress::allow(servers.group_id(), tcp(22), &bastion));
    scope.add("logs-to-bastion", SecurityGroupIngress::allow(bastion.group_id(), tcp(514), &servers));
    Groups { bastion, servers }
}

#[test]
fn only_the_bastion_is_reached_from_outside() {
    let deployed = ironwright::testing::deploy(app(&Inputs::new("dev").var("office", "198.51.100.0/24")));
    let bastion = deployed.find::<SecurityGroup>("network/access/bastion");
    let servers = deployed.find::<SecurityGroup>("network/access/servers");

    let rules: Vec<_> = bastion.inbound().iter().map(ToString::to_string).collect();
    assert_eq!(rules, ["tcp 22 from 198.51.100.0/24".to_owned(), format!("tcp 514 from {}", servers.physical_id())]);
    let rules: Vec<_> = servers.inbound().iter().map(ToString::to_string).collect();
    assert_eq!(rules, [format!("tcp 22 from {}", bastion.physical_id())]);
}

#[test]
fn servers_are_in_two_zones_and_have_no_public_address() {
    let deployed = ironwright::testing::deploy(app(&Inputs::new("dev")));
    let [a, b] = ["network/server-a", "network/server-b"].map(|server| deployed.find::<Instance>(server));
    assert_ne!(a.attribute("AvailabilityZone"), b.attribute("AvailabilityZone"));
    assert!(a.get("PublicIp").is_none() && b.get("PublicIp").is_none());
    assert!(deployed.output("bastion_ip").is_ipv4());
}

#[test]
fn private_subnets_reach_the_internet_through_their_own_zone() {
    let deployed = ironwright::testing::deploy(app(&Inputs::new("dev")));
    for zone in ["network/zone-a", "network/zone-b"] {
        let nat = deployed.find::<NatGateway>(&format!("{zone}/nat"));
        let public = deployed.find::<Subnet>(&format!("{zone}/public"));
        assert_eq!(nat.property("SubnetId"), public.physical_id());
        let route = deployed.find::<Route>(&format!("{zone}/private-default-route"));
        assert_eq!(route.property("NatGatewayId"), nat.physical_id());
    }
}
