//! `cargo xtask compare`: what Ironwright costs beside its peers, and what it costs to build. Prints markdown tables.
//!
//! The peers' programs are in `xtask/data/compare/`; results worth keeping go to `docs/performance.md` by hand.

mod build;
mod configuration;
mod crash;
mod deployment;
mod mapping;
mod measure;
mod moto;
mod options;
mod peers;
mod ship;
mod synth;
mod table;
mod terraform;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

pub(crate) use measure::run_as_wrapper;
use options::Options;

/// What can go wrong with a comparison.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CompareError {
    /// There is no such comparison.
    #[error(
        "there is `compare synth [--install]`, `compare build`, \
         `compare terraform [--plugins DIR] [--runs N] [--sizes N,…] [--release]` \
         `compare crash [--plugins DIR] [--points K,…]` \
         and `compare ship [--runs N] [--release]`"
    )]
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
    /// A tool is not there; how to install it.
    #[error("{0}")]
    Missing(&'static str),
    /// A resource cannot be said in Terraform's words.
    #[error(transparent)]
    NotMapped(#[from] configuration::NotMapped),
    /// The emulated AWS did not answer.
    #[error("moto: {0}")]
    Moto(String),
    /// The two tools made different things.
    #[error("Ironwright made {first:?}, Terraform {second:?}")]
    OtherResources { first: Vec<(String, usize)>, second: Vec<(String, usize)> },
    /// A tool does not do its work even undisturbed.
    #[error("{tool}: {what}")]
    Undisturbed { tool: &'static str, what: String },
    /// A tool left something over when it had destroyed everything.
    #[error("{tool} destroyed everything, but for {left:?}")]
    Left { tool: &'static str, left: Vec<(String, usize)> },
}

/// Runs a comparison in the repository at `root`.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<(), CompareError> {
    match arguments {
        ["synth"] => synth::run(root, false),
        ["synth", "--install"] => synth::run(root, true),
        ["build"] => build::run(root),
        ["terraform", arguments @ ..] => {
            let options = Options::read(arguments, &["--plugins", "--runs", "--sizes", "--release"])
                .ok_or(CompareError::Usage)?;
            terraform::run(root, &options)
        }
        ["crash", arguments @ ..] => {
            let options = Options::read(arguments, &["--plugins", "--points"]).ok_or(CompareError::Usage)?;
            crash::run(root, &options)
        }
        ["ship", arguments @ ..] => {
            let options = Options::read(arguments, &["--runs", "--release"]).ok_or(CompareError::Usage)?;
            ship::run(root, &options)
        }
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

/// Every JSON file in `folder`.
fn templates(folder: &Path) -> Result<Vec<Value>, CompareError> {
    let failed = |path: &Path, error: std::io::Error| CompareError::File { path: path.to_owned(), error };
    let mut templates = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| failed(folder, error))? {
        let path = entry.map_err(|error| failed(folder, error))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let text = std::fs::read(&path).map_err(|error| failed(&path, error))?;
            templates.push(serde_json::from_slice(&text).map_err(|error| failed(&path, error.into()))?);
        }
    }
    Ok(templates)
}
