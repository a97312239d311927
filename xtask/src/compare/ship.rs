//! What it costs to bring a changed line to a host, beside `docker save | ssh HOST docker load`. The hosts are those of the
//! tests, so the comparison is a program there.

use std::path::Path;

use super::options::Options;
use super::{CompareError, cargo, succeed};

/// Prints a table.
pub(super) fn run(root: &Path, options: &Options) -> Result<(), CompareError> {
    let profile: &[&str] = if options.release { &["--release"] } else { &[] };
    let package = ["--quiet", "--package", "ironwright-tests", "--features", "docker"];
    succeed(cargo(root).arg("build").args(package).args(["--bin", "shipper", "--bin", "compare_ship"]).args(profile))?;
    let runs = options.runs.unwrap_or(5).to_string();
    succeed(cargo(root).arg("run").args(package).args(["--bin", "compare_ship"]).args(profile).args(["--", &runs]))
}
