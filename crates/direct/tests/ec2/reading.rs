//! How many calls reading takes: they grow with the types, not with the resources.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use ironwright_aws::ec2::{
    Eip, Instance, InternetGateway, Route, RouteTable, SecurityGroup, SecurityGroupIngress, Subnet,
    SubnetRouteTableAssociation, Volume, Vpc, VpcGatewayAttachment, tcp,
};
use ironwright_core::{App, Resource as _};
use ironwright_engine::{
    Action, Engine, MemoryStore, OsEntropy, Plan, PlanOptions, Provider, Read, Settings, Silent, Stop, SystemClock,
};
use ironwright_simulated::SimulatedCloud;

use crate::server::{Call, Facts, REGION, Reply, Server};

/// A thousand resources of twelve types, in five VPCs.
fn estate() -> App {
    let mut app = App::new("estate").region(REGION);
    for number in 0..5 {
        let stack = app.stack(&format!("net{number}"));
        let vpc = stack.add("vpc", Vpc::new().cidr_block(format!("10.{number}.0.0/16")));
        let gateway = stack.add("gateway", InternetGateway::new());
        let attached = VpcGatewayAttachment::new(vpc.vpc_id()).internet_gateway_id(gateway.internet_gateway_id());
        let attached = stack.add("attached", attached);
        let table = stack.add("table", RouteTable::new(vpc.vpc_id()));
        stack.add("spare-table", RouteTable::new(vpc.vpc_id()));
        let route = Route::new(table.route_table_id()).destination_cidr_block("0.0.0.0/0");
        stack.add("route", route.gateway_id(gateway.internet_gateway_id()).depends_on(&attached));
        for zone in 0..20 {
            let scope = stack.scope(&format!("zone{zone}"));
            let subnet = Subnet::new(vpc.vpc_id()).cidr_block(format!("10.{number}.{zone}.0/24"));
            let subnet = scope.add("subnet", subnet.availability_zone("us-west-2a"));
            scope.add("routed", SubnetRouteTableAssociation::new(table.route_table_id(), subnet.subnet_id()));
            let group = scope.add("group", SecurityGroup::new("of the zone").vpc_id(vpc.vpc_id()));
            for port in [80, 443] {
                let rule = SecurityGroupIngress::allow(group.group_id(), tcp(port), &group);
                scope.add(&format!("port{port}"), rule);
            }
            for machine in 0..3 {
                let server =
                    Instance::new().ami("ami-12345678").instance_type("t3.micro").subnet_id(subnet.subnet_id());
                scope.add(&format!("server{machine}"), server);
            }
            scope.add("disk", Volume::new().availability_zone("us-west-2a").size(8));
        }
        for number in 0..14 {
            stack.add(&format!("address{number}"), Eip::new().domain("vpc"));
        }
    }
    app
}

fn engine(provider: Arc<dyn Provider>, store: &MemoryStore) -> Engine {
    let settings = Settings { app: "estate".to_owned(), target: "aws".to_owned(), ..Settings::default() };
    let clock = Arc::new(SystemClock::new());
    Engine::new(vec![provider], Arc::new(store.clone()), clock, Arc::new(OsEntropy::new()), settings)
}

async fn plan(engine: &Engine, refresh: bool) -> Plan {
    let options = PlanOptions { refresh, ..PlanOptions::default() };
    engine.plan(&estate().graph().expect("a good program"), &options, &Silent).await.expect("a plan")
}

/// EC2 with what `addresses`, elastic IPs by their allocations, and everything else it is asked for: all of it is there.
fn everything(addresses: BTreeMap<String, String>) -> impl FnMut(&Call) -> Reply + Send + 'static {
    move |call| {
        let by = call.get("Filter.1.Name");
        let asked = match by {
            "" => ids(call),
            _ => call.list("Filter.1.Value"),
        };
        let item = |id: &&str| match (call.action.as_str(), by) {
            ("DescribeAddresses", _) => {
                format!("<allocationId>{id}</allocationId><publicIp>{}</publicIp>", addresses[*id])
            }
            ("DescribeInstances", _) => {
                format!("<instancesSet><item><instanceId>{id}</instanceId></item></instancesSet>")
            }
            ("DescribeInternetGateways", "attachment.vpc-id") => {
                format!(
                    "<internetGatewayId>igw</internetGatewayId><attachmentSet><item><vpcId>{id}</vpcId></item></attachmentSet>"
                )
            }
            ("DescribeInternetGateways", _) => format!("<internetGatewayId>{id}</internetGatewayId>"),
            ("DescribeRouteTables", "association.route-table-association-id") => format!(
                "<associationSet><item><routeTableAssociationId>{id}</routeTableAssociationId><subnetId>s</subnetId></item></associationSet>"
            ),
            ("DescribeRouteTables", _) => format!(
                "<routeTableId>{id}</routeTableId><routeSet><item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock></item></routeSet>"
            ),
            ("DescribeSecurityGroupRules", "group-id") => String::new(),
            ("DescribeSecurityGroupRules", _) => format!("<securityGroupRuleId>{id}</securityGroupRuleId>"),
            ("DescribeSecurityGroups", _) => format!("<groupId>{id}</groupId>"),
            ("DescribeSubnets", _) => format!("<subnetId>{id}</subnetId><vpcId>vpc-1</vpcId>"),
            ("DescribeVolumes", _) => format!("<volumeId>{id}</volumeId>"),
            ("DescribeVpcs", _) => format!("<vpcId>{id}</vpcId>"),
            _ => String::new(),
        };
        let items = asked.iter().map(item).fold(String::new(), |mut items, item| {
            let _ = write!(items, "<item>{item}</item>");
            items
        });
        let set = set(&call.action);
        Reply::Says(format!("<{set}>{items}</{set}>"))
    }
}

/// The ids that a call has as parameters.
fn ids(call: &Call) -> Vec<&str> {
    let names = ["InstanceId", "GroupId", "SecurityGroupRuleId", "VolumeId", "SubnetId", "AllocationId"];
    names.iter().map(|name| call.list(name)).find(|ids| !ids.is_empty()).unwrap_or_default()
}

/// The element that the items of an answer are in.
fn set(action: &str) -> &'static str {
    match action {
        "DescribeAddresses" => "addressesSet",
        "DescribeInstances" => "reservationSet",
        "DescribeInternetGateways" => "internetGatewaySet",
        "DescribeRouteTables" => "routeTableSet",
        "DescribeSecurityGroupRules" => "securityGroupRuleSet",
        "DescribeSecurityGroups" => "securityGroupInfo",
        "DescribeSubnets" => "subnetSet",
        "DescribeVolumes" => "volumeSet",
        "DescribeVpcs" => "vpcSet",
        _ => "nothing",
    }
}

/// The estate is live on a simulated cloud, whose ids are EC2's in form; then its state is planned against the server.
#[tokio::test]
async fn a_plan_over_a_thousand_resources_makes_under_thirty_calls_and_none_without_refresh() {
    let store = MemoryStore::default();
    let simulated = engine(Arc::new(SimulatedCloud::in_memory(Arc::new(Facts))), &store);
    let made = simulated.apply(&plan(&simulated, true).await, &Stop::new(), Arc::new(Silent)).await.expect("a run");
    assert!(made.is_complete(), "{:?}", made.failed);
    let state = simulated.state().await.expect("a state");
    assert_eq!(state.resources.len(), 1_000);
    let pairs = state.resources.values().filter_map(|record| record.physical_id.split_once("|eipalloc-"));
    let addresses = pairs.map(|(ip, id)| (format!("eipalloc-{id}"), ip.to_owned())).collect();

    let server = Server::start(everything(addresses));
    let direct = engine(server.provider().await, &store);
    plan(&direct, false).await;
    assert_eq!(server.calls().len(), 0);
    let planned = plan(&direct, true).await;
    let missing = planned.changes.iter().filter(|change| change.action == Action::Create);
    assert_eq!(missing.map(|change| change.address.as_str()).collect::<Vec<_>>(), Vec::<&str>::new());
    let calls = server.calls();
    let told: Vec<&str> = calls.iter().map(|call| call.action.as_str()).collect();
    assert!(told.len() < 30, "{} calls: {told:?}", told.len());
    println!("{} calls", told.len());
}

/// EC2 fails a call that names one instance too many, whole; a filter passes over it.
#[tokio::test]
async fn one_that_is_gone_among_many_does_not_hide_the_others() {
    let mut there = everything(BTreeMap::new());
    let server = Server::start(move |call| match call.list("InstanceId") {
        named if named.contains(&"i-7") => Reply::Refuses("InvalidInstanceID.NotFound"),
        named if named.is_empty() && call.list("Filter.1.Value").contains(&"i-7") => {
            let values = call.list("Filter.1.Value").into_iter().filter(|id| *id != "i-7");
            let item = |id: &str| {
                format!("<item><instancesSet><item><instanceId>{id}</instanceId></item></instancesSet></item>")
            };
            Reply::Says(format!("<reservationSet>{}</reservationSet>", values.map(item).collect::<String>()))
        }
        _ => there(call),
    });
    let read = |number: usize| Read {
        type_name: "AWS::EC2::Instance".to_owned(),
        region: REGION.to_owned(),
        physical_id: format!("i-{number}"),
    };
    let requests: Vec<Read> = (0..1_200).map(read).collect();
    let answers = server.provider().await.read(&requests).await;
    let absent: Vec<usize> = (0..1_200).filter(|at| matches!(&answers[*at], Ok(None))).collect();
    assert_eq!((absent, answers.iter().filter(|answer| matches!(answer, Ok(Some(_)))).count()), (vec![7], 1_199));
    // By id in vain, by filter in six parts; the rest of two hundred and one by id.
    let values: Vec<usize> = server.calls().iter().map(|call| call.list("Filter.1.Value").len()).collect();
    assert_eq!(values, [0, 199, 199, 199, 199, 199, 5, 0]);
}
