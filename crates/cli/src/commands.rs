//! The commands, one file each. Shared by those that change something: `carry_out`.

mod apply;
mod carry_out;
pub(crate) mod completions;
mod destroy;
mod graph;
pub(crate) mod new;
mod output;
mod plan;
mod refresh;
mod state;
mod synth;
mod validate;

#[cfg(test)]
mod tests;

use crate::arguments::{ProgramCommand, StateCommand};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::session::Session;

/// Runs `command`.
pub(crate) fn run(session: &Session<'_>, command: &ProgramCommand) -> Result<Exit, CommandError> {
    match command {
        ProgramCommand::Apply(arguments) => apply::run(session, arguments),
        ProgramCommand::Plan(arguments) => plan::run(session, arguments),
        ProgramCommand::Destroy(arguments) => destroy::run(session, arguments),
        ProgramCommand::Output(arguments) => output::run(session, arguments),
        ProgramCommand::Synth(arguments) => synth::run(session, arguments),
        ProgramCommand::Validate(_) => validate::run(session),
        ProgramCommand::Refresh(arguments) => refresh::run(session, arguments),
        ProgramCommand::Graph(arguments) => graph::run(session, arguments),
        ProgramCommand::State(StateCommand::List(_)) => state::list(session),
        ProgramCommand::State(StateCommand::Show(arguments)) => state::show(session, &arguments.address),
    }
}
