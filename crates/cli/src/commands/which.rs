//! Asks which resource became which, where equal content leaves it open. Nothing is guessed: who cannot be asked gets an
//! error with the lines to add.

use std::fmt::Write as _;

use ironwright_core::{Address, Move, Source};
use ironwright_engine::{AmbiguousRename, EngineError, Plan, PlanOptions};

use crate::error::CommandError;
use crate::session::Session;

/// What `plan` gives; where it cannot tell what was renamed, `options` are completed by what the user says.
pub(super) fn plan(
    session: &Session<'_>,
    options: &mut PlanOptions,
    mut plan: impl FnMut(&PlanOptions) -> Result<Plan, EngineError>,
) -> Result<Plan, CommandError> {
    let can_ask = session.terminal.features().interactive && !session.common.json;
    loop {
        match plan(options) {
            Err(EngineError::AmbiguousRenames(renames)) if can_ask => {
                if !renames.iter().all(|rename| ask_all(session, rename, options)) {
                    return Err(EngineError::AmbiguousRenames(renames).into());
                }
            }
            planned => return Ok(planned?),
        }
    }
}

/// Asks about every new resource, as long as something is left that it may have been. False where there is no answer.
fn ask_all(session: &Session<'_>, rename: &AmbiguousRename, options: &mut PlanOptions) -> bool {
    let mut left = rename.old.clone();
    for (address, source) in &rename.new {
        if left.is_empty() {
            return true;
        }
        match ask(session, &question(address, source, &left), left.len() + 1) {
            None => return false,
            Some(choice) if choice == left.len() => options.not_moved.push(address.clone()),
            Some(choice) => {
                let from = left.remove(choice);
                let line =
                    format!("  For other stages, say so in the program: stack.moved(\"{from}\", \"{address}\");\n");
                session.terminal.line(&line);
                options.moves.push(Move { from, to: address.clone(), source: None });
            }
        }
    }
    true
}

fn question(address: &Address, source: &Source, left: &[Address]) -> String {
    let mut text = format!("`{address}` ({source}) is new, and has the content of what the program has no longer.\n");
    text.push_str("Which of these was it?\n");
    for (number, old) in left.iter().enumerate() {
        let _ = writeln!(text, "  {}) {old}", number + 1);
    }
    let _ = write!(text, "  {}) none of these: create it new\n\n  Enter a number: ", left.len() + 1);
    text
}

/// The place of the answer among `count`; asks again until it is one. Nothing at the end of input, or an empty line.
fn ask(session: &Session<'_>, question: &str, count: usize) -> Option<usize> {
    loop {
        let answer = session.terminal.ask(question).filter(|answer| !answer.is_empty())?;
        match answer.parse::<usize>() {
            Ok(number) if (1..=count).contains(&number) => return Some(number - 1),
            _ => session.terminal.line(&format!("  {answer:?} is none of them.\n")),
        }
    }
}
