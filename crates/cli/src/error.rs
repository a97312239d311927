//! Why a command could not do what it was asked: diagnostics to show, and the exit code.

use ironwright_core::{Diagnostic, Diagnostics};
use ironwright_engine::{EngineError, StoreError, VaultError};

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

impl From<VaultError> for CommandError {
    fn from(error: VaultError) -> Self {
        error.diagnostic().into()
    }
}

impl From<EngineError> for CommandError {
    fn from(error: EngineError) -> Self {
        let exit = match &error {
            EngineError::LockHeld(_) | EngineError::Store(StoreError::LockHeld(_)) => Exit::LockHeld,
            EngineError::BrokenOff { .. } => Exit::PartlyApplied,
            EngineError::StoppedWaiting(_) => Exit::Interrupted,
            _ => Exit::Error,
        };
        Self { diagnostics: error.diagnostics(), exit }
    }
}

#[cfg(test)]
mod tests {
    use ironwright_engine::{Holder, LockOwner, Report, Standing};

    use super::*;

    #[test]
    fn each_kind_of_error_has_its_exit_code() {
        let owner = || Box::new(Holder { owner: LockOwner::default(), standing: Standing::Running });
        let full = || StoreError::Full { place: "state.json".to_owned() };
        let code = |error: EngineError| CommandError::from(error).exit.code();
        assert_eq!(code(EngineError::LockHeld(owner())), 3);
        assert_eq!(code(EngineError::Store(StoreError::LockHeld(owner()))), 3);
        assert_eq!(code(EngineError::StoppedWaiting(owner())), 130);
        assert_eq!(code(EngineError::BrokenOff { error: full(), report: Box::new(Report::default()) }), 5);
        assert_eq!(code(EngineError::Store(full())), 1);
        assert_eq!(CommandError::usage(Diagnostic::error("usage", "no")).exit.code(), 64);
    }
}
