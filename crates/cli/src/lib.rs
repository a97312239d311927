//! The command line of Ironwright: commands, rendering and progress. [`run`] is all a program calls;
//! [`run_binary`] is the `ironwright` binary.
//!
//! Each command is a file in `commands`, each renderer a file in `render`. The terminal, the environment, signals and the
//! program's sources are read through one module each. No cloud is known here but by `target`.

#[cfg(unix)]
mod answering;
mod arguments;
mod aws;
mod commands;
#[cfg(unix)]
mod conversation;
#[cfg(unix)]
mod driven;
mod error;
mod exit;
#[doc(hidden)]
pub mod fuzzing;
mod hosts;
mod invocation;
mod program;
mod progress;
mod question;
mod remote;
mod render;
mod reveal;
mod secrets;
mod session;
mod signals;
mod source_lines;
mod subject;
mod target;
mod terminal;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{ArgMatches, ColorChoice, CommandFactory as _, FromArgMatches};
use ironwright_core::facts::FactSource;

pub use program::{Fallible, FallibleWithInputs, IntoProgram, Plain, Program, WithInputs};

use arguments::{Arguments, BinaryArguments, BinaryCommand, Command, ProgramCommand, WhichProgram};
use exit::Exit;
use session::Session;
use subject::{StateAlone, Subject};
use terminal::Terminal;

/// Runs the command line of a program: reads the arguments, does what they say, and returns the exit code.
///
/// `app` is `fn() -> App` or `fn(&Inputs) -> App`, either of them also returning `Result`. `facts` tell of the types that
/// it uses.
pub fn run<M>(app: impl IntoProgram<M>, facts: &'static dyn FactSource) -> ExitCode {
    run_program(&app.into_program(), facts, Words::of_the_process()).into()
}

/// Runs the command line of the `ironwright` binary: on the program of the folder, which it builds and asks for its graph, or
/// on a state alone. `facts` tell of every type that either may hold.
pub fn run_binary(facts: &'static dyn FactSource) -> ExitCode {
    run_own(facts, Words::of_the_process()).into()
}

fn run_program(program: &dyn Program, facts: &'static dyn FactSource, words: Words) -> Exit {
    let terminal = words.terminal();
    #[cfg(unix)]
    if words.are_of_the_binary() {
        return answering::run(program, &terminal);
    }
    match words.parse::<Arguments>(Arguments::command()) {
        Ok((arguments, _)) => match arguments.into_command() {
            Command::OfProgram(command) => run_command(Subject::Program(program), facts, terminal, &command),
            Command::Completions(wanted) => commands::completions::run(Arguments::command(), wanted.shell, &terminal),
        },
        Err(exit) => exit,
    }
}

fn run_own(facts: &'static dyn FactSource, words: Words) -> Exit {
    let terminal = words.terminal();
    let colors = words.colors;
    let (arguments, matches) = match words.parse::<BinaryArguments>(arguments::command_line()) {
        Ok(parsed) => parsed,
        Err(exit) => return exit,
    };
    match arguments.command {
        BinaryCommand::New(wanted) => commands::new::run(&wanted, &terminal),
        #[cfg(feature = "simulate")]
        BinaryCommand::Simulate(wanted) => commands::simulate::run(&wanted, facts, &terminal),
        BinaryCommand::Shared(Command::OfProgram(command)) => {
            let (which, words) = (arguments::which_program(&matches), arguments::command_words(&matches));
            run_on_program(&which, words, facts, terminal, colors, &command)
        }
        BinaryCommand::Shared(Command::Completions(wanted)) => {
            commands::completions::run(arguments::command_line(), wanted.shell, &terminal)
        }
    }
}

/// Runs `command` on the program that `which` says, or on the state alone.
fn run_on_program(
    which: &WhichProgram,
    words: String,
    facts: &'static dyn FactSource,
    terminal: Arc<Terminal>,
    colors: bool,
    command: &ProgramCommand,
) -> Exit {
    #[cfg(unix)]
    let found = driven::find(which, colors, &words);
    #[cfg(unix)]
    if let Ok(Some(program)) = &found {
        return run_command(Subject::Driven(program), facts, terminal, command);
    }
    #[cfg(not(unix))]
    let _ = colors;
    let subject = Subject::StateAlone(StateAlone { app: which.app.clone(), flags: which.flags(), command: words });
    #[cfg(unix)]
    if let Err(error) = found {
        return Session::new(subject, facts, terminal, &environment, command.common().clone()).end(Err(error));
    }
    run_command(subject, facts, terminal, command)
}

fn run_command(
    subject: Subject<'_>,
    facts: &'static dyn FactSource,
    terminal: Arc<Terminal>,
    command: &ProgramCommand,
) -> Exit {
    let session = Session::new(subject, facts, terminal, &environment, command.common().clone())
        .with_lock_timeout(command.lock_timeout());
    session.end(commands::run(&session, command))
}

/// The words of a command line, the program's name first.
struct Words {
    words: Vec<OsString>,
    colors: bool,
}

impl Words {
    fn of_the_process() -> Self {
        let words: Vec<OsString> = std::env::args_os().collect();
        let colors = !words.iter().any(|word| word == "--no-color");
        Self { words, colors }
    }

    /// Whether the `ironwright` binary started this program, to ask it.
    #[cfg(unix)]
    fn are_of_the_binary(&self) -> bool {
        self.words.get(1).is_some_and(|word| word == conversation::WORD)
    }

    fn terminal(&self) -> Arc<Terminal> {
        Arc::new(Terminal::of_the_process(self.colors, &environment))
    }

    /// What they say to `root`. Help, versions and mistakes are printed here.
    fn parse<T: FromArgMatches>(self, root: clap::Command) -> Result<(T, ArgMatches), Exit> {
        let mut words = self.words.into_iter();
        let name = invocation::program_name(words.next());
        let color = if self.colors { ColorChoice::Auto } else { ColorChoice::Never };
        let mut root = root.bin_name(name.clone()).color(color);
        let ordered = arguments::commands_first(&root, words.collect());
        let matches = root.try_get_matches_from_mut(std::iter::once(name.into()).chain(ordered));
        matches.and_then(|matches| Ok((T::from_arg_matches(&matches)?, matches))).map_err(|error| {
            let _ = error.print();
            if error.use_stderr() { Exit::Usage } else { Exit::Done }
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the seam for the environment")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
