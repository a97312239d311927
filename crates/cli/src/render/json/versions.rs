//! The lines of `state history` and of edits of the state.

use ironwright_core::Address;
use ironwright_engine::{Draft, Version};
use serde::Serialize;

use super::Line;

/// A version of the state. What differs is not known where the version before is not kept.
#[derive(Serialize)]
pub(crate) struct StateVersion<'a> {
    serial: u64,
    saved_ms: Option<u64>,
    owner: Option<&'a str>,
    command: Option<&'a str>,
    resources: usize,
    added: Option<usize>,
    changed: Option<usize>,
    removed: Option<usize>,
}

impl<'a> From<&'a Version> for Line<'a> {
    fn from(version: &'a Version) -> Self {
        let (saved, difference) = (version.saved.as_ref(), version.difference.as_ref());
        Self::StateVersion(StateVersion {
            serial: version.serial,
            saved_ms: saved.map(|saved| saved.at),
            owner: saved.map(|saved| saved.owner.as_str()),
            command: saved.map(|saved| saved.command.as_str()),
            resources: version.resources,
            added: difference.map(|difference| difference.added.len()),
            changed: difference.map(|difference| difference.changed.len()),
            removed: difference.map(|difference| difference.removed.len()),
        })
    }
}

impl<'a> Line<'a> {
    /// What an edit does to the state.
    pub(crate) fn of_draft(draft: &'a Draft) -> Vec<Self> {
        let moved = draft.moved.iter().map(|(from, to)| Self::StateMoved { from, to });
        let difference = Some(&draft.difference).filter(|_| draft.moved.is_empty());
        let changed = difference.into_iter().flat_map(|difference| {
            let marked = |change: &'static str| move |address: &'a Address| Self::StateChanged { address, change };
            let (added, removed) = (difference.added.iter(), difference.removed.iter());
            let changed = difference.changed.iter().map(marked("changed"));
            added.map(marked("added")).chain(changed).chain(removed.map(marked("removed")))
        });
        let unmanaged = draft.unmanaged.iter().map(|record| Self::Unmanaged {
            address: &record.address,
            resource_type: &record.type_name,
            physical_id: &record.physical_id,
        });
        moved.chain(changed).chain(draft.given_up.iter().map(Self::GivenUp)).chain(unmanaged).collect()
    }
}
