//! What a rollback cannot undo, in words. It is told before anything else of the plan.

use std::collections::BTreeSet;

use ironwright_core::facts::FactSource;
use ironwright_core::{Address, Diagnostic, Diagnostics};

use super::version::Version;
use super::wanted::{Loss, Wanted};
use crate::action::Action;
use crate::origin::Origin;
use crate::partial::Partial;
use crate::parts::Parts;
use crate::plan::{Change, Plan, top_property};
use crate::state::{Record, State};

/// What there is to tell of.
pub(super) struct Told<'a> {
    pub(super) version: &'a Version,
    pub(super) wanted: &'a Wanted,
    /// The state now.
    pub(super) state: &'a State,
    /// Resources that are left as they are now, since a secret of theirs cannot be sent or what they needed is no more.
    pub(super) left: &'a [Address],
}

impl Told<'_> {
    /// What `plan` cannot undo.
    pub(super) fn diagnostics(&self, parts: &Parts, plan: &Plan) -> Diagnostics {
        let mut told = Diagnostics::new();
        told.extend(self.edits());
        told.extend(self.wanted.lost.iter().map(|(address, loss)| self.lost(address, loss)));
        told.extend(self.left.iter().filter_map(|address| self.left(address)));
        told.extend(plan.partial.iter().flat_map(dragged));
        for change in &plan.changes {
            told.extend(self.anew(change));
            told.extend(unreadable(parts, change));
        }
        told.extend(self.composed(plan));
        told.extend(self.wanted.lost_outputs.iter().map(|(stack, name)| {
            cannot_undo(format!("the output `{stack}/{name}` is a secret of which the state holds a digest alone"))
                .help("the next `apply` of the program sets it")
        }));
        told
    }

    /// Edits of the state are no part of a run.
    fn edits(&self) -> Option<Diagnostic> {
        let named = |(serial, command): &(u64, String)| format!("`{command}` (version {serial})");
        let (first, _) = self.version.edits.last()?;
        let edits: Vec<String> = self.version.edits.iter().rev().map(named).collect();
        let message = format!(
            "since the last run the state was edited by {}; this plan goes back to before that run and knows nothing of it",
            edits.join(", ")
        );
        let help = format!("to take the edits back instead: `state restore {}`", first - 1);
        Some(cannot_undo(message).help(help))
    }

    fn lost(&self, address: &Address, loss: &Loss) -> Diagnostic {
        match loss {
            Loss::Retained => {
                let id = self.version.snapshot.state.resources.get(address).map(|record| record.physical_id.as_str());
                let id = id.unwrap_or_default();
                cannot_undo(format!("{id} was left in the cloud, and is not managed again"))
                    .help(format!("to manage it again: `import {address} {id}`"))
            }
            Loss::Locked(properties) => {
                cannot_undo(format!("it is not made again: of {} the state holds a digest alone", list(properties)))
                    .help("the program has the secret: go back to an earlier version of the program, and `apply`")
            }
            Loss::Needs(needed) => {
                cannot_undo(format!("it is not made again: it needs `{needed}`, which is not either"))
                    .help("go back to an earlier version of the program, and `apply`")
            }
        }
        .at(address)
    }

    fn left(&self, address: &Address) -> Option<Diagnostic> {
        let wanted = self.wanted;
        let why = match (wanted.bereft.get(address), wanted.locked.get(address)) {
            (Some(needed), _) => format!("it needed `{needed}`, which is not made again"),
            (None, Some(properties)) => {
                format!("of {} the state holds a digest alone, so it cannot be sent", list(properties))
            }
            (None, None) => return None,
        };
        let told = cannot_undo(format!("it is left as it is now: {why}")).at(address);
        Some(told.help("go back to an earlier version of the program, and `apply`"))
    }

    /// A resource that is made anew is empty.
    fn anew(&self, change: &Change) -> Option<Diagnostic> {
        let record = self.version.snapshot.state.resources.get(&change.address)?;
        let is_made = change.action == Action::Create || change.action.is_replace();
        if !is_made {
            return None;
        }
        let id = &record.physical_id;
        let message = if change.action.is_replace() {
            format!("{id} is gone: another one replaces its successor, without what was in either")
        } else {
            format!("{id} is gone: another one is made, without what was in it")
        };
        let told = cannot_undo(message).at(&change.address);
        let snapshot = "a snapshot was taken before it was deleted; restore the data from that";
        Some(if record.snapshot { told.help(snapshot) } else { told })
    }

    /// Values that were computed from attributes of what is another resource then.
    fn composed(&self, plan: &Plan) -> Vec<Diagnostic> {
        let is_another = |address: &Address| {
            let now = self.state.resources.get(address).map(|record| &record.physical_id);
            let before = self.version.snapshot.state.resources.get(address).map(|record| &record.physical_id);
            let made = plan
                .change(address.as_str())
                .is_some_and(|change| change.action == Action::Create || change.action.is_replace());
            made || now != before
        };
        let of = |record: &Record| {
            let places = record.origins.iter().filter_map(|(place, origin)| match origin {
                Origin::Composed { composed } => Some((place, composed.iter().find(|address| is_another(address))?)),
                Origin::Attribute { .. } => None,
            });
            let told = |(place, address): (&String, &Address)| {
                let path = place.trim_start_matches('/').replace('/', ".");
                let message = format!("it holds a value computed from `{address}`, which is another resource then");
                let told = cannot_undo(message).at(&record.address).property(path);
                told.help("the next `apply` of the program computes it anew")
            };
            places.map(told).collect::<Vec<_>>()
        };
        let wanted = |record: &&Record| self.wanted.graph.node(&record.address).is_some();
        self.version.snapshot.state.resources.values().filter(wanted).flat_map(of).collect()
    }
}

/// What is left as it is now since another resource is, or since an interrupted operation on it cannot be settled.
fn dragged(partial: &Partial) -> Vec<Diagnostic> {
    let left_out = partial
        .left_out
        .iter()
        .map(|left| cannot_undo(format!("it is left as it is now, since `{}` is", left.by)).at(&left.address));
    let unsettled = partial.unsettled.iter().map(|operation| {
        cannot_undo(format!("an interrupted {} of it stays open", operation.action))
            .at(&operation.address)
            .help("`apply` of the program settles it")
    });
    left_out.chain(unsettled).collect()
}

/// A property that the cloud never returns is set as it was last applied; nobody can see whether it was so.
fn unreadable(parts: &Parts, change: &Change) -> Vec<Diagnostic> {
    let Some(facts) = parts.providers.facts(&change.type_name).filter(|_| change.action == Action::Update) else {
        return Vec::new();
    };
    let written = change.properties.iter().filter(|property| {
        facts.write_only.iter().any(|path| *path == property.path || path == top_property(&property.path))
    });
    let told = |property: &crate::plan::PropertyChange| {
        cannot_undo("the cloud never tells it: it is set to what was last applied".to_owned())
            .at(&change.address)
            .property(&property.path)
    };
    written.map(told).collect()
}

/// What `plan` cannot undo of the one resource `address`.
pub(super) fn of_one(
    parts: &Parts,
    version: &Version,
    wanted: &Wanted,
    state: &State,
    plan: &Plan,
    address: &Address,
) -> Diagnostics {
    let told = Told { version, wanted, state, left: &[] };
    let mut all = Diagnostics::new();
    if let Some(change) = plan.change(address.as_str()) {
        all.extend(told.anew(change));
        all.extend(unreadable(parts, change));
    }
    all
}

fn cannot_undo(message: String) -> Diagnostic {
    Diagnostic::warning("cannot-undo", message)
}

pub(super) fn list(properties: &BTreeSet<String>) -> String {
    properties.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
