//! The snapshots as objects: `snapshots/<number of the last line it holds>-<serial>.json`, which never change. The last
//! in order is the state; what is kept of those before is its history.

use std::path::PathBuf;
use std::sync::Arc;

use ironwright_engine::StoreError;
use ironwright_engine::journal::Snapshot;
use ironwright_engine::store::codec::{self, Misread};

use crate::keys::{number_in, numbered};
use crate::misread;
use crate::objects::{Made, Objects};

const FOLDER: &str = "snapshots";

/// How many versions are kept besides the last snapshot.
const VERSIONS: usize = 20;

/// The name of a snapshot. Names are ordered as the snapshots are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// The number of the last line it holds.
    pub(crate) sequence: u64,
    pub(crate) serial: u64,
}

impl Key {
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        Self { sequence: snapshot.sequence, serial: snapshot.state.serial }
    }

    fn parse(name: &str) -> Option<Self> {
        let (sequence, serial) = name.strip_suffix(".json")?.split_once('-')?;
        Some(Self { sequence: number_in(sequence)?, serial: number_in(serial)? })
    }

    fn name(self) -> String {
        format!("{}-{}.json", numbered(self.sequence), numbered(self.serial))
    }

    fn path(self) -> String {
        format!("{FOLDER}/{}", self.name())
    }
}

/// What is kept, oldest first.
pub(crate) async fn keys(objects: &Objects) -> Result<Vec<Key>, StoreError> {
    Ok(objects.list(FOLDER).await?.iter().filter_map(|name| Key::parse(name)).collect())
}

/// The snapshot `key`; nothing where it is gone.
pub(crate) async fn read(objects: &Objects, key: Key) -> Result<Option<Arc<Snapshot>>, StoreError> {
    let Some(bytes) = objects.read(&key.path()).await? else {
        return Ok(None);
    };
    let text = String::from_utf8(bytes).map_err(|_| Misread::Damaged("it is not text".to_owned()));
    match text.and_then(|text| codec::read_snapshot(&text)) {
        Ok(snapshot) => Ok(Some(Arc::new(snapshot))),
        Err(found) => Err(with_previous(objects, key, misread(objects.place(&key.path()), found)).await),
    }
}

/// Names the version before the damaged one.
async fn with_previous(objects: &Objects, key: Key, error: StoreError) -> StoreError {
    match error {
        StoreError::Damaged { place, problem, .. } => {
            let kept = keys(objects).await.unwrap_or_default();
            let before = kept.into_iter().rfind(|kept| *kept < key);
            StoreError::Damaged {
                place,
                problem,
                previous: before.map(|key| PathBuf::from(objects.place(&key.path()))),
            }
        }
        other => other,
    }
}

/// Makes the object of `snapshot`. False where another is there under its name.
pub(crate) async fn write(objects: &Objects, snapshot: &Snapshot) -> Result<bool, StoreError> {
    let path = Key::of(snapshot).path();
    let text = codec::write_snapshot(snapshot)
        .map_err(|error| StoreError::NotWritable { place: objects.place(&path), problem: error.to_string() })?;
    Ok(objects.create(&path, text.as_bytes()).await? == Made::Ours)
}

/// Deletes the oldest beyond what is kept.
pub(crate) async fn prune(objects: &Objects) -> Result<(), StoreError> {
    let mut kept = keys(objects).await?;
    kept.truncate(kept.len().saturating_sub(VERSIONS + 1));
    let names: Vec<String> = kept.into_iter().map(Key::name).collect();
    objects.delete(FOLDER, &names).await
}
