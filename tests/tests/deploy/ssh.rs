//! The connection to a host: who is let in, what runs, what is forwarded, and what becomes of it when the network goes.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ironwright::core::secret::SecretText;
use ironwright::docker::command::{HostCommand, system};
use ironwright::docker::ssh::{Connections, Destination, HostKeys, Identity, Line, SshErrorKind};
use ironwright::engine::{ErrorKind, ProviderError, SystemClock};
use ironwright_tests::testbed::{Docker, TestHost, available};

use crate::block_on;

pub(crate) fn connections(folder: &Path) -> Connections {
    Connections::in_folder(folder, Arc::new(SystemClock::new())).expect("a folder")
}

/// A short folder: the path of a socket has about a hundred bytes.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/tmp").expect("a folder")
}

/// A host without Docker running, and whom to ask for connections, who have the folder for their files.
fn bare() -> Option<(TestHost, tempfile::TempDir, Connections)> {
    available().then(|| {
        let (host, folder) = (TestHost::with(Docker::Stopped, "all"), folder());
        let connections = connections(folder.path());
        (host, folder, connections)
    })
}

fn echo(text: &str) -> HostCommand {
    HostCommand::new("echo").arg(text)
}

/// Files of private keys and sockets below `folder`.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    found.sort();
    found
}

#[test]
fn what_is_meant_arrives_over_one_connection_and_no_key_stays() {
    let Some((host, folder, connections)) = bare() else { return };
    let connection = connections.to(&host.destination());
    block_on(async {
        let words = ["a b", "it's", "$HOME `id` \\ !", "", "ü\n"];
        let output = connection.run(&HostCommand::new("printf").arg("%s|").args(words)).await.expect("it runs");
        assert_eq!(String::from_utf8_lossy(&output.stdout), words.map(|word| format!("{word}|")).concat());

        let large: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1]).collect();
        let output = connection.run(&HostCommand::new("cat").stdin(large.clone())).await.expect("it runs");
        assert!(output.stdout == large, "{} bytes of {}", output.stdout.len(), large.len());

        let status = |script: &str| HostCommand::new("sh").args(["-c", script]);
        assert_eq!(connection.run(&status("exit 255")).await.map(|output| output.status), Ok(255));
        let missing = connection.run(&HostCommand::new("no-such-program")).await.expect("it is tried");
        assert!(missing.status == 127 && missing.error_text().contains("no-such-program"), "{missing:?}");
        assert_eq!(connection.run(&status("kill -9 $$")).await.map(|output| output.status), Ok(255));

        let mut lines = Vec::new();
        let mut tell = |line: Line<'_>| lines.push(format!("{line:?}"));
        let followed = connection.follow(&status("echo one; echo two >&2; exit 3"), &mut tell).await;
        lines.sort();
        assert_eq!((followed, lines), (Ok(3), vec!["Err(\"two\")".to_owned(), "Out(\"one\")".to_owned()]));

        let slow = HostCommand::new("sleep").arg("60").within(Duration::from_millis(200));
        let error = connection.run(&slow).await.expect_err("it takes too long");
        assert_eq!(error.kind, SshErrorKind::Limit, "{error}");

        connection.run(&system::install_file("/root/secret/env", SecretText::new("KEY=1"))).await.expect("it runs");
        assert_eq!(host.does("stat -c %a /root/secret/env; cat /root/secret/env"), "600\nKEY=1");
    });
    // One login for all of it, and nothing left of how it was done.
    assert_eq!(host.does("grep -c 'Accepted publickey' /run/host/sshd.log"), "1");
    assert_eq!(files(folder.path()), ["lock", "log", "master"]);
    assert!(Arc::ptr_eq(&connection, &connections.to(&host.destination())));
    drop((connection, connections));
    assert_eq!(files(folder.path()), [""; 0]);
    host.does("while pgrep -f '[s]shd: root' >/dev/null; do sleep 0.02; done");
}

#[test]
fn a_file_with_the_key_and_a_host_on_the_way() {
    if !available() {
        return;
    }
    let (bastion, host) = (TestHost::with(Docker::Stopped, "all"), TestHost::with(Docker::Stopped, "all"));
    let folder = folder();
    let connections = connections(folder.path());
    // The bastion's own key, and the user's key in a file for the host behind it.
    let behind = host.destination().identity(Identity::File(host.user_key_file()));
    let there = behind.clone().jump(bastion.destination()).expect("another host");
    block_on(async {
        let output = connections.to(&there).run(&echo("here")).await.expect("it runs");
        assert_eq!(output.text(), "here");
        let wrong = behind.jump(bastion.destination().user("nobody").expect("a user")).expect("another host");
        let error = connections.to(&wrong).open().await.expect_err("the bastion lets nobody in");
        assert_eq!(error.kind, SshErrorKind::PermissionDenied, "{error}");
        assert!(error.to_string().contains(&format!("nobody@{}", bastion.address())), "{error}");
    });
    assert!(bastion.does("cat /run/host/sshd.log").contains("Accepted publickey for root"));
}

#[track_caller]
fn check(there: &Destination, kind: SshErrorKind, means: ErrorKind, says: &[&str]) {
    let folder = folder();
    let error = block_on(connections(folder.path()).to(there).open()).expect_err("it is not reached");
    let message = error.to_string();
    assert_eq!(error.kind, kind, "{message}");
    for text in says {
        assert!(message.contains(text), "no {text:?} in: {message}");
    }
    assert_eq!(ProviderError::from(error).kind, means);
}

#[test]
fn who_is_not_let_in_and_who_does_not_answer() {
    if !available() {
        return;
    }
    let host = TestHost::with(Docker::Stopped, "all");
    let there = host.destination();
    let address = host.address().to_string();

    let user = there.clone().user("ec2-user").expect("a user");
    let says = [&format!("ec2-user@{address}"), "may be the wrong user", "authorized_keys"];
    check(&user, SshErrorKind::PermissionDenied, ErrorKind::Credentials, &says.map(|text| text as &str));
    let key = there.clone().identity(Identity::Key(SecretText::new("no key at all")));
    check(&key, SshErrorKind::PermissionDenied, ErrorKind::Credentials, &["the key given in the program"]);

    let port = there.clone().port(2222);
    check(&port, SshErrorKind::Refused, ErrorKind::Unavailable, &[&format!("{address}:2222"), "refuses"]);
    let name = Destination::new("no-such-host.invalid").expect("a name");
    check(&name, SshErrorKind::Unresolved, ErrorKind::Unavailable, &["no-such-host.invalid", "has no address"]);
    host.does("iptables -A INPUT -p tcp --dport 22 -j REJECT --reject-with icmp-host-unreachable");
    check(&there, SshErrorKind::NoRoute, ErrorKind::Unavailable, &["no network leads to", "ssh root@"]);
    host.does("iptables -F INPUT; iptables -A INPUT -p tcp --dport 22 -j DROP");
    check(&there, SshErrorKind::TimedOut, ErrorKind::Unavailable, &["does not answer", "firewall"]);
}

#[test]
fn ports_are_forwarded_both_ways() {
    let Some((host, _folder, connections)) = bare() else { return };
    let connection = connections.to(&host.destination());
    let here = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let local = here.local_addr().expect("it listens").port();
    std::thread::spawn(move || {
        for stream in here.incoming() {
            let _ = stream.and_then(|mut stream| stream.write_all(b"from here"));
        }
    });
    let fetch = |port: u16| HostCommand::new("busybox").args(["nc", "127.0.0.1", &port.to_string()]);
    block_on(async {
        let port = connection.lend(local).await.expect("it is forwarded");
        assert_eq!(connection.run(&fetch(port)).await.map(|output| output.text()), Ok("from here".to_owned()));
        assert_eq!(connection.lend(local).await, Ok(port));
        let elsewhere =
            HostCommand::new("busybox").args(["nc", "-w", "1", &host.address().to_string(), &port.to_string()]);
        assert_ne!(connection.run(&elsewhere).await.map(|output| output.status), Ok(0), "only on loopback");

        host.does("mkdir /run/www; echo from there >/run/www/page; busybox httpd -p 127.0.0.1:2019 -h /run/www");
        let socket = connection.reach(2019).await.expect("it is forwarded");
        let mut stream = UnixStream::connect(&socket).expect("a socket");
        stream.write_all(b"GET /page HTTP/1.0\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        assert!(answer.ends_with("\r\n\r\nfrom there\n"), "{answer:?}");

        // After the connection was lost, the same port leads here.
        host.stop_sshd();
        host.start_sshd();
        assert_eq!(connection.lend(local).await, Ok(port));
        assert_eq!(connection.run(&fetch(port)).await.map(|output| output.text()), Ok("from here".to_owned()));
    });
    host.restart_sshd_with("AllowTcpForwarding no");
    let error = block_on(connection.lend(local)).expect_err("it is not forwarded");
    assert_eq!(error.kind, SshErrorKind::Forwarding, "{error}");
    assert!(error.to_string().contains("AllowTcpForwarding yes"), "{error}");
}

#[test]
fn a_link_that_is_cut_is_noticed_and_one_that_is_restored_is_used() {
    let Some((host, _folder, connections)) = bare() else { return };
    let connection = connections.to(&host.destination());
    block_on(async {
        connection.open().await.expect("it connects");
        let mut cut = false;
        let script = "echo begun; exec sleep 600";
        let long = HostCommand::new("sh").args(["-c", script]).without_limit();
        let mut on_line = |_: Line<'_>| {
            host.cut();
            cut = true;
        };
        let error = connection.follow(&long, &mut on_line).await.expect_err("the link is cut");
        assert!(cut && error.kind == SshErrorKind::Cut, "{error}");
        assert!(error.to_string().contains("was lost while `sh -c"), "{error}");
        assert_eq!(ProviderError::from(error).kind, ErrorKind::OutcomeUnknown);

        host.restore();
        assert_eq!(connection.run(&echo("again")).await.map(|output| output.text()), Ok("again".to_owned()));
    });
}

#[test]
fn what_a_killed_run_left_is_gone_with_the_next() {
    if !available() {
        return;
    }
    let (host, folder) = (TestHost::with(Docker::Stopped, "all"), folder());
    let killed = connections(folder.path());
    let left = block_on(async {
        let connection = killed.to(&host.destination());
        connection.open().await.expect("it connects");
        connection
    });
    // As a kill does: the lock is let go, and nothing is cleaned up.
    for entry in fs::read_dir(folder.path()).expect("a folder").flatten() {
        fs::remove_file(entry.path().join("lock")).expect("the lock");
        fs::write(entry.path().join("lock"), "").expect("another file");
    }
    let next = connections(folder.path());
    assert_eq!(files(folder.path()), ["lock"], "the connection of the killed run is ended");
    host.does("while pgrep -f '[s]shd: root' >/dev/null; do sleep 0.02; done");
    drop((left, next));
}

#[test]
fn the_users_known_hosts_are_enough() {
    if !available() {
        return;
    }
    let (host, folder) = (TestHost::with(Docker::Stopped, "all"), folder());
    let known = folder.path().join("known");
    fs::write(&known, format!("{} {}", host.address(), host.host_key())).expect("a file");
    let there = host.destination().host_keys(HostKeys::KnownIn(known));
    let output = block_on(connections(folder.path()).to(&there).run(&echo("known"))).expect("it runs");
    assert_eq!(output.text(), "known");
}
