//! Outputs at the end of a run: evaluated against what is live now.

use std::collections::BTreeMap;

use ironwright_core::Planned;
use ironwright_core::planned::redacted_digest;
use ironwright_core::tree::{Reference, Tree};

use crate::journal::Book;
use crate::planner::in_model;
use crate::state::{OutputRecord, State};
use crate::steps::Steps;

/// The value of an attribute of what is live. Unknown where there is none: the resource is not live, or the cloud says
/// nothing of the kind.
pub(super) fn attribute(state: &State, steps: &Steps, reference: &Reference) -> Planned {
    if let Some(secret) = steps.secrets.get(reference) {
        return secret.clone();
    }
    let record = state.resources.get(&reference.address);
    let value = record.and_then(|record| in_model(&record.model, &reference.attribute));
    value.filter(|value| redacted_digest(value).is_none()).map_or(Planned::Unknown, |value| value.clone().into())
}

/// Records the outputs. One that refers to something that is not live keeps the value it had.
pub(super) fn record(book: &mut Book, steps: &Steps, destroy: bool) {
    if destroy {
        if book.state().resources.is_empty() {
            book.state_mut().outputs.clear();
        }
        return;
    }
    let state = book.state();
    let mut all = BTreeMap::<String, BTreeMap<String, OutputRecord>>::new();
    for (position, stack) in steps.context.stacks.iter().enumerate() {
        for output in &stack.parts.outputs {
            let before = state.outputs.get(&stack.name).and_then(|outputs| outputs.get(&output.name));
            let record = if is_live(state, &output.tree) {
                let value =
                    steps.context.evaluate(position, &output.tree, &|reference| attribute(state, steps, reference));
                Some(OutputRecord { value: value.to_json(&state.lineage), sensitive: value.has_secret() })
            } else {
                before.cloned()
            };
            if let Some(record) = record {
                all.entry(stack.name.clone()).or_default().insert(output.name.clone(), record);
            }
        }
    }
    book.state_mut().outputs = all;
}

fn is_live(state: &State, tree: &Tree) -> bool {
    tree.references().iter().all(|reference| state.resources.contains_key(&reference.address))
}
