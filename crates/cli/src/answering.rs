//! A program that answers questions instead of running commands: the `ironwright` binary started it, and has the engine.

use std::io;

use ironwright_core::Diagnostic;

use crate::conversation::{Pipe, Question, WORD};
use crate::exit::Exit;
use crate::program::Program;
use crate::question::{described, named};
use crate::terminal::Terminal;

/// Answers until nothing more is asked. Refuses where nobody is there to ask.
pub(crate) fn run(program: &dyn Program, terminal: &Terminal) -> Exit {
    let Ok(pipe) = Pipe::of_standard_input() else {
        let error = Diagnostic::error("nobody-asks", format!("`{WORD}` is for the `ironwright` binary alone"));
        terminal.complain(&format!("error: {}\n", error.help("type:\n  ironwright plan")));
        return Exit::Usage;
    };
    match answer_all(program, pipe) {
        Ok(()) => Exit::Done,
        // Whoever asked is gone, and has said why.
        Err(_) => Exit::Error,
    }
}

fn answer_all(program: &dyn Program, mut pipe: Pipe) -> io::Result<()> {
    pipe.greet()?;
    while let Some((question, given)) = pipe.question()? {
        match question {
            Question::Named => match named(program, &given) {
                Ok(named) => pipe.tell_named(named)?,
                Err(error) => pipe.tell_failed(error)?,
            },
            Question::Described => match described(program, &given) {
                Ok(described) => pipe.tell_described(described)?,
                Err(error) => pipe.tell_failed(error)?,
            },
        }
    }
    Ok(())
}
