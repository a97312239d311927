//! Why a rollout did not get to its end.

use ironwright_engine::{ErrorKind, ProviderError};

use crate::edge::EdgeError;
use crate::readiness::{HostError, explain};
use crate::ssh::{CommandFailed, Destination, SshError};

/// A rollout did not get to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", error.message)]
pub struct RolloutError {
    /// Why.
    pub failure: Failure,
    error: ProviderError,
}

/// Why a rollout did not get to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// A host is not reached, or the connection to it was lost. What was begun goes on when it is sent again.
    Unreached,
    /// A host cannot do what it should.
    Host,
    /// The edge of a host does not do what it should.
    Edge,
    /// The image does not get to a host.
    Image,
    /// The new version does not get healthy.
    Unhealthy,
    /// The new version ends by itself.
    CrashLoop,
    /// Something else has the name that a container should have.
    NameTaken,
    /// What the program asks for cannot be.
    Invalid,
    /// It comes to no end: something else changes the host.
    Unsettled,
}

impl Failure {
    fn code(self) -> &'static str {
        match self {
            Self::Unreached => "HostUnreachable",
            Self::Host => "CommandFailed",
            Self::Edge => "Edge",
            Self::Image => "Image",
            Self::Unhealthy => "Unhealthy",
            Self::CrashLoop => "CrashLoop",
            Self::NameTaken => "NameTaken",
            Self::Invalid => "InvalidContainer",
            Self::Unsettled => "Unsettled",
        }
    }
}

impl RolloutError {
    /// A failure of the rollout itself: sending it again as it is is no use.
    pub(super) fn new(failure: Failure, message: impl Into<String>) -> Self {
        Self { failure, error: ProviderError::new(ErrorKind::Refused, failure.code(), message) }
    }

    /// A command on the host `there` failed.
    pub(super) fn command(there: &Destination, failed: &CommandFailed) -> Self {
        if failed.said.contains("is already in use by container") {
            let message = format!(
                "on {there}, another container has the name already: {}\nremove it with `{} docker rm`, or give this one \
                 another with `.name(…)`",
                failed.said,
                there.by_hand()
            );
            return Self::new(Failure::NameTaken, message);
        }
        explain(there, failed).into()
    }

    /// The image did not get there.
    pub(super) fn image(error: ProviderError) -> Self {
        Self { failure: Failure::Image, error }
    }

    /// The error, with more to say.
    pub(super) fn and(mut self, more: &str) -> Self {
        self.error.message = format!("{}{more}", self.error.message);
        self
    }
}

impl From<HostError> for RolloutError {
    fn from(error: HostError) -> Self {
        let failure = if matches!(error, HostError::Ssh(_)) { Failure::Unreached } else { Failure::Host };
        Self { failure, error: error.into() }
    }
}

impl From<SshError> for RolloutError {
    fn from(error: SshError) -> Self {
        HostError::from(error).into()
    }
}

impl From<EdgeError> for RolloutError {
    fn from(error: EdgeError) -> Self {
        match error {
            EdgeError::Host(error) => error.into(),
            error @ EdgeError::Edge { .. } => Self { failure: Failure::Edge, error: error.into() },
        }
    }
}

impl From<RolloutError> for ProviderError {
    fn from(error: RolloutError) -> Self {
        error.error
    }
}
