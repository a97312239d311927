//! `status`: its arguments.

use clap::Args;
use ironwright_core::Address;

use super::{CommonArguments, address};

/// `status`.
#[derive(Args, Debug)]
pub(crate) struct StatusArguments {
    /// Of this container alone
    #[arg(value_name = "ADDRESS", value_parser = address)]
    pub(crate) address: Option<Address>,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}
