//! What a move of addresses does to a snapshot: live and deposed records, what they need, and operations under way.

use std::collections::{BTreeMap, BTreeSet};

use ironwright_core::Address;

use super::{Operation, Snapshot};
use crate::action::Action;
use crate::state::{Record, State};

/// Addresses that change, all at once: the one before, the one from now on.
pub type Moves = BTreeMap<Address, Address>;

/// Moves everything in `snapshot` that stands at one of the addresses.
pub(crate) fn rename(snapshot: &mut Snapshot, moves: &Moves) {
    rename_state(&mut snapshot.state, moves);
    for operation in &mut snapshot.pending {
        rename_operation(operation, moves);
    }
}

/// Every address that a record, live or deposed, or an operation under way has.
pub(crate) fn held(snapshot: &Snapshot) -> BTreeSet<Address> {
    let records = snapshot.state.resources.values().chain(&snapshot.state.deposed);
    let pending = snapshot.pending.iter().map(|operation| &operation.record);
    records.chain(pending).map(|record| record.address.clone()).collect()
}

fn rename_state(state: &mut State, moves: &Moves) {
    let records = std::mem::take(&mut state.resources).into_values();
    state.resources = records
        .map(|mut record| {
            rename_record(&mut record, moves);
            (record.address.clone(), record)
        })
        .collect();
    state.deposed.iter_mut().for_each(|record| rename_record(record, moves));
    let outputs = state.outputs.values_mut().flat_map(BTreeMap::values_mut);
    outputs.flat_map(|output| output.origins.values_mut()).for_each(|origin| origin.rename(|it| now(it, moves)));
}

fn rename_record(record: &mut Record, moves: &Moves) {
    record.address = now(&record.address, moves);
    if record.dependencies.iter().any(|needed| moves.contains_key(needed)) {
        record.dependencies = record.dependencies.iter().map(|needed| now(needed, moves)).collect();
    }
    record.origins.values_mut().for_each(|origin| origin.rename(|it| now(it, moves)));
}

/// A create that is sent again must say what it said before, or the cloud takes it for another.
fn rename_operation(operation: &mut Operation, moves: &Moves) {
    let before = operation.record.address.clone();
    rename_record(&mut operation.record, moves);
    if operation.action == Action::Create && operation.record.address != before {
        operation.sent_as.get_or_insert(before);
    }
}

fn now(address: &Address, moves: &Moves) -> Address {
    moves.get(address).unwrap_or(address).clone()
}
