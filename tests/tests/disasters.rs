//! What a disk does to a run: it is full, or the state's folder cannot be written to any more. On Linux, whose tools can
//! bring that about; where the system forbids it, the test says that it was skipped.
#![cfg(target_os = "linux")]

use std::fs::{self, Permissions};
use std::io::{BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use ironwright_tests::{Ran, Sandbox, wait_for_progress};

fn sandbox(test: &str) -> Sandbox {
    Sandbox::new(env!("CARGO_TARGET_TMPDIR"), test, env!("CARGO_BIN_EXE_sample"))
}

/// Says so even where the test harness keeps what passing tests print.
fn skipped(why: &str) {
    writeln!(std::io::stderr(), "\n*** SKIPPED: {why}").expect("stderr is open");
}

/// On a disk of `$1` bytes, of which `$2` are taken: an apply, another when there is room, and a plan. The cloud is on
/// another disk. Prints how each ends, and then what is live.
const ON_A_SMALL_DISK: &str = r#"
    mount -t tmpfs -o "size=$1" tmpfs small
    head -c "$2" /dev/zero > small/taken
    mkdir -p small/sample/dev cloud
    ln -s "$PWD/cloud" small/sample/dev/cloud
    "$3" apply --yes --state small --var copies=20; echo "full: $?"
    rm small/taken
    mount -o remount,size=64m small
    "$3" apply --yes --state small --var copies=20; echo "room: $?"
    "$3" plan --detailed-exitcode --state small --var copies=20; echo "plan: $?"
    "$3" state list --state small
"#;

/// A namespace in which this user may mount, if there is one.
fn mounting() -> Option<&'static str> {
    let works = |flags: &&str| {
        let probe = Command::new("unshare").args([flags, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).output();
        probe.is_ok_and(|output| output.status.success())
    };
    ["--mount", "-rm"].into_iter().find(works)
}

#[test]
fn a_full_disk_breaks_the_run_off_and_with_room_it_goes_on() {
    const PAGE: u32 = 4096;
    let Some(flags) = mounting() else {
        return skipped("nothing may be mounted here, so no disk was filled");
    };
    let mut codes = Vec::new();
    // At first there is no room at all, then for ever more, until it suffices.
    for (pages, taken) in std::iter::once((1, 1)).chain((1..).step_by(3).map(|pages| (pages, 0))) {
        let sandbox = sandbox("full-disk");
        fs::create_dir(sandbox.folder().join("small")).expect("the target folder is writable");
        let mut command = Command::new("unshare");
        command.args([flags, "sh", "-uc", ON_A_SMALL_DISK, "sh"]).current_dir(sandbox.folder());
        command.args([(pages * PAGE).to_string(), (taken * PAGE).to_string()]).arg(env!("CARGO_BIN_EXE_sample"));
        let ran = Ran::from(command.output().expect("unshare has just run")).ended(0).says("room: 0").says("plan: 0");
        let listed = ran.stdout.lines().filter(|line| line.starts_with("web/") && !line.contains(": ")).count();
        assert_eq!(listed, 22, "nothing is there twice, nothing is lost: {}", ran.stdout);
        let code = ran.stdout.lines().find_map(|line| line.strip_prefix("full: ")?.parse::<u8>().ok());
        if code == Some(0) {
            break;
        }
        ran.complains("the disk is full").complains("free some space");
        codes.extend(code);
    }
    // Where not even the lock can be written nothing is done; later the run is broken off in the middle.
    let expected = codes.starts_with(&[1]) && codes.ends_with(&[5]) && codes.iter().all(|code| [1, 5].contains(code));
    assert!(expected && codes.len() > 3, "{codes:?}");
}

/// What makes the modes of files bind a program: nothing for a plain user; for root, to take that privilege away.
fn bound_by_modes(scratch: &Path) -> &'static str {
    fs::create_dir_all(scratch)
        .and_then(|()| fs::set_permissions(scratch, Permissions::from_mode(0o500)))
        .expect("ours");
    match fs::write(scratch.join("probe"), "") {
        Err(_) => "",
        Ok(()) => "setpriv --bounding-set=-dac_override",
    }
}

#[test]
fn a_state_folder_made_read_only_in_mid_run_loses_nothing() {
    const MANY: &str = "apply --yes --var copies=800";
    let sandbox = sandbox("read-only");
    let wrapper = bound_by_modes(&sandbox.folder().join("scratch"));
    let mut command = sandbox.command_under(wrapper, MANY);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it can be started");
    let mut output = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
    wait_for_progress(&mut output);
    let folder = sandbox.folder().join(".ironwright/sample/dev");
    fs::set_permissions(&folder, Permissions::from_mode(0o500)).expect("ours");
    std::io::copy(&mut output, &mut std::io::sink()).expect("it prints to its end");
    let ran = Ran::from(child.wait_with_output().expect("it ends")).ended(5);
    ran.complains("the state cannot be written").complains("state.json").complains("make the folder writable");
    let refused = Ran::from(sandbox.command_under(wrapper, MANY).output().expect("it can be started")).ended(5);
    refused.complains("the state cannot be written");
    fs::set_permissions(&folder, Permissions::from_mode(0o700)).expect("ours");
    assert_eq!(sandbox.run("state list").ended(0).stdout.lines().count(), 802, "the journal has it all");
    sandbox.run(MANY).ended(0);
    sandbox.run("plan --detailed-exitcode --var copies=800").ended(0);
}
