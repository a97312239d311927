//! Words for the shell at the other end of an SSH connection: what arrives is what was meant.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

/// A word holds a NUL byte, which no argument of a program can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an argument holds a NUL byte")]
pub struct NulByte;

/// `words` as one line that a shell takes apart into the same words.
pub(super) fn line<'a>(words: impl Iterator<Item = &'a OsStr>) -> Result<OsString, NulByte> {
    let mut line = Vec::new();
    for word in words {
        if word.as_bytes().contains(&0) {
            return Err(NulByte);
        }
        if !line.is_empty() {
            line.push(b' ');
        }
        line.extend_from_slice(&quoted(word.as_bytes()));
    }
    Ok(OsString::from_vec(line))
}

/// `word` so that `sh`, `bash`, `zsh` and `fish` take it as it is. The last of these reads a backslash between quotes,
/// and an interactive shell an exclamation mark: both stand outside of the quotes.
fn quoted(word: &[u8]) -> Cow<'_, [u8]> {
    if !word.is_empty() && word.iter().all(|byte| is_plain(*byte)) {
        return Cow::Borrowed(word);
    }
    let mut quoted = vec![b'\''];
    for byte in word {
        match byte {
            b'\'' | b'\\' | b'!' => quoted.extend_from_slice(&[b'\'', b'\\', *byte, b'\'']),
            _ => quoted.push(*byte),
        }
    }
    quoted.push(b'\'');
    Cow::Owned(quoted)
}

/// Whether no shell makes anything of `byte`, wherever in a word it stands.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/' | b',' | b'.' | b'+' | b':' | b'@')
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// What `shell` makes of `words`, each followed by a NUL byte.
    fn arrived(shell: &str, words: &[Vec<u8>]) -> Vec<u8> {
        let printf = ["printf", "%s\\0"].map(OsStr::new);
        let words = words.iter().map(|word| OsStr::from_bytes(word));
        let line = line(printf.into_iter().chain(words)).expect("no NUL byte");
        let output = Command::new(shell).arg("-c").arg(line).output().expect("the shell runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    #[track_caller]
    fn check(words: &[Vec<u8>]) {
        let meant: Vec<u8> = words.iter().flat_map(|word| word.iter().copied().chain([0])).collect();
        for shell in ["sh", "bash"] {
            assert_eq!(arrived(shell, words), meant, "{shell}: {words:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn what_arrives_is_what_was_meant(words in vec(vec(1_u8..=255, 0..24), 1..6)) {
            check(&words);
        }
    }

    #[test]
    fn every_byte_arrives_alone_and_between_others() {
        let alone: Vec<Vec<u8>> = (1..=255).map(|byte| vec![byte]).collect();
        let between: Vec<Vec<u8>> = (1..=255).map(|byte| vec![b'a', byte, b'\'', byte, b'b']).collect();
        check(&alone);
        check(&between);
        check(&[Vec::new(), b"$(touch /nowhere) `id` ~ * {a,b} =ls #".to_vec(), b"-n".to_vec()]);
    }

    #[test]
    fn plain_words_stay_readable() {
        let words = ["docker", "pull", "127.0.0.1:5000/shop@sha256:00", "a b"].map(OsStr::new);
        assert_eq!(line(words.into_iter()), Ok("docker pull 127.0.0.1:5000/shop@sha256:00 'a b'".into()));
        assert_eq!(line([OsStr::new("a\0b")].into_iter()), Err(NulByte));
    }
}
