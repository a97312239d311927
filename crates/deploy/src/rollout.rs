//! The rollout of a container on its hosts: beside the old version, healthy before traffic goes to it, the old one drained
//! and stopped.
//!
//! It converges: a host is [looked at](look), [`next`] says the step, the step is done, and the host is looked at again. What
//! was done stands on the host alone, so a rollout that was killed anywhere goes on when it is sent again. [`next`] is pure;
//! what does its steps is [`roll_out`], on one host or many, and [`remove`].

mod ask;
mod census;
mod create;
mod environment;
mod error;
mod fleet;
mod gate;
mod inspect;
mod next;
mod order;
mod probe;
mod release;
mod removal;
mod request;
mod seams;
mod worker;

pub use ask::ask;
pub use census::{HostReleases, look};
pub use error::{Failure, RolloutError};
pub use fleet::{Rolled, roll_out};
pub use next::{Known, Observed, Step, Verdict, Wanted, next};
pub use order::Order;
pub use release::{Identity, Release, Status};
pub use removal::remove;
pub use request::Request;
pub use seams::{Deliver, Tools, Turns};

/// How many old releases are kept on a host, stopped, for a rollback.
pub const KEPT: usize = 5;

/// What our labels begin with. A program cannot set such a one.
pub const LABELS: &str = "ironwright.";
