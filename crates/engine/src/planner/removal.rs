//! What leaves: resources the program has no longer, all of them for a destroy, and what earlier replacements left over.

use std::collections::BTreeMap;

use ironwright_core::{Address, Diagnostic, Diagnostics, Graph};
use serde_json::Value as Json;

use super::coverage::Coverage;
use super::diff::holds_secret;
use crate::action::{Action, Reason};
use crate::plan::{Change, OutputChange, PropertyChange};
use crate::state::{OutputRecord, Record, State};

/// What leaves.
pub(super) struct Removals<'a> {
    /// Live resources, in the order of their addresses.
    pub(super) live: Vec<&'a Record>,
    /// Deposed resources, in the order they were deposed.
    pub(super) deposed: Vec<&'a Record>,
    reason: Reason,
    coverage: Option<&'a Coverage>,
}

impl<'a> Removals<'a> {
    /// What `graph` has no longer.
    pub(super) fn of_program(graph: &Graph, state: &'a State, coverage: Option<&'a Coverage>) -> Self {
        Self::of(state, coverage, Reason::Removed, |record| graph.node(&record.address).is_none())
    }

    /// Everything.
    pub(super) fn of_everything(state: &'a State, coverage: Option<&'a Coverage>) -> Self {
        Self::of(state, coverage, Reason::Requested, |_| true)
    }

    /// What is `gone` and what is deposed, as far as `coverage` goes.
    fn of(state: &'a State, coverage: Option<&'a Coverage>, reason: Reason, gone: impl Fn(&Record) -> bool) -> Self {
        let covered = |record: &&Record| coverage.is_none_or(|coverage| coverage.covers(&record.address));
        let live = state.resources.values().filter(|record| gone(record)).filter(covered).collect();
        Self { live, deposed: state.deposed.iter().filter(covered).collect(), reason, coverage }
    }

    /// Errors for what is protected, but for what failed while it was made: it never got ready.
    pub(super) fn protected(&self) -> Diagnostics {
        let is_guarded = |record: &&&Record| record.protect && !record.retain && !record.incomplete;
        let protected = self.live.iter().filter(is_guarded);
        let error = |record: &&Record| {
            let (message, help) = match self.reason {
                Reason::Removed => (
                    "the program has this resource no longer, and it is protected",
                    "put it back without `.protect()` and apply; after that it can be removed",
                ),
                _ => (
                    "the plan would destroy this resource, and it is protected",
                    "take `.protect()` out of the program and apply; after that it can be destroyed",
                ),
            };
            Diagnostic::error("protected", message).at(&record.address).help(help)
        };
        protected.map(error).collect()
    }

    /// The changes to show.
    pub(super) fn changes(&self) -> impl Iterator<Item = Change> {
        let live = self.live.iter().map(|record| removal(record, self.reasons(record)));
        live.chain(self.deposed.iter().map(|record| removal(record, vec![Reason::Deposed])))
    }

    /// Why a live resource leaves. What came along to a destroy was not asked for.
    fn reasons(&self, record: &Record) -> Vec<Reason> {
        let included = self.coverage.and_then(|coverage| coverage.reason(&record.address));
        let asked = Some(&self.reason).filter(|reason| included.is_none() || **reason != Reason::Requested);
        asked.into_iter().chain(included).cloned().collect()
    }
}

fn removal(record: &Record, reasons: Vec<Reason>) -> Change {
    let action = if record.retain { Action::Forget } else { Action::Delete };
    Change {
        address: record.address.clone(),
        type_name: record.type_name.clone(),
        region: record.region.clone(),
        action,
        reasons,
        source: None,
        physical_id: Some(record.physical_id.clone()),
        properties: record.properties.as_object().into_iter().flatten().map(removed).collect(),
        unchanged: 0,
        moved_from: None,
    }
}

fn removed((name, value): (&String, &Json)) -> PropertyChange {
    PropertyChange {
        path: name.clone(),
        before: Some(value.clone()),
        after: None,
        forces_replacement: false,
        raw: false,
        sensitive: holds_secret(value),
    }
}

/// All outputs, as removed.
pub(super) fn outputs(known: &BTreeMap<String, BTreeMap<String, OutputRecord>>) -> impl Iterator<Item = OutputChange> {
    let flat =
        known.iter().flat_map(|(stack, outputs)| outputs.iter().map(move |(name, output)| (stack, name, output)));
    flat.map(|(stack, name, output)| OutputChange {
        stack: stack.clone(),
        name: name.clone(),
        before: Some(output.value.clone()),
        after: None,
        changes: true,
    })
}

/// Which of `records` depend on each address.
pub(super) fn dependents<'a>(records: impl Iterator<Item = &'a Record>) -> BTreeMap<&'a Address, Vec<&'a Record>> {
    let mut dependents = BTreeMap::<&Address, Vec<&Record>>::new();
    for record in records {
        for needed in &record.dependencies {
            dependents.entry(needed).or_default().push(record);
        }
    }
    dependents
}
