//! Why the engine could not do what it was asked. What a provider refused in a run is in the report, not here.

use ironwright_core::{Address, Diagnostic, Diagnostics};

use crate::plan::Recovering;
use crate::planner::AmbiguousRename;
use crate::provider::ProviderError;
use crate::report::Report;
use crate::store::{Holder, StoreError};
use crate::vault::VaultError;

/// Why the engine could not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The program, or what it meets in the cloud, is wrong.
    #[error("{0}")]
    Diagnostics(Diagnostics),
    /// Another run holds the lock.
    #[error("another run holds the state: held by {0}")]
    LockHeld(Box<Holder>),
    /// The run was asked to stop while it waited for the lock.
    #[error("stopped while waiting for the lock, which is held by {0}")]
    StoppedWaiting(Box<Holder>),
    /// The state cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The cloud cannot be read.
    #[error("{error}")]
    Provider {
        /// The resource it was about, if one.
        address: Option<Address>,
        /// What the provider said.
        error: ProviderError,
    },
    /// A secret cannot be sealed or opened.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The state belongs to another target.
    #[error("the state is of target `{state}`, and `{asked}` is asked for")]
    TargetMismatch {
        /// The target of the state.
        state: String,
        /// The target that was asked for.
        asked: String,
    },
    /// The state belongs to another account.
    #[error("the state is of account {state}, and the credentials are for account {asked}")]
    AccountMismatch {
        /// The account of the state.
        state: String,
        /// The account of the credentials.
        asked: String,
    },
    /// The state has changed since the plan was made.
    #[error("the state has changed since this plan was made")]
    StalePlan,
    /// The engine itself broke.
    #[error("the run panicked, which is a defect in Ironwright: {message}")]
    Panicked {
        /// What the panic said.
        message: String,
    },
    /// An interrupted run has left operations open, and what was asked for needs them settled.
    #[error("{}", unsettled(operations))]
    Unsettled {
        /// The operations; none where all that is left to do is to save what the journal says.
        operations: Vec<Recovering>,
    },
    /// Resources may have been renamed, in more than one way.
    #[error("what was renamed to what is not clear")]
    AmbiguousRenames(Vec<AmbiguousRename>),
    /// The runtime ended before the run did.
    #[error("the run was cut off before it ended")]
    RuntimeEnded,
    /// The journal could not be written in the middle of a run; nothing new was started from then on.
    #[error("the run was broken off: {error}")]
    BrokenOff {
        /// Why.
        error: StoreError,
        /// What had been done until then.
        report: Box<Report>,
    },
}

impl EngineError {
    /// The error as diagnostics, with what to do about it.
    pub fn diagnostics(&self) -> Diagnostics {
        match self {
            Self::Diagnostics(diagnostics) => diagnostics.clone(),
            Self::LockHeld(holder) => StoreError::LockHeld(holder.clone()).diagnostic().into(),
            Self::StoppedWaiting(_) => Diagnostic::error("interrupted", self.to_string())
                .help("nothing was changed; type the command again to go on")
                .into(),
            Self::Store(error) => error.diagnostic().into(),
            Self::Vault(error) => error.diagnostic().into(),
            Self::Provider { address: Some(address), error } => error.diagnostic(address).into(),
            Self::Provider { address: None, error } => Diagnostic::error("provider", error.to_string()).into(),
            Self::TargetMismatch { state, .. } => Diagnostic::error("target-mismatch", self.to_string())
                .help(format!("say `--target {state}`, or another `--stage` for the other target"))
                .into(),
            Self::AccountMismatch { state, .. } => Diagnostic::error("account-mismatch", self.to_string())
                .help(format!(
                    "take the credentials of account {state} (AWS_PROFILE), or another `--stage` for this one"
                ))
                .into(),
            Self::StalePlan => {
                Diagnostic::error("stale-plan", self.to_string()).help("make the plan again: type `plan`").into()
            }
            Self::Unsettled { .. } => Diagnostic::error("unsettled", self.to_string())
                .help("type `apply` first: it settles what was begun; then type the command again")
                .into(),
            Self::AmbiguousRenames(renames) => renames.iter().map(AmbiguousRename::diagnostic).collect(),
            Self::RuntimeEnded => Diagnostic::error("cut-off", self.to_string())
                .help("type `apply`: it settles what was in flight and goes on")
                .into(),
            Self::Panicked { .. } => Diagnostic::error("panicked", self.to_string())
                .help("all that was done is in the journal: type `apply`, which settles what was in flight and goes on")
                .into(),
            Self::BrokenOff { error, .. } => {
                let cause = error.diagnostic();
                let mend = cause.help.as_deref().unwrap_or("mend that");
                let help = format!("{mend}; then type `apply`: it settles what was in flight and goes on");
                let message = format!("the run was broken off: {}", cause.message);
                Diagnostic { message, ..cause }.help(help).into()
            }
        }
    }
}

fn unsettled(operations: &[Recovering]) -> String {
    let named = |operation: &Recovering| format!("{} {}", operation.action, operation.address);
    match operations.iter().map(named).collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => "an interrupted run has left entries in the journal".to_owned(),
        named => format!("an interrupted run has left operations open: {named}"),
    }
}
