//! Layers that were packed here: which blob has the content of which digest. So none is packed twice.

use super::digest::Digest;
use super::error::ContentError;
use super::store::ContentStore;

impl ContentStore {
    /// The blob that has the layer `content`, by gzip, and its length; nothing where it was not packed here or is gone.
    pub(crate) fn packed(&self, content: &Digest) -> Result<Option<(Digest, u64)>, ContentError> {
        let Ok(text) = std::fs::read_to_string(self.path(&file_of(content))) else { return Ok(None) };
        let Ok(digest) = text.trim_end().parse::<Digest>() else { return Ok(None) };
        Ok(self.size(&digest)?.map(|size| (digest, size)))
    }

    /// Remembers that the blob `packed` has the layer `content`.
    pub(crate) fn remember_packed(&self, content: &Digest, packed: &Digest) -> Result<(), ContentError> {
        self.note(&file_of(content), format!("{packed}\n").as_bytes())
    }
}

fn file_of(content: &Digest) -> String {
    format!("layers/{}", content.hex())
}
