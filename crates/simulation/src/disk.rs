//! A disk that tells what is durable from what was merely written, and a store on it that can be killed, torn and filled.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use ironwright_core::Address;
use ironwright_engine::journal::{Entry, Line, Snapshot};
use ironwright_engine::{Clock, Holder, LockOwner, Record, Standing, State, Store, StoreError, Stored, Token};

use crate::dice::{Dice, at};
use crate::ledger::Ledger;
use crate::program::PLANTED;
use crate::sabotage::Sabotage;
use crate::session::Session;

/// What is on the disk. Clones are the same disk.
#[derive(Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<Content>>);

/// The content of a disk.
#[derive(Default)]
pub(crate) struct Content {
    snapshot: Option<String>,
    /// What reading the snapshot gave.
    read: Option<Arc<Snapshot>>,
    /// The versions before, by serial.
    history: BTreeMap<u64, String>,
    /// The journal as far as it is durable.
    journal: String,
    /// What was written to it since, and may be lost or torn by a kill.
    unsynced: String,
    pub(crate) owner: Option<LockOwner>,
    /// What the durable part adds up to.
    pub(crate) ledger: Ledger,
    /// The tokens whose begin entry was ever durable.
    pub(crate) begun: BTreeSet<Token>,
    /// What is managed no longer and stays in the cloud, by type and id.
    pub(crate) forgotten: BTreeSet<(String, String)>,
    /// How often anything was written.
    pub(crate) writes: u64,
    serial: u64,
    lineage: String,
}

impl Disk {
    pub(crate) fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Content {
    /// The process is gone: the system lets go of its lock, and of what was not synced a part may be there, torn anywhere.
    pub(crate) fn crash(&mut self, dice: &Dice) {
        self.owner = None;
        let unsynced = std::mem::take(&mut self.unsynced);
        let kept = at(dice.bits(), unsynced.len() + 1);
        let before = self.lines().len();
        self.journal.push_str(&unsynced[..kept]);
        for line in self.lines().split_off(before) {
            self.durable(&line);
        }
    }

    /// The whole lines of the journal. A last one that is torn does not count.
    fn lines(&self) -> Vec<Line> {
        let whole = self.journal.rfind('\n').map_or("", |end| &self.journal[..end]);
        whole.lines().map(|line| serde_json::from_str(line).expect("whole lines are as they were written")).collect()
    }

    fn load(&mut self) -> Stored {
        let read = |text: &String| Arc::new(serde_json::from_str(text).expect("a snapshot is as it was written"));
        if self.read.is_none() {
            self.read = self.snapshot.as_ref().map(read);
        }
        Stored { snapshot: self.read.clone(), journal: self.lines() }
    }

    fn write(&mut self, lines: &[Line]) {
        let whole = self.journal.rfind('\n').map_or(0, |end| end + 1);
        self.journal.truncate(whole);
        for line in lines {
            self.unsynced.push_str(&serde_json::to_string(line).expect("entries are plain data"));
            self.unsynced.push('\n');
        }
    }

    fn sync(&mut self, lines: &[Line]) {
        let unsynced = std::mem::take(&mut self.unsynced);
        self.journal.push_str(&unsynced);
        for line in lines {
            self.durable(line);
        }
    }

    fn durable(&mut self, line: &Line) {
        match &line.entry {
            Entry::Begin { operation } => drop(self.begun.insert(operation.token.clone())),
            Entry::Forgotten { record } => {
                self.forgotten.insert((record.type_name.clone(), record.physical_id.clone()));
            }
            _ => {}
        }
        self.ledger.enter(line);
    }

    /// What is wrong with putting `snapshot` in the place of the last one.
    fn misfit(&self, snapshot: &Snapshot) -> Option<String> {
        let state = &snapshot.state;
        if state.serial <= self.serial {
            return Some(format!("the serial goes from {} to {}", self.serial, state.serial));
        }
        if !self.lineage.is_empty() && state.lineage != self.lineage {
            return Some("the lineage changes".to_owned());
        }
        if snapshot.sequence < self.ledger.sequence {
            return Some(format!("the sequence goes back from {} to {}", self.ledger.sequence, snapshot.sequence));
        }
        dangling(state).or_else(|| doubled(state))
    }
}

/// A dependency on what is not there.
fn dangling(state: &State) -> Option<String> {
    let held = |address: &Address| {
        state.resources.contains_key(address) || state.deposed.iter().any(|deposed| deposed.address == *address)
    };
    let mut records = state.resources.values().chain(&state.deposed);
    let lost = |record: &Record| record.dependencies.iter().find(|needed| !held(needed)).cloned();
    records.find_map(|record| Some(format!("`{}` depends on `{}`, which is nowhere", record.address, lost(record)?)))
}

/// A resource that is there twice.
fn doubled(state: &State) -> Option<String> {
    let mut seen = BTreeSet::new();
    let mut records = state.resources.values().chain(&state.deposed);
    let record = records.find(|record| !seen.insert((&record.type_name, &record.physical_id)))?;
    Some(format!("`{}` is there twice: {}", record.address, record.physical_id))
}

/// The disk, as one run uses it.
pub(crate) struct SessionStore {
    pub(crate) disk: Disk,
    pub(crate) session: Arc<Session>,
}

impl SessionStore {
    async fn begin_write(&self, what: &str, text: &str) -> Result<u32, StoreError> {
        if text.contains(PLANTED) {
            self.session.violated("I6-secret", format!("a secret is written to the {what}"));
        }
        let moment = self.session.before(&format!("write {what}")).await;
        self.count_write();
        if self.session.is_full() {
            self.session.note(|| "  no room".to_owned());
            return Err(StoreError::Full { place: "the simulated disk".to_owned() });
        }
        self.session.check_lock(self.disk.content().owner.as_ref(), &format!("the {what} is written"));
        Ok(moment)
    }

    fn count_write(&self) {
        self.disk.content().writes += 1;
        self.session.notes().writes += 1;
    }

    /// Writing takes a while; a kill may fall into it.
    async fn wait_for_disk(&self) {
        let pause = self.session.dice().below(4);
        self.session.clock.sleep(Duration::from_millis(u64::from(pause))).await;
    }
}

#[async_trait]
impl Store for SessionStore {
    async fn load(&self) -> Result<Stored, StoreError> {
        self.session.alive().await;
        if self.session.sabotage() == Some(Sabotage::PlanWrites) {
            self.count_write();
        }
        Ok(self.disk.content().load())
    }

    async fn lock(&self, owner: &LockOwner) -> Result<Option<Holder>, StoreError> {
        self.session.alive().await;
        let mut content = self.disk.content();
        let shared = self.session.sabotage() == Some(Sabotage::SharedLock);
        if let Some(other) = content.owner.as_ref().filter(|_| !shared) {
            return Err(StoreError::LockHeld(Box::new(running(other))));
        }
        content.owner = Some(owner.clone());
        self.session.locks(owner);
        Ok(None)
    }

    async fn unlock(&self, owner: &LockOwner) -> Result<(), StoreError> {
        self.session.alive().await;
        let mut content = self.disk.content();
        content.owner = content.owner.take().filter(|other| other.id != owner.id);
        Ok(())
    }

    async fn holder(&self) -> Result<Option<Holder>, StoreError> {
        Ok(self.disk.content().owner.as_ref().map(running))
    }

    async fn break_lock(&self, id: &str, _: &LockOwner) -> Result<Holder, StoreError> {
        let mut content = self.disk.content();
        let holder = running(content.owner.as_ref().ok_or(StoreError::NotLocked)?);
        holder.check_id(id)?;
        content.owner = None;
        Ok(holder)
    }

    async fn append(&self, lines: &[Line]) -> Result<(), StoreError> {
        let text = serde_json::to_string(lines).expect("entries are plain data");
        let moment = self.begin_write("journal", &text).await?;
        for line in lines {
            self.session.note(|| format!("  {}", told(line)));
        }
        match self.session.sabotage() {
            Some(Sabotage::LosesAppends) if self.session.dice().percent(20) => return Ok(()),
            Some(Sabotage::NeverSyncs) => {
                self.disk.content().write(lines);
                return Ok(());
            }
            _ => {}
        }
        self.disk.content().write(lines);
        self.wait_for_disk().await;
        self.session.alive().await;
        self.disk.content().sync(lines);
        self.session.after(moment).await;
        Ok(())
    }

    async fn save(&self, snapshot: Arc<Snapshot>) -> Result<(), StoreError> {
        let text = serde_json::to_string(&*snapshot).expect("a snapshot is plain data");
        let moment = self.begin_write("state", &text).await?;
        self.wait_for_disk().await;
        self.session.alive().await;
        self.session.note(|| format!("  state {} saved", snapshot.state.serial));
        {
            let mut content = self.disk.content();
            if let Some(misfit) = content.misfit(&snapshot) {
                self.session.violated("state", misfit);
            }
            let ledger = Ledger::of(&snapshot);
            if !self.session.is_rewriting()
                && let Some(difference) = content.ledger.difference(&ledger)
            {
                self.session.violated("replay", format!("state and journal differ: {difference}"));
            }
            let replaced = content.snapshot.take().map(|before| (content.serial, before));
            content.history.extend(replaced);
            content.serial = snapshot.state.serial;
            content.lineage.clone_from(&snapshot.state.lineage);
            content.ledger = ledger;
            content.snapshot = Some(text);
            content.read = None;
        }
        self.session.after(moment).await;
        Ok(())
    }

    async fn clear_journal(&self) -> Result<(), StoreError> {
        let moment = self.begin_write("journal", "").await?;
        self.session.note(|| "  journal cleared".to_owned());
        {
            let mut content = self.disk.content();
            content.journal.clear();
            content.unsynced.clear();
        }
        self.session.after(moment).await;
        Ok(())
    }

    async fn history(&self) -> Result<Vec<u64>, StoreError> {
        self.session.alive().await;
        Ok(self.disk.content().history.keys().copied().collect())
    }

    async fn version(&self, serial: u64) -> Result<Option<Arc<Snapshot>>, StoreError> {
        self.session.alive().await;
        let content = self.disk.content();
        let read = |text: &String| Arc::new(serde_json::from_str(text).expect("a snapshot is as it was written"));
        Ok(content.history.get(&serial).map(read))
    }
}

/// Whoever holds the simulated lock runs: a crash frees it.
fn running(owner: &LockOwner) -> Holder {
    Holder { owner: owner.clone(), standing: Standing::Running }
}

/// A line of the journal, as a trace tells it.
fn told(line: &Line) -> String {
    let short = |token: &Token| token.as_str()[..6].to_owned();
    let entry = match &line.entry {
        Entry::Begin { operation } => {
            let Record { address, physical_id, .. } = &operation.record;
            format!("begin {} {address} {physical_id} ({})", operation.action, short(&operation.token))
        }
        Entry::End { token, outcome } => {
            let text = format!("{outcome:?}");
            format!("end {} {}", short(token), text.split(" model").next().unwrap_or_default())
        }
        Entry::Known { token, physical_id } => format!("known {} {physical_id}", short(token)),
        Entry::Recorded { record } => format!("recorded {}", record.address),
        Entry::Adopted { record, .. } => format!("adopted {} {}", record.address, record.physical_id),
        Entry::Forgotten { record } => format!("forgotten {} {}", record.address, record.physical_id),
        other => format!("{other:?}"),
    };
    format!("{}: {entry}", line.sequence)
}
