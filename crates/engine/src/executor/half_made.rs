//! What a create left undone that was not heard of: a cloud may need several calls to make a resource, and an interrupted
//! create may have come through the first of them alone. What it made is taken as it is, and then brought to what was asked.

use std::collections::BTreeSet;

use ironwright_core::Resolved;
use ironwright_core::facts::TypeFacts;
use serde_json::Value as Json;

use super::effect::{self, Change, Ended};
use super::job::Job;
use crate::action::Action;
use crate::journal::{Operation, Outcome};
use crate::parts::Parts;
use crate::plan::top_property;
use crate::planner::{Comparer, covers, holds_secret};
use crate::provider::{Live, Provider};
use crate::state::Record;

/// The outcome of the create of `operation`, which is found to have made `live`.
pub(crate) fn outcome(parts: &Parts, operation: &Operation, live: Live, salt: &str) -> Outcome {
    let provider = parts.providers.of(&operation.record.type_name);
    let lacking = provider.map(|provider| lacking(&**provider, &operation.record, &live.model, salt));
    let Live { physical_id, model } = live;
    Outcome::Live { physical_id, model, incomplete: false, accepted: None, lacking: lacking.unwrap_or_default() }
}

/// The properties of `made` that `model` shows otherwise, and that can still be changed. Of what it does not show, nothing
/// is known: that counts as made.
pub(super) fn lacking(provider: &dyn Provider, made: &Record, model: &Json, salt: &str) -> BTreeSet<String> {
    let Some((facts, asked)) = provider.facts(&made.type_name).zip(made.properties.as_object()) else {
        return BTreeSet::new();
    };
    let comparer = Comparer { facts: &facts, salt };
    let differs = |name: &str, value: &Json| {
        let shape = facts.properties.get(name);
        model.get(name).is_some_and(|now| !now.is_null() && !covers(comparer, &value.clone().into(), now, None, shape))
    };
    let lacking = asked
        .iter()
        .filter(|(name, value)| can_change(&facts, name) && !holds_secret(value) && differs(name.as_str(), value));
    lacking.map(|(name, _)| name.clone()).collect()
}

/// Whether all of the property `name` can surely be changed in place.
fn can_change(facts: &TypeFacts, name: &str) -> bool {
    let is_of = |path: &String| top_property(path) == name;
    !facts.create_only.iter().chain(&facts.conditional_create_only).any(is_of)
}

/// Brings what was found, which is as `found` says, to `properties`: only what is `lacking` has to be changed.
pub(super) async fn complete(
    job: &Job,
    wanted: &Record,
    found: Record,
    properties: Resolved,
    lacking: BTreeSet<String>,
) -> Ended {
    if lacking.is_empty() {
        return Ok(Some(found.physical_id));
    }
    let Record { physical_id, model, properties: prior, .. } = found;
    let record = Record { physical_id, model, ..wanted.clone() };
    let operation = Operation::new(job.parts.draw_token(), Action::Update, record);
    effect::update(job, operation, Change { prior, properties, changed: Some(lacking) }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_with_a_part_that_replaces_is_left_alone() {
        let create_only = ["Cidr", "Peer.Asn", "Rules.*.Port"].map(str::to_owned).to_vec();
        let facts = TypeFacts { create_only, ..TypeFacts::default() };
        let changing = ["Cidr", "Peer", "Rules", "Rule", "Tags"].map(|name| can_change(&facts, name));
        assert_eq!(changing, [false, false, false, true, true]);
    }
}
