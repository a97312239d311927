//! The arguments of the `ironwright` binary that say which program is meant, or that none is.

use std::path::PathBuf;

use clap::Args;

/// The heading of these flags.
const WHICH: &str = "Which program";

/// Which program is meant.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = WHICH)]
pub(crate) struct WhichProgram {
    /// The binary of the project [default: the only one]
    #[arg(long, value_name = "NAME", conflicts_with = "example")]
    pub(crate) bin: Option<String>,
    /// An example of the project
    #[arg(long, value_name = "NAME")]
    pub(crate) example: Option<String>,
    /// The package of the workspace
    #[arg(long, value_name = "NAME")]
    pub(crate) package: Option<String>,
    /// The project's Cargo.toml [default: the nearest]
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,
    /// None: build nothing, go by the state alone
    #[arg(long, conflicts_with_all = ["bin", "example", "package", "manifest_path"])]
    pub(crate) without_program: bool,
    /// None: go by the state of this app
    #[arg(long, value_name = "NAME", conflicts_with_all = ["bin", "example", "package", "manifest_path"])]
    pub(crate) app: Option<String>,
}

impl WhichProgram {
    /// Whether the state alone is meant.
    pub(crate) fn is_state_alone(&self) -> bool {
        self.without_program || self.app.is_some()
    }

    /// Whether nothing is said.
    pub(crate) fn is_empty(&self) -> bool {
        self.words().is_empty() && !self.is_state_alone()
    }

    /// Whether it says which binary or example.
    pub(crate) fn names_target(&self) -> bool {
        self.bin.is_some() || self.example.is_some()
    }

    /// What cargo is told of it.
    pub(crate) fn words(&self) -> Vec<String> {
        let manifest = self.manifest_path.as_ref().map(|path| path.display().to_string());
        let flags = [
            ("--manifest-path", manifest.as_ref()),
            ("--package", self.package.as_ref()),
            ("--bin", self.bin.as_ref()),
            ("--example", self.example.as_ref()),
        ];
        let given = flags.into_iter().filter_map(|(flag, value)| Some([flag.to_owned(), value?.clone()]));
        given.flatten().collect()
    }

    /// It, as the user typed it.
    pub(crate) fn flags(&self) -> String {
        let mut words = self.words();
        words.extend(self.app.iter().flat_map(|app| ["--app".to_owned(), app.clone()]));
        if self.without_program {
            words.push("--without-program".to_owned());
        }
        words.join(" ")
    }
}
