//! The content store: what images consist of, as files named by their digests, on this machine.
//!
//! A blob is a layer, an image's configuration or a manifest; it is written once, under the digest of what was written, and
//! never changes. Builds put blobs in by way of the [registry](crate::registry) or of an [archive](crate::archive), delivery
//! takes them out. What was not used for thirty days and belongs to no image that is [kept](ContentStore::keep) goes.

mod digest;
mod error;
mod layers;
mod manifest;
mod names;
mod platform;
mod prune;
mod store;
mod writer;

pub use digest::{Digest, InvalidDigest};
pub use error::ContentError;
pub(crate) use error::is_full;
pub use manifest::{Descriptor, Document, Index, InvalidManifest, Manifest, Packing, media};
pub use platform::{InvalidPlatform, Platform};
pub use store::{ContentStore, default_folder};
pub use writer::{BlobWriter, Written};

/// The longest manifest or index that is read.
pub const LONGEST_MANIFEST: u64 = 4 * 1024 * 1024;

/// The longest configuration of an image that is read.
pub const LONGEST_CONFIG: u64 = 8 * 1024 * 1024;

#[cfg(test)]
mod tests;
