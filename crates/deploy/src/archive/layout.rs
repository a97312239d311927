//! The OCI image layout: an index, and blobs by digest.

use super::error::ArchiveProblem;
use super::layers;
use super::saved::Config;
use super::source::{Source, blob, document};
use crate::content::{
    ContentError, ContentStore, Descriptor, Digest, Document, Index, LONGEST_CONFIG, LONGEST_MANIFEST, Manifest,
    Packing, Platform, media,
};

/// The name of the index.
pub(super) const INDEX: &str = "index.json";

/// How many indexes may be in each other.
const DEEPEST: usize = 4;

/// An image in the layout.
struct Image {
    digest: Digest,
    bytes: Vec<u8>,
    manifest: Manifest,
    platform: Platform,
}

/// Takes in the image of the layout, the one for `platform` where there are several.
pub(super) fn ingest(
    source: &dyn Source,
    store: &ContentStore,
    platform: Option<&Platform>,
) -> Result<Digest, ArchiveProblem> {
    let bytes = source.read(INDEX, LONGEST_MANIFEST)?;
    let parsed = Document::parse(&bytes).map_err(|error| ArchiveProblem::malformed(INDEX, error))?;
    let Document::Index(index) = parsed else {
        return Err(ArchiveProblem::malformed(INDEX, "it is a manifest"));
    };
    let mut images = Vec::new();
    collect(source, &index, DEEPEST, &mut images)?;
    take(source, store, chosen(images, platform)?)
}

/// Puts the images of `index` that are here into `images`, each once.
fn collect(source: &dyn Source, index: &Index, depth: usize, images: &mut Vec<Image>) -> Result<(), ArchiveProblem> {
    for entry in index.images() {
        let (name, digest) = (blob(&entry.digest), entry.digest.clone());
        // Of an index for many platforms, whoever saved it may have had one.
        if !source.has(&name) || images.iter().any(|image| image.digest == digest) {
            continue;
        }
        let bytes = source.blob(&digest, LONGEST_MANIFEST)?;
        let parsed = Document::parse(&bytes).map_err(|error| ArchiveProblem::malformed(&name, error))?;
        match parsed {
            Document::Index(inner) if depth > 0 => collect(source, &inner, depth - 1, images)?,
            Document::Index(_) => return Err(ArchiveProblem::malformed(&name, "indexes are nested too deeply")),
            // Signatures and other things are kept in layouts too.
            Document::Manifest(manifest) if is_image(&manifest) => {
                let config = source.blob(&manifest.config.digest, LONGEST_CONFIG)?;
                let platform = document(&blob(&manifest.config.digest), &config)?;
                images.push(Image { digest, bytes, manifest, platform });
            }
            Document::Manifest(_) => {}
        }
    }
    Ok(())
}

fn is_image(manifest: &Manifest) -> bool {
    [media::OCI_CONFIG, media::DOCKER_CONFIG].contains(&manifest.config.media_type.as_str())
}

/// The one image that is meant.
fn chosen(mut images: Vec<Image>, platform: Option<&Platform>) -> Result<Image, ArchiveProblem> {
    let found: Vec<String> = images.iter().map(|image| image.platform.to_string()).collect();
    if images.is_empty() {
        return Err(ArchiveProblem::NoImage);
    }
    if let Some(wanted) = platform {
        images.retain(|image| wanted.accepts(&image.platform));
    }
    match images.len() {
        0 => {
            let wanted = platform.map(Platform::to_string).unwrap_or_default();
            Err(ContentError::NoPlatform { wanted, found }.into())
        }
        1 => Ok(images.remove(0)),
        several if images.iter().skip(1).any(|image| images[0].platform.accepts(&image.platform)) => {
            Err(ArchiveProblem::Several(several))
        }
        _ => Err(ContentError::Several { found }.into()),
    }
}

/// Takes in `image`: as it is where its layers are packed, and under a manifest of its own where they are not.
fn take(source: &dyn Source, store: &ContentStore, image: Image) -> Result<Digest, ArchiveProblem> {
    let Image { bytes, mut manifest, .. } = image;
    let config = source.blob(&manifest.config.digest, LONGEST_CONFIG)?;
    let contents = document::<Config>(&blob(&manifest.config.digest), &config)?.contents();
    if contents.len() != manifest.layers.len() {
        let why = format!("it speaks of {} layers, and its manifest of {}", contents.len(), manifest.layers.len());
        return Err(ArchiveProblem::malformed(&blob(&manifest.config.digest), why));
    }
    let mut as_it_is = true;
    for (layer, content) in manifest.layers.iter_mut().zip(&contents) {
        let name = blob(&layer.digest);
        match layer.packing() {
            Some(Packing::Plain) => {
                as_it_is = false;
                let (digest, size) = layers::packed(source, store, &name, content)?;
                *layer = Descriptor::new(packed_type(&layer.media_type), digest, size);
            }
            Some(Packing::Gzip | Packing::Zstd) => layers::as_it_is(source, store, &name, layer)?,
            None => return Err(ArchiveProblem::malformed(&name, format!("`{}` is no layer", layer.media_type))),
        }
    }
    store.put(&config)?;
    let bytes = if as_it_is { bytes } else { manifest.to_bytes() };
    Ok(store.put(&bytes)?)
}

/// What a layer is called that is packed, and was a `plain` one before.
fn packed_type(plain: &str) -> &'static str {
    if plain == media::DOCKER_LAYER { media::DOCKER_LAYER_GZIP } else { media::OCI_LAYER_GZIP }
}
