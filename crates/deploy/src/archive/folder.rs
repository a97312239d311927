//! An OCI image layout as a folder.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::error::ArchiveProblem;
use super::source::Source;

/// A folder. Its files are asked for by the few names that a layout has; some tools make them links to where they keep them,
/// and what is behind is believed by its digest alone.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }
}

impl Source for Folder {
    fn has(&self, name: &str) -> bool {
        self.0.join(name).is_file()
    }

    fn open(&self, name: &str) -> Result<(Box<dyn Read + Send + '_>, u64), ArchiveProblem> {
        let path = self.0.join(name);
        // A pipe would be waited for, without end.
        let metadata = match fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => metadata,
            Ok(_) => return Err(ArchiveProblem::Unsafe { name: name.to_owned(), why: "which is no file" }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ArchiveProblem::Lacks(name.to_owned()));
            }
            Err(error) => return Err(error.into()),
        };
        Ok((Box::new(File::open(path)?), metadata.len()))
    }
}
