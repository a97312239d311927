//! What can be done to a resource: decided over the account as it is, as changes to make. Nothing is changed here.

mod create;
mod delete;
mod sizes;
mod update;

pub(crate) use create::create;
pub(crate) use delete::delete;
pub(crate) use update::update;

use ironwright_core::facts::TypeFacts;
use ironwright_core::facts::check::{Violation, ViolationKind, check};
use ironwright_core::{Planned, Resolved};
use ironwright_engine::ProviderError;
use serde_json::{Map, Value as Json};

use crate::entry::remove_at;
use crate::refusal;

/// What a secret is salted with, beside the seed: a digest is of use in its own cloud only.
pub(crate) fn salt(seed: u64) -> String {
    format!("simulated-cloud-{seed:016x}")
}

/// Refuses properties that break rules of their type. Of the values that the facts do not know only misspelt sizes are
/// refused: the others may be newer than the facts.
fn checked(facts: &TypeFacts, properties: &Resolved) -> Result<(), ProviderError> {
    let mut found: Vec<Violation> = check(facts, properties.value());
    found.retain(|violation| !properties.raw().contains(top_level(&violation.path)));
    found.retain(|violation| {
        violation.kind != ViolationKind::NotKnown || has_misspelt_size(facts, properties, &violation.path)
    });
    if found.is_empty() { Ok(()) } else { Err(refusal::invalid(&facts.type_name, &found)) }
}

fn has_misspelt_size(facts: &TypeFacts, properties: &Resolved, path: &str) -> bool {
    let value = properties.value().get(path).and_then(Planned::as_text);
    let known = facts.shape(path).map(|shape| shape.known.as_slice());
    value.zip(known).is_some_and(|(value, known)| sizes::is_misspelt(value, known))
}

fn top_level(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or_default()
}

/// What was asked for, as it is kept: secrets as digests, nothing that is null.
fn desired(properties: &Resolved, seed: u64) -> Json {
    without_nulls(properties.to_json(&salt(seed)))
}

fn without_nulls(document: Json) -> Json {
    match document {
        Json::Object(entries) => {
            let set = entries.into_iter().filter(|(_, value)| !value.is_null());
            set.map(|(key, value)| (key, without_nulls(value))).collect::<Map<_, _>>().into()
        }
        Json::Array(items) => items.into_iter().map(without_nulls).collect(),
        Json::Null => Json::Object(Map::new()),
        other => other,
    }
}

/// What a read returns of what was asked for: all but what is never returned.
pub(crate) fn readable(facts: &TypeFacts, desired: &Json) -> Map<String, Json> {
    let mut readable = desired.clone();
    for path in &facts.write_only {
        remove_at(&mut readable, path);
    }
    match readable {
        Json::Object(entries) => entries,
        _ => Map::new(),
    }
}
