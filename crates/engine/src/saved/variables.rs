//! The variables of a saved plan. Any of them may hold a secret: a file has a digest of each and, where there is a vault,
//! the value sealed; never the value.

use std::collections::BTreeMap;

use ironwright_core::secret::SecretText;
use ironwright_core::{Diagnostic, Diagnostics};
use serde::{Deserialize, Serialize};

use super::SavedPlan;
use crate::engine::Engine;
use crate::vault::{Keyring, Vault, VaultError};

/// One variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Variable {
    /// Tells whether a value given later is the same: a digest over the plan's salt.
    digest: String,
    /// The value, sealed; none where there is no vault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<String>,
}

/// `values` as they are written, and the keyring that opens those that are sealed: `keyring`, or one of their own where
/// the state has none.
pub(super) fn write(
    vault: &dyn Vault,
    keyring: Option<Keyring>,
    salt: &str,
    values: &BTreeMap<String, String>,
) -> Result<(BTreeMap<String, Variable>, Option<Keyring>), VaultError> {
    if values.is_empty() {
        return Ok((BTreeMap::new(), None));
    }
    let keyring = keyring.map_or_else(|| vault.found(), |keyring| Ok(Some(keyring)))?;
    let mut written = BTreeMap::new();
    for (name, value) in values {
        let value = SecretText::new(value);
        let sealed = match &keyring {
            Some(keyring) => vault.seal(keyring, &value)?,
            None => None,
        };
        written.insert(name.clone(), Variable { digest: value.digest(salt), sealed });
    }
    Ok((written, keyring))
}

impl Engine {
    /// The values of the variables that `saved` was made with: those `given`, and of the others those that are sealed in
    /// the file and can be opened. All that is missing, different or too much is named; values never are.
    pub fn variables(
        &self,
        saved: &SavedPlan,
        given: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Diagnostics> {
        let mut problems = Diagnostics::new();
        let mut values = BTreeMap::new();
        for (name, variable) in &saved.variables {
            match saved.value(&*self.0.vault, name, variable, given.get(name)) {
                Ok(value) => drop(values.insert(name.clone(), value)),
                Err(problem) => problems.push(problem),
            }
        }
        problems.extend(given.keys().filter(|name| !saved.variables.contains_key(*name)).map(|name| unasked(name)));
        problems.or(values)
    }
}

impl SavedPlan {
    fn value(
        &self,
        vault: &dyn Vault,
        name: &str,
        variable: &Variable,
        given: Option<&String>,
    ) -> Result<String, Diagnostic> {
        let value = match (given, &self.keyring, &variable.sealed) {
            (Some(value), ..) => SecretText::new(value),
            (None, Some(keyring), Some(sealed)) => vault.open(keyring, sealed).map_err(|error| locked(name, &error))?,
            (None, ..) => return Err(missing(name)),
        };
        if value.digest(&self.salt) == variable.digest { Ok(value.expose().to_owned()) } else { Err(different(name)) }
    }
}

fn missing(name: &str) -> Diagnostic {
    Diagnostic::error("plan-variable", format!("the plan was made with the variable `{name}`, and it is not given now"))
        .help(format!("give it again, with the same value: `--var {name}=…`"))
}

fn locked(name: &str, error: &VaultError) -> Diagnostic {
    let diagnostic = error.diagnostic();
    let message = format!("the variable `{name}` is sealed in the plan, and cannot be opened: {}", diagnostic.message);
    let either = format!("give `--var {name}=…` again, with the same value");
    let help = diagnostic.help.map_or_else(|| either.clone(), |help| format!("{help}; or {either}"));
    Diagnostic::error("plan-variable", message).help(help)
}

fn different(name: &str) -> Diagnostic {
    Diagnostic::error("plan-variable", format!("the variable `{name}` has another value than the plan was made with"))
        .help("give the same value; for another one, make the plan again")
}

fn unasked(name: &str) -> Diagnostic {
    Diagnostic::error("plan-variable", format!("the plan was made without the variable `{name}`"))
        .help(format!("leave `--var {name}=…` out, or make the plan again"))
}
