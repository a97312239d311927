//! What a build is given of a folder: entries in an order that both builders take, each file with the digest of what it holds.
//!
//! All of it is read once to be digested and again to be sent; what changed in between is an error, never sent unseen.
//! A file's time is made of its content. So it is the same everywhere, an image's layers are too, and what compares files by
//! time and size (BuildKit, web servers and their clients' caches) sees each change.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use bytes::Bytes;

use crate::assets::{Content, Item, ItemKind, contents, digest_of, listing};

use super::error::{MakeError, MakeErrorKind};
use crate::hash::sha256;

/// 2000-01-01: a time that every format of archive has.
const BASE: u64 = 946_684_800;

/// Twenty years, in seconds.
const SPAN: u64 = 20 * 365 * 24 * 3600;

/// Something that a build is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its path, with `/` between the parts.
    pub(super) path: String,
    /// What it is.
    pub(super) kind: EntryKind,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EntryKind {
    /// A folder.
    Folder,
    /// A symbolic link.
    Link {
        /// Where it leads.
        target: String,
    },
    /// A file.
    File {
        /// What it holds.
        source: Source,
        /// Whether it may be run.
        executable: bool,
        /// The digest and the length of that.
        content: Content,
    },
}

/// Where a file's bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// In a file.
    File(PathBuf),
    /// Here.
    Memory(Bytes),
}

/// A build's context.
#[derive(Debug)]
pub(super) struct Context {
    /// What `COPY` finds, in order of paths, a folder before what is in it.
    pub(super) entries: Vec<Entry>,
    /// The Dockerfile.
    pub(super) dockerfile: Entry,
    /// Whether that is among the entries.
    pub(super) has_dockerfile: bool,
    digest: String,
    /// Why it could not be sent.
    trouble: Mutex<Option<MakeError>>,
}

impl Context {
    /// The context in `folder`, built by the Dockerfile at `dockerfile` in it, or by `text`.
    pub(super) fn read(folder: &Path, dockerfile: &str, text: Option<&str>) -> Result<Self, MakeError> {
        let listing = listing(folder, text.is_none().then_some(dockerfile))?;
        let all = listing.all();
        let known = contents(&all)?;
        let digest = digest_of(&all, &known);
        let entry = |item: &Item| {
            let index = all.binary_search_by(|other| other.path.cmp(&item.path)).expect("it is in the list");
            Entry::of(item, known[index])
        };
        let dockerfile = match (text, &listing.dockerfile) {
            (Some(text), _) => Entry::memory("Dockerfile", text),
            (None, Some(item)) => entry(item),
            (None, None) => return Err(MakeError::new(MakeErrorKind::Context, "the Dockerfile is no file")),
        };
        let entries = with_folders(listing.items.iter().map(entry).collect());
        let has_dockerfile = listing.has_dockerfile();
        Ok(Self { entries, dockerfile, has_dockerfile, digest, trouble: Mutex::new(None) })
    }

    /// Refuses a context other than `planned`.
    pub(super) fn is_as(&self, planned: Option<&str>, folder: &Path) -> Result<(), MakeError> {
        if planned.is_none_or(|planned| planned == self.digest) {
            return Ok(());
        }
        Err(changed(&format!("the context {}", folder.display())))
    }

    /// Remembers that the file at `path` is not what it was.
    pub(super) fn failed(&self, path: &str, error: Option<&std::io::Error>) {
        let error = match error {
            Some(error) => MakeError::new(MakeErrorKind::Context, format!("{path} cannot be read: {error}")),
            None => changed(path),
        };
        self.trouble.lock().expect("nobody panics with it").get_or_insert(error);
    }

    /// Why it could not be sent.
    pub(super) fn trouble(&self) -> Option<MakeError> {
        self.trouble.lock().expect("nobody panics with it").take()
    }
}

pub(super) fn changed(what: &str) -> MakeError {
    let message = format!("{what} changed after the plan was made; nothing was built: plan again");
    MakeError::new(MakeErrorKind::ContextChanged, message)
}

impl Entry {
    fn of(item: &Item, content: Option<Content>) -> Self {
        let kind = match (&item.kind, content) {
            (ItemKind::File { executable, .. }, Some(content)) => {
                EntryKind::File { source: Source::File(item.location.clone()), executable: *executable, content }
            }
            (ItemKind::Link { target }, _) => EntryKind::Link { target: target.clone() },
            _ => EntryKind::Folder,
        };
        Self { path: item.path.clone(), kind }
    }

    /// A file of text that is in no folder.
    pub(super) fn memory(path: &str, text: &str) -> Self {
        let bytes = Bytes::copy_from_slice(text.as_bytes());
        let content = Content { hash: sha256(&bytes), size: bytes.len() as u64 };
        Self {
            path: path.to_owned(),
            kind: EntryKind::File { source: Source::Memory(bytes), executable: false, content },
        }
    }

    /// Its name, without the folders it is in.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// What may be done with it.
    pub(super) fn mode(&self) -> u32 {
        match self.kind {
            EntryKind::Folder | EntryKind::File { executable: true, .. } => 0o755,
            EntryKind::File { executable: false, .. } => 0o644,
            EntryKind::Link { .. } => 0o777,
        }
    }

    /// Its length in bytes.
    pub(super) fn size(&self) -> u64 {
        match &self.kind {
            EntryKind::File { content, .. } => content.size,
            EntryKind::Folder | EntryKind::Link { .. } => 0,
        }
    }

    /// Its time, in seconds and nanoseconds since 1970.
    pub(super) fn time(&self) -> (u64, u32) {
        let EntryKind::File { content, .. } = &self.kind else { return (BASE, 0) };
        let (seconds, rest) = content.hash.split_at(8);
        let seconds = u64::from_be_bytes(seconds.try_into().expect("eight bytes"));
        let nanoseconds = u32::from_be_bytes(rest[..4].try_into().expect("four bytes"));
        (BASE + seconds % SPAN, nanoseconds % 1_000_000_000)
    }
}

/// The entries with the folders that they are in, those that were left out too; a folder comes before what is in it.
fn with_folders(mut entries: Vec<Entry>) -> Vec<Entry> {
    let mut missing = std::collections::BTreeSet::new();
    for entry in &entries {
        missing.extend(entry.path.match_indices('/').map(|(at, _)| entry.path[..at].to_owned()));
    }
    for entry in &entries {
        missing.remove(&entry.path);
    }
    entries.extend(missing.into_iter().map(|path| Entry { path, kind: EntryKind::Folder }));
    entries.sort_by(|left, right| left.path.split('/').cmp(right.path.split('/')));
    entries
}

#[cfg(test)]
mod tests {
    use std::fs;

    use ironwright_core::function::{Asset, AssetKind};
    use ironwright_engine::Assets;

    use super::*;
    use crate::assets::AssetFolder;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
            fs::write(path, text).expect("a file");
        }
        folder
    }

    fn paths(context: &Context) -> Vec<&str> {
        context.entries.iter().map(|entry| entry.path.as_str()).collect()
    }

    #[test]
    fn folders_come_first_and_none_is_missing() {
        let folder = folder(&[
            ("Dockerfile", "FROM scratch"),
            (".dockerignore", "a\n!a/b/keep\nDockerfile\n.dockerignore"),
            ("a/b/keep", ""),
            ("a/b/drop", ""),
            ("a-file", ""),
            ("c/d", ""),
            ("c-file", ""),
        ]);
        let context = Context::read(folder.path(), "Dockerfile", None).expect("it is read");
        assert_eq!(paths(&context), ["a", "a/b", "a/b/keep", "a-file", "c", "c/d", "c-file"]);
        assert_eq!((context.dockerfile.name(), context.has_dockerfile), ("Dockerfile", false));
        let generated = Context::read(folder.path(), "Dockerfile", Some("FROM scratch")).expect("it is read");
        assert_eq!(generated.entries, context.entries);
    }

    #[test]
    fn a_dockerfile_that_is_a_link_is_read_and_copied_as_a_link() {
        let folder = folder(&[("app/file", ""), ("Dockerfile", "FROM scratch")]);
        let app = folder.path().join("app");
        std::os::unix::fs::symlink("../Dockerfile", app.join("Dockerfile")).expect("a link");
        let context = Context::read(&app, "Dockerfile", None).expect("it is read");
        assert_eq!((paths(&context), context.has_dockerfile), (vec!["Dockerfile", "file"], false));
        assert_eq!(context.entries[0].kind, EntryKind::Link { target: "../Dockerfile".to_owned() });
        assert_eq!((context.dockerfile.name(), context.dockerfile.size()), ("Dockerfile", 12));
    }

    #[test]
    fn what_is_sent_is_what_was_planned() {
        let folder = folder(&[("Dockerfile", "FROM scratch"), ("b", "1")]);
        let asset =
            Asset { path: String::new().into(), kind: AssetKind::DockerContext { dockerfile: "Dockerfile".into() } };
        let planned = AssetFolder::new(folder.path()).digest(&asset).expect("a digest");
        let check = || Context::read(folder.path(), "Dockerfile", None)?.is_as(Some(&planned), folder.path());
        assert_eq!(check(), Ok(()));
        fs::write(folder.path().join("b"), "2").expect("a file");
        let error = check().expect_err("it changed");
        assert!(error.kind == MakeErrorKind::ContextChanged && error.message.contains("plan again"), "{error}");
    }

    #[test]
    fn a_files_time_is_that_of_its_content() {
        let time = |text: &str| Entry::memory("a", text).time();
        assert_eq!(time("1"), time("1"));
        assert_ne!(time("1"), time("2"));
        assert!((BASE..BASE + SPAN).contains(&time("1").0));
    }
}
