//! What goes wrong on the way to a host: what happened, who was meant, and what to do about it.

use ironwright_engine::{ErrorKind, ProviderError};

use super::destination::{Destination, HostKeys, Identity};

/// A host could not be reached, or a connection to it was lost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}; {help}")]
pub struct SshError {
    /// What happened.
    pub kind: SshErrorKind,
    message: String,
    help: String,
}

/// What happened on the way to a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SshErrorKind {
    /// There is no `ssh` on this machine, or it cannot be run.
    NoClient,
    /// The SSH configuration is wrong.
    Configuration,
    /// The host's name has no address.
    Unresolved,
    /// No network leads to the host.
    NoRoute,
    /// Nothing listens on the host's port.
    Refused,
    /// The host does not answer.
    TimedOut,
    /// The host hung up before it said who it is, as one does that still boots.
    Closed,
    /// No key of the host is known.
    UnknownHostKey,
    /// The host has another key than it should.
    ChangedHostKey,
    /// The host knows the user or the key of the user not.
    PermissionDenied,
    /// The connection was lost while a command ran. Whether that did anything is not known.
    Cut,
    /// A command ran longer than it may. Whether it goes on is not known.
    Limit,
    /// The host does not forward the port.
    Forwarding,
    /// The command cannot be said: it holds a NUL byte.
    Command,
    /// A file of this run could not be written here.
    Local,
    /// Something that `ssh` has said and nobody here understands.
    Other,
}

impl SshErrorKind {
    /// Whether it may pass while a host boots or a network settles.
    pub fn may_pass(self) -> bool {
        matches!(self, Self::Unresolved | Self::NoRoute | Self::Refused | Self::TimedOut | Self::Closed)
    }

    fn code(self) -> &'static str {
        match self {
            Self::NoClient => "SshNotFound",
            Self::Configuration => "SshConfiguration",
            Self::Unresolved => "HostNameUnknown",
            Self::NoRoute | Self::TimedOut => "HostUnreachable",
            Self::Refused => "ConnectionRefused",
            Self::Closed => "ConnectionClosed",
            Self::UnknownHostKey => "HostKeyUnknown",
            Self::ChangedHostKey => "HostKeyChanged",
            Self::PermissionDenied => "PermissionDenied",
            Self::Cut => "ConnectionLost",
            Self::Limit => "TimeLimit",
            Self::Forwarding => "ForwardingRefused",
            Self::Command => "InvalidCommand",
            Self::Local => "LocalFile",
            Self::Other => "SshFailed",
        }
    }
}

impl SshError {
    pub(super) fn new(kind: SshErrorKind, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { kind, message: message.into(), help: help.into() }
    }

    /// A file or a program of this machine fails.
    pub(super) fn local(what: &str, error: &std::io::Error) -> Self {
        Self::new(SshErrorKind::Local, format!("{what}: {error}"), "check the disk and the permissions of this machine")
    }

    /// `ssh` could not be run here.
    pub(super) fn no_client(error: &std::io::Error) -> Self {
        let help = "install OpenSSH's client: `apt-get install openssh-client`";
        Self::new(SshErrorKind::NoClient, format!("`ssh` cannot be run: {error}"), help)
    }

    /// `destination` was not reached; `ssh` has said `said`.
    pub(crate) fn unreached(kind: SshErrorKind, destination: &Destination, said: &str) -> Self {
        let by_hand = destination.by_hand();
        let (message, help) = match kind {
            SshErrorKind::Unresolved => (
                format!("the host of {destination} has no address ({said})"),
                "check its name; an alias stands in ~/.ssh/config".to_owned(),
            ),
            SshErrorKind::Refused => (
                format!("{destination} refuses connections ({said})"),
                "its SSH server is not up, or listens on another port".to_owned(),
            ),
            SshErrorKind::NoRoute => (
                format!("no network leads to {destination} ({said})"),
                format!("check the address and the VPN, or name a jump host; try `{by_hand}`"),
            ),
            SshErrorKind::TimedOut => (
                format!("{destination} does not answer ({said})"),
                format!("check that it runs and that its firewall lets SSH in from here; try `{by_hand}`"),
            ),
            SshErrorKind::Closed => (
                format!("{destination} hung up ({said})"),
                "it may still be booting, or take no more connections; look at its SSH server's log".to_owned(),
            ),
            SshErrorKind::PermissionDenied => (
                format!("{destination} does not let us in with {} ({said})", credentials(&destination.identity)),
                wrong_user(destination),
            ),
            SshErrorKind::Configuration => {
                (format!("the SSH configuration for {destination} is wrong ({said})"), "mend it".to_owned())
            }
            _ => (format!("{destination} cannot be reached ({said})"), format!("try `{by_hand}`")),
        };
        Self::new(kind, message, help)
    }

    /// `destination` offers a key that nobody has vouched for.
    pub(super) fn unknown_key(destination: &Destination, offered: Option<&str>) -> Self {
        let offered = offered.unwrap_or("one that ssh does not show");
        Self::new(
            SshErrorKind::UnknownHostKey,
            format!("the host key of {destination} is not known; it offers {offered}"),
            format!(
                "compare that with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on the host's console, then give the \
                 key in the program, or take it into known_hosts with `{}`",
                destination.by_hand()
            ),
        )
    }

    /// `destination` offers another key than it should have.
    pub(super) fn changed_key(destination: &Destination, expected: &str, offered: Option<&str>, known: &str) -> Self {
        let offered = offered.unwrap_or("one that ssh does not show");
        let help = match destination.host_keys {
            HostKeys::Pinned(_) => "if the host was made anew, give its new key in the program".to_owned(),
            _ => format!("if the host was made anew, remove its old key ({known}) and take the new one into it"),
        };
        Self::new(
            SshErrorKind::ChangedHostKey,
            format!("the host key of {destination} has changed: expected {expected}, offered {offered}"),
            format!("this is another host, or somebody listens in: nothing was sent to it. {help}"),
        )
    }

    /// The error, which came `when`.
    pub(crate) fn after(mut self, when: &str) -> Self {
        self.message = format!("{when}, {}", self.message);
        self
    }

    /// What it means for the run, where the host was still to be reached or to do something.
    fn error_kind(&self) -> ErrorKind {
        match self.kind {
            kind if kind.may_pass() => ErrorKind::Unavailable,
            SshErrorKind::PermissionDenied => ErrorKind::Credentials,
            SshErrorKind::Cut | SshErrorKind::Limit => ErrorKind::OutcomeUnknown,
            _ => ErrorKind::Refused,
        }
    }
}

fn credentials(identity: &Identity) -> String {
    match identity {
        Identity::Usual => "the keys of the SSH agent and configuration".to_owned(),
        Identity::File(file) => format!("the key in {}", file.display()),
        Identity::Key(_) => "the key given in the program".to_owned(),
    }
}

fn wrong_user(destination: &Destination) -> String {
    let user = destination.user.as_deref().unwrap_or("the configured user");
    format!(
        "{user} may be the wrong user (Ubuntu: ubuntu, Debian: admin, Amazon Linux: ec2-user), or the public key is not in \
         its ~/.ssh/authorized_keys"
    )
}

impl From<SshError> for ProviderError {
    fn from(error: SshError) -> Self {
        Self::new(error.error_kind(), error.kind.code(), error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there() -> Destination {
        Destination::new("10.0.0.5").and_then(|there| there.user("root")).expect("a host").port(2222)
    }

    #[test]
    fn every_message_names_the_host_and_the_next_step() {
        let kinds = [
            SshErrorKind::Unresolved,
            SshErrorKind::Refused,
            SshErrorKind::NoRoute,
            SshErrorKind::TimedOut,
            SshErrorKind::Closed,
            SshErrorKind::PermissionDenied,
            SshErrorKind::Configuration,
            SshErrorKind::Other,
        ];
        for kind in kinds {
            let error = SshError::unreached(kind, &there(), "so said ssh").to_string();
            assert!(error.contains("root@10.0.0.5:2222") && error.contains("so said ssh"), "{error}");
        }
    }

    #[test]
    fn what_it_means_for_the_run() {
        let cases = [
            (SshErrorKind::Refused, ErrorKind::Unavailable, "ConnectionRefused"),
            (SshErrorKind::TimedOut, ErrorKind::Unavailable, "HostUnreachable"),
            (SshErrorKind::PermissionDenied, ErrorKind::Credentials, "PermissionDenied"),
            (SshErrorKind::ChangedHostKey, ErrorKind::Refused, "HostKeyChanged"),
            (SshErrorKind::Cut, ErrorKind::OutcomeUnknown, "ConnectionLost"),
        ];
        for (kind, expect, code) in cases {
            let error = ProviderError::from(SshError::unreached(kind, &there(), ""));
            assert_eq!((error.kind, error.code.as_str()), (expect, code));
        }
    }

    #[test]
    fn both_fingerprints_of_a_changed_key_are_shown() {
        let error = SshError::changed_key(&there(), "A SHA256:old", Some("B SHA256:new"), "/k:7").to_string();
        assert!(error.contains("expected A SHA256:old, offered B SHA256:new"), "{error}");
        assert!(error.contains("/k:7"), "{error}");
    }
}
