//! One session, typed twice: as `cargo run -- …`, and as `ironwright …`.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;

use ironwright_tests::{Ran, Sandbox};
use serde_json::Value;

use super::project::{NAME, folder, for_cargo, ironwright, target};

/// The session. Each line runs on what the lines before it left.
const SESSION: [&str; 45] = [
    "output",
    "plan",
    "plan --where --detailed-exitcode",
    "plan --format md",
    "plan --json",
    "validate",
    "graph",
    "graph --format mermaid",
    "synth --format yaml",
    "apply",
    "apply --yes",
    "plan --detailed-exitcode",
    "output",
    "output instance_public_ip",
    "output instance_public_pi",
    "state list",
    "refresh",
    "plan --var size=t3.small",
    "plan --var sise=t3.small",
    "plan --var colour=red",
    "plan --var copies=many",
    "plan --out plan.json --var size=t3.small",
    "show plan.json",
    "apply plan.json",
    "apply plan.json",
    "plan --destroy --out away.json",
    "apply --yes --var copies=3 --only web/copy-1",
    "plan --replace web/server",
    "rollback",
    "rollback --yes",
    "plan --var wrong=panic",
    "plan --var wrong=error",
    "plan --var wrong=duplicate",
    "plan --var wrong=raw --where",
    "plan --var wrong=value",
    "plan --var wrong=value --json",
    "validate --var wrong=panic --json",
    "plan --var wrong=secret",
    "import web/nowhere i-0123456789abcdef0",
    "apply --yes --var wrong=subnet",
    "apply --yes",
    "--stage prod output",
    "output --var app=other",
    "destroy",
    "destroy --yes",
];

/// What cargo says of its own work.
const OF_CARGO: [&str; 5] = ["Compiling", "Finished", "Running", "Blocking", "Locking"];

/// What came of a line: its exit code, what it printed, and what the state held then.
#[derive(Debug, PartialEq)]
struct Came {
    code: i32,
    stdout: String,
    stderr: String,
    state: Value,
}

#[test]
fn the_same_is_said_and_done_as_by_the_program_itself() {
    let mut build = for_cargo(Command::new(env!("CARGO")));
    let output = build.arg("build").current_dir(folder()).output().expect("cargo runs these tests");
    Ran::from(output).ended(0);
    let program = target().join("debug").join(NAME);
    let as_cargo_does = |sandbox: &Sandbox, line: &str| {
        let mut command = for_cargo(sandbox.command(line));
        command.env("CARGO_PKG_NAME", NAME).current_dir(folder());
        command
    };
    let by_cargo = session(&program, as_cargo_does, "cargo run --");
    let as_typed = |sandbox: &Sandbox, line: &str| {
        let mut command = for_cargo(sandbox.command(line));
        command.current_dir(folder());
        command
    };
    let by_binary = session(ironwright(), as_typed, &ironwright().to_string_lossy());
    for (line, (program, binary)) in SESSION.iter().zip(by_cargo.iter().zip(&by_binary)) {
        assert_eq!(program, binary, "{line}");
    }
    assert_eq!(
        by_cargo.iter().map(|came| came.code).collect::<std::collections::BTreeSet<_>>(),
        [0, 1, 2, 5, 64].into()
    );
}

/// What came of each line of the session, from nothing. `prefix` is what stands before a command.
fn session(program: &Path, command: impl Fn(&Sandbox, &str) -> Command, prefix: &str) -> Vec<Came> {
    for left in [".ironwright", "plan.json", "away.json"] {
        let path = folder().join(left);
        let _ = std::fs::remove_dir_all(&path).or_else(|_| std::fs::remove_file(&path));
    }
    let sandbox = Sandbox::new(&folder().join("runs").to_string_lossy(), "same", program);
    let came = SESSION.map(|line| {
        let ran = Ran::from(command(&sandbox, line).output().expect("it was built for this test"));
        let own = |text: &str| {
            let lines = text.lines().filter(|line| !OF_CARGO.iter().any(|word| line.trim_start().starts_with(word)));
            plain(&lines.collect::<Vec<_>>().join("\n").replace(prefix, "ironwright"))
        };
        Came { code: ran.code, stdout: own(&ran.stdout), stderr: own(&ran.stderr), state: state() }
    });
    came.into()
}

/// What the state says of resources and outputs, without what is drawn by lot.
fn state() -> Value {
    let text = std::fs::read_to_string(folder().join(".ironwright/sample/dev/state.json")).unwrap_or("null".to_owned());
    let mut document: Value = serde_json::from_str(&text).expect("a state is JSON");
    let mut state = document["state"].take();
    if let Some(resources) = state["resources"].as_object_mut() {
        for resource in resources.values_mut() {
            // What the cloud made of it has names drawn by lot.
            resource["model"].take();
        }
    }
    let state =
        serde_json::json!({ "resources": state["resources"], "outputs": state["outputs"], "serial": state["serial"] });
    serde_json::from_str(&plain(&state.to_string())).expect("it is JSON still")
}

/// `text` without what is drawn by lot: ids and digests in hexadecimal, and public addresses.
fn plain(text: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '.';
    let mut plain = String::new();
    for part in text.split_inclusive(|c| !is_word(c)) {
        let word = part.trim_end_matches(|c| !is_word(c));
        let hexadecimal = word.len() >= 10 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let public = word.parse::<Ipv4Addr>().is_ok_and(|address| !address.is_unspecified());
        plain.push_str(if hexadecimal || public { "#" } else { word });
        plain.push_str(&part[word.len()..]);
    }
    plain
}
