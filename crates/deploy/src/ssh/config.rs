//! The configuration that `ssh` is given: what must hold, and after it what the user has configured.

use std::fmt::Write as _;
use std::path::Path;

use super::destination::{Destination, HostKeys, Identity};

/// The files that the configuration names.
pub(super) struct Files<'a> {
    /// The host keys that are given in the program, each under its [`alias`].
    pub(super) pinned: &'a Path,
    /// The private keys that are given in the program, for the host and those it is reached through.
    pub(super) keys: &'a [Option<&'a Path>],
}

/// The name that a host whose key is given has in the `known_hosts` file of the run: the one at the end of the way is 0.
pub(super) fn alias(way: usize) -> String {
    format!("ironwright-host-{way}")
}

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

/// The configuration to reach `destination`.
pub(super) fn text(destination: &Destination, files: &Files<'_>, detail: Detail) -> String {
    let mut text = String::new();
    for (number, way) in destination.ways().enumerate() {
        host(&mut text, way, number, files);
    }
    text.push_str(ALWAYS);
    let level = if detail == Detail::Offers { "DEBUG1" } else { "INFO" };
    let _ = writeln!(text, "  LogLevel {level}");
    line(&mut text, "Include", &destination.configuration);
    text.push_str("  Include /etc/ssh/ssh_config\n");
    text
}

/// What is said of one host on the way.
fn host(text: &mut String, way: &Destination, number: usize, files: &Files<'_>) {
    let _ = writeln!(text, "Host {}\n  ClearAllForwardings yes", way.host);
    if let Some(user) = &way.user {
        let _ = writeln!(text, "  User {user}");
    }
    if let Some(port) = way.port {
        let _ = writeln!(text, "  Port {port}");
    }
    if let Some(jump) = &way.jump {
        let _ = writeln!(text, "  ProxyJump {}", jump.host);
    }
    let key = match &way.identity {
        Identity::Usual => None,
        Identity::File(file) => Some(file.as_path()),
        Identity::Key(_) => files.keys.get(number).copied().flatten(),
    };
    if let Some(key) = key {
        text.push_str("  IdentitiesOnly yes\n");
        line(text, "IdentityFile", key);
    }
    match &way.host_keys {
        HostKeys::Known => (),
        HostKeys::KnownIn(file) => line(text, "UserKnownHostsFile", file),
        HostKeys::Pinned(_) => {
            let _ = writeln!(text, "  HostKeyAlias {}\n  GlobalKnownHostsFile none", alias(number));
            line(text, "UserKnownHostsFile", files.pinned);
        }
    }
}

fn line(text: &mut String, keyword: &str, path: &Path) {
    let path = path.to_string_lossy().replace('%', "%%").replace('\\', r"\\").replace('"', "\\\"");
    let _ = writeln!(text, "  {keyword} \"{path}\"");
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::process::Command;

    use ironwright_core::secret::SecretText;

    use super::*;

    fn destination() -> Destination {
        Destination::new("10.0.0.5").expect("a host").configuration("/nowhere/config")
    }

    fn files(pinned: &str) -> Files<'_> {
        Files { pinned: Path::new(pinned), keys: &[] }
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
        let text = text(&destination().configuration(&users), &files("/run/pins"), Detail::Usual);
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
        let text = text(&there, &files("/run/a \"b\"/pins"), Detail::Offers);
        let host = effective(&text, "10.0.0.5");
        check(&host, "hostkeyalias ironwright-host-0");
        check(&host, "globalknownhostsfile none");
        check(&host, "userknownhostsfile /run/a \"b\"/pins");
        check(&host, "loglevel DEBUG");
        assert!(!effective(&text, "bastion").contains("ironwright-host"));
    }

    #[test]
    fn every_host_on_the_way_has_its_own() {
        let far = Destination::new("bastion").expect("a host").identity(Identity::Key(SecretText::new("k")));
        let far = far.user("jumper").expect("a user").port(2200);
        let there = destination().identity(Identity::File("~/.ssh/deploy".into())).user("ubuntu").expect("a user");
        let there = there.jump(far).expect("another host");
        let files = Files { pinned: Path::new("/p"), keys: &[None, Some(Path::new("/run/key"))] };
        let text = text(&there, &files, Detail::Usual);
        let (host, jump) = (effective(&text, "10.0.0.5"), effective(&text, "bastion"));
        for line in ["user ubuntu", "port 22", "proxyjump bastion", "identityfile ~/.ssh/deploy", "identitiesonly yes"]
        {
            check(&host, line);
        }
        for line in ["user jumper", "port 2200", "identityfile /run/key", "identitiesonly yes"] {
            check(&jump, line);
        }
        assert!(!jump.contains("proxyjump"));
    }

    #[test]
    fn a_file_of_known_hosts_in_place_of_the_usual_one() {
        let there = destination().host_keys(HostKeys::KnownIn("/etc/team_hosts".into()));
        check(&effective(&text(&there, &files("/p"), Detail::Usual), "10.0.0.5"), "userknownhostsfile /etc/team_hosts");
    }
}
