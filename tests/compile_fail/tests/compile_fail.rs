//! What must not compile, and what the compiler says to it: one mistake a file in `cases/`. It is a package of its own, since
//! trybuild compiles once more whatever the package depends on: a user's program with default features, and no more.
//!
//! Messages differ between compiler versions, so the cases run on the recorded one alone, and say so where they do not.
//! After a change that is meant: `TRYBUILD=overwrite cargo test -p ironwright-compile-fail`, and read the
//! difference as you would read a page of the manual.

use std::io::Write;
use std::process::Command;

/// The compiler the messages were recorded with.
const RECORDED: &str = include_str!("../COMPILER");

#[test]
fn mistakes_do_not_compile_and_the_messages_read_like_sentences() {
    let compiler = compiler();
    if !compiler.starts_with(RECORDED.trim()) {
        // Not `eprintln!`, which the test harness keeps to itself when a test passes.
        let words = format!("the messages are those of {}, and this is {compiler}", RECORDED.trim());
        writeln!(std::io::stderr(), "\n*** SKIPPED: no compile-fail case was run: {words}").expect("stderr is open");
        return;
    }
    trybuild::TestCases::new().compile_fail("cases/*.rs");
}

/// `rustc 1.95.0 (…)`, of the compiler that cargo uses.
fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output().expect("cargo has just run it");
    String::from_utf8(output.stdout).expect("a version is text")
}
