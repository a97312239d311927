//! A simulated AWS: a [`Provider`](ironwright_engine::Provider) of every `AWS::` type, in memory or in a folder.
//!
//! It accepts what AWS accepts and refuses what AWS refuses, with AWS's codes, as far as facts about types tell; see
//! `docs/simulated-cloud.md`. It knows no wire protocol and no command line.

mod account;
mod cloud;
mod dice;
mod draft;
mod dynamic;
mod entry;
mod faults;
mod log;
mod mint;
mod operations;
mod provider;
mod references;
mod refusal;
mod services;
mod store;
mod surroundings;
mod usage;

#[cfg(test)]
mod tests;

pub use cloud::{Basis, Calls, CloudError, Resource, SimulatedCloud};
pub use faults::Faults;
