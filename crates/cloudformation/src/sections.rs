//! The sections of a template: parameters, mappings, conditions, resources and outputs of one stack.
//!
//! What single values become is in `lower.rs`; the template as a whole in `template.rs`.

use std::collections::BTreeSet;

use ironwright_core::function::Function;
use ironwright_core::options::Removal;
use ironwright_core::stack::{Output, Parameter};
use ironwright_core::{Diagnostic, Node, Tree};

use crate::cross_stack::Import;
use crate::document::{Document, Text};
use crate::join::joined;
use crate::logical_id::{self, Ids, Owner};
use crate::lower::{Lowering, gathered};
use crate::site::Site;
use crate::template::Sections;

/// A section: logical ids and what they name, in order.
pub(crate) type Section<'a> = Vec<(Text<'a>, Document<'a>)>;

/// The types that CloudFormation can take a snapshot of before it deletes them.
const WITH_SNAPSHOT: [&str; 8] = [
    "AWS::DocDB::DBCluster",
    "AWS::EC2::Volume",
    "AWS::ElastiCache::CacheCluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::Neptune::DBCluster",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::Redshift::Cluster",
];

const TEXT_PARAMETER: (Text<'static>, Document<'static>) =
    (Text::Borrowed("Type"), Document::Text(Text::Borrowed("String")));
const NO_ECHO: (Text<'static>, Document<'static>) = (Text::Borrowed("NoEcho"), Document::Boolean(true));

impl<'a> Lowering<'a> {
    /// All sections of the stack, whose resources are at `positions` in the graph.
    pub(crate) fn sections(&mut self, positions: &[usize], exports: &BTreeSet<Import<'a>>) -> Sections<'a> {
        let mut sections = Sections {
            parameters: self.parameters(),
            mappings: self.mappings(),
            conditions: self.conditions(),
            resources: self.resources(positions),
            outputs: self.outputs(exports),
        };
        let secrets = std::mem::take(&mut self.secrets).into_iter();
        sections.parameters.extend(secrets.map(|id| (id.into(), Document::Map(vec![TEXT_PARAMETER, NO_ECHO]))));
        sections
    }

    fn parameters(&mut self) -> Section<'a> {
        let mut section = Section::new();
        for (name, parameter) in &self.node().parts.parameters {
            let id = logical_id::of_name(name);
            self.problems.extend(self.ids.claim(id.clone(), Owner::Parameter(name)).err());
            section.push((id.into(), parameter_document(parameter)));
        }
        section
    }

    fn mappings(&mut self) -> Section<'a> {
        let (mut ids, mut section) = (Ids::default(), Section::new());
        for (name, rows) in &self.node().parts.mappings {
            let id = logical_id::of_name(name);
            self.problems.extend(ids.claim(id.clone(), Owner::Mapping(name)).err());
            let rows = rows.iter().map(|(first, columns)| {
                let columns =
                    columns.iter().map(|(second, value)| (second.clone().into(), Document::text(value.clone())));
                (first.into(), Document::Map(columns.collect()))
            });
            section.push((id.into(), Document::Map(rows.collect())));
        }
        section
    }

    fn conditions(&mut self) -> Section<'a> {
        let (mut ids, mut section) = (Ids::default(), Section::new());
        for (name, condition) in &self.node().parts.conditions {
            let id = logical_id::of_name(name);
            self.problems.extend(ids.claim(id.clone(), Owner::Condition(name)).err());
            section.push((id.into(), self.condition(condition, Site::Condition { name })));
        }
        section
    }

    fn resources(&mut self, positions: &[usize]) -> Section<'a> {
        let graph = self.graph;
        self.ids.reserve(positions.len());
        for position in positions {
            let node = &graph.nodes()[*position];
            let owner = Owner::Resource(&node.address, &node.source);
            self.problems.extend(self.ids.claim(self.names.logical_id(*position), owner).err());
        }
        positions.iter().map(|position| self.resource(*position)).collect()
    }

    fn resource(&mut self, position: usize) -> (Text<'a>, Document<'a>) {
        let (node, logical_id) = (&self.graph.nodes()[position], self.names.logical_id(position));
        if !is_cloudformation_type(&node.type_name) {
            let message = format!("CloudFormation has no resources of type `{}`", node.type_name);
            let error = Diagnostic::error("type-not-in-cloudformation", message).at(&node.address).source(&node.source);
            self.problems.push(error.help("deploy this app with `--target aws`"));
            return (logical_id.into(), Document::Map(Section::new()));
        }
        // Type, DependsOn, two policies, Metadata and Properties.
        let mut parts: Section = Vec::with_capacity(6);
        parts.push(("Type".into(), Document::text(&*node.type_name)));
        parts.extend(self.depends_on(node).map(|ids| ("DependsOn".into(), ids)));
        if let Some(policy) = self.removal_policy(position, node) {
            parts.push(("DeletionPolicy".into(), Document::text(policy)));
            parts.push(("UpdateReplacePolicy".into(), Document::text(policy)));
        }
        parts.push(("Metadata".into(), metadata(node)));
        let properties = node.properties.iter().filter_map(|entry| {
            let site = Site::property(node, logical_id, entry);
            Some(((&*entry.name).into(), self.value(&entry.tree, site)?))
        });
        let properties: Section = gathered(node.properties.len(), properties);
        if !properties.is_empty() {
            parts.push(("Properties".into(), Document::Map(properties)));
        }
        (logical_id.into(), Document::Map(parts))
    }

    /// What must come first and no property refers to. Other stacks are deployed earlier as a whole.
    fn depends_on(&self, node: &'a Node) -> Option<Document<'a>> {
        if node.options.depends_on.is_empty() {
            return None;
        }
        let referred: Vec<_> = node
            .properties
            .iter()
            .flat_map(|entry| entry.tree.references())
            .map(|reference| &reference.address)
            .collect();
        let mut ids: Vec<Document> = Vec::new();
        for address in &node.options.depends_on {
            let position = self.graph.position(address).expect("a graph holds what its resources depend on");
            let id = Document::text(self.names.logical_id(position));
            let same_stack = self.graph.nodes()[position].stack == self.stack;
            if same_stack && !referred.contains(&address) && !ids.contains(&id) {
                ids.push(id);
            }
        }
        match ids.len() {
            0 => None,
            1 => ids.pop(),
            _ => Some(Document::List(ids)),
        }
    }

    /// What CloudFormation does with the resource when it leaves the template or is replaced. It is said of everything
    /// that holds data, since the default differs by type.
    fn removal_policy(&mut self, position: usize, node: &Node) -> Option<&'static str> {
        let holds_data = self.names.facts(position).is_some_and(|facts| facts.stateful);
        match node.options.removal {
            _ if node.options.protect => Some("Retain"),
            Removal::Retain => Some("Retain"),
            Removal::Delete => holds_data.then_some("Delete"),
            Removal::Snapshot => {
                if !WITH_SNAPSHOT.contains(&node.type_name.as_ref()) {
                    let message = format!("CloudFormation cannot take a snapshot of an `{}`", node.type_name);
                    let error = Diagnostic::error("no-snapshot", message).at(&node.address).source(&node.source);
                    self.problems.push(error.help("say `.retain()` to keep it, or take `.snapshot()` away"));
                }
                Some("Snapshot")
            }
        }
    }

    /// The outputs the program declares, and those that export what other stacks need.
    fn outputs(&mut self, exports: &BTreeSet<Import<'a>>) -> Section<'a> {
        let (mut ids, mut section) = (Ids::default(), Section::new());
        for output in &self.node().parts.outputs {
            let id = logical_id::of_name(&output.name);
            self.problems.extend(ids.claim(id.clone(), Owner::Output(&output.name, &output.source)).err());
            if let Some(value) = self.output(output) {
                section.push((id.into(), Document::Map(vec![("Value".into(), value)])));
            }
        }
        for export in exports {
            let (id, address) = (export.output_id(self.names), &self.graph.nodes()[export.position].address);
            self.problems.extend(ids.claim(id.clone(), Owner::Export(address, export.attribute)).err());
            section.push((id.into(), export.output(self.graph, self.names)));
        }
        section
    }

    /// An output is text: a list becomes text with commas, a document has to be made text by the program.
    fn output(&mut self, output: &'a Output) -> Option<Document<'a>> {
        let site = Site::Output { name: &output.name, source: &output.source };
        match &output.tree {
            Tree::List(items) => {
                let pieces = self.pieces(",", items, site);
                Some(joined(",", pieces))
            }
            Tree::Number(number) => Some(Document::text(number.to_string())),
            Tree::Boolean(flag) => Some(Document::text(flag.to_string())),
            Tree::Null | Tree::Map(_) => {
                let message = "an output of a template is text, and this is a document".to_owned();
                self.problems.push(site.error("output-not-text", message).help("put out its entries one by one"));
                None
            }
            tree => {
                let value = self.value(tree, site)?;
                let list = self.gives_list(tree);
                Some(if list { Document::call_with("Fn::Join", [Document::text(","), value]) } else { value })
            }
        }
    }

    fn gives_list(&self, tree: &Tree) -> bool {
        match tree {
            Tree::List(_) => true,
            Tree::Reference(reference) => self.is_list(reference),
            Tree::Function(function) => match &**function {
                Function::Split { .. } | Function::AvailabilityZones => true,
                Function::If { then, otherwise, .. } => self.gives_list(then) || self.gives_list(otherwise),
                _ => false,
            },
            _ => false,
        }
    }
}

/// `AWS::EC2::Instance`, a third party's `Org::Service::Thing`, or `Custom::Thing`.
fn is_cloudformation_type(type_name: &str) -> bool {
    let known = ["AWS::", "Custom::"].iter().any(|owner| type_name.starts_with(owner));
    known || type_name.split("::").count() == 3
}

/// The address, so that people find the line of the program; and whether the program protects the resource.
fn metadata(node: &Node) -> Document<'_> {
    let mut entries = vec![("ironwright:address".into(), Document::text(node.address.as_str()))];
    if node.options.protect {
        entries.push(("ironwright:protected".into(), Document::Boolean(true)));
    }
    Document::Map(entries)
}

fn parameter_document(parameter: &Parameter) -> Document<'_> {
    let mut entries: Section = vec![TEXT_PARAMETER];
    if parameter.secret {
        entries.push(NO_ECHO);
    }
    entries.extend(parameter.default.as_ref().map(|default| ("Default".into(), Document::text(default))));
    if !parameter.allowed.is_empty() {
        entries.push(("AllowedValues".into(), Document::List(parameter.allowed.iter().map(Document::text).collect())));
    }
    Document::Map(entries)
}
