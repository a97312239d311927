//! The differences between what a program asks for and what there is, by path.

use ironwright_core::Planned;
use ironwright_core::facts::{Shape, TypeFacts};
use ironwright_core::planned::redacted_digest;
use serde_json::Value as Json;

use super::compare::{self, Comparer};
use crate::plan::PropertyChange;

/// The sides of one property.
#[derive(Clone, Copy)]
pub(crate) struct Sides<'a> {
    /// What the program asks for.
    pub(crate) desired: Option<&'a Planned>,
    /// What there is.
    pub(crate) current: Option<&'a Json>,
    /// What was asked for at the last apply.
    pub(crate) prior: Option<&'a Json>,
}

/// The differences below `path`, leaves first where both sides have the same structure. `raw` marks them all.
pub(crate) fn diff(
    facts: &TypeFacts,
    salt: &str,
    path: &str,
    sides: Sides<'_>,
    shape: Option<&Shape>,
    raw: bool,
) -> Vec<PropertyChange> {
    let mut walk = Walk { comparer: Comparer { facts, salt }, raw, found: Vec::new() };
    walk.visit(path, sides, shape);
    walk.found
}

struct Walk<'a> {
    comparer: Comparer<'a>,
    raw: bool,
    found: Vec<PropertyChange>,
}

impl Walk<'_> {
    fn visit(&mut self, path: &str, sides: Sides<'_>, shape: Option<&Shape>) {
        let shape = shape.map(|shape| self.comparer.facts.follow(shape));
        let (Some(desired), Some(current)) = (sides.desired, sides.current) else {
            if sides.desired.is_some() || sides.prior.is_some() {
                self.leaf(path, sides);
            }
            return;
        };
        if compare::covers(self.comparer, desired, current, sides.prior, shape) {
            return;
        }
        match (desired, current) {
            _ if compare::is_document(shape, desired, current) => self.leaf(path, sides),
            (Planned::Map(_), Json::Object(_)) if redacted_digest(current).is_none() => self.map(path, sides, shape),
            (Planned::List(items), Json::Array(others)) if compare::is_unordered(shape, items, others) => {
                self.set(path, sides, items, others, shape);
            }
            (Planned::List(items), Json::Array(others)) => self.list(path, sides, items, others, shape),
            _ => self.leaf(path, sides),
        }
    }

    fn map(&mut self, path: &str, sides: Sides<'_>, shape: Option<&Shape>) {
        let desired = sides.desired.and_then(Planned::as_map);
        let asked = desired.into_iter().flat_map(|entries| entries.keys());
        let before = sides.prior.and_then(Json::as_object).into_iter().flat_map(|entries| entries.keys());
        let dropped = before.filter(|key| !desired.is_some_and(|entries| entries.contains_key(*key)));
        for key in asked.chain(dropped) {
            let child = Sides {
                desired: desired.and_then(|entries| entries.get(key)),
                current: sides.current.and_then(|current| current.get(key)),
                prior: sides.prior.and_then(|prior| prior.get(key)),
            };
            if child.desired.is_some() || child.current.is_some() {
                let shape = shape.and_then(|shape| compare::child_shape(shape, key));
                self.visit(&format!("{path}.{key}"), child, shape);
            }
        }
    }

    fn list(&mut self, path: &str, sides: Sides<'_>, items: &[Planned], others: &[Json], shape: Option<&Shape>) {
        let shape = shape.and_then(|shape| shape.items.as_deref());
        for index in 0..items.len().max(others.len()) {
            let current = others.get(index);
            let prior = sides.prior.and_then(|prior| prior.get(index)).or(current.filter(|_| index >= items.len()));
            self.visit(&format!("{path}[{index}]"), Sides { desired: items.get(index), current, prior }, shape);
        }
    }

    /// A list whose order has no meaning: tags are paired by key, other items are there or not.
    fn set(&mut self, path: &str, sides: Sides<'_>, items: &[Planned], others: &[Json], shape: Option<&Shape>) {
        let shape = shape.and_then(|shape| shape.items.as_deref());
        let prior = sides.prior.and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        let pairs = compare::pair(self.comparer, items, others, prior, shape);
        let mut left: Vec<usize> = (0..others.len()).filter(|index| !pairs.contains(&Some(*index))).collect();
        for (index, item) in items.iter().enumerate().filter(|(index, _)| pairs[*index].is_none()) {
            let same_key = |other: &usize| {
                compare::tag_key(item).is_some_and(|key| compare::json_tag_key(&others[*other]) == Some(key))
            };
            let partner = left.iter().position(same_key).map(|at| &others[left.remove(at)]);
            let sides = Sides { desired: Some(item), current: partner, prior: None };
            self.visit(&format!("{path}[{index}]"), sides, shape);
        }
        for index in left.into_iter().filter(|index| !compare::is_reserved_tag(&others[*index])) {
            let current = Some(&others[index]);
            self.leaf(&format!("{path}[{index}]"), Sides { desired: None, current, prior: current });
        }
    }

    fn leaf(&mut self, path: &str, sides: Sides<'_>) {
        let hidden = |document: &Json| holds_secret(document);
        self.found.push(PropertyChange {
            path: path.to_owned(),
            before: sides.current.cloned(),
            after: sides.desired.cloned(),
            forces_replacement: false,
            raw: self.raw,
            sensitive: sides.desired.is_some_and(Planned::has_secret) || sides.current.is_some_and(hidden),
        });
    }
}

/// Whether a secret's digest stands anywhere in `document`.
pub(crate) fn holds_secret(document: &Json) -> bool {
    redacted_digest(document).is_some()
        || match document {
            Json::Array(items) => items.iter().any(holds_secret),
            Json::Object(entries) => entries.values().any(holds_secret),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Each difference as `path: before -> after`.
    fn check(desired: &Json, current: &Json, prior: &Json, expect: &[&str]) {
        let planned = Planned::from(desired.clone());
        let some = |value: &Json| !value.is_null();
        let sides = Sides {
            desired: Some(&planned).filter(|_| some(desired)),
            current: Some(current).filter(|current| some(current)),
            prior: Some(prior).filter(|prior| some(prior)),
        };
        let shown = |value: Option<String>| value.unwrap_or_else(|| "nothing".to_owned());
        let found: Vec<String> = diff(&TypeFacts::default(), "", "P", sides, None, false)
            .iter()
            .map(|change| {
                let before = shown(change.before.as_ref().map(Json::to_string));
                let after = shown(change.after.as_ref().map(|after| after.to_json("").to_string()));
                format!("{}: {before} -> {after}", change.path)
            })
            .collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn paths_lead_to_what_differs() {
        check(&json!(1), &json!(2), &json!(2), &["P: 2 -> 1"]);
        check(&json!(1), &json!(null), &json!(null), &["P: nothing -> 1"]);
        check(&json!(null), &json!(2), &json!(2), &["P: 2 -> nothing"]);
        check(&json!(null), &json!(2), &json!(null), &[]);
        check(&json!({"a": {"b": 1}}), &json!({"a": {"b": 2, "c": 3}}), &json!({"a": {"b": 2}}), &["P.a.b: 2 -> 1"]);
        check(&json!({"a": 1}), &json!({"a": 1, "b": 2}), &json!({"a": 1, "b": 2}), &["P.b: 2 -> nothing"]);
        check(&json!(["x", "y"]), &json!(["x", "z"]), &json!(null), &["P[1]: \"z\" -> \"y\""]);
        check(&json!(["x"]), &json!(["x", "z"]), &json!(null), &["P[1]: \"z\" -> nothing"]);
    }

    #[test]
    fn tags_are_paired_by_key() {
        let tag = |key: &str, value: &str| json!({"Key": key, "Value": value});
        let current = json!([tag("aws:x", "1"), tag("B", "2"), tag("A", "1")]);
        check(&json!([tag("A", "1"), tag("B", "2")]), &current, &json!(null), &[]);
        check(&json!([tag("A", "1"), tag("B", "3")]), &current, &json!(null), &["P[1].Value: \"2\" -> \"3\""]);
        check(&json!([tag("A", "1")]), &current, &json!(null), &["P[1]: {\"Key\":\"B\",\"Value\":\"2\"} -> nothing"]);
    }
}
