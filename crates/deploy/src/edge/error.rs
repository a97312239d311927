//! What can be wrong with an edge.

use ironwright_engine::{ErrorKind, ProviderError};

use crate::readiness::HostError;
use crate::ssh::{Destination, SshError};

/// The edge of a host does not do what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EdgeError {
    /// The host is not reached, or its Docker does not do what it should.
    #[error(transparent)]
    Host(#[from] HostError),
    /// Something is wrong with the edge itself.
    #[error("{message}")]
    Edge {
        /// What is wrong.
        kind: EdgeErrorKind,
        /// What is wrong, on which host, what serves, and what to do.
        message: String,
    },
}

/// What is wrong with an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EdgeErrorKind {
    /// Another container has that port or that domain already.
    Taken,
    /// It could not be started with its ports.
    NotStarted,
    /// It does not answer.
    Silent,
    /// It refuses its routes.
    Refused,
}

impl EdgeErrorKind {
    fn code(self) -> &'static str {
        match self {
            Self::Taken => "EdgeTaken",
            Self::NotStarted => "EdgeNotStarted",
            Self::Silent => "EdgeSilent",
            Self::Refused => "EdgeRefused",
        }
    }
}

impl EdgeError {
    /// What is wrong with the edge of `there`.
    pub(super) fn new(there: &Destination, kind: EdgeErrorKind, what: &str) -> Self {
        Self::Edge { kind, message: format!("on {there}, {what}") }
    }

    /// What is wrong with the edge; nothing where it was the host.
    pub fn kind(&self) -> Option<EdgeErrorKind> {
        match self {
            Self::Host(_) => None,
            Self::Edge { kind, .. } => Some(*kind),
        }
    }
}

impl From<SshError> for EdgeError {
    fn from(error: SshError) -> Self {
        Self::Host(error.into())
    }
}

impl From<EdgeError> for ProviderError {
    fn from(error: EdgeError) -> Self {
        match error {
            EdgeError::Host(error) => error.into(),
            EdgeError::Edge { kind, message } => Self::new(ErrorKind::Refused, kind.code(), message),
        }
    }
}
