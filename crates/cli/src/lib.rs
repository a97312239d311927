//! The command line of Ironwright: commands, rendering and progress. [`run`] is all a program calls.
//!
//! Each command is a file in `commands`, each renderer a file in `render`. The terminal, the environment, signals and the
//! program's sources are read through one module each. No cloud is known here but by `target`.

mod arguments;
mod commands;
mod error;
mod exit;
mod invocation;
mod program;
mod progress;
mod render;
mod session;
mod signals;
mod source_lines;
mod target;
mod terminal;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{ColorChoice, CommandFactory as _, FromArgMatches as _};
use ironwright_core::facts::FactSource;

pub use program::{Fallible, FallibleWithInputs, IntoProgram, Plain, Program, WithInputs};

use arguments::{Arguments, Command};
use exit::Exit;
use session::Session;
use terminal::Terminal;

/// Runs the command line of a program: reads the arguments, does what they say, and returns the exit code.
///
/// `app` is `fn() -> App` or `fn(&Inputs) -> App`, either of them also returning `Result`. `facts` tell of the types that
/// it uses.
pub fn run<M>(app: impl IntoProgram<M>, facts: &'static dyn FactSource) -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    run_words(&app.into_program(), facts, words).into()
}

fn run_words(program: &dyn Program, facts: &'static dyn FactSource, words: Vec<OsString>) -> Exit {
    let colors = !words.iter().any(|word| word == "--no-color");
    let command = match parse(words, colors) {
        Ok(command) => command,
        Err(exit) => return exit,
    };
    let terminal = Arc::new(Terminal::of_the_process(colors, &environment));
    match command {
        Command::OfProgram(command) => {
            let session = Session::new(program, facts, terminal, &environment, command.common().clone());
            session.end(commands::run(&session, &command))
        }
        Command::Completions(arguments) => commands::completions::run(arguments.shell, &terminal),
    }
}

/// The command that `words` say, the program's name first. Help, versions and mistakes are printed here.
fn parse(words: Vec<OsString>, colors: bool) -> Result<Command, Exit> {
    let mut words = words.into_iter();
    let name = invocation::program_name(words.next());
    let color = if colors { ColorChoice::Auto } else { ColorChoice::Never };
    let mut root = Arguments::command().bin_name(name.clone()).color(color);
    let ordered = arguments::commands_first(&root, words.collect());
    let matches = root.try_get_matches_from_mut(std::iter::once(name.into()).chain(ordered));
    match matches.and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(arguments) => Ok(arguments.into_command()),
        Err(error) => {
            let _ = error.print();
            Err(if error.use_stderr() { Exit::Usage } else { Exit::Done })
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the seam for the environment")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
