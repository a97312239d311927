//! Whole runs of `status`, `logs`, `exec` and `rollback ADDRESS`, after the program has deployed a container.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use ironwright_tests::Ran;
use ironwright_tests::testbed::{TestHost, available};
use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::shipper::Shipper;

/// Says what it does, and serves what the environment says.
const SERVE: &str = "trap 'exit 0' TERM; echo serving $SAYS; echo trouble >&2; echo $SAYS >/tmp/index.html; \
                     httpd -f -p 8000 -h /tmp & wait";

/// Two releases, the second one serving.
fn two_releases(test: &str) -> Shipper {
    let mut shipper = Shipper::new(test, TestHost::new()).with_image();
    shipper.sets("command", SERVE.to_owned());
    shipper.apply("v1").ended(0);
    shipper.apply("v2").ended(0);
    shipper
}

/// What the container answers.
fn page(shipper: &Shipper) -> String {
    let mut stream = TcpStream::connect(shipper.server()).expect("it listens");
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it writes text");
    answer.rsplit("\r\n\r\n").next().unwrap_or_default().trim().to_owned()
}

/// Runs `exec web/app` with `words`, which reads `input`.
fn exec(shipper: &Shipper, options: &str, words: &[&str], input: &str) -> Ran {
    let mut command = shipper.command(&format!("exec web/app {options}"));
    command.arg("--").args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it was built for this test");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends").into()
}

#[test]
fn a_container_is_looked_at_and_goes_back_and_forward() {
    if !available() {
        return;
    }
    let mut shipper = two_releases("day-two");
    let address = shipper.host.address().to_string();
    let status = shipper.run("status").ended(0);
    status.says("web/app").says(&address).says("healthy").says("ago");
    let line = |ran: &Ran| {
        let line = ran.stdout.lines().find(|line| line.contains(r#""type":"container""#)).expect("a line");
        serde_json::from_str::<serde_json::Value>(line).expect("JSON")
    };
    let seen = line(&shipper.run("status web/app --json").ended(0));
    assert_eq!(
        (&seen["release"], &seen["kept"], &seen["state"]),
        (&2.into(), &vec![1].into(), &"healthy".into()),
        "{seen}"
    );

    let logs = shipper.run("logs web/app").ended(0);
    assert_eq!((logs.stdout.trim(), logs.stderr.contains("trouble")), ("serving v2", true), "{logs:?}");
    assert_eq!(shipper.run("logs web/app --release 1").ended(0).stdout.trim(), "serving v1");
    shipper
        .run("logs web/app --release 9")
        .ended(1)
        .complains("has no release 9 of `web/app`")
        .complains("it has 1, 2");
    shipper.run("logs web/app --host 10.9.9.9").ended(1).complains("does not run on a host `10.9.9.9`");

    let ran =
        exec(&shipper, "", &["sh", "-c", "cat; echo \"$1\" $SAYS; echo wrong >&2; exit 42", "sh", "a  b"], "read\n");
    assert_eq!((ran.code, ran.stdout.as_str()), (42, "read\na  b v2\n"), "{ran:?}");
    assert!(ran.stderr.ends_with("wrong\n"), "{ran:?}");
    let ran = exec(&shipper, "--json", &["echo", "it"], "");
    assert!(ran.stdout.contains(r#"{"type":"exec_line","stream":"stdout","text":"it"}"#), "{ran:?}");
    exec(&shipper, "--release 1", &["true"], "").ended(1).complains("release 1 of `web/app` does not run on");

    assert_eq!(page(&shipper), "v2");
    let back = shipper.run("rollback web/app --yes").ended(0);
    back.says("Rollback of web/app to version")
        .says("Plan: 0 to add, 1 to change, 0 to destroy.")
        .says("takes web/app forward again.");
    assert_eq!(page(&shipper), "v1");
    assert_eq!(shipper.running(), ["shipper-dev-web-app-r1"], "the one that was kept is started again");
    let seen = line(&shipper.run("status --json").ended(0));
    assert_eq!((&seen["release"], &seen["kept"]), (&1.into(), &vec![2].into()), "{seen}");
    shipper.run("plan --detailed-exitcode").ended(2);
    shipper.apply("v2").ended(0);
    assert_eq!(page(&shipper), "v2");

    shipper.host.does("docker kill shipper-dev-web-app-r2");
    shipper.run("status").ended(1).says("stopped").says("it has ended with 137");
    shipper.host.stop_sshd();
    shipper.run("status").ended(1).says("unreachable").says("refuses connections");
    exec(&shipper, "", &["true"], "").ended(1).complains("refuses connections");
    shipper.run("logs web/app").ended(1).complains("refuses connections");
}

/// Reads lines of `child` until one contains `text`.
fn until(lines: &mut impl Iterator<Item = std::io::Result<String>>, text: &str) {
    let found = lines.map(|line| line.expect("text")).find(|line| line.contains(text));
    assert!(found.is_some(), "it ended before it said {text:?}");
}

fn end(mut child: Child, signal: Signal) -> Option<i32> {
    let pid = i32::try_from(child.id()).expect("a process id");
    kill(Pid::from_raw(pid), signal).expect("it runs");
    child.wait().expect("it ends").code()
}

#[test]
fn logs_are_followed_until_they_are_interrupted_or_nobody_reads() {
    if !available() {
        return;
    }
    let shipper = two_releases("follow");
    let follow = || {
        let mut command = shipper.command("logs web/app --follow");
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it was built for this test")
    };
    let mut child = follow();
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    until(&mut lines, "serving v2");
    shipper.host.does("docker exec shipper-dev-web-app-r2 sh -c 'echo more >/proc/1/fd/1'");
    until(&mut lines, "more");
    shipper.host.does("docker kill shipper-dev-web-app-r2");
    until(&mut BufReader::new(child.stderr.take().expect("a pipe")).lines(), "release 2 has ended");
    assert_eq!(end(child, Signal::SIGINT), Some(130));

    shipper.host.does("docker start shipper-dev-web-app-r2");
    let mut child = follow();
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    until(&mut lines, "serving v2");
    drop(lines);
    shipper.host.does("docker exec shipper-dev-web-app-r2 sh -c 'echo unread >/proc/1/fd/1'");
    assert_eq!(child.wait().expect("it ends").code(), Some(0), "nobody reads it");
}

#[test]
fn a_shell_in_a_container_has_the_terminal() {
    if !available() {
        return;
    }
    let mut shipper = Shipper::new("terminal", TestHost::new()).with_image();
    shipper.apply("v1").ended(0);
    let size = Winsize { ws_row: 31, ws_col: 97, ws_xpixel: 0, ws_ypixel: 0 };
    let terminal = openpty(&size, None).expect("the system has terminals");
    let end_of_it = || Stdio::from(terminal.slave.try_clone().expect("a file can be opened twice"));
    let mut command = shipper.command("exec web/app");
    command.args(["--", "sh"]).env("TERM", "xterm").stdin(end_of_it()).stdout(end_of_it()).stderr(end_of_it());
    let mut child = command.spawn().expect("it was built for this test");
    drop(command);
    drop(terminal.slave);
    let mut screen = File::from(terminal.master);
    // Docker hands the size on after the shell has begun.
    screen
        .write_all(b"until stty size | grep '31 97'; do sleep 0.1; done; echo $TERM; tty; exit 7\n")
        .expect("it is read");
    let mut shown = Vec::new();
    // A terminal whose other end is gone is an error to read from.
    let _ = screen.read_to_end(&mut shown);
    let shown = String::from_utf8_lossy(&shown);
    assert_eq!(child.wait().expect("it ends").code(), Some(7), "{shown}");
    for text in ["\n31 97\r\n", "\nxterm\r\n", "\n/dev/pts/0\r\n"] {
        assert!(shown.contains(text), "no {text:?} in: {shown:?}");
    }
}
