//! Names of images that come from this machine.

use crate::content::Digest;

/// What the names of images begin with that no registry has: they are in the content store of the machine that made them.
pub const LOCAL: &str = "ironwright.local/";

/// How many digits of its digest the tag of an image has on hosts.
const DIGITS: usize = 32;

/// An image of this machine: `ironwright.local/NAME@sha256:…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalImage {
    name: String,
    digest: Digest,
}

impl LocalImage {
    /// The image `digest`, called `name`.
    pub fn new(name: impl Into<String>, digest: Digest) -> Self {
        Self { name: name.into(), digest }
    }

    /// Reads a reference; nothing where it is of a registry that others run.
    pub fn parse(reference: &str) -> Result<Option<Self>, InvalidReference> {
        let Some(rest) = reference.strip_prefix(LOCAL) else { return Ok(None) };
        let read = rest.split_once('@').and_then(|(name, digest)| Some(Self::new(name, digest.parse().ok()?)));
        read.filter(|image| !image.name.is_empty()).map(Some).ok_or_else(|| InvalidReference(reference.to_owned()))
    }

    /// The name, without what all of them begin with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The digest of its manifest.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The reference, by which a program's resources name it.
    pub fn reference(&self) -> String {
        format!("{LOCAL}{}@{}", self.name, self.digest)
    }

    /// What hosts call it. Docker takes a digest only of what was pulled under that name.
    pub fn tag(&self) -> String {
        format!("{LOCAL}{}:{}", self.name, &self.digest.hex()[..DIGITS])
    }
}

/// A reference to an image of this machine that does not say which.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names no image: a name and a digest are expected, `{LOCAL}NAME@sha256:…`; refer to it by `image.reference()`"
)]
pub struct InvalidReference(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_of_this_machine_and_of_others() {
        let digest = Digest::of(b"");
        let reference = format!("ironwright.local/shop/web-image@{digest}");
        let image = LocalImage::parse(&reference).expect("it is well said").expect("it is of this machine");
        assert_eq!((image.name(), image.digest(), image.reference()), ("shop/web-image", &digest, reference));
        assert_eq!(image.tag(), "ironwright.local/shop/web-image:e3b0c44298fc1c149afbf4c8996fb924");
        assert_eq!(LocalImage::parse("ghcr.io/shop/web:1"), Ok(None));
        for wrong in ["ironwright.local/shop", "ironwright.local/shop:latest", "ironwright.local/shop@sha256:12"] {
            assert!(LocalImage::parse(wrong).is_err(), "{wrong}");
        }
        assert!(LocalImage::parse(&format!("ironwright.local/@{digest}")).is_err());
    }
}
