//! What a run did: what is done, what failed and why, what was not started.

use ironwright_core::{Address, Source};

use crate::action::Action;
use crate::plan::Counts;
use crate::provider::ProviderError;

/// What an apply did.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What was done, in the order it was finished.
    pub done: Vec<Done>,
    /// What failed.
    pub failed: Vec<Failure>,
    /// What was not started, since something it needs failed or the run was stopped.
    pub not_started: Vec<NotStarted>,
    /// Whether the run was asked to stop.
    pub interrupted: bool,
    /// Whether it ended since the credentials had run out.
    pub expired: bool,
    /// What was made and may not be ready yet, since nothing waited for it.
    pub not_waited_for: Vec<Address>,
    /// How many secrets of this run the state holds as digests alone, since nothing is there to seal them with.
    pub unsealed: usize,
    /// The resources that are live now.
    pub live: usize,
}

/// An operation that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The resource.
    pub address: Address,
    /// What was done: create, update, delete, forget; a replacement is a create and a delete.
    pub action: Action,
    /// Its physical id.
    pub physical_id: Option<String>,
}

/// An operation that failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The resource.
    pub address: Address,
    /// Its type.
    pub type_name: String,
    /// What was tried.
    pub action: Action,
    /// Why it failed.
    pub error: ProviderError,
    /// The line that adds the resource.
    pub source: Option<Source>,
    /// What is live at this address now, by physical id.
    pub live: Option<String>,
}

/// An operation that was not started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotStarted {
    /// The resource.
    pub address: Address,
    /// What would have been done.
    pub action: Action,
    /// The resource whose failure kept it from starting; none where the run was stopped, or its credentials had run out.
    pub because_of: Option<Address>,
}

impl Report {
    /// Whether all was done that was planned.
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.not_started.is_empty() && !self.interrupted
    }

    /// How many resources were imported, added, changed, destroyed and forgotten.
    pub fn counts(&self) -> Counts {
        let count = |action| self.done.iter().filter(|done| done.action == action).count();
        Counts {
            import: count(Action::Import),
            add: count(Action::Create),
            change: count(Action::Update),
            destroy: count(Action::Delete),
            forget: count(Action::Forget),
        }
    }
}
