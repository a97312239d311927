//! `refresh`: what the cloud has otherwise than the state. Writes nothing, unless `--accept` takes it over.

use ironwright_engine::{Engine, Plan};

use crate::arguments::RefreshArguments;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::render::drift;
use crate::render::json::Line;
use crate::session::{Run, Session, Story};
use crate::target::Access;

/// Reads the cloud, prints the drift, and says what became of it or what to do about it.
pub(crate) fn run(session: &Session<'_>, arguments: &RefreshArguments) -> Result<Exit, CommandError> {
    let deployment = session.deployment()?;
    let engine = session.engine(&deployment, Story::Output, Access::Read, Run::reading("refresh"))?;
    let progress = session.progress(0);
    let found = if arguments.accept {
        session.runtime()?.block_on(progress.during(engine.accept(&*progress)))?
    } else {
        session.runtime()?.block_on(progress.during(engine.refresh(&*progress)))?
    };
    let plan = if arguments.accept || found.is_empty() { None } else { plan(session, &engine) };
    let plan = plan.as_deref();
    for resource in &found {
        session.json(&Line::drift(resource, plan));
    }
    if !session.common.json {
        session.terminal.print(&drift::drift(&found, plan, session.terminal.width()));
        if arguments.accept && !found.is_empty() {
            session.terminal.line(&format!("The state has taken it over. What differs now: {}", session.next("plan")));
        } else if !found.is_empty() {
            session.terminal.line(&format!("To put it back: {}", session.next("apply")));
            session.terminal.line(&format!("To take it over: {}", session.next("refresh --accept")));
        }
    }
    Ok(Exit::Done)
}

/// What an apply of the program would do: it tells what the program says of the drift. Nothing where there is no program,
/// or none that can be planned: the drift is told all the same.
fn plan(session: &Session<'_>, engine: &Engine) -> Option<Plan> {
    let built = session.graph_in_region().ok()?;
    let options = session.plan_options(true, &[]);
    let progress = session.progress(0);
    session.runtime().ok()?.block_on(progress.during(engine.plan(&built.graph, &options, &*progress))).ok()
}
