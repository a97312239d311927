//! An archive as one file: where in it which file is. Nothing is unpacked, so no name in it becomes a path.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt as _;

use tar::EntryType;

use super::error::ArchiveProblem;
use super::source::Source;

/// The most names in an archive.
const MOST: usize = 100_000;

/// How many links lead to each other.
const DEEPEST: usize = 8;

/// A file in tar's format.
pub(super) struct Tarball {
    file: File,
    entries: HashMap<String, Entry>,
}

/// What a name in it stands for.
enum Entry {
    /// That many bytes, from there.
    File { at: u64, size: u64 },
    /// The same as another name.
    Link(String),
}

impl Tarball {
    pub(super) fn new(file: File) -> Result<Self, ArchiveProblem> {
        let length = file.metadata()?.len();
        let mut entries = HashMap::new();
        let mut archive = tar::Archive::new(&file);
        for entry in archive.entries_with_seek().map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path_bytes();
            let path = String::from_utf8_lossy(&path);
            let link = entry.link_name_bytes();
            let link = link.as_deref().map(String::from_utf8_lossy);
            let entry = match entry.header().entry_type() {
                EntryType::Directory | EntryType::XGlobalHeader => continue,
                EntryType::Regular | EntryType::Continuous => {
                    let (at, size) = (entry.raw_file_position(), entry.size());
                    if at.checked_add(size).is_none_or(|end| end > length) {
                        return Err(ArchiveProblem::Cut(path.into_owned()));
                    }
                    Entry::File { at, size }
                }
                EntryType::Symlink => {
                    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                    Entry::Link(inside(folder, &link.unwrap_or_default())?)
                }
                EntryType::Link => Entry::Link(inside("", &link.unwrap_or_default())?),
                _ => return Err(unsafe_name(&path, "which is neither a file, a folder nor a link")),
            };
            if entries.insert(inside("", &path)?, entry).is_some() {
                return Err(unsafe_name(&path, "and that twice"));
            }
            if entries.len() > MOST {
                return Err(ArchiveProblem::malformed("the archive", format!("it holds more than {MOST} files")));
            }
        }
        Ok(Self { file, entries })
    }

    /// Where the file `name` is, behind all links.
    fn find(&self, name: &str) -> Option<(u64, u64)> {
        let mut name = name;
        for _ in 0..=DEEPEST {
            match self.entries.get(name)? {
                Entry::File { at, size } => return Some((*at, *size)),
                Entry::Link(target) => name = target,
            }
        }
        None
    }
}

impl Source for Tarball {
    fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    fn open(&self, name: &str) -> Result<(Box<dyn Read + Send + '_>, u64), ArchiveProblem> {
        let (at, size) = self.find(name).ok_or_else(|| ArchiveProblem::Lacks(name.to_owned()))?;
        Ok((Box::new(Part { file: &self.file, at, left: size }), size))
    }
}

/// A part of a file.
struct Part<'a> {
    file: &'a File,
    at: u64,
    left: u64,
}

impl Read for Part<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let length = self.file.read_at(&mut buffer[..most], self.at)?;
        if length == 0 && most > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let read = u64::try_from(length).unwrap_or(self.left);
        (self.at, self.left) = (self.at + read, self.left - read);
        Ok(length)
    }
}

/// The name `path`, seen from `folder`, without `.` and `..`; an error where it leads out of the archive.
fn inside(folder: &str, path: &str) -> Result<String, ArchiveProblem> {
    if path.starts_with('/') {
        return Err(unsafe_name(path, "which leads out of it"));
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or_else(|| unsafe_name(path, "which leads out of it"))?;
            }
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

fn unsafe_name(name: &str, why: &'static str) -> ArchiveProblem {
    ArchiveProblem::Unsafe { name: name.chars().take(200).collect(), why }
}

/// What the format's reader says of a file that is none, or not all of one.
fn unreadable(error: io::Error) -> ArchiveProblem {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ArchiveProblem::Cut("its last file".to_owned()),
        io::ErrorKind::Other | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            ArchiveProblem::malformed("the archive", error)
        }
        _ => ArchiveProblem::Reading(error),
    }
}
