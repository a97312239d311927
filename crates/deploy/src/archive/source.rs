//! What an archive is read through: files by name.

use std::io::Read;

use serde::de::DeserializeOwned;

use super::error::ArchiveProblem;
use crate::content::Digest;

/// Files by name. A name is looked up, and never leads out.
pub(super) trait Source: Sync {
    /// Whether there is a file `name`.
    fn has(&self, name: &str) -> bool;

    /// The file `name`, and its length.
    fn open(&self, name: &str) -> Result<(Box<dyn Read + Send + '_>, u64), ArchiveProblem>;
}

impl dyn Source + '_ {
    /// The file `name`, which has at most `limit` bytes.
    pub(super) fn read(&self, name: &str, limit: u64) -> Result<Vec<u8>, ArchiveProblem> {
        let (reader, size) = self.open(name)?;
        if size > limit {
            return Err(ArchiveProblem::TooLong { name: name.to_owned(), size, limit });
        }
        let mut bytes = Vec::new();
        reader.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The blob `digest` of an OCI layout, which has at most `limit` bytes.
    pub(super) fn blob(&self, digest: &Digest, limit: u64) -> Result<Vec<u8>, ArchiveProblem> {
        let name = blob(digest);
        let bytes = self.read(&name, limit)?;
        let actual = Digest::of(&bytes);
        if actual == *digest {
            return Ok(bytes);
        }
        Err(ArchiveProblem::WrongDigest { name, expected: digest.clone(), actual })
    }
}

/// Where an OCI layout has the blob `digest`.
pub(super) fn blob(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

/// The document `name`, which consists of `bytes`.
pub(super) fn document<T: DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<T, ArchiveProblem> {
    serde_json::from_slice(bytes).map_err(|error| ArchiveProblem::malformed(name, error))
}
