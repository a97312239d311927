//! The untyped tree behind every [`Value`](crate::Value): literals, references to attributes, and functions of both.

use std::borrow::Cow;
use std::sync::Arc;

use crate::function::Function;
use crate::secret::SecretText;
use crate::{Address, Problem};

/// The name of a property or an attribute, as AWS spells it.
pub type Name = Cow<'static, str>;

/// What a program says a property is, before anything is deployed.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// No value; in a map the same as leaving the key out.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number or a fraction.
    Number(serde_json::Number),
    /// Text.
    Text(Name),
    /// Text that must never be shown.
    Secret(SecretText),
    /// Values in order.
    List(Vec<Tree>),
    /// Named values, in the order they were set.
    Map(Vec<(Name, Tree)>),
    /// An attribute of another resource.
    Reference(Reference),
    /// Something computed from other values.
    Function(Box<Function>),
    /// A literal that cannot be right; reported with address and line when the graph is made.
    Invalid(Box<Problem>),
}

impl Tree {
    /// Text.
    pub fn text(text: impl Into<Name>) -> Self {
        Self::Text(text.into())
    }

    /// Visits this tree and all below it, parents first.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Tree)) {
        visit(self);
        match self {
            Self::List(items) => items.iter().for_each(|item| item.walk(visit)),
            Self::Map(entries) => entries.iter().for_each(|(_, entry)| entry.walk(visit)),
            Self::Function(function) => function.arguments().into_iter().for_each(|argument| argument.walk(visit)),
            _ => {}
        }
    }

    /// Every reference inside, in order; one that occurs twice comes twice.
    pub fn references(&self) -> Vec<&Reference> {
        let mut found = Vec::new();
        self.walk(&mut |tree| {
            if let Tree::Reference(reference) = tree {
                found.push(reference);
            }
        });
        found
    }
}

impl From<serde_json::Value> for Tree {
    fn from(json: serde_json::Value) -> Self {
        use serde_json::Value as J;
        match json {
            J::Null => Self::Null,
            J::Bool(flag) => Self::Boolean(flag),
            J::Number(number) => Self::Number(number),
            J::String(text) => Self::text(text),
            J::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            J::Object(entries) => {
                Self::Map(entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
            }
        }
    }
}

/// An attribute of a resource: known once that resource exists.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// The name of the app whose resource it is.
    pub app: Arc<str>,
    /// The resource.
    pub address: Address,
    /// The attribute, `PublicIp` or `Endpoint.Address`.
    pub attribute: Name,
}
