//! Runs that meet signals, closed terminals, readers that go away, and each other.
#![cfg(unix)]

use std::fs::File;
use std::io::{BufReader, Read};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use ironwright_tests::{Sandbox, wait_for_progress};

/// Enough resources for an apply to be still going on when its first one is done.
const MANY: &str = "apply --yes --var copies=800";

/// What [`MANY`] makes.
const ALL: usize = 802;

fn sandbox(test: &str) -> Sandbox {
    Sandbox::new(env!("CARGO_TARGET_TMPDIR"), test, env!("CARGO_BIN_EXE_sample"))
}

/// An apply that is still going on when its first resource is done; what it prints from then on.
fn long_apply(sandbox: &Sandbox) -> (Child, BufReader<ChildStdout>) {
    let mut child = sandbox.command(MANY).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it was built");
    let mut output = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
    wait_for_progress(&mut output);
    (child, output)
}

fn signal(name: &str, child: &Child) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()));
}

/// The run ends; what it says on standard error.
fn end(child: Child) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = child.wait_with_output().expect("it ends");
    (status.code(), String::from_utf8_lossy(&stderr).into_owned())
}

/// Holds up the simulated cloud: a call that changes something waits until this is dropped.
fn hold_up(sandbox: &Sandbox) -> File {
    let cloud = File::open(sandbox.folder().join(".ironwright/sample/dev/cloud/cloud.ndjson")).expect("it is there");
    cloud.lock().expect("others let go of it after each call");
    cloud
}

/// The run before ended in order: all it knows is in the snapshot. How many resources are live.
fn assert_drained(sandbox: &Sandbox) -> usize {
    let journal = std::fs::read(sandbox.folder().join(".ironwright/sample/dev/journal.ndjson"));
    assert!(journal.is_ok_and(|journal| journal.is_empty()), "the journal is not empty: the state was not saved");
    let live = sandbox.run("state list").ended(0).stdout.lines().count();
    assert!(live > 0 && live < ALL, "{live}");
    live
}

#[test]
fn the_first_signal_stops_and_the_next_apply_goes_on() {
    for name in ["-INT", "-TERM", "-HUP"] {
        let sandbox = sandbox(&format!("signal{name}"));
        let (child, mut output) = long_apply(&sandbox);
        signal(name, &child);
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        assert_eq!(end(child).0, Some(130), "{rest}");
        assert!(rest.contains("Stopping: "), "{rest}");
        assert!(rest.contains("Apply interrupted.") && rest.contains("To go on with:"), "{rest}");
        let live = assert_drained(&sandbox);
        sandbox.run(MANY).ended(0).says(&format!("{} added", ALL - live));
    }
}

#[test]
fn the_second_signal_ends_a_run_that_waits_for_the_cloud_at_once() {
    // The last one is what CI does: SIGINT, 7.5 s later SIGTERM, 2.5 s later SIGKILL, which comes too late.
    for (first, second) in [("-HUP", "-INT"), ("-TERM", "-INT"), ("-INT", "-TERM")] {
        let sandbox = sandbox(&format!("second{first}{second}"));
        let (child, output) = long_apply(&sandbox);
        let cloud = hold_up(&sandbox);
        signal(first, &child);
        signal(second, &child);
        let reader = std::thread::spawn(move || drop(std::io::read_to_string(output)));
        let (code, said) = end(child);
        assert_eq!(code, Some(130), "{first} {second}: {said}");
        assert!(said.contains("Stopped at once") && said.contains("To go on, type:"), "{first} {second}: {said}");
        drop(cloud);
        reader.join().expect("it only reads");
        sandbox.run(MANY).ended(0);
        sandbox.run("plan --detailed-exitcode --var copies=800").ended(0);
        let listed = sandbox.run("state list").ended(0).stdout;
        assert_eq!(listed.lines().count(), ALL, "{first} {second}: nothing is there twice, nothing is lost");
    }
}

#[test]
fn a_reader_that_goes_away_does_not_stop_the_run() {
    let sandbox = sandbox("pipe");
    let (child, output) = long_apply(&sandbox);
    drop(output);
    let (code, said) = end(child);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(sandbox.run("state list").ended(0).stdout.lines().count(), ALL);
}

/// Needs `setsid` of util-linux to give the run a terminal of its own.
#[cfg(target_os = "linux")]
#[test]
fn a_terminal_that_closes_stops_the_run_and_it_ends_in_order() {
    let sandbox = sandbox("terminal");
    let terminal = nix::pty::openpty(None, None).expect("the system has terminals");
    let end_of_it = || Stdio::from(terminal.slave.try_clone().expect("a file can be opened twice"));
    let mut command = sandbox.command_under("setsid --ctty", MANY);
    command.env("TERM", "xterm").env("NO_COLOR", "1").stdin(end_of_it()).stdout(end_of_it()).stderr(end_of_it());
    let child = command.spawn().expect("setsid is there");
    drop(command);
    drop(terminal.slave);
    let mut screen = BufReader::new(File::from(terminal.master));
    wait_for_progress(&mut screen);
    let cloud = hold_up(&sandbox);
    drop(screen);
    // The kernel has sent one; shells send another when they end.
    signal("-HUP", &child);
    drop(cloud);
    assert_eq!(end(child).0, Some(130), "a second SIGHUP is no second signal");
    let live = assert_drained(&sandbox);
    sandbox.run(MANY).ended(0).says(&format!("{} added", ALL - live));
}

#[test]
fn a_second_run_at_the_same_time_is_told_who_holds_the_lock() {
    let sandbox = sandbox("lock");
    let (child, mut output) = long_apply(&sandbox);
    let refused = sandbox.run("apply --yes --var copies=1").ended(3);
    refused.complains("another run holds").complains(&child.id().to_string());
    signal("-INT", &child);
    std::io::copy(&mut output, &mut std::io::sink()).unwrap();
    end(child);
}
