//! The folder of blobs.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ironwright_engine::Clock;

use super::digest::Digest;
use super::error::ContentError;
use super::manifest::{Descriptor, Document, Manifest};
use super::platform::Platform;
use super::writer::{BlobWriter, opened, removed, replace};
use super::{LONGEST_CONFIG, LONGEST_MANIFEST};
use crate::hash::Hasher;

/// How many indexes may be in each other.
const DEEPEST: usize = 4;

/// Where blobs lie, until they are named.
const INCOMING: &str = "incoming";

/// The blobs of this user's images. Processes may share one; nothing that one of them has open is pruned by another.
pub struct ContentStore {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    /// Shared by all that have the store open.
    lock: File,
}

impl ContentStore {
    /// Opens the store in `folder`, which is made where it is not there, and which nobody else can look into. Where no
    /// other process has it open, what has not been used for long is removed.
    pub fn open(folder: impl Into<PathBuf>, clock: Arc<dyn Clock>) -> Result<Self, ContentError> {
        let folder = folder.into();
        fs::create_dir_all(&folder).map_err(|error| ContentError::file(&folder, error))?;
        keep_private(&folder).map_err(|error| ContentError::file(&folder, error))?;
        for part in [INCOMING, "blobs", "blobs/sha256", "kept", "layers"] {
            let path = folder.join(part);
            fs::create_dir_all(&path).map_err(|error| ContentError::file(&path, error))?;
        }
        let path = folder.join("lock");
        let failed = |error| ContentError::file(&path, error);
        let lock = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        let alone = lock.try_lock().is_ok();
        let store = Self { folder, clock, lock };
        if alone {
            store.prune_daily()?;
        }
        store.lock.lock_shared().map_err(failed)?;
        Ok(store)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn path(&self, part: &str) -> PathBuf {
        self.folder.join(part)
    }

    pub(super) fn blob(&self, digest: &Digest) -> PathBuf {
        self.folder.join("blobs/sha256").join(digest.hex())
    }

    pub(super) fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(self.clock.now())
    }

    /// A blob to be written.
    pub fn writer(&self) -> Result<BlobWriter, ContentError> {
        BlobWriter::new(&self.path(INCOMING), self.path("blobs/sha256"))
    }

    /// Puts `bytes` in.
    pub fn put(&self, bytes: &[u8]) -> Result<Digest, ContentError> {
        let mut writer = self.writer()?;
        writer.append(bytes)?;
        writer.finish().commit(None)
    }

    /// A file for work, without a name.
    pub(crate) fn scratch(&self) -> Result<File, ContentError> {
        let incoming = self.path(INCOMING);
        tempfile::tempfile_in(&incoming).map_err(|error| ContentError::file(&incoming, error))
    }

    /// What was noted at `part` of the folder.
    pub(crate) fn noted(&self, part: &str) -> Option<String> {
        fs::read_to_string(self.path(part)).ok()
    }

    /// Puts `bytes` at `part` of the folder, beside the blobs.
    pub(crate) fn note(&self, part: &str, bytes: &[u8]) -> Result<(), ContentError> {
        replace(&self.path(INCOMING), &self.path(part), bytes)
    }

    /// A blob, and its length; nothing where it is not there. It counts as used.
    pub fn file(&self, digest: &Digest) -> Result<Option<(File, u64)>, ContentError> {
        let path = self.blob(digest);
        let failed = |error| ContentError::file(&path, error);
        let Some(file) = opened(&path)? else { return Ok(None) };
        file.set_modified(self.now()).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        Ok(Some((file, size)))
    }

    /// The length of a blob; nothing where it is not there. It counts as used.
    pub fn size(&self, digest: &Digest) -> Result<Option<u64>, ContentError> {
        Ok(self.file(digest)?.map(|(_, size)| size))
    }

    /// Whether the blob is there, as long as it should be.
    pub fn holds(&self, blob: &Descriptor) -> Result<bool, ContentError> {
        Ok(self.size(&blob.digest)? == Some(blob.size))
    }

    /// A blob that has at most `limit` bytes.
    pub fn read(&self, digest: &Digest, limit: u64) -> Result<Vec<u8>, ContentError> {
        let (file, size) = self.file(digest)?.ok_or_else(|| ContentError::Missing(digest.clone()))?;
        if size > limit {
            return Err(ContentError::TooLong { digest: digest.clone(), size, limit });
        }
        let mut bytes = Vec::new();
        file.take(limit).read_to_end(&mut bytes).map_err(|error| ContentError::file(&self.blob(digest), error))?;
        // A document is short, and what is read of it is believed.
        let actual = Digest::of(&bytes);
        if actual == *digest { Ok(bytes) } else { Err(ContentError::WrongDigest { expected: digest.clone(), actual }) }
    }

    /// A manifest or an index.
    pub fn document(&self, digest: &Digest) -> Result<Document, ContentError> {
        let bytes = self.read(digest, LONGEST_MANIFEST)?;
        Document::parse(&bytes).map_err(|error| ContentError::Invalid { digest: digest.clone(), error })
    }

    /// The image that `digest` names: itself, or the one for `platform` where it is an index. Without a platform an index
    /// must have one image alone.
    pub fn image(&self, digest: &Digest, platform: Option<&Platform>) -> Result<(Digest, Manifest), ContentError> {
        let mut images = BTreeMap::new();
        self.images(digest, DEEPEST, &mut images)?;
        let names = |images: &BTreeMap<Digest, (Manifest, Platform)>| {
            images.values().map(|(_, platform)| platform.to_string()).collect::<Vec<_>>()
        };
        let found = names(&images);
        if let Some(wanted) = platform {
            images.retain(|_, (_, platform)| wanted.accepts(platform));
            if images.is_empty() {
                return Err(ContentError::NoPlatform { wanted: wanted.to_string(), found });
            }
        }
        let several = || ContentError::Several { found: names(&images) };
        if images.len() > 1 {
            return Err(several());
        }
        let only = images.pop_first().ok_or(ContentError::Several { found });
        only.map(|(digest, (manifest, _))| (digest, manifest))
    }

    /// Puts the images that are named by `digest` and are here into `images`, each with what it is for.
    fn images(
        &self,
        digest: &Digest,
        depth: usize,
        images: &mut BTreeMap<Digest, (Manifest, Platform)>,
    ) -> Result<(), ContentError> {
        match self.document(digest)? {
            Document::Manifest(manifest) => {
                let platform = self.platform(&manifest)?;
                images.insert(digest.clone(), (manifest, platform));
            }
            Document::Index(index) => {
                for image in index.images().into_iter().filter(|_| depth > 0) {
                    // Of an index for many platforms, the daemon that sent it may have had one.
                    if self.size(&image.digest)?.is_some() {
                        self.images(&image.digest, depth - 1, images)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// What an image is for, by its configuration.
    fn platform(&self, manifest: &Manifest) -> Result<Platform, ContentError> {
        let bytes = self.read(&manifest.config.digest, LONGEST_CONFIG)?;
        Ok(serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// What of the image or index `digest` is not here, or not as long as it should be. That it is all there is an empty
    /// list; all of it counts as used.
    pub fn missing(&self, digest: &Digest) -> Result<Vec<Digest>, ContentError> {
        let mut missing = Vec::new();
        self.lacking(digest, DEEPEST, &mut missing)?;
        Ok(missing)
    }

    fn lacking(&self, digest: &Digest, depth: usize, missing: &mut Vec<Digest>) -> Result<(), ContentError> {
        let document = match self.document(digest) {
            Ok(document) => document,
            Err(ContentError::Missing(_) | ContentError::WrongDigest { .. }) => {
                missing.push(digest.clone());
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        for part in document.descriptors() {
            if matches!(document, Document::Index(_)) && depth > 0 {
                self.lacking(&part.digest, depth - 1, missing)?;
            } else if !self.holds(part)? {
                missing.push(part.digest.clone());
            }
        }
        Ok(())
    }

    /// Whether all of the image or index `digest` is here.
    pub fn is_whole(&self, digest: &Digest) -> Result<bool, ContentError> {
        Ok(self.missing(digest)?.is_empty())
    }

    /// Reads all that is here of the image or index `digest`, removes what is not what its name says, and returns that. For
    /// when somebody complains of what was sent.
    pub fn examine(&self, digest: &Digest) -> Result<Vec<Digest>, ContentError> {
        let mut damaged = Vec::new();
        self.damaged(digest, DEEPEST, &mut damaged)?;
        Ok(damaged)
    }

    fn damaged(&self, digest: &Digest, depth: usize, damaged: &mut Vec<Digest>) -> Result<(), ContentError> {
        if !self.is_itself(digest)? {
            removed(&self.blob(digest))?;
            damaged.push(digest.clone());
            return Ok(());
        }
        let document = self.document(digest)?;
        for part in document.descriptors() {
            // An index may name what was never here, and what two images share may be gone by now.
            if self.size(&part.digest)?.is_none() {
                continue;
            }
            if matches!(document, Document::Index(_)) && depth > 0 {
                self.damaged(&part.digest, depth - 1, damaged)?;
            } else if !self.is_itself(&part.digest)? {
                removed(&self.blob(&part.digest))?;
                damaged.push(part.digest.clone());
            }
        }
        Ok(())
    }

    /// Whether a blob is what its name says.
    fn is_itself(&self, digest: &Digest) -> Result<bool, ContentError> {
        let (mut file, _) = self.file(digest)?.ok_or_else(|| ContentError::Missing(digest.clone()))?;
        let mut hasher = Hasher::new();
        std::io::copy(&mut file, &mut hasher).map_err(|error| ContentError::file(&self.blob(digest), error))?;
        Ok(Digest::from(hasher.finish()) == *digest)
    }
}

#[cfg(unix)]
fn keep_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, Permissions::from_mode(0o700))
}

/// Where the store lies, by the environment variables that `lookup` knows: `$XDG_CACHE_HOME/ironwright/images`, or the same
/// below `~/.cache`.
pub fn default_folder(lookup: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let absolute = |path: String| Some(PathBuf::from(path)).filter(|path| path.is_absolute());
    let cache = lookup("XDG_CACHE_HOME").and_then(absolute);
    let cache = cache.or_else(|| Some(lookup("HOME").and_then(absolute)?.join(".cache")))?;
    Some(cache.join("ironwright/images"))
}
