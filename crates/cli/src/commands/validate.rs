//! `validate`: all that is wrong with the program that can be told without reading the state or the cloud.

use crate::error::CommandError;
use crate::exit::Exit;
use crate::render::json::Line;
use crate::render::style::{GOOD, counted, paint};
use crate::session::{Built, Session};

/// Checks the program.
pub(crate) fn run(session: &Session<'_>) -> Result<Exit, CommandError> {
    let Built { deployment, graph, mut warnings } = session.graph_in_region()?;
    let engine = session.detached_engine(&deployment);
    warnings.extend(engine.validate(&graph, &session.plan_options(false, &[])));
    if warnings.has_errors() {
        return Err(warnings.into());
    }
    session.show(&warnings);
    let (resources, stacks) = (graph.nodes().len(), graph.stacks().len());
    session.json(&Line::Valid { resources, stacks });
    if !session.common.json {
        let valid = paint(GOOD, "Valid.");
        let (resources, stacks) = (counted(resources, "resource"), counted(stacks, "stack"));
        session.terminal.line(&format!("{valid} {resources} in {stacks}."));
    }
    Ok(Exit::Done)
}
