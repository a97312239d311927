//! What an observer is told while a run goes on.

use std::time::Duration;

use ironwright_core::Address;

use crate::action::Action;
use crate::provider::ProviderError;
use crate::store::Holder;

/// Something that happened in a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// Resources are being read; `done` of `total` so far.
    Refreshing {
        /// Read so far.
        done: usize,
        /// To read.
        total: usize,
    },
    /// Work on a resource begins.
    Started {
        /// The resource.
        address: Address,
        /// What is done to it: create, update, delete or forget.
        action: Action,
        /// Its physical id, if it has one.
        physical_id: Option<String>,
    },
    /// Work on a resource goes on.
    Progress {
        /// The resource.
        address: Address,
        /// How far it has come, in a line.
        message: String,
    },
    /// A resource cannot be read now; the plan goes by what the state has of it.
    Unread {
        /// The resource.
        address: Address,
        /// Why.
        error: ProviderError,
    },
    /// A call is sent again after a pause.
    Retrying {
        /// The resource.
        address: Address,
        /// Why.
        error: ProviderError,
        /// The pause.
        pause: Duration,
    },
    /// Work on a resource is done and recorded.
    Finished {
        /// The resource.
        address: Address,
        /// What was done.
        action: Action,
        /// Its physical id.
        physical_id: Option<String>,
        /// How long it took.
        elapsed: Duration,
    },
    /// Work on a resource failed.
    Failed {
        /// The resource.
        address: Address,
        /// What was tried.
        action: Action,
        /// Why it failed.
        error: ProviderError,
        /// How long it took.
        elapsed: Duration,
    },
    /// An operation of an interrupted run was settled.
    Recovered {
        /// The resource.
        address: Address,
        /// What had been going on.
        action: Action,
        /// What became of it, as a sentence.
        outcome: String,
    },
    /// The lock is held, and the run waits for it. Told again when somebody else holds it.
    WaitingForLock {
        /// Who holds it.
        holder: Box<Holder>,
    },
    /// The lock was taken over from a holder that is gone.
    TookOver {
        /// Who had held it.
        holder: Box<Holder>,
    },
    /// The credentials have run out, and new ones are not there yet. Told again when another reason keeps them from being
    /// used.
    CredentialsExpired {
        /// What the cloud said, or why new ones are not taken.
        error: ProviderError,
        /// The run waits for new ones; otherwise nothing new starts, and it ends.
        waits: bool,
    },
    /// There are new credentials, and the run goes on.
    CredentialsRenewed {
        /// How long it waited for them.
        paused: Duration,
    },
    /// The run was asked to stop: nothing new starts, what is in flight is finished.
    Stopping {
        /// How many operations are in flight.
        in_flight: usize,
    },
}

/// Told of events as they happen. Must return at once.
pub trait Observer: Send + Sync {
    /// Takes note of `event`.
    fn event(&self, event: &Event);
}

/// An observer that takes note of nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn event(&self, _: &Event) {}
}
