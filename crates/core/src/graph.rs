//! The graph: every resource of an app with what it depends on, checked as a whole.

mod build;
mod digest;
mod directives;
pub mod document;
mod parts;
#[cfg(test)]
mod thing;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::bag::Entry;
use crate::directives::{Import, Move};
use crate::options::Options;
use crate::source::Source;
use crate::stack::StackParts;
use crate::tree::Name;
use crate::{Address, Diagnostic, Diagnostics};

pub use digest::GraphDigest;

/// Every resource of an app, in the order of declaration, with what it depends on. Free of cycles and dangling
/// references.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    app: String,
    stacks: Vec<StackNode>,
    nodes: Vec<Node>,
    /// Where each address is in `nodes`. Only looked up: its order means nothing.
    index: HashMap<Address, usize>,
    dependencies: Vec<BTreeSet<usize>>,
    imports: Vec<Import>,
    moves: Vec<Move>,
    /// Who says the region of the stacks at these positions: the program names none.
    regions_by: BTreeMap<usize, String>,
}

/// A stack in the graph.
#[derive(Clone, Debug, PartialEq)]
pub struct StackNode {
    /// The name.
    pub name: String,
    /// The region, if the program names one.
    pub region: Option<String>,
    /// Outputs, parameters, mappings and conditions.
    pub parts: StackParts,
}

/// A resource in the graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The address.
    pub address: Address,
    /// The type.
    pub type_name: Name,
    /// The properties, in the order they were set.
    pub properties: Vec<Entry>,
    /// Dependencies beyond references, removal and protection.
    pub options: Options,
    /// Where it was added.
    pub source: Source,
    /// The index of its stack in [`Graph::stacks`].
    pub stack: usize,
}

impl Node {
    /// The property `name` as it was set.
    pub fn property(&self, name: &str) -> Option<&Entry> {
        self.properties.iter().find(|entry| entry.name == name)
    }
}

impl Graph {
    /// The app's name.
    pub fn app(&self) -> &str {
        &self.app
    }

    /// The stacks, in order.
    pub fn stacks(&self) -> &[StackNode] {
        &self.stacks
    }

    /// The resources, in order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The resource at `address`.
    pub fn node(&self, address: &Address) -> Option<&Node> {
        self.position(address).map(|index| &self.nodes[index])
    }

    /// The position in [`Graph::nodes`] of the resource at `address`.
    pub fn position(&self, address: &Address) -> Option<usize> {
        self.index.get(address).copied()
    }

    /// The positions of what the resource at position `index` depends on, by reference or by `depends_on`.
    pub fn dependencies(&self, index: usize) -> &BTreeSet<usize> {
        &self.dependencies[index]
    }

    /// What the program takes over from the cloud, in order.
    pub fn imports(&self) -> &[Import] {
        &self.imports
    }

    /// What had another address before, in order.
    pub fn moves(&self) -> &[Move] {
        &self.moves
    }

    /// The region of a resource, if it is known.
    pub fn region(&self, node: &Node) -> Option<&str> {
        self.stacks[node.stack].region.as_deref()
    }

    /// Gives stacks without a region this one; `by` is who says so, `AWS_REGION`.
    pub fn default_region(&mut self, region: &str, by: &str) {
        for (position, stack) in self.stacks.iter_mut().enumerate().filter(|(_, stack)| stack.region.is_none()) {
            stack.region = Some(region.to_owned());
            self.regions_by.insert(position, by.to_owned());
        }
    }

    /// Who says the region of the stack at `position`; nothing where the program does.
    pub fn region_by(&self, position: usize) -> Option<&str> {
        self.regions_by.get(&position).map(String::as_str)
    }

    /// An error for every stack that holds AWS resources and has no region.
    pub fn missing_regions(&self) -> Diagnostics {
        let needs_one =
            |index: usize| self.nodes.iter().find(|node| node.stack == index && node.type_name.starts_with("AWS::"));
        let missing = self.stacks.iter().enumerate().filter(|(_, stack)| stack.region.is_none());
        missing
            .filter_map(|(index, stack)| {
                let node = needs_one(index)?;
                let message = format!("the stack `{}` has AWS resources and no region", stack.name);
                let error = Diagnostic::error("region-missing", message).at(&node.address).source(&node.source);
                Some(error.help("say `App::new(…).region(\"us-west-2\")`, or set AWS_REGION"))
            })
            .collect()
    }
}
