//! What `docker save` writes in its old layout: a list of images, their configurations, and layers by name.

use serde::Deserialize;

use super::error::ArchiveProblem;
use super::layers;
use super::source::{Source, document};
use crate::content::{
    ContentError, ContentStore, Descriptor, Digest, LONGEST_CONFIG, LONGEST_MANIFEST, Manifest, Platform, media,
};

/// The name of the list.
pub(super) const MANIFEST: &str = "manifest.json";

/// An image in the list.
#[derive(PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    layers: Vec<String>,
}

/// What is read of the configuration of an image.
#[derive(Deserialize)]
pub(super) struct Config {
    #[serde(flatten)]
    platform: Platform,
    rootfs: RootFs,
}

#[derive(Deserialize)]
struct RootFs {
    diff_ids: Vec<Digest>,
}

impl Config {
    /// The digests of the layers' contents, lowest first.
    pub(super) fn contents(self) -> Vec<Digest> {
        self.rootfs.diff_ids
    }
}

/// Takes in the image of the archive.
pub(super) fn ingest(
    source: &dyn Source,
    store: &ContentStore,
    platform: Option<&Platform>,
) -> Result<Digest, ArchiveProblem> {
    let mut images: Vec<Saved> = document(MANIFEST, &source.read(MANIFEST, LONGEST_MANIFEST)?)?;
    // An image with two names is in the list once or twice.
    images.dedup();
    if images.len() > 1 {
        return Err(ArchiveProblem::Several(images.len()));
    }
    let saved = images.pop().ok_or(ArchiveProblem::NoImage)?;
    let bytes = source.read(&saved.config, LONGEST_CONFIG)?;
    named_right(&saved.config, &bytes)?;
    let config: Config = document(&saved.config, &bytes)?;
    if let Some(wanted) = platform.filter(|wanted| !wanted.accepts(&config.platform)) {
        let (wanted, found) = (wanted.to_string(), vec![config.platform.to_string()]);
        return Err(ContentError::NoPlatform { wanted, found }.into());
    }
    let contents = config.contents();
    if contents.len() != saved.layers.len() {
        let why = format!("it speaks of {} layers, and {MANIFEST} of {}", contents.len(), saved.layers.len());
        return Err(ArchiveProblem::malformed(&saved.config, why));
    }
    let mut layers = Vec::new();
    for (name, content) in saved.layers.iter().zip(&contents) {
        let (digest, size) = layers::packed(source, store, name, content)?;
        layers.push(Descriptor::new(media::DOCKER_LAYER_GZIP, digest, size));
    }
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let config = Descriptor::new(media::DOCKER_CONFIG, store.put(&bytes)?, size);
    Ok(store.put(&Manifest::new(media::DOCKER_MANIFEST, config, layers).to_bytes())?)
}

/// That the configuration is what its name says, where that is a digest.
fn named_right(name: &str, bytes: &[u8]) -> Result<(), ArchiveProblem> {
    let stem = name.rsplit('/').next().unwrap_or(name);
    let stem = stem.strip_suffix(".json").unwrap_or(stem);
    let digest = format!("sha256:{}", stem.strip_prefix("sha256:").unwrap_or(stem));
    let Ok(expected) = digest.parse::<Digest>() else { return Ok(()) };
    let actual = Digest::of(bytes);
    if actual == expected {
        return Ok(());
    }
    Err(ArchiveProblem::WrongDigest { name: name.to_owned(), expected, actual })
}
