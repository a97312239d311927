//! Minting: ids, names, ARNs and attributes for what the program did not say and the tables by hand do not know.
//!
//! Everything is drawn from the seed, the type, the region and the address, so that a program gets the same ids each
//! time it is deployed to a new cloud.

mod arn;
mod attribute;
mod name;
pub(crate) mod pattern;

use ironwright_core::facts::{Form, Shape, TypeFacts};
use ironwright_core::planned::redacted;
use serde_json::{Map, Value as Json};

use crate::dice::Dice;
use crate::draft::Draft;
use crate::entry::Key;

#[cfg(test)]
pub(crate) use name::fits;
pub(crate) use name::named;

/// Completes a draft: identifiers first, then every attribute, then defaults.
pub(crate) fn complete(draft: &mut Draft) {
    let facts = draft.facts;
    for path in &facts.primary_identifier {
        if !draft.is_settled(path) {
            let value = identifier(draft, path);
            draft.put(path, value);
        }
    }
    for (path, shape) in &facts.attributes {
        if facts.sensitive.contains(path) {
            draft.put(path, redacted("kept nowhere: drawn again for each answer"));
        } else if !draft.is_settled(path) && !is_inside_what_is_not_set(draft, path) {
            let value = attribute::mint(draft, path, facts.shape(path).unwrap_or(shape));
            draft.set(path, value);
        }
    }
    for (name, value) in defaults_of(facts, &facts.properties, draft.model(), 0) {
        if !facts.write_only.contains(&name) {
            draft.put(&name, value);
        }
    }
}

/// The secret that a resource has at `path`. The cloud keeps none: it is the same each time it is drawn.
pub(crate) fn sensitive(key: &Key, path: &str, seed: u64) -> String {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let drawn = Dice::new(seed, &["sensitive", &key.type_name, &key.region, &key.id, path]).letters(LETTERS, 64);
    match path {
        "PrivateKey" => {
            format!("-----BEGIN OPENSSH PRIVATE KEY-----\nsimulated+{drawn}\n-----END OPENSSH PRIVATE KEY-----\n")
        }
        _ => drawn,
    }
}

/// `model` with the defaults of the facts where it says nothing.
pub(crate) fn with_defaults(facts: &TypeFacts, model: Map<String, Json>) -> Json {
    let model = Json::Object(model);
    let mut defaults = defaults_of(facts, &facts.properties, &model, 0);
    defaults.retain(|name, _| !facts.write_only.contains(name));
    match model {
        Json::Object(mut entries) => {
            entries.extend(defaults);
            Json::Object(entries)
        }
        other => other,
    }
}

/// Whether `path` leads into a property that the program could have set and has not: the cloud makes nothing in there.
fn is_inside_what_is_not_set(draft: &Draft, path: &str) -> bool {
    let facts = draft.facts;
    let outer = path.match_indices('.').map(|(at, _)| &path[..at]);
    outer.filter(|outer| draft.get(outer).is_none()).any(|outer| {
        let inner = facts.shape(outer).into_iter().flat_map(|shape| shape.properties.keys());
        facts.is_settable(outer)
            && inner.map(|name| format!("{outer}.{name}")).any(|inner| !facts.read_only.contains(&inner))
    })
}

fn identifier(draft: &mut Draft, path: &str) -> Json {
    let shape = draft.facts.shape(path).cloned().unwrap_or(Shape { form: Form::Text, ..Shape::default() });
    if draft.facts.is_settable(path) && shape.form == Form::Text && shape.format.is_none() && !attribute::is_arn(path) {
        return name::fitting(draft, &shape).into();
    }
    attribute::mint(draft, path, &shape)
}

/// The deepest that defaults are looked for: definitions may contain themselves.
const DEEPEST: usize = 8;

/// The values of `shapes` that `model` lacks and facts give a default for, nested ones with what is there already.
fn defaults_of(
    facts: &TypeFacts,
    shapes: &std::collections::BTreeMap<String, Shape>,
    model: &Json,
    depth: usize,
) -> Map<String, Json> {
    let mut defaults = Map::new();
    for (name, shape) in shapes {
        let shape = facts.follow(shape);
        match model.get(name) {
            None => {
                if let Some(default) = &shape.default {
                    defaults.insert(name.clone(), default.clone());
                }
            }
            Some(value) if depth < DEEPEST => {
                let full = filled(facts, shape, value, depth + 1);
                if full != *value {
                    defaults.insert(name.clone(), full);
                }
            }
            Some(_) => {}
        }
    }
    defaults
}

fn filled(facts: &TypeFacts, shape: &Shape, value: &Json, depth: usize) -> Json {
    let mut value = value.clone();
    match (&mut value, &shape.items) {
        (Json::Object(_), _) if shape.form == Form::Object => {
            let defaults = defaults_of(facts, &shape.properties, &value, depth);
            if let Json::Object(entries) = &mut value {
                entries.extend(defaults);
            }
        }
        (Json::Array(items), Some(inner)) if depth < DEEPEST => {
            let inner = facts.follow(inner);
            for item in items {
                *item = filled(facts, inner, item, depth + 1);
            }
        }
        _ => {}
    }
    value
}
