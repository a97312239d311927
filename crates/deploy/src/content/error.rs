//! What goes wrong with the content store.

use std::io;
use std::path::{Path, PathBuf};

use super::digest::Digest;
use super::manifest::InvalidManifest;

/// A blob could not be written, found or understood.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContentError {
    /// A file or folder of the store fails.
    #[error("the image store at {path} fails: {error}{}", full(.error))]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// What was to be written could not be read.
    #[error("{0}")]
    Reading(io::Error),
    /// Other bytes than their name says.
    #[error("the content that should be {expected} is {actual}: it was damaged or forged on the way")]
    WrongDigest {
        /// What was asked for.
        expected: Digest,
        /// What came.
        actual: Digest,
    },
    /// A blob that is not there.
    #[error("{0} is not in the image store")]
    Missing(Digest),
    /// A document that is longer than any honest one.
    #[error("{digest} has {size} bytes, more than the {limit} that one of its kind may have")]
    TooLong {
        /// The document.
        digest: Digest,
        /// Its length.
        size: u64,
        /// The longest.
        limit: u64,
    },
    /// A blob that should be a manifest or an index.
    #[error("{digest} is no manifest: {error}")]
    Invalid {
        /// The blob.
        digest: Digest,
        /// What is wrong with it.
        error: InvalidManifest,
    },
    /// None of an index's images is for the platform.
    #[error("there is no image for {wanted}, only for {}", offered(.found))]
    NoPlatform {
        /// What was asked for.
        wanted: String,
        /// What there is.
        found: Vec<String>,
    },
    /// Several images, and nothing says which.
    #[error("there are several images, for {}; say which with `.platform(…)`", offered(.found))]
    Several {
        /// Their platforms.
        found: Vec<String>,
    },
}

impl ContentError {
    pub(crate) fn file(path: &Path, error: io::Error) -> Self {
        Self::File { path: path.to_owned(), error }
    }

    /// Whether it is for want of room on the disk.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::File { error, .. } if is_full(error))
    }
}

/// Whether there is no room left on a disk.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn full(error: &io::Error) -> &'static str {
    if is_full(error) {
        "; make room on that disk and run it again: what is there by then is not made twice"
    } else {
        ""
    }
}

fn offered(found: &[String]) -> String {
    if found.is_empty() { "no platform at all".to_owned() } else { found.join(", ") }
}
