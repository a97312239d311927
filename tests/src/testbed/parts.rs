//! What the hosts are made of, and whether this machine has it.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The packages of Debian that have all the programs.
const PACKAGES: &str = "docker.io iptables openssh-server openssh-client iproute2 busybox-static";

const PROGRAMS: [&str; 9] =
    ["unshare", "nsenter", "ip", "iptables", "dockerd", "docker", "ssh", "ssh-keygen", "busybox"];

/// What faithful hosts take beyond that.
const FAITHFUL_PACKAGES: &str = "systemd-container mmdebstrap ca-certificates";

const FAITHFUL_PROGRAMS: [&str; 2] = ["systemd-nspawn", "mmdebstrap"];

/// Whether hosts can be made here. Where they cannot, that is said out loud; with `IRONWRIGHT_REQUIRE_TOOLS` set, as in CI, it
/// is a failure.
pub fn available() -> bool {
    told(missing().as_deref())
}

/// The same for [faithful hosts](super::FaithfulHost).
pub fn faithful_available() -> bool {
    told(missing().or_else(missing_faithful).as_deref())
}

pub(super) fn told(missing: Option<&str>) -> bool {
    if let Some(missing) = missing {
        let required = std::env::var_os("IRONWRIGHT_REQUIRE_TOOLS").is_some();
        assert!(!required, "no hosts for tests: {missing}");
        println!("skipped: no hosts for tests: {missing}");
    }
    missing.is_none()
}

fn lacks(program: &&str) -> bool {
    path_of(program).is_none()
}

/// Where a program of this machine is.
pub(super) fn path_of(program: &str) -> Option<PathBuf> {
    let found = Command::new("sh").args(["-c", "command -v \"$1\"", "sh", program]).output().ok()?;
    found.status.success().then(|| String::from_utf8_lossy(&found.stdout).trim_end().into())
}

fn missing_faithful() -> Option<String> {
    let lacking: Vec<&str> = FAITHFUL_PROGRAMS.into_iter().filter(lacks).collect();
    (!lacking.is_empty()).then(|| format!("no {}: apt-get install {FAITHFUL_PACKAGES}", lacking.join(", ")))
}

fn missing() -> Option<String> {
    if !is_root() {
        return Some("they take root".to_owned());
    }
    let mut lacking: Vec<&str> = PROGRAMS.into_iter().filter(lacks).collect();
    if !Path::new("/usr/sbin/sshd").exists() {
        lacking.push("sshd");
    }
    if !lacking.is_empty() {
        return Some(format!("no {}: apt-get install {PACKAGES}", lacking.join(", ")));
    }
    let namespaces = succeeds(Command::new("unshare").args(["--net", "--mount", "--pid", "--fork", "true"]));
    (!namespaces).then(|| "this machine gives no namespaces".to_owned())
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn succeeds(command: &mut Command) -> bool {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
