//! A store in memory, for tests and for runs that leave nothing behind.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::file::VERSIONS;
use super::{Holder, LockOwner, Standing, Store, StoreError, Stored};
use crate::journal::{Line, Snapshot};

/// A store in memory. Clones share what they hold.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    stored: Stored,
    history: BTreeMap<u64, Arc<Snapshot>>,
    owner: Option<LockOwner>,
}

impl MemoryStore {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Frees the lock, as the system frees that of a process that is killed.
    pub fn kill_holder(&self) {
        self.held().owner = None;
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn load(&self) -> Result<Stored, StoreError> {
        Ok(self.held().stored.clone())
    }

    async fn lock(&self, owner: &LockOwner) -> Result<Option<Holder>, StoreError> {
        let mut held = self.held();
        if let Some(other) = held.owner.as_ref().filter(|other| other.id != owner.id) {
            return Err(StoreError::LockHeld(Box::new(running(other))));
        }
        held.owner = Some(owner.clone());
        Ok(None)
    }

    async fn unlock(&self, owner: &LockOwner) -> Result<(), StoreError> {
        let mut held = self.held();
        held.owner = held.owner.take().filter(|other| other.id != owner.id);
        Ok(())
    }

    async fn holder(&self) -> Result<Option<Holder>, StoreError> {
        Ok(self.held().owner.as_ref().map(running))
    }

    async fn break_lock(&self, id: &str, _: &LockOwner) -> Result<Holder, StoreError> {
        let mut held = self.held();
        let holder = running(held.owner.as_ref().ok_or(StoreError::NotLocked)?);
        holder.check_id(id)?;
        held.owner = None;
        Ok(holder)
    }

    async fn append(&self, lines: &[Line]) -> Result<(), StoreError> {
        self.held().stored.journal.extend_from_slice(lines);
        Ok(())
    }

    async fn save(&self, snapshot: Arc<Snapshot>) -> Result<(), StoreError> {
        let held = &mut *self.held();
        if let Some(before) = held.stored.snapshot.replace(snapshot) {
            held.history.insert(before.state.serial, before);
        }
        if held.history.len() > VERSIONS {
            held.history.pop_first();
        }
        Ok(())
    }

    async fn clear_journal(&self) -> Result<(), StoreError> {
        self.held().stored.journal.clear();
        Ok(())
    }

    async fn history(&self) -> Result<Vec<u64>, StoreError> {
        Ok(self.held().history.keys().copied().collect())
    }

    async fn version(&self, serial: u64) -> Result<Option<Arc<Snapshot>>, StoreError> {
        Ok(self.held().history.get(&serial).cloned())
    }
}

/// Who holds a lock in memory is this process.
fn running(owner: &LockOwner) -> Holder {
    Holder { owner: owner.clone(), standing: Standing::Running }
}
