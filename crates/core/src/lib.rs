//! The core of Ironwright: what a program declares, and the graph that comes of it.
//!
//! Values, kinds, resources, scopes, stacks, apps, the graph, facts about types, and diagnostics live here. No IO lives
//! here, and nothing here reads a clock, the environment or a random source (invariant I1).

pub mod address;
pub mod app;
pub mod bag;
pub mod diagnostic;
pub mod directives;
pub mod evaluate;
pub mod facts;
pub mod function;
pub mod graph;
pub mod inputs;
pub mod kinds;
pub mod nearest;
pub mod options;
pub mod planned;
pub mod resource;
pub mod scope;
pub mod secret;
pub mod source;
pub mod stack;
pub mod tree;
pub mod value;

pub use address::Address;
pub use app::App;
pub use bag::Bag;
pub use diagnostic::{Diagnostic, Diagnostics, Problem, Severity};
pub use directives::{Import, Move};
pub use graph::{Graph, Node};
pub use inputs::{InputError, Inputs};
pub use kinds::{Boolean, Integer, Json, List, Map, Number, Text};
pub use planned::{Planned, Resolved};
pub use resource::{Handle, Resource, Taggable};
pub use scope::Scope;
pub use secret::Secret;
pub use source::Source;
pub use stack::Stack;
pub use tree::{Name, Reference, Tree};
pub use value::{IntoTree, IntoValue, Value};

/// The names that generated resource types are written against.
pub mod r#gen {
    pub use crate::bag::Bag;
    pub use crate::kinds::{
        Boolean, IdKind, Integer, Json, List, Literal, Map, Missing, Number, Provided, Set, Text, TextKind,
    };
    pub use crate::resource::{Attributes, Handle, Origin, Resource, TagStyle, Taggable};
    pub use crate::tree::Tree;
    pub use crate::value::{IntoValue, Value};
    pub use crate::{id_kind, text_enum};
}
