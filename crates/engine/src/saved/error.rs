//! Why a saved plan cannot be read or written.

use ironwright_core::Diagnostic;

/// Why a saved plan cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SavedPlanError {
    /// The file cannot be read.
    #[error("it cannot be read: {problem}")]
    Unreadable {
        /// What the system said.
        problem: String,
    },
    /// It is not what was written.
    #[error("it is damaged: {problem}")]
    Damaged {
        /// What is wrong with it.
        problem: String,
    },
    /// It was written by a newer release.
    #[error("it has format {found}, and this release reads formats up to {known}")]
    Newer {
        /// Its format.
        found: u64,
        /// The newest format known here.
        known: u64,
    },
    /// The file cannot be written.
    #[error("it cannot be written: {problem}")]
    NotWritable {
        /// What the system said.
        problem: String,
    },
    /// There is no room left to write to.
    #[error("it cannot be written: the disk is full")]
    Full,
}

impl SavedPlanError {
    /// The error as a diagnostic about `file`, with what to do about it.
    pub fn diagnostic(&self, file: &str) -> Diagnostic {
        let (code, help) = match self {
            Self::Unreadable { .. } => (
                "plan-file-unreadable",
                "give the file that `plan --out FILE` wrote; `apply` alone makes a plan itself",
            ),
            Self::Damaged { .. } => ("plan-file-damaged", "make the plan again: type `plan --out FILE`"),
            Self::Newer { .. } => ("plan-file-newer", "use the release that made it, or make the plan again"),
            Self::NotWritable { .. } => {
                ("plan-file-not-writable", "name a file in a folder that is there and writable")
            }
            Self::Full => ("disk-full", "free some space; nothing was changed"),
        };
        Diagnostic::error(code, format!("the plan in `{file}`: {self}")).help(help)
    }
}
