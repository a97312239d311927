//! `simulate`: plays random histories against the engine. They run in a program of their own, with optimisation, so that
//! this one need not be built with the engine.

use std::path::Path;
use std::process::Command;

/// Builds and runs the simulation with these arguments.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<(), String> {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let status = Command::new(cargo)
        .current_dir(root)
        .args(["run", "--quiet", "--release", "--package", "ironwright-simulation", "--"])
        .args(arguments)
        .status()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if status.success() { Ok(()) } else { Err("the simulation did not pass; it says above why".to_owned()) }
}
