//! Layers, each taken in once.

use std::io::Read;

use super::error::ArchiveProblem;
use super::pack::{self, Format};
use super::source::Source;
use crate::content::{ContentStore, Descriptor, Digest};

/// The blob of the layer in the file `name`, packed, with its length. It holds what is called `content`, or is refused.
pub(super) fn packed(
    source: &dyn Source,
    store: &ContentStore,
    name: &str,
    content: &Digest,
) -> Result<(Digest, u64), ArchiveProblem> {
    if let Some(packed) = store.packed(content)? {
        return Ok(packed);
    }
    let (mut reader, _) = source.open(name)?;
    let mut head = Vec::new();
    reader.by_ref().take(4).read_to_end(&mut head)?;
    let mut writer = store.writer()?;
    let actual = match pack::packed_as(&head) {
        None => pack::pack(&mut head.chain(reader), &mut writer)?,
        Some(Format::Gzip) => {
            writer.append_all(&mut head.chain(reader))?;
            pack::digest_of_unpacked(&mut source.open(name)?.0)?
        }
        Some(Format::Zstd) => {
            return Err(ArchiveProblem::malformed(name, "it is packed by Zstandard, and not by gzip"));
        }
    };
    if actual != *content {
        return Err(ArchiveProblem::WrongDigest { name: name.to_owned(), expected: content.clone(), actual });
    }
    let written = writer.finish();
    let size = written.size();
    let digest = written.commit(None)?;
    store.remember_packed(content, &digest)?;
    Ok((digest, size))
}

/// Takes in the blob that an OCI layout has in the file `name`, as it is.
pub(super) fn as_it_is(
    source: &dyn Source,
    store: &ContentStore,
    name: &str,
    blob: &Descriptor,
) -> Result<(), ArchiveProblem> {
    if store.holds(blob)? {
        return Ok(());
    }
    let (mut reader, size) = source.open(name)?;
    if size != blob.size {
        return Err(ArchiveProblem::malformed(name, format!("it has {size} bytes, and should have {}", blob.size)));
    }
    let mut writer = store.writer()?;
    writer.append_all(&mut reader)?;
    let written = writer.finish();
    if *written.digest() != blob.digest {
        let (expected, actual) = (blob.digest.clone(), written.digest().clone());
        return Err(ArchiveProblem::WrongDigest { name: name.to_owned(), expected, actual });
    }
    written.commit(Some(&blob.digest))?;
    Ok(())
}
