//! The pinned packages: fetched by the ordinary clients, checked against their digests, unpacked under `target/`.
//! What is in them is read elsewhere.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::CodegenError;

const SOURCES: &str = include_str!("../../data/sources.toml");

/// One pinned package, as `data/sources.toml` has it.
#[derive(Debug, Deserialize)]
struct Pin {
    registry: Registry,
    version: String,
    archive: String,
    sha256: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Registry {
    Pypi,
    Npm,
}

/// The two unpacked packages.
#[derive(Debug)]
pub(crate) struct Packages {
    /// The folder of the cfn-lint wheel.
    pub(crate) cfn_lint: PathBuf,
    /// The folder of the service specification.
    pub(crate) service_spec: PathBuf,
    /// `name version` of each, for the preamble of what is generated.
    pub(crate) names: Vec<String>,
}

/// Fetches what is not there yet and checks all of it.
pub(crate) fn packages(root: &Path) -> Result<Packages, CodegenError> {
    let pins: BTreeMap<String, Pin> =
        toml::from_str(SOURCES).map_err(|e| CodegenError::Data("sources.toml", e.to_string()))?;
    let folder = |name: &str| -> Result<PathBuf, CodegenError> {
        let pin = pins.get(name).ok_or_else(|| CodegenError::Data("sources.toml", format!("`{name}` is missing")))?;
        unpacked(root, name, pin)
    };
    Ok(Packages {
        cfn_lint: folder("cfn-lint")?,
        service_spec: folder("@aws-cdk/aws-service-spec")?,
        names: pins.iter().map(|(name, pin)| format!("{name} {}", pin.version)).collect(),
    })
}

fn unpacked(root: &Path, name: &str, pin: &Pin) -> Result<PathBuf, CodegenError> {
    let folder = root.join("target/codegen-facts").join(format!("{}-{}", name.replace(['@', '/'], "_"), pin.version));
    let archive = folder.join(&pin.archive);
    let content = folder.join("content");
    if !archive.exists() {
        fs::create_dir_all(&folder).map_err(|e| CodegenError::io(&folder, e))?;
        run(&folder, &fetch_command(name, pin))?;
    }
    check_digest(&archive, &pin.sha256)?;
    if !content.exists() {
        let partial = folder.join("partial");
        fs::create_dir_all(&partial).map_err(|e| CodegenError::io(&partial, e))?;
        run(&folder, &unpack_command(pin))?;
        fs::rename(&partial, &content).map_err(|e| CodegenError::io(&content, e))?;
    }
    Ok(content)
}

fn fetch_command(name: &str, pin: &Pin) -> Vec<String> {
    let line = match pin.registry {
        Registry::Pypi => {
            format!("python3 -m pip download --quiet --no-deps --only-binary=:all: {name}=={}", pin.version)
        }
        Registry::Npm => format!("npm pack --silent {name}@{}", pin.version),
    };
    line.split(' ').map(str::to_owned).collect()
}

fn unpack_command(pin: &Pin) -> Vec<String> {
    let line = match pin.registry {
        Registry::Pypi => format!("python3 -m zipfile -e {} partial", pin.archive),
        Registry::Npm => format!("tar -xzf {} -C partial", pin.archive),
    };
    line.split(' ').map(str::to_owned).collect()
}

fn run(folder: &Path, arguments: &[String]) -> Result<(), CodegenError> {
    let failed = |why: String| CodegenError::Command(arguments.join(" "), why);
    let output = Command::new(&arguments[0])
        .args(&arguments[1..])
        .current_dir(folder)
        .output()
        .map_err(|e| failed(e.to_string()))?;
    if output.status.success() { Ok(()) } else { Err(failed(String::from_utf8_lossy(&output.stderr).into_owned())) }
}

fn check_digest(archive: &Path, expected: &str) -> Result<(), CodegenError> {
    let bytes = fs::read(archive).map_err(|e| CodegenError::io(archive, e))?;
    let found = Sha256::digest(&bytes).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    if found == expected {
        Ok(())
    } else {
        Err(CodegenError::Digest { archive: archive.to_owned(), expected: expected.to_owned(), found })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_archive_is_refused() {
        let folder = std::env::temp_dir().join(format!("ironwright-codegen-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let archive = folder.join("a.tgz");
        fs::write(&archive, b"not what was pinned").unwrap();
        let refused = check_digest(&archive, "00");
        fs::remove_dir_all(&folder).unwrap();
        assert!(matches!(refused, Err(CodegenError::Digest { .. })));
    }

    #[test]
    fn the_pins_parse() {
        let pins: BTreeMap<String, Pin> = toml::from_str(SOURCES).unwrap();
        assert!(pins.values().all(|pin| pin.sha256.len() == 64));
        assert_eq!(fetch_command("cfn-lint", &pins["cfn-lint"]).last().unwrap(), "cfn-lint==1.58.0");
    }
}
