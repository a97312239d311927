//! The planner: a graph, the state and what the cloud has give a plan. Pure: no IO, no clock, no randomness.

mod assemble;
mod attribute;
mod change;
mod compare;
mod context;
mod coverage;
mod destroy;
mod diff;
mod edges;
mod identity;
mod imports;
mod in_use;
mod interruption;
pub(crate) mod moves;
mod program;
mod readiness;
mod regions;
mod removal;
mod renames;
mod replace;
mod selection;
mod spread;

pub(crate) use attribute::in_model;
pub use compare::agrees;
pub(crate) use compare::{Comparer, covers};
pub(crate) use context::Context;
pub(crate) use coverage::Coverage;
pub(crate) use destroy::plan_destroy;
pub(crate) use diff::{Sides, diff, holds_secret};
pub(crate) use identity::{Identity, unconcerned};
pub(crate) use imports::{Listed, Wanted};
pub(crate) use program::{Inputs, plan};
pub(crate) use regions::refused as refused_regions;
pub use renames::AmbiguousRename;
pub(crate) use selection::Selection;
pub(crate) use spread::cover;
