//! `state`: commands on the state, and their arguments.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use ironwright_core::Address;

use super::{CommonArguments, LockArguments, SecretsArguments, address};

/// Commands on the state.
#[derive(Debug, Subcommand)]
pub(crate) enum StateCommand {
    /// List the addresses of what is live
    List(StateListArguments),
    /// Show what is known of one resource
    Show(StateShowArguments),
    /// List the versions of the state, newest first
    History(StateHistoryArguments),
    /// Give a resource, or all of a scope, another address
    Mv(StateMvArguments),
    /// Manage resources no longer; they stay in the cloud
    Rm(StateRmArguments),
    /// Print the state as a document
    Pull(StatePullArguments),
    /// Put a document in the place of the state
    Push(StatePushArguments),
    /// Put an earlier version back as a new one
    Restore(StateRestoreArguments),
}

/// `state list`.
#[derive(Args, Debug)]
pub(crate) struct StateListArguments {
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

/// `state show`.
#[derive(Args, Debug)]
pub(crate) struct StateShowArguments {
    /// The resource
    #[arg(value_parser = address)]
    pub(crate) address: Address,
    #[command(flatten)]
    pub(crate) secrets: SecretsArguments,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

/// `state history`.
#[derive(Args, Debug)]
pub(crate) struct StateHistoryArguments {
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

/// `state mv`.
#[derive(Args, Debug)]
pub(crate) struct StateMvArguments {
    /// The address now: of a resource, a scope or a stack
    #[arg(value_name = "OLD", value_parser = any_address)]
    pub(crate) old: Address,
    /// The address from now on
    #[arg(value_name = "NEW", value_parser = any_address)]
    pub(crate) new: Address,
    #[command(flatten)]
    pub(crate) lock: LockArguments,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

/// `state rm`.
#[derive(Args, Debug)]
pub(crate) struct StateRmArguments {
    /// The resources
    #[arg(value_name = "ADDRESS", value_parser = address, required = true)]
    pub(crate) addresses: Vec<Address>,
    #[command(flatten)]
    pub(crate) consent: ConsentArguments,
    #[command(flatten)]
    pub(crate) lock: LockArguments,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

/// `state pull`.
#[derive(Args, Debug)]
pub(crate) struct StatePullArguments {
    /// Write it to this file, for its owner alone to read
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

/// `state push`.
#[derive(Args, Debug)]
pub(crate) struct StatePushArguments {
    /// The document, as `state pull` writes it
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Take one that is older, or of another app or stage
    ///
    /// Also one of another lineage: neither came from the other.
    #[arg(verbatim_doc_comment, long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) consent: ConsentArguments,
    #[command(flatten)]
    pub(crate) lock: LockArguments,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

/// `state restore`.
#[derive(Args, Debug)]
pub(crate) struct StateRestoreArguments {
    /// The version, as `state history` lists it
    #[arg(value_name = "SERIAL")]
    pub(crate) serial: u64,
    #[command(flatten)]
    pub(crate) consent: ConsentArguments,
    #[command(flatten)]
    pub(crate) lock: LockArguments,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

/// What commands take that change the state alone.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct ConsentArguments {
    /// Do not ask
    ///
    /// Needed where nobody can be asked: in a pipe, in CI, with `--json`.
    #[arg(verbatim_doc_comment, short, long, visible_alias = "auto-approve")]
    pub(crate) yes: bool,
}

impl StateCommand {
    /// What every command takes.
    pub(crate) fn common(&self) -> &CommonArguments {
        match self {
            Self::List(arguments) => &arguments.common,
            Self::Show(arguments) => &arguments.common,
            Self::History(arguments) => &arguments.common,
            Self::Mv(arguments) => &arguments.common,
            Self::Rm(arguments) => &arguments.common,
            Self::Pull(arguments) => &arguments.common,
            Self::Push(arguments) => &arguments.common,
            Self::Restore(arguments) => &arguments.common,
        }
    }
}

/// An address, or what several begin with: a stack's name.
fn any_address(text: &str) -> Result<Address, String> {
    let address = Address::new(text);
    address.problem().map_or(Ok(address), Err)
}
