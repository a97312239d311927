//! Whole programs on moto: made, planned again, changed, destroyed. What moto cannot do is left out of the programs.
#![cfg(feature = "ec2")]

mod cloud;
mod programs;
mod registries;
mod stores;

use aws_sdk_ec2::types::Filter;
use cloud::Cloud;
use ironwright_core::App;
use programs::Edits;

/// Makes, plans again, changes, plans again and destroys what `program` declares; nothing is left.
async fn check(program: fn(Edits) -> App) {
    let Some(cloud) = Cloud::serve().await else { return };
    let first = program(Edits::default());
    let before = leftovers(&cloud).await;
    cloud.apply(&first).await;
    assert_eq!(cloud.changes(&first).await, Vec::<String>::new(), "the second plan");
    let edited = program(Edits { edited: true });
    assert!(!cloud.changes(&edited).await.is_empty());
    cloud.apply(&edited).await;
    assert_eq!(cloud.changes(&edited).await, Vec::<String>::new(), "the plan after the change");
    cloud.destroy().await;
    assert!(cloud.state().await.resources.is_empty());
    assert_eq!(leftovers(&cloud).await, before);
}

/// What is there, by the test's own count. moto keeps the interfaces of machines and gateways that are gone, so of
/// interfaces those that the program made are counted.
async fn leftovers(cloud: &Cloud) -> Vec<(&'static str, usize)> {
    let ec2 = &cloud.client;
    let ours = Filter::builder().name("tag-key").values("ironwright:token").build();
    let alive = |name: &str| Filter::builder().name(name).values("running").values("stopped").build();
    let vpcs = ec2.describe_vpcs().send().await.expect("VPCs");
    let subnets = ec2.describe_subnets().send().await.expect("subnets");
    let tables = ec2.describe_route_tables().send().await.expect("tables");
    let groups = ec2.describe_security_groups().send().await.expect("groups");
    let gateways = ec2.describe_internet_gateways().send().await.expect("gateways");
    let addresses = ec2.describe_addresses().send().await.expect("addresses");
    let keys = ec2.describe_key_pairs().send().await.expect("keys");
    let templates = ec2.describe_launch_templates().send().await.expect("templates");
    let volumes = ec2.describe_volumes().send().await.expect("volumes");
    let interfaces = ec2.describe_network_interfaces().filters(ours).send().await.expect("interfaces");
    let machines = ec2.describe_instances().filters(alive("instance-state-name")).send().await.expect("machines");
    vec![
        ("VPCs", vpcs.vpcs().len()),
        ("subnets", subnets.subnets().len()),
        ("tables", tables.route_tables().len()),
        ("groups", groups.security_groups().len()),
        ("gateways", gateways.internet_gateways().len()),
        ("addresses", addresses.addresses().len()),
        ("keys", keys.key_pairs().len()),
        ("templates", templates.launch_templates().len()),
        ("volumes", volumes.volumes().len()),
        ("interfaces", interfaces.network_interfaces().len()),
        ("machines", machines.reservations().len()),
    ]
}

#[tokio::test]
async fn a_network_is_made_changed_and_destroyed() {
    check(programs::network).await;
}

#[tokio::test]
async fn every_other_type_is_made_changed_and_destroyed() {
    check(programs::rest).await;
}
