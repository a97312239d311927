//! Where in the user's program something was declared.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;

use serde::{Deserialize, Serialize};

/// A line of the user's program, shown as `src/main.rs:14`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Source {
    /// The file, as the compiler names it.
    pub file: Cow<'static, str>,
    /// The line, from 1.
    pub line: u32,
}

impl Source {
    /// The line that called the function this is called from, when both are `#[track_caller]`.
    #[track_caller]
    #[must_use]
    pub fn caller() -> Self {
        let at = Location::caller();
        Self { file: Cow::Borrowed(at.file()), line: at.line() }
    }

    /// No line: of what no program has written, such as a resource that a state alone knows.
    pub fn nowhere() -> Self {
        Self { file: Cow::Borrowed(""), line: 0 }
    }

    /// Whether it is a line.
    pub fn is_somewhere(&self) -> bool {
        !self.file.is_empty()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}
