//! `apply`, and what happens without a command: plan, ask, apply.

use super::carry_out::{self, Consent};
use super::which;
use crate::arguments::ApplyArguments;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::render::partial;
use crate::render::plan::View;
use crate::session::{Run, Session, Story};
use crate::target::Access;

/// Plans, asks and applies.
pub(crate) fn run(session: &Session<'_>, arguments: &ApplyArguments) -> Result<Exit, CommandError> {
    let built = session.graph_in_region()?;
    let run =
        Run { command: "apply", parallelism: arguments.changing.parallelism, no_wait: arguments.changing.no_wait };
    let engine = session.engine(&built.deployment, Story::Output, Access::Change, run)?;
    session.show(&built.warnings);
    let runtime = session.runtime()?;
    let options = session.plan_options(arguments.planning.refresh, &arguments.planning.replace);
    let mut options = arguments.planning.renames.note(arguments.planning.selection.narrow(options)?);
    let progress = session.progress(0);
    let plan = which::plan(session, &mut options, |options| {
        runtime.block_on(progress.during(engine.plan(&built.graph, options, &*progress)))
    })?;
    let view = View { sources: arguments.planning.sources, width: session.terminal.width() };
    super::plan::show(session, &plan, view);
    let command = partial::command("apply", plan.partial.as_ref());
    let consent =
        Consent { given: arguments.changing.yes, command: &command, question: "Do you want to perform these actions?" };
    carry_out::run(session, &engine, runtime, &plan, &consent)
}
