//! The file store of a process that may die before, during and after everything it writes.

use std::fs::{self, OpenOptions};
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use ironwright::engine::journal::{Line, Snapshot};
use ironwright::engine::{FileStore, Holder, LockOwner, Store, StoreError, Stored};
use tokio::runtime::Runtime;

use super::death::Death;

/// Whether a store does what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loyalty {
    /// It does.
    Faithful,
    /// It acknowledges what is appended to the journal and writes nothing, to see whether that is found out.
    Forgetful,
}

/// A store in a folder, whose user may die.
pub struct MortalStore {
    folder: PathBuf,
    files: FileStore,
    death: Arc<Death>,
    loyalty: Loyalty,
    /// Writes run on it to their end while all else stands still: so a run repeats exactly.
    writing: Runtime,
}

impl MortalStore {
    /// The store in `folder`.
    pub fn new(folder: PathBuf, death: Arc<Death>, loyalty: Loyalty) -> Self {
        let writing = tokio::runtime::Builder::new_current_thread().build().expect("the system gives an event loop");
        Self { files: FileStore::new(folder.clone()), folder, death, loyalty, writing }
    }

    fn wait<T: Send>(&self, work: impl Future<Output = T> + Send) -> T {
        std::thread::scope(|scope| scope.spawn(|| self.writing.block_on(work)).join()).expect("a store does not panic")
    }

    /// Does `work` between two moments. Other operations may join before it begins.
    async fn between<T: Send>(&self, what: &str, work: impl Future<Output = T> + Send) -> T {
        self.death.moment(&format!("before {what}"));
        tokio::task::yield_now().await;
        let done = self.wait(work);
        self.death.moment(&format!("after {what}"));
        done
    }

    fn journal(&self) -> PathBuf {
        self.folder.join("journal.ndjson")
    }

    fn journal_length(&self) -> u64 {
        fs::metadata(self.journal()).map_or(0, |metadata| metadata.len())
    }

    /// Half of what was appended since the journal had the length `before` never reached the disk.
    fn tear_journal(&self, before: u64) {
        let half = before.midpoint(self.journal_length());
        let file = OpenOptions::new().write(true).open(self.journal());
        file.and_then(|file| file.set_len(half)).expect("the journal was just written");
    }

    /// A snapshot is being written beside the old one, and half of it is there.
    fn leave_half_a_snapshot(&self, snapshot: &Snapshot) {
        let text = serde_json::to_string(snapshot).expect("a snapshot is plain data");
        fs::write(self.folder.join("state.json.new"), &text[..text.len() / 2]).expect("the folder is writable");
    }
}

#[async_trait]
impl Store for MortalStore {
    async fn load(&self) -> Result<Stored, StoreError> {
        self.wait(self.files.load())
    }

    async fn lock(&self, owner: &LockOwner) -> Result<Option<Holder>, StoreError> {
        self.between("lock", self.files.lock(owner)).await
    }

    async fn unlock(&self, owner: &LockOwner) -> Result<(), StoreError> {
        self.between("unlock", self.files.unlock(owner)).await
    }

    async fn holder(&self) -> Result<Option<Holder>, StoreError> {
        self.wait(self.files.holder())
    }

    async fn break_lock(&self, id: &str, by: &LockOwner) -> Result<Holder, StoreError> {
        self.wait(self.files.break_lock(id, by))
    }

    async fn append(&self, lines: &[Line]) -> Result<(), StoreError> {
        let what = format!("append of line {}", lines.first().map_or(0, |line| line.sequence));
        let before = self.journal_length();
        self.death.moment(&format!("before {what}"));
        tokio::task::yield_now().await;
        if self.loyalty == Loyalty::Faithful {
            self.wait(self.files.append(lines))?;
            if self.death.has_come(&format!("during {what}")) {
                self.tear_journal(before);
                self.death.strike();
            }
        }
        self.death.moment(&format!("after {what}"));
        Ok(())
    }

    async fn save(&self, snapshot: Arc<Snapshot>) -> Result<(), StoreError> {
        let what = format!("save of serial {}", snapshot.state.serial);
        if self.death.has_come(&format!("during {what}")) {
            self.leave_half_a_snapshot(&snapshot);
            self.death.strike();
        }
        self.between(&what, self.files.save(snapshot)).await
    }

    async fn clear_journal(&self) -> Result<(), StoreError> {
        self.between("clear of the journal", self.files.clear_journal()).await
    }

    async fn history(&self) -> Result<Vec<u64>, StoreError> {
        self.wait(self.files.history())
    }

    async fn version(&self, serial: u64) -> Result<Option<Arc<Snapshot>>, StoreError> {
        self.wait(self.files.version(serial))
    }
}
