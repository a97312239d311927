//! `rollback`: plan, ask, and take back the last run, or the last change of one resource. Goes by the versions of the state,
//! not by what the program says now.

use ironwright_core::{Address, Graph};
use ironwright_engine::Plan;

use super::carry_out::{self, Consent};
use crate::arguments::RollbackArguments;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::render::plan::View;
use crate::session::{Built, Run, Session, Story};
use crate::subject::Deployment;
use crate::target::Access;

const RUN: &str = "Do you want to go back to that? What is said above not to come back is lost.";
const RESOURCE: &str = "Do you want it to go back to that? All else stays as it is.";

/// Plans, asks and goes back.
pub(crate) fn run(session: &Session<'_>, arguments: &RollbackArguments) -> Result<Exit, CommandError> {
    let (deployment, program) = subject(session, arguments.address.is_some())?;
    let run =
        Run { command: "rollback", parallelism: arguments.changing.parallelism, no_wait: arguments.changing.no_wait };
    let engine = session.engine(&deployment, Story::Output, Access::Change, run)?;
    let runtime = session.runtime()?;
    let options = session.plan_options(arguments.refresh, &[]);
    let progress = session.progress(0);
    let plan = runtime.block_on(progress.during(async {
        match &arguments.address {
            Some(address) => {
                engine.plan_rollback_of(address, arguments.to, program.as_ref(), &options, &*progress).await
            }
            None => engine.plan_rollback(arguments.to, &options, &*progress).await,
        }
    }))?;
    super::plan::show(session, &plan, View { sources: false, width: session.terminal.width() });
    let question = if arguments.address.is_some() { RESOURCE } else { RUN };
    let consent = Consent { given: arguments.changing.yes, command: &typed(arguments), question };
    let exit = carry_out::run(session, &engine, runtime, &plan, &consent)?;
    if exit == Exit::Done {
        say_what_is_next(session, &plan);
    }
    Ok(exit)
}

/// What is deployed; and the program, which may still have secrets that a resource needs to go back. One that cannot be
/// asked for its graph keeps nothing from going back.
fn subject(session: &Session<'_>, asks: bool) -> Result<(Deployment, Option<Graph>), CommandError> {
    if asks
        && !session.is_state_alone()
        && let Ok(Built { deployment, graph, .. }) = session.graph()
    {
        return Ok((deployment, Some(graph)));
    }
    Ok((session.deployment()?, None))
}

/// The command, as it is typed.
fn typed(arguments: &RollbackArguments) -> String {
    let address = arguments.address.as_ref().map(|address: &Address| format!(" {address}")).unwrap_or_default();
    let to = arguments.to.map(|serial| format!(" --to {serial}")).unwrap_or_default();
    format!("rollback{address}{to}")
}

/// The program says what it said before: it is told that the next apply does that.
fn say_what_is_next(session: &Session<'_>, plan: &Plan) {
    let Some(address) = plan.rollback_of.as_ref().filter(|_| !plan.is_empty() && !session.common.json) else {
        return;
    };
    let next = session.next("apply");
    session.terminal.line(&format!("\nThe program was not changed: the next `{next}` takes {address} forward again."));
}
