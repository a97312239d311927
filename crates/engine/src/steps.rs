//! The steps that carry out a plan, each with the steps it waits for. Made by the planner, carried out by the executor.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ironwright_core::bag::Entry;
use ironwright_core::secret::SecretText;
use ironwright_core::tree::Reference;
use ironwright_core::{Address, Planned, Source};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::action::Action;
use crate::journal::{Book, Moves};
use crate::planner::Context;
use crate::provider::Live;
use crate::state::Record;
use crate::token::Token;

/// What carries out a plan.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    /// The state the plan was made for.
    pub(crate) base: Base,
    /// The steps; each waits only for earlier ones.
    pub(crate) list: Vec<Step>,
    /// What the trees in it are evaluated against.
    pub(crate) context: Arc<Context>,
    /// Attributes that hold secrets of the program: no state and no model has them.
    pub(crate) secrets: BTreeMap<Reference, Planned>,
    /// Secrets that were met while planning: of the program, and in what the cloud returned.
    pub(crate) met: Vec<SecretText>,
    /// Operations of an interrupted run that were found to have succeeded: their tokens, and what they made. The first of
    /// a token is kept, further ones are its doubles.
    pub(crate) found: Vec<(Token, Live)>,
    /// Addresses that change before anything else does.
    pub(crate) moves: Moves,
    /// Models that are newer than those in the state, of resources that do not change.
    pub(crate) refreshed: Vec<(Address, Json)>,
    /// What was not waited for and has become ready.
    pub(crate) ready: BTreeSet<Address>,
    /// What a partial plan does not touch.
    pub(crate) left: Left,
}

/// What a partial plan leaves as it is, beside resources.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Left {
    /// Outputs, by stack and name.
    pub(crate) outputs: BTreeSet<(String, String)>,
    /// Operations of an interrupted run that it does not settle: they stay pending.
    pub(crate) pending: BTreeSet<Token>,
}

/// The state that a plan was made for; it applies to no other (invariant I5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Base {
    /// The state's lineage; empty before the first apply.
    pub(crate) lineage: String,
    /// The number of the last journal line that changes it.
    pub(crate) sequence: u64,
    /// Its serial.
    pub(crate) serial: u64,
}

impl Base {
    /// The state that `book` holds.
    pub(crate) fn of(book: &Book) -> Self {
        let state = book.state();
        Self { lineage: state.lineage.clone(), sequence: book.changed(), serial: state.serial }
    }

    /// The base of a plan that is not to be applied: no journal has a line of this number.
    pub(crate) fn of_no_state(self) -> Self {
        Self { sequence: u64::MAX, ..self }
    }
}

/// One step.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) address: Address,
    pub(crate) type_name: String,
    pub(crate) source: Option<Source>,
    pub(crate) work: Work,
    /// The positions of the steps that must be done first.
    pub(crate) waits_for: Vec<usize>,
}

/// What a step does.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    /// Makes a resource. `deposes`: the one at its address is deleted later.
    Create { goal: Box<Goal>, deposes: bool },
    /// Changes the resource at the address in place. `changed`: the properties that differ, where that is known.
    Update { goal: Box<Goal>, changed: Option<BTreeSet<String>> },
    /// Records a resource that the cloud has already.
    Import { goal: Box<Goal>, imported: Imported },
    /// Changes the record alone.
    Record { goal: Box<Goal> },
    /// Deletes a resource, live or deposed.
    Delete { physical_id: String },
    /// Manages a resource no longer.
    Forget { physical_id: String },
}

/// What a resource shall be.
#[derive(Clone, Debug)]
pub(crate) struct Goal {
    /// The record as far as it is known: everything but properties, model and physical id.
    pub(crate) record: Record,
    /// The position of its stack.
    pub(crate) stack: usize,
    /// Its properties.
    pub(crate) properties: Vec<Entry>,
}

/// What the cloud has of a resource that is imported.
#[derive(Clone, Debug)]
pub(crate) struct Imported {
    /// Its model as it was read.
    pub(crate) model: Json,
    /// The properties that the program sets otherwise: the record has them as the cloud does.
    pub(crate) differing: BTreeSet<String>,
}

impl Work {
    /// What it is called in a report.
    pub(crate) fn action(&self) -> Action {
        match self {
            Self::Create { .. } => Action::Create,
            Self::Update { .. } => Action::Update,
            Self::Import { .. } => Action::Import,
            Self::Record { .. } => Action::NoOp,
            Self::Delete { .. } => Action::Delete,
            Self::Forget { .. } => Action::Forget,
        }
    }
}
