//! The entries of a journal, and the snapshot. A line is one entry with its place in the order.

use std::collections::BTreeSet;

use ironwright_core::Address;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::Moves;
use crate::action::Action;
use crate::state::{Record, State};
use crate::store::LockOwner;
use crate::token::Token;
use crate::vault::Keyring;

/// A state as it was saved, with what was still under way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The number of the last journal line this snapshot holds; lines up to it are ignored.
    pub sequence: u64,
    /// The state.
    pub state: State,
    /// Operations whose outcome is still unknown, in the order they were begun.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<Operation>,
    /// The version that an unfinished rollback goes back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolling_back: Option<u64>,
    /// By whom and when it was saved; nothing where an earlier release did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved: Option<Saved>,
}

/// By whom and when a snapshot was saved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// When, in milliseconds since 1970 UTC.
    pub at: u64,
    /// The command: `apply`, `state mv`.
    pub command: String,
    /// Who: `user@host`.
    pub owner: String,
}

/// One line of a journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Its number; grows by one from line to line, across runs.
    pub sequence: u64,
    /// What it says.
    pub entry: Entry,
}

/// What a line of the journal says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[non_exhaustive]
pub enum Entry {
    /// An operation is about to be sent.
    Begin {
        /// The operation.
        operation: Box<Operation>,
    },
    /// The cloud has said an id, whatever comes of the operation.
    Known {
        /// The operation.
        token: Token,
        /// The id.
        physical_id: String,
    },
    /// A create has made this besides what is kept of it: it is deposed.
    Doubled {
        /// The create.
        token: Token,
        /// The physical id.
        physical_id: String,
        /// The model the cloud returned, secrets as digests.
        model: Json,
    },
    /// An operation is over.
    End {
        /// The operation.
        token: Token,
        /// What came of it.
        outcome: Outcome,
    },
    /// The record of a live resource changes, and nothing in the cloud.
    Recorded {
        /// The record.
        record: Box<Record>,
    },
    /// What an interrupted create is found to have made is what is wanted: it takes over its address.
    Adopted {
        /// The create.
        token: Token,
        /// Its record.
        record: Box<Record>,
        /// The resource now at the address is deposed; otherwise it is gone.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        deposes: bool,
    },
    /// The keyring of the state, as it is made or changed.
    Keyring {
        /// The keyring.
        keyring: Box<Keyring>,
    },
    /// A secret that a later line uses, sealed.
    Sealed {
        /// The digest that stands for it.
        digest: String,
        /// Its sealed text.
        sealed: String,
    },
    /// Records and operations have other addresses from now on; nothing in the cloud changes.
    Moved {
        /// The addresses before and from now on.
        addresses: Moves,
    },
    /// The lock was taken over: whoever held it before finds its next number taken. Changes nothing in the state.
    Fenced {
        /// Who holds it from here on.
        owner: Box<LockOwner>,
    },
    /// From here on a run goes back to a version of the state, or, where it names none, does so no longer.
    Rollback {
        /// The version's serial.
        to: Option<u64>,
    },
    /// A resource is managed no longer; it stays in the cloud.
    Forgotten {
        /// Its record.
        record: Box<Record>,
    },
}

/// An operation on one resource, as it is begun.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// Names it; sent to the cloud with it.
    pub token: Token,
    /// Create, update or delete.
    pub action: Action,
    /// What the record will be when it succeeds (create, update), or was (delete). Secrets as digests; the physical id
    /// is empty where the cloud has not said it.
    pub record: Record,
    /// Of a create: the resource now at the address is deposed when this one is made.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deposes: bool,
    /// Of a create: the address it was sent with, where it has moved since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_as: Option<Address>,
    /// Of a create: when its token was first used, in milliseconds since 1970 UTC; 0 where an earlier release began it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub begun: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Operation {
    /// An operation as it is first begun.
    pub(crate) fn new(token: Token, action: Action, record: Record) -> Self {
        Self { token, action, record, deposes: false, sent_as: None, begun: 0 }
    }

    /// The address the cloud was told.
    pub fn sent_as(&self) -> &Address {
        self.sent_as.as_ref().unwrap_or(&self.record.address)
    }
}

/// What came of an operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "result")]
#[non_exhaustive]
pub enum Outcome {
    /// It was made or changed, and is so now.
    Live {
        /// The physical id.
        physical_id: String,
        /// The model the cloud returned, secrets as digests.
        model: Json,
        /// It has an id, and its making failed: to be replaced.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        incomplete: bool,
        /// It was accepted and not waited for: by what it is asked how it stands.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        accepted: Option<String>,
        /// It was found, and not heard of: the properties that are not as they were asked for. The record says of them what
        /// the cloud has.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        lacking: BTreeSet<String>,
    },
    /// An interrupted create had made it, and it is not wanted: it is deposed.
    Found {
        /// The physical id.
        physical_id: String,
        /// The model the cloud returned, secrets as digests.
        model: Json,
    },
    /// It is deleted.
    Gone,
    /// Nothing was done.
    Nothing,
}
