//! The configuration that `ssh` is given: what must hold, and after it what the user has configured.

use std::fmt::Write as _;
use std::path::Path;

use super::destination::{Destination, HostKeys};

/// The name that a host with a key of its own has in the `known_hosts` file of the run.
pub(super) const ALIAS: &str = "ironwright-host";

/// What holds for the host and for every jump host on the way, whatever the user's configuration says: the first to say
/// something is believed.
const ALWAYS: &str = "\
Host *
  StrictHostKeyChecking yes
  BatchMode yes
  UpdateHostKeys no
  ServerAliveInterval 5
  ServerAliveCountMax 3
  ConnectionAttempts 1
  ForwardAgent no
  ForwardX11 no
  PermitLocalCommand no
  RemoteCommand none
  VisualHostKey no
";

/// How much `ssh` says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// What went wrong.
    Usual,
    /// What the host offered too.
    Offers,
}

/// The configuration to reach `destination`, whose pinned keys are in the file `pinned`.
pub(super) fn text(destination: &Destination, pinned: &Path, detail: Detail) -> String {
    let mut text = format!("Host {}\n  ClearAllForwardings yes\n", destination.host);
    match &destination.host_keys {
        HostKeys::Known => (),
        HostKeys::KnownIn(file) => line(&mut text, "UserKnownHostsFile", file),
        HostKeys::Pinned(_) => {
            let _ = writeln!(text, "  HostKeyAlias {ALIAS}\n  GlobalKnownHostsFile none");
            line(&mut text, "UserKnownHostsFile", pinned);
        }
    }
    text.push_str(ALWAYS);
    let level = if detail == Detail::Offers { "DEBUG1" } else { "INFO" };
    let _ = writeln!(text, "  LogLevel {level}");
    line(&mut text, "Include", &destination.configuration);
    text.push_str("  Include /etc/ssh/ssh_config\n");
    text
}

fn line(text: &mut String, keyword: &str, path: &Path) {
    let path = path.to_string_lossy().replace('\\', r"\\").replace('"', "\\\"");
    let _ = writeln!(text, "  {keyword} \"{path}\"");
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::process::Command;

    use super::*;

    fn destination() -> Destination {
        Destination::new("10.0.0.5").expect("a host").configuration("/nowhere/config")
    }

    /// What `ssh` makes of the configuration `text` for `host`.
    fn effective(text: &str, host: &str) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config");
        std::fs::write(&file, text).expect("a file");
        let output = Command::new("ssh").arg("-G").arg("-F").arg(file).arg(host).output().expect("ssh");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    #[track_caller]
    fn check(effective: &str, line: &str) {
        assert!(effective.lines().any(|found| found == line), "no {line:?} in:\n{effective}");
    }

    #[test]
    fn the_user_configures_the_way_and_never_the_check() {
        let folder = tempfile::tempdir().expect("a folder");
        let users: PathBuf = folder.path().join("my config");
        let own = "Host *\n  StrictHostKeyChecking no\n  User ubuntu\n  LocalForward 1 a:1\nHost 10.0.0.5\n  ProxyJump bastion\n";
        std::fs::write(&users, own).expect("a file");
        let text = text(&destination().configuration(&users), Path::new("/run/pins"), Detail::Usual);
        for host in ["10.0.0.5", "bastion"] {
            let effective = effective(&text, host);
            check(&effective, "stricthostkeychecking true");
            check(&effective, "batchmode yes");
            check(&effective, "user ubuntu");
        }
        check(&effective(&text, "10.0.0.5"), "proxyjump bastion");
        check(&effective(&text, "10.0.0.5"), "clearallforwardings yes");
    }

    #[test]
    fn a_pinned_key_is_the_only_one_and_for_its_host_alone() {
        let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG1pbmUgaXMgbm90IGEgcmVhbCBrZXkgYXQgYWxsLi4u".parse();
        let there = destination().host_keys(HostKeys::Pinned(vec![key.expect("a key")]));
        let text = text(&there, Path::new("/run/a \"b\"/pins"), Detail::Offers);
        let host = effective(&text, "10.0.0.5");
        check(&host, "hostkeyalias ironwright-host");
        check(&host, "globalknownhostsfile none");
        check(&host, "userknownhostsfile /run/a \"b\"/pins");
        check(&host, "loglevel DEBUG");
        assert!(!effective(&text, "bastion").contains("ironwright-host"));
    }

    #[test]
    fn a_file_of_known_hosts_in_place_of_the_usual_one() {
        let there = destination().host_keys(HostKeys::KnownIn("/etc/team_hosts".into()));
        check(
            &effective(&text(&there, Path::new("/p"), Detail::Usual), "10.0.0.5"),
            "userknownhostsfile /etc/team_hosts",
        );
    }
}
