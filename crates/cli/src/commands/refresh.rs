//! `refresh`: what the cloud has otherwise than the state. Writes nothing; `apply` puts it back.

use crate::error::CommandError;
use crate::exit::Exit;
use crate::render::drift;
use crate::render::json::Line;
use crate::session::{Run, Session, Story, runtime};
use crate::target::Access;

/// Reads the cloud and prints the drift.
pub(crate) fn run(session: &Session<'_>) -> Result<Exit, CommandError> {
    let (app, _) = session.app()?;
    let engine = session.engine(&app, Story::Output, Access::Read, Run::reading("refresh"))?;
    let progress = session.progress(0);
    let found = runtime()?.block_on(progress.during(engine.refresh(&*progress)))?;
    for resource in &found {
        session.json(&Line::from(resource));
    }
    if !session.common.json {
        session.terminal.print(&drift::drift(&found, session.terminal.width()));
        if !found.is_empty() {
            session.terminal.line(&format!("To put it back: {}", session.next("apply")));
        }
    }
    Ok(Exit::Done)
}
