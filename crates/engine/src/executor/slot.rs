//! A slot: one of the calls to the cloud that go on at once. It is free once the call is over, while what came of it is
//! still being written: the next step's begin entry and this one's end entry then share one durable write.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// The slot of one effect.
#[derive(Debug, Default)]
pub(super) struct Slot {
    is_free: AtomicBool,
    freed: Arc<Notify>,
}

impl Slot {
    /// A slot that is in use. `freed` is told when it is no longer.
    pub(super) fn new(freed: Arc<Notify>) -> Self {
        Self { is_free: AtomicBool::new(false), freed }
    }

    /// The call is over.
    pub(super) fn free(&self) {
        self.is_free.store(true, Ordering::SeqCst);
        self.freed.notify_one();
    }

    /// Whether the call is over.
    pub(super) fn is_free(&self) -> bool {
        self.is_free.load(Ordering::SeqCst)
    }
}
