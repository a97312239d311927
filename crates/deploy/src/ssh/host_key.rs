//! A host's public key, given in code.

use std::fmt;
use std::str::FromStr;

use super::fingerprint::{decoded, fingerprint};

/// The public key that a host must prove to have: `ssh-ed25519 AAAAC3Nza…`, as in `/etc/ssh/ssh_host_ed25519_key.pub`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostKey {
    algorithm: String,
    encoded: String,
}

/// A text that is no public key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no host key: give the line of `/etc/ssh/ssh_host_ed25519_key.pub`, which starts with `ssh-ed25519`")]
pub struct InvalidHostKey(String);

impl HostKey {
    /// Its fingerprint, `SHA256:…`, as `ssh-keygen -l` shows it.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.encoded).unwrap_or_default()
    }

    /// What kind of key it is: `ssh-ed25519`.
    pub fn algorithm(&self) -> &str {
        &self.algorithm
    }

    /// A line of a `known_hosts` file for the host `name`.
    pub(super) fn known_as(&self, name: &str) -> String {
        format!("{name} {self}\n")
    }
}

impl FromStr for HostKey {
    type Err = InvalidHostKey;

    fn from_str(text: &str) -> Result<Self, InvalidHostKey> {
        let mut words = text.split_whitespace();
        let (Some(algorithm), Some(encoded)) = (words.next(), words.next()) else {
            return Err(InvalidHostKey(text.to_owned()));
        };
        // A key starts with the length and the name of its algorithm.
        let blob = decoded(encoded).unwrap_or_default();
        let named = blob.get(4..).is_some_and(|rest| rest.starts_with(algorithm.as_bytes()));
        let one_line = text.trim().lines().count() == 1;
        if named && one_line && !algorithm.is_empty() {
            Ok(Self { algorithm: algorithm.to_owned(), encoded: encoded.to_owned() })
        } else {
            Err(InvalidHostKey(text.to_owned()))
        }
    }
}

impl fmt::Display for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.algorithm, self.encoded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG1pbmUgaXMgbm90IGEgcmVhbCBrZXkgYXQgYWxsLi4u";

    #[test]
    fn a_key_with_and_without_a_comment() {
        let key: HostKey = format!("{KEY} root@ip-10-0-0-5\n").parse().expect("a key");
        assert_eq!((key.to_string(), key.known_as("web")), (KEY.to_owned(), format!("web {KEY}\n")));
        assert!(key.fingerprint().starts_with("SHA256:") && key.fingerprint().len() == 50);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let injected = format!("{KEY}\n* {KEY}");
        let other = KEY.replace("ssh-ed25519 ", "ssh-rsa ");
        for text in ["", "ssh-ed25519", "ssh-ed25519 !!!!", "SHA256:abc", &injected, &other] {
            assert!(text.parse::<HostKey>().is_err(), "{text:?}");
        }
    }
}
