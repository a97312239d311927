//! What came of a command on a host.

use crate::command::HostCommand;

/// What a command that ended has written, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The exit status; 127 where the host has no such program.
    pub status: i32,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}

/// A line that a running command has written, without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// On standard output.
    Out(&'a str),
    /// On standard error.
    Err(&'a str),
}

impl<'a> Line<'a> {
    /// What was written.
    pub fn text(self) -> &'a str {
        match self {
            Self::Out(text) | Self::Err(text) => text,
        }
    }
}

/// A command on a host that ended with another status than 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{command}` ended with {status}: {said}")]
pub struct CommandFailed {
    /// The command.
    pub command: String,
    /// The exit status.
    pub status: i32,
    /// The last of what it wrote.
    pub said: String,
}

/// How many lines of what a command wrote a message shows.
const SHOWN: usize = 10;

impl Output {
    /// Standard output as text, without line breaks at its end.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim_end().to_owned()
    }

    /// Standard error as text, without line breaks at its end.
    pub fn error_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).trim_end().to_owned()
    }

    /// The output of `command`, if it ended well.
    pub fn of(self, command: &HostCommand) -> Result<Self, CommandFailed> {
        if self.status == 0 {
            return Ok(self);
        }
        let written = [self.error_text(), self.text()].into_iter().find(|text| !text.is_empty());
        let written = command.censored(&written.unwrap_or_else(|| "it wrote nothing".to_owned()));
        let lines: Vec<&str> = written.lines().collect();
        let said = lines[lines.len().saturating_sub(SHOWN)..].join("\n");
        Err(CommandFailed { command: command.to_string(), status: self.status, said })
    }
}

#[cfg(test)]
mod tests {
    use ironwright_core::secret::SecretText;

    use super::*;

    fn output(status: i32, stdout: &str, stderr: &str) -> Output {
        Output { status, stdout: stdout.into(), stderr: stderr.into() }
    }

    #[test]
    fn a_failure_shows_its_end_and_no_secret() {
        let command = HostCommand::new("docker").arg("login").secret_stdin(SecretText::new("hunter2"));
        let long: Vec<_> = (0..30).map(|n| format!("line {n}")).collect();
        let failed = output(1, "ignored", &format!("{}\ndenied: hunter2\n", long.join("\n")))
            .of(&command)
            .expect_err("it failed");
        assert!(failed.said.starts_with("line 21\n") && failed.said.ends_with("denied: (sensitive)"), "{failed}");
        let failed = output(3, "on stdout\n", "").of(&command).expect_err("it failed");
        assert_eq!(failed.to_string(), "`docker login` ended with 3: on stdout");
        assert!(output(0, "", "warning").of(&command).is_ok());
    }
}
