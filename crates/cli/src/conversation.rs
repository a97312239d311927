//! What the `ironwright` binary and a program say to each other, a line of JSON each. The program speaks first: whoever
//! reads learns the versions before anything depends on them.
//!
//! They talk over a pair of sockets that nobody else has, one of which is the program's standard input. So what the program
//! prints does not come in between, and a program that is started by hand has nobody to tell its secrets to.

use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;

use ironwright_core::graph::document::{Confidential, FORMAT};
use ironwright_core::{Diagnostic, Diagnostics, Graph};
use serde::{Deserialize, Serialize};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::question::{Described, Given, Named};

/// The word that makes a program answer questions. One that is too old to know it refuses it.
pub(crate) const WORD: &str = "__answer";

/// One end of the conversation.
pub(crate) struct Pipe {
    input: BufReader<UnixStream>,
    output: UnixStream,
}

/// What a program says first.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Greeting {
    /// The version of Ironwright that it is built with.
    pub(crate) ironwright: String,
    /// The format of what it says.
    pub(crate) format: u64,
}

/// What a program is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Question {
    /// Which app it is.
    Named,
    /// What it describes.
    Described,
}

/// What a program answers. Where it describes something, the graph is the next line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Named(Named),
    Described { named: Named, warnings: Diagnostics },
    Failed { diagnostics: Diagnostics, usage: bool },
}

impl Greeting {
    /// That of this build.
    pub(crate) fn own() -> Self {
        Self { ironwright: env!("CARGO_PKG_VERSION").to_owned(), format: FORMAT }
    }
}

impl Pipe {
    /// Both ends: one of this process, and one to be the standard input of a program.
    pub(crate) fn pair() -> io::Result<(Self, UnixStream)> {
        let (here, there) = UnixStream::pair()?;
        Ok((Self::new(here)?, there))
    }

    /// The end that is this process's standard input. An error where that is a terminal, a file or anything else.
    pub(crate) fn of_standard_input() -> io::Result<Self> {
        let stream = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        stream.peer_addr()?;
        Self::new(stream)
    }

    fn new(stream: UnixStream) -> io::Result<Self> {
        Ok(Self { input: BufReader::new(stream.try_clone()?), output: stream })
    }

    /// Says `value` in one line.
    fn say(&mut self, value: &impl Serialize) -> io::Result<()> {
        let line = serde_json::to_string(value)?;
        writeln!(self.output, "{line}")
    }

    /// The next line without its line feed; nothing where the other end is closed.
    fn hear(&mut self) -> io::Result<Option<String>> {
        let mut line = String::new();
        let bytes = self.input.read_line(&mut line)?;
        line.truncate(line.trim_end_matches('\n').len());
        Ok((bytes > 0).then_some(line))
    }

    /// Says what a program says first.
    pub(crate) fn greet(&mut self) -> io::Result<()> {
        self.say(&Greeting::own())
    }

    /// What the program says first; nothing where it ended without a word, or says something else.
    pub(crate) fn greeting(&mut self) -> io::Result<Option<Greeting>> {
        Ok(self.hear()?.and_then(|line| serde_json::from_str(&line).ok()))
    }

    /// Asks. The variables travel here and not in an argument list.
    pub(crate) fn ask(&mut self, question: Question, given: &Given) -> io::Result<()> {
        self.say(&(question, &given.stage, &given.vars))
    }

    /// The next question; nothing where there is none.
    pub(crate) fn question(&mut self) -> io::Result<Option<(Question, Given)>> {
        let Some(line) = self.hear()? else { return Ok(None) };
        let (question, stage, vars) = serde_json::from_str(&line).map_err(|_| not_understood("question"))?;
        Ok(Some((question, Given { stage, vars })))
    }

    /// Answers that the app is `named`.
    pub(crate) fn tell_named(&mut self, named: Named) -> io::Result<()> {
        self.say(&Answer::Named(named))
    }

    /// Answers what is described, with its graph.
    pub(crate) fn tell_described(&mut self, described: Described) -> io::Result<()> {
        let Described { named, graph, warnings } = described;
        self.say(&Answer::Described { named, warnings })?;
        graph.write_document(self)?;
        self.output.write_all(b"\n")
    }

    /// Answers why there is none.
    pub(crate) fn tell_failed(&mut self, error: CommandError) -> io::Result<()> {
        let CommandError { diagnostics, exit } = error;
        self.say(&Answer::Failed { diagnostics, usage: exit == Exit::Usage })
    }

    /// The answer to [`Question::Named`]; nothing where the program ended without one.
    pub(crate) fn named(&mut self) -> Result<Option<Named>, CommandError> {
        match self.answer()? {
            None => Ok(None),
            Some(Answer::Named(named) | Answer::Described { named, .. }) => Ok(Some(named)),
            Some(Answer::Failed { diagnostics, usage }) => Err(failed(diagnostics, usage)),
        }
    }

    /// The answer to [`Question::Described`]; nothing where the program ended without one.
    pub(crate) fn described(&mut self) -> Result<Option<Described>, CommandError> {
        match self.answer()? {
            None => Ok(None),
            Some(Answer::Named(_)) => Err(garbled(&not_understood("answer")).into()),
            Some(Answer::Failed { diagnostics, usage }) => Err(failed(diagnostics, usage)),
            Some(Answer::Described { named, warnings }) => {
                let Some(document) = self.hear().map_err(|error| garbled(&error))? else { return Ok(None) };
                Ok(Some(Described { named, graph: Graph::read_document(&document)?, warnings }))
            }
        }
    }

    fn answer(&mut self) -> Result<Option<Answer>, CommandError> {
        let Some(line) = self.hear().map_err(|error| garbled(&error))? else { return Ok(None) };
        let answer = serde_json::from_str(&line).map_err(|_| garbled(&not_understood("answer")))?;
        Ok(Some(answer))
    }
}

fn not_understood(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the {what} is not understood"))
}

/// That the two did not understand each other.
pub(crate) fn garbled(error: &io::Error) -> Diagnostic {
    Diagnostic::error("conversation", format!("the program cannot be asked: {error}"))
}

fn failed(diagnostics: Diagnostics, usage: bool) -> CommandError {
    CommandError { diagnostics, exit: if usage { Exit::Usage } else { Exit::Error } }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// What is written goes to the process at the other end, and nowhere else.
impl Confidential for Pipe {}
