//! The plan that deletes everything, from the state alone: the program is not needed.

use std::sync::Arc;

use ironwright_core::Diagnostics;

use super::coverage::{self, Coverage};
use super::edges;
use super::removal::{self, Removals};
use crate::journal::Book;
use crate::plan::{Plan, Preview, Recovering};
use crate::provider::Live;
use crate::steps::{Base, Steps};
use crate::token::Token;

/// The plan that deletes what `coverage` covers of `book`, everything where there is none; or all that keeps it from being
/// made.
pub(crate) fn plan_destroy(
    book: &Book,
    base: Base,
    recovering: Vec<Recovering>,
    found: Vec<(Token, Live)>,
    coverage: Option<&Coverage>,
) -> Result<Plan, Diagnostics> {
    let state = book.state();
    let removals = Removals::of_everything(state, coverage);
    let problems = removals.protected();
    if problems.has_errors() {
        return Err(problems);
    }
    let list = edges::steps(Vec::new(), &removals, book);
    let emptied = |stack: &str| {
        let mut rest = state.resources.keys().filter(|address| address.stack() == stack);
        coverage.is_none_or(|coverage| rest.all(|address| coverage.covers(address)))
    };
    let (gone, kept): (Vec<_>, Vec<_>) = removal::outputs(&state.outputs).partition(|output| emptied(&output.stack));
    let kept = kept.into_iter().map(|output| (output.stack, output.name)).collect();
    let left = coverage.map(|coverage| coverage.left(book, kept)).unwrap_or_default();
    let partial = coverage.map(|coverage| coverage.partial(None, book));
    let preview = Preview {
        app: state.app.clone(),
        stage: state.stage.clone(),
        destroy: true,
        changes: removals.changes().collect(),
        outputs: gone,
        recovering: coverage::settled(recovering, partial.as_ref()),
        partial,
        rollback_to: None,
        ..Preview::default()
    };
    Ok(Plan { preview, steps: Arc::new(Steps { base, list, found, left, ..Steps::default() }) })
}
