//! The lock of a folder: a file that the system locks for a process and frees when that dies, however it dies. What it
//! holds is for people: who that is, and after a death, who that was.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};

use super::{Folder, private, read, write_error};
use crate::seams::is_gone;
use crate::store::{Holder, LockOwner, Standing, StoreError};

impl Folder {
    /// Takes the lock. Gives who is gone without giving it back, if anybody.
    pub(super) fn lock(&self, owner: &LockOwner) -> Result<Option<Holder>, StoreError> {
        self.make()?;
        let failed = |error: io::Error| write_error(&self.file("lock"), &error);
        let mut file = self.take_lock()?;
        let before = owner_in(&mut file).map(gone);
        let text = serde_json::to_vec(owner).map_err(|error| failed(error.into()))?;
        file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(&text)).map_err(failed)?;
        self.open().lock = Some(file);
        Ok(before)
    }

    /// Empties the lock's file and lets go of it. The file stays: removing it while another waits would make two locks.
    pub(super) fn unlock(&self) -> Result<(), StoreError> {
        let mut open = self.open();
        open.journal = None;
        match open.lock.take() {
            Some(file) => file.set_len(0).map_err(|error| write_error(&self.file("lock"), &error)),
            None => Ok(()),
        }
    }

    /// Who holds the lock, or is gone without giving it back.
    pub(super) fn holder(&self) -> Result<Option<Holder>, StoreError> {
        let path = self.file("lock");
        let Some(owner) = read(&path)?.and_then(|text| serde_json::from_slice::<LockOwner>(&text).ok()) else {
            return Ok(None);
        };
        // The lock is tried only where a name was left behind: trying it keeps others from taking it meanwhile.
        if is_gone(&owner) {
            return Ok(Some(gone(owner)));
        }
        let tried = File::open(&path).map(|file| file.try_lock_shared());
        Ok(Some(if matches!(tried, Ok(Ok(()))) { gone(owner) } else { running(owner) }))
    }

    /// Clears away what a holder that is gone has left. A process that runs keeps its lock: the system sees to that.
    pub(super) fn break_lock(&self, id: &str) -> Result<Holder, StoreError> {
        let holder = self.holder()?.ok_or(StoreError::NotLocked)?;
        holder.check_id(id)?;
        match self.take_lock() {
            Ok(file) => file.set_len(0).map(|()| holder).map_err(|error| write_error(&self.file("lock"), &error)),
            Err(StoreError::LockHeld(holder)) => Err(StoreError::HolderRuns(holder)),
            Err(other) => Err(other),
        }
    }

    fn take_lock(&self) -> Result<File, StoreError> {
        let path = self.file("lock");
        let failed = |error: io::Error| write_error(&path, &error);
        let mut file = private(OpenOptions::new().read(true).write(true).create(true)).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => {
                let owner = owner_in(&mut file).unwrap_or_else(unnamed);
                Err(StoreError::LockHeld(Box::new(running(owner))))
            }
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

/// Who the lock's file names.
fn owner_in(file: &mut File) -> Option<LockOwner> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok().and_then(|_| serde_json::from_str(&text).ok())
}

/// The file may be read before the holder has written it.
fn unnamed() -> LockOwner {
    let (owner, command) = ("another process".to_owned(), "unknown".to_owned());
    LockOwner { owner, command, ..LockOwner::default() }
}

fn gone(owner: LockOwner) -> Holder {
    Holder { owner, standing: Standing::Stale { since: None } }
}

fn running(owner: LockOwner) -> Holder {
    Holder { owner, standing: Standing::Running }
}
