//! The classic first deployment: one server behind one security group.

use std::net::Ipv4Addr;

use serde_json::{Value as Json, json};

use crate::place::Place;

/// The server, its disk, and the group with the rule of the program and the one that AWS gives to every group.
const DEPLOYED: [&str; 4] = ["1 groups", "1 instances", "2 rules", "1 volumes"];

#[test]
fn a_server_lives_its_whole_life() {
    let Some(place) = Place::of("first_server") else { return };
    place.planned().says("Plan: 2 to add, 0 to change, 0 to destroy.");
    assert!(place.inventory().counts().is_empty(), "a plan makes nothing");

    place.run("apply --yes").ended(0).says("Apply complete! Resources: 2 added");
    assert_eq!(place.inventory().counts(), DEPLOYED);
    place.is_settled();
    let addresses = "ec2 describe-instances --query Reservations[].Instances[].PublicIpAddress";
    assert_eq!(place.aws(addresses), printed_address(&place));

    tags_are_put_back(&place);
    rules_are_put_back(&place);
    the_type_is_put_back(&place);
    the_server_is_replaced(&place);
    what_is_gone_comes_back(&place);

    is_destroyed(&place);
    what_others_made_is_taken_over(&place);
}

fn printed_address(place: &Place) -> String {
    place.run("output instance_public_ip").ended(0).stdout.trim().to_owned()
}

/// The machine as EC2 describes it, whose address is the one that is printed.
fn machine(place: &Place) -> Json {
    let server = place.inventory().only("instances").id.clone();
    let mut answer = place.others("describe_instances", &json!({"InstanceIds": [server]}));
    let machine = answer["Reservations"][0]["Instances"][0].take();
    let printed: Ipv4Addr = printed_address(place).parse().expect("an address");
    assert_eq!(machine["PublicIpAddress"], printed.to_string());
    machine
}

/// An apply does what was planned; nothing is left to do, and as much is there as before.
fn is_mended(place: &Place) {
    place.run("apply --yes").ended(0);
    place.is_settled();
    assert_eq!(place.inventory().counts(), DEPLOYED);
}

fn is_destroyed(place: &Place) {
    place.run("destroy --yes").ended(0).says("Destroy complete! Resources: 2 destroyed.");
    assert_eq!(place.inventory().counts(), [""; 0], "leftovers");
    assert_eq!(place.run("state list").ended(0).stdout, "");
}

fn tags_are_put_back(place: &Place) {
    let server = place.inventory().only("instances").id.clone();
    let tags = json!([{"Key": "Name", "Value": "edited"}, {"Key": "Team", "Value": "other"}]);
    place.others("create_tags", &json!({"Resources": [server], "Tags": tags}));
    let drift = place.run("refresh").ended(0).says("Drift: 1 resource changed, 0 gone.");
    drift.says("\"PythonAppInstance\" -> \"edited\"").says("apply --target aws");
    place.planned().says("\"edited\" -> \"PythonAppInstance\"").says("Plan: 0 to add, 1 to change, 0 to destroy.");
    is_mended(place);
    let inventory = place.inventory();
    let tags = &inventory.only("instances").tags;
    assert_eq!(tags.get("Name").map(String::as_str), Some("PythonAppInstance"));
    assert!(!tags.contains_key("Team") && tags.contains_key("ironwright:address"), "{tags:?}");
}

fn rules_are_put_back(place: &Place) {
    let group = place.inventory().only("groups").id.clone();
    let rule = json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]});
    place.others("authorize_security_group_ingress", &json!({"GroupId": group, "IpPermissions": [rule]}));
    assert_eq!(place.inventory().all("rules").len(), 3);
    place.planned().says("web/firewall will be updated in place").says("Plan: 0 to add, 1 to change, 0 to destroy.");
    is_mended(place);
    let groups = place.others("describe_security_groups", &json!({"GroupIds": [group]}));
    let rules = groups["SecurityGroups"][0]["IpPermissions"].as_array().expect("rules");
    assert_eq!(rules.iter().map(|rule| &rule["FromPort"]).collect::<Vec<_>>(), [80]);
}

/// A machine's type changes while it is stopped: it is the same machine afterwards, and runs.
fn the_type_is_put_back(place: &Place) {
    let server = place.inventory().only("instances").id.clone();
    place.others("stop_instances", &json!({"InstanceIds": [server]}));
    let kind = json!({"Value": "t2.small"});
    place.others("modify_instance_attribute", &json!({"InstanceId": server, "InstanceType": kind}));
    place.others("start_instances", &json!({"InstanceIds": [server]}));
    place.planned().says("\"t2.small\" -> \"t2.micro\"").says("Plan: 0 to add, 1 to change, 0 to destroy.");
    is_mended(place);
    let machine = machine(place);
    assert_eq!(machine["InstanceId"], server);
    assert_eq!((&machine["InstanceType"], &machine["State"]["Name"]), (&json!("t2.micro"), &json!("running")));
}

fn the_server_is_replaced(place: &Place) {
    let before = place.inventory().only("instances").id.clone();
    place.run("plan --replace web/server --detailed-exitcode").ended(2).says("web/server will be replaced");
    place.run("apply --replace web/server --yes").ended(0).says("Resources: 1 added, 0 changed, 1 destroyed.");
    place.is_settled();
    assert_eq!(place.inventory().counts(), DEPLOYED);
    assert_ne!(machine(place)["InstanceId"], before);
}

fn what_is_gone_comes_back(place: &Place) {
    let inventory = place.inventory();
    let (server, group) = (&inventory.only("instances").id, &inventory.only("groups").id);
    place.others("terminate_instances", &json!({"InstanceIds": [server]}));
    place.run("refresh").ended(0).says("Drift: 0 resources changed, 1 gone.");
    place.planned().says("Plan: 1 to add, 0 to change, 0 to destroy.").says("gone");
    place.others("delete_security_group", &json!({"GroupId": group}));
    place.planned().says("Plan: 2 to add, 0 to change, 0 to destroy.");
    is_mended(place);
    machine(place);
}

/// What the server runs as it starts, as the template has it.
fn script(place: &Place) -> Json {
    let template = place.run("synth").ended(0).stdout;
    let mut template: Json = serde_json::from_str(&template).expect("one template");
    template["Resources"]["Server"]["Properties"]["UserData"]["Fn::Base64"].take()
}

/// A group and a server that were made by hand become the program's, and go with the rest.
fn what_others_made_is_taken_over(place: &Place) {
    let named = json!({"GroupName": "by-hand", "Description": "HTTP from anywhere"});
    let group = place.others("create_security_group", &named)["GroupId"].take();
    let rule = json!({"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]});
    place.others("authorize_security_group_ingress", &json!({"GroupId": group, "IpPermissions": [rule]}));
    let launch = json!({
        "ImageId": "ami-12345678", "InstanceType": "t2.micro", "UserData": script(place),
        "SecurityGroupIds": [group], "MinCount": 1, "MaxCount": 1,
    });
    let server = place.others("run_instances", &launch)["Instances"][0].take();
    let (group, id) = (group.as_str().expect("an id"), server["InstanceId"].as_str().expect("an id"));

    place.run(&format!("import web/firewall {group} --yes")).ended(0).says("1 imported, 0 added, 0 changed");
    place.run(&format!("import web/server {id} --yes")).ended(0).says("1 imported, 0 added, 1 changed");
    place.is_settled();
    assert_eq!(place.inventory().counts(), DEPLOYED, "nothing was made anew");
    assert_eq!(place.inventory().only("groups").id, group);
    let machine = machine(place);
    assert_eq!(machine["InstanceId"], id);
    assert_eq!(machine["StateTransitionReason"], server["StateTransitionReason"], "nothing was a reason to stop it");
    is_destroyed(place);
}
