//! Outputs at the end of a run: evaluated against what is live now.

use std::collections::{BTreeMap, BTreeSet};

use ironwright_core::Planned;
use ironwright_core::planned::redacted_digest;
use ironwright_core::tree::{Reference, Tree};
use serde_json::json;

use crate::journal::Book;
use crate::origin::origins_of;
use crate::planner::in_model;
use crate::sealing::Sealer;
use crate::secrets::secrets_in;
use crate::state::{OutputRecord, State};
use crate::steps::Steps;
use crate::vault::VaultError;

/// The value of an attribute of what is live. Unknown where there is none: the resource is not live, or the cloud says
/// nothing of the kind. An error where it is a secret that cannot be opened.
pub(super) fn attribute(
    state: &State,
    steps: &Steps,
    sealer: &Sealer,
    reference: &Reference,
) -> Result<Planned, VaultError> {
    if let Some(secret) = steps.secrets.get(reference) {
        return Ok(secret.clone());
    }
    let record = state.resources.get(&reference.address);
    let Some(value) = record.and_then(|record| in_model(&record.model, &reference.attribute)) else {
        return Ok(Planned::Unknown);
    };
    match redacted_digest(value) {
        Some(digest) => sealer.open(state, digest).map(Planned::Secret),
        None => Ok(value.clone().into()),
    }
}

/// An attribute that is a secret which cannot be opened.
fn sealed(state: &State, reference: &Reference) -> Planned {
    let model = state.resources.get(&reference.address).map(|record| &record.model);
    let digest = model.and_then(|model| redacted_digest(in_model(model, &reference.attribute)?));
    digest.map_or(Planned::Unknown, |digest| Planned::Sealed(digest.to_owned()))
}

/// Records the outputs. One that refers to something that is not live keeps the value it had.
pub(super) fn record(book: &mut Book, steps: &Steps, sealer: &Sealer, destroy: bool) {
    let is_left = |stack: &str, name: &str| steps.left.outputs.contains(&(stack.to_owned(), name.to_owned()));
    if destroy {
        return drop_outputs(book.state_mut(), is_left);
    }
    let state = book.state();
    let mut all = state.outputs.clone();
    retain(&mut all, is_left);
    for (position, stack) in steps.context.stacks.iter().enumerate() {
        for output in stack.parts.outputs.iter().filter(|output| !is_left(&stack.name, &output.name)) {
            let before = state.outputs.get(&stack.name).and_then(|outputs| outputs.get(&output.name));
            let record = if is_live(state, &output.tree) {
                let attribute = |reference: &Reference| attribute(state, steps, sealer, reference);
                let known = |reference: &Reference| attribute(reference).unwrap_or_else(|_| sealed(state, reference));
                let value = steps.context.evaluate(position, &output.tree, &known);
                sealer.note(secrets_in(&value));
                let (sensitive, origins) = (value.has_secret(), origins_of(&output.tree));
                let is_awaited = value.has_unknown() && is_awaited(state, &output.tree);
                let json = if is_awaited { json!({"$unknown": true}) } else { value.to_json(&state.lineage) };
                Some(OutputRecord { value: json, sensitive, origins })
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

/// After a destroy: the outputs of stacks of which nothing is left, unless the plan leaves them.
fn drop_outputs(state: &mut State, is_left: impl Fn(&str, &str) -> bool) {
    let stacks: BTreeSet<String> = state.resources.keys().map(|address| address.stack().to_owned()).collect();
    retain(&mut state.outputs, |stack, name| stacks.contains(stack) || is_left(stack, name));
}

fn retain(outputs: &mut BTreeMap<String, BTreeMap<String, OutputRecord>>, keep: impl Fn(&str, &str) -> bool) {
    outputs.retain(|stack, outputs| {
        outputs.retain(|name, _| keep(stack, name));
        !outputs.is_empty()
    });
}

/// Whether it refers to something that was not waited for: what is not known of that yet may come.
fn is_awaited(state: &State, tree: &Tree) -> bool {
    let awaited = |reference: &&Reference| {
        state.resources.get(&reference.address).is_some_and(|record| record.accepted.is_some())
    };
    tree.references().iter().any(awaited)
}

fn is_live(state: &State, tree: &Tree) -> bool {
    tree.references().iter().all(|reference| state.resources.contains_key(&reference.address))
}
