//! How the values to come of a plan are written: secrets as digests, what is not known as a mark. Every value that was
//! written is read as it was, but for the texts of secrets.

use std::collections::BTreeMap;

use ironwright_core::Planned;
use ironwright_core::planned::{redacted, redacted_digest};
use ironwright_core::secret::SecretText;
use serde_json::{Map, Value as Json, json};

/// Stands for a value that is not known.
const UNKNOWN: &str = "$unknown";
/// Holds a map that would be taken for a mark.
const MAP: &str = "$map";

/// `value` as it is written; secrets as digests over `salt`.
pub(super) fn write(value: &Planned, salt: &str) -> Json {
    match value {
        Planned::Null => Json::Null,
        Planned::Boolean(flag) => Json::Bool(*flag),
        Planned::Number(number) => Json::Number(number.clone()),
        Planned::Text(text) => Json::String(text.clone()),
        Planned::Secret(secret) => redacted(&secret.digest(salt)),
        Planned::Sealed(digest) => redacted(digest),
        Planned::Unknown => json!({ UNKNOWN: true }),
        Planned::List(items) => items.iter().map(|item| write(item, salt)).collect(),
        Planned::Map(entries) => {
            let written: Map<_, _> = entries.iter().map(|(key, value)| (key.clone(), write(value, salt))).collect();
            let written = Json::Object(written);
            if looks_like_a_mark(entries) { json!({ MAP: written }) } else { written }
        }
    }
}

fn looks_like_a_mark(entries: &BTreeMap<String, Planned>) -> bool {
    entries.len() == 1 && entries.keys().all(|key| key.starts_with('$'))
}

/// The value that was written as `json`. A secret has no text.
pub(super) fn read(json: Json) -> Planned {
    if redacted_digest(&json).is_some() {
        return Planned::Secret(SecretText::new(""));
    }
    match json {
        Json::Array(items) => Planned::List(items.into_iter().map(read).collect()),
        Json::Object(entries) if entries.len() == 1 && entries.contains_key(UNKNOWN) => Planned::Unknown,
        Json::Object(mut entries) if entries.len() == 1 && entries.get(MAP).is_some_and(Json::is_object) => {
            map(entries.remove(MAP).unwrap_or_default())
        }
        Json::Object(_) => map(json),
        scalar => Planned::from(scalar),
    }
}

fn map(json: Json) -> Planned {
    let Json::Object(entries) = json else {
        return Planned::Null;
    };
    Planned::Map(entries.into_iter().map(|(key, value)| (key, read(value))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &Planned) {
        let written = write(value, "salt");
        assert!(!written.to_string().contains("hunter2"), "{written}");
        assert_eq!(read(written), *value);
    }

    #[test]
    fn a_value_is_read_as_it_was_written() {
        let map = |key: &str, value| Planned::Map([(key.to_owned(), value)].into());
        check(&Planned::Null);
        check(&Planned::Unknown);
        check(&json!({"a": [1, 0.1, true, null, "$unknown"], "$b": {}, "$c": []}).into());
        check(&Planned::List(vec![Planned::Unknown, map("a", Planned::Unknown)]));
        for key in ["$unknown", "$secret", "$map", "$other", "$", ""] {
            check(&map(key, Planned::Boolean(true)));
            check(&map(key, Planned::Text("text".to_owned())));
            check(&map(key, map(key, Planned::Unknown)));
        }
    }

    #[test]
    fn a_secret_keeps_its_place_and_loses_its_text() {
        let value = Planned::List(vec![Planned::Secret(SecretText::new("hunter2"))]);
        let written = write(&value, "salt");
        assert_eq!(written, json!([{ "$secret": SecretText::new("hunter2").digest("salt") }]));
        assert_eq!(read(written), Planned::List(vec![Planned::Secret(SecretText::new(""))]));
    }

    #[test]
    fn whatever_stands_in_a_file_is_some_value() {
        for strange in [json!({"$map": 1}), json!({"$map": [], "x": 1}), json!({"$secret": 7}), json!({"$unknown": 0})]
        {
            let _ = read(strange);
        }
    }
}
