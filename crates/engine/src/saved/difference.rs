//! How what becomes of one resource differs between two plans, in a few words.

use std::collections::BTreeMap;

use ironwright_core::Address;
use serde_json::Value as Json;

use super::moved::unequal;
use crate::action::Reason;
use crate::plan::{Change, PropertyChange};

/// How the plans differ for one resource.
pub(super) struct Difference<'a> {
    /// In words.
    pub(super) what: String,
    /// The properties that are planned otherwise.
    pub(super) properties: Vec<&'a str>,
}

/// How two plans differ, by resource.
pub(super) type Differences<'a> = BTreeMap<&'a Address, Difference<'a>>;

/// How the changes `planned` and `now` differ; lines of the source and their order aside.
pub(super) fn differences<'a>(planned: &'a [Change<Json>], now: &'a [Change<Json>]) -> Differences<'a> {
    let (planned, now) = (by_address(planned), by_address(now));
    let none = Vec::new();
    let mut found = Differences::new();
    for address in planned.keys().chain(now.keys()) {
        let (before, after) = (planned.get(address).unwrap_or(&none), now.get(address).unwrap_or(&none));
        if before.len() != after.len() || before.iter().zip(after).any(|(before, after)| !is_same(before, after)) {
            found.insert(address, difference(before.first().copied(), after.first().copied()));
        }
    }
    found
}

/// Deposed leftovers come behind what took their place.
fn by_address(changes: &[Change<Json>]) -> BTreeMap<&Address, Vec<&Change<Json>>> {
    let mut found = BTreeMap::<_, Vec<_>>::new();
    for change in changes {
        found.entry(&change.address).or_default().push(change);
    }
    found
}

fn is_same(before: &Change<Json>, after: &Change<Json>) -> bool {
    *before == Change { source: before.source.clone(), ..after.clone() }
}

fn difference<'a>(before: Option<&'a Change<Json>>, after: Option<&'a Change<Json>>) -> Difference<'a> {
    let (before_paths, after_paths) = (by_path(before), by_path(after));
    let properties: Vec<&str> = unequal(&before_paths, &after_paths).into_iter().copied().collect();
    let what = match (before, after) {
        (Some(before), Some(after)) => in_words(before, after, &properties),
        (Some(before), None) => format!("planned to {}, and nothing is planned now", before.action),
        (None, Some(after)) => format!("nothing was planned, and {} is now", after.action),
        (None, None) => String::new(),
    };
    Difference { what, properties }
}

fn by_path(change: Option<&Change<Json>>) -> BTreeMap<&str, &PropertyChange<Json>> {
    let properties = change.map(|change| &change.properties[..]).unwrap_or_default();
    properties.iter().map(|property| (property.path.as_str(), property)).collect()
}

fn in_words(before: &Change<Json>, after: &Change<Json>, properties: &[&str]) -> String {
    let is_missing = |change: &Change<Json>| change.reasons.contains(&Reason::Missing);
    match (is_missing(before), is_missing(after)) {
        (false, true) => return "it is missing now".to_owned(),
        (true, false) => return "it is there now, and was missing".to_owned(),
        _ => {}
    }
    let of = if properties.is_empty() { String::new() } else { format!(", because of {}", properties.join(", ")) };
    if before.action != after.action {
        return format!("planned was {}, and now it is {}{of}", before.action, after.action);
    }
    if properties.is_empty() { "the reasons are others".to_owned() } else { properties.join(", ") }
}
