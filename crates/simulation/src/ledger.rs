//! What the durable entries add up to, told a second time and independently of the engine, so that the two can be
//! compared: the engine's own replay is under test.

use std::collections::{BTreeMap, BTreeSet};

use ironwright_core::Address;
use ironwright_engine::journal::{Entry, Line, Moves, Operation, Outcome, Snapshot};
use ironwright_engine::{Action, Record, Token};

/// What is durably known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) live: BTreeMap<Address, Record>,
    pub(crate) deposed: Vec<Record>,
    pub(crate) pending: Vec<Operation>,
    pub(crate) sequence: u64,
}

impl Ledger {
    /// What a snapshot says.
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        Self {
            live: snapshot.state.resources.clone(),
            deposed: snapshot.state.deposed.clone(),
            pending: snapshot.pending.clone(),
            sequence: snapshot.sequence,
        }
    }

    /// Takes in a line, if it is newer than what is known.
    pub(crate) fn enter(&mut self, line: &Line) {
        if line.sequence <= self.sequence {
            return;
        }
        self.sequence = line.sequence;
        match &line.entry {
            Entry::Begin { operation } => self.begin(operation),
            Entry::Known { token, physical_id } => {
                for operation in self.pending.iter_mut().filter(|operation| operation.token == *token) {
                    operation.record.physical_id.clone_from(physical_id);
                }
            }
            Entry::Doubled { token, physical_id, .. } => self.double(token, physical_id),
            Entry::End { token, outcome } => self.end(token, outcome),
            Entry::Recorded { record } => drop(self.live.insert(record.address.clone(), Record::clone(record))),
            Entry::Adopted { token, record, deposes } => {
                self.pending.retain(|operation| operation.token != *token);
                let before = self.live.insert(record.address.clone(), Record::clone(record));
                if let Some(before) = before.filter(|_| *deposes) {
                    self.depose(before, record);
                }
            }
            Entry::Moved { addresses } => self.rename(addresses),
            Entry::Forgotten { record } => self.forget(record),
            _ => {}
        }
    }

    /// A later change of the same resource makes an earlier one, whose outcome was never known, meaningless.
    fn begin(&mut self, operation: &Operation) {
        self.pending.retain(|older| {
            let overtaken = operation.action != Action::Create
                && older.action == operation.action
                && older.record.address == operation.record.address
                && older.record.physical_id == operation.record.physical_id;
            older.token != operation.token && !overtaken
        });
        self.pending.push(operation.clone());
    }

    fn double(&mut self, token: &Token, physical_id: &str) {
        let made = self.pending.iter().find(|operation| operation.token == *token).map(|it| it.record.clone());
        let record = made.map(|made| Record { physical_id: physical_id.to_owned(), ..made });
        if let Some(record) = record.filter(|record| !self.deposed.iter().any(|other| is_one(other, record))) {
            self.deposed.push(Record { retain: false, snapshot: false, ..record });
        }
    }

    fn end(&mut self, token: &Token, outcome: &Outcome) {
        let Some(position) = self.pending.iter().position(|operation| operation.token == *token) else {
            return;
        };
        let Operation { mut record, deposes, .. } = self.pending.remove(position);
        match outcome {
            Outcome::Live { physical_id, model, incomplete, accepted, lacking } => {
                record.physical_id.clone_from(physical_id);
                record.model = model.clone();
                record.incomplete = *incomplete;
                record.accepted.clone_from(accepted);
                for name in lacking {
                    record.properties[name] = model[name].clone();
                    record.origins.retain(|pointer, _| pointer.split('/').nth(1) != Some(name));
                }
                self.deposed.retain(|deposed| !is_one(deposed, &record));
                let before = self.live.insert(record.address.clone(), record.clone());
                if let Some(before) = before.filter(|_| deposes) {
                    self.depose(before, &record);
                }
            }
            Outcome::Found { physical_id, model } => {
                record.physical_id.clone_from(physical_id);
                record.model = model.clone();
                self.deposed.push(record);
            }
            Outcome::Gone => self.forget(&record),
            _ => {}
        }
    }

    fn depose(&mut self, before: Record, now: &Record) {
        if before.physical_id != now.physical_id || before.type_name != now.type_name {
            self.deposed.push(before);
        }
    }

    fn forget(&mut self, record: &Record) {
        let is_it = |other: &Record| is_one(other, record);
        if self.live.get(&record.address).is_some_and(is_it) {
            self.live.remove(&record.address);
        }
        self.deposed.retain(|deposed| !is_it(deposed));
    }

    fn rename(&mut self, moves: &Moves) {
        let now = |address: &Address| moves.get(address).unwrap_or(address).clone();
        let mut renamed: Vec<Record> = std::mem::take(&mut self.live).into_values().collect();
        let pending = self.pending.iter_mut().map(|operation| &mut operation.record);
        for record in renamed.iter_mut().chain(&mut self.deposed).chain(pending) {
            record.address = now(&record.address);
            record.dependencies = record.dependencies.iter().map(now).collect();
        }
        self.live = renamed.into_iter().map(|record| (record.address.clone(), record)).collect();
    }

    /// The types and physical ids of all that is known to be there.
    pub(crate) fn ids(&self) -> BTreeSet<(&str, &str)> {
        let records = self.live.values().chain(&self.deposed);
        records.map(|record| (record.type_name.as_str(), record.physical_id.as_str())).collect()
    }

    /// The first difference to `other`, models and dependencies on what is gone aside: those the engine may refresh and
    /// drop without an entry.
    pub(crate) fn difference(&self, other: &Self) -> Option<String> {
        let essence = |record: &Record| {
            let held = |address: &&Address| {
                other.live.contains_key(*address) || other.deposed.iter().any(|deposed| deposed.address == **address)
            };
            let dependencies: BTreeSet<&Address> = record.dependencies.iter().filter(held).collect();
            let flags = (record.retain, record.snapshot, record.protect, record.incomplete);
            format!("{} {} {} {dependencies:?} {flags:?}", record.address, record.physical_id, record.properties)
        };
        let all = |ledger: &Self| -> BTreeSet<String> {
            let live = ledger.live.values().map(|record| format!("live {}", essence(record)));
            live.chain(ledger.deposed.iter().map(|record| format!("deposed {}", essence(record)))).collect()
        };
        let (ours, theirs) = (all(self), all(other));
        ours.symmetric_difference(&theirs).next().cloned()
    }
}

/// Whether two records are of one resource.
fn is_one(left: &Record, right: &Record) -> bool {
    left.physical_id == right.physical_id && left.type_name == right.type_name && left.address == right.address
}
