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
        let line = self.enqueue(entry);
        let mut durable = self.durable.lock().await;
        if durable.clone()? < line.sequence {
            let (lines, last) = self.take();
            *durable = self.store.append(&lines).await.map(|()| last);
            durable.clone()?;
        }
        Ok(line)
    }

    /// The number of the last line that was handed in.
    pub(crate) fn last(&self) -> u64 {
        self.queue().last
    }

    fn enqueue(&self, entry: Entry) -> Line {
        let mut queue = self.queue();
        queue.last += 1;
        let line = Line { sequence: queue.last, entry };
        queue.lines.push(line.clone());
        line
    }

    fn take(&self) -> (Vec<Line>, u64) {
        let mut queue = self.queue();
        (std::mem::take(&mut queue.lines), queue.last)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
