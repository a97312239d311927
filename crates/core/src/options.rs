//! What a program says of a resource besides its properties: dependencies, and what becomes of it when it is removed.

use crate::Address;

/// Options of one resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Resources that must be there first, beyond those its properties refer to.
    pub depends_on: Vec<Address>,
    /// What becomes of it when it is removed from the program or replaced.
    pub removal: Removal,
    /// A plan that would delete or replace it is refused.
    pub protect: bool,
}

/// What becomes of a resource when it is removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Removal {
    /// It is deleted.
    #[default]
    Delete,
    /// It stays in the cloud and is no longer managed.
    Retain,
    /// It is deleted after a snapshot, where its type can.
    Snapshot,
}
