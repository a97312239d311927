//! What goes wrong when an image is brought to a host, each with its message.

use ironwright_engine::{ErrorKind, ProviderError};

use super::name::{InvalidReference, LocalImage};
use crate::content::ContentError;
use crate::readiness::HostError;
use crate::remote_registry::{ImageName, RegistryError};
use crate::ssh::{Destination, SshError};
use crate::transfer::size;

/// An image is not on the host where it should be. What runs there goes on as it did.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// The host is not reached, or lacks something.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The registry does not give the image.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// Something else.
    #[error("{message}")]
    Image {
        /// What.
        kind: DeliveryErrorKind,
        /// What happened, and what to do.
        message: String,
    },
}

/// What is wrong with an image or its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeliveryErrorKind {
    /// The reference is none.
    Reference,
    /// The image is nowhere any more.
    Gone,
    /// It is damaged on this machine.
    Content,
    /// The host has no room for it.
    NoRoom,
    /// The registry does not let the host in.
    Login,
    /// The registry has no such image.
    NotFound,
    /// The way to the host was lost again and again.
    Cut,
    /// The pull failed, for a reason of its own.
    Pull,
}

impl DeliveryErrorKind {
    fn code(self) -> &'static str {
        match self {
            Self::Reference => "InvalidImageReference",
            Self::Gone => "ImageGone",
            Self::Content => "ImageNotWhole",
            Self::NoRoom => "DiskFull",
            Self::Login => "RegistryLogin",
            Self::NotFound => "ImageNotFound",
            Self::Cut => "ConnectionLost",
            Self::Pull => "PullFailed",
        }
    }

    fn error_kind(self) -> ErrorKind {
        match self {
            Self::Login => ErrorKind::Credentials,
            Self::Cut => ErrorKind::Unavailable,
            _ => ErrorKind::Refused,
        }
    }
}

impl DeliveryError {
    fn new(kind: DeliveryErrorKind, message: impl Into<String>) -> Self {
        Self::Image { kind, message: message.into() }
    }

    /// What is wrong with the image or its way; nothing where it is the host or the registry.
    pub fn kind(&self) -> Option<DeliveryErrorKind> {
        match self {
            Self::Image { kind, .. } => Some(*kind),
            Self::Host(_) | Self::Registry(_) => None,
        }
    }

    /// Whether a host's Docker got other bytes than their digest says.
    pub(super) fn complains_of_content(&self) -> bool {
        let Self::Image { kind: DeliveryErrorKind::Pull, message } = self else { return false };
        ["verification failed", "unexpected commit digest"].iter().any(|phrase| message.contains(phrase))
    }

    pub(super) fn name(why: &str) -> Self {
        Self::new(DeliveryErrorKind::Reference, why)
    }

    pub(super) fn gone(there: &Destination, image: &LocalImage) -> Self {
        let (name, reference) = (image.name(), image.reference());
        Self::new(
            DeliveryErrorKind::Gone,
            format!(
                "the image {reference} is neither on {there} nor any more on this machine; make it again with `apply \
                 --replace` and the address of the image {name}, or give it a `.registry(…)` that keeps it for all machines"
            ),
        )
    }

    pub(super) fn content(image: &LocalImage, error: &ContentError) -> Self {
        let name = image.name();
        let message = format!(
            "the image {name} cannot be read from the image store of this machine ({error}); make it again with `apply \
             --replace` and its address"
        );
        Self::new(DeliveryErrorKind::Content, message)
    }

    pub(super) fn no_docker(there: &Destination) -> Self {
        let by_hand = there.by_hand();
        let message =
            format!("the Docker daemon of {there} does not say what it is; look with `{by_hand} docker info`");
        Self::new(DeliveryErrorKind::Pull, message)
    }

    pub(super) fn no_room(there: &Destination, image: &LocalImage, needs: u64, has: u64, root: &str) -> Self {
        let (needs, has, by_hand) = (size(needs), size(has), there.by_hand());
        let message = format!(
            "the disk of {there} has no room for {}: it needs {needs}, packed and unpacked, and {root} has {has}; make room \
             with `{by_hand} docker system prune`, or give the machine a larger disk. Nothing was sent",
            image.name()
        );
        Self::new(DeliveryErrorKind::NoRoom, message)
    }

    /// Docker wrote `said`, and filled its disk.
    pub(super) fn filled(there: &Destination, what: &str, said: &str) -> Self {
        let by_hand = there.by_hand();
        let message = format!(
            "the disk of {there} is full, so {what} did not get there ({said}); look with `{by_hand} df -h`, make room with \
             `{by_hand} docker system prune`"
        );
        Self::new(DeliveryErrorKind::NoRoom, message)
    }

    pub(super) fn refused(there: &Destination, name: &ImageName, said: &str) -> Self {
        let registry = name.registry();
        let message = format!(
            "{registry} does not give the image to {there} ({said}); log in on this machine with `docker login {registry}`: \
             the login is lent to the host for the pull"
        );
        Self::new(DeliveryErrorKind::Login, message)
    }

    pub(super) fn not_found(what: &str, said: &str) -> Self {
        let message = format!("there is no image {what} ({said}); check its name, and whether it was pushed");
        Self::new(DeliveryErrorKind::NotFound, message)
    }

    pub(super) fn cut(there: &Destination, what: &str, times: usize, last: &str) -> Self {
        let by_hand = there.by_hand();
        let message = format!(
            "{what} did not get to {there}: {last}, for the {times}. time; the same command goes on with it. Try `{by_hand}`"
        );
        Self::new(DeliveryErrorKind::Cut, message)
    }

    pub(super) fn pull(there: &Destination, what: &str, said: &str) -> Self {
        let by_hand = there.by_hand();
        let message = format!("{there} does not pull {what} ({said}); look with `{by_hand} docker info`");
        Self::new(DeliveryErrorKind::Pull, message)
    }

    /// Its Docker reaches nothing on the loopback of its host.
    pub(super) fn no_loopback(there: &Destination, what: &str, said: &str) -> Self {
        let message = format!(
            "{there} does not pull {what} from this machine ({said}): its Docker does not reach the loopback of its host, as \
             one without root does not. Give the image a `.registry(…)`, or let Docker run as a service of the system"
        );
        Self::new(DeliveryErrorKind::Pull, message)
    }
}

impl From<SshError> for DeliveryError {
    fn from(error: SshError) -> Self {
        Self::Host(error.into())
    }
}

impl From<InvalidReference> for DeliveryError {
    fn from(error: InvalidReference) -> Self {
        Self::new(DeliveryErrorKind::Reference, error.to_string())
    }
}

impl From<DeliveryError> for ProviderError {
    fn from(error: DeliveryError) -> Self {
        match error {
            DeliveryError::Host(error) => error.into(),
            DeliveryError::Registry(error) => error.into(),
            DeliveryError::Image { kind, message } => Self::new(kind.error_kind(), kind.code(), message),
        }
    }
}
