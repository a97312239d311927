//! What is told of a partial plan: what it was asked for, how much it covers, and what it leaves out. Which resources
//! those are is decided in `planner`.

use ironwright_core::Address;
use serde::{Deserialize, Serialize};

use crate::plan::Recovering;

/// How far a plan goes that covers only part of the resources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partial {
    /// The resources, scopes and stacks it was asked for; empty where it was asked for all but `exclude`.
    pub only: Vec<Address>,
    /// Those it was to leave as they are.
    pub exclude: Vec<Address>,
    /// How many resources it covers.
    pub selected: usize,
    /// How many there are in program and state.
    pub total: usize,
    /// What it would have covered, and leaves as it is because of `exclude`.
    pub left_out: Vec<LeftOut>,
    /// Operations of an interrupted run that it does not settle; they stay on record.
    pub unsettled: Vec<Recovering>,
}

/// A resource that a partial plan leaves as it is because of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The resource.
    pub address: Address,
    /// The one that is left as it is.
    pub by: Address,
    /// What the one has to do with the other.
    pub because: Omission,
}

/// Why one resource has to be left out since another is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Omission {
    /// It needs the other, which does not exist yet.
    NeedsMissing,
    /// The other needs it, so it is neither deleted nor replaced.
    Needed,
    /// It is to need the other, and the other still needs it: both would have to change.
    Circle,
}
