//! Whole processes on a state in S3: two at once, one that is killed, one that falls asleep, one whose responses are lost.
//! S3 is moto's, which honours `If-None-Match`. A missing moto is said out loud; with `IRONWRIGHT_REQUIRE_TOOLS` set, as
//! in CI, it is a failure.
#![cfg(unix)]

mod bucket;
mod lossy;

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ironwright::engine::{Clock as _, SystemClock};
use ironwright_tests::{Ran, Sandbox};

use bucket::Bucket;

const STATE: &str = "--state s3://states/team";

/// A sandbox whose programs find `bucket` where S3 is.
struct Place {
    sandbox: Sandbox,
    endpoint: String,
}

impl Place {
    fn new(test: &str, endpoint: &str) -> Self {
        let sandbox = Sandbox::new(env!("CARGO_TARGET_TMPDIR"), test, env!("CARGO_BIN_EXE_sample"));
        Self { sandbox, endpoint: endpoint.to_owned() }
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = self.sandbox.command(&format!("{arguments} {STATE}"));
        command.env("AWS_ENDPOINT_URL_S3", &self.endpoint).env("AWS_REGION", "us-east-1");
        command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
        command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, arguments: &str) -> Ran {
        self.command(arguments).output().expect("it was built").into()
    }

    /// Starts a run and waits until it holds the lock. Its calls to the cloud wait until the file is dropped.
    fn start_holding(&self, arguments: &str) -> (Child, File) {
        let cloud = self.sandbox.folder().join(".ironwright/sample/dev/cloud/cloud.ndjson");
        let cloud = File::open(cloud).expect("an apply was there before");
        let child = self.command(arguments).spawn().expect("it was built");
        until("the lock is held", || self.holder().is_some());
        cloud.lock().expect("others let go of it after each call");
        (child, cloud)
    }

    /// What is told of the lock's holder.
    fn holder(&self) -> Option<String> {
        let ran = self.run("unlock none");
        (ran.code != 0).then_some(ran.stderr)
    }

    fn resources(&self) -> Vec<String> {
        self.run("state list").ended(0).stdout.lines().map(str::to_owned).collect()
    }
}

/// Waits until `is_so`; the test fails where that takes too long.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let since = SystemClock::new();
    while !is_so() {
        assert!(since.elapsed() < Duration::from_mins(2), "it took too long until {what}");
    }
}

#[cfg(target_os = "linux")]
fn signal(name: &str, child: &Child) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()));
}

/// Whether all threads of a process are stopped.
#[cfg(target_os = "linux")]
fn is_stopped(pid: u32) -> bool {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).expect("it runs");
    let states = tasks.flatten().filter_map(|task| std::fs::read_to_string(task.path().join("stat")).ok());
    states.into_iter().all(|stat| stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('T')))
}

fn end(child: Child) -> Ran {
    child.wait_with_output().expect("it ends").into()
}

#[test]
fn of_two_applies_at_once_one_runs_and_the_other_is_refused_or_waits() {
    let Some(bucket) = Bucket::serve() else { return };
    let place = Place::new("remote-two", bucket.endpoint());
    place.run("apply --yes").ended(0);
    let (first, cloud) = place.start_holding("apply --yes --var copies=300");
    let refused = place.run("apply --yes --var copies=300 --refresh=false").ended(3);
    let refused = refused.complains("held by `apply` by").complains("live, last seen");
    refused.complains("`--lock-timeout 5m`; the lock's id is");
    let mut waiting = place.command("apply --yes --var copies=300 --lock-timeout 5m").spawn().expect("it was built");
    let mut output = BufReader::new(waiting.stdout.take().expect("a pipe"));
    let mut line = String::new();
    while !line.contains("Waiting for the lock held by") {
        line.clear();
        assert!(output.read_line(&mut line).is_ok_and(|bytes| bytes > 0), "it ended before it waited");
    }
    drop(cloud);
    end(first).ended(0);
    std::io::copy(&mut output, &mut std::io::sink()).expect("a pipe");
    end(waiting).ended(0);
    assert_eq!(place.holder(), None);
    place.run("plan --var copies=300 --detailed-exitcode").ended(0);
}

#[test]
fn a_killed_holder_is_taken_over_at_once() {
    let Some(bucket) = Bucket::serve() else { return };
    let place = Place::new("remote-killed", bucket.endpoint());
    place.run("apply --yes").ended(0);
    let (mut first, cloud) = place.start_holding("apply --yes --var copies=300");
    first.kill().expect("it runs");
    first.wait().expect("it was killed");
    drop(cloud);
    assert!(place.holder().is_some_and(|told| told.contains("stale")), "{:?}", place.holder());
    let since = SystemClock::new();
    place.run("apply --yes --var copies=300").ended(0).says("Took over the lock of `apply`");
    assert!(since.elapsed() < Duration::from_secs(50), "a lease lasts a minute: it was waited for");
    place.run("plan --var copies=300 --detailed-exitcode").ended(0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_holder_that_sleeps_past_its_lease_writes_no_more() {
    let Some(bucket) = Bucket::serve() else { return };
    let place = Place::new("remote-asleep", bucket.endpoint());
    place.run("apply --yes").ended(0);
    let cloud = place.sandbox.folder().join(".ironwright/sample/dev/cloud/cloud.ndjson");
    let mut command = place.command("apply --yes --var copies=300");
    let first = command.env("IRONWRIGHT_LEASE", "2s").spawn().expect("it was built");
    until("the lock is held", || place.holder().is_some());
    let cloud = File::open(cloud).expect("it is there");
    cloud.lock().expect("others let go of it after each call");
    signal("-STOP", &first);
    // A thread that waits for the cloud's lock could still get it, and then sleep with it.
    until("all threads sleep", || is_stopped(first.id()));
    drop(cloud);
    let second = place.run("apply --yes --var copies=300 --lock-timeout 5m").ended(0);
    second.says("Took over the lock of `apply`");
    let (resources, version) = (place.resources(), place.run("state history").ended(0).stdout);
    signal("-CONT", &first);
    let woken = end(first);
    assert_ne!(woken.code, 0, "{woken:?}");
    woken.complains("this run has lost the lock to `apply` by");
    assert_eq!(place.resources(), resources);
    assert_eq!(place.run("state history").ended(0).stdout, version);
}

/// Every first answer to a conditional write is lost; the client sends it again, and meets its own object.
#[test]
fn a_retried_write_that_meets_its_own_first_try_is_no_lost_lock() {
    let Some(bucket) = Bucket::serve() else { return };
    let place = Place::new("remote-lossy", &lossy::before(bucket.endpoint()));
    place.run("apply --yes").ended(0);
    assert_eq!(place.holder(), None, "the lock was given back");
    place.run("plan --detailed-exitcode").ended(0);
    place.run("destroy --yes").ended(0);
    assert_eq!(place.resources(), Vec::<String>::new());
    assert!(lossy::lost() > 10, "{} responses were lost", lossy::lost());
}

#[test]
fn credentials_that_are_missing_are_told() {
    let Some(bucket) = Bucket::serve() else { return };
    let place = Place::new("remote-stranger", bucket.endpoint());
    let mut command = place.command("plan");
    command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    let refused: Ran = command.output().expect("it was built").into();
    refused.ended(1).complains("access to the state is refused").complains("docs/remote-state.md");
}
