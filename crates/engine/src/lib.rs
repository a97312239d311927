//! The engine of Ironwright: plan → journal → execute → state. Generic over providers, stores, clocks and randomness.
//!
//! It knows no cloud, no terminal and no file system of its own; those come in through [`Provider`], [`Observer`] and
//! the store.

mod action;
mod applied;
mod assets;
mod edit;
mod engine;
mod error;
mod events;
mod exchange;
mod executor;
mod guarded;
mod history;
pub mod journal;
mod look;
mod origin;
mod partial;
mod parts;
mod plan;
mod planner;
mod preparation;
mod provider;
mod providers;
mod recipe;
mod refresh;
mod report;
mod reveal;
mod rollback;
mod saved;
mod sealing;
mod seams;
mod secrets;
mod state;
mod steps;
pub mod store;
mod surroundings;
mod token;
mod validate;
mod vault;
mod waiting;

pub use action::{Action, Inclusion, Reason};
pub use assets::{Assets, NoAssets};
pub use edit::Draft;
pub use engine::{Drift, Engine, OnExpired, PlanOptions, Settings, Stop};
pub use error::EngineError;
pub use events::{Event, Observer, Silent};
pub use history::{Difference, Version};
pub use origin::{Origin, Origins};
pub use partial::{LeftOut, Omission, Partial};
pub use plan::{Change, Counts, OutputChange, Plan, Preview, PropertyChange, ReadValue, Recovering};
pub use planner::{AmbiguousRename, agrees};
pub use provider::{
    Accepted, Applied, Capabilities, Create, Delete, ErrorKind, Find, Live, Preparation, Provider, ProviderError, Read,
    Readiness, Surroundings, Ticket, Trace, Update,
};
pub use recipe::Recipes;
pub use report::{Done, Failure, NotStarted, Report};
pub use saved::{Moved, SavedPlan, SavedPlanError};
pub use seams::{Clock, Entropy, OsEntropy, SeededEntropy, SystemClock, is_gone};
pub use state::{OutputRecord, Record, State};
pub use store::{FileStore, Holder, LockOwner, MemoryStore, Standing, Store, StoreError, Stored};
pub use token::Token;
pub use validate::validate;
pub use vault::{Keyring, NoVault, Vault, VaultError};
