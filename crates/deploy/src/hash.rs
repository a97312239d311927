//! SHA-256, in code that is fast in a program that was built without optimization too, which is how `cargo run` does it: an image
//! or a context of 300 MB would take half a minute otherwise. Without the feature `docker`, which has `ring` in the build anyway, that
//! code is not there, and `sha2` does the same slower.

use std::fmt;

#[cfg(feature = "docker")]
use ironwright_core::secret::hex;
#[cfg(feature = "docker")]
use ring::digest::{Context, SHA256};
#[cfg(not(feature = "docker"))]
use sha2::{Digest as _, Sha256 as Context};

/// How many bytes a hash has.
pub(crate) const LENGTH: usize = 32;

/// The hash of `bytes`.
#[cfg(feature = "docker")]
pub(crate) fn sha256(bytes: impl AsRef<[u8]>) -> [u8; LENGTH] {
    let mut hasher = Hasher::new();
    hasher.update(bytes.as_ref());
    hasher.finish()
}

/// The hash of `bytes`, in hexadecimal digits.
#[cfg(feature = "docker")]
pub(crate) fn sha256_hex(bytes: impl AsRef<[u8]>) -> String {
    hex(&sha256(bytes))
}

/// Hashes what comes piece by piece.
#[derive(Clone)]
pub(crate) struct Hasher(Context);

impl Hasher {
    pub(crate) fn new() -> Self {
        #[cfg(feature = "docker")]
        return Self(Context::new(&SHA256));
        #[cfg(not(feature = "docker"))]
        return Self(Context::new());
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of all that it was given.
    pub(crate) fn finish(self) -> [u8; LENGTH] {
        #[cfg(feature = "docker")]
        return self.0.finish().as_ref().try_into().expect("SHA-256 has that length");
        #[cfg(not(feature = "docker"))]
        return self.0.finalize().into();
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}

/// What is written is hashed, and forgotten.
#[cfg(feature = "docker")]
impl std::io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(all(test, feature = "docker"))]
mod tests {
    use super::*;

    #[test]
    fn as_everybody_knows_it() {
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256_hex(b""), nothing);
        let mut hasher = Hasher::new();
        hasher.update(b"a");
        hasher.update(b"bc");
        assert_eq!(hasher.finish(), sha256("abc"), "pieces do not matter");
    }
}
