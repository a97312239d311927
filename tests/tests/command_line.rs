//! What the command line refuses and how it says so; what it prints for programs and shells.

use std::path::Path;

use ironwright_tests::{Ran, Sandbox};
use serde_json::Value as Json;

fn sandbox(test: &str) -> Sandbox {
    Sandbox::new(env!("CARGO_TARGET_TMPDIR"), test, env!("CARGO_BIN_EXE_sample"))
}

/// The objects of a run with `--json`: every line of standard output is one, and the first says the version.
#[track_caller]
fn objects(ran: &Ran) -> Vec<Json> {
    let parse = |line: &str| serde_json::from_str::<Json>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let objects: Vec<Json> = ran.stdout.lines().map(parse).collect();
    assert_eq!((&objects[0]["type"], &objects[0]["format"]), (&Json::from("version"), &Json::from(1)));
    assert!(objects.iter().all(|object| object["type"].is_string()), "{}", ran.stdout);
    objects
}

fn count(objects: &[Json], kind: &str) -> usize {
    objects.iter().filter(|object| object["type"] == kind).count()
}

#[test]
fn json_is_one_object_a_line_from_plan_to_destroy() {
    let sandbox = sandbox("json");
    let plan = objects(&sandbox.run("plan --json").ended(0));
    assert_eq!((count(&plan, "target"), count(&plan, "planned_change"), count(&plan, "plan_summary")), (1, 2, 1));
    let apply = objects(&sandbox.run("apply --json --yes").ended(0));
    assert_eq!((count(&apply, "started"), count(&apply, "finished"), count(&apply, "output")), (2, 2, 1));
    let summary = apply.iter().find(|object| object["type"] == "summary").unwrap();
    assert_eq!((&summary["complete"], &summary["add"], &summary["live"]), (&true.into(), &2.into(), &2.into()));
    let output = objects(&sandbox.run("output instance_public_ip --json").ended(0));
    assert!(output.last().unwrap()["value"].as_str().unwrap().parse::<std::net::Ipv4Addr>().is_ok());
    assert_eq!(count(&objects(&sandbox.run("state list --json").ended(0)), "resource"), 2);
    let shown = objects(&sandbox.run("state show web/server --json").ended(0));
    assert_eq!(shown.last().unwrap()["properties"]["ImageId"], "ami-12345678");
    assert_eq!(count(&objects(&sandbox.run("destroy --json --yes").ended(0)), "finished"), 2);
    let wrong = objects(&sandbox.run("plan --json --var wrong=duplicate").ended(1));
    assert_eq!(count(&wrong, "diagnostic"), 2);
    let failed = objects(&sandbox.run("apply --json --yes --var wrong=subnet").ended(5));
    assert_eq!((count(&failed, "failed"), count(&failed, "not_started")), (1, 1));
}

#[test]
fn all_that_is_wrong_comes_at_once_with_lines() {
    let sandbox = sandbox("wrong");
    let wrong = sandbox.run("plan --var wrong=duplicate").ended(1).complains("2 errors").complains("first added here");
    assert_eq!(wrong.stderr.matches("sample.rs:").count(), 4, "{}", wrong.stderr);
    let panicked = sandbox.run("plan --var wrong=panic").ended(1).complains("sample.rs:");
    panicked.complains("the program panicked: the plans of the house are missing");
    sandbox.run("plan --var wrong=error").ended(1).complains("error: the plans of the house are missing");
    let value =
        sandbox.run("plan --var wrong=value").ended(1).complains("web/stopping: InstanceInitiatedShutdownBehavior:");
    value.complains("did you mean \"terminate\"?").complains("sample.rs:");
    sandbox.run("validate --var wrong=value").ended(1).complains("web/stopping: InstanceInitiatedShutdownBehavior:");
}

#[test]
fn usage_errors_say_what_is_near() {
    let sandbox = sandbox("usage");
    sandbox.run("plna").ended(64).complains("plan");
    sandbox.run("plan --stge x").ended(64).complains("--stage");
    sandbox.run("plan --var amii=ami-1").ended(64).complains("did you mean `--var ami=…`?");
    sandbox.run("plan --var other=1").ended(0).complains("nothing in the program reads the variable `other`");
    sandbox.run("plan --target aws").ended(64).complains("feature `aws`");
    sandbox.run("plan --target simulatde").ended(64).complains("did you mean `simulated`?");
    sandbox.run("plan --stage ../prod").ended(1).complains("cannot be the name of a stage");
    sandbox.run("plan --var app=a/b").ended(1).complains("cannot be the name of an app");
    sandbox.run("output --replace web/server").ended(64).complains("--replace");
}

#[test]
fn help_and_version_need_no_program() {
    let sandbox = sandbox("help");
    sandbox.run("--help --var wrong=panic").ended(0).says("Usage: sample [OPTIONS] [COMMAND]");
    sandbox.run("plan --help").ended(0).says("Usage: sample plan [OPTIONS]");
    sandbox.run("--version").ended(0).says("ironwright 0.");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        sandbox.run(&format!("completions {shell}")).ended(0).says("detailed-exitcode").says("sample");
    }
}

#[test]
fn templates_are_written_where_asked() {
    let sandbox = sandbox("synth");
    let written = sandbox.run("synth --out templates").ended(0);
    assert_eq!(written.stdout, format!("{}\n", Path::new("templates").join("web.template.json").display()));
    let text = std::fs::read_to_string(sandbox.folder().join("templates/web.template.json")).unwrap();
    assert_eq!(sandbox.run("synth").ended(0).stdout, text);
    sandbox.run("synth --format yaml").ended(0).says("AWSTemplateFormatVersion:");
    std::fs::write(sandbox.folder().join("file"), "").unwrap();
    sandbox.run("synth --out file").ended(1).complains("file cannot be written");
}

#[test]
fn a_state_that_cannot_be_used_is_left_as_it_is() {
    let sandbox = sandbox("state");
    std::fs::write(sandbox.folder().join("file"), "").unwrap();
    sandbox.run("apply --yes --state file").ended(1).complains("file");
    sandbox.run("apply --yes").ended(0);
    let path = sandbox.folder().join(".ironwright/sample/dev/state.json");
    let good = std::fs::read_to_string(&path).unwrap();
    let check = |text: String, expect: &str| {
        std::fs::write(&path, &text).unwrap();
        for command in ["plan", "apply --yes", "output", "destroy --yes"] {
            sandbox.run(command).ended(1).complains(expect).complains("it was left as it is");
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    };
    check(good.replace("t2.micro", "t2.small"), "damaged");
    check("{".to_owned(), "damaged");
    check(good.replace("{\"version\":1,", "{\"version\":99,"), "has format 99");
    std::fs::write(&path, good).unwrap();
    sandbox.run("plan --detailed-exitcode").ended(0);
}

#[test]
fn an_output_that_is_not_there_names_its_neighbour() {
    let sandbox = sandbox("output");
    sandbox.run("output").ended(0).complains("No outputs.");
    sandbox.run("apply --yes").ended(0);
    sandbox.run("output instance_public_pi").ended(1).complains("did you mean `instance_public_ip`?");
    sandbox.run("output web/instance_public_ip").ended(0).says(".");
    sandbox.run("state show web/servr").ended(1).complains("did you mean `web/server`?");
    sandbox.run("state show web/server").ended(0).says("PublicIp");
}

#[test]
fn a_graph_is_drawn_in_both_languages() {
    let sandbox = sandbox("graph");
    sandbox.run("graph").ended(0).says("\"web/server\" -> \"web/firewall\"");
    sandbox.run("graph --format mermaid").ended(0).says("n1 --> n0");
    sandbox.run("graph --json").ended(64);
}

#[test]
fn a_plan_for_a_pull_request_is_markdown() {
    let sandbox = sandbox("markdown");
    sandbox
        .run("plan --format md")
        .ended(0)
        .says("| `+` | `web/server` | `AWS::EC2::Instance` |")
        .complains("Target: ");
}

#[test]
fn a_pipe_has_no_colours_unless_forced() {
    let sandbox = sandbox("colours");
    let colored = |arguments: &str, forced: bool| {
        let mut command = sandbox.command(arguments);
        if forced {
            command.env("CLICOLOR_FORCE", "1");
        }
        Ran::from(command.output().unwrap()).ended(0).stdout.contains('\u{1b}')
    };
    assert!(!colored("plan", false));
    assert!(colored("plan", true));
    assert!(!colored("plan --no-color", true));
    assert!(!colored("--no-color --json plan", true));
}
