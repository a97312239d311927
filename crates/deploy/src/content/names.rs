//! The images that are kept, each for somebody.

use super::digest::Digest;
use super::error::ContentError;
use super::store::ContentStore;
use super::writer::removed;

impl ContentStore {
    /// Keeps the image `digest` for `owner`, instead of what was kept for it before. An owner is a resource of a stage of
    /// an app: `shop/prod/web/image`.
    pub fn keep(&self, owner: &str, digest: &Digest) -> Result<(), ContentError> {
        self.note(&file_of(owner), format!("{digest}\n{owner}\n").as_bytes())
    }

    /// Keeps nothing for `owner` any more.
    pub fn let_go(&self, owner: &str) -> Result<(), ContentError> {
        removed(&self.path(&file_of(owner)))
    }

    /// What is kept for `owner`.
    pub fn kept(&self, owner: &str) -> Option<Digest> {
        read(&std::fs::read_to_string(self.path(&file_of(owner))).ok()?)
    }

    /// All that is kept.
    pub(super) fn all_kept(&self) -> Result<Vec<Digest>, ContentError> {
        let folder = self.path("kept");
        let failed = |error| ContentError::file(&folder, error);
        let mut kept = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let text = std::fs::read_to_string(entry.map_err(failed)?.path()).map_err(failed)?;
            kept.extend(read(&text));
        }
        Ok(kept)
    }
}

fn read(text: &str) -> Option<Digest> {
    text.lines().next()?.parse().ok()
}

/// An owner's name may hold anything; its digest is a name for a file.
fn file_of(owner: &str) -> String {
    format!("kept/{}", Digest::of(owner.as_bytes()).hex())
}
