//! `exec`: its arguments.

use std::ffi::OsString;

use clap::Args;
use ironwright_core::Address;

use super::{CommonArguments, address};

/// `exec`.
#[derive(Args, Debug)]
pub(crate) struct ExecArguments {
    /// The container
    #[arg(value_name = "ADDRESS", value_parser = address)]
    pub(crate) address: Address,
    /// On this host [default: the first]
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Option<String>,
    /// In this release [default: the one that serves]
    #[arg(long, value_name = "N")]
    pub(crate) release: Option<u32>,
    /// What to run, behind `--`: a program and its arguments
    ///
    /// No shell reads it: for one, say `-- sh -c 'echo $HOME'`.
    #[arg(verbatim_doc_comment, last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}
