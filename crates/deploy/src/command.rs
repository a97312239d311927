//! What is asked of a host, as data: a program, its arguments and what it reads. Nothing here runs anything.
//!
//! The functions that build commands are pure and stand in [`docker`], [`images`] and [`system`].
//! [`HostCommand::shell_line`] is the one place where a command becomes text for the host's shell.

pub mod docker;
pub mod images;
mod quote;
#[cfg(test)]
pub(crate) mod shellcheck;
pub mod system;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::time::Duration;

use ironwright_core::secret::SecretText;

pub use quote::NulByte;

/// How long a command may take where nothing else is said.
const USUAL_LIMIT: Duration = Duration::from_mins(1);

/// A program to run on a host.
///
/// Arguments can be read by everybody on the host and are shown in messages: a secret is given on standard input.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct HostCommand {
    program: OsString,
    arguments: Vec<OsString>,
    stdin: Stdin,
    limit: Option<Duration>,
}

/// What a command reads on its standard input.
#[derive(Clone, PartialEq, Eq, Default)]
enum Stdin {
    /// Nothing: it is at its end at once.
    #[default]
    Nothing,
    /// Bytes that anybody may know.
    Bytes(Vec<u8>),
    /// Text that nobody may see.
    Secret(SecretText),
}

impl HostCommand {
    /// `program`, found by the host's search path, without arguments.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self { program: program.into(), arguments: Vec::new(), stdin: Stdin::Nothing, limit: Some(USUAL_LIMIT) }
    }

    /// One more argument.
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// More arguments.
    pub fn args<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// A flag and its value, where there is a value.
    pub fn option(self, flag: &str, value: Option<impl Into<OsString>>) -> Self {
        match value {
            Some(value) => self.arg(flag).arg(value),
            None => self,
        }
    }

    /// What it reads.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Stdin::Bytes(bytes.into());
        self
    }

    /// A secret that it reads. No message shows it, nor what the command says that holds it.
    pub fn secret_stdin(mut self, secret: SecretText) -> Self {
        self.stdin = Stdin::Secret(secret);
        self
    }

    /// It may take as long as `limit`, in place of a minute.
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// It may take forever, as what follows a log does.
    pub fn without_limit(mut self) -> Self {
        self.limit = None;
        self
    }

    /// The program and its arguments.
    pub fn words(&self) -> impl Iterator<Item = &OsStr> {
        std::iter::once(&self.program).chain(&self.arguments).map(OsString::as_os_str)
    }

    /// How long it may take.
    pub fn limit(&self) -> Option<Duration> {
        self.limit
    }

    /// The bytes it reads; nothing where there are none.
    pub fn input(&self) -> Option<&[u8]> {
        match &self.stdin {
            Stdin::Nothing => None,
            Stdin::Bytes(bytes) => Some(bytes),
            Stdin::Secret(secret) => Some(secret.expose().as_bytes()),
        }
    }

    /// The command as one line for the host's shell, whatever bytes its words hold, save NUL, which no argument can hold.
    pub fn shell_line(&self) -> Result<OsString, NulByte> {
        quote::line(self.words())
    }

    /// `text` without the secret that this command reads, for messages.
    pub fn censored(&self, text: &str) -> String {
        match &self.stdin {
            Stdin::Secret(secret) if !secret.expose().trim().is_empty() => {
                text.replace(secret.expose(), "(sensitive)").replace(secret.expose().trim(), "(sensitive)")
            }
            _ => text.to_owned(),
        }
    }
}

/// The command as a person would type it, without what it reads.
impl fmt::Display for HostCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shell_line() {
            Ok(line) => f.write_str(&line.to_string_lossy()),
            Err(NulByte) => f.write_str(&self.program.to_string_lossy()),
        }
    }
}

impl fmt::Debug for Stdin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::Bytes(bytes) => write!(f, "{}", bytes.escape_ascii()),
            Self::Secret(_) => f.write_str("(sensitive)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_and_never_shown() {
        let command =
            HostCommand::new("docker").args(["login", "--password-stdin"]).secret_stdin(SecretText::new("hunter2\n"));
        assert_eq!(command.input(), Some(b"hunter2\n".as_slice()));
        assert_eq!(command.to_string(), "docker login --password-stdin");
        assert!(!format!("{command:?}").contains("hunter2"));
        assert_eq!(command.censored("denied: hunter2 is wrong"), "denied: (sensitive) is wrong");
    }

    #[test]
    fn an_option_without_a_value_is_not_there() {
        let command = HostCommand::new("x").option("--a", Some("1")).option("--b", None::<&str>);
        assert_eq!(command.words().collect::<Vec<_>>(), ["x", "--a", "1"]);
    }
}
