//! A program deployed to an AWS by one of two tools: Ironwright, and Terraform with a configuration made from it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::configuration::{configuration, count};
use super::{CompareError, cargo, empty, succeed};

/// What to install where Terraform does not run.
const REMEDY: &str = "terraform does not run: install Terraform 1.11 or later";
/// What to do where it finds no provider.
const NO_PROVIDER: &str = "`terraform init` failed; the AWS provider comes from Terraform's registry, or with \
                           `--plugins DIR` from a mirror in a folder";

/// What a tool is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A plan with nothing deployed.
    Plan,
    Apply,
    /// A plan with everything deployed, which must find nothing to do.
    PlanAgain,
    Destroy,
}

impl Step {
    /// In the order of a deployment's life.
    pub(crate) const ALL: [Self; 4] = [Self::Plan, Self::Apply, Self::PlanAgain, Self::Destroy];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan from nothing",
            Self::Apply => "apply",
            Self::PlanAgain => "plan, no change",
            Self::Destroy => "destroy",
        }
    }
}

/// A built program of Ironwright's, and what it is given.
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) variables: Vec<String>,
}

impl Program {
    /// The program's templates, written to `folder`.
    fn templates(&self, folder: &Path) -> Result<Vec<Value>, CompareError> {
        empty(folder)?;
        succeed(self.command(&["synth"]).arg("--out").arg(folder).stdout(Stdio::null()))?;
        super::templates(folder)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command.args(words).args(self.variables.iter().flat_map(|variable| ["--var", variable]));
        command
    }
}

/// The executable `name` after `cargo build` with `arguments`, with optimization or without, wherever cargo builds to.
pub(crate) fn built(root: &Path, arguments: &[&str], name: &str, release: bool) -> Result<PathBuf, CompareError> {
    let (profile, folder) = if release { ("release", "release") } else { ("dev", "debug") };
    succeed(cargo(root).args(["build", "--quiet", "--profile", profile]).args(arguments))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(root.join(target).join(folder).join(name))
}

/// One tool's deployment, in a folder of its own.
pub(crate) struct Deployment<'a> {
    pub(crate) tool: &'static str,
    folder: PathBuf,
    /// Nothing is Terraform.
    program: Option<&'a Program>,
    /// Terraform's own configuration.
    settings: Option<PathBuf>,
    /// How many resources it has.
    pub(crate) resources: usize,
}

impl<'a> Deployment<'a> {
    /// By Ironwright and by Terraform, each in a folder of its own in `folder`. `plugins` is a mirror of providers.
    pub(crate) fn pair(program: &'a Program, folder: &Path, plugins: Option<&Path>) -> Result<[Self; 2], CompareError> {
        let configuration = configuration(&program.templates(&folder.join("templates"))?)?;
        let resources = count(&configuration);
        let of = |tool, program, settings| {
            let folder = folder.join(tool);
            empty(&folder).map(|()| Self { tool, folder, program, settings, resources })
        };
        let settings = plugins.map(|plugins| terraform_settings(folder, plugins)).transpose()?;
        let terraform = of("Terraform", None, settings)?;
        write(&terraform.folder.join("main.tf.json"), &configuration.to_string())?;
        let mut init = terraform.terraform(&["init", "-input=false"]);
        match init.stdout(Stdio::null()).status() {
            Ok(status) if status.success() => Ok([of("Ironwright", Some(program), None)?, terraform]),
            Ok(_) => Err(CompareError::Missing(NO_PROVIDER)),
            Err(_) => Err(CompareError::Missing(REMEDY)),
        }
    }

    /// Forgets what was deployed.
    pub(crate) fn forget(&self) -> Result<(), CompareError> {
        if self.program.is_some() {
            return empty(&self.folder);
        }
        for name in ["terraform.tfstate", "terraform.tfstate.backup", ".terraform.tfstate.lock.info"] {
            let path = self.folder.join(name);
            if path.exists() {
                std::fs::remove_file(&path).map_err(|error| CompareError::File { path, error })?;
            }
        }
        Ok(())
    }

    /// The whole process that does a step; it fails if a plan without changes finds some.
    pub(crate) fn command(&self, step: Step) -> Command {
        let Some(program) = self.program else {
            return match step {
                Step::Plan => self.terraform(&["plan", "-input=false"]),
                Step::Apply => self.terraform(&["apply", "-input=false", "-auto-approve"]),
                Step::PlanAgain => self.terraform(&["plan", "-input=false", "-detailed-exitcode"]),
                Step::Destroy => self.terraform(&["destroy", "-input=false", "-auto-approve"]),
            };
        };
        let words: &[&str] = match step {
            Step::Plan => &["plan", "--target", "aws"],
            Step::Apply => &["apply", "--target", "aws", "--yes"],
            Step::PlanAgain => &["plan", "--target", "aws", "--detailed-exitcode"],
            Step::Destroy => &["destroy", "--target", "aws", "--yes"],
        };
        let mut command = program.command(words);
        command.current_dir(&self.folder);
        command
    }

    fn terraform(&self, words: &[&str]) -> Command {
        let mut command = Command::new("terraform");
        command.args(words).arg("-no-color").current_dir(&self.folder);
        command.env("CHECKPOINT_DISABLE", "1").env("TF_IN_AUTOMATION", "1");
        if let Some(settings) = &self.settings {
            command.env("TF_CLI_CONFIG_FILE", settings);
        }
        command
    }

    /// All that the tool has on record.
    pub(crate) fn record(&self) -> Result<String, CompareError> {
        let mut record = String::new();
        let mut folders = vec![self.folder.clone()];
        while let Some(folder) = folders.pop() {
            let failed = |error| CompareError::File { path: folder.clone(), error };
            for entry in std::fs::read_dir(&folder).map_err(failed)? {
                let path = entry.map_err(failed)?.path();
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if path.is_dir() && name != ".terraform" {
                    folders.push(path);
                } else if ["state.json", "terraform.tfstate"].contains(&&*name) {
                    let text = std::fs::read_to_string(&path);
                    record += &text.map_err(|error| CompareError::File { path: path.clone(), error })?;
                }
            }
        }
        Ok(record)
    }
}

/// Writes the configuration that leads Terraform to a mirror of providers, and to nothing else.
fn terraform_settings(folder: &Path, plugins: &Path) -> Result<PathBuf, CompareError> {
    let path = folder.join("terraform.rc");
    let mirror = Value::from(plugins.to_string_lossy());
    write(&path, &format!("provider_installation {{\n  filesystem_mirror {{\n    path = {mirror}\n  }}\n}}\n"))?;
    Ok(path)
}

fn write(path: &Path, text: &str) -> Result<(), CompareError> {
    std::fs::write(path, text).map_err(|error| CompareError::File { path: path.to_owned(), error })
}
