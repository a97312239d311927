//! A simulated AWS: a [`Provider`](ironwright_engine::Provider) of every `AWS::` type, in memory or in a folder.
//!
//! It accepts what AWS accepts and refuses what AWS refuses, with AWS's codes, as far as facts about types tell; see
//! `docs/simulated-cloud.md`. It knows no wire protocol and no command line.

mod cloud;
mod faults;
mod provider;

pub use cloud::{CloudError, SimulatedCloud};
pub use faults::Faults;
