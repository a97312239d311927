//! The file of a saved plan: whole or not there, for its owner's eyes alone. What is in it lives in `saved`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use super::{SavedPlan, SavedPlanError};

/// Files longer than this are no plans, in bytes: what is given by mistake is not read into memory.
const LONGEST: u64 = 1 << 30;

impl SavedPlan {
    /// The saved plan in the file at `path`.
    pub fn read_file(path: &Path) -> Result<Self, SavedPlanError> {
        let unreadable = |error: io::Error| SavedPlanError::Unreadable { problem: error.to_string() };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(unreadable)?;
        let length = file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if length as u64 > LONGEST {
            return Err(SavedPlanError::Damaged { problem: "it is too long to be a plan".to_owned() });
        }
        Self::read(&bytes)
    }

    /// Writes it to the file at `path`, in the place of what is there.
    pub fn write_file(&self, path: &Path) -> Result<(), SavedPlanError> {
        let document = self.write()?;
        if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
            return Err(SavedPlanError::NotWritable { problem: "it is there already, and is no file".to_owned() });
        }
        let beside = beside(path);
        // What an interrupted run left there goes; where nothing is, the error does not matter.
        let _ = fs::remove_file(&beside);
        let written = write(&beside, &document).and_then(|()| fs::rename(&beside, path));
        written.map_err(|error| {
            let _ = fs::remove_file(&beside);
            not_writable(&error)
        })
    }
}

/// A name in the same folder, so that it can be renamed to `path`.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    path.with_file_name(name)
}

fn write(path: &Path, document: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(document.as_bytes())?;
    file.sync_all()
}

fn not_writable(error: &io::Error) -> SavedPlanError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => SavedPlanError::Full,
        _ => SavedPlanError::NotWritable { problem: error.to_string() },
    }
}
