//! Why a command could not do what it was asked: diagnostics to show, and the exit code.

use ironwright_core::{Diagnostic, Diagnostics};
use ironwright_engine::{EngineError, StoreError};

use crate::exit::Exit;

/// Why a command could not do what it was asked.
#[derive(Debug)]
pub(crate) struct CommandError {
    /// All that is wrong.
    pub(crate) diagnostics: Diagnostics,
    /// How the process ends.
    pub(crate) exit: Exit,
}

impl CommandError {
    /// The command line asks for something it cannot have.
    pub(crate) fn usage(diagnostic: Diagnostic) -> Self {
        Self { diagnostics: diagnostic.into(), exit: Exit::Usage }
    }
}

impl From<Diagnostic> for CommandError {
    fn from(diagnostic: Diagnostic) -> Self {
        Diagnostics::from(diagnostic).into()
    }
}

impl From<Diagnostics> for CommandError {
    fn from(diagnostics: Diagnostics) -> Self {
        Self { diagnostics, exit: Exit::Error }
    }
}

impl From<EngineError> for CommandError {
    fn from(error: EngineError) -> Self {
        let exit = match &error {
            EngineError::LockHeld(_) | EngineError::Store(StoreError::LockHeld(_)) => Exit::LockHeld,
            EngineError::BrokenOff { .. } => Exit::PartlyApplied,
            _ => Exit::Error,
        };
        Self { diagnostics: error.diagnostics(), exit }
    }
}
