//! Lowering: the values of a stack become what its template says, function by function.
//!
//! Conditions are in `conditions.rs`; how a resource or an output is put together, in `sections.rs`.

use std::collections::BTreeMap;

use ironwright_core::function::{Function, Pseudo};
use ironwright_core::graph::StackNode;
use ironwright_core::{Diagnostics, Graph, Reference, Tree};

use crate::cross_stack::Import;
use crate::document::Document;
use crate::join::{Piece, joined};
use crate::logical_id::{self, Ids, Owner};
use crate::names::Names;
use crate::site::Site;

/// The lowering of one stack: what it has met so far, besides the documents it returns.
pub(crate) struct Lowering<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) names: &'a Names,
    /// The stack's index in the graph.
    pub(crate) stack: usize,
    /// The logical ids of resources and parameters.
    pub(crate) ids: Ids<'a>,
    /// The parameters that stand for secrets, in the order they were met.
    pub(crate) secrets: Vec<String>,
    /// How many secrets each property holds, by resource and property.
    secrets_of: BTreeMap<String, usize>,
    pub(crate) problems: Diagnostics,
}

impl<'a> Lowering<'a> {
    pub(crate) fn new(graph: &'a Graph, names: &'a Names, stack: usize) -> Self {
        let (ids, secrets, secrets_of) = (Ids::default(), Vec::new(), BTreeMap::new());
        Self { graph, names, stack, ids, secrets, secrets_of, problems: Diagnostics::new() }
    }

    pub(crate) fn node(&self) -> &'a StackNode {
        &self.graph.stacks()[self.stack]
    }

    /// The document `tree` becomes; nothing for null, which no template may hold.
    pub(crate) fn value(&mut self, tree: &'a Tree, site: Site<'a>) -> Option<Document<'a>> {
        Some(match tree {
            Tree::Null | Tree::Invalid(_) => return None,
            Tree::Boolean(flag) => Document::Boolean(*flag),
            Tree::Number(number) => Document::Number(number.clone()),
            Tree::Text(text) => Document::text(&**text),
            Tree::Secret(_) => self.secret(site),
            Tree::List(items) => {
                Document::List(gathered(items.len(), items.iter().filter_map(|item| self.value(item, site))))
            }
            Tree::Map(entries) => {
                let values =
                    entries.iter().filter_map(|(key, entry)| Some(((&**key).into(), self.value(entry, site)?)));
                Document::Map(gathered(entries.len(), values))
            }
            Tree::Reference(reference) => self.reference(reference, site),
            Tree::Function(function) => self.function(function, site),
        })
    }

    /// The same, where something must stand: null becomes `AWS::NoValue`, which takes the property away.
    fn value_or_none(&mut self, tree: &'a Tree, site: Site<'a>) -> Document<'a> {
        self.value(tree, site).unwrap_or_else(|| Document::Ref("AWS::NoValue".into()))
    }

    fn function(&mut self, function: &'a Function, site: Site<'a>) -> Document<'a> {
        match function {
            Function::Join { separator, parts: Tree::List(parts) } => {
                let pieces = self.pieces(separator, parts, site);
                joined(separator, pieces)
            }
            Function::Join { separator, parts } => {
                let parts = self.value_or_none(parts, site);
                Document::call_with("Fn::Join", [Document::text(separator), parts])
            }
            Function::Split { separator, text } => {
                let text = self.value_or_none(text, site);
                Document::call_with("Fn::Split", [Document::text(separator), text])
            }
            Function::Select { index, list } => {
                let list = self.value_or_none(list, site);
                Document::call_with("Fn::Select", [Document::Number((*index).into()), list])
            }
            Function::Base64(text) => Document::call("Fn::Base64", self.value_or_none(text, site)),
            Function::AvailabilityZones => Document::call("Fn::GetAZs", Document::Ref(pseudo(Pseudo::Region).into())),
            Function::Pseudo(fact) => Document::Ref(pseudo(*fact).into()),
            Function::Parameter(name) => self.parameter(name, site),
            Function::FindInMap { mapping, first, second } => {
                let known = self.node().parts.mappings.contains_key(mapping);
                self.check_declared(known, "mapping", mapping, site);
                let [first, second] = [first, second].map(|key| self.value_or_none(key, site));
                Document::call_with("Fn::FindInMap", [Document::text(logical_id::of_name(mapping)), first, second])
            }
            Function::If { condition, then, otherwise } => {
                let known = self.node().parts.conditions.iter().any(|(name, _)| name == condition);
                self.check_declared(known, "condition", condition, site);
                let [then, otherwise] = [then, otherwise].map(|branch| self.value_or_none(branch, site));
                Document::call_with("Fn::If", [Document::text(logical_id::of_name(condition)), then, otherwise])
            }
            Function::Dynamic(reference) => Document::text(format!("{{{{resolve:{reference}}}}}")),
            Function::Asset(asset) => {
                let message = format!("CloudFormation cannot read `{asset}` on this machine");
                self.problems.push(site.error("no-assets", message).help("deploy this app with `--target aws`"));
                Document::text("")
            }
        }
    }

    /// The parts of a text: what is literal, what `Fn::Sub` can name, and the rest.
    pub(crate) fn pieces(&mut self, separator: &'a str, parts: &'a [Tree], site: Site<'a>) -> Vec<Piece<'a>> {
        let mut pieces = Vec::with_capacity(parts.len());
        for part in parts {
            if let Tree::Function(function) = part
                && let Function::Join { separator: inner, parts: Tree::List(parts) } = &**function
                && inner.is_empty()
                && separator.is_empty()
            {
                pieces.extend(self.pieces(separator, parts, site));
            } else {
                pieces.push(self.piece(part, site));
            }
        }
        pieces
    }

    fn piece(&mut self, tree: &'a Tree, site: Site<'a>) -> Piece<'a> {
        let Some(document) = self.value(tree, site) else { return Piece::Literal("".into()) };
        match tree {
            Tree::Reference(reference) if self.is_list(reference) => Piece::List(document),
            _ => Piece::new(document),
        }
    }

    pub(crate) fn is_list(&self, reference: &Reference) -> bool {
        let position = self.graph.position(&reference.address);
        position.is_some_and(|position| self.names.is_list(position, &reference.attribute))
    }

    fn reference(&mut self, reference: &'a Reference, site: Site<'a>) -> Document<'a> {
        if let Site::Condition { name } = site {
            let message = format!("the condition `{name}` compares an attribute of `{}`", reference.address);
            let help = "CloudFormation decides conditions before it makes anything: compare parameters";
            self.problems.push(site.error("reference-in-condition", message).help(help));
        }
        let position = self.graph.position(&reference.address).expect("a graph holds what its values refer to");
        if self.graph.nodes()[position].stack == self.stack {
            return self.names.attribute(position, &reference.attribute);
        }
        Import { position, attribute: &reference.attribute }.read(self.graph, self.names)
    }

    /// `Ref` to the parameter that stands for a secret: the text itself never gets into a template.
    fn secret(&mut self, site: Site<'a>) -> Document<'a> {
        let Site::Property { address, logical_id, name, source } = site else {
            let message = "a template shows what stands here, and a secret must never be shown".to_owned();
            self.problems.push(site.error("secret-exposed", message).help("take the secret out"));
            return Document::text("");
        };
        let stem = format!("{logical_id}{}", logical_id::of_name(name));
        let count = self.secrets_of.entry(stem.clone()).or_default();
        *count += 1;
        let id = if *count == 1 { stem } else { format!("{stem}{count}") };
        self.problems.extend(self.ids.claim(id.clone(), Owner::Secret(address, name, source)).err());
        self.secrets.push(id.clone());
        Document::Ref(id.into())
    }

    fn parameter(&mut self, name: &str, site: Site<'a>) -> Document<'a> {
        let declared = self.node().parts.parameters.iter().find(|(known, _)| known == name);
        self.check_declared(declared.is_some(), "parameter", name, site);
        if matches!(site, Site::Output { .. }) && declared.is_some_and(|(_, parameter)| parameter.secret) {
            let message = format!("the parameter `{name}` is secret, and outputs of a template are shown");
            self.problems.push(site.error("secret-exposed", message));
        }
        Document::Ref(logical_id::of_name(name).into())
    }

    fn check_declared(&mut self, known: bool, what: &str, name: &str, site: Site<'a>) {
        if known {
            return;
        }
        let message = format!("the {what} `{name}` is not declared in the stack `{}`", self.node().name);
        let help = format!("a template knows only its own: declare the {what} in this stack as well");
        self.problems.push(site.error("not-declared", message).help(help));
    }
}

/// The items in a vector that is made large enough for `most` at once.
pub(crate) fn gathered<T>(most: usize, items: impl Iterator<Item = T>) -> Vec<T> {
    let mut gathered = Vec::with_capacity(most);
    gathered.extend(items);
    gathered
}

fn pseudo(pseudo: Pseudo) -> &'static str {
    match pseudo {
        Pseudo::Region => "AWS::Region",
        Pseudo::AccountId => "AWS::AccountId",
        Pseudo::Partition => "AWS::Partition",
        Pseudo::UrlSuffix => "AWS::URLSuffix",
    }
}
