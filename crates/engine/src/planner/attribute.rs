//! What is known of an attribute while planning, by what becomes of the resource it belongs to.

use std::collections::BTreeMap;

use ironwright_core::Planned;
use ironwright_core::planned::redacted_digest;
use ironwright_core::secret::SecretText;
use serde_json::Value as Json;

use super::program::Decision;
use crate::action::Action;
use crate::plan::top_property;

/// Parts of the names of attributes that count or describe changes: an update of the resource changes them too, so they
/// are not known before it. All other attributes the cloud sets stay as they are.
const MOVED_BY_UPDATES: [&str; 4] = ["Version", "Revision", "Generation", "Digest"];

/// The value of `attribute`, where `decision` says what becomes of its resource and `model` what the cloud has of it.
/// `opened` are secrets by the digests that stand for them in the model. `moves` is asked whether an update of the resource
/// changes the attribute, whatever it changes.
pub(super) fn known(
    attribute: &str,
    decision: &Decision,
    model: Option<&Json>,
    opened: &BTreeMap<String, SecretText>,
    moves: impl FnOnce() -> bool,
) -> Planned {
    let existing = |desired| existing(attribute, desired, model, opened);
    let desired = decision.desired.as_ref().and_then(|desired| desired.get(attribute));
    match decision.verdict.action {
        Action::NoOp => existing(desired),
        // What the cloud has of it was never scrubbed of what the program keeps secret.
        Action::Import if desired.is_some_and(Planned::has_secret) => as_set(desired),
        Action::Import if decision.verdict.properties.is_empty() => existing(desired),
        Action::Update | Action::Import => {
            let top = top_property(attribute);
            if decision.verdict.properties.iter().any(|change| top_property(&change.path) == top) {
                as_set(desired)
            } else if desired.is_none() && (MOVED_BY_UPDATES.iter().any(|part| attribute.contains(part)) || moves()) {
                Planned::Unknown
            } else {
                existing(desired)
            }
        }
        _ => as_set(desired),
    }
}

/// What the program sets a property to is what it will be, where it is a plain value; the rest the cloud decides.
fn as_set(desired: Option<&Planned>) -> Planned {
    match desired {
        Some(value @ (Planned::Text(_) | Planned::Number(_) | Planned::Boolean(_) | Planned::Secret(_))) => {
            value.clone()
        }
        _ => Planned::Unknown,
    }
}

fn existing(
    attribute: &str,
    desired: Option<&Planned>,
    model: Option<&Json>,
    opened: &BTreeMap<String, SecretText>,
) -> Planned {
    let Some(value) = model.and_then(|model| in_model(model, attribute)) else {
        return as_set(desired);
    };
    match (redacted_digest(value), as_set(desired)) {
        (None, _) => value.clone().into(),
        (Some(digest), Planned::Unknown) => {
            opened.get(digest).cloned().map_or_else(|| Planned::Sealed(digest.to_owned()), Planned::Secret)
        }
        (Some(_), set) => set,
    }
}

/// The value at a dotted path; a key that holds the dots itself is found too.
pub(crate) fn in_model<'a>(model: &'a Json, attribute: &str) -> Option<&'a Json> {
    model.get(attribute).or_else(|| attribute.split('.').try_fold(model, |value, key| value.get(key)))
}
