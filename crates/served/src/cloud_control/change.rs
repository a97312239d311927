//! A change by a JSON patch (RFC 6902): the properties that a resource shall have. Pure.
//!
//! As at AWS, the patch is applied to what a read returns, so that a write-only property that the patch does not set is
//! set no more.

use ironwright_core::Planned;
use ironwright_core::facts::{Form, TypeFacts};
use ironwright_core::secret::SecretText;
use ironwright_simulated::Basis;
use json_patch::{Patch, PatchError};
use serde_json::Value as Json;

/// The properties that `patch` leads to. Those that it does not touch stay as they were asked for: what the cloud made of
/// itself is not asked for.
pub(super) fn desired(basis: &Basis, patch: &Patch) -> Result<Json, PatchError> {
    let before = &*basis.model;
    let mut after = before.clone();
    json_patch::patch(&mut after, patch)?;
    let mut desired = basis.asked.as_object().cloned().unwrap_or_default();
    desired.retain(|name, _| after.get(name).is_some() || before.get(name).is_none());
    for (name, value) in after.as_object().into_iter().flatten() {
        if before.get(name) != Some(value) {
            desired.insert(name.clone(), value.clone());
        }
    }
    Ok(Json::Object(desired))
}

/// `desired`, with the text of write-only properties as secrets, unless it names a resource or one of few values.
pub(super) fn with_secrets(facts: &TypeFacts, desired: Json) -> Planned {
    let mut planned = Planned::from(desired);
    for path in &facts.write_only {
        let is_secret = facts.shape(path).is_some_and(|shape| {
            let shape = facts.follow(shape);
            shape.form == Form::Text && shape.allowed.is_empty() && shape.known.is_empty() && shape.relations.is_empty()
        });
        if is_secret {
            hide(&mut planned, Some(path));
        }
    }
    planned
}

/// Makes the text at a dotted path a secret; `*` is every item, and may be left out for lists. No path: the text itself.
fn hide(planned: &mut Planned, path: Option<&str>) {
    let Some(path) = path else {
        if let Planned::Text(text) = planned {
            *planned = Planned::Secret(SecretText::new(std::mem::take(text)));
        }
        return;
    };
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    match planned {
        Planned::List(items) => {
            let inner = if first == "*" { rest } else { Some(path) };
            for item in items {
                hide(item, inner);
            }
        }
        Planned::Map(entries) => {
            let below = entries.iter_mut().filter(|(name, _)| first == "*" || *name == first);
            below.for_each(|(_, value)| hide(value, rest));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ironwright_core::facts::Shape;
    use serde_json::json;
    use std::sync::Arc;

    fn check(patch: Json, expect: &Json) {
        let model = json!({"Name": "a", "Size": 1, "Made": {"By": "cloud"}, "Tags": [{"Key": "k", "Value": "v"}]});
        let asked = json!({"Name": "a", "Tags": [{"Key": "k", "Value": "v"}]});
        let basis = Basis { model: Arc::new(model), asked };
        let patch = serde_json::from_value(patch).expect("a patch");
        assert_eq!(desired(&basis, &patch).expect("it fits"), *expect);
    }

    #[test]
    fn what_is_touched_is_asked_for_and_nothing_else() {
        check(json!([]), &json!({"Name": "a", "Tags": [{"Key": "k", "Value": "v"}]}));
        check(
            json!([{"op": "replace", "path": "/Size", "value": 2}, {"op": "replace", "path": "/Tags/0/Value", "value": "w"}]),
            &json!({"Name": "a", "Size": 2, "Tags": [{"Key": "k", "Value": "w"}]}),
        );
        check(json!([{"op": "remove", "path": "/Tags"}]), &json!({"Name": "a"}));
    }

    #[test]
    fn what_is_not_there_cannot_be_replaced_or_removed() {
        let basis = Basis { model: Arc::new(json!({})), asked: json!({}) };
        for operation in [json!({"op": "remove", "path": "/X"}), json!({"op": "test", "path": "/X", "value": 1})] {
            let patch = serde_json::from_value(json!([operation])).expect("a patch");
            assert!(desired(&basis, &patch).is_err(), "{operation}");
        }
    }

    #[test]
    fn only_write_only_text_is_a_secret() {
        let text = || Shape { form: Form::Text, ..Shape::default() };
        let facts = TypeFacts {
            properties: [("Word".to_owned(), text()), ("Name".to_owned(), text())].into(),
            write_only: vec!["Word".to_owned()],
            ..TypeFacts::default()
        };
        let planned = with_secrets(&facts, json!({"Word": "hunter2", "Name": "plain"}));
        assert!(matches!(planned.get("Word"), Some(Planned::Secret(_))), "{planned:?}");
        assert_eq!(planned.get("Name").and_then(Planned::as_text), Some("plain"));
    }
}
