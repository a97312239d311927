//! The vault: a state's own key pair, its secret half encrypted to the team, and secrets sealed to its public half.

use std::iter;
use std::sync::{Mutex, PoisonError};

use age::secrecy::ExposeSecret as _;
use age::x25519::{self, Recipient};
use ironwright_core::secret::SecretText;
use ironwright_engine::{Keyring, Vault, VaultError};

use crate::access::{Access, Kind, unusable};
use crate::cipher::{CipherError, decrypt, decrypt_with_passphrase, encrypt, encrypt_with_passphrase};

/// Seals secrets with age.
pub struct AgeVault {
    access: Access,
    /// The secret half of the keyring that was opened last: opening one may take a second.
    opened: Mutex<Option<(Keyring, x25519::Identity)>>,
}

impl AgeVault {
    /// A vault that those of `access` can open.
    pub fn new(access: Access) -> Self {
        Self { access, opened: Mutex::new(None) }
    }

    /// Whether a new state would be encrypted.
    pub fn is_set_up(&self) -> bool {
        !matches!(self.access.0, Kind::Nothing)
    }

    /// The keyring of `identity` for those who have access; nothing where nobody is named.
    fn lock(&self, identity: &x25519::Identity) -> Result<Option<Keyring>, VaultError> {
        let secret = identity.to_string();
        let plain = secret.expose_secret().as_bytes();
        let (sealed, recipients) = match &self.access.0 {
            Kind::Nothing => return Ok(None),
            Kind::Team { recipients, .. } => (encrypt(recipients.iter().map(|one| one as _), plain), names(recipients)),
            Kind::Passphrase(passphrase) => (encrypt_with_passphrase(passphrase, plain), Vec::new()),
        };
        let sealed_identity = sealed.map_err(not_encrypted)?;
        Ok(Some(Keyring { recipient: identity.to_public().to_string(), sealed_identity, recipients }))
    }

    /// The secret half of `keyring`.
    fn unlock(&self, keyring: &Keyring) -> Result<x25519::Identity, VaultError> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, identity)) = opened.as_ref().filter(|(known, _)| known == keyring) {
            return Ok(identity.clone());
        }
        let secret = match (&self.access.0, keyring.recipients.is_empty()) {
            (Kind::Team { keys, .. }, false) => {
                let keys = keys.iter().map(|key| &**key as &dyn age::Identity);
                decrypt(keys, &keyring.sealed_identity).map_err(|error| misfit(error, keyring.locked()))?
            }
            (Kind::Passphrase(passphrase), true) => decrypt_with_passphrase(passphrase, &keyring.sealed_identity)
                .map_err(|error| misfit(error, VaultError::KeyWrong))?,
            _ => return Err(keyring.locked()),
        };
        let identity: x25519::Identity = secret.expose_secret().parse().map_err(damaged)?;
        *opened = Some((keyring.clone(), identity.clone()));
        Ok(identity)
    }
}

impl Vault for AgeVault {
    fn found(&self) -> Result<Option<Keyring>, VaultError> {
        self.lock(&x25519::Identity::generate())
    }

    fn renew(&self, keyring: &Keyring) -> Result<Option<Keyring>, VaultError> {
        let stays = match &self.access.0 {
            Kind::Nothing | Kind::Passphrase(_) => true,
            Kind::Team { recipients, keys } => keys.is_empty() || same(&names(recipients), &keyring.recipients),
        };
        if stays {
            return Ok(None);
        }
        match self.unlock(keyring) {
            Ok(identity) => self.lock(&identity),
            Err(VaultError::KeyMissing { .. } | VaultError::PassphraseMissing) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn seal(&self, keyring: &Keyring, plain: &SecretText) -> Result<Option<String>, VaultError> {
        let recipient: Recipient = keyring.recipient.parse().map_err(damaged)?;
        let sealed = encrypt(iter::once(&recipient as _), plain.expose().as_bytes());
        sealed.map(Some).map_err(not_encrypted)
    }

    fn open(&self, keyring: &Keyring, sealed: &str) -> Result<SecretText, VaultError> {
        let identity = self.unlock(keyring)?;
        let plain = decrypt(iter::once(&identity as _), sealed)
            .map_err(|error| misfit(error, damaged("it was sealed to another key")))?;
        Ok(SecretText::new(plain.expose_secret()))
    }
}

fn names(recipients: &[Recipient]) -> Vec<String> {
    recipients.iter().map(ToString::to_string).collect()
}

/// Whether two lists name the same people.
fn same(left: &[String], right: &[String]) -> bool {
    let holds = |list: &[String], others: &[String]| others.iter().all(|other| list.contains(other));
    holds(left, right) && holds(right, left)
}

fn misfit(error: CipherError, where_none_fits: VaultError) -> VaultError {
    match error {
        CipherError::NoKeyFits => where_none_fits,
        CipherError::Broken(problem) => damaged(problem),
    }
}

fn not_encrypted(error: CipherError) -> VaultError {
    match error {
        CipherError::NoKeyFits => unusable("there is no key to encrypt to".to_owned()),
        CipherError::Broken(problem) => unusable(format!("the secret cannot be encrypted: {problem}")),
    }
}

fn damaged(problem: impl Into<String>) -> VaultError {
    VaultError::Damaged(problem.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use age::secrecy::SecretString;

    const PLAIN: &str = "hunter2-hunter2";

    fn team(recipients: &[&x25519::Identity], keys: &[&x25519::Identity]) -> AgeVault {
        let recipients = recipients.iter().map(|one| one.to_public()).collect();
        let keys = keys.iter().map(|key| Box::new((*key).clone()) as _).collect();
        AgeVault::new(Access(Kind::Team { recipients, keys }))
    }

    fn passphrase(text: &str) -> AgeVault {
        AgeVault::new(Access(Kind::Passphrase(SecretString::from(text.to_owned()))))
    }

    fn sealed_by(vault: &AgeVault) -> (Keyring, String) {
        let keyring = vault.found().expect("founded").expect("encrypted");
        let sealed = vault.seal(&keyring, &SecretText::new(PLAIN)).expect("sealed").expect("sealed");
        assert!(!format!("{keyring:?}{sealed}").contains(PLAIN));
        (keyring, sealed)
    }

    #[track_caller]
    fn check(vault: &AgeVault, keyring: &Keyring, sealed: &str, expect: &Result<&str, VaultError>) {
        let opened = vault.open(keyring, sealed);
        assert_eq!(&opened.as_ref().map(SecretText::expose).map_err(Clone::clone), expect);
    }

    #[test]
    fn each_of_the_team_opens_and_nobody_else() {
        let [me, you, stranger] = [(); 3].map(|()| x25519::Identity::generate());
        let (keyring, sealed) = sealed_by(&team(&[&me, &you], &[]));
        for key in [&me, &you] {
            check(&team(&[key], &[&stranger, key]), &keyring, &sealed, &Ok(PLAIN));
        }
        let recipients = vec![me.to_public().to_string(), you.to_public().to_string()];
        let missing = VaultError::KeyMissing { recipients };
        for vault in [team(&[&me, &you], &[]), team(&[&stranger], &[&stranger]), passphrase("x")] {
            check(&vault, &keyring, &sealed, &Err(missing.clone()));
        }
        check(&AgeVault::new(Access::nothing()), &keyring, &sealed, &Err(missing));
    }

    #[test]
    fn sealing_needs_no_key() {
        let me = x25519::Identity::generate();
        let (keyring, _) = sealed_by(&team(&[&me], &[&me]));
        let nobody = AgeVault::new(Access::nothing());
        assert_eq!(nobody.found(), Ok(None));
        let sealed = nobody.seal(&keyring, &SecretText::new(PLAIN)).expect("sealed").expect("sealed");
        check(&team(&[&me], &[&me]), &keyring, &sealed, &Ok(PLAIN));
    }

    #[test]
    fn a_passphrase_opens_and_another_does_not() {
        let (keyring, sealed) = sealed_by(&passphrase("correct horse"));
        check(&passphrase("correct horse"), &keyring, &sealed, &Ok(PLAIN));
        check(&passphrase("battery staple"), &keyring, &sealed, &Err(VaultError::KeyWrong));
        check(&AgeVault::new(Access::nothing()), &keyring, &sealed, &Err(VaultError::PassphraseMissing));
    }

    #[test]
    fn the_team_changes_where_a_key_is_at_hand() {
        let [me, you] = [(); 2].map(|()| x25519::Identity::generate());
        let (keyring, sealed) = sealed_by(&team(&[&me], &[]));
        assert_eq!(team(&[&me], &[&me]).renew(&keyring), Ok(None), "nothing has changed");
        assert_eq!(team(&[&me, &you], &[]).renew(&keyring), Ok(None), "no key at hand");
        assert_eq!(team(&[&you], &[&you]).renew(&keyring), Ok(None), "another key");
        let renewed = team(&[&me, &you], &[&me]).renew(&keyring).expect("opened").expect("renewed");
        assert_eq!(renewed.recipient, keyring.recipient);
        check(&team(&[&you], &[&you]), &renewed, &sealed, &Ok(PLAIN));
    }

    #[test]
    fn what_was_not_sealed_is_damaged() {
        let me = x25519::Identity::generate();
        let (keyring, sealed) = sealed_by(&team(&[&me], &[]));
        let vault = team(&[&me], &[&me]);
        for sealed in ["", "plain text", &sealed[..sealed.len() / 2], &sealed.replacen('A', "B", 40)] {
            assert!(matches!(vault.open(&keyring, sealed), Err(VaultError::Damaged(_))), "{sealed}");
        }
    }
}
