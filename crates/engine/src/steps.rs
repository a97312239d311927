//! The steps that carry out a plan, each with the steps it waits for.

/// The steps of a plan.
#[derive(Clone, Debug, Default)]
pub(crate) struct Steps {}
