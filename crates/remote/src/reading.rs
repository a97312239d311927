//! The state as it is read: the newest snapshot, and the journal's lines after it. Readers need no lock, and may meet a
//! run that writes.

use std::time::Duration;

use ironwright_engine::journal::{Entry, Line};
use ironwright_engine::{StoreError, Stored};

use crate::journal;
use crate::objects::Objects;
use crate::snapshots;

/// How often a state is read again that somebody is changing.
const READS: u32 = 6;

/// The pause after the first time; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The newest snapshot, and the lines after it.
///
/// The journal is listed before the snapshots: what was deleted from it before is in a snapshot that is there by then.
/// What is deleted after that is found missing, and all is read again.
pub(crate) async fn load(objects: &Objects) -> Result<Stored, StoreError> {
    let mut pause = FIRST_PAUSE;
    for _ in 0..READS {
        if let Some(stored) = load_once(objects).await? {
            return Ok(stored);
        }
        objects.clock().sleep(pause).await;
        pause *= 2;
    }
    let problem = "lines of the journal are missing".to_owned();
    Err(StoreError::Damaged { place: objects.place("journal"), problem, previous: None })
}

async fn load_once(objects: &Objects) -> Result<Option<Stored>, StoreError> {
    let mut numbers = journal::numbers(objects).await?;
    let mut snapshot = None;
    if let Some(newest) = snapshots::keys(objects).await?.pop() {
        snapshot = snapshots::read(objects, newest).await?;
        if snapshot.is_none() {
            return Ok(None);
        }
    }
    let after = snapshot.as_ref().map_or(0, |snapshot| snapshot.sequence);
    numbers.retain(|number| *number > after);
    let Some(journal) = journal::lines(objects, &numbers, after).await? else {
        return Ok(None);
    };
    let is_fence = |line: &Line| matches!(line.entry, Entry::Fenced { .. });
    if snapshot.is_none() && !journal.iter().all(is_fence) {
        let problem = "there is none, though a journal leads on from it".to_owned();
        return Err(StoreError::Damaged { place: objects.place("snapshots"), problem, previous: None });
    }
    Ok(Some(Stored { snapshot, journal }))
}

/// The number after the last line that was ever written.
pub(crate) async fn next_number(objects: &Objects) -> Result<u64, StoreError> {
    let stored = load(objects).await?;
    let last = stored.journal.last().map(|line| line.sequence);
    Ok(last.or(stored.snapshot.map(|snapshot| snapshot.sequence)).unwrap_or(0) + 1)
}
