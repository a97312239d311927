//! `compare build`: what it costs to build the first example, from nothing and after an edit, and to start it.

use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use super::measure::{Cost, measured, median};
use super::table::{markdown, megabytes, seconds};
use super::{CompareError, cargo, empty, succeed};

const EXAMPLE: &str = "python_app";
/// Runs of what takes less than a minute.
const RUNS: usize = 7;

pub(crate) fn run(root: &Path) -> Result<(), CompareError> {
    let scratch = root.join("target/compare");
    let target = scratch.join("build");
    succeed(cargo(root).args(["fetch", "--quiet"]))?;
    empty(&target)?;
    let in_target = |arguments: &[&str]| {
        let mut command = cargo(root);
        command.args(arguments).env("CARGO_TARGET_DIR", &target);
        command
    };
    let build = in_target(&["build", "--example", EXAMPLE]);
    let plan = in_target(&["run", "--example", EXAMPLE, "--", "plan"]);
    let mut help = Command::new(target.join("debug/examples").join(EXAMPLE));
    help.arg("--help");

    let cold = measured(&build, &scratch)?;
    let warm = medians(|| touch(root).and_then(|()| measured(&build, &scratch)))?;
    let edited = medians(|| touch(root).and_then(|()| measured(&plan, &scratch)))?;
    let start = medians(|| measured(&help, &scratch))?;
    let row =
        |what: &str, cost: Cost| vec![what.to_owned(), seconds(cost.wall), seconds(cost.cpu), megabytes(cost.peak)];
    let rows = [
        row("`cargo build --example python_app`, nothing built before", cold),
        row("the same after `main.rs` was touched", warm),
        row("`main.rs` touched → `cargo run --example python_app -- plan`", edited),
        row("the built program, `--help`", start),
    ];
    println!("{}", markdown(&["what", "wall", "CPU", "largest process"], &rows));
    Ok(())
}

fn medians(mut once: impl FnMut() -> Result<Cost, CompareError>) -> Result<Cost, CompareError> {
    let costs = (0..RUNS).map(|_| once()).collect::<Result<Vec<_>, _>>()?;
    Ok(median(&costs).expect("there is at least one run"))
}

/// Makes the example look edited.
#[expect(clippy::disallowed_methods, reason = "cargo compares file times with the clock's")]
fn touch(root: &Path) -> Result<(), CompareError> {
    let path = root.join("examples").join(EXAMPLE).join("main.rs");
    let file = File::options().append(true).open(&path);
    file.and_then(|file| file.set_modified(SystemTime::now())).map_err(|error| CompareError::File { path, error })
}
