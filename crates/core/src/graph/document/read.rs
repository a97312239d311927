//! Reads the document. What it cannot read it refuses, and what it does not know too: nothing is left out in silence.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::super::{Graph, Node, StackNode};
use super::FORMAT;
use crate::bag::Entry;
use crate::diagnostic::Problem;
use crate::directives::{Import, Move};
use crate::function::{Asset, AssetKind, Condition, DynamicReference, DynamicService, Function, Pseudo};
use crate::options::{Options, Removal};
use crate::secret::SecretText;
use crate::source::Source;
use crate::stack::{Output, Parameter, StackParts};
use crate::tree::{Name, Reference, Tree};
use crate::{Address, Diagnostic};

/// What was expected where something else is.
struct Expected(String);

type Read<T> = Result<T, Expected>;

/// The graph in `document`.
pub(super) fn graph(document: &str) -> Result<Graph, Diagnostic> {
    let damaged = |what: &str| Diagnostic::error("graph-unreadable", format!("the graph cannot be read: {what}"));
    // serde_json's own words may hold text of the document, and so a secret.
    let json = || -> Option<Map<String, Value>> { serde_json::from_str(document).ok() };
    let mut fields = Fields { what: "graph", json: json().ok_or_else(|| damaged("it is no JSON object"))? };
    let format = fields.plain::<u64>("format").map_err(|Expected(what)| damaged(&what))?;
    if format != FORMAT {
        return Err(damaged(&format!("it is of format {format}, and this reads format {FORMAT}")));
    }
    let (app, stacks, nodes, imports, moves, regions_by) = parts(fields).map_err(|Expected(what)| damaged(&what))?;
    if nodes.iter().any(|node| node.stack >= stacks.len()) {
        return Err(damaged("a node is in a stack that is not there"));
    }
    let graph = Graph::from_parts(app, stacks, nodes).map_err(|_| damaged("its nodes do not fit together"))?;
    Ok(Graph { imports, moves, regions_by, ..graph })
}

type Parts = (String, Vec<StackNode>, Vec<Node>, Vec<Import>, Vec<Move>, BTreeMap<usize, String>);

fn parts(mut fields: Fields) -> Read<Parts> {
    let parts = (
        fields.plain("app")?,
        fields.list("stacks", stack)?,
        fields.list("nodes", node)?,
        fields.list("imports", import)?,
        fields.list("moves", moved)?,
        fields.plain("regions_by")?,
    );
    fields.end(parts)
}

/// An object of which entries are taken, until none is left.
struct Fields {
    what: &'static str,
    json: Map<String, Value>,
}

impl Fields {
    fn of(what: &'static str, json: Value) -> Read<Self> {
        match json {
            Value::Object(json) => Ok(Self { what, json }),
            _ => Err(Expected(format!("a {what} is no object"))),
        }
    }

    fn take(&mut self, name: &str) -> Read<Value> {
        self.json.remove(name).ok_or_else(|| Expected(format!("a {} has no `{name}`", self.what)))
    }

    fn plain<T: DeserializeOwned>(&mut self, name: &str) -> Read<T> {
        plain(name, self.take(name)?)
    }

    fn with<T>(&mut self, name: &str, read: impl FnOnce(Value) -> Read<T>) -> Read<T> {
        read(self.take(name)?)
    }

    fn list<T>(&mut self, name: &str, read: impl Fn(Value) -> Read<T>) -> Read<Vec<T>> {
        list(name, self.take(name)?, read)
    }

    /// `made` of them, if nothing is left.
    fn end<T>(self, made: T) -> Read<T> {
        match self.json.keys().next() {
            Some(name) => Err(Expected(format!("a {} has the unknown `{name}`", self.what))),
            None => Ok(made),
        }
    }
}

fn plain<T: DeserializeOwned>(what: &str, json: Value) -> Read<T> {
    serde_json::from_value(json).map_err(|_| Expected(format!("`{what}` is of another kind")))
}

fn list<T>(what: &str, json: Value, read: impl Fn(Value) -> Read<T>) -> Read<Vec<T>> {
    match json {
        Value::Array(items) => items.into_iter().map(read).collect(),
        _ => Err(Expected(format!("`{what}` is no list"))),
    }
}

/// The items of an array that has this many.
fn array<const N: usize>(what: &str, json: Value) -> Read<[Value; N]> {
    let items = plain::<Vec<Value>>(what, json)?;
    items.try_into().map_err(|_| Expected(format!("`{what}` has another number of items than {N}")))
}

fn node(json: Value) -> Read<Node> {
    let mut fields = Fields::of("node", json)?;
    let node = Node {
        address: fields.plain("address")?,
        type_name: fields.plain("type")?,
        properties: fields.list("properties", entry)?,
        options: fields.with("options", options)?,
        source: fields.with("source", source)?,
        stack: fields.plain("stack")?,
    };
    fields.end(node)
}

fn entry(json: Value) -> Read<Entry> {
    let mut fields = Fields::of("property", json)?;
    let entry = Entry {
        name: fields.plain("name")?,
        tree: fields.with("value", tree)?,
        source: fields.with("source", source)?,
        raw: fields.plain("raw")?,
    };
    fields.end(entry)
}

fn options(json: Value) -> Read<Options> {
    let mut fields = Fields::of("options", json)?;
    let removal = match fields.plain::<String>("removal")?.as_str() {
        "delete" => Removal::Delete,
        "retain" => Removal::Retain,
        "snapshot" => Removal::Snapshot,
        _ => return Err(Expected("a `removal` is none that is known".to_owned())),
    };
    let depends_on = fields.plain("depends_on")?;
    let options = Options { depends_on, removal, protect: fields.plain("protect")? };
    fields.end(options)
}

fn source(json: Value) -> Read<Source> {
    let (file, line): (String, u32) = plain("source", json)?;
    Ok(Source { file: file.into(), line })
}

fn optional_source(json: Value) -> Read<Option<Source>> {
    if json.is_null() { Ok(None) } else { source(json).map(Some) }
}

fn import(json: Value) -> Read<Import> {
    let mut fields = Fields::of("import", json)?;
    let import = Import {
        address: fields.plain("address")?,
        physical_id: fields.plain("physical_id")?,
        source: fields.with("source", optional_source)?,
    };
    fields.end(import)
}

fn moved(json: Value) -> Read<Move> {
    let mut fields = Fields::of("move", json)?;
    let moved =
        Move { from: fields.plain("from")?, to: fields.plain("to")?, source: fields.with("source", optional_source)? };
    fields.end(moved)
}

fn stack(json: Value) -> Read<StackNode> {
    let mut fields = Fields::of("stack", json)?;
    let name = fields.plain("name")?;
    let region = fields.plain("region")?;
    let parts = StackParts {
        outputs: fields.list("outputs", output)?,
        parameters: fields.list("parameters", parameter)?,
        mappings: fields.plain("mappings")?,
        conditions: fields.list("conditions", |json| {
            let [name, inner] = array("condition", json)?;
            Ok((plain("condition", name)?, condition(inner)?))
        })?,
    };
    fields.end(StackNode { name, region, parts })
}

fn output(json: Value) -> Read<Output> {
    let mut fields = Fields::of("output", json)?;
    let output = Output {
        name: fields.plain("name")?,
        tree: fields.with("value", tree)?,
        source: fields.with("source", source)?,
    };
    fields.end(output)
}

fn parameter(json: Value) -> Read<(Name, Parameter)> {
    let mut fields = Fields::of("parameter", json)?;
    let name = fields.plain("name")?;
    let parameter = Parameter {
        default: fields.plain("default")?,
        allowed: fields.plain("allowed")?,
        secret: fields.plain("secret")?,
    };
    fields.end((name, parameter))
}

/// The one entry of an object.
fn only_entry(what: &'static str, json: Value) -> Read<(String, Value)> {
    let mut entries = Fields::of(what, json)?.json.into_iter();
    match (entries.next(), entries.next()) {
        (Some(entry), None) => Ok(entry),
        _ => Err(Expected(format!("a {what} has not one entry"))),
    }
}

fn condition(json: Value) -> Read<Condition> {
    let (kind, json) = only_entry("condition", json)?;
    Ok(match kind.as_str() {
        "equals" => {
            let [left, right] = array(&kind, json)?;
            Condition::Equals(tree(left)?, tree(right)?)
        }
        "not" => Condition::Not(Box::new(condition(json)?)),
        "all" => Condition::All(list(&kind, json, condition)?),
        "any" => Condition::Any(list(&kind, json, condition)?),
        _ => return Err(Expected(format!("the condition `{kind}` is not known"))),
    })
}

fn tree(json: Value) -> Read<Tree> {
    Ok(match json {
        Value::Null => Tree::Null,
        Value::Bool(flag) => Tree::Boolean(flag),
        Value::Number(number) => Tree::Number(number),
        Value::String(text) => Tree::text(text),
        Value::Array(items) => Tree::List(items.into_iter().map(tree).collect::<Read<_>>()?),
        Value::Object(_) => return only_entry("value", json).and_then(|(kind, json)| tagged(&kind, json)),
    })
}

/// The tree that is an object of the one entry `kind`.
fn tagged(kind: &str, json: Value) -> Read<Tree> {
    Ok(match kind {
        "map" => Tree::Map(list(kind, json, |json| {
            let [key, value] = array(kind, json)?;
            Ok((plain(kind, key)?, tree(value)?))
        })?),
        "secret" => Tree::Secret(SecretText::new(plain::<String>(kind, json)?)),
        "reference" => {
            let (app, address, attribute) = plain::<(String, Address, Name)>(kind, json)?;
            Tree::Reference(Reference { app: app.into(), address, attribute })
        }
        "invalid" => Tree::Invalid(Box::new(problem(json)?)),
        _ => Tree::Function(Box::new(function(kind, json)?)),
    })
}

fn function(kind: &str, json: Value) -> Read<Function> {
    Ok(match kind {
        "join" => {
            let [separator, parts] = array(kind, json)?;
            Function::Join { separator: plain(kind, separator)?, parts: tree(parts)? }
        }
        "split" => {
            let [separator, text] = array(kind, json)?;
            Function::Split { separator: plain(kind, separator)?, text: tree(text)? }
        }
        "select" => {
            let [index, list] = array(kind, json)?;
            Function::Select { index: plain(kind, index)?, list: tree(list)? }
        }
        "base64" => Function::Base64(tree(json)?),
        "availability_zones" => Function::AvailabilityZones,
        "pseudo" => Function::Pseudo(pseudo(&plain::<String>(kind, json)?)?),
        "parameter" => Function::Parameter(plain(kind, json)?),
        "find_in_map" => {
            let [mapping, first, second] = array(kind, json)?;
            Function::FindInMap { mapping: plain(kind, mapping)?, first: tree(first)?, second: tree(second)? }
        }
        "if" => {
            let [condition, then, otherwise] = array(kind, json)?;
            Function::If { condition: plain(kind, condition)?, then: tree(then)?, otherwise: tree(otherwise)? }
        }
        "dynamic" => {
            let (service, key) = plain::<(String, Name)>(kind, json)?;
            Function::Dynamic(DynamicReference { service: dynamic_service(&service)?, key })
        }
        "asset" => {
            let (path, dockerfile) = plain::<(Name, Option<Name>)>(kind, json)?;
            let kind = dockerfile.map_or(AssetKind::Plain, |dockerfile| AssetKind::DockerContext { dockerfile });
            Function::Asset(Asset { path, kind })
        }
        _ => return Err(Expected(format!("the function `{kind}` is not known"))),
    })
}

fn pseudo(name: &str) -> Read<Pseudo> {
    match name {
        "region" => Ok(Pseudo::Region),
        "account_id" => Ok(Pseudo::AccountId),
        "partition" => Ok(Pseudo::Partition),
        "url_suffix" => Ok(Pseudo::UrlSuffix),
        _ => Err(Expected("a pseudo parameter is none that is known".to_owned())),
    }
}

fn dynamic_service(name: &str) -> Read<DynamicService> {
    match name {
        "ssm" => Ok(DynamicService::Ssm),
        "ssm_secure" => Ok(DynamicService::SsmSecure),
        "secrets_manager" => Ok(DynamicService::SecretsManager),
        _ => Err(Expected("a store of dynamic references is none that is known".to_owned())),
    }
}

fn problem(json: Value) -> Read<Problem> {
    let mut fields = Fields::of("problem", json)?;
    let problem = Problem {
        code: fields.plain("code")?,
        message: fields.plain("message")?,
        help: fields.plain("help")?,
        source: fields.with("source", optional_source)?,
    };
    fields.end(problem)
}
