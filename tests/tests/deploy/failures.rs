//! What goes wrong between the machine that deploys and the host, each through the command line, with its message: what runs
//! goes on, and the same command mends it when the cause is gone.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use ironwright_tests::Ran;
use ironwright_tests::testbed::{Docker, Load, TestHost, available, caddy_available};

use crate::shipper::Shipper;

/// A program that is deployed, without an edge.
fn deployed(test: &str, disk: &str) -> Option<Shipper> {
    if !available() {
        return None;
    }
    let mut shipper = Shipper::new(test, TestHost::with(Docker::Running, disk)).with_image();
    shipper.apply("v1").ended(0);
    serves(&shipper, "v1");
    Some(shipper)
}

#[track_caller]
fn serves(shipper: &Shipper, says: &str) {
    let load = Load::on(shipper.server(), 0, 1);
    load.goes_on(1);
    let figures = load.end();
    assert_eq!(figures.without_failure().answers, [says]);
}

/// The change to `v2` is refused with all of `words`, `v1` goes on serving, and the plan is still to change it.
#[track_caller]
fn is_refused(shipper: &mut Shipper, words: &[&str]) -> Ran {
    let mut ran = shipper.apply("v2");
    assert_ne!(ran.code, 0, "{}", ran.stdout);
    // Lines are broken where a terminal would.
    ran.stderr = ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words.iter().chain(&["web/app"]) {
        assert!(ran.stderr.contains(word), "no {word:?} in {}", ran.stderr);
    }
    ran
}

/// The same command does it.
#[track_caller]
fn is_mended(shipper: &mut Shipper) {
    shipper.apply("v2").ended(0);
    serves(shipper, "v2");
    shipper.run("plan --detailed-exitcode").ended(0);
    shipper.run("destroy --yes").ended(0);
}

#[test]
fn a_link_that_is_cut_in_the_middle_of_an_image() {
    if !available() || !caddy_available() {
        return;
    }
    let mut shipper = Shipper::new("cut", TestHost::new()).with_image().with_edge();
    shipper.apply("v1").ended(0);
    let load = Load::on(shipper.server(), 1, 0);
    load.goes_on(1);
    let before = load.end();
    before.without_failure();

    shipper = shipper.with_noise(300);
    shipper.sets("says", "v2".to_owned());
    let sent = shipper.host.sent();
    let mut apply = shipper.command("apply --yes").stdout(Stdio::piped()).spawn().expect("it was built");
    let (mut cut_at, mut said) = (None, String::new());
    for line in BufReader::new(apply.stdout.take().expect("a pipe")).lines().map_while(Result::ok) {
        if cut_at.is_none() && line.contains("%)") {
            shipper.host.cut();
            cut_at = Some(shipper.host.sent() - sent);
        } else if line.contains("trying again") {
            shipper.host.restore();
        }
        said = format!("{said}{line}\n");
    }
    assert!(apply.wait().is_ok_and(|status| status.success()), "{said}");
    let (cut_at, all) = (cut_at.expect("it was cut"), shipper.host.sent() - sent);
    assert!(said.contains("the connection was lost; trying again"), "{said}");
    assert!(cut_at > 1_000_000 && all < 360_000_000, "what was there was not sent again: {cut_at}, {all}\n{said}");
    serves(&shipper, "v2");
    println!("cut after {cut_at} bytes of an image of 300 MB, {all} bytes in all");
    shipper.run("destroy --yes").ended(0);
}

#[test]
fn a_disk_that_is_full() {
    let Some(mut shipper) = deployed("full", "96m") else { return };
    shipper.host.fill_disk();
    is_refused(&mut shipper, &["the disk of root@", "is full", "docker system prune"]);
    serves(&shipper, "v1");
    shipper.host.does("rm /var/lib/docker/full");
    is_mended(&mut shipper);
}

#[test]
fn a_host_key_that_has_changed() {
    let Some(mut shipper) = deployed("host-key", "all") else { return };
    let new = shipper.host.change_host_key();
    is_refused(&mut shipper, &["the host key of root@", "has changed: expected ssh-ed25519", "nothing was sent to it"]);
    serves(&shipper, "v1");
    shipper.sets("host_key", new.trim().to_owned());
    is_mended(&mut shipper);
}

#[test]
fn a_user_who_is_not_let_in() {
    let Some(mut shipper) = deployed("user", "all") else { return };
    shipper.sets("user", "nobody".to_owned());
    is_refused(&mut shipper, &["nobody@", "does not let us in with the key in", "Permission denied"]);
    serves(&shipper, "v1");
    shipper.sets("user", "root".to_owned());
    is_mended(&mut shipper);
}

#[test]
fn a_docker_that_was_stopped_in_between() {
    let Some(mut shipper) = deployed("stopped", "all") else { return };
    shipper.host.stop_docker();
    is_refused(&mut shipper, &["the Docker daemon of root@", "does not run", "sudo systemctl start docker"]);
    shipper.host.start_docker();
    is_mended(&mut shipper);
}

#[test]
fn a_host_that_is_off() {
    let Some(mut shipper) = deployed("off", "all") else { return };
    shipper.sets("wait", "1".to_owned());
    shipper.host.stop_sshd();
    is_refused(&mut shipper, &["root@", "refuses connections"]);
    serves(&shipper, "v1");
    shipper.sets("wait", "60".to_owned());
    shipper.host.start_sshd();
    is_mended(&mut shipper);
}
