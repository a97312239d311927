//! The seam through which diagnostics read lines of the user's program. The only place of this crate that reads sources.

use std::cell::RefCell;
use std::collections::BTreeMap;

use ironwright_core::Source;

/// Where the lines of a program come from.
pub(crate) trait SourceLines {
    /// The text of the line, where it can be read.
    fn line(&self, source: &Source) -> Option<String>;
}

/// Lines read from the working directory, where `cargo run` starts a program. Each file is read once.
#[derive(Default)]
pub(crate) struct FromWorkingDirectory {
    files: RefCell<BTreeMap<String, Option<Vec<String>>>>,
}

impl SourceLines for FromWorkingDirectory {
    fn line(&self, source: &Source) -> Option<String> {
        let mut files = self.files.borrow_mut();
        let lines = files.entry(source.file.to_string()).or_insert_with(|| {
            let text = std::fs::read_to_string(source.file.as_ref()).ok()?;
            Some(text.lines().map(str::to_owned).collect())
        });
        lines.as_ref()?.get(usize::try_from(source.line).ok()?.checked_sub(1)?).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_where_it_is_there() {
        let lines = FromWorkingDirectory::default();
        let at = |file: &str, line| Source { file: file.to_owned().into(), line };
        assert_eq!(lines.line(&at("Cargo.toml", 1)), Some("[package]".to_owned()));
        assert_eq!(lines.line(&at("Cargo.toml", 0)), None);
        assert_eq!(lines.line(&at("Cargo.toml", 10_000)), None);
        assert_eq!(lines.line(&at("no/such/file.rs", 1)), None);
    }
}
