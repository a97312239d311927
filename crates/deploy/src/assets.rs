//! What images are made of on this machine: read to a digest, and listed for the build.
//!
//! A digest is over paths, executable bits, contents and where symbolic links lead; times, owners and the rest of the mode
//! are none of an image's business. Every plan reads it all: that is what finds that nothing changed.

mod ignore;
mod tree;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ironwright_core::function::{Asset, AssetKind};
use ironwright_engine::Assets;

pub use ignore::{Ignore, IgnoreError};
#[cfg(feature = "docker")]
pub(crate) use tree::{Content, contents, digest_of};
pub use tree::{Item, ItemKind};

/// Assets below a folder: the package's root.
#[derive(Clone, Debug)]
pub struct AssetFolder {
    root: PathBuf,
}

impl AssetFolder {
    /// Assets whose relative paths count from `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where an asset lies.
    pub fn locate(&self, path: &str) -> PathBuf {
        if self.root == Path::new(".") { PathBuf::from(path) } else { self.root.join(path) }
    }
}

impl Assets for AssetFolder {
    fn digest(&self, asset: &Asset) -> Result<String, String> {
        let path = self.locate(&asset.path);
        let told = |error: AssetError| error.to_string();
        match &asset.kind {
            AssetKind::Plain => {
                fs::metadata(&path).map_err(|error| AssetError::reading(&path, error)).map_err(told)?;
                let items = if path.is_dir() { tree::items(&path, &Ignore::nothing()) } else { tree::file(&path) };
                tree::digest(&items.map_err(told)?).map_err(told)
            }
            AssetKind::DockerContext { dockerfile } => {
                let dockerfile = Some(dockerfile.as_ref()).filter(|dockerfile| !dockerfile.is_empty());
                context(&path, dockerfile).and_then(|items| tree::digest(&items)).map_err(told)
            }
        }
    }
}

/// What a context's digest is over, in order of paths: all that its ignore file lets through, and the Dockerfile at the path
/// `dockerfile` in it, where there is to be one.
///
/// The ignore file is `<dockerfile>.dockerignore`, or else `.dockerignore`.
pub fn context(folder: &Path, dockerfile: Option<&str>) -> Result<Vec<Item>, AssetError> {
    Ok(listing(folder, dockerfile)?.all())
}

/// A context: what its ignore file lets through, and the Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listing {
    /// What is let through, in order of paths. Folders that are left out are not in it, even where something in them is.
    pub(crate) items: Vec<Item>,
    /// The Dockerfile, where the context is to have one.
    pub(crate) dockerfile: Option<Item>,
}

impl Listing {
    /// All of it, in order of paths. The Dockerfile is in it as the file that it is, though a link may lead there.
    pub(crate) fn all(&self) -> Vec<Item> {
        let mut items = self.items.clone();
        items.retain(|item| !self.is_at_dockerfile(item));
        items.extend(self.dockerfile.clone());
        items.sort_by(|left, right| left.path.cmp(&right.path));
        items
    }

    /// Whether the Dockerfile is among what is let through. A link that leads to it is not the file.
    #[cfg(any(feature = "docker", test))]
    pub(crate) fn has_dockerfile(&self) -> bool {
        let is_link = |item: &Item| matches!(item.kind, ItemKind::Link { .. });
        self.items.iter().any(|item| self.is_at_dockerfile(item) && !is_link(item))
    }

    fn is_at_dockerfile(&self, item: &Item) -> bool {
        self.dockerfile.as_ref().is_some_and(|dockerfile| item.path == dockerfile.path)
    }
}

/// The context in `folder`, whose Dockerfile is at the path `dockerfile` in it, where there is to be one.
pub(crate) fn listing(folder: &Path, dockerfile: Option<&str>) -> Result<Listing, AssetError> {
    match fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Err(AssetError::NoFolder { path: folder.to_owned() }),
        Err(error) => return Err(AssetError::reading(folder, error)),
    }
    let ignore = ignore_file(folder, dockerfile)?;
    let items = tree::items(folder, &ignore)?;
    let Some(dockerfile) = dockerfile else { return Ok(Listing { items, dockerfile: None }) };
    let path = folder.join(dockerfile);
    if !path.is_file() {
        return Err(AssetError::NoDockerfile { path });
    }
    // It may be a link, which Docker follows: what is built by is the file.
    let location = fs::canonicalize(&path).map_err(|error| AssetError::reading(&path, error))?;
    let dockerfile = tree::item(dockerfile.trim_start_matches("./").to_owned(), location)?;
    Ok(Listing { items, dockerfile })
}

fn ignore_file(folder: &Path, dockerfile: Option<&str>) -> Result<Ignore, AssetError> {
    let own = dockerfile.map(|dockerfile| folder.join(format!("{dockerfile}.dockerignore")));
    for path in own.into_iter().chain([folder.join(".dockerignore")]) {
        match fs::read_to_string(&path) {
            Ok(text) => return Ignore::parse(&text).map_err(|error| AssetError::Ignore { path, error }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(AssetError::reading(&path, error)),
        }
    }
    Ok(Ignore::nothing())
}

/// Why an asset cannot be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum AssetError {
    /// The file or folder is not there, or cannot be read.
    Reading {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A context that is no folder.
    NoFolder {
        /// What is there.
        path: PathBuf,
    },
    /// A context without its Dockerfile.
    NoDockerfile {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A line of an ignore file that cannot be understood.
    Ignore {
        /// The ignore file.
        path: PathBuf,
        /// What is wrong with it.
        error: IgnoreError,
    },
}

impl AssetError {
    fn reading(path: &Path, error: io::Error) -> Self {
        Self::Reading { path: path.to_owned(), error }
    }
}

impl std::fmt::Display for AssetError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Reading { path, error } if error.kind() == io::ErrorKind::NotFound => {
                write!(f, "there is no {}", path.display())
            }
            Self::Reading { path, error } => write!(f, "{} cannot be read: {error}", path.display()),
            Self::NoFolder { path } => write!(f, "{} is no folder", path.display()),
            Self::NoDockerfile { path } => {
                write!(f, "there is no {}; name another with `.dockerfile(…)`, or generate one", path.display())
            }
            Self::Ignore { path, error } => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for AssetError {}

#[cfg(test)]
mod tests;
