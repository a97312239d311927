//! Secrets by type (invariant I6): no `Display`, no `Serialize`, a `Debug` that hides them.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::kinds::Text;

/// A value that never reaches a terminal, a log, a plan or an unencrypted state.
///
/// It is given to a setter like any other value; there is no way to print it.
pub struct Secret<T = Text> {
    text: SecretText,
    kind: PhantomData<fn() -> T>,
}

impl<T> Secret<T> {
    /// Wraps the plain text of a secret.
    pub fn new(plain: impl Into<String>) -> Self {
        Self { text: SecretText::new(plain), kind: PhantomData }
    }

    pub(crate) fn into_text(self) -> SecretText {
        self.text
    }
}

impl<T> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self { text: self.text.clone(), kind: PhantomData }
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The text inside a [`Secret`], as values carry it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(Arc<str>);

impl SecretText {
    /// Wraps the plain text of a secret.
    pub fn new(plain: impl Into<String>) -> Self {
        Self(plain.into().into())
    }

    /// The plain text, for the provider that must send it. Every call of this is a place to review.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A digest that tells whether the secret changed without holding it: SHA-256 over `salt` and the text, in hex.
    ///
    /// The salt is the state's lineage, so that equal secrets of two states do not look equal.
    pub fn digest(&self, salt: &str) -> String {
        let mut hasher = Sha256::new();
        for part in [salt.as_bytes(), &[0], self.0.as_bytes()] {
            hasher.update(part);
        }
        hex(&hasher.finalize())
    }
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .collect()
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_text() {
        let secret: Secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?} {:?}", secret.clone().into_text()), "Secret(…) SecretText(…)");
    }

    #[test]
    fn the_digest_depends_on_salt_and_text() {
        let digest = |salt, text: &str| SecretText::new(text).digest(salt);
        assert_eq!(digest("a", "x"), digest("a", "x"));
        assert_ne!(digest("a", "x"), digest("b", "x"));
        assert_ne!(digest("a", "x"), digest("a", "y"));
    }
}
