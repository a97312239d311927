//! The peers: troposphere and AWS CDK, where they are installed, and how to install them under `target/compare/`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{CompareError, succeed};

const TROPOSPHERE: &str = "troposphere==4.11.1";
const CDK: [&str; 2] = ["aws-cdk-lib@2.276.0", "constructs@10.8.1"];

/// Installs the peers at their pinned versions.
pub(crate) fn install(folder: &Path) -> Result<(), CompareError> {
    let venv = folder.join("venv");
    succeed(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    succeed(Command::new(venv.join("bin/python")).args(["-m", "pip", "install", "--quiet", TROPOSPHERE]))?;
    succeed(
        Command::new("npm").args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"]).arg(folder).args(CDK),
    )
}

/// A Python that has troposphere: the one of [`install`], or the system's.
pub(crate) fn python(folder: &Path) -> Option<PathBuf> {
    [folder.join("venv/bin/python"), PathBuf::from("python3")].into_iter().find(|python| {
        let mut import = Command::new(python);
        import.args(["-c", "import troposphere"]).stdout(Stdio::null()).stderr(Stdio::null());
        succeed(&mut import).is_ok()
    })
}

/// Whether `node` finds AWS CDK from `folder`.
pub(crate) fn has_cdk(folder: &Path) -> bool {
    let mut resolve = Command::new("node");
    resolve.args(["-e", "require.resolve('aws-cdk-lib')"]).current_dir(folder);
    succeed(resolve.stdout(Stdio::null()).stderr(Stdio::null())).is_ok()
}
