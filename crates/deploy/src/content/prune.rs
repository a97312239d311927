//! What goes: blobs that were not used for long and belong to no image that is kept, and what killed processes left.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::LONGEST_MANIFEST;
use super::digest::Digest;
use super::error::ContentError;
use super::manifest::Document;
use super::store::ContentStore;
use super::writer::removed;

/// How long a blob is there unused.
const UNUSED: Duration = Duration::from_hours(30 * 24);

/// How often that is looked at, and how long a file of nobody's is left.
const DAY: Duration = Duration::from_hours(24);

/// Its time of change is when that was looked at last.
const PRUNED: &str = "pruned";

impl ContentStore {
    /// Prunes, if it has not been done today. Nobody else may have the store open.
    pub(super) fn prune_daily(&self) -> Result<(), ContentError> {
        if self.age(&self.path(PRUNED)).is_some_and(|age| age < DAY) {
            return Ok(());
        }
        self.prune()?;
        self.note(PRUNED, b"")?;
        self.touched(PRUNED)
    }

    fn touched(&self, part: &str) -> Result<(), ContentError> {
        let path = self.path(part);
        let file = fs::File::open(&path).and_then(|file| file.set_modified(self.now()));
        file.map_err(|error| ContentError::file(&path, error))
    }

    fn prune(&self) -> Result<(), ContentError> {
        let mut needed = BTreeSet::new();
        for digest in self.all_kept()? {
            self.collect(&digest, &mut needed);
        }
        for (part, limit) in [("incoming", DAY), ("blobs/sha256", UNUSED), ("layers", UNUSED)] {
            let folder = self.path(part);
            let entries = fs::read_dir(&folder).map_err(|error| ContentError::file(&folder, error))?;
            for path in entries.flatten().map(|entry| entry.path()) {
                let is_needed = |name: &str| part == "blobs/sha256" && needed.contains(name);
                let name = path.file_name().and_then(|name| name.to_str());
                let old = self.age(&path).is_some_and(|age| age >= limit);
                if old && !name.is_some_and(is_needed) && !self.is_of_use(part, &path) {
                    removed(&path)?;
                }
            }
        }
        Ok(())
    }

    /// Whether it is a note of a layer that is still there.
    fn is_of_use(&self, part: &str, path: &Path) -> bool {
        let blob = || fs::read_to_string(path).ok()?.trim_end().parse::<Digest>().ok();
        part == "layers" && blob().is_some_and(|digest| self.blob(&digest).exists())
    }

    /// Puts the names of all that the image or index `digest` consists of into `needed`. Reading it touches nothing.
    fn collect(&self, digest: &Digest, needed: &mut BTreeSet<String>) {
        if !needed.insert(digest.hex().to_owned()) {
            return;
        }
        let path = self.blob(digest);
        let short = fs::metadata(&path).is_ok_and(|metadata| metadata.len() <= LONGEST_MANIFEST);
        let bytes = Some(path).filter(|_| short).and_then(|path| fs::read(path).ok());
        let Some(Ok(document)) = bytes.map(|bytes| Document::parse(&bytes)) else { return };
        for part in document.descriptors() {
            if matches!(document, Document::Index(_)) {
                self.collect(&part.digest, needed);
            } else {
                needed.insert(part.digest.hex().to_owned());
            }
        }
    }

    /// How long ago the file at `path` was used; nothing where it is not there. One from the future is new.
    fn age(&self, path: &Path) -> Option<Duration> {
        let used: SystemTime = fs::metadata(path).ok()?.modified().ok()?;
        Some(self.now().duration_since(used).unwrap_or_default())
    }
}
