//! Showing secrets where that is asked for: documents and plans with the plain text in the place of digests. Whatever
//! renders them needs to know nothing of it.

use ironwright_core::planned::redacted_digest;
use ironwright_core::{Diagnostic, Planned};
use ironwright_engine::{Engine, OutputRecord, Preview, Record, State, VaultError};
use serde_json::Value as Json;

use crate::arguments::{SecretsArguments, ShowSecrets};
use crate::error::CommandError;
use crate::session::Session;

/// Opens the secrets of a state.
pub(crate) struct Revealer<'a> {
    engine: &'a Engine,
    state: &'a State,
}

impl Session<'_> {
    /// Whether secrets are to be shown. Refused where they would go into a pipe that nobody has named.
    pub(crate) fn shows_secrets(&self, arguments: &SecretsArguments) -> Result<bool, CommandError> {
        match arguments.show_secrets {
            None => Ok(false),
            Some(ShowSecrets::Always) => Ok(true),
            Some(ShowSecrets::Terminal) if self.terminal.features().terminal => Ok(true),
            Some(ShowSecrets::Terminal) => {
                let error =
                    Diagnostic::error("secrets-in-a-pipe", "standard output is no terminal, so no secrets are shown");
                Err(CommandError::usage(error.help("to show them all the same, say `--show-secrets=always`")))
            }
        }
    }
}

impl<'a> Revealer<'a> {
    /// One for the secrets of `state`, which `engine` has read.
    pub(crate) fn new(engine: &'a Engine, state: &'a State) -> Self {
        Self { engine, state }
    }

    /// `document` with all secrets in plain text, but for those of which the state holds a digest alone.
    fn document(&self, document: &Json) -> Result<Json, VaultError> {
        if let Some(digest) = redacted_digest(document) {
            return match self.engine.reveal(self.state, digest) {
                Ok(text) => Ok(text.expose().into()),
                Err(VaultError::NotKept) => Ok(document.clone()),
                Err(error) => Err(error),
            };
        }
        match document {
            Json::Array(items) => items.iter().map(|item| self.document(item)).collect(),
            Json::Object(entries) => {
                entries.iter().map(|(key, value)| Ok((key.clone(), self.document(value)?))).collect()
            }
            scalar => Ok(scalar.clone()),
        }
    }

    fn documents(&self, document: Option<&Json>) -> Result<Option<Json>, VaultError> {
        document.map(|document| self.document(document)).transpose()
    }

    /// The same of an output.
    pub(crate) fn output(&self, output: &OutputRecord) -> Result<OutputRecord, VaultError> {
        let value = self.document(&output.value)?;
        let sensitive = output.sensitive && holds_digest(&value);
        Ok(OutputRecord { value, sensitive, origins: output.origins.clone() })
    }

    /// The same of a live resource.
    pub(crate) fn record(&self, record: &Record) -> Result<Record, VaultError> {
        let (properties, model) = (self.document(&record.properties)?, self.document(&record.model)?);
        Ok(Record { properties, model, ..record.clone() })
    }

    /// The same of a plan. What the program sets is known without a key.
    pub(crate) fn preview(&self, plan: &Preview) -> Result<Preview, VaultError> {
        let mut plan = plan.clone();
        for property in plan.changes.iter_mut().flat_map(|change| &mut change.properties) {
            property.before = self.documents(property.before.as_ref())?;
            property.after = property.after.take().map(plain);
            property.sensitive &= property.before.as_ref().is_some_and(holds_digest);
        }
        for output in &mut plan.outputs {
            output.before = self.documents(output.before.as_ref())?;
            output.after = output.after.take().map(plain);
        }
        for read in &mut plan.reads {
            read.value = plain(std::mem::take(&mut read.value));
        }
        Ok(plan)
    }
}

/// The value with its secrets as plain text.
fn plain(value: Planned) -> Planned {
    match value {
        Planned::Secret(secret) => Planned::Text(secret.expose().to_owned()),
        Planned::List(items) => Planned::List(items.into_iter().map(plain).collect()),
        Planned::Map(entries) => Planned::Map(entries.into_iter().map(|(key, value)| (key, plain(value))).collect()),
        other => other,
    }
}

fn holds_digest(document: &Json) -> bool {
    redacted_digest(document).is_some()
        || match document {
            Json::Array(items) => items.iter().any(holds_digest),
            Json::Object(entries) => entries.values().any(holds_digest),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ironwright_core::secret::SecretText;
    use serde_json::json;

    #[test]
    fn secrets_become_text_wherever_they_stand() {
        let secret = Planned::Secret(SecretText::new("hunter2"));
        let value = Planned::List(vec![Planned::Map([("Password".to_owned(), secret)].into()), Planned::Unknown]);
        let text = Planned::Text("hunter2".to_owned());
        let expect = Planned::List(vec![Planned::Map([("Password".to_owned(), text)].into()), Planned::Unknown]);
        assert_eq!(plain(value), expect);
    }

    #[test]
    fn a_digest_is_found_at_any_depth() {
        assert!(holds_digest(&json!([{"a": {"$secret": "00"}}])));
        assert!(!holds_digest(&json!([{"a": "plain"}])));
    }
}
