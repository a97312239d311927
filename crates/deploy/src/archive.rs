//! Images in files: what `docker save` writes, in its old layout and in its new, and folders in the OCI image layout.
//!
//! An archive is read and never unpacked: what it holds is looked up by name in it, verified, and goes into the
//! [content store](crate::content) under its digest. Layers that are not packed are, always to the same bytes, and are
//! remembered by what they hold: a second archive with the same layers is taken in without reading them.

mod error;
mod folder;
mod layers;
mod layout;
mod pack;
mod saved;
mod source;
mod tarball;

use std::fs::{self, File};
use std::io::{self, Read, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};

use crate::content::{ContentStore, Digest, Platform};

pub use error::{ArchiveError, ArchiveProblem};
use folder::Folder;
use source::Source;
use tarball::Tarball;

/// How an archive is called that came as a stream.
const EXPORT: &str = "the export of the Docker daemon";

/// How much of a stream is written at once.
const CHUNK: usize = 1024 * 1024;

/// Takes in the image that is at `path`, a file or a folder, and returns the digest of its manifest. Where it holds images
/// for several platforms, `platform` says which. It reads and packs for as long as that takes.
pub fn ingest_file(path: &Path, store: &ContentStore, platform: Option<&Platform>) -> Result<Digest, ArchiveError> {
    let failed = |problem: ArchiveProblem| problem.of(&path.display().to_string(), store);
    let metadata = fs::metadata(path).map_err(|error| failed(error.into()))?;
    if metadata.is_dir() {
        return ingest(&Folder::new(path), store, platform).map_err(failed);
    }
    let file = File::open(path).map_err(|error| failed(error.into()))?;
    ingest_opened(file, store, platform).map_err(failed)
}

/// Takes in the image that `reader` gives as an archive, and returns the digest of its manifest.
pub fn ingest_stream(
    reader: &mut impl Read,
    store: &ContentStore,
    platform: Option<&Platform>,
) -> Result<Digest, ArchiveError> {
    let failed = |problem: ArchiveProblem| problem.of(EXPORT, store);
    let mut file = store.scratch().map_err(|error| failed(error.into()))?;
    io::copy(reader, &mut file).map_err(|error| failed(error.into()))?;
    ingest_opened(file, store, platform).map_err(failed)
}

/// Takes in the image that `chunks` are, as a daemon exports it, and returns the digest of its manifest.
pub async fn ingest_chunks(
    chunks: impl Stream<Item = io::Result<Bytes>>,
    store: Arc<ContentStore>,
    platform: Option<Platform>,
) -> Result<Digest, ArchiveError> {
    let failed = |problem: ArchiveProblem| problem.of(EXPORT, &store);
    let spooled = spooled(chunks, &store).await.map_err(failed)?;
    let into = store.clone();
    let ingested = tokio::task::spawn_blocking(move || ingest_opened(spooled, &into, platform.as_ref())).await;
    ingested.map_err(|error| failed(io::Error::other(error).into()))?.map_err(failed)
}

/// All of `chunks` in a file without a name.
async fn spooled(chunks: impl Stream<Item = io::Result<Bytes>>, store: &ContentStore) -> Result<File, ArchiveProblem> {
    let mut file = store.scratch()?;
    let mut chunks = std::pin::pin!(chunks);
    let mut waiting = Vec::new();
    loop {
        let chunk = chunks.next().await.transpose()?;
        let is_end = chunk.is_none();
        waiting.extend_from_slice(&chunk.unwrap_or_default());
        if waiting.len() >= CHUNK || is_end {
            let written = std::mem::take(&mut waiting);
            let written = tokio::task::spawn_blocking(move || file.write_all(&written).map(|()| file)).await;
            file = written.map_err(io::Error::other)??;
        }
        if is_end {
            return Ok(file);
        }
    }
}

/// Takes in the archive in `file`.
fn ingest_opened(mut file: File, store: &ContentStore, platform: Option<&Platform>) -> Result<Digest, ArchiveProblem> {
    if pack::is_gzip(&mut file)? {
        let mut plain = store.scratch()?;
        pack::unpack(&file, &mut plain)?;
        file = plain;
    }
    file.seek(SeekFrom::Start(0))?;
    ingest(&Tarball::new(file)?, store, platform)
}

fn ingest(source: &dyn Source, store: &ContentStore, platform: Option<&Platform>) -> Result<Digest, ArchiveProblem> {
    if source.has(layout::INDEX) {
        layout::ingest(source, store, platform)
    } else if source.has(saved::MANIFEST) {
        saved::ingest(source, store, platform)
    } else {
        Err(ArchiveProblem::NoImage)
    }
}

#[cfg(test)]
mod tests;
