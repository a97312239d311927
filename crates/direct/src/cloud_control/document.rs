//! The documents that are sent, and what follows from them. Pure.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use ironwright_core::facts::TypeFacts;
use serde_json::Value as Json;

/// `document` without its nulls: they are no values, and Cloud Control takes them for some.
pub(super) fn without_nulls(document: Json) -> Json {
    match document {
        Json::Object(entries) => {
            let set = entries.into_iter().filter(|(_, value)| !value.is_null());
            Json::Object(set.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        Json::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

/// Whether `desired` has all that the identifier is made of: it is then known before anything is made, and that there is
/// something of that id says nothing of who made it.
pub(super) fn chooses_id(facts: &TypeFacts, desired: &Json) -> bool {
    let is_set = |path: &String| path.split('.').try_fold(desired, |value, name| value.get(name)).is_some();
    !facts.primary_identifier.is_empty() && facts.primary_identifier.iter().all(is_set)
}

/// The token of an update: another patch is another request. A patch is made from what is live, so that one made after an
/// answer was lost may well differ; under the same token it would be refused.
pub(super) fn token_of_patch(token: &str, patch: &str) -> String {
    let mut hasher = DefaultHasher::new();
    patch.hash(&mut hasher);
    format!("{token}-{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nulls_are_left_out_at_any_depth() {
        let check = |document, expect: Json| assert_eq!(without_nulls(document), expect);
        check(json!({"A": null, "B": {"C": null, "D": [{"E": null}]}}), json!({"B": {"D": [{}]}}));
    }

    #[test]
    fn an_id_is_chosen_where_all_of_it_is_asked_for() {
        let facts = TypeFacts { primary_identifier: ["A", "B"].map(str::to_owned).into(), ..TypeFacts::default() };
        assert!(chooses_id(&facts, &json!({"A": 1, "B": 2, "C": 3})));
        assert!(!chooses_id(&facts, &json!({"A": 1})));
        assert!(!chooses_id(&TypeFacts::default(), &json!({"A": 1})));
    }

    #[test]
    fn another_patch_has_another_token() {
        assert_eq!(token_of_patch("t", "[1]"), token_of_patch("t", "[1]"));
        assert_ne!(token_of_patch("t", "[1]"), token_of_patch("t", "[2]"));
    }
}
