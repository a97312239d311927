//! The commands, one file each. Shared by those that change something: `carry_out`.

mod apply;
mod carry_out;
mod completions;
mod destroy;
mod graph;
mod output;
mod plan;
mod refresh;
mod state;
mod synth;
mod validate;

#[cfg(test)]
mod tests;

use crate::arguments::{Command, StateCommand};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::session::Session;
use crate::terminal::Terminal;

/// Runs `command`.
pub(crate) fn run(session: &Session<'_>, command: &Command) -> Result<Exit, CommandError> {
    match command {
        Command::Apply(arguments) => apply::run(session, arguments),
        Command::Plan(arguments) => plan::run(session, arguments),
        Command::Destroy(arguments) => destroy::run(session, arguments),
        Command::Output(arguments) => output::run(session, arguments),
        Command::Synth(arguments) => synth::run(session, arguments),
        Command::Validate(_) => validate::run(session),
        Command::Refresh(_) => refresh::run(session),
        Command::Graph(arguments) => graph::run(session, arguments),
        Command::State(StateCommand::List(_)) => state::list(session),
        Command::State(StateCommand::Show(arguments)) => state::show(session, &arguments.address),
        Command::Completions(arguments) => Ok(completions::run(arguments.shell, &session.terminal)),
    }
}

/// Runs a command that needs nothing of the program.
pub(crate) fn without_program(command: &Command, terminal: &Terminal) -> Exit {
    match command {
        Command::Completions(arguments) => completions::run(arguments.shell, terminal),
        _ => Exit::Usage,
    }
}
