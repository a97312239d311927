//! A folder as a list of what is in it, and the digest of such a list.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ironwright_core::secret::hex;

use super::AssetError;
use super::ignore::Ignore;
use crate::hash::{self, Hasher};

/// How much of a file is in memory at once.
const CHUNK: usize = 64 * 1024;

/// Something in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its path in the folder, with `/` between the parts.
    pub path: String,
    /// Where it lies.
    pub location: PathBuf,
    /// What it is.
    pub kind: ItemKind,
}

/// What an [`Item`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// A file.
    File {
        /// Whether its owner may run it.
        executable: bool,
        /// Its size when it was looked at.
        size: u64,
    },
    /// A folder.
    Folder,
    /// A symbolic link.
    Link {
        /// Where it leads, as it is written.
        target: String,
    },
}

/// All in `folder` that `ignore` does not leave out, in order of paths. Sockets, pipes and devices are left out.
pub(super) fn items(folder: &Path, ignore: &Ignore) -> Result<Vec<Item>, AssetError> {
    let mut found = Vec::new();
    let mut open = vec![String::new()];
    while let Some(parent) = open.pop() {
        let here = folder.join(&parent);
        let failed = |error| AssetError::reading(&here, error);
        for entry in fs::read_dir(&here).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if parent.is_empty() { name } else { format!("{parent}/{name}") };
            let left_out = ignore.leaves_out(&path);
            let is_folder = entry.file_type().map_err(failed)?.is_dir();
            if is_folder && (!left_out || ignore.may_let_through_in(&path)) {
                open.push(path.clone());
            }
            if !left_out {
                found.extend(item(path, entry.path())?);
            }
        }
    }
    found.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(found)
}

/// A file alone, under no path.
pub(super) fn file(location: &Path) -> Result<Vec<Item>, AssetError> {
    let metadata = fs::metadata(location).map_err(|error| AssetError::reading(location, error))?;
    let kind = ItemKind::File { executable: false, size: metadata.len() };
    Ok(vec![Item { path: String::new(), location: location.to_owned(), kind }])
}

/// What lies at `location`; nothing where that is no file, folder or link.
pub(super) fn item(path: String, location: PathBuf) -> Result<Option<Item>, AssetError> {
    let failed = |error| AssetError::reading(&location, error);
    let metadata = fs::symlink_metadata(&location).map_err(failed)?;
    let kind = if metadata.is_dir() {
        ItemKind::Folder
    } else if metadata.is_symlink() {
        ItemKind::Link { target: fs::read_link(&location).map_err(failed)?.to_string_lossy().into_owned() }
    } else if metadata.is_file() {
        ItemKind::File { executable: is_executable(&metadata), size: metadata.len() }
    } else {
        return Ok(None);
    };
    Ok(Some(Item { path, location, kind }))
}

#[cfg(unix)]
fn is_executable(metadata: &Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Metadata) -> bool {
    false
}

/// What a file holds: its digest, and how many bytes that was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) hash: [u8; hash::LENGTH],
    pub(crate) size: u64,
}

/// The digest of `items` in their order: `sha256:…`.
pub(super) fn digest(items: &[Item]) -> Result<String, AssetError> {
    Ok(digest_of(items, &contents(items)?))
}

/// What the files among `items` hold, in their order; nothing for the others.
pub(crate) fn contents(items: &[Item]) -> Result<Vec<Option<Content>>, AssetError> {
    let content = |Item { location, kind, .. }: &Item| match kind {
        ItemKind::File { .. } => content(location).map(Some).map_err(|error| AssetError::reading(location, error)),
        ItemKind::Folder | ItemKind::Link { .. } => Ok(None),
    };
    items.iter().map(content).collect()
}

/// The digest of `items` in their order, which hold `contents`.
pub(crate) fn digest_of(items: &[Item], contents: &[Option<Content>]) -> String {
    let mut whole = Hasher::new();
    for (Item { path, kind, .. }, content) in items.iter().zip(contents) {
        let (word, text) = match kind {
            ItemKind::File { executable: true, .. } => ("program", ""),
            ItemKind::File { executable: false, .. } => ("file", ""),
            ItemKind::Folder => ("folder", ""),
            ItemKind::Link { target } => ("link", target.as_str()),
        };
        let hash = content.as_ref().map_or(&[][..], |content| &content.hash[..]);
        for part in [word.as_bytes(), path.as_bytes(), text.as_bytes(), hash] {
            whole.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            whole.update(part);
        }
    }
    format!("sha256:{}", hex(&whole.finish()))
}

fn content(location: &Path) -> io::Result<Content> {
    let mut file = File::open(location)?;
    let (mut hasher, mut chunk, mut size) = (Hasher::new(), vec![0; CHUNK], 0);
    loop {
        let length = match file.read(&mut chunk) {
            Ok(0) => return Ok(Content { hash: hasher.finish(), size }),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(&chunk[..length]);
        size += length as u64;
    }
}
