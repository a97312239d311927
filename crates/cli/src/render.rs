//! Rendering: plans, diagnostics, reports, outputs and events as text. One file a renderer; none of them prints.

pub(crate) mod diagnostics;
mod diff;
pub(crate) mod drift;
pub(crate) mod edit;
pub(crate) mod graph;
pub(crate) mod history;
pub(crate) mod json;
#[cfg(feature = "docker")]
pub(crate) mod logs;
pub(crate) mod markdown;
pub(crate) mod moved;
pub(crate) mod outputs;
pub(crate) mod partial;
pub(crate) mod plan;
pub(crate) mod progress;
mod property;
pub(crate) mod reason;
pub(crate) mod record;
pub(crate) mod report;
pub(crate) mod rollback;
pub(crate) mod status;
pub(crate) mod style;
pub(crate) mod three_way;
mod time;
pub(crate) mod value;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;
