//! Why an archive is not taken in.

use std::fmt;
use std::io;

use crate::content::{ContentError, ContentStore, Digest, is_full};

/// An archive is not taken in.
#[derive(Debug, thiserror::Error)]
#[error("{archive}: {problem}")]
pub struct ArchiveError {
    /// Where it is.
    pub archive: String,
    /// Why.
    pub problem: ArchiveProblem,
}

/// What is wrong with an archive.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveProblem {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Reading(#[from] io::Error),
    /// It is no archive, or none of an image.
    #[error(
        "it is neither what `docker save` writes nor an OCI image layout: there is no index.json and no manifest.json"
    )]
    NoImage,
    /// It ends before its end.
    #[error("it was cut short: {0} is not all there; save it again")]
    Cut(String),
    /// A name that leads out of it, or is given twice.
    #[error("it holds `{name}`, {why}: it is damaged or forged, and nothing of it was taken")]
    Unsafe {
        /// The name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Something that it speaks of is not in it.
    #[error("`{0}` is not in it")]
    Lacks(String),
    /// A document that is longer than any honest one.
    #[error("`{name}` has {size} bytes, more than the {limit} that one of its kind may have")]
    TooLong {
        /// Its name.
        name: String,
        /// Its length.
        size: u64,
        /// The longest.
        limit: u64,
    },
    /// A document that cannot be understood.
    #[error("`{name}` cannot be understood: {why}")]
    Malformed {
        /// Its name.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// Other content than its digest says.
    #[error("`{name}` should be {expected} and is {actual}: it is damaged or forged")]
    WrongDigest {
        /// The name.
        name: String,
        /// What it should be.
        expected: Digest,
        /// What it is.
        actual: Digest,
    },
    /// Several images, and a platform does not tell them apart.
    #[error("it holds {0} images; save one alone")]
    Several(usize),
    /// The store fails, or the images are for other platforms.
    #[error(transparent)]
    Content(#[from] ContentError),
}

impl ArchiveProblem {
    /// The error that this is for `archive`. Where a disk is full, it is not the archive's fault.
    pub(super) fn of(self, archive: &str, store: &ContentStore) -> ArchiveError {
        let problem = match self {
            Self::Reading(error) if is_full(&error) => ContentError::file(store.folder(), error).into(),
            problem => problem,
        };
        ArchiveError { archive: archive.to_owned(), problem }
    }

    pub(super) fn malformed(name: &str, why: impl fmt::Display) -> Self {
        Self::Malformed { name: name.to_owned(), why: format!("{why}") }
    }
}
