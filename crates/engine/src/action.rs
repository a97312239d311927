//! What a plan does to a resource, and why. The same enums serve the planner, the terminal and the JSON output.

use std::fmt;

use ironwright_core::Address;
use serde::{Deserialize, Serialize};

/// What a plan does to one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Action {
    /// Make it.
    Create,
    /// Read a value from the cloud.
    Read,
    /// Change it in place.
    Update,
    /// Delete the old one, then make the new one: the two cannot stand side by side.
    DestroyThenCreate,
    /// Make the new one, move what depends on it, then delete the old one.
    CreateThenDestroy,
    /// Delete it.
    Delete,
    /// Take it over from the cloud, where it is already; changes in place follow.
    Import,
    /// Leave it in the cloud and manage it no longer.
    Forget,
    /// Leave it as it is.
    NoOp,
}

impl Action {
    /// Terraform's symbol for it.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Create => "+",
            Self::Read => "<=",
            Self::Update => "~",
            Self::DestroyThenCreate => "-/+",
            Self::CreateThenDestroy => "+/-",
            Self::Delete => "-",
            Self::Import => "=",
            Self::Forget => ".",
            Self::NoOp => " ",
        }
    }

    /// Whether the old resource goes and a new one comes.
    pub fn is_replace(self) -> bool {
        matches!(self, Self::DestroyThenCreate | Self::CreateThenDestroy)
    }

    /// Whether anything in the cloud or the state changes.
    pub fn is_change(self) -> bool {
        !matches!(self, Self::NoOp | Self::Read)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::DestroyThenCreate | Self::CreateThenDestroy => "replace",
            Self::Delete => "delete",
            Self::Import => "import",
            Self::Forget => "forget",
            Self::NoOp => "no-op",
        })
    }
}

/// Why a plan does it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[non_exhaustive]
pub enum Reason {
    /// It is in the program and not in the state.
    New,
    /// The program sets these properties otherwise than at the last apply.
    Changed {
        /// The properties' paths.
        properties: Vec<String>,
    },
    /// The cloud has these properties otherwise than the last apply left them.
    Drifted {
        /// The properties' paths.
        properties: Vec<String>,
    },
    /// These properties cannot change in place.
    ForcedBy {
        /// The properties' paths.
        properties: Vec<String>,
    },
    /// Whether these properties can change in place is the cloud's decision.
    MayBeForcedBy {
        /// The properties' paths.
        properties: Vec<String>,
    },
    /// A resource it refers to is replaced, or made anew.
    Dependency {
        /// The resource it refers to.
        address: Address,
    },
    /// It is in the state, and the cloud has it no longer.
    Missing,
    /// It is in the state, and the program has it no longer.
    Removed,
    /// An earlier replacement made its successor and did not get to deleting it.
    Deposed,
    /// An earlier run was stopped while it was being made.
    Interrupted,
    /// Its type differs from the one in the state.
    TypeChanged,
    /// The command line asked for it.
    Requested,
    /// It has the content of a resource that the program has no longer, which is taken to have moved here.
    Renamed,
    /// A partial plan was not asked for it, and cannot go without it.
    Included {
        /// The resource because of which it came along.
        address: Address,
        /// What it has to do with that.
        because: Inclusion,
    },
}

/// Why a partial plan covers a resource that it was not asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Inclusion {
    /// The other needs it.
    NeedsIt,
    /// It uses the other, which is replaced.
    Replaced,
    /// It uses the other, which is deleted.
    Deleted,
    /// It uses the other, which was gone and is made anew.
    MadeAnew,
}
