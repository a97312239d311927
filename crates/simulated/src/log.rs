//! The folder of a simulated cloud: one file to which every change is appended before the call that made it returns.
//!
//! Several processes may use a folder at once. A change is made under an exclusive lock on the file, after reading what
//! others have appended; a line that was torn by a kill is cut off by the next change.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::entry::{Entry, Key};

/// One change, as a line of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Change {
    /// A resource is new, or is otherwise than before.
    Put(Arc<Entry>),
    /// A resource is gone.
    Gone(Key),
    /// An address has had so many resources of a type, live ones included: what a file that is written anew keeps of
    /// those that are gone.
    Had {
        #[serde(rename = "t")]
        type_name: Arc<str>,
        #[serde(rename = "a")]
        address: Arc<str>,
        #[serde(rename = "n")]
        count: u64,
    },
}

/// The file, as far as this process has read it.
pub(crate) struct Log {
    path: PathBuf,
    file: File,
    /// Held shared by every process that has the folder open; exclusively by one that rewrites the file.
    users: File,
    read_to: u64,
}

/// Below this many lines a file is never rewritten.
const FEW: usize = 64;

impl Log {
    /// Opens the file in `folder`, which is made if it is not there.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        private_folder(folder)?;
        let users = private_file(&folder.join("users.lock"))?;
        users.lock_shared()?;
        let path = folder.join("cloud.ndjson");
        Ok(Self { file: private_file(&path)?, path, users, read_to: 0 })
    }

    /// The folder's file, for messages.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The changes that were made since the last look, by other processes too.
    pub(crate) fn news(&mut self) -> io::Result<Vec<Change>> {
        if self.file.metadata()?.len() == self.read_to {
            return Ok(Vec::new());
        }
        let mut text = Vec::new();
        self.file.seek(SeekFrom::Start(self.read_to))?;
        self.file.read_to_end(&mut text)?;
        let complete = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        let lines = text[..complete].split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let changes =
            lines.map(|line| serde_json::from_slice(line).map_err(io::Error::from)).collect::<io::Result<_>>()?;
        self.read_to += complete as u64;
        Ok(changes)
    }

    /// Takes the exclusive lock that making a change needs.
    pub(crate) fn lock(&self) -> io::Result<()> {
        self.file.lock()
    }

    /// Gives the lock back.
    pub(crate) fn unlock(&self) -> io::Result<()> {
        self.file.unlock()
    }

    /// Appends changes. The lock must be held and all news taken in.
    pub(crate) fn append(&mut self, changes: &[Change]) -> io::Result<()> {
        let text = lines(changes)?;
        self.file.set_len(self.read_to)?;
        self.file.seek(SeekFrom::Start(self.read_to))?;
        self.file.write_all(&text)?;
        self.read_to += text.len() as u64;
        Ok(())
    }

    /// Rewrites the file with `gist` alone, which says all that matters of what was read, if more than half of the
    /// `lines_read` say nothing any more and no other process has the folder open.
    pub(crate) fn compact(&mut self, lines_read: usize, gist: &[Change]) -> io::Result<()> {
        if lines_read < FEW || lines_read <= 2 * gist.len() {
            return Ok(());
        }
        self.users.unlock()?;
        if self.users.try_lock().is_ok() {
            self.rewrite(gist)?;
            self.users.unlock()?;
        }
        self.users.lock_shared()
    }

    fn rewrite(&mut self, gist: &[Change]) -> io::Result<()> {
        let fresh = self.path.with_extension("new");
        fs::write(&fresh, b"")?;
        let mut file = private_file(&fresh)?;
        let text = lines(gist)?;
        file.write_all(&text)?;
        fs::rename(&fresh, &self.path)?;
        self.file = file;
        self.read_to = text.len() as u64;
        Ok(())
    }
}

fn lines(changes: &[Change]) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    for change in changes {
        serde_json::to_writer(&mut text, change)?;
        text.push(b'\n');
    }
    Ok(text)
}

fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
