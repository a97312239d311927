//! A store in a folder: `state.json`, `history/`, `journal.ndjson` and `lock`. All file IO of the engine is here; how the
//! files are spelled is in `codec`.

mod history;
mod lock;

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::codec::{self, Misread};
use super::{Holder, LockOwner, Store, StoreError, Stored};
use crate::journal::{Line, Snapshot};
use history::History;
pub(super) use history::VERSIONS;

/// A store in a folder, made when it is first written to. Files can be read by their owner alone.
#[derive(Clone, Debug)]
pub struct FileStore(Arc<Folder>);

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    open: Mutex<Open>,
}

/// What stays open, and is remembered, through a run.
#[derive(Debug, Default)]
struct Open {
    /// The serial of the snapshot that was last read or written.
    serial: Option<u64>,
    /// Locked by the system, which lets go of it when the process dies, however it dies.
    lock: Option<File>,
    journal: Option<File>,
}

impl FileStore {
    /// The store in `folder`; nothing is touched yet.
    pub fn new(folder: PathBuf) -> Self {
        Self(Arc::new(Folder { path: folder, open: Mutex::default() }))
    }

    /// Does `work`, which waits for the disk, where waiting is allowed.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folder) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let folder = self.0.clone();
        match tokio::task::spawn_blocking(move || work(&folder)).await {
            Ok(result) => result,
            Err(error) => Err(StoreError::NotWritable {
                place: self.0.path.display().to_string(),
                problem: format!("the work on it was cut off: {error}"),
            }),
        }
    }
}

#[async_trait]
impl Store for FileStore {
    async fn load(&self) -> Result<Stored, StoreError> {
        self.blocking(Folder::load).await
    }

    async fn lock(&self, owner: &LockOwner) -> Result<Option<Holder>, StoreError> {
        let owner = owner.clone();
        self.blocking(move |folder| folder.lock(&owner)).await
    }

    async fn unlock(&self, _: &LockOwner) -> Result<(), StoreError> {
        self.blocking(Folder::unlock).await
    }

    async fn holder(&self) -> Result<Option<Holder>, StoreError> {
        self.blocking(Folder::holder).await
    }

    async fn break_lock(&self, id: &str, _: &LockOwner) -> Result<Holder, StoreError> {
        let id = id.to_owned();
        self.blocking(move |folder| folder.break_lock(&id)).await
    }

    async fn append(&self, lines: &[Line]) -> Result<(), StoreError> {
        let lines = lines.to_vec();
        self.blocking(move |folder| folder.append(&lines)).await
    }

    async fn save(&self, snapshot: Arc<Snapshot>) -> Result<(), StoreError> {
        self.blocking(move |folder| folder.save(&snapshot)).await
    }

    async fn clear_journal(&self) -> Result<(), StoreError> {
        self.blocking(Folder::clear_journal).await
    }

    async fn history(&self) -> Result<Vec<u64>, StoreError> {
        self.blocking(Folder::serials).await
    }

    async fn version(&self, serial: u64) -> Result<Option<Arc<Snapshot>>, StoreError> {
        self.blocking(move |folder| folder.version(serial)).await
    }
}

impl Folder {
    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn state(&self) -> PathBuf {
        self.file("state.json")
    }

    fn history(&self) -> History {
        History::below(&self.path)
    }

    fn journal(&self) -> PathBuf {
        self.file("journal.ndjson")
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn load(&self) -> Result<Stored, StoreError> {
        let (state, journal) = (self.state(), self.journal());
        let snapshot = match read(&state)? {
            Some(bytes) => Some(Arc::new(self.snapshot(&state, bytes)?)),
            None => None,
        };
        let lines = codec::read_lines(&read(&journal)?.unwrap_or_default())
            .map_err(|misread| self.misread(&journal, misread))?;
        if snapshot.is_none() && !lines.is_empty() {
            let problem = "it is not there, though a journal leads on from it".to_owned();
            return Err(self.misread(&state, Misread::Damaged(problem)));
        }
        self.open().serial = snapshot.as_ref().map(|snapshot| snapshot.state.serial);
        Ok(Stored { snapshot, journal: lines })
    }

    fn snapshot(&self, path: &Path, bytes: Vec<u8>) -> Result<Snapshot, StoreError> {
        let text = String::from_utf8(bytes).map_err(|_| Misread::Damaged("it is not text".to_owned()));
        text.and_then(|text| codec::read_snapshot(&text)).map_err(|misread| self.misread(path, misread))
    }

    fn misread(&self, path: &Path, misread: Misread) -> StoreError {
        let place = path.display().to_string();
        match misread {
            Misread::Newer(found) => StoreError::Newer { place, found, known: codec::FORMAT },
            Misread::Damaged(problem) => {
                StoreError::Damaged { place, problem, previous: self.history().newest_before(u64::MAX) }
            }
        }
    }

    fn serials(&self) -> Result<Vec<u64>, StoreError> {
        self.history().serials().map_err(|error| StoreError::Unreadable {
            place: self.file("history").display().to_string(),
            problem: error.to_string(),
        })
    }

    fn version(&self, serial: u64) -> Result<Option<Arc<Snapshot>>, StoreError> {
        let path = self.history().file(serial);
        let Some(bytes) = read(&path)? else {
            return Ok(None);
        };
        let snapshot = self.snapshot(&path, bytes).map_err(|error| match error {
            StoreError::Damaged { place, problem, .. } => {
                StoreError::Damaged { place, problem, previous: self.history().newest_before(serial) }
            }
            other => other,
        })?;
        Ok(Some(Arc::new(snapshot)))
    }

    fn make(&self) -> Result<(), StoreError> {
        fs::create_dir_all(&self.path).map_err(|error| write_error(&self.path, &error))
    }

    fn append(&self, lines: &[Line]) -> Result<(), StoreError> {
        let path = self.journal();
        let failed = |error: io::Error| write_error(&path, &error);
        let text = codec::write_lines(lines).map_err(|error| failed(error.into()))?;
        let mut open = self.open();
        if open.journal.is_none() {
            open.journal = Some(self.open_journal().map_err(failed)?);
        }
        let Some(journal) = open.journal.as_mut() else {
            return Ok(());
        };
        journal.write_all(text.as_bytes()).and_then(|()| journal.sync_data()).map_err(failed)
    }

    /// Opens the journal behind its last whole line, so that what follows a torn one can be read.
    fn open_journal(&self) -> io::Result<File> {
        self.make().map_err(|error| io::Error::other(error.to_string()))?;
        let path = self.journal();
        let is_new = !path.exists();
        let mut file = private(OpenOptions::new().read(true).write(true).create(true)).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let whole = u64::try_from(whole).map_err(io::Error::other)?;
        file.set_len(whole)?;
        file.seek(SeekFrom::Start(whole))?;
        if is_new {
            sync_folder(&self.path)?;
        }
        Ok(file)
    }

    /// Writes the new snapshot beside the old one and then changes names, so that there is a whole one at every instant.
    fn save(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        self.make()?;
        let (state, fresh) = (self.state(), self.file("state.json.new"));
        let failed = |error: io::Error| write_error(&state, &error);
        let text = codec::write_snapshot(snapshot).map_err(|error| failed(error.into()))?;
        let mut file =
            private(OpenOptions::new().write(true).create(true).truncate(true)).open(&fresh).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        if let Some(serial) = self.serial_of(&state)? {
            self.history().keep(&state, serial).map_err(failed)?;
        }
        fs::rename(&fresh, &state).and_then(|()| sync_folder(&self.path)).map_err(failed)?;
        self.open().serial = Some(snapshot.state.serial);
        Ok(())
    }

    /// The serial of the snapshot in the file `state`, if there is one. A run has read it before it writes.
    fn serial_of(&self, state: &Path) -> Result<Option<u64>, StoreError> {
        let known = self.open().serial;
        if known.is_some() {
            return Ok(known);
        }
        let Some(bytes) = read(state)? else {
            return Ok(None);
        };
        Ok(Some(self.snapshot(state, bytes)?.state.serial))
    }

    fn clear_journal(&self) -> Result<(), StoreError> {
        let path = self.journal();
        let failed = |error: io::Error| write_error(&path, &error);
        self.open().journal = None;
        if !path.exists() {
            return Ok(());
        }
        let file = OpenOptions::new().write(true).open(&path).map_err(failed)?;
        file.set_len(0).and_then(|()| file.sync_all()).map_err(failed)
    }
}

/// The file's content; nothing where there is no file.
fn read(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::Unreadable { place: path.display().to_string(), problem: error.to_string() }),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn write_error(path: &Path, error: &io::Error) -> StoreError {
    let place = path.display().to_string();
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::Full { place },
        _ => StoreError::NotWritable { place, problem: error.to_string() },
    }
}

/// Makes a rename or a new file durable. Only Unix can; elsewhere the file system sees to it.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

/// Lets the owner alone read and write a file that is made.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}
