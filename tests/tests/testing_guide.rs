//! The snippets of `docs/testing.md`, run. The last test checks that they are the ones the guide shows.

use ironwright::aws::ec2::{Instance, SecurityGroup};
use ironwright::prelude::*;
use ironwright::testing;

fn app() -> App {
    let mut app = App::new("shop").region("us-west-2");
    let web = app.stack("web");
    let firewall = web.add("firewall", SecurityGroup::new("HTTP").allow_inbound(tcp(80), anywhere()));
    let server = web.add(
        "server",
        Instance::new().ami("ami-12345678").security_group_ids([firewall.group_id()]).tag("Name", "shop"),
    );
    web.output("address", server.public_ip());
    app
}

#[test]
fn only_http_is_open() {
    let deployed = testing::deploy(app());
    assert_eq!(deployed.find::<SecurityGroup>("web/firewall").inbound().len(), 1);
    assert!(deployed.output("address").is_ipv4());
}

#[test]
fn what_is_there() {
    let deployed = testing::deploy(app());
    let server = deployed.find::<Instance>("web/server");
    assert!(server.physical_id().starts_with("i-"));
    assert_eq!(server.property("Tags[0].Value"), "shop");
    assert_eq!(server.tag("Name"), "shop");
    assert!(server.attribute("PublicIp").is_ipv4());
    assert!(server.get("KeyName").is_none());
    assert_eq!(deployed.all::<Instance>().len(), 1);
}

#[test]
fn rules_of_a_security_group() {
    let rules = testing::deploy(app()).find::<SecurityGroup>("web/firewall").inbound();
    assert_eq!(rules[0].to_string(), "tcp 80 from 0.0.0.0/0");
    assert!(!rules.iter().any(|rule| rule.covers(22) && rule.is_open_to_the_world()));
}

#[test]
fn no_test_passes_by_silence() {
    let planned = testing::plan(app());
    let server = planned.find::<Instance>("web/server");
    assert_eq!(server.property("ImageId"), "ami-12345678"); // the program says so: known
    assert!(planned.output("address").is_known_after_apply()); // anything else asked of it would fail:
    let asked = std::panic::catch_unwind(|| planned.output("address") != "192.0.2.1");
    assert!(asked.is_err()); // "output `address` is known after apply …"
}

#[test]
fn a_change() {
    use ironwright::testing::Action;

    let mut after = app();
    after.stack("web").add("worker", Instance::new().ami("ami-12345678"));

    let change = testing::plan_change(app(), after);
    change.assert_not_replaced("web/server");
    assert_eq!(change.action("web/firewall"), Action::NoOp);
    assert_eq!(change.created(), ["web/worker"]);
    assert!(change.replaced().is_empty() && change.deleted().is_empty());

    testing::plan_change(app(), app()).assert_empty();
}

#[test]
fn a_snapshot() {
    assert_eq!(
        testing::plan(app()).snapshot(),
        r#"shop (dev): 2 to add, 0 to change, 0 to destroy
+ web/firewall (AWS::EC2::SecurityGroup)
    GroupDescription: "HTTP"
    SecurityGroupIngress: [{"CidrIp": "0.0.0.0/0", "FromPort": 80, "IpProtocol": "tcp", "ToPort": 80}]
+ web/server (AWS::EC2::Instance)
    ImageId: "ami-12345678"
    SecurityGroupIds: [(known after apply)]
    Tags: [{"Key": "Name", "Value": "shop"}]
output web/address: (known after apply)"#
    );
}

#[test]
fn over_what_is_there() {
    let first = testing::deploy(app());
    let second = first.redeploy(app());
    second.changes().assert_empty();

    second.drift("web/server", "ImageId", "ami-87654321");
    assert_eq!(second.plan(app()).replaced(), ["web/server"]);
    second.vanish("web/server");
    assert_eq!(second.plan(app()).created(), ["web/server"]);

    assert_eq!(second.redeploy(app()).destroy().deleted().len(), 2);
}

#[test]
fn a_cloud_that_misbehaves() {
    use ironwright::testing::{Deployment, Faults};

    for seed in 0..10 {
        let faults = Faults::new(seed).throttle(0.2).server_error(0.1).lost_response(0.1).not_found_first_reads(2);
        let deployed = Deployment::of(app()).faults(faults).seed(seed).deploy();
        assert_eq!(deployed.all::<Instance>().len(), 1, "seed {seed}");
    }
}

#[test]
fn templates() {
    let template = testing::template(app(), "web");
    template.assert_resource_count("AWS::EC2::SecurityGroup", 1);
    template.assert_has_resource("AWS::EC2::Instance", serde_json::json!({ "Tags": [{ "Key": "Name" }] }));
    assert_eq!(template.resource("Server").property("ImageId"), "ami-12345678");
}

/// Lines, without indentation, that are no blank ones.
fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

#[test]
fn every_snippet_of_the_guide_is_run_here() {
    let (guide, here) = (include_str!("../../docs/testing.md"), lines(include_str!("testing_guide.rs")));
    let snippets: Vec<&str> = guide.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(snippets.len() > 5, "the guide has lost its snippets");
    for snippet in snippets {
        let snippet = lines(snippet);
        assert!(here.windows(snippet.len()).any(|window| window == snippet), "not run:\n{}", snippet.join("\n"));
    }
}
