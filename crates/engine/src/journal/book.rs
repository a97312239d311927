//! The book: the state and the operations under way, as the snapshot and the journal's lines say. The one place that
//! knows what an entry does to a state, for a run in progress and for the replay of an interrupted one alike.

use std::collections::BTreeSet;
use std::sync::Arc;

use ironwright_core::Address;
use serde_json::Value as Json;

use super::{Entry, Line, Moves, Operation, Outcome, Saved, Snapshot};
use super::{integrity, rename};
use crate::action::Action;
use crate::state::{Record, State};
use crate::store::{StoreError, Stored};
use crate::token::Token;
use crate::vault::Keyring;

/// The state and the operations under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Book {
    /// What was last saved, and every line since.
    snapshot: Arc<Snapshot>,
    /// Whether anything was ever saved.
    pub(crate) exists: bool,
    /// The number of the last line that changes anything: a fence does not.
    changed: u64,
}

impl Book {
    /// The book that `stored` adds up to. Lines the snapshot holds already are skipped.
    pub(crate) fn open(stored: Stored) -> Result<Self, StoreError> {
        let exists = stored.snapshot.is_some();
        let snapshot = stored.snapshot.unwrap_or_default();
        let mut book = Self { changed: snapshot.sequence, snapshot, exists };
        let mut lines = stored.journal;
        lines.retain(|line| line.sequence > book.sequence());
        lines.sort_by_key(|line| line.sequence);
        for line in &lines {
            book.enter(line);
        }
        integrity::verify(book.state()).map_err(|problem| StoreError::Damaged {
            place: "the state".to_owned(),
            problem,
            previous: None,
        })?;
        Ok(book)
    }

    pub(crate) fn state(&self) -> &State {
        &self.snapshot.state
    }

    pub(crate) fn pending(&self) -> &[Operation] {
        &self.snapshot.pending
    }

    /// What it holds, as it would be saved.
    pub(crate) fn saved(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The book with what `snapshot` holds in the place of its own; serial and sequence do not go back. An error says
    /// what is wrong with it.
    pub(crate) fn replaced(&self, mut snapshot: Snapshot) -> Result<Self, String> {
        snapshot.sequence = snapshot.sequence.max(self.sequence());
        snapshot.state.serial = snapshot.state.serial.max(self.state().serial);
        integrity::drop_dangling(&mut snapshot.state);
        integrity::verify(&snapshot.state)?;
        Ok(Self { snapshot: Arc::new(snapshot), exists: self.exists, changed: self.changed })
    }

    /// The number of the last line.
    pub(crate) fn sequence(&self) -> u64 {
        self.snapshot.sequence
    }

    /// The number of the last line that changes anything.
    pub(crate) fn changed(&self) -> u64 {
        self.changed
    }

    /// The state, to change in ways no entry describes: a new lineage, outputs.
    pub(crate) fn state_mut(&mut self) -> &mut State {
        &mut self.inner().state
    }

    /// Every address that a record, live or deposed, or an operation under way has.
    pub(crate) fn addresses(&self) -> BTreeSet<Address> {
        rename::held(&self.snapshot)
    }

    /// Moves everything that stands at one of the addresses, in memory.
    pub(crate) fn rename(&mut self, moves: &Moves) {
        if !moves.is_empty() {
            rename::rename(self.inner(), moves);
        }
    }

    /// A rollback has done all it was to do.
    pub(crate) fn rolled_back(&mut self) {
        if self.snapshot.rolling_back.is_some() {
            self.inner().rolling_back = None;
        }
    }

    /// Drops operations that a later plan has overtaken.
    pub(crate) fn drop_pending(&mut self, overtaken: impl Fn(&Operation) -> bool) {
        if self.pending().iter().any(&overtaken) {
            self.inner().pending.retain(|operation| !overtaken(operation));
        }
    }

    /// The digests of secrets that anything in it refers to.
    pub(crate) fn digests(&self) -> BTreeSet<String> {
        integrity::digests(self.state(), self.pending()).into_iter().map(str::to_owned).collect()
    }

    /// The snapshot to save, which holds all lines up to number `sequence`: the serial grows, and dependencies on what is
    /// no longer there are dropped.
    pub(crate) fn snapshot(&mut self, sequence: u64, saved: Saved) -> Result<Arc<Snapshot>, StoreError> {
        let inner = self.inner();
        inner.sequence = sequence;
        inner.saved = Some(saved);
        inner.state.serial += 1;
        integrity::drop_dangling(&mut inner.state);
        integrity::drop_unused_secrets(inner);
        integrity::verify(&inner.state).map_err(|problem| StoreError::NotWritable {
            place: "the state".to_owned(),
            problem: format!("it would be damaged, which is a defect of this program: {problem}"),
        })?;
        Ok(self.snapshot.clone())
    }

    /// Takes a line in. Lines of different operations may come in any order.
    pub(crate) fn enter(&mut self, line: &Line) {
        if !matches!(line.entry, Entry::Fenced { .. }) {
            self.changed = self.changed.max(line.sequence);
        }
        let inner = self.inner();
        inner.sequence = inner.sequence.max(line.sequence);
        match &line.entry {
            Entry::Begin { operation } => begin(&mut inner.pending, operation),
            Entry::Known { token, physical_id } => {
                if let Some(operation) = inner.pending.iter_mut().find(|operation| operation.token == *token) {
                    operation.record.physical_id.clone_from(physical_id);
                }
            }
            Entry::Doubled { token, physical_id, model } => double(inner, token, physical_id, model),
            Entry::End { token, outcome } => end(inner, token, outcome),
            Entry::Recorded { record } => {
                inner.state.resources.insert(record.address.clone(), (**record).clone());
            }
            Entry::Adopted { token, record, deposes } => {
                inner.pending.retain(|operation| operation.token != *token);
                put(&mut inner.state, record, *deposes);
            }
            Entry::Moved { addresses } => rename::rename(inner, addresses),
            Entry::Rollback { to } => inner.rolling_back = *to,
            Entry::Forgotten { record } => remove(&mut inner.state, record),
            Entry::Fenced { .. } => {}
            Entry::Keyring { keyring } => inner.state.keyring = Some(Keyring::clone(keyring)),
            Entry::Sealed { digest, sealed } => {
                inner.state.secrets.insert(digest.clone(), sealed.clone());
            }
        }
    }

    fn inner(&mut self) -> &mut Snapshot {
        Arc::make_mut(&mut self.snapshot)
    }
}

/// A new update or delete of a resource overtakes an older one whose outcome was never known.
fn begin(pending: &mut Vec<Operation>, operation: &Operation) {
    let overtaken = |older: &Operation| {
        operation.action != Action::Create
            && older.action == operation.action
            && is_same(&older.record, &operation.record)
    };
    pending.retain(|older| older.token != operation.token && !overtaken(older));
    pending.push(operation.clone());
}

/// Deposes what a create made besides what is kept of it. It was never in use: nothing of it is retained.
fn double(inner: &mut Snapshot, token: &Token, physical_id: &str, model: &Json) {
    let Some(operation) = inner.pending.iter().find(|operation| operation.token == *token) else {
        return;
    };
    let mut record = operation.record.clone();
    physical_id.clone_into(&mut record.physical_id);
    record.model = model.clone();
    (record.retain, record.snapshot) = (false, false);
    if !inner.state.deposed.iter().any(|deposed| is_same(deposed, &record)) {
        inner.state.deposed.push(record);
    }
}

fn end(inner: &mut Snapshot, token: &Token, outcome: &Outcome) {
    let Some(index) = inner.pending.iter().position(|operation| operation.token == *token) else {
        return;
    };
    let Operation { mut record, deposes, .. } = inner.pending.remove(index);
    match outcome {
        Outcome::Live { physical_id, model, incomplete, accepted, lacking } => {
            record.physical_id.clone_from(physical_id);
            record.model = model.clone();
            record.incomplete = *incomplete;
            record.accepted.clone_from(accepted);
            record.concede(lacking);
            put(&mut inner.state, &record, deposes);
        }
        Outcome::Found { physical_id, model } => {
            record.physical_id.clone_from(physical_id);
            record.model = model.clone();
            inner.state.deposed.push(record);
        }
        Outcome::Gone => remove(&mut inner.state, &record),
        Outcome::Nothing => {}
    }
}

/// Puts `record` at its address. What was there is deposed where `deposes` says so, else overwritten. What was deposed
/// under the same name is gone, or the cloud would not have made another.
fn put(state: &mut State, record: &Record, deposes: bool) {
    state.deposed.retain(|deposed| !is_same(deposed, record));
    let before = state.resources.insert(record.address.clone(), record.clone());
    if let Some(before) = before.filter(|before| deposes && !is_same(before, record)) {
        state.deposed.push(before);
    }
}

fn remove(state: &mut State, record: &Record) {
    if state.resources.get(&record.address).is_some_and(|live| is_same(live, record)) {
        state.resources.remove(&record.address);
    }
    state.deposed.retain(|deposed| !is_same(deposed, record));
}

fn is_same(left: &Record, right: &Record) -> bool {
    left.physical_id == right.physical_id && left.address == right.address && left.type_name == right.type_name
}
