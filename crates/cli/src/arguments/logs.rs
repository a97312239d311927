//! `logs`: its arguments.

use clap::Args;
use ironwright_core::Address;

use super::{CommonArguments, address};

/// `logs`.
#[derive(Args, Debug)]
pub(crate) struct LogsArguments {
    /// The container
    #[arg(value_name = "ADDRESS", value_parser = address)]
    pub(crate) address: Address,
    /// Go on with what it writes from now on, until Ctrl-C
    ///
    /// Also over lost connections, restarts and rollouts.
    #[arg(verbatim_doc_comment, short, long)]
    pub(crate) follow: bool,
    /// How many of the last lines of each host
    #[arg(short = 'n', long, value_name = "N", default_value = "100")]
    pub(crate) lines: usize,
    /// Of this host alone; repeatable
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Vec<String>,
    /// Of this release [default: the one that serves]
    #[arg(long, value_name = "N")]
    pub(crate) release: Option<u32>,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}
