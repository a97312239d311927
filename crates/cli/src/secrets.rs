//! Encryption as the command line has it: the vault that the environment asks for. What a vault does is not told here.

use std::sync::Arc;

use ironwright_core::{Diagnostic, Diagnostics};
use ironwright_engine::{Engine, Report, Vault};
use tokio::runtime::Runtime;

use crate::error::CommandError;
use crate::render::style::counted;
use crate::session::Session;

/// How to keep secrets encrypted, for a help.
#[cfg(feature = "encryption")]
pub(crate) const HOW_TO_ENCRYPT: &str =
    "to keep them encrypted, set IRONWRIGHT_AGE_RECIPIENTS, IRONWRIGHT_AGE_KEY_FILE or IRONWRIGHT_PASSPHRASE";
#[cfg(not(feature = "encryption"))]
pub(crate) const HOW_TO_ENCRYPT: &str =
    "to keep them encrypted, switch on the cargo feature `encryption` of `ironwright`, and see docs/secrets.md";

/// The vault that `environment` asks for, and what is to be warned of.
#[cfg(feature = "encryption")]
pub(crate) fn vault(
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<(Arc<dyn Vault>, Diagnostics), CommandError> {
    let given =
        ironwright_secrets::Access::given(environment).map_err(|error| CommandError::usage(error.diagnostic()))?;
    let warning = given.warning.map(|warning| Diagnostic::warning("key-file-open", warning));
    Ok((Arc::new(ironwright_secrets::AgeVault::new(given.access)), warning.into_iter().collect()))
}

/// The same in a build that cannot encrypt: an error where the environment asks for it.
#[cfg(not(feature = "encryption"))]
pub(crate) fn vault(
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<(Arc<dyn Vault>, Diagnostics), CommandError> {
    const ASKED_BY: [&str; 3] = ["IRONWRIGHT_AGE_RECIPIENTS", "IRONWRIGHT_AGE_KEY_FILE", "IRONWRIGHT_PASSPHRASE"];
    let is_set = |name: &&str| environment(name).is_some_and(|value| !value.trim().is_empty());
    match ASKED_BY.into_iter().find(is_set) {
        None => Ok((Arc::new(ironwright_engine::NoVault), Diagnostics::default())),
        Some(name) => {
            let error =
                Diagnostic::error("encryption-missing", format!("{name} is set, and this build cannot encrypt"));
            let help = "switch on the cargo feature `encryption` of `ironwright`: `cargo add ironwright --features encryption`";
            Err(CommandError::usage(error.help(help)))
        }
    }
}

impl Session<'_> {
    /// Says that secrets are kept as digests alone, where they are.
    pub(crate) fn say_unsealed(&self, report: &Report) {
        if report.unsealed > 0 {
            let (secrets, are) = (counted(report.unsealed, "secret"), if report.unsealed == 1 { "is" } else { "are" });
            let message =
                format!("{secrets} of this run {are} kept as digests only: nobody can read them from the state");
            self.show(&Diagnostic::warning("secrets-not-encrypted", message).help(HOW_TO_ENCRYPT).into());
        }
    }

    /// Lets those open the secrets of the state whom the environment names now, and says so where that changed it.
    pub(crate) fn let_others_in(&self, engine: &Engine, runtime: &Runtime) -> Result<(), CommandError> {
        if let Some(keyring) = runtime.block_on(engine.renew_keyring())? {
            let message =
                format!("the secrets of this state are encrypted to {} from now on", keyring.recipients.join(", "));
            let help = "who could open them before has seen them: to lock somebody out, change the secrets too";
            self.show(&Diagnostic::warning("recipients-changed", message).help(help).into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_asked_for_is_no_error() {
        assert!(vault(&|_| None).is_ok());
        assert!(vault(&|_| Some(" ".to_owned())).is_ok());
    }

    #[cfg(not(feature = "encryption"))]
    #[test]
    fn a_build_that_cannot_encrypt_names_the_feature() {
        let asked = vault(&|name| (name == "IRONWRIGHT_PASSPHRASE").then(|| "x".to_owned()));
        let text = asked.err().expect("refused").diagnostics.to_string();
        assert!(text.contains("IRONWRIGHT_PASSPHRASE is set"), "{text}");
    }

    #[cfg(feature = "encryption")]
    #[test]
    fn keys_that_cannot_be_used_are_a_wrong_usage() {
        let asked = vault(&|name| (name == "IRONWRIGHT_AGE_RECIPIENTS").then(|| "me".to_owned()));
        let error = asked.err().expect("refused");
        assert_eq!(error.exit.code(), 64);
        assert!(error.diagnostics.to_string().contains("`me` is no age recipient"));
    }
}
