//! A new Ed25519 key pair, in the formats of OpenSSH. Its private half is never in a file here.

use ironwright_core::evaluate::base64;
use ironwright_core::secret::SecretText;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair as _};

use super::fingerprint::fingerprint;

const ALGORITHM: &str = "ssh-ed25519";

/// How wide the lines of a private key are.
const WIDTH: usize = 70;

/// The private part is filled up to a multiple of this: the block of no cipher.
const BLOCK: usize = 8;

/// A key pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPair {
    /// The public half in one line, `ssh-ed25519 AAAA… comment`.
    pub public: String,
    /// The private half, in OpenSSH's format.
    pub private: SecretText,
    /// `SHA256:…`, as `ssh-keygen -l` shows it.
    pub fingerprint: String,
}

/// The system gives no randomness, so there can be no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no randomness to make a key of")]
pub struct NoRandomness;

impl KeyPair {
    /// A pair that nobody has had before.
    pub fn generate(comment: &str) -> Result<Self, NoRandomness> {
        let mut random = [0_u8; 36];
        SystemRandom::new().fill(&mut random).map_err(|_| NoRandomness)?;
        let (seed, check) = random.split_at(32);
        Self::of(seed, check, comment).ok_or(NoRandomness)
    }

    /// The pair of `seed`. `check` stands twice in it, by which OpenSSH sees that it was deciphered.
    fn of(seed: &[u8], check: &[u8], comment: &str) -> Option<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
        let public = pair.public_key().as_ref();
        let blob = [string(ALGORITHM.as_bytes()), string(public)].concat();
        let encoded = base64(&blob);
        let line = format!("{ALGORITHM} {encoded} {comment}");
        Some(Self {
            public: line.trim_end().to_owned(),
            private: SecretText::new(armored(&container(&blob, &secret_part(seed, public, check, comment)))),
            fingerprint: fingerprint(&encoded)?,
        })
    }
}

/// The key as OpenSSH keeps it: without a cipher, for one key.
fn container(blob: &[u8], secret: &[u8]) -> Vec<u8> {
    let none = || string(b"none");
    let number_of_keys = 1_u32.to_be_bytes().to_vec();
    [b"openssh-key-v1\0".to_vec(), none(), none(), string(b""), number_of_keys, string(blob), string(secret)].concat()
}

fn secret_part(seed: &[u8], public: &[u8], check: &[u8], comment: &str) -> Vec<u8> {
    let words: [&[u8]; 4] = [ALGORITHM.as_bytes(), public, &[seed, public].concat(), comment.as_bytes()];
    let mut part = [check, check].concat();
    for word in words {
        part.extend(string(word));
    }
    let padding = (1..).take(part.len().next_multiple_of(BLOCK) - part.len());
    part.extend(padding);
    part
}

/// Bytes behind their length.
fn string(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).expect("a part of a key is short");
    [&length.to_be_bytes(), bytes].concat()
}

fn armored(bytes: &[u8]) -> String {
    let encoded = base64(bytes);
    let mut text = "-----BEGIN OPENSSH PRIVATE KEY-----\n".to_owned();
    for line in encoded.as_bytes().chunks(WIDTH) {
        text.extend(line.iter().copied().map(char::from));
        text.push('\n');
    }
    text + "-----END OPENSSH PRIVATE KEY-----\n"
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;
    use std::process::Command;

    use super::*;

    /// What `ssh-keygen` says of `pair`, asked by `flag`.
    fn keygen(pair: &KeyPair, flag: &str) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("key");
        fs::write(&file, pair.private.expose()).expect("a file");
        fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("its owner");
        let output = Command::new("ssh-keygen").arg(flag).arg("-f").arg(&file).output().expect("ssh-keygen");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    #[test]
    fn openssh_reads_it() {
        for comment in ["", "me@here", "deploy of shop"] {
            let pair = KeyPair::generate(comment).expect("randomness");
            assert_eq!(keygen(&pair, "-y"), pair.public, "{comment:?}");
            assert_eq!(keygen(&pair, "-l").split(' ').nth(1), Some(pair.fingerprint.as_str()));
        }
    }

    #[test]
    fn no_two_are_equal_and_none_is_shown() {
        let (one, other) = (KeyPair::generate("").expect("randomness"), KeyPair::generate("").expect("randomness"));
        assert!(one.public != other.public && one.private != other.private && one.fingerprint != other.fingerprint);
        let shown = format!("{one:?}");
        let hidden = one.private.expose().lines().nth(1).expect("a line");
        assert!(shown.contains(&one.public) && !shown.contains(hidden), "{shown}");
    }

    /// The first of the test vectors of RFC 8032.
    #[test]
    fn the_public_half_is_that_of_the_seed() {
        let seed = [
            0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49,
            0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
        ];
        let pair = KeyPair::of(&seed, b"1234", "").expect("a pair");
        let encoded = pair.public.split(' ').nth(1).expect("a key");
        let blob = super::super::fingerprint::decoded(encoded).expect("base 64");
        assert_eq!(blob[19..23], [0xd7, 0x5a, 0x98, 0x01]);
    }
}
