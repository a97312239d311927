//! A register: one value that changes only from the version its writer has seen. It needs nothing of an object store but
//! that an object is made only where there is none, so it works in a folder as well as on S3.
//!
//! Version `n` is the object `<n>`; the newest counts. A writer that has seen version `n` makes `n + 1`: of two only one
//! can. What is older is tidied away, so that a writer that slept may find the number it wants free again; it then sees
//! that it did not make the newest, and has changed nothing. The newest is never deleted, and the one before it neither,
//! so that a listing that runs beside a change finds one of them.

use ironwright_engine::StoreError;

use crate::keys::{number_in, numbered};
use crate::objects::{Made, Objects};

/// How often a listing is repeated whose newest object was gone when it was read.
const LISTINGS: usize = 10;

/// The register in one folder.
#[derive(Clone, Copy)]
pub(crate) struct Register {
    pub(crate) folder: &'static str,
}

/// A version of a register's value.
#[derive(Debug)]
pub(crate) struct Version {
    pub(crate) number: u64,
    pub(crate) value: Vec<u8>,
}

impl Register {
    /// The newest version; nothing where there never was one.
    pub(crate) async fn latest(self, objects: &Objects) -> Result<Option<Version>, StoreError> {
        for _ in 0..LISTINGS {
            let Some((number, name)) = self.list(objects).await?.pop() else {
                return Ok(None);
            };
            if let Some(value) = objects.read(&self.path(&name)).await? {
                return Ok(Some(Version { number, value }));
            }
        }
        let problem = "what is listed there is gone whenever it is read".to_owned();
        Err(StoreError::Unreadable { place: objects.place(self.folder), problem })
    }

    /// Makes `value` the version after `seen` (zero: there was none). False where there is a newer one already.
    pub(crate) async fn swap(self, objects: &Objects, seen: u64, value: &[u8]) -> Result<bool, StoreError> {
        let number = seen + 1;
        if objects.create(&self.path(&name(number)), value).await? != Made::Ours {
            return Ok(false);
        }
        let versions = self.list(objects).await?;
        let is_newest = versions.last().is_none_or(|(newest, _)| *newest <= number);
        let is_litter = |version: u64| if is_newest { version + 1 < number } else { version == number };
        let litter: Vec<String> =
            versions.into_iter().filter(|(version, _)| is_litter(*version)).map(|it| it.1).collect();
        // What is left lying does no harm; the next change tidies it away.
        let _ = objects.delete(self.folder, &litter).await;
        Ok(is_newest)
    }

    async fn list(self, objects: &Objects) -> Result<Vec<(u64, String)>, StoreError> {
        let names = objects.list(self.folder).await?;
        Ok(names.into_iter().filter_map(|name| Some((number_in(name.strip_suffix(".json")?)?, name))).collect())
    }

    fn path(self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }
}

fn name(number: u64) -> String {
    format!("{}.json", numbered(number))
}
