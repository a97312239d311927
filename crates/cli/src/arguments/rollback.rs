//! `rollback`: its arguments.

use clap::Args;
use ironwright_core::Address;

use super::{ChangingArguments, CommonArguments, address};

/// `rollback`.
#[derive(Args, Debug)]
pub(crate) struct RollbackArguments {
    /// Take back the last change of this resource alone
    ///
    /// All else stays as it is: a container goes back to the image it had,
    /// with its settings of then. The next `apply` goes forward again.
    #[arg(verbatim_doc_comment, value_name = "ADDRESS", value_parser = address)]
    pub(crate) address: Option<Address>,
    /// Go back to this version, as `state history` lists it
    ///
    /// Without it, to the one before the last run.
    #[arg(verbatim_doc_comment, long, value_name = "SERIAL")]
    pub(crate) to: Option<u64>,
    /// Read the cloud first [default: true]
    ///
    /// `--refresh=false` believes the state: faster, and blind to drift.
    #[arg(
        verbatim_doc_comment,
        long, value_name = "BOOL", default_value_t = true, default_missing_value = "true", num_args = 0..=1,
        require_equals = true, action = clap::ArgAction::Set, hide_default_value = true, hide_possible_values = true
    )]
    pub(crate) refresh: bool,
    #[command(flatten)]
    pub(crate) changing: ChangingArguments,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}
