//! The versions of a state that are kept: who saved each, and how its resources differ from those of the version before.
//! Nothing is written here; how one is put back is in `edit`, how the cloud follows it in `rollback`.

use std::collections::BTreeSet;
use std::sync::Arc;

use ironwright_core::{Address, Diagnostic};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::journal::{Saved, Snapshot};
use crate::parts::Parts;
use crate::state::{Record, State};

/// A version of a state.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// Its serial.
    pub serial: u64,
    /// By whom and when it was saved; nothing where an earlier release did.
    pub saved: Option<Saved>,
    /// How many resources are live in it.
    pub resources: usize,
    /// How its resources differ from those of the version before; nothing where that one is not kept.
    pub difference: Option<Difference>,
}

/// How the live resources of two states differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Those that the later one alone has.
    pub added: BTreeSet<Address>,
    /// Those that have another id, type, property or option.
    pub changed: BTreeSet<Address>,
    /// Those that the earlier one alone has.
    pub removed: BTreeSet<Address>,
}

impl Difference {
    /// How `after` differs from `before`.
    pub fn between(before: &State, after: &State) -> Self {
        let (earlier, later) = (&before.resources, &after.resources);
        let changed = |(address, record): &(&Address, &Record)| {
            earlier.get(*address).is_some_and(|earlier| !is_same(earlier, record))
        };
        Self {
            added: later.keys().filter(|address| !earlier.contains_key(*address)).cloned().collect(),
            changed: later.iter().filter(changed).map(|(address, _)| address.clone()).collect(),
            removed: earlier.keys().filter(|address| !later.contains_key(*address)).cloned().collect(),
        }
    }

    /// Whether they do not.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

/// Whether two records say the same of what was applied; what was observed aside.
fn is_same(left: &Record, right: &Record) -> bool {
    let essence = |record: &Record| (record.retain, record.snapshot, record.protect, record.incomplete);
    left.physical_id == right.physical_id
        && left.type_name == right.type_name
        && left.region == right.region
        && left.properties == right.properties
        && essence(left) == essence(right)
}

impl Engine {
    /// The versions of the state, oldest first; the last one is the state as it was last saved. What an interrupted run
    /// has written to the journal since is in none of them.
    pub async fn history(&self) -> Result<Vec<Version>, EngineError> {
        let Some(last) = last(&self.0).await? else {
            return Ok(Vec::new());
        };
        let mut versions = Vec::new();
        let mut before = None;
        for serial in kept_before(&self.0, last.state.serial).await? {
            let snapshot = version(&self.0, serial).await?;
            versions.push(described(&snapshot, before.as_deref()));
            before = Some(snapshot);
        }
        versions.push(described(&last, before.as_deref()));
        Ok(versions)
    }
}

fn described(snapshot: &Snapshot, before: Option<&Snapshot>) -> Version {
    let Snapshot { state, saved, .. } = snapshot;
    let first = State::default();
    let before = before.map(|before| &before.state).or((state.serial == 1).then_some(&first));
    Version {
        serial: state.serial,
        saved: saved.clone(),
        resources: state.resources.len(),
        difference: before.map(|before| Difference::between(before, state)),
    }
}

/// The state as it was last saved, if it ever was.
pub(crate) async fn last(parts: &Parts) -> Result<Option<Arc<Snapshot>>, EngineError> {
    let stored = parts.store.load().await?;
    parts.book(stored.clone())?;
    Ok(stored.snapshot)
}

/// The serials of the versions kept before `serial`, oldest first.
pub(crate) async fn kept_before(parts: &Parts, serial: u64) -> Result<Vec<u64>, EngineError> {
    let mut kept = parts.store.history().await?;
    kept.retain(|kept| *kept < serial);
    Ok(kept)
}

/// The version `serial`, which must be kept.
pub(crate) async fn version(parts: &Parts, serial: u64) -> Result<Arc<Snapshot>, EngineError> {
    match parts.store.version(serial).await? {
        Some(snapshot) => Ok(snapshot),
        None => Err(missing(parts, serial).await),
    }
}

async fn missing(parts: &Parts, serial: u64) -> EngineError {
    let kept = parts.store.history().await.unwrap_or_default();
    let which = match (kept.first(), kept.last()) {
        (Some(first), Some(last)) => format!("versions {first} to {last} are kept"),
        _ => "no earlier version is kept".to_owned(),
    };
    let error = Diagnostic::error("version-missing", format!("there is no version {serial} of this state; {which}"));
    EngineError::Diagnostics(error.help("see them with `state history`").into())
}
