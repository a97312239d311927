//! Exit codes. Each command ends in one; scripts rely on the numbers.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// An error; nothing was changed, or nothing could be.
    Error,
    /// `plan --detailed-exitcode` found changes.
    Changes,
    /// Another run holds the lock.
    LockHeld,
    /// Some of it was done and some failed.
    PartlyApplied,
    /// The command line is wrong.
    Usage,
    /// The run was asked to stop.
    Interrupted,
    /// A command in a container ended with this status.
    #[cfg(feature = "docker")]
    Status(u8),
}

impl Exit {
    /// The number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Error => 1,
            Self::Changes => 2,
            Self::LockHeld => 3,
            Self::PartlyApplied => 5,
            Self::Usage => 64,
            Self::Interrupted => 130,
            #[cfg(feature = "docker")]
            Self::Status(status) => status,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
