//! `rollback`: plan, ask, and take back the last run. Goes by the versions of the state, not by what the program says now.

use super::carry_out::{self, Consent};
use crate::arguments::RollbackArguments;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::render::plan::View;
use crate::session::{Run, Session, Story};
use crate::target::Access;

/// Plans, asks and goes back.
pub(crate) fn run(session: &Session<'_>, arguments: &RollbackArguments) -> Result<Exit, CommandError> {
    let deployment = session.deployment()?;
    let run =
        Run { command: "rollback", parallelism: arguments.changing.parallelism, no_wait: arguments.changing.no_wait };
    let engine = session.engine(&deployment, Story::Output, Access::Change, run)?;
    let runtime = session.runtime()?;
    let options = session.plan_options(arguments.refresh, &[]);
    let progress = session.progress(0);
    let plan = runtime.block_on(progress.during(engine.plan_rollback(arguments.to, &options, &*progress)))?;
    super::plan::show(session, &plan, View { sources: false, width: session.terminal.width() });
    let command = arguments.to.map_or_else(|| "rollback".to_owned(), |serial| format!("rollback --to {serial}"));
    let question = "Do you want to go back to that? What is said above not to come back is lost.";
    let consent = Consent { given: arguments.changing.yes, command: &command, question };
    carry_out::run(session, &engine, runtime, &plan, &consent)
}
