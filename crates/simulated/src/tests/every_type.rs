//! Every type of every service: its smallest valid instance is accepted, read back as it was asked for, and deleted.
//! A check of facts, checker and cloud at once; what cannot be built is listed, with the reason.

use std::fmt::Write;

use ironwright_core::Planned;
use ironwright_core::facts::check::{ViolationKind, check};
use ironwright_core::facts::{FactSource, TypeFacts};
use serde_json::{Map, Value as Json};

use super::minimal::minimal;
use super::support::{Cloud, facts};
use crate::entry::remove_at;

/// The types whose smallest instance cannot be built from facts alone, each with what is in the way.
const NOT_BUILT: &str = include_str!("../../tests/not_built.txt");

#[test]
fn every_type_is_created_read_back_and_deleted() {
    let all = facts();
    let mut problems = String::new();
    for type_name in all.types() {
        let facts = all.facts(type_name).expect("facts");
        if let Err(problem) = round_trip(&facts) {
            let _ = writeln!(problems, "{type_name}\t{problem}");
        }
    }
    assert_eq!(problems, NOT_BUILT, "tests/not_built.txt lists what cannot be built");
}

fn round_trip(facts: &TypeFacts) -> Result<(), String> {
    let cloud = Cloud::new();
    let type_name = facts.type_name.as_str();
    let asked = minimal(&cloud, facts);
    let live = cloud.create(type_name, asked.clone()).map_err(|error| error.to_string())?;
    let read = cloud.read(type_name, &live.physical_id).ok_or("it is not there after it was made")?;
    if read != live.model {
        return Err("a read returns something else than the create".to_owned());
    }
    if !covers(&read, &returned(facts, &asked)) {
        return Err("a read does not return what was asked for".to_owned());
    }
    if let Some(problem) = odd_attributes(facts, &read) {
        return Err(problem);
    }
    let changed = cloud.update(type_name, &live.physical_id, asked).map_err(|error| format!("update: {error}"))?;
    if changed.model != read {
        return Err("an update that changes nothing changes something".to_owned());
    }
    cloud.delete(type_name, &live.physical_id).map_err(|error| format!("delete: {error}"))?;
    match cloud.read(type_name, &live.physical_id) {
        Some(_) => Err("it is there after it was deleted".to_owned()),
        None => Ok(()),
    }
}

/// What a read must return of what was asked for.
fn returned(facts: &TypeFacts, asked: &Json) -> Json {
    let mut returned = asked.clone();
    facts.write_only.iter().for_each(|path| remove_at(&mut returned, path));
    returned
}

/// Whether `whole` has all that `part` has; defaults may be added.
fn covers(whole: &Json, part: &Json) -> bool {
    match (whole, part) {
        (Json::Object(whole), Json::Object(part)) => {
            part.iter().all(|(key, value)| whole.get(key).is_some_and(|whole| covers(whole, value)))
        }
        (Json::Array(whole), Json::Array(part)) => {
            whole.len() == part.len() && whole.iter().zip(part).all(|(whole, part)| covers(whole, part))
        }
        _ => whole == part,
    }
}

/// What is wrong with what the cloud made by itself, by the facts of the attributes.
fn odd_attributes(facts: &TypeFacts, read: &Json) -> Option<String> {
    let made = TypeFacts { read_only: Vec::new(), required: Vec::new(), ..facts.clone() };
    let made = TypeFacts { required_xor: Vec::new(), required_or: Vec::new(), ..made };
    let made = TypeFacts { dependent_required: [].into(), dependent_excluded: [].into(), ..made };
    let known: Map<String, Json> =
        read.as_object()?.clone().into_iter().filter(|(name, _)| facts.properties.contains_key(name)).collect();
    let is_odd =
        |kind: ViolationKind| !matches!(kind, ViolationKind::ExcludedProperty | ViolationKind::MissingProperty);
    let found = check(&made, &Planned::from(Json::Object(known)));
    found
        .iter()
        .find(|violation| is_odd(violation.kind))
        .map(|violation| format!("odd attribute {}: {}", violation.path, violation.problem.message))
}
