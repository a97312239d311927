//! What `ssh` wrote before it gave up, taken apart: why, and which host keys were offered and expected.

use std::path::PathBuf;

use super::error::SshErrorKind;
use super::fingerprint::fingerprint;

/// Phrases of OpenSSH, the telling ones first, and what each means.
const PHRASES: [(&str, SshErrorKind); 22] = [
    ("REMOTE HOST IDENTIFICATION HAS CHANGED", SshErrorKind::ChangedHostKey),
    ("has changed and you have requested strict checking", SshErrorKind::ChangedHostKey),
    ("host key is known for", SshErrorKind::UnknownHostKey),
    ("Host key verification failed", SshErrorKind::UnknownHostKey),
    ("no matching host key type found", SshErrorKind::UnknownHostKey),
    ("Could not resolve hostname", SshErrorKind::Unresolved),
    ("Permission denied (", SshErrorKind::PermissionDenied),
    ("Too many authentication failures", SshErrorKind::PermissionDenied),
    ("Bad configuration option", SshErrorKind::Configuration),
    ("bad configuration options", SshErrorKind::Configuration),
    ("Bad owner or permissions", SshErrorKind::Configuration),
    ("Connection refused", SshErrorKind::Refused),
    ("No route to host", SshErrorKind::NoRoute),
    ("Network is unreachable", SshErrorKind::NoRoute),
    ("during banner exchange", SshErrorKind::TimedOut),
    ("Connection timed out", SshErrorKind::TimedOut),
    ("Operation timed out", SshErrorKind::TimedOut),
    ("kex_exchange_identification", SshErrorKind::Closed),
    ("banner line contains invalid characters", SshErrorKind::Closed),
    ("Connection closed by", SshErrorKind::Closed),
    ("Connection reset by", SshErrorKind::Closed),
    ("stdio forwarding failed", SshErrorKind::Closed),
];

/// Why `ssh` gave up.
pub(super) fn kind(log: &str) -> SshErrorKind {
    let known = PHRASES.iter().find(|(phrase, _)| log.contains(phrase));
    known.map_or(SshErrorKind::Other, |(_, kind)| *kind)
}

/// What `ssh` wrote, without the lines that only a developer of it reads, on one line.
pub(super) fn said(log: &str) -> String {
    let lines = log.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("debug"));
    lines.map(|line| line.strip_prefix("ssh: ").unwrap_or(line)).collect::<Vec<_>>().join("; ")
}

/// The key that the host offered, as `ED25519 SHA256:…`.
pub(super) fn offered(log: &str) -> Option<String> {
    let warned = log.split_once("The fingerprint for the ").and_then(|(_, rest)| {
        let (algorithm, rest) = rest.split_once(" key sent by the remote host is")?;
        Some(format!("{algorithm} {}", rest.split_whitespace().next()?.trim_end_matches('.')))
    });
    warned.or_else(|| {
        let (_, rest) = log.split_once("Server host key: ")?;
        Some(rest.lines().next()?.trim().to_owned())
    })
}

/// The file and the line in it that hold the key which the host should have had.
pub(super) fn offending(log: &str) -> Option<(PathBuf, usize)> {
    let line = log.lines().find(|line| line.starts_with("Offending ") && line.contains(" key in "))?;
    let (file, number) = line.split_once(" key in ")?.1.trim().rsplit_once(':')?;
    Some((file.into(), number.parse().ok()?))
}

/// The key on a line of a `known_hosts` file, as `ssh-ed25519 SHA256:…`.
pub(super) fn expected(known_hosts: &str, number: usize) -> Option<String> {
    let line = known_hosts.lines().nth(number.checked_sub(1)?)?;
    let words = line.split_whitespace().skip_while(|word| word.starts_with('@')).skip(1);
    let [algorithm, encoded] = words.take(2).collect::<Vec<_>>().try_into().ok()?;
    Some(format!("{algorithm} {}", fingerprint(encoded)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGED: &str = "\
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r
The fingerprint for the ED25519 key sent by the remote host is\r
SHA256:Qm3vFOk1pzRC8RoO8BqfpHyvKy1GTWeVYnOOkNB0AFk.\r
Offending ED25519 key in /home/me/.ssh/known_hosts:7\r
Host key for 10.0.0.5 has changed and you have requested strict checking.\r
Host key verification failed.\r
";

    #[test]
    fn why_ssh_gave_up() {
        let cases = [
            ("Could not resolve hostname web: Name or service not known", SshErrorKind::Unresolved),
            ("connect to host 10.0.0.5 port 22: Connection refused", SshErrorKind::Refused),
            ("connect to host 10.0.0.5 port 22: No route to host", SshErrorKind::NoRoute),
            ("connect to host 10.0.0.5 port 22: Connection timed out", SshErrorKind::TimedOut),
            ("Connection timed out during banner exchange", SshErrorKind::TimedOut),
            ("kex_exchange_identification: Connection closed by remote host", SshErrorKind::Closed),
            ("root@10.0.0.5: Permission denied (publickey).", SshErrorKind::PermissionDenied),
            (
                "No ED25519 host key is known for h and you have requested strict checking.",
                SshErrorKind::UnknownHostKey,
            ),
            (CHANGED, SshErrorKind::ChangedHostKey),
            ("/c: line 1: Bad configuration option: nonsense", SshErrorKind::Configuration),
            ("something new", SshErrorKind::Other),
        ];
        for (log, expect) in cases {
            assert_eq!(kind(log), expect, "{log}");
        }
    }

    #[test]
    fn both_keys_of_a_changed_one() {
        assert_eq!(offered(CHANGED).as_deref(), Some("ED25519 SHA256:Qm3vFOk1pzRC8RoO8BqfpHyvKy1GTWeVYnOOkNB0AFk"));
        assert_eq!(offending(CHANGED), Some(("/home/me/.ssh/known_hosts".into(), 7)));
        let unknown = "debug1: Server host key: ssh-ed25519 SHA256:abc\r\nHost key verification failed.\r\n";
        assert_eq!((offered(unknown).as_deref(), offending(unknown)), (Some("ssh-ed25519 SHA256:abc"), None));
        assert_eq!(said(unknown), "Host key verification failed.");
    }

    #[test]
    fn the_key_on_a_line() {
        let file = "# team\n@cert-authority h ssh-ed25519 AAAA\nh ssh-ed25519 AAAA\nh\n";
        assert!(expected(file, 3).is_some_and(|key| key.starts_with("ssh-ed25519 SHA256:")));
        assert_eq!(expected(file, 2), expected(file, 3));
        assert_eq!([0, 1, 4, 9].map(|number| expected(file, number)), [const { None }; 4]);
    }
}
