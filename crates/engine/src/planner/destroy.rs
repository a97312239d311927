//! The plan that deletes everything, from the state alone: the program is not needed.

use std::sync::Arc;

use ironwright_core::Diagnostics;

use super::edges;
use super::removal::{self, Removals};
use crate::journal::Book;
use crate::plan::{Plan, Preview, Recovering};
use crate::provider::Live;
use crate::steps::{Base, Steps};
use crate::token::Token;

/// The plan that deletes everything in `book`, or all that keeps it from being made.
pub(crate) fn plan_destroy(
    book: &Book,
    base: Base,
    recovering: Vec<Recovering>,
    found: Vec<(Token, Live)>,
) -> Result<Plan, Diagnostics> {
    let state = book.state();
    let removals = Removals::of_everything(state);
    let problems = removals.protected();
    if problems.has_errors() {
        return Err(problems);
    }
    let list = edges::steps(Vec::new(), &removals, state);
    let preview = Preview {
        app: state.app.clone(),
        stage: state.stage.clone(),
        destroy: true,
        changes: removals.changes().collect(),
        outputs: removal::outputs(&state.outputs).collect(),
        recovering,
        ..Preview::default()
    };
    Ok(Plan { preview, steps: Arc::new(Steps { base, list, found, ..Steps::default() }) })
}
