//! Where a host is, who we are there, and how it proves that it is the one.

use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};

use ironwright_core::secret::SecretText;

use super::host_key::{HostKey, InvalidHostKey};
use crate::spec::HostSpec;

/// A host and how to get there. What is not said here is said by the user's SSH configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Destination {
    pub(super) host: String,
    pub(super) user: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) jump: Option<Box<Destination>>,
    pub(super) identity: Identity,
    pub(super) host_keys: HostKeys,
    pub(super) configuration: PathBuf,
}

/// How we prove who we are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// As the user's SSH does: by its configuration, its agent, its default keys.
    #[default]
    Usual,
    /// By the private key in this file, and no other.
    File(PathBuf),
    /// By this private key. It lies in a file, readable by the user alone, while `ssh` logs in and no longer.
    Key(SecretText),
}

/// How the host proves that it is the one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostKeys {
    /// By the user's `known_hosts`, or whatever the SSH configuration says.
    Known,
    /// By this file in the format of `known_hosts`.
    KnownIn(PathBuf),
    /// By one of these keys.
    Pinned(Vec<HostKey>),
}

/// What SSH would misunderstand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDestination {
    /// A name, a user.
    #[error("`{text}` is no {what}: {why}")]
    Name {
        /// What it should be.
        what: &'static str,
        /// What it is.
        text: String,
        /// Why it is not that.
        why: &'static str,
    },
    /// A host key.
    #[error(transparent)]
    HostKey(#[from] InvalidHostKey),
}

impl Destination {
    /// The host of this name, address or alias of the SSH configuration.
    pub fn new(host: impl Into<String>) -> Result<Self, InvalidDestination> {
        Ok(Self {
            host: checked("host", host.into())?,
            user: None,
            port: None,
            jump: None,
            identity: Identity::Usual,
            host_keys: HostKeys::Known,
            configuration: "~/.ssh/config".into(),
        })
    }

    /// The user to log in as.
    pub fn user(mut self, user: impl Into<String>) -> Result<Self, InvalidDestination> {
        self.user = Some(checked("user", user.into())?);
        Ok(self)
    }

    /// The port of the SSH server.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// The host to go through, which must have another name.
    pub fn jump(mut self, jump: Self) -> Result<Self, InvalidDestination> {
        if jump.ways().any(|way| way.host == self.host) {
            let why = "it is reached through itself: give one of the two an alias in ~/.ssh/config";
            return Err(InvalidDestination::Name { what: "host", text: self.host, why });
        }
        self.jump = Some(Box::new(jump));
        Ok(self)
    }

    /// The host, and those it is reached through, the nearest to it first.
    pub(super) fn ways(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |way| way.jump.as_deref())
    }

    /// How we prove who we are.
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = identity;
        self
    }

    /// How the host proves that it is the one.
    pub fn host_keys(mut self, host_keys: HostKeys) -> Self {
        self.host_keys = host_keys;
        self
    }

    /// The SSH configuration to go by, in place of `~/.ssh/config`.
    pub fn configuration(mut self, file: impl AsRef<Path>) -> Self {
        file.as_ref().clone_into(&mut self.configuration);
        self
    }

    /// The host, as it was given.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The command that a person types to go there: `ssh -p 2222 ubuntu@10.0.0.5`.
    pub fn by_hand(&self) -> String {
        let mut command = "ssh".to_owned();
        let mut jumps: Vec<String> = self.ways().skip(1).map(ToString::to_string).collect();
        if !jumps.is_empty() {
            jumps.reverse();
            let _ = write!(command, " -J {}", jumps.join(","));
        }
        if let Some(port) = self.port {
            let _ = write!(command, " -p {port}");
        }
        if let Identity::File(file) = &self.identity {
            let _ = write!(command, " -i {}", file.display());
        }
        let user = self.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
        format!("{command} {user}{}", self.host)
    }
}

/// What a program says of a host.
impl TryFrom<&HostSpec> for Destination {
    type Error = InvalidDestination;

    fn try_from(host: &HostSpec) -> Result<Self, InvalidDestination> {
        let mut there = Self::new(&host.address)?;
        if let Some(user) = &host.user {
            there = there.user(user)?;
        }
        if let Some(port) = host.port {
            there = there.port(port);
        }
        if let Some(jump) = &host.jump {
            there = there.jump(Self::try_from(&**jump)?)?;
        }
        if !host.host_keys.is_empty() {
            let keys = host.host_keys.iter().map(|key| key.parse()).collect::<Result<_, _>>()?;
            there = there.host_keys(HostKeys::Pinned(keys));
        }
        Ok(match (&host.identity, &host.identity_file) {
            (Some(key), _) => there.identity(Identity::Key(key.clone())),
            (None, Some(file)) => there.identity(Identity::File(file.into())),
            (None, None) => there,
        })
    }
}

/// `ubuntu@10.0.0.5:2222`.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        match (self.port, self.host.contains(':')) {
            (None, _) => f.write_str(&self.host),
            (Some(port), false) => write!(f, "{}:{port}", self.host),
            (Some(port), true) => write!(f, "[{}]:{port}", self.host),
        }
    }
}

/// `text`, where neither `ssh` nor its configuration makes anything else of it: an option, a pattern, two words.
fn checked(what: &'static str, text: String) -> Result<String, InvalidDestination> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-:@[]%+".contains(c);
    let why = match text.chars().next() {
        None => "it is empty",
        Some('-') => "it starts with `-`",
        Some(_) if !text.chars().all(plain) => {
            "it holds something else than letters, digits and `.` `_` `-` `:` `@` `%` `+`"
        }
        Some(_) => return Ok(text),
    };
    Err(InvalidDestination::Name { what, text, why })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_taken_as_an_option_or_a_pattern() {
        for host in ["", "-oProxyCommand=id", "a b", "*", "a\nProxyCommand id", "a,b", "a;b", "$(id)", "a\"b"] {
            assert!(Destination::new(host).is_err(), "{host:?}");
        }
        for host in ["10.0.0.5", "::1", "fe80::1%eth0", "web-1.example.com", "i-0abc", "alias_1"] {
            assert!(Destination::new(host).is_ok(), "{host:?}");
        }
        let there = || Destination::new("h").expect("a host");
        assert!(there().user("a b").is_err());
        assert_eq!(there().user("-l").map_err(|e| e.to_string()), Err("`-l` is no user: it starts with `-`".into()));
        assert!(there().jump(there()).is_err_and(|error| error.to_string().contains("through itself")));
    }

    #[test]
    fn it_is_said_as_a_person_says_it() {
        let there = Destination::new("10.0.0.5").expect("a host");
        assert_eq!((there.to_string(), there.by_hand()), ("10.0.0.5".into(), "ssh 10.0.0.5".into()));
        let jump = |host: &str| Destination::new(host).expect("a host").port(22);
        let near = jump("near").jump(jump("far")).expect("another host");
        let there = Destination::new("::1").and_then(|there| there.user("ubuntu")).and_then(|there| there.jump(near));
        let there = there.expect("a host").port(2222).identity(Identity::File("k".into()));
        assert_eq!(there.to_string(), "ubuntu@[::1]:2222");
        assert_eq!(there.by_hand(), "ssh -J far:22,near:22 -p 2222 -i k ubuntu@::1");
    }

    #[test]
    fn as_a_program_says_it() {
        let jump = HostSpec { address: "bastion".into(), ..HostSpec::default() };
        let mut host = HostSpec {
            address: "10.0.0.5".into(),
            user: Some("ubuntu".into()),
            port: Some(2222),
            identity: Some(SecretText::new("a key")),
            jump: Some(Box::new(jump)),
            ..HostSpec::default()
        };
        let there = Destination::try_from(&host).expect("a host");
        assert_eq!(there.by_hand(), "ssh -J bastion -p 2222 ubuntu@10.0.0.5");
        assert_eq!(there.identity, Identity::Key(SecretText::new("a key")));
        assert_eq!(there.host_keys, HostKeys::Known);
        host.host_keys = vec!["no key".into()];
        assert!(matches!(Destination::try_from(&host), Err(InvalidDestination::HostKey(_))));
    }
}
