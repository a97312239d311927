//! Programs that are odd, or not there.

use ironwright_tests::{Ran, Sandbox};

use super::project::{NOISY, Place, QUITS, folder, for_cargo, ironwright};

#[test]
fn what_a_program_prints_stands_beside_its_graph() {
    let place = Place::new("noisy");
    let plan = place.run(&format!("plan {NOISY}")).ended(0).complains("a word of warning");
    plan.says("9.9.9").says("one queue\nTarget: simulated").says("Plan: 1 to add");
    place.run(&format!("destroy {NOISY}")).ended(0).says("No changes.");
    place.run(&format!("apply {NOISY}")).ended(64).complains(" apply --yes --example odd");
}

#[test]
fn a_program_that_cannot_be_asked_says_why() {
    let place = Place::new("cannot");
    let broken = place.run("plan --example broken").ended(1).complains("cannot find value `no_such_function`");
    broken.complains("the program did not start").complains("ironwright state list --without-program");
    place.run("destroy --example broken").ended(1).complains("ironwright destroy --without-program");
    let mute = place.run("plan --example mute").ended(1).complains("the program ended, and was not asked");
    mute.complains("what `ironwright::run(app)` gives");
    place.run(&format!("plan {QUITS}")).ended(1).complains("before it gave its graph (exit status: 7)");
    place.run(&format!("plan {QUITS} --json")).ended(1).says("\"code\":\"program-broke-off\"");
    place.run(&format!("output {QUITS}")).ended(1).complains("before it gave its graph");
}

#[test]
fn a_program_of_another_version_says_both_and_what_to_type() {
    let future = Place::new("future").run("apply --yes --example future").ended(1);
    let future =
        future.complains("the program is built with Ironwright 0.9.0, and this binary is 0.1.0 (formats 7 and 1)");
    future.complains("cargo install ironwright-cli --version 0.9.0").complains("cargo run -- plan");
}

#[test]
fn the_state_alone_is_gone_by_on_request() {
    let place = Place::new("alone");
    place.run(&format!("apply --yes {NOISY} --stage prod")).ended(0);
    let list = place.run("state list --without-program").ended(0).complains("app odd, stage prod");
    assert_eq!(list.stdout, "web/orders\n");
    assert_eq!(place.run("state list --app odd").ended(0).stdout, "web/orders\n");
    place.run("plan --without-program").ended(64).complains("`plan` needs the program");
    let next = place.run("destroy --without-program").ended(64);
    next.complains("destroy --yes --without-program");
    place.run(&format!("state list {NOISY}")).ended(0).complains("stage dev");
    place.run("destroy --yes --app odd").ended(0).says("1 destroyed");
}

/// A project of its own, of these binaries, that depends on Ironwright or not.
fn project(test: &str, binaries: &[&str], dependency: &str) -> Sandbox {
    let sandbox = Sandbox::new(&folder().join("runs").to_string_lossy(), test, ironwright());
    let bins = binaries.iter().map(|name| format!("[[bin]]\nname = \"{name}\"\npath = \"main.rs\"\n"));
    let manifest = format!(
        "[package]\nname = \"{test}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n{}\n[workspace]\n\n[dependencies]\n{dependency}",
        bins.collect::<String>()
    );
    std::fs::write(sandbox.folder().join("Cargo.toml"), manifest).expect("a folder of the test's own");
    std::fs::write(sandbox.folder().join("main.rs"), "fn main() { println!(\"I ran\") }")
        .expect("a folder of the test's own");
    sandbox
}

#[track_caller]
fn run(sandbox: &Sandbox, line: &str) -> Ran {
    let ran = Ran::from(for_cargo(sandbox.command(line)).output().expect("it was built for this test"));
    assert!(!ran.stdout.contains("I ran"), "a program that has nothing to do with Ironwright was run");
    ran
}

#[test]
fn of_several_programs_one_must_be_said() {
    let sandbox = project("several", &["one", "two"], "ironwright = \"0.1\"\n");
    run(&sandbox, "plan").ended(64).complains("the project has 2 programs: one, two").complains("`--bin one`");
    run(&sandbox, "plan --package nobody").ended(64).complains("there is no program of the package `nobody`");
    run(&sandbox, "plan --bin one --example two").ended(64).complains("cannot be used with");
}

#[test]
fn a_project_of_another_kind_is_not_run() {
    let sandbox = project("unrelated", &["one"], "");
    run(&sandbox, "plan").ended(64).complains("`plan` needs the program");
    run(&sandbox, "state list").ended(64).complains("there is no state in .ironwright");
    run(&sandbox, "plan --manifest-path Cargo.toml").ended(64).complains("there is no program in Cargo.toml");
    std::fs::write(sandbox.folder().join("Cargo.toml"), "[package").unwrap();
    let unreadable = run(&sandbox, "state list").ended(1).complains("cargo cannot read");
    unreadable.complains("`--without-program`");
    run(&sandbox, "state list --without-program").ended(64).complains("there is no state");
}

#[test]
fn without_cargo_the_state_is_there_still() {
    let place = Place::new("no-cargo");
    let mut command = for_cargo(place.0.command("state list --bin driven-sample"));
    let ran = Ran::from(command.env("CARGO", "no-such-cargo").output().unwrap());
    ran.ended(1).complains("cargo, which builds the program, cannot be started").complains("`--without-program`");
}
