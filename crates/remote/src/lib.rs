//! The state of Ironwright in an object store: S3, Google Cloud Storage, Azure Blob Storage, or a folder.
//!
//! Below `<prefix>/<app>/<stage>/` lie three kinds of objects: versions of the `lock`, `snapshots` that never change, and
//! the `journal`, an object a group commit. All are made only where there are none; nothing is ever overwritten. How that
//! keeps two runs apart is told at [`RemoteStore`].

mod aws;
mod connect;
mod held;
mod journal;
mod keys;
mod lease;
mod location;
mod objects;
mod reading;
mod register;
mod snapshots;
mod store;

use ironwright_engine::StoreError;
use ironwright_engine::store::codec::{self, Misread};

pub use location::{Location, LocationError};
pub use store::{LEASE, RemoteStore};

/// What was found at `place`, as an error.
fn misread(place: String, found: Misread) -> StoreError {
    match found {
        Misread::Newer(found) => StoreError::Newer { place, found, known: codec::FORMAT },
        Misread::Damaged(problem) => StoreError::Damaged { place, problem, previous: None },
    }
}
