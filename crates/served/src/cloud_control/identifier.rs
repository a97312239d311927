//! Identifiers: text, the parts of a compound one joined by `|`, or a JSON object of the parts by name.

use std::borrow::Cow;

use ironwright_core::facts::TypeFacts;
use serde_json::{Map, Value as Json};

/// `text` as the cloud knows it.
pub(super) fn plain<'a>(facts: &TypeFacts, text: &'a str) -> Cow<'a, str> {
    let named = text.starts_with('{').then(|| serde_json::from_str::<Map<String, Json>>(text).ok()).flatten();
    match named.and_then(|parts| of(facts, &Json::Object(parts))) {
        Some(joined) => joined.into(),
        None => text.into(),
    }
}

/// The identifier whose parts `properties` have, where they have all of them.
pub(super) fn of(facts: &TypeFacts, properties: &Json) -> Option<String> {
    let part = |path: &String| match path.split('.').try_fold(properties, |value, key| value.get(key))? {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let parts: Option<Vec<String>> = facts.primary_identifier.iter().map(part).collect();
    parts.filter(|parts| !parts.is_empty()).map(|parts| parts.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_by_name_are_joined_in_order() {
        let facts = TypeFacts { primary_identifier: ["B", "A"].map(str::to_owned).into(), ..TypeFacts::default() };
        let check = |text, expect: &str| assert_eq!(plain(&facts, text), expect);
        check(r#"{"A": "x", "B": 1}"#, "1|x");
        check(r#"{"A": "x"}"#, r#"{"A": "x"}"#);
        check("b|a", "b|a");
    }
}
