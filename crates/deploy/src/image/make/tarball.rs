//! A context as the classic builder takes it: one tar archive, sent while it is written.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use tar::{Builder, EntryType, Header};
use tokio::sync::mpsc;

use super::context::{Context, Entry, EntryKind, Source};
use super::daemon::Body;
use crate::hash::Hasher;

/// The Dockerfile's name in the archive, where it is none of what `COPY` finds.
const HIDDEN: &str = ".ironwright.Dockerfile";

/// How much is written at once.
const CHUNK: usize = 64 * 1024;

/// The name of the Dockerfile in the archive of `context`.
pub(super) fn dockerfile(context: &Context) -> &str {
    if context.has_dockerfile { &context.dockerfile.path } else { HIDDEN }
}

/// The archive of `context`, as what a request carries.
pub(super) fn body(context: Arc<Context>) -> Body {
    let (sender, mut receiver) = mpsc::channel(16);
    tokio::task::spawn_blocking(move || {
        let mut pipe = Pipe { sender, buffer: Vec::with_capacity(CHUNK) };
        if let Err(error) = write(&context, &mut pipe) {
            // The daemon is not to take the beginning for the whole.
            let _ = pipe.sender.blocking_send(Err(error));
        }
    });
    let chunks = futures_util::stream::poll_fn(move |task| receiver.poll_recv(task));
    StreamBody::new(chunks.map(|chunk| chunk.map(Frame::data))).boxed_unsync()
}

/// Writes the archive.
pub(super) fn write(context: &Context, to: &mut impl Write) -> io::Result<()> {
    let mut archive = Builder::new(to);
    let hidden = if context.has_dockerfile { Vec::new() } else { hidden(context) };
    for entry in context.entries.iter().filter(|entry| !hidden.iter().any(|other| other.path == entry.path)) {
        append(&mut archive, context, entry)?;
    }
    for entry in &hidden {
        append(&mut archive, context, entry)?;
    }
    archive.into_inner()?.flush()
}

/// A Dockerfile that `COPY` shall not find: the builder takes it away where an ignore file names it.
fn hidden(context: &Context) -> Vec<Entry> {
    let ignore = context.entries.iter().find(|entry| entry.path == ".dockerignore");
    let text = match ignore.map(|entry| &entry.kind) {
        Some(EntryKind::File { source: Source::File(path), .. }) => std::fs::read_to_string(path).unwrap_or_default(),
        _ => ".dockerignore".to_owned(),
    };
    let ignore = Entry::memory(".dockerignore", &format!("{}\n{HIDDEN}\n", text.trim_end()));
    vec![ignore, Entry { path: HIDDEN.to_owned(), ..context.dockerfile.clone() }]
}

fn append(archive: &mut Builder<impl Write>, context: &Context, entry: &Entry) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_mode(entry.mode());
    header.set_mtime(entry.time().0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(entry.size());
    match &entry.kind {
        EntryKind::Folder => {
            header.set_entry_type(EntryType::Directory);
            archive.append_data(&mut header, &entry.path, io::empty())
        }
        EntryKind::Link { target } => {
            header.set_entry_type(EntryType::Symlink);
            archive.append_link(&mut header, &entry.path, target)
        }
        EntryKind::File { source, content, .. } => {
            header.set_entry_type(EntryType::Regular);
            let mut reader = Checked { inner: source.open(), hasher: Hasher::new(), left: content.size };
            let appended = archive.append_data(&mut header, &entry.path, &mut reader);
            if appended.is_err() || reader.hasher.finish() != content.hash {
                context.failed(&entry.path, appended.as_ref().err().filter(|error| error.kind() != CHANGED));
                return Err(CHANGED.into());
            }
            Ok(())
        }
    }
}

/// What reading a file that is shorter or longer than it was comes to.
const CHANGED: io::ErrorKind = io::ErrorKind::InvalidData;

impl Source {
    fn open(&self) -> io::Result<Box<dyn Read>> {
        Ok(match self {
            Self::File(path) => Box::new(File::open(path)?),
            Self::Memory(bytes) => Box::new(io::Cursor::new(bytes.clone())),
        })
    }
}

/// Reads as many bytes as were announced, and digests them.
struct Checked {
    inner: io::Result<Box<dyn Read>>,
    hasher: Hasher,
    left: u64,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let inner = self.inner.as_mut().map_err(|error| io::Error::new(error.kind(), error.to_string()))?;
        let length = inner.read(buffer)?;
        self.left = match self.left.checked_sub(length as u64) {
            Some(left) if length > 0 || left == 0 => left,
            _ => return Err(CHANGED.into()),
        };
        self.hasher.update(&buffer[..length]);
        Ok(length)
    }
}

/// Where the archive is written to: chunks for a request.
struct Pipe {
    sender: mpsc::Sender<io::Result<Bytes>>,
    buffer: Vec<u8>,
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let chunk = Bytes::from(std::mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK)));
        self.sender.blocking_send(Ok(chunk)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::error::MakeErrorKind;
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("Dockerfile"), "FROM scratch").expect("a file");
        fs::write(folder.path().join("file"), "before").expect("a file");
        folder
    }

    fn archive(context: &Context) -> io::Result<Vec<u8>> {
        let mut archive = Vec::new();
        write(context, &mut archive).map(|()| archive)
    }

    #[test]
    fn the_same_files_make_the_same_archive() {
        let [one, other] = [folder(), folder()].map(|folder| {
            let deep = format!("{}/{}", "d".repeat(90), "e".repeat(90));
            fs::create_dir_all(folder.path().join(&deep)).expect("folders");
            fs::write(folder.path().join(deep).join("f"), "").expect("a file");
            let context = Context::read(folder.path(), "Dockerfile", None).expect("it is read");
            archive(&context).expect("it is written")
        });
        assert_eq!(one, other);
        let mut archive = tar::Archive::new(&one[..]);
        let entries = archive.entries().expect("an archive").map(|entry| entry.expect("an entry"));
        let names: Vec<String> = entries.map(|entry| entry.path().expect("a path").display().to_string()).collect();
        assert!(names.len() == 5 && names.iter().any(|name| name.len() == 183), "{names:?}");
    }

    #[test]
    fn what_changes_while_it_is_sent_ends_the_archive() {
        for (after, kind) in [
            (Some("befor!"), MakeErrorKind::ContextChanged),
            (Some("longer than before"), MakeErrorKind::ContextChanged),
            (Some("short"), MakeErrorKind::ContextChanged),
            (None, MakeErrorKind::Context),
        ] {
            let folder = folder();
            let context = Context::read(folder.path(), "Dockerfile", None).expect("it is read");
            let path = folder.path().join("file");
            match after {
                Some(text) => fs::write(&path, text).expect("a file"),
                None => fs::remove_file(&path).expect("it is there"),
            }
            assert!(archive(&context).is_err(), "{after:?}");
            let trouble = context.trouble().expect("it is told");
            assert!(trouble.kind == kind && trouble.message.starts_with("file "), "{after:?}: {trouble}");
        }
    }

    #[test]
    fn a_dockerfile_that_is_not_copied_is_named_to_the_builder() {
        let folder = folder();
        let context = Context::read(folder.path(), "", Some("FROM scratch\n# generated")).expect("it is read");
        let archive = archive(&context).expect("it is written");
        let mut archive = tar::Archive::new(&archive[..]);
        let mut found = Vec::new();
        for entry in archive.entries().expect("an archive") {
            let mut entry = entry.expect("an entry");
            let (mut text, path) = (String::new(), entry.path().expect("a path").display().to_string());
            entry.read_to_string(&mut text).expect("text");
            found.push((path, text));
        }
        assert_eq!(dockerfile(&context), HIDDEN);
        assert!(found.contains(&(HIDDEN.to_owned(), "FROM scratch\n# generated".to_owned())), "{found:?}");
        assert!(found.contains(&(".dockerignore".to_owned(), format!(".dockerignore\n{HIDDEN}\n"))), "{found:?}");
    }
}
