//! The versions before, in a folder: `history/<serial>.json`, each another name of a snapshot that was replaced. What is
//! in the files is `codec`'s business.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::{remove, sync_folder};

/// How many versions are kept besides the last snapshot.
pub(crate) const VERSIONS: usize = 20;

/// The folder of the versions before.
pub(super) struct History(PathBuf);

impl History {
    /// The history below the folder of a state; nothing is touched yet.
    pub(super) fn below(folder: &Path) -> Self {
        Self(folder.join("history"))
    }

    /// Where the version `serial` lies, if it is kept.
    pub(super) fn file(&self, serial: u64) -> PathBuf {
        self.0.join(format!("{serial}.json"))
    }

    /// The newest version before `serial`.
    pub(super) fn newest_before(&self, serial: u64) -> Option<PathBuf> {
        let kept = self.serials().unwrap_or_default();
        kept.into_iter().rfind(|kept| *kept < serial).map(|kept| self.file(kept))
    }

    /// The serials of what is kept, lowest first.
    pub(super) fn serials(&self) -> io::Result<Vec<u64>> {
        let files = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            files => files?,
        };
        let mut serials = Vec::new();
        for file in files {
            let name = file?.file_name();
            serials.extend(name.to_str().and_then(|name| name.strip_suffix(".json")?.parse::<u64>().ok()));
        }
        serials.sort_unstable();
        Ok(serials)
    }

    /// Keeps the snapshot in the file `state`, which is to be replaced, as version `serial`, and drops the oldest beyond
    /// what is kept. The version is there whole or not at all, and `state` stays as it is throughout.
    pub(super) fn keep(&self, state: &Path, serial: u64) -> io::Result<()> {
        fs::create_dir_all(&self.0)?;
        let link = self.0.join("link");
        remove(&link)?;
        if fs::hard_link(state, &link).is_err() {
            fs::copy(state, &link)?;
            fs::File::open(&link)?.sync_all()?;
        }
        fs::rename(&link, self.file(serial))?;
        // Where a run was killed here before, both were names of one file already, and renaming has done nothing.
        remove(&link)?;
        self.drop_oldest(serial)?;
        sync_folder(&self.0)
    }

    /// Versions after `newest` are of a state that was put back by hand; they are overwritten in time.
    fn drop_oldest(&self, newest: u64) -> io::Result<()> {
        let kept: Vec<u64> = self.serials()?.into_iter().filter(|serial| *serial <= newest).collect();
        let surplus = kept.len().saturating_sub(VERSIONS);
        kept[..surplus].iter().try_for_each(|serial| remove(&self.file(*serial)))
    }
}
