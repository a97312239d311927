//! The seam to cargo: which programs a project has, and running one of them. Cargo is given words, never a line of a shell.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ironwright_core::Diagnostic;
use serde::Deserialize;

use crate::conversation::WORD;

/// What cargo knows of the packages of a project.
#[derive(Debug, Deserialize)]
pub(super) struct Project {
    pub(super) packages: Vec<Package>,
    /// The ids of the packages that cargo takes where none is named and the folder is none's.
    #[serde(default)]
    pub(super) workspace_default_members: Vec<String>,
}

/// A package of the project.
#[derive(Debug, Deserialize)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) manifest_path: PathBuf,
    pub(super) default_run: Option<String>,
    dependencies: Vec<Dependency>,
    targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    /// Nothing for one that programs have.
    kind: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

impl Package {
    /// Its binaries, where it depends on Ironwright.
    pub(super) fn programs(&self) -> Vec<&str> {
        if !self.dependencies.iter().any(|one| one.name == "ironwright" && one.kind.is_none()) {
            return Vec::new();
        }
        let binaries = self.targets.iter().filter(|target| target.kind.iter().any(|kind| kind == "bin"));
        binaries.map(|target| target.name.as_str()).collect()
    }
}

/// What cargo knows of the project of `manifest`.
pub(super) fn project(manifest: &Path) -> Result<Project, Diagnostic> {
    let mut command = cargo();
    command.args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"]).arg(manifest);
    let output = command.stdin(Stdio::null()).output().map_err(|error| missing(&error))?;
    let unreadable = |why: &str| {
        let message = format!("cargo cannot read {}: {}", manifest.display(), why.trim());
        let help = "mend it, or go by the state alone: `--without-program`";
        Diagnostic::error("project-unreadable", message).help(help)
    };
    if !output.status.success() {
        return Err(unreadable(&String::from_utf8_lossy(&output.stderr)));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| unreadable(&error.to_string()))
}

/// The command that builds the program that `words` say, and starts it to be asked.
pub(super) fn run(words: &[String]) -> Command {
    let mut command = cargo();
    command.arg("run").args(words).args(["--", WORD]);
    command
}

/// That cargo cannot be started.
pub(super) fn missing(error: &io::Error) -> Diagnostic {
    let message = format!("cargo, which builds the program, cannot be started: {error}");
    let help = "install Rust, or go by the state alone: `--without-program`";
    Diagnostic::error("cargo-missing", message).help(help)
}

fn cargo() -> Command {
    Command::new(cargo_of_the_environment().unwrap_or_else(|| "cargo".into()))
}

/// The cargo that this process was started by, if it was.
#[expect(clippy::disallowed_methods, reason = "this is the seam to cargo, which says here where it is")]
fn cargo_of_the_environment() -> Option<OsString> {
    std::env::var("CARGO").ok().map(OsString::from).filter(|path| !path.is_empty())
}
