//! Values after evaluation: [`Planned`] may hold unknowns, [`Resolved`] is proved to hold none.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::secret::SecretText;

/// The key under which a secret's digest stands in a document.
const SECRET_KEY: &str = "$secret";

/// A value as far as it is known before apply (invariant I7).
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Planned {
    /// No value; in a map the same as a missing key.
    #[default]
    Null,
    /// True or false.
    Boolean(bool),
    /// A number.
    Number(serde_json::Number),
    /// Text.
    Text(String),
    /// Text that must never be shown.
    Secret(SecretText),
    /// A secret that the state alone knows and that cannot be opened here: its digest tells whether it is the same.
    Sealed(String),
    /// Known after apply.
    Unknown,
    /// Values in order.
    List(Vec<Planned>),
    /// Named values.
    Map(BTreeMap<String, Planned>),
}

impl Planned {
    /// Whether an unknown stands anywhere inside.
    pub fn has_unknown(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::List(items) => items.iter().any(Self::has_unknown),
            Self::Map(entries) => entries.values().any(Self::has_unknown),
            _ => false,
        }
    }

    /// Whether a secret stands anywhere inside.
    pub fn has_secret(&self) -> bool {
        match self {
            Self::Secret(_) | Self::Sealed(_) => true,
            Self::List(items) => items.iter().any(Self::has_secret),
            Self::Map(entries) => entries.values().any(Self::has_secret),
            _ => false,
        }
    }

    /// Whether a secret stands anywhere inside that cannot be opened here.
    pub fn has_sealed(&self) -> bool {
        match self {
            Self::Sealed(_) => true,
            Self::List(items) => items.iter().any(Self::has_sealed),
            Self::Map(entries) => entries.values().any(Self::has_sealed),
            _ => false,
        }
    }

    /// The value at a dotted path of map keys, `Endpoint.Address`. Unknown where the path runs into an unknown.
    pub fn get(&self, path: &str) -> Option<&Planned> {
        path.split('.').try_fold(self, |value, key| match value {
            Self::Map(entries) => entries.get(key),
            Self::Unknown => Some(value),
            _ => None,
        })
    }

    /// The text, where it is plain text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The entries, where it is a map.
    pub fn as_map(&self) -> Option<&BTreeMap<String, Planned>> {
        match self {
            Self::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items, where it is a list.
    pub fn as_list(&self) -> Option<&[Planned]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The document to keep in a state: secrets as digests over `salt`, unknowns as null.
    pub fn to_json(&self, salt: &str) -> Json {
        match self {
            Self::Null | Self::Unknown => Json::Null,
            Self::Boolean(flag) => Json::Bool(*flag),
            Self::Number(number) => Json::Number(number.clone()),
            Self::Text(text) => Json::String(text.clone()),
            Self::Secret(secret) => redacted(&secret.digest(salt)),
            Self::Sealed(digest) => redacted(digest),
            Self::List(items) => items.iter().map(|item| item.to_json(salt)).collect(),
            Self::Map(entries) => {
                Json::Object(entries.iter().map(|(key, value)| (key.clone(), value.to_json(salt))).collect())
            }
        }
    }
}

impl From<Json> for Planned {
    fn from(json: Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(flag) => Self::Boolean(flag),
            Json::Number(number) => Self::Number(number),
            Json::String(text) => Self::Text(text),
            Json::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Json::Object(entries) => Self::Map(entries.into_iter().map(|(key, value)| (key, value.into())).collect()),
        }
    }
}

/// What stands for a secret in a document: `{"$secret": digest}`.
pub fn redacted(digest: &str) -> Json {
    serde_json::json!({ SECRET_KEY: digest })
}

/// The digest inside what [`redacted`] made, if `json` is such.
pub fn redacted_digest(json: &Json) -> Option<&str> {
    match json {
        Json::Object(entries) if entries.len() == 1 => entries.get(SECRET_KEY)?.as_str(),
        _ => None,
    }
}

/// A value with nothing in it that is unknown or cannot be opened: what may be sent to a provider.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resolved {
    value: Planned,
    raw: BTreeSet<String>,
}

impl Resolved {
    /// The value, if nothing in it is unknown or cannot be opened; else the value back.
    pub fn new(planned: Planned) -> Result<Self, Planned> {
        if planned.has_unknown() || planned.has_sealed() {
            Err(planned)
        } else {
            Ok(Self { value: planned, raw: BTreeSet::new() })
        }
    }

    /// The same, with the names of the properties that were set through `.raw`.
    #[must_use]
    pub fn with_raw(mut self, raw: BTreeSet<String>) -> Self {
        self.raw = raw;
        self
    }

    /// The properties that were set through `.raw`: what facts say of them is not held against the program.
    pub fn raw(&self) -> &BTreeSet<String> {
        &self.raw
    }

    /// The value.
    pub fn value(&self) -> &Planned {
        &self.value
    }

    /// The value, taken out.
    pub fn into_value(self) -> Planned {
        self.value
    }

    /// The document to send, with secrets in the clear. Every call of this is a place to review (invariant I6).
    pub fn expose(&self) -> Json {
        expose(&self.value)
    }

    /// The document to keep in a state, secrets as digests over `salt`.
    pub fn to_json(&self, salt: &str) -> Json {
        self.value.to_json(salt)
    }
}

fn expose(value: &Planned) -> Json {
    match value {
        Planned::Secret(secret) => Json::String(secret.expose().to_owned()),
        Planned::List(items) => items.iter().map(expose).collect(),
        Planned::Map(entries) => {
            Json::Object(entries.iter().map(|(key, value)| (key.clone(), expose(value))).collect())
        }
        other => other.to_json(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_unknown_anywhere_is_not_resolved() {
        let nested = Planned::List(vec![Planned::Null, Planned::Map([("a".to_owned(), Planned::Unknown)].into())]);
        assert!(Resolved::new(nested).is_err());
        assert!(Resolved::new(json!({"a": [1, "x", null]}).into()).is_ok());
    }

    #[test]
    fn a_path_into_an_unknown_is_unknown() {
        let value = Planned::Map([("Endpoint".to_owned(), Planned::Unknown)].into());
        assert_eq!(value.get("Endpoint.Address"), Some(&Planned::Unknown));
        assert_eq!(value.get("Port"), None);
    }

    #[test]
    fn secrets_are_digests_in_documents_and_plain_only_when_exposed() {
        let secret = Planned::Secret(SecretText::new("hunter2"));
        let kept = secret.to_json("salt");
        assert!(!kept.to_string().contains("hunter2"));
        assert_eq!(redacted_digest(&kept), Some(SecretText::new("hunter2").digest("salt").as_str()));
        assert_eq!(Resolved::new(secret).expect("nothing unknown").expose(), json!("hunter2"));
    }
}
