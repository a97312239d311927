//! The arguments of `simulate`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use ironwright_served::Disturbances;

/// `simulate`.
#[derive(Args, Debug)]
pub(crate) struct SimulateArguments {
    /// Where to listen; port 0 is a free one
    ///
    /// Signatures are not checked: whoever can reach it can use it.
    #[arg(verbatim_doc_comment, long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// Keep the cloud in this folder; without it, in memory
    ///
    /// `.ironwright/APP/STAGE/cloud` is the one that a program deploys to.
    #[arg(verbatim_doc_comment, long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// What ids, addresses and faults are drawn from
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// What goes wrong, and how often
    ///
    /// A list, for instance `throttle=0.1,lost=0.05,slow=2`:
    ///   throttle=P  a call is throttled; nothing is done
    ///   error=P     a call is answered with a 5xx; half of them are done
    ///   lost=P      a call is done, and its connection closed unanswered
    ///   reset=P     a call's connection is reset; nothing is done
    ///   fail=P      a request fails for a reason that passes; nothing is done
    ///   slow=N      so many looks find a request under way
    ///   unseen=N    so many reads do not find what is new
    ///   delay=MS    the longest delay of a call
    ///   expire=N    after so many calls the key of the first has run out
    #[arg(verbatim_doc_comment, long, value_name = "LIST", default_value = "", hide_default_value = true)]
    pub(crate) faults: Disturbances,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}
