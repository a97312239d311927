//! The main job, as the README has it: plan, apply, output, change, destroy. Each step is a process of its own.

use std::sync::Arc;

use ironwright::core::facts::{FactSource, TypeFacts};
use ironwright::simulated::SimulatedCloud;
use ironwright_tests::{Sandbox, example};

fn sandbox(test: &str) -> Sandbox {
    Sandbox::new(env!("CARGO_TARGET_TMPDIR"), test, env!("CARGO_BIN_EXE_sample"))
}

/// The address alone on a line of standard output, and nothing else there.
#[track_caller]
fn assert_is_ipv4(stdout: &str) {
    let address = stdout.strip_suffix('\n').unwrap_or_else(|| panic!("no line: {stdout:?}"));
    assert!(address.parse::<std::net::Ipv4Addr>().is_ok(), "{stdout:?}");
}

#[test]
fn a_first_server_from_apply_to_destroy() {
    let program = example("first_server", env!("CARGO_BIN_EXE_sample"));
    let sandbox = Sandbox::new(env!("CARGO_TARGET_TMPDIR"), "first-server", program);
    let applied = sandbox.run("apply --yes").ended(0);
    let applied = applied.says("Target: simulated").says("Plan: 2 to add, 0 to change, 0 to destroy.");
    applied.says("Apply complete! Resources: 2 added, 0 changed, 0 destroyed.").says("instance_public_ip = \"");
    assert_is_ipv4(&sandbox.run("output instance_public_ip").ended(0).stdout);
    sandbox.run("plan --detailed-exitcode").ended(0).says("No changes.");
    assert_eq!(sandbox.run("state list").ended(0).stdout, "web/firewall\nweb/server\n");
    sandbox.run("refresh").ended(0).says("No drift.");
    sandbox.run("destroy --yes").ended(0).says("Resources: 2 destroyed.");
    assert_eq!(sandbox.run("state list").ended(0).stdout, "");
    sandbox.run("destroy --yes").ended(0).says("No changes.");
}

#[test]
fn a_changed_image_replaces_the_server_and_says_why() {
    let sandbox = sandbox("replacement");
    sandbox.run("apply --yes").ended(0);
    let plan = sandbox.run("plan --detailed-exitcode --where --var ami=ami-87654321").ended(2);
    let plan = plan.says("web/server will be replaced: ImageId changed and cannot change in place");
    let plan = plan.says("\"ami-12345678\" -> \"ami-87654321\" # forces replacement").says("sample.rs:");
    plan.says("Plan: 1 to add, 0 to change, 1 to destroy.");
    sandbox.run("apply --yes --var ami=ami-87654321").ended(0).says("1 added, 0 changed, 1 destroyed");
    sandbox.run("plan --detailed-exitcode --var ami=ami-87654321").ended(0).says("No changes.");
}

#[test]
fn a_resource_is_replaced_on_request() {
    let sandbox = sandbox("on-request");
    sandbox.run("apply --yes").ended(0);
    sandbox.run("plan --replace web/server").ended(0).says("will be replaced: asked for on the command line");
    sandbox.run("plan --replace web/servr").ended(1).complains("web/server");
}

#[test]
fn a_changed_size_updates_in_place() {
    let sandbox = sandbox("update");
    sandbox.run("apply --yes").ended(0);
    let plan = sandbox.run("plan --var size=t3.small").ended(0).says("web/server will be updated in place");
    plan.says("\"t2.micro\" -> \"t3.small\"").says("unchanged properties hidden");
}

#[test]
fn flags_may_stand_before_the_command() {
    let sandbox = sandbox("flags-first");
    sandbox.run("--stage prod --yes apply").ended(0).says("stage prod");
    assert_is_ipv4(&sandbox.run("--stage prod output instance_public_ip").ended(0).stdout);
    sandbox.run("output instance_public_ip").ended(1).complains("no output `instance_public_ip`");
}

#[test]
fn a_plan_writes_nothing() {
    let sandbox = sandbox("plan-writes-nothing");
    for command in ["plan", "validate", "graph", "synth", "output", "state list", "refresh", "--help", "plan --json"] {
        sandbox.run(command).ended(0);
        assert!(sandbox.files().is_empty(), "{command}: {:?}", sandbox.files());
    }
}

#[test]
fn without_consent_nothing_is_changed() {
    let sandbox = sandbox("consent");
    let refused = sandbox.run("apply").ended(64).says("Plan: 2 to add");
    refused.complains("apply --yes");
    sandbox.run("--json").ended(64).says("consent-missing");
    sandbox.run("plan --detailed-exitcode").ended(2);
    sandbox.run("apply --yes").ended(0);
    sandbox.run("apply").ended(0).says("No changes.");
    sandbox.run("destroy").ended(64).complains("destroy --yes");
    assert_eq!(sandbox.run("state list").ended(0).stdout.lines().count(), 2);
}

#[test]
fn a_failure_is_told_with_what_is_live_and_what_to_do() {
    let sandbox = sandbox("failure");
    let failed = sandbox.run("apply --yes --var wrong=subnet").ended(5);
    let failed = failed.complains("error: web/broken:").complains("InvalidSubnetID.NotFound").complains("sample.rs:");
    let failed = failed.says("Not started:").says("web/after: web/broken failed").says("go on with:");
    failed.says("2 resources are live now and known to the state").says("Apply incomplete. Resources: 2 added");
    assert_eq!(sandbox.run("state list").ended(0).stdout, "web/firewall\nweb/server\n");
    sandbox.run("apply --yes").ended(0).says("No changes.");
}

#[test]
fn a_secret_output_is_never_printed() {
    let sandbox = sandbox("secret");
    sandbox.run("apply --yes --var wrong=secret").ended(0).says("password           = (sensitive)");
    sandbox.run("output password").ended(1).complains("is a secret");
    sandbox.run("plan --detailed-exitcode --var wrong=secret").ended(0).says("No changes.");
    for command in ["output", "output --json", "plan --json --var wrong=secret", "state show web/server"] {
        let ran = sandbox.run(command).ended(0);
        assert!(!(ran.stdout + &ran.stderr).contains("hunter2"), "{command}");
    }
    for file in sandbox.files() {
        let text = std::fs::read(sandbox.folder().join(&file)).unwrap();
        assert!(!String::from_utf8_lossy(&text).contains("hunter2"), "{}", file.display());
    }
}

#[test]
fn drift_is_shown_taken_over_and_put_back() {
    let sandbox = sandbox("drift");
    sandbox.run("apply --yes").ended(0);
    let id = |address: &str| {
        let shown = sandbox.run(&format!("state show {address} --json")).ended(0).stdout;
        let last = shown.lines().last().and_then(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        last.and_then(|object| object["physical_id"].as_str().map(str::to_owned)).unwrap()
    };
    let facts: Arc<dyn FactSource> = Arc::new(Facts(ironwright::aws::facts()));
    let cloud = SimulatedCloud::in_folder(facts, sandbox.folder().join(".ironwright/sample/dev/cloud")).unwrap();
    assert!(cloud.set("AWS::EC2::Instance", &id("web/server"), "InstanceType", "t3.large").unwrap());
    let drift = sandbox.run("refresh").ended(0).says("web/server changed outside of Ironwright");
    let drift = drift.says("\"t2.micro\" -> \"t3.large\"").says("Drift: 1 resource changed, 0 gone.");
    drift.says("To put it back:").says("# the program says the same as the state: an apply puts it back");
    sandbox.run("refresh --json").ended(0).says("\"program\":{\"InstanceType\":\"as-the-state\"}");
    let plan =
        sandbox.run("plan --detailed-exitcode").ended(2).says("Changed outside of Ironwright since the last apply:");
    plan.says("~ web/server: InstanceType").says("\"t3.large\" -> \"t2.micro\"");
    sandbox.run("plan --detailed-exitcode --refresh=false").ended(0).says("No changes.");
    sandbox.run("refresh --accept").ended(0).says("The state has taken it over.");
    sandbox.run("refresh").ended(0).says("No drift.");
    let plan = sandbox.run("plan --detailed-exitcode --refresh=false").ended(2).says("\"t3.large\" -> \"t2.micro\"");
    plan.says("Plan: 0 to add, 1 to change, 0 to destroy.");
    assert!(cloud.remove("AWS::EC2::Instance", &id("web/server")).unwrap());
    sandbox.run("refresh --json").ended(0).says("\"missing\":true");
    sandbox.run("apply --yes").ended(0).says("web/server: gone").says("1 added, 0 changed, 0 destroyed");
    sandbox.run("refresh").ended(0).says("No drift.");
}

/// Facts that live as long as the process.
struct Facts(&'static dyn FactSource);

impl FactSource for Facts {
    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        self.0.facts(type_name)
    }
}
