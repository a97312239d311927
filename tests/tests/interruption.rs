//! Runs that meet signals and each other.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, Stdio};

use ironwright_tests::Sandbox;

fn sandbox(test: &str) -> Sandbox {
    Sandbox::new(env!("CARGO_TARGET_TMPDIR"), test, env!("CARGO_BIN_EXE_sample"))
}

/// An apply of so many resources that it is still going on when its first one is done; what it prints from then on.
fn long_apply(sandbox: &Sandbox) -> (Child, BufReader<ChildStdout>) {
    let mut command = sandbox.command("apply --yes --var copies=800");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it was built for this test");
    let mut output = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
    let mut line = String::new();
    while !line.contains(": created") {
        line.clear();
        assert!(
            output.read_line(&mut line).is_ok_and(|bytes| bytes > 0),
            "the apply ended before anything was created"
        );
    }
    (child, output)
}

fn signal(name: &str, child: &Child) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()));
}

#[test]
fn the_first_signal_stops_and_the_next_apply_goes_on() {
    for name in ["-INT", "-TERM", "-HUP"] {
        let sandbox = sandbox(&format!("signal{name}"));
        let (mut child, mut output) = long_apply(&sandbox);
        signal(name, &child);
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{rest}");
        assert!(rest.contains("Stopping: "), "{rest}");
        assert!(rest.contains("Apply interrupted.") && rest.contains("To go on with:"), "{rest}");
        let live = sandbox.run("state list").ended(0).stdout.lines().count();
        assert!(live > 0 && live < 802, "{live}");
        sandbox.run("apply --yes --var copies=800").ended(0).says(&format!("{} added", 802 - live));
    }
}

#[test]
fn a_second_run_at_the_same_time_is_told_who_holds_the_lock() {
    let sandbox = sandbox("lock");
    let (mut child, mut output) = long_apply(&sandbox);
    let refused = sandbox.run("apply --yes --var copies=1").ended(3);
    refused.complains("another run holds").complains(&child.id().to_string());
    signal("-INT", &child);
    std::io::copy(&mut output, &mut std::io::sink()).unwrap();
    child.wait().unwrap();
}
