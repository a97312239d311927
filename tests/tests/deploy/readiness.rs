//! Whether a host can be deployed to, and what is said where it cannot.

use std::sync::Mutex;
use std::time::Duration;

use ironwright::docker::readiness::{DockerInfo, HostError, HostErrorKind, Readiness, ready};
use ironwright::docker::ssh::{Destination, SshErrorKind};
use ironwright::engine::{ErrorKind, ProviderError, SystemClock};
use ironwright_tests::testbed::{Docker, TestHost, available};

use crate::block_on;
use crate::ssh::{connections, folder};

const SOON: Readiness = Readiness { limit: Duration::from_secs(20), ensure_docker: false, fresh: false };

/// What is left of `sudo -n -- PROGRAM…` for a user who needs no password.
const SUDO: &str = "#include <unistd.h>\nint main(int n, char **words) {
    return setgid(0) || setuid(0) || execvp(words[3], words + 3);
}";

/// What waiting for `there` comes to, and what was said meanwhile.
fn wait(there: &Destination, wanted: Readiness) -> (Result<DockerInfo, HostError>, Vec<String>) {
    let (folder, said) = (folder(), Mutex::new(Vec::new()));
    let connections = connections(folder.path());
    let progress = |line: &str| said.lock().expect("nobody panicked").push(line.to_owned());
    let done = block_on(ready(&connections.to(there), &SystemClock::new(), wanted, &progress));
    (done, said.into_inner().expect("nobody panicked"))
}

#[track_caller]
fn lacks(there: &Destination, kind: HostErrorKind, says: &[&str]) {
    let (done, _) = wait(there, Readiness { limit: Duration::from_secs(4), ..SOON });
    let error = done.expect_err("it is not ready");
    let message = error.to_string();
    assert_eq!(error.kind(), Some(kind), "{message}");
    for text in says {
        assert!(message.contains(text), "no {text:?} in: {message}");
    }
    assert_eq!(ProviderError::from(error).kind, ErrorKind::Refused);
}

#[test]
fn docker_that_runs_is_stopped_forbidden_or_missing() {
    if !available() {
        return;
    }
    let host = TestHost::new();
    let there = host.destination();
    let (done, said) = wait(&there, SOON);
    let info = done.expect("it is ready");
    assert!(info.platform().starts_with("linux/") && info.docker_root_dir == "/var/lib/docker", "{info:?}");
    assert_eq!(said, [""; 0]);

    let ubuntu = there.clone().user("ubuntu").expect("a user");
    let by_hand = format!("ssh ubuntu@{}", host.address());
    lacks(&ubuntu, HostErrorKind::NotAllowed, &["may not use the Docker", &by_hand, "usermod -aG docker"]);

    host.stop_docker();
    lacks(&there, HostErrorKind::DaemonStopped, &["does not run", "sudo systemctl start docker"]);

    // One that comes up while it is waited for.
    let (done, said) = std::thread::scope(|threads| {
        let waiting = threads.spawn(|| wait(&there, SOON));
        host.start_docker();
        waiting.join().expect("it ends")
    });
    assert!(done.is_ok(), "{done:?} {said:?}");

    host.lose("docker");
    lacks(&there, HostErrorKind::NoDocker, &["has no Docker", ".ensure_docker()"]);
}

#[test]
fn a_full_disk_is_said_before_anything_is_sent() {
    if !available() {
        return;
    }
    let host = TestHost::with(Docker::Running, "64m");
    host.fill_disk();
    lacks(&host.destination(), HostErrorKind::DiskFull, &["is full", "docker system prune", "/var/lib/docker"]);
}

#[test]
fn docker_is_made_to_run_where_that_is_asked_for() {
    if !available() {
        return;
    }
    let host = TestHost::new();
    // A package manager that notes what it is asked for, and brings back what was there.
    host.does("mkdir /run/package; cp $(command -v docker) /run/package/docker");
    host.lose("docker");
    host.install(
        "apt-get",
        "echo \"$@\" >>/run/asked\ncase \"$*\" in *install*) cp /run/package/docker /usr/local/bin/docker ;; esac",
    );
    lacks(&host.destination(), HostErrorKind::NoDocker, &["has no Docker"]);
    let wanted = Readiness { ensure_docker: true, ..SOON };
    let (done, said) = wait(&host.destination(), wanted);
    assert!(done.is_ok(), "{done:?}");
    assert_eq!(said, ["docker: installing", "docker: ready"]);
    assert!(host.does("cat /run/asked").ends_with("install docker.io"));

    // Where it is there, nothing is done.
    let (done, said) = wait(&host.destination(), wanted);
    assert_eq!((done.is_ok(), said), (true, Vec::new()));

    // A user who may not use it is let in, which takes another login.
    host.does(&format!("echo '{SUDO}' | cc -x c - -o /usr/local/bin/sudo; chmod u+s /usr/local/bin/sudo"));
    let (done, said) = wait(&host.destination().user("ubuntu").expect("a user"), wanted);
    assert!(done.is_ok(), "{done:?}");
    assert_eq!(said, ["docker: adding ubuntu to the group docker", "docker: ready"]);
}

#[test]
fn a_host_that_boots_is_waited_for() {
    if !available() {
        return;
    }
    let host = TestHost::new();
    let there = host.destination();
    host.stop_sshd();
    let (done, said) = std::thread::scope(|threads| {
        let waiting = threads.spawn(|| wait(&there, Readiness { fresh: true, ..SOON }));
        // sshd comes up late, first with a key that nobody knows, then with the one that user data brings.
        host.does("cp /run/host/host_key /run/host/given; sleep 1");
        host.change_host_key();
        host.does("sleep 3; cp /run/host/given /run/host/host_key");
        host.stop_sshd();
        host.start_sshd();
        waiting.join().expect("it ends")
    });
    assert!(done.is_ok(), "{done:?} {said:?}");
    assert!(said[0].contains("refuses connections"), "{said:?}");
    assert!(said.iter().any(|line| line.contains("has changed")), "{said:?}");
    assert_eq!(host.does("grep -c Accepted /run/host/sshd.log"), "1");

    // One that was there before is given no time to prove itself.
    host.change_host_key();
    let (done, said) = wait(&there, SOON);
    assert!(matches!(done, Err(HostError::Ssh(ref error)) if error.kind == SshErrorKind::ChangedHostKey), "{done:?}");
    assert_eq!(said, [""; 0]);
}

#[test]
fn one_that_does_not_come_up_is_given_up() {
    if !available() {
        return;
    }
    let host = TestHost::with(Docker::Missing, "all");
    let there = host.destination().port(2222);
    let (done, said) = wait(&there, Readiness { limit: Duration::from_secs(3), ..SOON });
    let error = done.expect_err("nothing listens there").to_string();
    assert!(error.starts_with("after 3 s, ") && error.contains("refuses connections"), "{error}");
    assert_eq!(said.len(), 1, "{said:?}");
}

#[test]
fn the_first_boot_is_waited_for_and_its_failure_told() {
    if !available() {
        return;
    }
    let host = TestHost::new();
    host.install("cloud-init", "exec sleep 60");
    lacks(&host.destination(), HostErrorKind::Boot, &["was not done after 4 s", "cloud-init status"]);

    host.install("cloud-init", "printf '...\\nstatus: error\\ndetail: scripts-user\\n'; exit 1");
    host.does("echo 'E: no such package' >/var/log/cloud-init-output.log");
    let (done, said) = wait(&host.destination(), SOON);
    assert!(done.is_ok(), "Docker works all the same: {done:?}");
    assert!(said[0].contains("status: error") && said[0].contains("E: no such package"), "{said:?}");

    host.stop_docker();
    let says = ["does not run", "the first boot went wrong", "E: no such package"];
    lacks(&host.destination(), HostErrorKind::DaemonStopped, &says);
}

#[test]
fn a_user_who_may_use_docker_since_the_login() {
    if !available() {
        return;
    }
    let (host, folder) = (TestHost::new(), folder());
    let connections = connections(folder.path());
    let connection = connections.to(&host.destination().user("ubuntu").expect("a user"));
    block_on(async {
        connection.open().await.expect("it lets us in");
        host.does("usermod --append --groups docker ubuntu");
        ready(&connection, &SystemClock::new(), SOON, &|_| ()).await.expect("groups are looked up anew");
    });
}
