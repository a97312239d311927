//! The environment of a container, on its way to Docker: files that the user alone can read and that go at once.
//!
//! A file for `docker create --env-file` has a line a variable. What has several lines is exported by a shell, and Docker
//! takes it from there by its name.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ironwright_core::secret::SecretText;

use super::error::{Failure, RolloutError};
use crate::command::HostCommand;

/// Exports what the file `$1` sets, and becomes the rest of the words.
const EXPORTED: &str = r#"set -a
# shellcheck disable=SC1090 # It is made here.
. "$1"
set +a
shift
exec "$@""#;

/// An environment, as files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Environment {
    /// The file for Docker.
    lines: String,
    /// The file for the shell, and the names in it.
    exports: String,
    exported: Vec<String>,
}

/// Where the files are on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    lines: String,
    exports: String,
}

impl Place {
    /// In `folder`.
    pub(super) fn new(folder: &str) -> Self {
        Self { lines: format!("{folder}/env"), exports: format!("{folder}/env.sh") }
    }
}

impl Environment {
    /// The environment of these variables. An error where a name is none.
    pub(super) fn new(variables: &BTreeMap<&str, SecretText>) -> Result<Self, RolloutError> {
        let mut environment = Self::default();
        for (name, value) in variables {
            environment.add(name, value.expose()).map_err(|why| {
                RolloutError::new(Failure::Invalid, format!("the variable `{name}` cannot be set: {why}"))
            })?;
        }
        Ok(environment)
    }

    fn add(&mut self, name: &str, value: &str) -> Result<(), &'static str> {
        if name.is_empty()
            || name.starts_with('#')
            || name.contains(|c: char| c == '=' || c.is_whitespace() || c.is_control())
        {
            return Err("its name is empty, starts with `#`, or holds `=` or white space");
        }
        if value.contains('\0') {
            return Err("it holds a NUL byte");
        }
        if !value.contains(['\n', '\r']) {
            let _ = writeln!(self.lines, "{name}={value}");
            return Ok(());
        }
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !name.chars().all(is_plain) || name.starts_with(|c: char| c.is_ascii_digit()) {
            return Err("it has several lines, so its name has to be of letters, digits and `_`");
        }
        let _ = writeln!(self.exports, "{name}='{}'", value.replace('\'', r"'\''"));
        self.exported.push(name.to_owned());
        Ok(())
    }

    /// The files to write on the host, and what is in them.
    pub(super) fn files<'a>(&self, place: &'a Place) -> impl Iterator<Item = (&'a str, SecretText)> {
        let files = [(place.lines.as_str(), &self.lines), (place.exports.as_str(), &self.exports)];
        let filled = files.map(|(path, text)| (!text.is_empty()).then(|| (path, SecretText::new(text.as_str()))));
        filled.into_iter().flatten()
    }

    /// The options by which `docker create` takes it.
    pub(super) fn options(&self, place: &Place) -> Vec<String> {
        let mut options = Vec::new();
        if !self.lines.is_empty() {
            options.extend(["--env-file".to_owned(), place.lines.clone()]);
        }
        options.extend(self.exported.iter().flat_map(|name| ["--env".to_owned(), name.clone()]));
        options
    }

    /// `create`, run where its variables of several lines are exported.
    pub(super) fn around(&self, create: HostCommand, place: &Place) -> HostCommand {
        if self.exports.is_empty() {
            return create;
        }
        HostCommand::new("sh").args(["-c", EXPORTED, "sh", &place.exports]).args(create.words().map(ToOwned::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn environment(variables: &[(&'static str, &str)]) -> Result<Environment, RolloutError> {
        Environment::new(&variables.iter().map(|(name, value)| (*name, SecretText::new(*value))).collect())
    }

    #[test]
    fn a_line_each_for_docker() {
        let environment = environment(&[("KEY", " a=b #c'\"$d\\ "), ("spring.url", "x")]).expect("it can be set");
        let place = Place::new("/run/user/0/app");
        let files: Vec<_> = environment.files(&place).map(|(path, text)| (path, text.expose().to_owned())).collect();
        assert_eq!(files, [("/run/user/0/app/env", "KEY= a=b #c'\"$d\\ \nspring.url=x\n".to_owned())]);
        assert_eq!(environment.options(&place), ["--env-file", "/run/user/0/app/env"]);
        let create = HostCommand::new("docker").arg("create");
        assert_eq!(environment.around(create.clone(), &place), create);
    }

    #[test]
    fn several_lines_arrive_as_they_are() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place::new(folder.path().to_str().expect("text"));
        let value = "-----BEGIN-----\nit's $(id) `id` \\ \"x\"\r\n-----END-----\n";
        let environment = environment(&[("PEM", value), ("A", "1")]).expect("it can be set");
        for (path, text) in environment.files(&place) {
            std::fs::write(path, text.expose()).expect("a file");
        }
        let options = environment.options(&place);
        assert_eq!(options[2..], ["--env", "PEM"]);
        let command = environment.around(HostCommand::new("printenv").arg("PEM"), &place);
        let words: Vec<_> = command.words().collect();
        assert!(words.iter().all(|word| !word.to_string_lossy().contains("BEGIN")));
        let output = Command::new(words[0]).args(&words[1..]).output().expect("it runs");
        assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{value}\n"));
    }

    #[test]
    fn shellcheck_finds_nothing() {
        crate::command::shellcheck::finds_nothing("sh", &[EXPORTED]);
    }

    #[test]
    fn what_is_no_variable_is_refused_without_its_value() {
        for (name, value) in
            [("", "x"), ("A B", "x"), ("A=B", "x"), ("#A", "x"), ("a.b", "x\ny"), ("A", "x\0"), ("1A", "\n")]
        {
            let error = environment(&[(name, value)]).expect_err("it cannot be set");
            assert_eq!(error.failure, Failure::Invalid);
            assert!(!error.to_string().contains('x'), "{error}");
        }
    }
}
