//! A program in another process: cargo builds and starts it, it is asked for its graph, and the engine is here.

mod cargo;
mod version;
mod which;

use std::cell::RefCell;
use std::io;
use std::process::{Child, Command, ExitStatus};

use ironwright_core::Diagnostic;

use crate::conversation::{Greeting, Pipe, Question, garbled};
use crate::error::CommandError;
use crate::question::{Described, Given, Named};

pub(crate) use which::find;

/// A program that cargo can run.
pub(crate) struct Driven {
    /// What cargo is told, to run it.
    cargo: Vec<String>,
    /// What the user typed to say which program it is: `--bin admin`, or nothing.
    pub(crate) flags: String,
    /// The command, as it is typed: `state list`.
    command: String,
    running: RefCell<Option<Running>>,
}

/// The program's process, and the conversation with it.
struct Running {
    pipe: Option<Pipe>,
    child: Child,
}

impl Driven {
    fn new(cargo: Vec<String>, flags: String, command: &str) -> Self {
        Self { cargo, flags, command: command.to_owned(), running: RefCell::new(None) }
    }

    /// Which app it is. The program stays, for it may be asked what it describes.
    pub(crate) fn named(&self, given: &Given) -> Result<Named, CommandError> {
        let mut running = self.running()?;
        match running.ask(Question::Named, given, Pipe::named)? {
            Some(named) => {
                *self.running.borrow_mut() = Some(running);
                Ok(named)
            }
            None => Err(running.broke_off().into()),
        }
    }

    /// What it describes. The program ends: nothing more is to be known of it.
    pub(crate) fn described(&self, given: &Given) -> Result<Described, CommandError> {
        let mut running = self.running()?;
        match running.ask(Question::Described, given, Pipe::described)? {
            Some(described) => Ok(described),
            None => Err(running.broke_off().into()),
        }
    }

    /// The program's process, which has greeted: the one that is there already, or a new one.
    fn running(&self) -> Result<Running, CommandError> {
        if let Some(running) = self.running.borrow_mut().take() {
            return Ok(running);
        }
        let (pipe, theirs) = Pipe::pair().map_err(|error| garbled(&error))?;
        let mut command: Command = cargo::run(&self.cargo);
        command.stdin(std::os::fd::OwnedFd::from(theirs));
        let child = command.spawn().map_err(|error| cargo::missing(&error))?;
        // It holds the program's end, and with it the conversation open.
        drop(command);
        let mut running = Running { pipe: Some(pipe), child };
        let greeting = running.with(Pipe::greeting).map_err(|error| garbled(&error))?;
        let Some(greeting) = greeting else { return Err(self.silent(running.end()).into()) };
        version::check(&greeting, &Greeting::own())?;
        Ok(running)
    }

    /// Why the program said nothing: cargo could not build it, or it is no program that can be asked.
    fn silent(&self, ended: io::Result<ExitStatus>) -> Diagnostic {
        let done = ended.as_ref().is_ok_and(ExitStatus::success);
        if done {
            let message = "the program ended, and was not asked for its graph";
            let help = "its `main` must return what `ironwright::run(app)` gives";
            return Diagnostic::error("program-silent", message).help(help);
        }
        let how = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
        let message = format!("the program did not start ({how}); why, is said above");
        let help = format!("mend it; the state can be looked at meanwhile:\n  {}", self.without_program());
        Diagnostic::error("program-not-started", message).help(help)
    }

    /// A command that works while the program does not.
    fn without_program(&self) -> String {
        let command = if crate::arguments::needs_program(&self.command) { "state list" } else { self.command.as_str() };
        format!("ironwright {command} --without-program")
    }
}

impl Running {
    fn with<T>(&mut self, work: impl FnOnce(&mut Pipe) -> T) -> T {
        work(self.pipe.as_mut().expect("it is taken when the process is waited for"))
    }

    fn ask<T>(
        &mut self,
        question: Question,
        given: &Given,
        answer: impl FnOnce(&mut Pipe) -> Result<Option<T>, CommandError>,
    ) -> Result<Option<T>, CommandError> {
        self.with(|pipe| {
            // Where the program is gone, there is no answer either, and that is reported.
            let _ = pipe.ask(question, given);
            answer(pipe)
        })
    }

    /// Tells the program that nothing more is asked, and waits for its end.
    fn end(&mut self) -> io::Result<ExitStatus> {
        drop(self.pipe.take());
        self.child.wait()
    }

    fn broke_off(&mut self) -> Diagnostic {
        let how = self.end().map_or_else(|error| error.to_string(), |status| status.to_string());
        Diagnostic::error("program-broke-off", format!("the program ended before it gave its graph ({how})"))
            .help("it must build its app without ending the process; why it ended may be said above")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It ends when the conversation does; what it returns no longer matters.
        let _ = self.end();
    }
}
