//! Whether a resource may be what was sent: property by property, as far as both are told. Pure.

use ironwright_core::facts::TypeFacts;
use ironwright_core::planned::redacted_digest;
use ironwright_engine::agrees;
use serde_json::Value as Json;

/// What a resource has in common with what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    /// All that was sent and can be read is so.
    Same,
    /// Something differs, perhaps in form alone, or is not told.
    Unclear,
    /// Something is surely another.
    Other,
}

/// What `live`, a model, has in common with `sent`, properties with secrets as digests.
pub(super) fn likeness(facts: &TypeFacts, sent: &Json, live: &Json) -> Likeness {
    let sent = sent.as_object().into_iter().flatten();
    let comparable = sent.filter(|(name, value)| !is_hidden(facts, name) && !value.is_null() && !has_secret(value));
    comparable.map(|(name, value)| of_property(facts, name, value, live.get(name))).max().unwrap_or(Likeness::Unclear)
}

fn of_property(facts: &TypeFacts, name: &str, sent: &Json, live: Option<&Json>) -> Likeness {
    let Some(live) = live else { return Likeness::Unclear };
    if agrees(facts, name, sent, live) {
        return Likeness::Same;
    }
    match (sent, live) {
        // A name may come back as the ARN that ends in it, and the other way round.
        (Json::String(sent), Json::String(live)) if live.contains(sent.as_str()) || sent.contains(live.as_str()) => {
            Likeness::Unclear
        }
        (Json::String(_), Json::String(_)) | (Json::Number(_), Json::Number(_)) | (Json::Bool(_), Json::Bool(_)) => {
            Likeness::Other
        }
        _ => Likeness::Unclear,
    }
}

fn is_hidden(facts: &TypeFacts, name: &str) -> bool {
    facts.write_only.iter().any(|path| path.split('.').next() == Some(name))
}

fn has_secret(value: &Json) -> bool {
    match value {
        _ if redacted_digest(value).is_some() => true,
        Json::Array(items) => items.iter().any(has_secret),
        Json::Object(entries) => entries.values().any(has_secret),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ironwright_core::planned::redacted;
    use serde_json::json;

    fn check(sent: &Json, live: &Json, expect: Likeness) {
        let facts =
            json!({"p": {"Name": {"f": "s"}, "Groups": {"f": "l", "un": true}, "Word": {"f": "s"}}, "wo": ["Word"]});
        let facts: TypeFacts = serde_json::from_value(facts).expect("facts");
        assert_eq!(likeness(&facts, sent, live), expect, "{sent} {live}");
    }

    #[test]
    fn what_can_be_read_decides() {
        check(&json!({"Name": "a", "Word": "w"}), &json!({"Name": "a", "Arn": "x"}), Likeness::Same);
        check(&json!({"Name": "a", "Groups": ["b", "c"]}), &json!({"Name": "a", "Groups": ["c", "b"]}), Likeness::Same);
        check(&json!({"Name": "a"}), &json!({"Name": "b"}), Likeness::Other);
        check(&json!({"Name": "key"}), &json!({"Name": "arn:aws:kms:key"}), Likeness::Unclear);
        check(&json!({"Name": "a", "Groups": ["b"]}), &json!({"Name": "a", "Groups": ["c"]}), Likeness::Unclear);
        check(&json!({"Name": "a", "Groups": ["b"]}), &json!({"Name": "c", "Groups": ["c"]}), Likeness::Other);
        check(&json!({"Name": "a"}), &json!({}), Likeness::Unclear);
    }

    #[test]
    fn nothing_to_compare_tells_nothing() {
        check(&json!({"Word": "w"}), &json!({"Name": "a"}), Likeness::Unclear);
        check(&json!({"Name": redacted("00ff")}), &json!({"Name": "a"}), Likeness::Unclear);
        check(&json!({}), &json!({}), Likeness::Unclear);
    }
}
