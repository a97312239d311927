//! What the hosts are made of, and whether this machine has it.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// The packages of Debian that have all the programs.
const PACKAGES: &str = "docker.io iptables openssh-server openssh-client iproute2 busybox-static";

const PROGRAMS: [&str; 9] =
    ["unshare", "nsenter", "ip", "iptables", "dockerd", "docker", "ssh", "ssh-keygen", "busybox"];

/// Whether hosts can be made here. Where they cannot, that is said out loud; with `IRONWRIGHT_REQUIRE_TOOLS` set, as in CI, it
/// is a failure.
pub fn available() -> bool {
    let missing = missing();
    if let Some(missing) = &missing {
        let required = std::env::var_os("IRONWRIGHT_REQUIRE_TOOLS").is_some();
        assert!(!required, "no hosts for tests: {missing}");
        println!("skipped: no hosts for tests: {missing}");
    }
    missing.is_none()
}

fn missing() -> Option<String> {
    if !is_root() {
        return Some("they take root".to_owned());
    }
    let lacks = |program: &&str| !succeeds(Command::new("sh").args(["-c", "command -v \"$1\"", "sh", program]));
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
