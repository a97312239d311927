//! Digests of a program: what tells whether it is the one a plan was made of. Lines of the source are no part of them,
//! nor is the order of declaration, and a secret enters as its own digest.
//!
//! Types are taken apart field by field, so that a new field cannot be forgotten here.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Graph, Node, StackNode};
use crate::Address;
use crate::bag::Entry;
use crate::directives::{Import, Move};
use crate::function::{Asset, AssetKind, Condition, Function, Pseudo};
use crate::options::{Options, Removal};
use crate::secret::hex;
use crate::stack::{Output, Parameter, StackParts};
use crate::tree::{Name, Reference, Tree};

/// Digests of a program, part by part: SHA-256 in hexadecimal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphDigest {
    /// Of each resource: type, properties and options.
    pub resources: BTreeMap<Address, String>,
    /// Of each stack: region, outputs, parameters, mappings and conditions.
    pub stacks: BTreeMap<String, String>,
    /// Of the imports and moves.
    pub directives: String,
}

impl Graph {
    /// The digests of this program, over `salt`.
    pub fn digest(&self, salt: &str) -> GraphDigest {
        let Self { app: _, stacks, nodes, index: _, dependencies: _, imports, moves, regions_by: _ } = self;
        let of = |write: &dyn Fn(&mut Canonical<'_>)| {
            let mut canonical = Canonical::new(salt);
            write(&mut canonical);
            canonical.finish()
        };
        GraphDigest {
            resources: nodes.iter().map(|node| (node.address.clone(), of(&|out| out.node(node)))).collect(),
            stacks: stacks.iter().map(|stack| (stack.name.clone(), of(&|out| out.stack(stack)))).collect(),
            directives: of(&|out| out.directives(imports, moves)),
        }
    }
}

/// Writes into a hash what can be told apart again: each text with its length, each list with its count.
struct Canonical<'a> {
    salt: &'a str,
    hasher: Sha256,
}

impl<'a> Canonical<'a> {
    fn new(salt: &'a str) -> Self {
        let mut canonical = Self { salt, hasher: Sha256::new() };
        canonical.text(salt);
        canonical
    }

    fn finish(self) -> String {
        hex(&self.hasher.finalize())
    }

    fn count(&mut self, count: usize) {
        self.hasher.update((count as u64).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.hasher.update(text.as_bytes());
    }

    fn flag(&mut self, flag: bool) {
        self.hasher.update([u8::from(flag)]);
    }

    fn list<T>(&mut self, items: &[T], mut item: impl FnMut(&mut Self, &T)) {
        self.count(items.len());
        for each in items {
            item(self, each);
        }
    }

    fn sorted<T>(&mut self, items: &[T], name: impl Fn(&T) -> &str, mut item: impl FnMut(&mut Self, &T)) {
        let mut items: Vec<&T> = items.iter().collect();
        items.sort_by(|left, right| name(left).cmp(name(right)));
        self.list(&items, |out, each| item(out, each));
    }

    fn node(&mut self, node: &Node) {
        let Node { address, type_name, properties, options, source: _, stack: _ } = node;
        self.text(address.as_str());
        self.text(type_name);
        self.sorted(properties, |entry| &entry.name, Self::entry);
        self.options(options);
    }

    fn entry(&mut self, entry: &Entry) {
        let Entry { name, tree, source: _, raw } = entry;
        self.text(name);
        self.flag(*raw);
        self.tree(tree);
    }

    fn options(&mut self, options: &Options) {
        let Options { depends_on, removal, protect } = options;
        self.list(depends_on, |out, address| out.text(address.as_str()));
        self.text(match removal {
            Removal::Delete => "delete",
            Removal::Retain => "retain",
            Removal::Snapshot => "snapshot",
        });
        self.flag(*protect);
    }

    fn stack(&mut self, stack: &StackNode) {
        let StackNode { name, region, parts } = stack;
        let StackParts { outputs, parameters, mappings, conditions } = parts;
        self.text(name);
        self.optional(region.as_deref());
        self.sorted(
            outputs,
            |output| &output.name,
            |out, Output { name, tree, source: _ }| {
                out.text(name);
                out.tree(tree);
            },
        );
        self.list(parameters, |out, (name, parameter)| out.parameter(name, parameter));
        self.count(mappings.len());
        for (mapping, rows) in mappings {
            for (first, second, value) in
                rows.iter().flat_map(|(first, row)| row.iter().map(move |(second, value)| (first, second, value)))
            {
                for text in [mapping.as_ref(), first, second, value] {
                    self.text(text);
                }
            }
        }
        self.list(conditions, |out, (name, condition)| {
            out.text(name);
            out.condition(condition);
        });
    }

    fn optional(&mut self, text: Option<&str>) {
        self.flag(text.is_some());
        self.text(text.unwrap_or_default());
    }

    fn parameter(&mut self, name: &Name, parameter: &Parameter) {
        let Parameter { default, allowed, secret } = parameter;
        self.text(name);
        self.optional(default.as_deref());
        self.list(allowed, |out, value| out.text(value));
        self.flag(*secret);
    }

    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::Equals(left, right) => {
                self.text("equals");
                self.tree(left);
                self.tree(right);
            }
            Condition::Not(inner) => {
                self.text("not");
                self.condition(inner);
            }
            Condition::All(inner) => {
                self.text("all");
                self.list(inner, Self::condition);
            }
            Condition::Any(inner) => {
                self.text("any");
                self.list(inner, Self::condition);
            }
        }
    }

    fn tree(&mut self, tree: &Tree) {
        match tree {
            Tree::Null => self.text("null"),
            Tree::Boolean(flag) => self.text(if *flag { "true" } else { "false" }),
            Tree::Number(number) => self.named("number", &number.to_string()),
            Tree::Text(text) => self.named("text", text),
            Tree::Secret(secret) => self.named("secret", &secret.digest(self.salt)),
            Tree::List(items) => {
                self.text("list");
                self.list(items, Self::tree);
            }
            Tree::Map(entries) => {
                self.text("map");
                self.sorted(
                    entries,
                    |(key, _)| key,
                    |out, (key, value)| {
                        out.text(key);
                        out.tree(value);
                    },
                );
            }
            Tree::Reference(Reference { app, address, attribute }) => {
                self.named("reference", app);
                self.text(address.as_str());
                self.text(attribute);
            }
            Tree::Function(function) => self.function(function),
            Tree::Invalid(problem) => self.named("invalid", &problem.message),
        }
    }

    fn named(&mut self, kind: &str, text: &str) {
        self.text(kind);
        self.text(text);
    }

    fn function(&mut self, function: &Function) {
        match function {
            Function::Join { separator, parts: _ } => self.named("join", separator),
            Function::Split { separator, text: _ } => self.named("split", separator),
            Function::Select { index, list: _ } => self.named("select", &index.to_string()),
            Function::Base64(_) => self.text("base64"),
            Function::AvailabilityZones => self.text("availability zones"),
            Function::Pseudo(pseudo) => self.named("pseudo", pseudo_name(*pseudo)),
            Function::Parameter(name) => self.named("parameter", name),
            Function::FindInMap { mapping, first: _, second: _ } => self.named("find in map", mapping),
            Function::If { condition, then: _, otherwise: _ } => self.named("if", condition),
            Function::Dynamic(reference) => self.named("dynamic", &reference.to_string()),
            Function::Asset(Asset { path, kind }) => {
                self.named("asset", path);
                match kind {
                    AssetKind::Plain => self.text("plain"),
                    AssetKind::DockerContext { dockerfile } => self.named("docker context", dockerfile),
                }
            }
        }
        self.list(&function.arguments(), |out, argument| out.tree(argument));
    }

    fn directives(&mut self, imports: &[Import], moves: &[Move]) {
        self.list(imports, |out, Import { address, physical_id, source: _ }| {
            out.text(address.as_str());
            out.text(physical_id);
        });
        self.list(moves, |out, Move { from, to, source: _ }| {
            out.text(from.as_str());
            out.text(to.as_str());
        });
    }
}

fn pseudo_name(pseudo: Pseudo) -> &'static str {
    match pseudo {
        Pseudo::Region => "region",
        Pseudo::AccountId => "account id",
        Pseudo::Partition => "partition",
        Pseudo::UrlSuffix => "url suffix",
    }
}
