//! The engine of Ironwright: plan → journal → execute → state. Generic over providers, stores, clocks and randomness.
//!
//! It knows no cloud, no terminal and no file system of its own; those come in through [`Provider`], [`Observer`] and
//! the store.

mod action;
mod events;
mod plan;
mod provider;
mod report;
mod seams;
mod state;
mod steps;
mod token;

pub use action::{Action, Reason};
pub use events::{Event, Observer, Silent};
pub use plan::{Change, Counts, OutputChange, Plan, PropertyChange, Recovering};
pub use provider::{
    Capabilities, Create, Delete, ErrorKind, Find, Live, Provider, ProviderError, Read, Surroundings, Update,
};
pub use report::{Done, Failure, NotStarted, Report};
pub use seams::{Clock, Entropy};
pub use state::{OutputRecord, Record, State};
pub use token::Token;
