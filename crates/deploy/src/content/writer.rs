//! A blob on its way into the store: hashed while it is written, and there under its name when all of it is on the disk.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::digest::Digest;
use super::error::ContentError;
use crate::hash::Hasher;

/// How much is in memory at once.
const CHUNK: usize = 256 * 1024;

/// Takes the bytes of a blob. Dropped before [`commit`](Written::commit), nothing of it stays.
#[derive(Debug)]
pub struct BlobWriter {
    file: NamedTempFile,
    hasher: Hasher,
    size: u64,
    blobs: PathBuf,
}

impl BlobWriter {
    pub(super) fn new(incoming: &Path, blobs: PathBuf) -> Result<Self, ContentError> {
        let file = tempfile::Builder::new().prefix("blob-").tempfile_in(incoming);
        let file = file.map_err(|error| ContentError::file(incoming, error))?;
        Ok(Self { file, hasher: Hasher::new(), size: 0, blobs })
    }

    /// How many bytes it has taken.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Takes `bytes`.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), ContentError> {
        self.write_all(bytes).map_err(|error| ContentError::file(self.file.path(), error))
    }

    /// Takes all that `reader` gives.
    pub fn append_all(&mut self, reader: &mut impl Read) -> Result<(), ContentError> {
        let mut chunk = vec![0; CHUNK];
        loop {
            match reader.read(&mut chunk) {
                Ok(0) => return Ok(()),
                Ok(length) => self.append(&chunk[..length])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ContentError::Reading(error)),
            }
        }
    }

    /// Says that this was all.
    pub fn finish(self) -> Written {
        Written { digest: self.hasher.finish().into(), size: self.size, file: self.file, blobs: self.blobs }
    }
}

impl Write for BlobWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.file.write(bytes)?;
        self.hasher.update(&bytes[..length]);
        self.size += u64::try_from(length).unwrap_or(u64::MAX);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A blob that is complete and not yet in the store.
#[derive(Debug)]
pub struct Written {
    digest: Digest,
    size: u64,
    file: NamedTempFile,
    blobs: PathBuf,
}

impl Written {
    /// Its digest.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Its length in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Puts it into the store, if it is what is `expected`.
    pub fn commit(self, expected: Option<&Digest>) -> Result<Digest, ContentError> {
        if let Some(expected) = expected.filter(|expected| **expected != self.digest) {
            return Err(ContentError::WrongDigest { expected: expected.clone(), actual: self.digest });
        }
        let path = self.blobs.join(self.digest.hex());
        let failed = |error| ContentError::file(&path, error);
        self.file.as_file().sync_data().map_err(failed)?;
        self.file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(self.digest)
    }
}

/// Puts `bytes` at `path`: all of them or, after a crash, what was there before.
pub(super) fn replace(incoming: &Path, path: &Path, bytes: &[u8]) -> Result<(), ContentError> {
    let failed = |error| ContentError::file(path, error);
    let mut file = tempfile::Builder::new().prefix("file-").tempfile_in(incoming).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_data()).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// The file at `path`; nothing where there is none.
pub(super) fn opened(path: &Path) -> Result<Option<File>, ContentError> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ContentError::file(path, error)),
    }
}

/// Removes the file at `path`, if it is there.
pub(super) fn removed(path: &Path) -> Result<(), ContentError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(ContentError::file(path, error)),
        _ => Ok(()),
    }
}
