//! The seam to what resources are made of on the machine that deploys. The engine reads no file itself.

use ironwright_core::function::Asset;

/// Reads assets.
pub trait Assets: Send + Sync {
    /// The digest of `asset`: the same as long as what counts of it is the same. An error is told to the user as it is; it
    /// names the path. Called on a thread that may block.
    fn digest(&self, asset: &Asset) -> Result<String, String>;
}

/// No assets: for programs that have none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoAssets;

impl Assets for NoAssets {
    fn digest(&self, _: &Asset) -> Result<String, String> {
        Err("nothing is read on this machine".to_owned())
    }
}
