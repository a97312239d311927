//! A container on a machine that is there already, by the command line alone: what a plan says of it, drift and its mending,
//! a change, a machine that is off, and the end of it.

use ironwright_tests::testbed::{Load, TestHost, available};

use crate::shipper::Shipper;

#[track_caller]
fn answers(shipper: &Shipper, says: &str) {
    let load = Load::on(shipper.server(), 0, 1);
    load.goes_on(1);
    assert_eq!(load.end().without_failure().answers, [says]);
}

/// Whether a plan has changes.
#[track_caller]
fn is_changed(shipper: &Shipper) -> bool {
    let ran = shipper.run("plan --detailed-exitcode");
    assert!(matches!(ran.code, 0 | 2), "{}{}", ran.stdout, ran.stderr);
    ran.code == 2
}

#[test]
fn from_the_first_apply_to_the_destroy() {
    if !available() {
        return;
    }
    let mut shipper = Shipper::new("end-to-end", TestHost::new()).with_image();
    let first = shipper.apply("v1").ended(0);
    let first = first.says("Target: hosts (machines that are there already, over SSH; no cloud), stage dev");
    let address = shipper.host.address();
    let first = first.says(&format!("web/app: {address}: ")).says("Apply complete! Resources: 2 added");
    first.says(&format!("http://{address}"));
    answers(&shipper, "v1");
    assert!(!is_changed(&shipper));

    // Stopped by hand: the plan tells, and an apply mends it.
    shipper.host.does("docker ps --quiet --filter label=ironwright.address=web/app | xargs docker stop --time 1");
    shipper.run("plan").ended(0).says("web/app will be updated").says("Hosts");
    shipper.run("refresh").ended(0).says("web/app");
    shipper.apply("v1").ended(0).says("1 changed");
    answers(&shipper, "v1");
    assert!(!is_changed(&shipper));

    // Removed by hand: it is made anew.
    shipper.host.does("docker ps --all --quiet --filter label=ironwright.address=web/app | xargs docker rm --force");
    shipper.run("plan").ended(0).says("web/app will be created");
    shipper.apply("v1").ended(0).says("1 added");
    answers(&shipper, "v1");

    shipper.apply("v2").ended(0).says("1 changed");
    answers(&shipper, "v2");
    assert!(!is_changed(&shipper));

    // Nobody can ask: what the state has is believed, and nothing is made anew. A change fails and changes nothing.
    shipper.host.stop_sshd();
    let blind = shipper.run("plan").ended(0).says("No changes.");
    blind.says("web/app: cannot be read now").says("what the state has of it is believed");
    shipper.run("plan --json").ended(0).says(r#"{"type":"unread","address":"web/app","code":"ConnectionRefused""#);
    shipper.sets("wait", "1".to_owned());
    let refused = shipper.apply("v3");
    assert_ne!(refused.code, 0, "{}", refused.stdout);
    let complaint = refused.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(complaint.contains("refuses connections") && complaint.contains("nothing was changed"), "{complaint}");
    answers(&shipper, "v2");
    let left = shipper.run("destroy --yes");
    assert_ne!(left.code, 0, "{}", left.stdout);
    let complaint = left.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(complaint.contains("type `state rm web/app`"), "{complaint}");
    shipper.host.start_sshd();
    shipper.sets("wait", "60".to_owned());
    answers(&shipper, "v2");

    shipper.run("destroy --yes").ended(0).says("Destroy complete!");
    assert_eq!(shipper.containers(), [""; 0]);
    assert!(is_changed(&shipper));
}

#[test]
fn a_machine_that_is_gone_for_good_is_left_behind() {
    if !available() {
        return;
    }
    let mut shipper = Shipper::new("gone", TestHost::new()).with_image();
    shipper.apply("v1").ended(0);
    let gone = shipper.moves_to(TestHost::new());
    gone.stop_sshd();
    shipper.apply("v1").ended(0).says(&format!("whatever of it is on {} is left there", gone.address()));
    answers(&shipper, "v1");
    assert!(!is_changed(&shipper));
}

#[test]
fn what_has_moved_in_the_program_stays_where_it_is() {
    if !available() {
        return;
    }
    let mut shipper = Shipper::new("moved", TestHost::new()).with_image();
    shipper.apply("v1").ended(0);
    let before = shipper.containers();
    shipper.sets("resource", "front".to_owned());
    shipper.apply("v1").ended(0).says("0 added, 0 changed, 0 destroyed");
    assert!(!is_changed(&shipper));
    assert_eq!(shipper.containers(), before);
    shipper.run("status web/front").ended(0).says("healthy");
    shipper.apply("v2").ended(0).says("1 changed");
    answers(&shipper, "v2");
    assert!(shipper.running().is_empty(), "the first release: {:?}", shipper.running());
    shipper.run("destroy --yes").ended(0);
    assert_eq!(shipper.host.does("docker ps --all --quiet"), "");
}

#[test]
fn a_release_that_a_lost_state_has_forgotten_goes_on_when_the_next_fails() {
    if !available() {
        return;
    }
    let mut shipper = Shipper::new("forgotten", TestHost::new()).with_image();
    shipper.apply("v1").ended(0);
    shipper.loses_its_state();
    shipper.sets("command", "exit 3".to_owned());
    let failed = shipper.apply("v2");
    assert_ne!(failed.code, 0, "{}", failed.stdout);
    answers(&shipper, "v1");
    shipper.sets(
        "command",
        "trap 'exit 0' TERM; echo \"$SAYS\" >/tmp/index.html; httpd -f -p 8000 -h /tmp & wait".to_owned(),
    );
    shipper.apply("v3").ended(0);
    answers(&shipper, "v3");
    assert_eq!(shipper.running().len(), 1, "{:?}", shipper.containers());
}
