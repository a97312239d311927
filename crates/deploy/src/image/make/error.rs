//! Why an image is not made, each with its message.

use ironwright_engine::{ErrorKind, ProviderError};

use crate::assets::AssetError;

/// An image cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct MakeError {
    /// What is wrong.
    pub kind: MakeErrorKind,
    /// What is wrong, and what to do.
    pub message: String,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MakeErrorKind {
    /// There is no Docker here.
    NoDocker,
    /// The Docker daemon does not run, or is not reached.
    DaemonStopped,
    /// The user may not use Docker.
    NotAllowed,
    /// `DOCKER_HOST` or a context names a daemon that cannot be used from here.
    Endpoint,
    /// The daemon refuses, for a reason of its own.
    Daemon,
    /// There is no room on a disk.
    DiskFull,
    /// The context cannot be read.
    Context,
    /// The context is not what was planned.
    ContextChanged,
    /// A step fails.
    Build,
    /// What is asked for takes BuildKit, which this daemon has not.
    NoBuildKit,
    /// The image is not pulled.
    Pull,
    /// The image is not for the platform.
    Platform,
    /// The archive is none, or cannot be read.
    Archive,
    /// What is made cannot be kept.
    Store,
    /// What is made cannot be pushed.
    Push,
    /// The properties do not say what to make.
    Properties,
}

impl MakeErrorKind {
    fn code(self) -> &'static str {
        match self {
            Self::NoDocker => "DockerMissing",
            Self::DaemonStopped => "DockerStopped",
            Self::NotAllowed => "DockerForbidden",
            Self::Endpoint => "DockerEndpoint",
            Self::Daemon => "DockerRefused",
            Self::DiskFull => "DiskFull",
            Self::Context => "ContextUnreadable",
            Self::ContextChanged => "ContextChanged",
            Self::Build => "BuildFailed",
            Self::NoBuildKit => "BuildKitMissing",
            Self::Pull => "PullFailed",
            Self::Platform => "PlatformMismatch",
            Self::Archive => "ArchiveInvalid",
            Self::Store => "ImageStore",
            Self::Push => "PushFailed",
            Self::Properties => "PropertiesInvalid",
        }
    }
}

impl MakeError {
    pub(super) fn new(kind: MakeErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// What the daemon says of its disk, as an error of its own kind.
    pub(super) fn told(kind: MakeErrorKind, message: impl Into<String>) -> Self {
        let message = message.into();
        if message.contains("no space left on device") || message.contains("disk quota exceeded") {
            let help = "the disk of this machine's Docker is full; make room with `docker system prune`";
            return Self::new(MakeErrorKind::DiskFull, format!("{help} ({message})"));
        }
        Self::new(kind, message)
    }
}

impl From<AssetError> for MakeError {
    fn from(error: AssetError) -> Self {
        Self::new(MakeErrorKind::Context, format!("the build's context cannot be read: {error}"))
    }
}

impl From<MakeError> for ProviderError {
    fn from(error: MakeError) -> Self {
        Self::new(ErrorKind::Refused, error.kind.code(), error.message)
    }
}
