//! Manifests and indexes: what an image consists of, by OCI's and by Docker's media types.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::LONGEST_MANIFEST;
use super::digest::Digest;
use super::platform::Platform;

/// The most images in an index, and the most layers of an image. Docker itself takes 127 layers.
const MOST: usize = 1000;

/// How much one blob may be said to have: a terabyte.
const LARGEST: u64 = 1 << 40;

/// Media types.
pub mod media {
    /// OCI's manifest.
    pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    /// OCI's index.
    pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
    /// OCI's configuration of an image.
    pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
    /// A layer as OCI has it, as it is.
    pub const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
    /// A layer as OCI has it, by gzip.
    pub const OCI_LAYER_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
    /// A layer as OCI has it, by Zstandard.
    pub const OCI_LAYER_ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";
    /// Docker's manifest.
    pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
    /// Docker's index.
    pub const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
    /// Docker's configuration of an image.
    pub const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
    /// A layer as Docker has it, as it is.
    pub const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar";
    /// A layer as Docker has it, by gzip.
    pub const DOCKER_LAYER_GZIP: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
}

/// How a layer is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    Plain,
    /// By gzip.
    Gzip,
    /// By Zstandard.
    Zstd,
}

/// A blob, as a document speaks of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What it is.
    pub media_type: String,
    /// Its digest.
    pub digest: Digest,
    /// Its length in bytes.
    pub size: u64,
    /// What the image is for, in an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// What else is said of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

impl Descriptor {
    /// The blob `digest` of `size` bytes, which is a `media_type`.
    pub fn new(media_type: &str, digest: Digest, size: u64) -> Self {
        Self { media_type: media_type.to_owned(), digest, size, platform: None, annotations: BTreeMap::new() }
    }

    /// How the layer is packed; nothing where it is no layer of a file system.
    pub fn packing(&self) -> Option<Packing> {
        match self.media_type.as_str() {
            media::OCI_LAYER | media::DOCKER_LAYER => Some(Packing::Plain),
            media::OCI_LAYER_GZIP | media::DOCKER_LAYER_GZIP => Some(Packing::Gzip),
            media::OCI_LAYER_ZSTD => Some(Packing::Zstd),
            _ => None,
        }
    }

    /// Whether it is an index.
    pub fn is_index(&self) -> bool {
        matches!(self.media_type.as_str(), media::OCI_INDEX | media::DOCKER_INDEX)
    }

    /// Whether it is a manifest.
    pub fn is_manifest(&self) -> bool {
        matches!(self.media_type.as_str(), media::OCI_MANIFEST | media::DOCKER_MANIFEST)
    }

    /// Whether it hangs on an image and is none: where it comes from, or what is in it.
    pub fn is_attestation(&self) -> bool {
        self.annotations.contains_key("vnd.docker.reference.type")
            || self.platform.as_ref().is_some_and(Platform::is_unknown)
    }
}

/// What one image consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    schema_version: u8,
    /// What the document is.
    pub media_type: String,
    /// The image's configuration.
    pub config: Descriptor,
    /// The layers, lowest first.
    pub layers: Vec<Descriptor>,
    /// What else is said of it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

impl Manifest {
    /// The manifest of an image.
    pub fn new(media_type: &str, config: Descriptor, layers: Vec<Descriptor>) -> Self {
        Self { schema_version: 2, media_type: media_type.to_owned(), config, layers, annotations: BTreeMap::new() }
    }

    /// The document, the same bytes for the same content.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("text and numbers can be written")
    }

    /// All that the image consists of but its manifest.
    pub fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        [&self.config].into_iter().chain(&self.layers)
    }

    /// How much the layers have together, as they are sent.
    pub fn size(&self) -> u64 {
        self.layers.iter().fold(0, |sum, layer| sum.saturating_add(layer.size))
    }
}

/// Images for several platforms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// What the document is.
    pub media_type: String,
    /// The images, and what hangs on them.
    pub manifests: Vec<Descriptor>,
}

impl Index {
    /// The images, without what hangs on them, each once.
    pub fn images(&self) -> Vec<&Descriptor> {
        let mut images: Vec<&Descriptor> = Vec::new();
        for manifest in self.manifests.iter().filter(|manifest| !manifest.is_attestation()) {
            if !images.iter().any(|image| image.digest == manifest.digest) {
                images.push(manifest);
            }
        }
        images
    }
}

/// A document that a registry serves under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document {
    /// One image.
    Manifest(Manifest),
    /// Images for several platforms.
    Index(Index),
}

impl Document {
    /// Reads a document.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidManifest> {
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LONGEST_MANIFEST {
            return Err(InvalidManifest::new(format!("it has more than {LONGEST_MANIFEST} bytes")));
        }
        let raw: Raw = serde_json::from_slice(bytes).map_err(|error| InvalidManifest::new(error.to_string()))?;
        raw.checked()
    }

    /// What it is.
    pub fn media_type(&self) -> &str {
        match self {
            Self::Manifest(manifest) => &manifest.media_type,
            Self::Index(index) => &index.media_type,
        }
    }

    /// What it speaks of.
    pub fn descriptors(&self) -> Vec<&Descriptor> {
        match self {
            Self::Manifest(manifest) => manifest.blobs().collect(),
            Self::Index(index) => index.manifests.iter().collect(),
        }
    }
}

/// A document as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    schema_version: u64,
    media_type: Option<String>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
    manifests: Option<Vec<Descriptor>>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

impl Raw {
    fn checked(self) -> Result<Document, InvalidManifest> {
        if self.schema_version != 2 {
            return Err(InvalidManifest::new(format!("it has schema version {}, not 2", self.schema_version)));
        }
        let media_type = self.media_type;
        let document = match (self.config, self.layers, self.manifests) {
            (Some(config), Some(layers), None) => {
                let media_type = one_of(media_type, [media::OCI_MANIFEST, media::DOCKER_MANIFEST])?;
                let manifest = Manifest::new(&media_type, config, layers);
                Document::Manifest(Manifest { annotations: self.annotations, ..manifest })
            }
            (None, None, Some(manifests)) => {
                let media_type = one_of(media_type, [media::OCI_INDEX, media::DOCKER_INDEX])?;
                Document::Index(Index { media_type, manifests })
            }
            // One that is both would be read as one thing here and as another there.
            _ => {
                return Err(InvalidManifest::new(
                    "it has either `config` and `layers`, or `manifests`, and nothing of both",
                ));
            }
        };
        let descriptors = document.descriptors();
        if descriptors.len() > MOST {
            return Err(InvalidManifest::new(format!("it lists {} parts, more than {MOST}", descriptors.len())));
        }
        match descriptors.iter().find(|descriptor| descriptor.size > LARGEST) {
            Some(huge) => Err(InvalidManifest::new(format!("{} is said to have {} bytes", huge.digest, huge.size))),
            None => Ok(document),
        }
    }
}

/// The media type that is said, if it is one of `known`; the first of them where none is said.
fn one_of(said: Option<String>, known: [&str; 2]) -> Result<String, InvalidManifest> {
    match said {
        None => Ok(known[0].to_owned()),
        Some(said) if known.contains(&said.as_str()) => Ok(said),
        Some(said) => {
            let said: String = said.chars().take(100).collect();
            Err(InvalidManifest::new(format!("its media type is `{said}`, not `{}` or `{}`", known[0], known[1])))
        }
    }
}

/// What is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidManifest(String);

impl InvalidManifest {
    fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}
