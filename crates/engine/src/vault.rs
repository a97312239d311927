//! The seam to encryption: a vault seals the secrets of a state so that only those who hold a key can open them. No
//! cipher is known here; without a vault a state keeps digests alone.

use ironwright_core::Diagnostic;
use ironwright_core::secret::SecretText;
use serde::{Deserialize, Serialize};

/// What a state keeps so that secrets can be sealed by anybody, and opened by those who hold one key of the team.
///
/// Every state has a key pair of its own. Its public half is here in the clear; its other half is encrypted to the team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyring {
    /// The public half: what secrets are sealed to.
    pub recipient: String,
    /// The other half, encrypted to `recipients`, or with a passphrase.
    pub sealed_identity: String,
    /// Whose keys open it, by their public halves; empty where a passphrase does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<String>,
}

impl Keyring {
    /// The error where no key that opens it is given.
    pub fn locked(&self) -> VaultError {
        match self.recipients.as_slice() {
            [] => VaultError::PassphraseMissing,
            recipients => VaultError::KeyMissing { recipients: recipients.to_vec() },
        }
    }
}

/// Seals secrets and opens them again. Takes its keys from wherever it likes; none of them reach the engine.
pub trait Vault: Send + Sync {
    /// The keyring of a state that has none yet; nothing where no encryption is asked for.
    fn found(&self) -> Result<Option<Keyring>, VaultError>;

    /// The keyring that lets those in who are asked for now, where they are others than `keyring` says and a key that
    /// opens it is at hand. Nothing where it may stay as it is.
    fn renew(&self, keyring: &Keyring) -> Result<Option<Keyring>, VaultError>;

    /// `plain`, sealed. Needs no key. Nothing where this vault cannot seal: the digest alone is kept.
    fn seal(&self, keyring: &Keyring, plain: &SecretText) -> Result<Option<String>, VaultError>;

    /// What `sealed` holds. Needs a key that opens `keyring`.
    fn open(&self, keyring: &Keyring, sealed: &str) -> Result<SecretText, VaultError>;
}

/// No encryption: a state keeps digests alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoVault;

impl Vault for NoVault {
    fn found(&self) -> Result<Option<Keyring>, VaultError> {
        Ok(None)
    }

    fn renew(&self, _: &Keyring) -> Result<Option<Keyring>, VaultError> {
        Ok(None)
    }

    fn seal(&self, _: &Keyring, _: &SecretText) -> Result<Option<String>, VaultError> {
        Ok(None)
    }

    fn open(&self, keyring: &Keyring, _: &str) -> Result<SecretText, VaultError> {
        Err(keyring.locked())
    }
}

/// Why a secret cannot be sealed or opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// No key is given, or none of those given opens the keyring.
    #[error("the secrets of this state are encrypted to {}; none of the keys given opens them", recipients.join(", "))]
    KeyMissing {
        /// The public halves of those that would.
        recipients: Vec<String>,
    },
    /// A passphrase opens the keyring, and none is given.
    #[error("the secrets of this state are encrypted with a passphrase, and none is given")]
    PassphraseMissing,
    /// A passphrase is given, and it is another.
    #[error("the secrets of this state are encrypted with another passphrase than the one given")]
    KeyWrong,
    /// The state holds a digest alone: it was applied while nothing was encrypted, or comes from the cloud.
    #[error("the state holds a digest of this secret only")]
    NotKept,
    /// It is not what was sealed.
    #[error("a sealed secret of this state is damaged: {0}")]
    Damaged(String),
    /// A key that was given cannot be used.
    #[error("{0}")]
    Unusable(String),
}

impl VaultError {
    /// The error as a diagnostic, with what to do about it.
    pub fn diagnostic(&self) -> Diagnostic {
        let (code, help) = match self {
            Self::KeyMissing { .. } => {
                ("secret-key-missing", "set IRONWRIGHT_AGE_KEY_FILE to a file with the key of one of these")
            }
            Self::PassphraseMissing => ("secret-key-missing", "set IRONWRIGHT_PASSPHRASE to it"),
            Self::KeyWrong => ("secret-key-wrong", "set IRONWRIGHT_PASSPHRASE to the one it was first applied with"),
            Self::NotKept => {
                ("secret-not-kept", "give IRONWRIGHT_AGE_RECIPIENTS or IRONWRIGHT_PASSPHRASE to the next `apply`")
            }
            Self::Damaged(_) => ("secret-damaged", "apply with the secret changed: it is sealed anew"),
            Self::Unusable(_) => ("secret-key-unusable", "see docs/secrets.md for what may be given"),
        };
        Diagnostic::error(code, self.to_string()).help(help)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(error: &VaultError, code: &str, part: &str) {
        let diagnostic = error.diagnostic();
        assert_eq!(diagnostic.code, code);
        let text = format!("{} {}", diagnostic.message, diagnostic.help.unwrap_or_default());
        assert!(text.contains(part), "{text}");
    }

    #[test]
    fn a_missing_key_names_what_opens_and_where_to_give_it() {
        let missing = |recipients: &[&str]| {
            let recipients = recipients.iter().map(|recipient| (*recipient).to_owned()).collect();
            let keyring = Keyring { recipient: "age1state".to_owned(), sealed_identity: String::new(), recipients };
            NoVault.open(&keyring, "").expect_err("no key")
        };
        check(&missing(&["age1me", "age1you"]), "secret-key-missing", "age1me, age1you");
        check(&missing(&["age1me"]), "secret-key-missing", "IRONWRIGHT_AGE_KEY_FILE");
        check(&missing(&[]), "secret-key-missing", "encrypted with a passphrase");
        check(&missing(&[]), "secret-key-missing", "IRONWRIGHT_PASSPHRASE");
        check(&VaultError::KeyWrong, "secret-key-wrong", "another passphrase");
    }
}
