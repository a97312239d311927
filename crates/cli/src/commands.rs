//! The commands, one file each. Shared by those that change something: `carry_out`.

mod apply;
mod apply_saved;
mod carry_out;
pub(crate) mod completions;
mod containers;
mod destroy;
mod exec;
mod graph;
mod import;
mod logs;
pub(crate) mod new;
mod output;
mod plan;
mod refresh;
mod rollback;
mod show;
#[cfg(feature = "simulate")]
pub(crate) mod simulate;
mod state;
mod state_edit;
mod state_read;
mod status;
mod synth;
mod unlock;
mod validate;
mod which;

#[cfg(test)]
mod tests;

use crate::arguments::{ApplyCommandArguments, ProgramCommand, StateCommand};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::session::Session;

/// Runs `command`.
pub(crate) fn run(session: &Session<'_>, command: &ProgramCommand) -> Result<Exit, CommandError> {
    match command {
        ProgramCommand::Apply(ApplyCommandArguments { file: Some(file), apply }) => {
            apply_saved::run(session, file, apply)
        }
        ProgramCommand::Apply(ApplyCommandArguments { file: None, apply }) => apply::run(session, apply),
        ProgramCommand::Plan(arguments) => plan::run(session, arguments),
        ProgramCommand::Destroy(arguments) => destroy::run(session, arguments),
        ProgramCommand::Output(arguments) => output::run(session, arguments),
        ProgramCommand::Synth(arguments) => synth::run(session, arguments),
        ProgramCommand::Validate(_) => validate::run(session),
        ProgramCommand::Refresh(arguments) => refresh::run(session, arguments),
        ProgramCommand::Import(arguments) => import::run(session, arguments),
        ProgramCommand::Graph(arguments) => graph::run(session, arguments),
        ProgramCommand::Show(arguments) => show::run(session, arguments),
        ProgramCommand::Rollback(arguments) => rollback::run(session, arguments),
        ProgramCommand::Status(arguments) => status::run(session, arguments),
        ProgramCommand::Logs(arguments) => logs::run(session, arguments),
        ProgramCommand::Exec(arguments) => exec::run(session, arguments),
        ProgramCommand::Unlock(arguments) => unlock::run(session, arguments),
        ProgramCommand::State(command) => run_on_state(session, command),
    }
}

fn run_on_state(session: &Session<'_>, command: &StateCommand) -> Result<Exit, CommandError> {
    match command {
        StateCommand::List(_) => state::list(session),
        StateCommand::Show(arguments) => state::show(session, arguments),
        StateCommand::History(_) => state_read::history(session),
        StateCommand::Mv(arguments) => state_edit::mv(session, arguments),
        StateCommand::Rm(arguments) => state_edit::rm(session, arguments),
        StateCommand::Pull(arguments) => state_read::pull(session, arguments),
        StateCommand::Push(arguments) => state_edit::push(session, arguments),
        StateCommand::Restore(arguments) => state_edit::restore(session, arguments),
    }
}
