//! A store in a folder: `state.json`, `state.json.backup`, `journal.ndjson` and `lock`.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use super::{LockOwner, Store, StoreError, Stored};
use crate::journal::{Line, Snapshot};

/// A store in a folder, made when it is first written to.
#[derive(Debug)]
pub struct FileStore {
    folder: PathBuf,
}

impl FileStore {
    /// The store in `folder`; nothing is touched yet.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }
}

#[async_trait]
impl Store for FileStore {
    async fn load(&self) -> Result<Stored, StoreError> {
        let _ = &self.folder;
        unimplemented!()
    }
    async fn lock(&self, _: &LockOwner) -> Result<(), StoreError> {
        unimplemented!()
    }
    async fn unlock(&self, _: &LockOwner) -> Result<(), StoreError> {
        unimplemented!()
    }
    async fn append(&self, _: &[Line]) -> Result<(), StoreError> {
        unimplemented!()
    }
    async fn save(&self, _: Arc<Snapshot>) -> Result<(), StoreError> {
        unimplemented!()
    }
    async fn clear_journal(&self) -> Result<(), StoreError> {
        unimplemented!()
    }
}
