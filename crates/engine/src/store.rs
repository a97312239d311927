//! The seam to where the state is kept: a snapshot, a journal and a lock.
//!
//! What the entries mean is `journal`'s business; how they are spelled in files is `codec`'s.

pub mod codec;
pub(crate) mod envelope;
mod file;
mod lock;
mod memory;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use ironwright_core::Diagnostic;

use crate::journal::{Line, Snapshot};

pub use file::FileStore;
pub use lock::{Holder, LockOwner, Standing};
pub use memory::MemoryStore;

/// Keeps the state of one app and stage.
#[async_trait]
pub trait Store: Send + Sync {
    /// The last snapshot, and the journal since.
    async fn load(&self) -> Result<Stored, StoreError>;

    /// Takes the lock, or says who holds it. Gives whose lock was taken over, where its holder was gone without giving it
    /// back.
    async fn lock(&self, owner: &LockOwner) -> Result<Option<Holder>, StoreError>;

    /// Gives the lock back.
    async fn unlock(&self, owner: &LockOwner) -> Result<(), StoreError>;

    /// Who holds the lock, or is gone without giving it back. Writes nothing.
    async fn holder(&self) -> Result<Option<Holder>, StoreError>;

    /// Takes the lock `id` from whoever holds it, on behalf of `by`, and says from whom.
    async fn break_lock(&self, id: &str, by: &LockOwner) -> Result<Holder, StoreError>;

    /// Adds lines to the journal. They are durable when this returns.
    async fn append(&self, lines: &[Line]) -> Result<(), StoreError>;

    /// Puts `snapshot` in the place of the last one, which is kept. It is durable when this returns.
    async fn save(&self, snapshot: Arc<Snapshot>) -> Result<(), StoreError>;

    /// Empties the journal, once a snapshot holds what it says.
    async fn clear_journal(&self) -> Result<(), StoreError>;

    /// The serials of the versions that are kept, oldest first. The last snapshot's own may be among them, and one after
    /// it that a crash kept from becoming the last; whoever asks leaves these out.
    async fn history(&self) -> Result<Vec<u64>, StoreError>;

    /// The version `serial`, if it is kept.
    async fn version(&self, serial: u64) -> Result<Option<Arc<Snapshot>>, StoreError>;
}

/// What a store holds.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    /// The last snapshot; nothing before the first apply.
    pub snapshot: Option<Arc<Snapshot>>,
    /// The journal's lines, in order. Some may be older than the snapshot.
    pub journal: Vec<Line>,
}

/// Why a state could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another run holds the lock.
    #[error("another run holds the state: held by {0}")]
    LockHeld(Box<Holder>),
    /// The lock was lost in the middle of the run, and somebody else holds it, or took it away.
    #[error("this run has lost the lock to {by}; nothing more was started")]
    Fenced {
        /// Who took it.
        by: Box<LockOwner>,
    },
    /// The lock is to be broken, and nobody holds it.
    #[error("nobody holds the lock")]
    NotLocked,
    /// The lock is to be broken, and it is another one.
    #[error("there is no lock `{asked}`: the state is held by {holder}")]
    OtherLock {
        /// The id that was given.
        asked: String,
        /// Who holds the lock.
        holder: Box<Holder>,
    },
    /// The lock is to be broken, and the system keeps it for a process that runs.
    #[error("the lock cannot be taken from a process that runs: held by {0}")]
    HolderRuns(Box<Holder>),
    /// It cannot be read.
    #[error("the state cannot be read: {place}: {problem}")]
    Unreadable {
        /// The file or object.
        place: String,
        /// What the system said.
        problem: String,
    },
    /// It cannot be written.
    #[error("the state cannot be written: {place}: {problem}")]
    NotWritable {
        /// The file, folder or object.
        place: String,
        /// What the system said.
        problem: String,
    },
    /// Whoever keeps it does not let this user in.
    #[error("access to the state is refused: {place}: {problem}")]
    Refused {
        /// The object.
        place: String,
        /// What was said.
        problem: String,
    },
    /// There is no room left to write to.
    #[error("the disk is full: {place}")]
    Full {
        /// The file or object.
        place: String,
    },
    /// It is not what was written.
    #[error("the state is damaged: {place}: {problem}")]
    Damaged {
        /// The file or object.
        place: String,
        /// What is wrong with it.
        problem: String,
        /// Where the version before lies.
        previous: Option<PathBuf>,
    },
    /// It was written by a newer release.
    #[error("the state has format {found}, and this release reads formats up to {known}: {place}")]
    Newer {
        /// The file or object.
        place: String,
        /// Its format.
        found: u64,
        /// The newest format known here.
        known: u64,
    },
}

impl StoreError {
    /// The error as a diagnostic, with what to do about it.
    pub fn diagnostic(&self) -> Diagnostic {
        let error = |code| Diagnostic::error(code, self.to_string());
        match self {
            Self::LockHeld(holder) => error("lock-held").help(holder.help()),
            Self::Fenced { .. } => error("lock-lost").help("wait for the other run to end, then type `plan`"),
            Self::NotLocked => error("lock-not-held").help("there is nothing to unlock; go on"),
            Self::OtherLock { holder, .. } => error("lock-other").help(holder.help()),
            Self::HolderRuns(holder) => error("lock-held")
                .help(format!("wait for it to end, or end the process {}; its lock ends with it", holder.owner.pid)),
            Self::Unreadable { .. } => error("state-unreadable").help("check that the file is there and may be read"),
            Self::NotWritable { .. } => error("state-not-writable").help("make the folder writable for this user"),
            Self::Refused { .. } => error("state-refused").help(
                "check the credentials, the region and the permissions; docs/remote-state.md lists what is needed",
            ),
            Self::Full { .. } => error("disk-full").help("free some space; the state on disk is unharmed"),
            Self::Damaged { previous: Some(previous), .. } => error("state-damaged")
                .help(format!("it was left as it is; the version before lies at {}", previous.display())),
            Self::Damaged { previous: None, .. } => {
                error("state-damaged").help("it was left as it is; put a backup in its place")
            }
            Self::Newer { .. } => error("state-newer").help("it was left as it is; use the newer release"),
        }
    }
}
