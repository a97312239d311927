//! Writes the journal. Operations that run side by side share one durable write: whoever comes first writes for all
//! who came meanwhile.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Entry, Line};
use crate::store::{Store, StoreError};

/// Writes the journal of one run.
pub(crate) struct Writer {
    store: Arc<dyn Store>,
    queue: Mutex<Queue>,
    /// Held by whoever writes; says up to which number lines are durable, or why none will be any more.
    durable: tokio::sync::Mutex<Result<u64, StoreError>>,
}

#[derive(Debug, Default)]
struct Queue {
    lines: Vec<Line>,
    last: u64,
}

impl Writer {
    /// A writer whose first line follows number `last`.
    pub(crate) fn new(store: Arc<dyn Store>, last: u64) -> Self {
        let queue = Mutex::new(Queue { lines: Vec::new(), last });
        Self { store, queue, durable: tokio::sync::Mutex::new(Ok(last)) }
    }

    /// Writes `entry`. It is durable when this returns.
    pub(crate) async fn append(&self, entry: Entry) -> Result<Line, StoreError> {
        let mut lines = self.enqueue(vec![entry]);
        self.sync(&lines).await?;
        Ok(lines.swap_remove(0))
    }

    /// Waits until `lines`, which were handed in, are durable.
    pub(crate) async fn sync(&self, lines: &[Line]) -> Result<(), StoreError> {
        let mut durable = self.durable.lock().await;
        // Whoever is ready at the same moment hands in first.
        tokio::task::yield_now().await;
        if lines.last().is_some_and(|line| durable.as_ref().is_ok_and(|durable| *durable < line.sequence)) {
            let (lines, last) = self.take();
            *durable = self.store.append(&lines).await.map(|()| last);
        }
        durable.clone().map(drop)
    }

    /// The number of the last line that was handed in.
    pub(crate) fn last(&self) -> u64 {
        self.queue().last
    }

    /// Hands in `entries`; they are written together, in this order.
    pub(crate) fn enqueue(&self, entries: Vec<Entry>) -> Vec<Line> {
        let mut queue = self.queue();
        let first = queue.last + 1;
        let lines: Vec<Line> =
            entries.into_iter().zip(first..).map(|(entry, sequence)| Line { sequence, entry }).collect();
        queue.last += lines.len() as u64;
        queue.lines.extend(lines.iter().cloned());
        lines
    }

    fn take(&self) -> (Vec<Line>, u64) {
        let mut queue = self.queue();
        (std::mem::take(&mut queue.lines), queue.last)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
