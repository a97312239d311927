//! Whole-process tests: a program is run as a user runs it, and what it prints and returns is looked at.
//!
//! The tests are in `tests/`; here is what they share.

#[cfg(unix)]
pub mod mortal;
pub mod moto;
pub mod planted;
#[cfg(unix)]
pub mod proxy;
#[cfg(feature = "docker")]
pub mod testbed;

use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder of its own for one test, and the program to run in it.
pub struct Sandbox {
    folder: PathBuf,
    program: PathBuf,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; -1 where a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Sandbox {
    /// An empty folder named `test` below `root`, in which `program` is run.
    pub fn new(root: &str, test: &str, program: impl Into<PathBuf>) -> Self {
        let folder = Path::new(root).join(test);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("the target folder is writable");
        Self { folder, program: program.into() }
    }

    /// The same folder, in which `program` is run.
    #[must_use]
    pub fn of_program(&self, program: impl Into<PathBuf>) -> Self {
        Self { folder: self.folder.clone(), program: program.into() }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs the program with `arguments`, split at spaces, and no terminal.
    pub fn run(&self, arguments: &str) -> Ran {
        let output = self.command(arguments).output().expect("the program was built for this test");
        Ran::from(output)
    }

    /// The command that [`Sandbox::run`] runs.
    pub fn command(&self, arguments: &str) -> Command {
        self.command_under("", arguments)
    }

    /// The same, started by `wrapper`, a program with arguments of its own.
    pub fn command_under(&self, wrapper: &str, arguments: &str) -> Command {
        let mut words = wrapper.split_whitespace();
        let mut command = match words.next() {
            Some(first) => {
                let mut command = Command::new(first);
                command.args(words).arg(&self.program);
                command
            }
            None => Command::new(&self.program),
        };
        command.args(arguments.split_whitespace()).current_dir(&self.folder);
        for name in [
            "CI",
            "NO_COLOR",
            "CLICOLOR_FORCE",
            "IRONWRIGHT_TARGET",
            "AWS_REGION",
            "AWS_DEFAULT_REGION",
            "CARGO_PKG_NAME",
        ] {
            command.env_remove(name);
        }
        command
    }

    /// Every file below the folder, relative to it, in order.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        collect(&self.folder, &mut files);
        let mut files: Vec<_> =
            files.iter().filter_map(|file| file.strip_prefix(&self.folder).ok().map(Path::to_path_buf)).collect();
        files.sort();
        files
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ran {
    /// The run, if it ended with `code`; else the test fails and shows what it printed.
    #[track_caller]
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// The run, if standard output holds `text`.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "no {text:?} in stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// The run, if standard error holds `text`.
    #[track_caller]
    pub fn complains(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no {text:?} in stderr:\n{}\nstdout:\n{}", self.stderr, self.stdout);
        self
    }
}

/// Reads what an apply prints until it has created something.
pub fn wait_for_progress(output: &mut impl BufRead) {
    let mut line = Vec::new();
    while !String::from_utf8_lossy(&line).contains(": created") {
        line.clear();
        // A live view ends no lines; the id of what was created stands in brackets.
        let read = output.read_until(b']', &mut line);
        assert!(read.is_ok_and(|bytes| bytes > 0), "the apply ended before anything was created");
    }
}

/// The example `name` of the root package, built if need be. `sibling` is a program of the same build.
pub fn example(name: &str, sibling: &str) -> PathBuf {
    built(&["--package", "ironwright", "--example", name], sibling).join("examples").join(name)
}

/// The same, with all of the target `aws`. Built together with this package: what both ask of the crates they share is
/// the same then, and the SDK of EC2 is compiled once.
pub fn example_on_aws(name: &str, sibling: &str) -> PathBuf {
    let packages = ["--package", "ironwright", "--package", "ironwright-tests"];
    let docker = if cfg!(feature = "docker") { ",ironwright-tests/docker" } else { "" };
    let features = format!("ironwright-tests/aws-ec2{docker}");
    let what = [&packages[..], &["--features", &features, "--example", name]].concat();
    built(&what, sibling).join("examples").join(name)
}

/// The `ironwright` binary, built if need be. `sibling` is a program of the same build.
pub fn binary(sibling: &str) -> PathBuf {
    built(&["--package", "ironwright-cli", "--bin", "ironwright"], sibling).join("ironwright")
}

/// Builds what `what` says, where `sibling` is, and returns the folder.
fn built(what: &[&str], sibling: &str) -> PathBuf {
    let folder = Path::new(sibling).parent().expect("a program lies in a folder");
    let profile: &[&str] = if folder.ends_with("release") { &["--release"] } else { &[] };
    let mut cargo = Command::new(env!("CARGO"));
    // Cargo tells a test of its package; build scripts that look there would be run anew, and all that needs what they make.
    for (name, _) in std::env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|start| name.to_string_lossy().starts_with(start)) {
            cargo.env_remove(name);
        }
    }
    cargo.args(["build", "--quiet"]).args(what).args(profile);
    let status = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status().expect("cargo runs these tests");
    assert!(status.success(), "{what:?} does not compile");
    folder.to_path_buf()
}
