//! The `ironwright` binary on a state whose program is not there.

use std::sync::OnceLock;

use ironwright_tests::{Sandbox, binary};

/// An empty folder, the program that deploys, and the binary that must do without it, both run in that folder.
struct Case {
    program: Sandbox,
    binary: Sandbox,
}

impl Case {
    fn new(test: &str) -> Self {
        static BINARY: OnceLock<std::path::PathBuf> = OnceLock::new();
        let program = env!("CARGO_BIN_EXE_sample");
        let path = BINARY.get_or_init(|| binary(program));
        let binary = Sandbox::new(env!("CARGO_TARGET_TMPDIR"), &format!("without-{test}"), path);
        Self { program: binary.of_program(program), binary }
    }
}

#[test]
fn what_was_deployed_is_looked_at_and_destroyed_from_its_state() {
    let Case { program, binary } = Case::new("life");
    program.run("apply --yes --stage prod").ended(0);
    let address = program.run("output instance_public_ip --stage prod").ended(0).stdout;
    let list = binary.run("state list").ended(0).complains("app sample, stage prod");
    assert_eq!(list.stdout, "web/firewall\nweb/server\n");
    binary.run("state show web/server").ended(0).says("ami-12345678");
    assert_eq!(binary.run("output instance_public_ip").ended(0).stdout, address);
    binary.run("refresh").ended(0).says("No drift.");
    binary.run("status").ended(0).says("app sample, stage prod").says("No container is deployed.");
    binary.run("logs web/server").ended(1).complains("`web/server` is no container");
    binary.run("exec web/server -- ls").ended(1).complains("`web/server` is no container");
    let next = binary.run("destroy").ended(64).says("2 to destroy");
    next.complains("ironwright destroy --yes");
    binary.run("destroy --yes").ended(0).says("2 destroyed");
    assert_eq!(binary.run("state list").ended(0).stdout, "");
    program.run("plan --stage prod --detailed-exitcode").ended(2).says("2 to add");
}

#[test]
fn a_saved_plan_is_shown_and_a_run_is_taken_back_without_the_program() {
    let Case { program, binary } = Case::new("rollback");
    program.run("apply --yes").ended(0);
    program.run("plan --out plan.json --var size=t3.small").ended(0);
    binary.run("show plan.json").ended(0).says("\"t2.micro\" -> \"t3.small\"");
    program.run("apply --yes --var size=t3.small").ended(0);
    binary.run("state history").ended(0);
    binary.run("rollback --yes").ended(0).says("1 changed");
    program.run("plan --detailed-exitcode").ended(0).says("No changes.");
    binary.run("state mv web/server web/renamed").ended(0).says("cargo run -- plan");
    assert_eq!(binary.run("state list").ended(0).stdout, "web/firewall\nweb/renamed\n");
}

#[test]
fn types_of_every_service_can_be_destroyed() {
    let Case { program, binary } = Case::new("services");
    let serverless = program.of_program(ironwright_tests::example("serverless", env!("CARGO_BIN_EXE_sample")));
    serverless.run("apply --yes").ended(0);
    let live = binary.run("state list").ended(0).stdout.lines().count();
    let retained = 2;
    let expect = format!("{} destroyed, {retained} forgotten", live - retained);
    binary.run("destroy --yes").ended(0).says(&expect);
}

#[test]
fn an_interrupted_run_is_cleaned_up_without_its_program() {
    let Case { program, binary } = Case::new("failed");
    program.run("apply --yes --var wrong=subnet").ended(5);
    assert_eq!(binary.run("state list").ended(0).stdout.lines().count(), 2);
    binary.run("destroy --yes").ended(0).says("2 destroyed");
}

#[test]
fn several_apps_and_stages_are_told_apart() {
    let Case { program, binary } = Case::new("several");
    binary.run("state list").ended(64).complains("there is no state in .ironwright").complains("--state DIR");
    program.run("apply --yes --var app=shop").ended(0);
    program.run("apply --yes --var app=shop --stage prod").ended(0);
    let stages = binary.run("state list").ended(64).complains("the app `shop` has states of 2 stages: dev, prod");
    stages.complains("--stage dev");
    program.run("apply --yes --var app=blog").ended(0);
    binary.run("state list").ended(64).complains("2 apps: blog, shop").complains("--app blog");
    binary.run("state list --app blgo").ended(64).complains("did you mean `--app blog`?");
    binary.run("--app blog state list").ended(0).complains("app blog, stage dev");
    binary.run("state list --app blog --stage prod").ended(64).complains("no state of the stage `prod`");
    let next = binary.run("destroy --app shop --stage prod").ended(64);
    next.complains("destroy --yes --app shop --stage prod");
    binary.run("destroy --yes --app shop --stage prod").ended(0);
    assert_eq!(binary.run("state list --app shop --stage dev").ended(0).stdout.lines().count(), 2);
}

#[test]
fn a_damaged_state_is_left_as_it_is() {
    let Case { program, binary } = Case::new("damaged");
    program.run("apply --yes").ended(0);
    let path = binary.folder().join(".ironwright/sample/dev/state.json");
    let damaged = std::fs::read_to_string(&path).unwrap().replace("t2.micro", "t2.small");
    std::fs::write(&path, &damaged).unwrap();
    for command in ["state list", "output", "refresh", "destroy --yes"] {
        binary.run(command).ended(1).complains("damaged").complains("it was left as it is");
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), damaged);
}

#[test]
fn commands_that_need_the_program_say_where_to_type_them() {
    let Case { program, binary } = Case::new("needed");
    program.run("apply --yes").ended(0);
    for line in ["plan", "apply --yes", "import web/server i-1", "validate", "graph", "synth"] {
        let command = line.split_whitespace().next().expect("a command");
        let refused = binary.run(line).ended(64).complains(&format!("`{command}` needs the program"));
        refused.complains(&format!("cargo run -- {command}"));
    }
    binary.run("plan --json").ended(64).says("\"code\":\"program-needed\"");
}

#[test]
fn help_says_what_works_without_a_program() {
    let Case { binary, .. } = Case::new("help");
    let help = binary.run("--help").ended(0).says("new ").says("plan ").says("destroy ");
    help.says("`--without-program`").says("go by the state alone");
    binary.run("").ended(64).complains("Usage: ironwright <COMMAND>");
    binary.run("state list --help").ended(0).says("--app <NAME>").says("--without-program");
    binary.run("completions bash").ended(0).says("ironwright-path");
    binary.run("--version").ended(0).says("ironwright 0.");
}
