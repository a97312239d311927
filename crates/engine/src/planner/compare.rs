//! When a planned value and a document say the same, as the cloud understands it: order, case and number formats that
//! carry no meaning are no difference, and neither is what the cloud added by itself.

use ironwright_core::Planned;
use ironwright_core::facts::{Form, Shape, TypeFacts};
use ironwright_core::planned::redacted_digest;
use ironwright_core::secret::SecretText;
use serde_json::Value as Json;

/// Tags with these prefixes are the cloud's or ours; a program neither sets nor removes them.
const RESERVED_TAGS: [&str; 2] = ["aws:", "ironwright:"];

/// Whether `value` and `document` are the same to the letter; secrets by digest over `salt`. Unknown is never the same.
pub(crate) fn same(value: &Planned, document: &Json, salt: &str) -> bool {
    match (value, document) {
        (Planned::Null, Json::Null) => true,
        (Planned::Boolean(value), Json::Bool(other)) => value == other,
        (Planned::Number(value), Json::Number(other)) => value == other,
        (Planned::Text(value), Json::String(other)) => value == other,
        (Planned::Secret(secret), document) => {
            redacted_digest(document).is_some_and(|digest| digest == secret.digest(salt))
        }
        (Planned::Sealed(digest), document) => redacted_digest(document) == Some(digest),
        (Planned::List(items), Json::Array(others)) => {
            items.len() == others.len() && items.iter().zip(others).all(|(item, other)| same(item, other, salt))
        }
        (Planned::Map(entries), Json::Object(others)) => {
            entries.len() == others.len()
                && entries.iter().all(|(key, value)| others.get(key).is_some_and(|other| same(value, other, salt)))
        }
        _ => false,
    }
}

/// Compares the values of one type.
#[derive(Clone, Copy)]
pub(crate) struct Comparer<'a> {
    pub(crate) facts: &'a TypeFacts,
    pub(crate) salt: &'a str,
}

/// Whether `live`, what the cloud has of the property `name`, is what `asked` asks for.
pub fn agrees(facts: &TypeFacts, name: &str, asked: &Json, live: &Json) -> bool {
    covers(Comparer { facts, salt: "" }, &asked.clone().into(), live, None, facts.properties.get(name))
}

/// Whether `current` is what `desired` asks for, where `prior` was asked for before: what is in `current` beyond
/// `desired` counts as the cloud's own, unless `prior` had asked for it.
pub(crate) fn covers(
    comparer: Comparer<'_>,
    desired: &Planned,
    current: &Json,
    prior: Option<&Json>,
    shape: Option<&Shape>,
) -> bool {
    let shape = shape.map(|shape| comparer.facts.follow(shape));
    match (desired, current) {
        (Planned::Unknown, _) => false,
        (Planned::Secret(secret), Json::String(text)) => secret.expose() == text,
        (Planned::Sealed(digest), Json::String(text)) => SecretText::new(text).digest(comparer.salt) == *digest,
        (Planned::Secret(_) | Planned::Sealed(_), _) => same(desired, current, comparer.salt),
        _ if is_document(shape, desired, current) => same_document(comparer, desired, current),
        (Planned::Map(entries), Json::Object(others)) => {
            let child = |key: &str| shape.and_then(|shape| child_shape(shape, key));
            let asked = |(key, value): (&String, &Planned)| {
                let prior = prior.and_then(|prior| prior.get(key));
                let other = others.get(key).unwrap_or(&Json::Null);
                covers(comparer, value, other, prior, child(key))
            };
            let dropped =
                |key: &String| !entries.contains_key(key) && prior.is_some_and(|prior| prior.get(key).is_some());
            entries.iter().all(asked) && !others.keys().any(dropped)
        }
        (Planned::List(items), Json::Array(others)) => covers_list(comparer, items, others, prior, shape),
        _ => same_scalar(desired, current, shape),
    }
}

fn covers_list(
    comparer: Comparer<'_>,
    items: &[Planned],
    others: &[Json],
    prior: Option<&Json>,
    shape: Option<&Shape>,
) -> bool {
    let prior = prior.and_then(Json::as_array);
    let item_shape = shape.and_then(|shape| shape.items.as_deref());
    if is_unordered(shape, items, others) {
        let pairs = pair(comparer, items, others, prior.map_or(&[], Vec::as_slice), item_shape);
        let foreign = |index: usize| !is_reserved_tag(&others[index]);
        let taken = pairs.iter().flatten().count();
        let own = (0..others.len()).filter(|index| pairs.contains(&Some(*index)) || foreign(*index)).count();
        return taken == items.len() && own == taken;
    }
    let prior_item =
        |index: usize| prior.filter(|prior| prior.len() == others.len()).and_then(|prior| prior.get(index));
    items.len() == others.len()
        && items
            .iter()
            .zip(others)
            .enumerate()
            .all(|(index, (item, other))| covers(comparer, item, other, prior_item(index), item_shape))
}

/// For each of `items`, the index of the one of `others` that is what it asks for; each of `others` serves one.
pub(crate) fn pair(
    comparer: Comparer<'_>,
    items: &[Planned],
    others: &[Json],
    prior: &[Json],
    shape: Option<&Shape>,
) -> Vec<Option<usize>> {
    let mut free: Vec<usize> = (0..others.len()).collect();
    let serves = |item: &Planned, other: &Json| {
        let before = prior.iter().find(|before| covers(comparer, &(*before).clone().into(), other, None, shape));
        covers(comparer, item, other, before, shape)
    };
    let mut find = |item: &Planned| {
        let at = free.iter().position(|index| serves(item, &others[*index]))?;
        Some(free.remove(at))
    };
    items.iter().map(&mut find).collect()
}

/// Whether the order of a list has no meaning: the facts say so, or its items are tags.
pub(crate) fn is_unordered(shape: Option<&Shape>, items: &[Planned], others: &[Json]) -> bool {
    let stated = shape.is_some_and(|shape| shape.unordered);
    stated
        || (items.iter().all(|item| tag_key(item).is_some())
            && others.iter().all(|other| json_tag_key(other).is_some()))
}

/// The key of a tag, where `value` is one: a map with `Key` and `Value`.
pub(crate) fn tag_key(value: &Planned) -> Option<&str> {
    let entries = value.as_map().filter(|entries| entries.contains_key("Value"))?;
    entries.get("Key")?.as_text()
}

/// The same of a document.
pub(crate) fn json_tag_key(document: &Json) -> Option<&str> {
    document.get("Value")?;
    document.get("Key")?.as_str()
}

/// Whether `document` is a tag that the cloud or this engine set.
pub(crate) fn is_reserved_tag(document: &Json) -> bool {
    json_tag_key(document).is_some_and(|key| RESERVED_TAGS.iter().any(|prefix| key.starts_with(prefix)))
}

/// The shape of `key` inside an object or a map.
pub(crate) fn child_shape<'a>(shape: &'a Shape, key: &str) -> Option<&'a Shape> {
    match shape.form {
        Form::Map => shape.items.as_deref(),
        _ => shape.properties.get(key),
    }
}

/// Whether a value is a whole document to the cloud, which may return it as text where it was given as an object.
pub(crate) fn is_document(shape: Option<&Shape>, desired: &Planned, current: &Json) -> bool {
    let mixed = matches!(
        (desired, current),
        (Planned::Map(_) | Planned::List(_), Json::String(_)) | (Planned::Text(_), Json::Object(_) | Json::Array(_))
    );
    mixed || shape.is_some_and(|shape| shape.form == Form::Json)
}

fn same_document(comparer: Comparer<'_>, desired: &Planned, current: &Json) -> bool {
    let parsed = |text: &str| serde_json::from_str::<Json>(text).ok();
    let current = match current {
        Json::String(text) => parsed(text).unwrap_or_else(|| current.clone()),
        _ => current.clone(),
    };
    match desired {
        Planned::Text(text) => parsed(text).map_or_else(|| current == *text.as_str(), |desired| desired == current),
        _ => same(desired, &current, comparer.salt),
    }
}

fn same_scalar(desired: &Planned, current: &Json, shape: Option<&Shape>) -> bool {
    match (desired, current) {
        (Planned::Text(text), Json::String(other)) => {
            text == other || (shape.is_some_and(|shape| shape.ignore_case) && text.eq_ignore_ascii_case(other))
        }
        (Planned::Number(number), Json::Number(other)) => number == other || number.as_f64() == other.as_f64(),
        (Planned::Number(number), Json::String(text)) | (Planned::Text(text), Json::Number(number)) => {
            text.parse().ok() == number.as_f64()
        }
        (Planned::Boolean(flag), Json::String(text)) | (Planned::Text(text), Json::Bool(flag)) => {
            text.eq_ignore_ascii_case(if *flag { "true" } else { "false" })
        }
        _ => same(desired, current, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ironwright_core::planned::redacted;
    use ironwright_core::secret::SecretText;
    use serde_json::json;

    fn shape(text: &str) -> Shape {
        serde_json::from_str(text).expect("a shape")
    }

    fn check(shape: Option<&Shape>, desired: impl Into<Planned>, current: &Json, expect: bool) {
        let (facts, desired) = (TypeFacts::default(), desired.into());
        let comparer = Comparer { facts: &facts, salt: "salt" };
        assert_eq!(covers(comparer, &desired, current, None, shape), expect, "{desired:?} against {current}");
    }

    #[test]
    fn formats_without_meaning_are_no_difference() {
        check(None, json!(80), &json!("80"), true);
        check(None, json!("80"), &json!(80.0), true);
        check(None, json!(80), &json!("81"), false);
        check(None, json!(true), &json!("true"), true);
        check(None, json!("TCP"), &json!("tcp"), false);
        check(Some(&shape(r#"{"f":"s","ei":true}"#)), json!("TCP"), &json!("tcp"), true);
    }

    #[test]
    fn order_matters_unless_the_facts_or_tags_say_otherwise() {
        check(None, json!(["a", "b"]), &json!(["b", "a"]), false);
        check(Some(&shape(r#"{"f":"l","un":true}"#)), json!(["a", "b"]), &json!(["b", "a"]), true);
        check(Some(&shape(r#"{"f":"l","un":true}"#)), json!(["a", "a"]), &json!(["a", "b"]), false);
        let tags = json!([{"Key": "B", "Value": "2"}, {"Key": "A", "Value": "1"}]);
        check(None, json!([{"Key": "A", "Value": "1"}, {"Key": "B", "Value": "2"}]), &tags, true);
    }

    #[test]
    fn what_the_cloud_adds_is_no_difference() {
        check(None, json!({"a": 1}), &json!({"a": 1, "default": true}), true);
        let reserved = json!([{"Key": "aws:x", "Value": "1"}, {"Key": "A", "Value": "1"}]);
        check(None, json!([{"Key": "A", "Value": "1"}]), &reserved, true);
        check(
            None,
            json!([{"Key": "A", "Value": "1"}]),
            &json!([{"Key": "A", "Value": "1"}, {"Key": "B", "Value": "2"}]),
            false,
        );
    }

    #[test]
    fn what_was_asked_for_and_is_no_longer_is_a_difference() {
        let (facts, desired) = (TypeFacts::default(), Planned::from(json!({"a": 1})));
        let comparer = Comparer { facts: &facts, salt: "" };
        let current = json!({"a": 1, "b": 2});
        assert!(!covers(comparer, &desired, &current, Some(&json!({"a": 1, "b": 2})), None));
        assert!(covers(comparer, &desired, &current, Some(&json!({"a": 1})), None));
    }

    #[test]
    fn documents_are_compared_as_documents() {
        check(None, json!({"Version": "1", "S": []}), &json!("{\"S\": [], \"Version\": \"1\"}"), true);
        check(Some(&shape(r#"{"f":"j"}"#)), json!("{ \"a\":1 }"), &json!("{\"a\": 1}"), true);
        check(Some(&shape(r#"{"f":"j"}"#)), json!({"a": 1}), &json!({"a": 1, "b": 2}), false);
    }

    #[test]
    fn secrets_compare_by_digest() {
        let secret = SecretText::new("hunter2");
        check(None, Planned::Secret(secret.clone()), &redacted(&secret.digest("salt")), true);
        check(None, Planned::Secret(secret.clone()), &redacted(&secret.digest("other")), false);
        check(None, Planned::Unknown, &json!("x"), false);
    }
}
