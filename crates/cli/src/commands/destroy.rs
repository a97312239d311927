//! `destroy`: plan, ask, and delete everything of one stage. Goes by the state, not by what the program says now.

use super::carry_out::{self, Consent};
use crate::arguments::DestroyArguments;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::render::partial;
use crate::render::plan::View;
use crate::session::{Run, Session, Story};
use crate::target::Access;

const DESTROY_ALL: &str = "Do you really want to destroy all of this? It cannot be undone.";
const DESTROY_PART: &str = "Do you really want to destroy these resources? It cannot be undone.";

/// Plans, asks and destroys.
pub(crate) fn run(session: &Session<'_>, arguments: &DestroyArguments) -> Result<Exit, CommandError> {
    let deployment = session.deployment()?;
    let run =
        Run { command: "destroy", parallelism: arguments.changing.parallelism, no_wait: arguments.changing.no_wait };
    let engine = session.engine(&deployment, Story::Output, Access::Change, run)?;
    let runtime = session.runtime()?;
    let options = arguments.selection.narrow(session.plan_options(arguments.refresh, &[]))?;
    let progress = session.progress(0);
    let plan = runtime.block_on(progress.during(engine.plan_destroy(&options, &*progress)))?;
    super::plan::show(session, &plan, View { sources: false, width: session.terminal.width() });
    let consent = Consent {
        given: arguments.changing.yes,
        command: &partial::command("destroy", plan.partial.as_ref()),
        question: if plan.partial.is_some() { DESTROY_PART } else { DESTROY_ALL },
    };
    carry_out::run(session, &engine, runtime, &plan, &consent)
}
