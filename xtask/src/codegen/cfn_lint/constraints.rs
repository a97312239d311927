//! What a schema asks of values beyond their kind: bounds, rules between properties, and what an id identifies.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Object, array, branches, dotted, names, required, text};
use crate::codegen::model::{Definition, Kind, Limits, Relation};

/// Whether the required properties of a branch tell it from the others: it asks nothing of values, or names all it takes.
fn is_said_by_required(branch: &Object) -> bool {
    let asks_more = ["not", "if", "allOf", "anyOf", "oneOf"].iter().any(|key| branch.contains_key(*key));
    let is_closed = branch.get("additionalProperties") == Some(&Value::Bool(false));
    !asks_more && (is_closed || !branch.contains_key("properties"))
}

/// The rules between properties that a schema states, into the definition.
pub(super) fn rules(schema: &Object, definition: &mut Definition) {
    let sets = |key: &str| -> Vec<Vec<String>> {
        let branches: Vec<&Object> = array(schema, key).iter().filter_map(Value::as_object).collect();
        let sets: Vec<_> = branches.iter().copied().map(required).collect();
        let said_by_sets = branches.iter().copied().all(is_said_by_required) && sets.iter().all(|set| !set.is_empty());
        if said_by_sets { sets } else { Vec::new() }
    };
    let singles = |key: &str| -> Vec<Vec<String>> {
        schema.get(key).map(names).unwrap_or_default().into_iter().map(|name| vec![name]).collect()
    };
    let map = |key: &str| -> BTreeMap<String, Vec<String>> {
        let map = schema.get(key).and_then(Value::as_object);
        map.map(|map| map.iter().map(|(name, others)| (name.clone(), names(others))).collect()).unwrap_or_default()
    };
    definition.one_of =
        [sets("oneOf"), singles("requiredXor")].into_iter().find(|sets| !sets.is_empty()).unwrap_or_default();
    definition.any_of =
        [sets("anyOf"), singles("requiredOr")].into_iter().find(|sets| !sets.is_empty()).unwrap_or_default();
    definition.dependent_required = map("dependentRequired");
    definition.dependent_excluded = map("dependentExcluded");
}

/// The bounds that a schema sets on a value of `kind`.
pub(super) fn limits(schema: &Object, kind: &Kind) -> Limits {
    let count = |key: &str| schema.get(key).and_then(Value::as_u64);
    let number = |key: &str| schema.get(key).and_then(Value::as_number).cloned();
    let format = text(schema, "format").filter(|format| !format.contains("::")).map(str::to_owned);
    let case = schema.get("enumCaseInsensitive");
    let listed = schema.get("enum").filter(|values| values.is_array()).or(case.filter(|values| values.is_array()));
    let scalar = matches!(kind, Kind::Text | Kind::Integer | Kind::Number);
    Limits {
        pattern: text(schema, "pattern")
            .filter(|pattern| *kind == Kind::Text && !pattern.is_empty())
            .map(str::to_owned),
        format: format.filter(|_| *kind == Kind::Text),
        allowed: listed.filter(|_| scalar).map(allowed).unwrap_or_default(),
        any_case: case.is_some(),
        known: Vec::new(),
        length: if *kind == Kind::Text { (count("minLength"), count("maxLength")) } else { (None, None) },
        range: if scalar { (number("minimum"), number("maximum")) } else { (None, None) },
        items: if matches!(kind, Kind::List(_)) { (count("minItems"), count("maxItems")) } else { (None, None) },
        unique: schema.get("uniqueItems") == Some(&Value::Bool(true)),
        unordered: schema.get("insertionOrder") == Some(&Value::Bool(false)),
        default: schema.get("default").filter(|default| !default.is_object() && !default.is_array()).cloned(),
    }
}

fn allowed(values: &Value) -> Vec<String> {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut seen = BTreeSet::new();
    let all = values.as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().map(plain).filter(|value| seen.insert(value.clone())).collect()
}

/// What a schema says its value identifies: `format: AWS::EC2::VPC.Id`, a `relationshipRef`, or alternatives of these.
pub(super) fn relations(schema: &Object) -> Vec<Relation> {
    let mut found: Vec<Relation> =
        [schema].into_iter().chain(branches(schema, &["anyOf", "oneOf"])).flat_map(stated).collect();
    found.sort();
    found.dedup();
    found
}

fn stated(schema: &Object) -> Vec<Relation> {
    let format =
        text(schema, "format").and_then(|format| format.rsplit_once('.')).filter(|(target, _)| target.contains("::"));
    let reference = schema.get("relationshipRef").and_then(Value::as_object);
    let referenced =
        reference.and_then(|reference| Some((text(reference, "typeName")?, text(reference, "propertyPath")?)));
    let format = format.map(|(target, attribute)| Relation::new(target, attribute.trim_end_matches('s')));
    format.into_iter().chain(referenced.map(|(target, path)| Relation::new(target, &dotted(path)))).collect()
}
