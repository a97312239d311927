//! `graph`: what depends on what, as the source of a drawing.

use ironwright_core::Diagnostic;

use crate::arguments::{GraphArguments, GraphFormat};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::render::graph;
use crate::session::Session;

/// Prints the graph.
pub(crate) fn run(session: &Session<'_>, arguments: &GraphArguments) -> Result<Exit, CommandError> {
    if session.common.json {
        let error = Diagnostic::error("usage", "`graph` has no JSON form");
        return Err(CommandError::usage(error.help("leave `--json` out; say `--format dot` or `--format mermaid`")));
    }
    let built = session.graph()?;
    session.show(&built.warnings);
    session.terminal.print(&match arguments.format {
        GraphFormat::Dot => graph::dot(&built.graph),
        GraphFormat::Mermaid => graph::mermaid(&built.graph),
    });
    Ok(Exit::Done)
}
