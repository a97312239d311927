//! A network over two zones, with gateways, routes, groups that refer to each other, a key and three machines.

use serde_json::json;

use crate::place::Place;

/// Each group has one rule more than the program says: AWS gives it.
const DEPLOYED: [&str; 13] = [
    "2 addresses",
    "4 associations",
    "2 groups",
    "3 instances",
    "1 internet_gateways",
    "1 keys",
    "2 nat_gateways",
    "3 route_tables",
    "3 routes",
    "5 rules",
    "4 subnets",
    "3 volumes",
    "1 vpcs",
];

const OFFICE: &str = "office=198.51.100.0/24";
const KEY: &str =
    "public_key=ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKmL8YVBCyMKrElD3m8nhs0lLtwgoOhkeEDXCVOyQHPr someone@example.com";

#[test]
fn a_network_lives_its_whole_life() {
    let Some(place) = Place::of("network") else { return };
    place.planned().says("Plan: 29 to add, 0 to change, 0 to destroy.");
    assert!(place.inventory().counts().is_empty(), "a plan makes nothing");

    place.run("apply --yes").ended(0).says("Apply complete! Resources: 29 added");
    assert_eq!(place.inventory().counts(), DEPLOYED);
    place.is_settled();
    let bastion = "ec2 describe-instances --filters Name=tag:Name,Values=bastion";
    let address = place.aws(&format!("{bastion} --query Reservations[].Instances[].PublicIpAddress"));
    assert_eq!(place.run("output bastion_ip").ended(0).stdout.trim(), address);

    another_office_is_another_rule(&place);
    another_key_is_another_key_pair(&place);
    attributes_are_put_back(&place);
    what_is_gone_comes_back(&place);
    what_is_held_alone_is_given_up_first(&place);

    is_destroyed(&place);
    a_vpc_of_others_is_taken_over(&place);
}

/// An apply does what was planned; nothing is left to do, and as much is there as before.
fn is_applied(place: &Place, variables: &[&str]) {
    place.run_with("apply --yes", variables).ended(0);
    place.is_settled_with(variables);
    assert_eq!(place.inventory().counts(), DEPLOYED);
}

fn is_destroyed(place: &Place) {
    place.run("destroy --yes").ended(0).says("Destroy complete! Resources: 29 destroyed.");
    assert_eq!(place.inventory().counts(), [""; 0], "leftovers");
    assert_eq!(place.run("state list").ended(0).stdout, "");
}

fn another_office_is_another_rule(place: &Place) {
    let plan = place.run_with("plan --detailed-exitcode", &[OFFICE]).ended(2);
    plan.says("network/access/bastion will be updated in place").says("Plan: 0 to add, 1 to change, 0 to destroy.");
    is_applied(place, &[OFFICE]);
    let group = place.inventory().at("groups", "network/access/bastion").id.clone();
    let rules = place.others("describe_security_groups", &json!({"GroupIds": [group]}));
    let rules = rules["SecurityGroups"][0]["IpPermissions"].as_array().expect("rules");
    let ssh = rules.iter().find(|rule| rule["FromPort"] == 22).expect("a rule for SSH");
    assert_eq!(ssh["IpRanges"], json!([{"CidrIp": "198.51.100.0/24", "Description": "the office"}]));
    assert_eq!(rules.len(), 2, "the rule for logs is a resource of its own: {rules:?}");
}

/// Two keys of one name cannot be there at once.
fn another_key_is_another_key_pair(place: &Place) {
    let before = place.others("describe_key_pairs", &json!({}))["KeyPairs"][0].take();
    let plan = place.run_with("plan --detailed-exitcode", &[OFFICE, KEY]).ended(2);
    plan.says("-/+ AWS::EC2::KeyPair network/key").says("Plan: 1 to add, 0 to change, 1 to destroy.");
    is_applied(place, &[OFFICE, KEY]);
    let after = place.others("describe_key_pairs", &json!({}))["KeyPairs"][0].take();
    assert_eq!(before["KeyName"], after["KeyName"]);
    assert_ne!(before["KeyPairId"], after["KeyPairId"]);
    is_applied(place, &[]);
}

fn attributes_are_put_back(place: &Place) {
    let inventory = place.inventory();
    let (vpc, subnet) = (&inventory.only("vpcs").id, &inventory.at("subnets", "network/zone-a/public").id);
    let off = json!({"Value": false});
    place.others("modify_vpc_attribute", &json!({"VpcId": vpc, "EnableDnsHostnames": off}));
    place.others("modify_subnet_attribute", &json!({"SubnetId": subnet, "MapPublicIpOnLaunch": off}));
    place.run("refresh").ended(0).says("Drift: 2 resources changed, 0 gone.");
    place.planned().says("Plan: 0 to add, 2 to change, 0 to destroy.");
    is_applied(place, &[]);
    let subnets = place.others("describe_subnets", &json!({"SubnetIds": [subnet]}));
    assert_eq!(subnets["Subnets"][0]["MapPublicIpOnLaunch"], true);
}

fn what_is_gone_comes_back(place: &Place) {
    let inventory = place.inventory();
    let table = &inventory.at("route_tables", "network/zone-a/private-table").id;
    place.others("delete_route", &json!({"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}));
    let group = &inventory.at("groups", "network/access/bastion").id;
    let rule = &inventory.at("rules", "network/access/logs-to-bastion").id;
    place.others("revoke_security_group_ingress", &json!({"GroupId": group, "SecurityGroupRuleIds": [rule]}));
    place.run("refresh").ended(0).says("2 gone.");
    let plan = place.planned().says("Plan: 2 to add, 0 to change, 0 to destroy.");
    plan.says("network/zone-a/private-default-route").says("network/access/logs-to-bastion");
    is_applied(place, &[]);
}

/// The address of a gateway serves one at a time, and so does a destination in a table: the old one goes first. moto
/// does not let go of the address of a gateway that is deleted, so that replacement is planned alone.
fn what_is_held_alone_is_given_up_first(place: &Place) {
    let gateway = place.run("plan --replace network/zone-b/nat --detailed-exitcode").ended(2);
    gateway.says("-/+ AWS::EC2::NatGateway network/zone-b/nat").says("Plan: 1 to add, 1 to change, 1 to destroy.");
    let route = place.run("apply --replace network/zone-b/private-default-route --yes").ended(0);
    route.says("-/+ AWS::EC2::Route network/zone-b/private-default-route").says("1 added, 0 changed, 1 destroyed.");
    place.is_settled();
    assert_eq!(place.inventory().counts(), DEPLOYED);
}

/// A VPC that was made by hand becomes the program's, and goes with the rest.
fn a_vpc_of_others_is_taken_over(place: &Place) {
    let vpc = place.others("create_vpc", &json!({"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"].take();
    let vpc = vpc.as_str().expect("an id");
    place.run(&format!("import network/vpc {vpc} --yes")).ended(0).says("1 imported, 0 added, 1 changed");
    place.run("apply --yes").ended(0).says("Resources: 28 added, 0 changed, 0 destroyed.");
    place.is_settled();
    assert_eq!(place.inventory().counts(), DEPLOYED);
    assert_eq!(place.inventory().only("vpcs").id, vpc);
    is_destroyed(place);
}
