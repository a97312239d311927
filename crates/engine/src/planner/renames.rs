//! Renames that nobody declared: a resource left the program, another one is new, and both have the same content. Found
//! where there is one way to see it; everything else is a question, never a guess.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ironwright_core::planned::redacted_digest;
use ironwright_core::tree::Reference;
use ironwright_core::{Address, Diagnostic, Graph, Node, Planned, Source};
use serde_json::Value as Json;

use super::attribute::in_model;
use super::context::Context;
use crate::journal::Moves;
use crate::state::{Record, State};

/// Resources that left the program and new ones, of which nobody can tell which became which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmbiguousRename {
    /// Their type.
    pub type_name: String,
    /// The addresses that the program has no longer.
    pub old: Vec<Address>,
    /// The addresses that are new, with the lines that add them.
    pub new: Vec<(Address, Source)>,
}

/// The renames: every new resource of `graph` that has the content of exactly one that left it, and the other way round.
/// `unconcerned` are addresses that are not looked at.
pub(crate) fn find(
    graph: &Graph,
    state: &State,
    context: &Context,
    unconcerned: &BTreeSet<Address>,
) -> Result<Moves, Vec<AmbiguousRename>> {
    let gone = |record: &&Record| graph.position(&record.address).is_none();
    let candidate = |record: &&Record| !record.incomplete && !unconcerned.contains(&record.address);
    let gone: Vec<&Record> = state.resources.values().filter(gone).filter(candidate).collect();
    if gone.is_empty() {
        return Ok(Moves::new());
    }
    let is_new = |node: &Node| !state.resources.contains_key(&node.address) && !unconcerned.contains(&node.address);
    let new = graph.nodes().iter().enumerate().filter(|(_, node)| is_new(node)).map(|(position, _)| position);
    let mut search = Search::new(graph, state, context, &gone);
    search.run(new.collect());
    search.result()
}

/// What makes two resources look the same.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Content {
    type_name: String,
    region: String,
    properties: Json,
}

/// All resources of one content.
struct Group<'a> {
    old: Vec<&'a Record>,
    new: Vec<usize>,
    ambiguous: bool,
}

struct Search<'a> {
    graph: &'a Graph,
    state: &'a State,
    context: &'a Context,
    /// In the order of the first old address.
    groups: Vec<Group<'a>>,
    /// Where each content is in `groups`. Only looked up: its order means nothing.
    index: HashMap<Content, usize>,
    /// What new resources turned out to be, by position.
    renamed: BTreeMap<usize, &'a Record>,
}

impl<'a> Search<'a> {
    fn new(graph: &'a Graph, state: &'a State, context: &'a Context, gone: &[&'a Record]) -> Self {
        let (mut groups, mut index) = (Vec::<Group<'a>>::new(), HashMap::new());
        for record in gone {
            let key = Content {
                type_name: record.type_name.clone(),
                region: record.region.clone(),
                properties: record.properties.clone(),
            };
            let at = *index.entry(key).or_insert_with(|| {
                groups.push(Group { old: Vec::new(), new: Vec::new(), ambiguous: false });
                groups.len() - 1
            });
            groups[at].old.push(record);
        }
        Self { graph, state, context, groups, index, renamed: BTreeMap::new() }
    }

    /// Looks at the `open` resources until nothing more is found: what one refers to may have to be found first.
    fn run(&mut self, mut open: Vec<usize>) {
        loop {
            let mut touched = BTreeSet::new();
            open.retain(|position| match self.content(*position) {
                Some(content) => {
                    if let Some(group) = self.index.get(&content) {
                        self.groups[*group].new.push(*position);
                        touched.insert(*group);
                    }
                    false
                }
                None => true,
            });
            let before = self.renamed.len();
            for group in touched {
                self.settle(group);
            }
            if self.renamed.len() == before {
                return;
            }
        }
    }

    fn settle(&mut self, group: usize) {
        let Group { old, new, ambiguous } = &mut self.groups[group];
        let pairs = match (&old[..], &new[..]) {
            ([record], [position]) => vec![(*position, *record)],
            _ => by_name(self.graph, old, new),
        };
        *ambiguous = pairs.len() < old.len().min(new.len());
        self.renamed.extend(pairs);
    }

    /// The content of a resource, where it is known: all it refers to is live, or was renamed.
    fn content(&self, position: usize) -> Option<Content> {
        let node = &self.graph.nodes()[position];
        let properties = self.context.properties(node, &|reference| self.attribute(reference));
        if properties.has_unknown() {
            return None;
        }
        let properties = properties.to_json(&self.state.lineage);
        let region = self.context.region(node.stack).to_owned();
        Some(Content { type_name: node.type_name.to_string(), region, properties })
    }

    /// An attribute as the state has it; a secret, which no state has, as the program says it.
    fn attribute(&self, reference: &Reference) -> Planned {
        let Some(position) = self.graph.position(&reference.address) else {
            return Planned::Unknown;
        };
        let record = self.renamed.get(&position).copied().or_else(|| self.state.resources.get(&reference.address));
        let Some(record) = record else {
            return Planned::Unknown;
        };
        match in_model(&record.model, &reference.attribute) {
            Some(value) if redacted_digest(value).is_none() => value.clone().into(),
            _ => {
                let node = &self.graph.nodes()[position];
                let attribute = |reference: &Reference| self.attribute(reference);
                let own = node.property(&reference.attribute);
                own.map_or(Planned::Unknown, |own| self.context.evaluate(node.stack, &own.tree, &attribute))
            }
        }
    }

    fn result(self) -> Result<Moves, Vec<AmbiguousRename>> {
        let ambiguous: Vec<AmbiguousRename> =
            self.groups.iter().filter(|group| group.ambiguous).map(|group| self.question(group)).collect();
        if !ambiguous.is_empty() {
            return Err(ambiguous);
        }
        let nodes = self.graph.nodes();
        let renamed = self.renamed.iter();
        Ok(renamed.map(|(position, record)| (record.address.clone(), nodes[*position].address.clone())).collect())
    }

    /// What of `group` is not told apart by names.
    fn question(&self, group: &Group<'_>) -> AmbiguousRename {
        let paired = by_name(self.graph, &group.old, &group.new);
        let old = group.old.iter().filter(|old| !paired.iter().any(|(_, record)| record.address == old.address));
        let new = group.new.iter().filter(|new| !paired.iter().any(|(position, _)| position == *new));
        let nodes = self.graph.nodes();
        AmbiguousRename {
            type_name: group.old.first().map(|record| record.type_name.clone()).unwrap_or_default(),
            old: old.map(|record| record.address.clone()).collect(),
            new: new.map(|new| (nodes[*new].address.clone(), nodes[*new].source.clone())).collect(),
        }
    }
}

/// Pairs those whose last segments are equal, where no other has it on either side.
fn by_name<'a>(graph: &Graph, old: &[&'a Record], new: &[usize]) -> Vec<(usize, &'a Record)> {
    let name = |position: &usize| graph.nodes()[*position].address.name();
    let only = |position: &usize| {
        let mut same = old.iter().filter(|record| record.address.name() == name(position));
        let alone = new.iter().filter(|other| name(other) == name(position)).count() == 1;
        let record = *same.next()?;
        (alone && same.next().is_none()).then_some((*position, record))
    };
    new.iter().filter_map(only).collect()
}

impl AmbiguousRename {
    /// What to tell of it, with the lines to add to the program.
    pub fn diagnostic(&self) -> Diagnostic {
        let list = |addresses: Vec<&Address>| {
            addresses.iter().map(|address| format!("`{address}`")).collect::<Vec<_>>().join(", ")
        };
        let new: Vec<&Address> = self.new.iter().map(|(address, _)| address).collect();
        let message = format!(
            "the program has {} no longer and {} is new, of the same type and content: whether that is a rename, and of \
             which, is not guessed",
            list(self.old.iter().collect()),
            list(new.clone()),
        );
        let lines = self.old.iter().zip(&new).map(|(old, new)| format!("  stack.moved(\"{old}\", \"{new}\");"));
        let flags: Vec<String> = new.iter().map(|address| format!("--no-rename {address}")).collect();
        let help = format!(
            "say in the program which became which, for instance:\n{}\nor, where they are really new, type it with:\n  {}",
            lines.collect::<Vec<_>>().join("\n"),
            flags.join(" "),
        );
        let error = Diagnostic::error("ambiguous-rename", message).help(help);
        let error = self.new.first().map_or(error.clone(), |(address, source)| error.at(address).source(source));
        self.new
            .iter()
            .skip(1)
            .fold(error, |error, (address, source)| error.related(format!("`{address}` is added here"), Some(source)))
    }
}
