//! `ironwright new`: what it makes builds, passes its test and plans; its workflow passes the checks of its kind.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use ironwright_tests::{Ran, Sandbox, binary};

/// The workflow names GitHub's own actions by version, so that its owner can read it; zizmor would rather see hashes.
const TAGS_WILL_DO: &str = "rules: { unpinned-uses: { config: { policies: { 'actions/*': ref-pin } } } }\n";

const CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn sandbox(root: &str, test: &str) -> Sandbox {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    let path = BINARY.get_or_init(|| binary(env!("CARGO_BIN_EXE_sample")));
    Sandbox::new(root, &format!("new-{test}"), path)
}

/// The folder of all that cargo builds here, so that a project finds its dependencies built.
fn target() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_sample")).ancestors().nth(2).expect("target/debug/sample").to_path_buf()
}

/// Runs cargo in the project, as its owner would, without the network.
fn cargo(project: &Path, arguments: &str) -> Ran {
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments.split_whitespace()).current_dir(project);
    command.env("CARGO_TARGET_DIR", target()).env("CARGO_NET_OFFLINE", "true").env_remove("IRONWRIGHT_TARGET");
    Ran::from(command.output().expect("cargo runs these tests"))
}

#[test]
fn a_new_project_builds_passes_its_test_and_plans() {
    // Outside of this workspace, as a user's project is.
    let outside = tempfile::tempdir().unwrap();
    let sandbox = sandbox(&outside.path().to_string_lossy(), "project");
    let made = sandbox.run(&format!("new first-steps --ironwright-path {CHECKOUT}")).ended(0);
    made.says("Made `first-steps` in first-steps").says("cargo run -- plan");
    let project = sandbox.folder().join("first-steps");
    // What this workspace has locked is what is there without the network.
    std::fs::copy(format!("{CHECKOUT}/Cargo.lock"), project.join("Cargo.lock")).unwrap();
    cargo(&project, "test --quiet").ended(0).says("1 passed");
    cargo(&project, "run --quiet -- plan").ended(0).says("Plan: 2 to add, 0 to change, 0 to destroy.");
    cargo(&project, "run --quiet -- plan --format md").ended(0).says("| `+` | `web/server` |");
    cargo(&project, "run --quiet -- apply --yes").ended(0).says("2 added");
    let next = cargo(&project, "run --quiet -- destroy").ended(64);
    next.complains("cargo run -- destroy --yes");
    let address = cargo(&project, "run --quiet -- output instance_public_ip").ended(0).stdout;
    assert!(address.trim().parse::<std::net::Ipv4Addr>().is_ok(), "{address}");
    let format = Command::new(env!("CARGO")).args(["fmt", "--check"]).current_dir(&project).output().unwrap();
    Ran::from(format).ended(0);
}

#[test]
fn what_is_there_is_left_as_it_is() {
    let sandbox = sandbox(env!("CARGO_TARGET_TMPDIR"), "refusals");
    sandbox.run("new shop").ended(0);
    let files = sandbox.files();
    let expected = [".github/workflows/deploy.yml", ".gitignore", "Cargo.toml", "README.md", "src/main.rs"];
    assert_eq!(files, expected.map(|file| Path::new("shop").join(file)));
    let manifest = std::fs::read_to_string(sandbox.folder().join("shop/Cargo.toml")).unwrap();
    assert!(manifest.contains("ironwright = \"0."), "{manifest}");
    sandbox.run("new shop").ended(64).complains("shop is not empty").complains("--path DIR");
    sandbox.run("new blog --path shop").ended(64).complains("shop is not empty");
    sandbox.run("new blog --path deep/er").ended(0).says("cd deep/er");
    for name in ["2shop", "my.shop", "match", "ironwright"] {
        sandbox.run(&format!("new {name} --path elsewhere")).ended(64).complains("cannot be the name of a project");
    }
    sandbox.run("new").ended(64).complains("<NAME>");
    sandbox.run("new bakery --ironwright-path nowhere").ended(64).complains("nowhere is no checkout of Ironwright");
    std::fs::write(sandbox.folder().join("file"), "").unwrap();
    sandbox.run("new bakery --path file").ended(1).complains("cannot be written");
    assert_eq!(sandbox.files().len(), 2 * files.len() + 1);
}

#[test]
fn the_workflow_passes_the_checks_of_its_kind() {
    let sandbox = sandbox(env!("CARGO_TARGET_TMPDIR"), "workflow");
    sandbox.run("new shop").ended(0);
    let workflow = "shop/.github/workflows/deploy.yml";
    std::fs::write(sandbox.folder().join("zizmor.yml"), TAGS_WILL_DO).unwrap();
    check(&sandbox, "actionlint", &[workflow]);
    check(&sandbox, "zizmor", &["--offline", "--quiet", "--config", "zizmor.yml", workflow]);
    check(&sandbox, "check-jsonschema", &["--builtin-schema", "vendor.github-workflows", workflow]);
}

/// Runs a checker on what was made. Where it is not installed that is said, and is a failure in CI.
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "a switch for CI")]
fn check(sandbox: &Sandbox, tool: &str, arguments: &[&str]) {
    match Command::new(tool).args(arguments).current_dir(sandbox.folder()).output() {
        Ok(output) => _ = Ran::from(output).ended(0),
        Err(error) if std::env::var("IRONWRIGHT_REQUIRE_TOOLS").is_ok() => panic!("{tool} is not installed: {error}"),
        Err(error) => eprintln!("skipped: {tool} is not installed: {error}"),
    }
}
