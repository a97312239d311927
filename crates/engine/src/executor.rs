//! The executor: carries out the steps of a plan, in parallel, with every effect in the journal before and after.

mod discard;
mod doubles;
mod effect;
mod half_made;
mod job;
mod outputs;
mod recover;
mod renewal;
mod retry;
mod run;
mod schedule;
mod search;
mod slot;
mod start;

pub(crate) use half_made::outcome as outcome_of_found;
pub(crate) use recover::look_up_pending;
pub(crate) use retry::Backoff;
pub(crate) use run::{Order, apply};
pub(crate) use search::is_searched;
