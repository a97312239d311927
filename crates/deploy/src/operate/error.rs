//! What goes wrong when something is done with a container that is deployed.

use ironwright_core::Diagnostic;
use ironwright_engine::ProviderError;

use crate::rollout::{Failure, RolloutError};
use crate::ssh::{SshError, SshErrorKind};

/// Something cannot be done with a container that is deployed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct OperateError {
    /// What it is.
    pub kind: OperateErrorKind,
    message: String,
    help: Option<String>,
}

/// What cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OperateErrorKind {
    /// The host was not reached, and the same may work later.
    Unreachable,
    /// The host refuses us: another host key, another user.
    Refused,
    /// A secret that lets us in cannot be opened.
    Locked,
    /// The container is on no such host.
    NoHost,
    /// There is no such release on the host, or none at all.
    NoRelease,
    /// No release runs on the host.
    NotRunning,
    /// The host, or its Docker, has failed.
    Host,
    /// What was applied is not understood.
    Invalid,
}

impl OperateErrorKind {
    /// The code of its diagnostic.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unreachable => "host-unreachable",
            Self::Refused => "host-refused",
            Self::Locked => "secret-locked",
            Self::NoHost => "host-unknown",
            Self::NoRelease => "release-missing",
            Self::NotRunning => "not-running",
            Self::Host => "host-failed",
            Self::Invalid => "container-invalid",
        }
    }
}

impl OperateError {
    pub(super) fn new(kind: OperateErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), help: None }
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// The error as a diagnostic.
    pub fn diagnostic(&self) -> Diagnostic {
        let error = Diagnostic::error(self.kind.code(), &self.message);
        match &self.help {
            Some(help) => error.help(help),
            None => error,
        }
    }
}

impl From<SshError> for OperateError {
    fn from(error: SshError) -> Self {
        Self::new(kind(error.kind), error.to_string())
    }
}

impl From<RolloutError> for OperateError {
    fn from(error: RolloutError) -> Self {
        // Whether the host lets us in was told before this.
        let kind = match error.failure {
            Failure::Unreached => OperateErrorKind::Unreachable,
            _ => OperateErrorKind::Host,
        };
        Self::new(kind, ProviderError::from(error).message)
    }
}

fn kind(error: SshErrorKind) -> OperateErrorKind {
    if error.may_pass() || error == SshErrorKind::Cut {
        OperateErrorKind::Unreachable
    } else {
        OperateErrorKind::Refused
    }
}
