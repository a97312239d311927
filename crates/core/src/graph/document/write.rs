//! Writes the document. Types are taken apart field by field, so that a new field cannot be forgotten here.

use std::io::{self, BufWriter, Write};

use serde::Serialize;

use super::super::{Graph, Node, StackNode};
use super::{Confidential, FORMAT};
use crate::bag::Entry;
use crate::diagnostic::Problem;
use crate::directives::{Import, Move};
use crate::function::{Asset, AssetKind, Condition, DynamicReference, DynamicService, Function, Pseudo};
use crate::options::{Options, Removal};
use crate::source::Source;
use crate::stack::{Output, Parameter, StackParts};
use crate::tree::{Name, Reference, Tree};

type Written = io::Result<()>;

/// Writes an object: after each name, what writes its value.
macro_rules! object {
    ($out:ident, $first:literal: $value:expr $(, $name:literal: $next:expr)* $(,)?) => {{
        $out.raw(concat!("{\"", $first, "\":"))?;
        $value?;
        $(
            $out.raw(concat!(",\"", $name, "\":"))?;
            $next?;
        )*
        $out.raw("}")
    }};
}

/// Writes an array: what writes each of its items.
macro_rules! array {
    ($out:ident, $first:expr $(, $next:expr)* $(,)?) => {{
        $out.raw("[")?;
        $first?;
        $(
            $out.raw(",")?;
            $next?;
        )*
        $out.raw("]")
    }};
}

/// Writes `graph` to `channel`.
pub(super) fn graph(graph: &Graph, channel: &mut dyn Confidential) -> Written {
    let Graph { app, stacks, nodes, index: _, dependencies: _, imports, moves, regions_by } = graph;
    let mut out = Writer { out: BufWriter::new(channel) };
    object!(out,
        "format": out.plain(&FORMAT),
        "app": out.plain(app),
        "stacks": out.list(stacks, Writer::stack),
        "nodes": out.list(nodes, Writer::node),
        "imports": out.list(imports, Writer::import),
        "moves": out.list(moves, Writer::moved),
        "regions_by": out.plain(regions_by),
    )?;
    out.out.flush()
}

struct Writer<'a> {
    out: BufWriter<&'a mut dyn Confidential>,
}

impl Writer<'_> {
    fn raw(&mut self, json: &str) -> Written {
        self.out.write_all(json.as_bytes())
    }

    /// What is no type of ours: text, numbers, and lists and maps of them.
    fn plain(&mut self, value: &(impl Serialize + ?Sized)) -> Written {
        Ok(serde_json::to_writer(&mut self.out, value)?)
    }

    fn list<'a, T>(
        &mut self,
        items: impl IntoIterator<Item = &'a T>,
        mut item: impl FnMut(&mut Self, &'a T) -> Written,
    ) -> Written
    where
        T: 'a,
    {
        self.raw("[")?;
        for (index, each) in items.into_iter().enumerate() {
            if index > 0 {
                self.raw(",")?;
            }
            item(self, each)?;
        }
        self.raw("]")
    }

    fn node(&mut self, node: &Node) -> Written {
        let Node { address, type_name, properties, options, source, stack } = node;
        object!(self,
            "address": self.plain(address),
            "type": self.plain(type_name),
            "properties": self.list(properties, Self::entry),
            "options": self.options(options),
            "source": self.source(source),
            "stack": self.plain(stack),
        )
    }

    fn entry(&mut self, entry: &Entry) -> Written {
        let Entry { name, tree, source, raw } = entry;
        object!(self,
            "name": self.plain(name),
            "value": self.tree(tree),
            "source": self.source(source),
            "raw": self.plain(raw),
        )
    }

    fn options(&mut self, options: &Options) -> Written {
        let Options { depends_on, removal, protect } = options;
        let removal = match removal {
            Removal::Delete => "delete",
            Removal::Retain => "retain",
            Removal::Snapshot => "snapshot",
        };
        object!(self,
            "depends_on": self.plain(depends_on),
            "removal": self.plain(removal),
            "protect": self.plain(protect),
        )
    }

    fn source(&mut self, source: &Source) -> Written {
        let Source { file, line } = source;
        array!(self, self.plain(file), self.plain(line))
    }

    fn optional_source(&mut self, source: Option<&Source>) -> Written {
        match source {
            Some(source) => self.source(source),
            None => self.raw("null"),
        }
    }

    fn import(&mut self, import: &Import) -> Written {
        let Import { address, physical_id, source } = import;
        object!(self,
            "address": self.plain(address),
            "physical_id": self.plain(physical_id),
            "source": self.optional_source(source.as_ref()),
        )
    }

    fn moved(&mut self, moved: &Move) -> Written {
        let Move { from, to, source } = moved;
        object!(self,
            "from": self.plain(from),
            "to": self.plain(to),
            "source": self.optional_source(source.as_ref()),
        )
    }

    fn stack(&mut self, stack: &StackNode) -> Written {
        let StackNode { name, region, parts } = stack;
        let StackParts { outputs, parameters, mappings, conditions } = parts;
        object!(self,
            "name": self.plain(name),
            "region": self.plain(region),
            "outputs": self.list(outputs, Self::output),
            "parameters": self.list(parameters, Self::parameter),
            "mappings": self.plain(mappings),
            "conditions": self.list(conditions, |out, (name, condition)| {
                array!(out, out.plain(name), out.condition(condition))
            }),
        )
    }

    fn output(&mut self, output: &Output) -> Written {
        let Output { name, tree, source } = output;
        object!(self,
            "name": self.plain(name),
            "value": self.tree(tree),
            "source": self.source(source),
        )
    }

    fn parameter(&mut self, (name, parameter): &(Name, Parameter)) -> Written {
        let Parameter { default, allowed, secret } = parameter;
        object!(self,
            "name": self.plain(name),
            "default": self.plain(default),
            "allowed": self.plain(allowed),
            "secret": self.plain(secret),
        )
    }

    fn condition(&mut self, condition: &Condition) -> Written {
        match condition {
            Condition::Equals(left, right) => {
                object!(self, "equals": array!(self, self.tree(left), self.tree(right)))
            }
            Condition::Not(inner) => object!(self, "not": self.condition(inner)),
            Condition::All(inner) => object!(self, "all": self.list(inner, Self::condition)),
            Condition::Any(inner) => object!(self, "any": self.list(inner, Self::condition)),
        }
    }

    /// What JSON has is itself; all else is an object of one entry.
    fn tree(&mut self, tree: &Tree) -> Written {
        match tree {
            Tree::Null => self.raw("null"),
            Tree::Boolean(flag) => self.plain(flag),
            Tree::Number(number) => self.plain(number),
            Tree::Text(text) => self.plain(text),
            Tree::List(items) => self.list(items, Self::tree),
            Tree::Map(entries) => {
                let entry = |out: &mut Self, (key, value): &(Name, Tree)| array!(out, out.plain(key), out.tree(value));
                object!(self, "map": self.list(entries, entry))
            }
            // To a confidential channel: see the head of the module.
            Tree::Secret(secret) => object!(self, "secret": self.plain(secret.expose())),
            Tree::Reference(Reference { app, address, attribute }) => {
                object!(self, "reference": self.plain(&(app, address, attribute)))
            }
            Tree::Function(function) => self.function(function),
            Tree::Invalid(problem) => object!(self, "invalid": self.problem(problem)),
        }
    }

    fn function(&mut self, function: &Function) -> Written {
        match function {
            Function::Join { separator, parts } => {
                object!(self, "join": array!(self, self.plain(separator), self.tree(parts)))
            }
            Function::Split { separator, text } => {
                object!(self, "split": array!(self, self.plain(separator), self.tree(text)))
            }
            Function::Select { index, list } => {
                object!(self, "select": array!(self, self.plain(index), self.tree(list)))
            }
            Function::Base64(text) => object!(self, "base64": self.tree(text)),
            Function::AvailabilityZones => object!(self, "availability_zones": self.raw("null")),
            Function::Pseudo(pseudo) => object!(self, "pseudo": self.plain(pseudo_name(*pseudo))),
            Function::Parameter(name) => object!(self, "parameter": self.plain(name)),
            Function::FindInMap { mapping, first, second } => {
                object!(self, "find_in_map": array!(self, self.plain(mapping), self.tree(first), self.tree(second)))
            }
            Function::If { condition, then, otherwise } => {
                object!(self, "if": array!(self, self.plain(condition), self.tree(then), self.tree(otherwise)))
            }
            Function::Dynamic(DynamicReference { service, key }) => {
                object!(self, "dynamic": self.plain(&(service_name(*service), key)))
            }
            Function::Asset(Asset { path, kind }) => {
                let dockerfile = match kind {
                    AssetKind::Plain => None,
                    AssetKind::DockerContext { dockerfile } => Some(dockerfile),
                };
                object!(self, "asset": self.plain(&(path, dockerfile)))
            }
        }
    }

    fn problem(&mut self, problem: &Problem) -> Written {
        let Problem { code, message, help, source } = problem;
        object!(self,
            "code": self.plain(code),
            "message": self.plain(message),
            "help": self.plain(help),
            "source": self.optional_source(source.as_ref()),
        )
    }
}

fn pseudo_name(pseudo: Pseudo) -> &'static str {
    match pseudo {
        Pseudo::Region => "region",
        Pseudo::AccountId => "account_id",
        Pseudo::Partition => "partition",
        Pseudo::UrlSuffix => "url_suffix",
    }
}

fn service_name(service: DynamicService) -> &'static str {
    match service {
        DynamicService::Ssm => "ssm",
        DynamicService::SsmSecure => "ssm_secure",
        DynamicService::SecretsManager => "secrets_manager",
    }
}
