//! `cargo xtask compare`: what Ironwright costs beside its peers, and what it costs to build. Prints markdown tables.
//!
//! The peers' programs are in `xtask/data/compare/`; results worth keeping go to `docs/performance.md` by hand.

mod build;
mod measure;
mod peers;
mod synth;
mod table;

use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) use measure::run_as_wrapper;

/// What can go wrong with a comparison.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CompareError {
    /// There is no such comparison.
    #[error("there is `compare synth [--install]` and `compare build`")]
    Usage,
    /// A file or folder could not be read or written.
    #[error("{path}: {error}")]
    File { path: PathBuf, error: std::io::Error },
    /// A program could not be started.
    #[error("{program} cannot be started: {error}")]
    NotStarted { program: String, error: std::io::Error },
    /// A program ended with an error.
    #[error("{program} failed: {status}")]
    Failed { program: String, status: String },
    /// The programs did not do the same work.
    #[error("{tool} wrote {found} resources instead of {expected}")]
    OtherWork { tool: &'static str, found: usize, expected: usize },
    /// The peers' servers would have other user data than Ironwright's.
    #[error("no server of the fleet has user data")]
    NoUserData,
}

/// Runs a comparison in the repository at `root`.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<(), CompareError> {
    match arguments {
        ["synth"] => synth::run(root, false),
        ["synth", "--install"] => synth::run(root, true),
        ["build"] => build::run(root),
        _ => Err(CompareError::Usage),
    }
}

/// Runs a command to its end and takes any failure for an error.
fn succeed(command: &mut Command) -> Result<(), CompareError> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(CompareError::Failed { program, status: status.to_string() }),
        Err(error) => Err(CompareError::NotStarted { program, error }),
    }
}

/// `cargo`, in the repository.
fn cargo(root: &Path) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root);
    cargo
}

/// Makes `folder` an empty folder.
fn empty(folder: &Path) -> Result<(), CompareError> {
    let failed = |error| CompareError::File { path: folder.to_owned(), error };
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(failed)?;
    }
    std::fs::create_dir_all(folder).map_err(failed)
}
