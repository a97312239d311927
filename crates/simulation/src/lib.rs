//! Deterministic simulation: from one seed a random program, random edits and random runs with faults, kills and drift,
//! on a virtual clock, checked against the invariants after every step. A history that fails is shrunk.
//!
//! Only the engine is under test. What histories cover and what they do not is told in `docs/reliability.md`.

mod check;
mod clock;
mod dice;
mod disk;
mod edit;
mod history;
mod kinds;
mod ledger;
mod program;
mod run;
mod sabotage;
mod session;
mod shrink;
mod totals;
mod witness;
mod world;

pub use history::History;
pub use sabotage::Sabotage;
pub use shrink::{Failure, shrunk};
pub use totals::Totals;
pub use world::{Outcome, Violation, play, play_traced};
