//! Where in the program a value stands: what errors point at, and what secrets are named after.

use ironwright_core::bag::Entry;
use ironwright_core::{Address, Diagnostic, Node, Source};

/// Where in the program a value stands.
#[derive(Clone, Copy)]
pub(crate) enum Site<'a> {
    /// A property of a resource.
    Property { address: &'a Address, logical_id: &'a str, name: &'a str, source: &'a Source },
    /// An output.
    Output { name: &'a str, source: &'a Source },
    /// A condition.
    Condition { name: &'a str },
}

impl<'a> Site<'a> {
    /// A property of the resource `node`.
    pub(crate) fn property(node: &'a Node, logical_id: &'a str, entry: &'a Entry) -> Self {
        Self::Property { address: &node.address, logical_id, name: &entry.name, source: &entry.source }
    }

    /// An error about what stands here.
    pub(crate) fn error(&self, code: &'static str, message: String) -> Diagnostic {
        let error = Diagnostic::error(code, message);
        match self {
            Self::Property { address, name, source, .. } => error.at(address).property(*name).source(source),
            Self::Output { name, source } => error.property(*name).source(source),
            Self::Condition { name } => error.property(*name),
        }
    }

    /// What stands here, in words.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Property { address, name, .. } => format!("`{name}` of `{address}`"),
            Self::Output { name, .. } => format!("the output `{name}`"),
            Self::Condition { name } => format!("the condition `{name}`"),
        }
    }

    /// The line of the program.
    pub(crate) fn source(&self) -> Option<&'a Source> {
        match self {
            Self::Property { source, .. } | Self::Output { source, .. } => Some(source),
            Self::Condition { .. } => None,
        }
    }
}
