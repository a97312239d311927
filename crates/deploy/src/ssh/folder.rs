//! The private folder of a run: control sockets, pinned keys, a private key while somebody logs in. It goes with the run;
//! what a killed run left goes with the next one.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;

/// How the folders of runs are called. Short: the path of a socket has about a hundred bytes.
const PREFIX: &str = "ironwright-ssh-";

/// The file that a run holds locked as long as it lives.
const LOCK: &str = "lock";

/// The folder of one run, which nobody else can look into.
#[derive(Debug)]
pub(super) struct RunFolder {
    folder: TempDir,
    /// Locked while this process lives, however it ends.
    _lock: File,
    files: AtomicUsize,
}

impl RunFolder {
    /// A new folder in `parent`, from which the folders of runs that were killed are removed.
    pub(super) fn new(parent: &Path) -> io::Result<Self> {
        let folder =
            tempfile::Builder::new().prefix(PREFIX).permissions(Permissions::from_mode(0o700)).tempdir_in(parent)?;
        // Locked before it is there by its name: another run must not take this one for dead.
        let unlocked = folder.path().join("unlocked");
        let lock = private_file(&unlocked)?;
        lock.lock()?;
        fs::rename(unlocked, folder.path().join(LOCK))?;
        remove_leftovers(parent, folder.path());
        Ok(Self { folder, _lock: lock, files: AtomicUsize::new(0) })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A path in the folder that was never used, which ends in `name`.
    pub(super) fn unused(&self, name: &str) -> PathBuf {
        self.path().join(format!("{}-{name}", self.files.fetch_add(1, Ordering::Relaxed)))
    }

    /// A file (0600) with `content`, which goes with the value.
    pub(super) fn file(&self, name: &str, content: &[u8]) -> io::Result<PrivateFile> {
        let path = self.unused(name);
        let mut file = private_file(&path)?;
        let written = PrivateFile(path);
        file.write_all(content)?;
        Ok(written)
    }
}

/// A file that nobody else can read, removed with this value.
#[derive(Debug)]
pub(super) struct PrivateFile(PathBuf);

impl PrivateFile {
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        // What stays is removed with the folder.
        let _ = fs::remove_file(&self.0);
    }
}

fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Removes the folders of this user's runs in `parent` whose process is gone, and ends the connections they left open.
fn remove_leftovers(parent: &Path, own: &Path) {
    let Ok(user) = own.metadata().map(|metadata| metadata.uid()) else { return };
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let ours = entry.metadata().is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == user);
        let named = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if ours && named && entry.path() != own && is_left(&entry.path()) {
            for control in controls(&entry.path()) {
                close_master(&control);
            }
            // Another run may be removing it too.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether the run of `folder` has ended: nobody holds its lock. One without a lock is just being made.
fn is_left(folder: &Path) -> bool {
    File::open(folder.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok())
}

/// The control sockets in `folder`.
fn controls(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path().join("master")).filter(|control| control.exists())
}

/// Ends the connection whose control socket is `control`, with all that goes over it.
pub(super) fn close_master(control: &Path) {
    let mut exit = Command::new("ssh");
    exit.args(["-F", "none", "-o", "BatchMode=yes", "-O", "exit", "-S"]).arg(control).arg("none");
    // It may have ended already.
    let _ = exit.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_lies_where_nobody_else_looks_and_goes() {
        let parent = tempfile::tempdir().expect("a folder");
        let run = RunFolder::new(parent.path()).expect("a folder of the run");
        let file = run.file("key", b"secret").expect("a file");
        let mode = |path: &Path| path.metadata().expect("it is there").permissions().mode() & 0o777;
        assert_eq!((mode(run.path()), mode(file.path())), (0o700, 0o600));
        assert_eq!(fs::read(file.path()).expect("it is there"), b"secret");
        let (file_path, run_path) = (file.path().to_owned(), run.path().to_owned());
        drop(file);
        assert!(!file_path.exists());
        drop(run);
        assert!(!run_path.exists());
    }

    #[test]
    fn what_a_killed_run_left_is_removed_and_what_lives_is_not() {
        let parent = tempfile::tempdir().expect("a folder");
        let alive = RunFolder::new(parent.path()).expect("a folder of the run");
        let kept = alive.file("key", b"secret").expect("a file");
        // As a killed run leaves it: the folder, and a lock that nobody holds.
        let left = parent.path().join("ironwright-ssh-left");
        fs::create_dir(&left).expect("a folder");
        fs::write(left.join(LOCK), "").expect("a file");
        fs::write(left.join("0-key"), "secret").expect("a file");
        let foreign = parent.path().join("other");
        fs::create_dir(&foreign).expect("a folder");

        let next = RunFolder::new(parent.path()).expect("a folder of the run");
        assert!(!left.exists());
        assert!(kept.path().exists() && foreign.exists() && next.path().exists());
    }
}
