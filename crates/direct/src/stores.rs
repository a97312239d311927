//! Dynamic references: what Systems Manager and Secrets Manager keep. The engine takes what comes from a store of secrets for
//! a secret; nothing of it is in an error.

use std::sync::Arc;

use ironwright_core::function::{DynamicReference, DynamicService};
use ironwright_engine::{Clock, ErrorKind, ProviderError};
use serde_json::{Value as Json, json};

use crate::call::Calls;
use crate::plain::{self, Service};
use crate::region::Regions;

const SYSTEMS_MANAGER: Service = Service { id: "SSM", name: "ssm", host: "ssm", target: "AmazonSSM" };
const SECRETS_MANAGER: Service =
    Service { id: "Secrets Manager", name: "secretsmanager", host: "secretsmanager", target: "secretsmanager" };

/// The stores of an account.
pub(crate) struct Stores {
    regions: Arc<Regions>,
    parameters: Calls,
    secrets: Calls,
}

impl Stores {
    pub(crate) fn new(regions: Arc<Regions>, clock: &Arc<dyn Clock>) -> Self {
        let calls = |service| Calls::new(service, clock.clone());
        Self { regions, parameters: calls("Systems Manager"), secrets: calls("Secrets Manager") }
    }

    /// Reads what `reference` names.
    pub(crate) async fn read(&self, region: &str, reference: &DynamicReference) -> Result<Json, ProviderError> {
        let key = reference.key.as_ref();
        match reference.service {
            DynamicService::Ssm => self.parameter(region, key, false).await,
            DynamicService::SsmSecure => self.parameter(region, key, true).await,
            DynamicService::SecretsManager => self.secret(region, key).await,
        }
    }

    /// `name`, or `name:version`.
    async fn parameter(&self, region: &str, name: &str, decrypted: bool) -> Result<Json, ProviderError> {
        let config = self.regions.config_in(region);
        let request = json!({"Name": name, "WithDecryption": decrypted});
        let answer = self.parameters.call(plain::json(&config, &SYSTEMS_MANAGER, "GetParameter", &request)).await?;
        let parameter = answer.get("Parameter").ok_or_else(|| unreadable("parameter"))?;
        if !decrypted && parameter.get("Type").and_then(Json::as_str) == Some("SecureString") {
            let message = format!("the parameter '{name}' is encrypted: refer to it as `ssm-secure:{name}`");
            return Err(ProviderError::new(ErrorKind::Refused, "SecureParameter", message));
        }
        parameter.get("Value").cloned().ok_or_else(|| unreadable("parameter"))
    }

    async fn secret(&self, region: &str, key: &str) -> Result<Json, ProviderError> {
        let key = SecretKey::parse(key);
        let config = self.regions.config_in(region);
        let mut request = json!({"SecretId": key.id});
        for (name, value) in [("VersionStage", key.stage), ("VersionId", key.version)] {
            if let Some(value) = value {
                request[name] = value.into();
            }
        }
        let answer = self.secrets.call(plain::json(&config, &SECRETS_MANAGER, "GetSecretValue", &request)).await?;
        let text = answer.get("SecretString").and_then(Json::as_str).ok_or_else(|| {
            let message = format!("the secret '{}' is binary, and no text", key.id);
            ProviderError::new(ErrorKind::Refused, "NoSecretString", message)
        })?;
        match key.entry {
            None => Ok(text.into()),
            Some(entry) => entry_of(text, entry).ok_or_else(|| {
                let message = format!("the secret '{}' is no JSON document with the key '{entry}'", key.id);
                ProviderError::new(ErrorKind::Refused, "NoSuchKey", message)
            }),
        }
    }
}

/// What names a secret: `id:SecretString:json-key:stage:version`, all but the id left out at will. The id may be an ARN.
#[derive(Debug, PartialEq)]
struct SecretKey<'a> {
    id: String,
    entry: Option<&'a str>,
    stage: Option<&'a str>,
    version: Option<&'a str>,
}

impl<'a> SecretKey<'a> {
    fn parse(key: &'a str) -> Self {
        let parts: Vec<&str> = key.split(':').collect();
        let of_id = if key.starts_with("arn:") { parts.len().min(7) } else { 1 };
        let part = |number: usize| parts.get(of_id + number).copied().filter(|part| !part.is_empty());
        Self { id: parts[..of_id].join(":"), entry: part(1), stage: part(2), version: part(3) }
    }
}

fn entry_of(text: &str, entry: &str) -> Option<Json> {
    let document: Json = serde_json::from_str(text).ok()?;
    document.get(entry).cloned()
}

fn unreadable(what: &str) -> ProviderError {
    let message = format!("the answer has no {what}");
    ProviderError::new(ErrorKind::OutcomeUnknown, "ResponseUnreadable", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_named_with_all_or_some_of_its_parts() {
        let check = |key: &str, id: &str, rest: [Option<&str>; 3]| {
            let [entry, stage, version] = rest;
            assert_eq!(SecretKey::parse(key), SecretKey { id: id.to_owned(), entry, stage, version });
        };
        check("db", "db", [None; 3]);
        check("db:SecretString:password", "db", [Some("password"), None, None]);
        check("db:SecretString::AWSPREVIOUS:", "db", [None, Some("AWSPREVIOUS"), None]);
        let arn = "arn:aws:secretsmanager:us-west-2:123456789012:secret:db-AbCdEf";
        check(arn, arn, [None; 3]);
        check(&format!("{arn}:SecretString:user"), arn, [Some("user"), None, None]);
    }

    #[test]
    fn an_entry_is_what_the_document_has_under_the_key() {
        assert_eq!(entry_of(r#"{"a":"x","b":7}"#, "b"), Some(7.into()));
        assert_eq!((entry_of(r#"{"a":"x"}"#, "b"), entry_of("no document", "a")), (None, None));
    }
}
