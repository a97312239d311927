//! The resources of an earlier version of the state as a graph. What was an attribute of another resource is one again;
//! secrets are opened where they can be.

use std::collections::{BTreeMap, BTreeSet};

use ironwright_core::bag::Entry;
use ironwright_core::facts::{FactSource, check};
use ironwright_core::graph::StackNode;
use ironwright_core::options::{Options, Removal};
use ironwright_core::planned::redacted_digest;
use ironwright_core::secret::SecretText;
use ironwright_core::stack::{Output, StackParts};
use ironwright_core::tree::Reference;
use ironwright_core::{Address, Diagnostics, Graph, Node, Source, Tree};
use serde_json::Value as Json;

use crate::origin::{Origin, Origins, below};
use crate::parts::Parts;
use crate::plan::top_property;
use crate::planner::in_model;
use crate::state::{Record, State};

/// Opens the secret that a digest stands for, where that is possible.
type Open<'a> = &'a dyn Fn(&str) -> Option<SecretText>;

/// What a rollback wants.
pub(super) struct Wanted {
    pub(super) graph: Graph,
    /// Resources with secrets of which only digests are known, and the properties that hold them.
    pub(super) locked: BTreeMap<Address, BTreeSet<String>>,
    /// Resources of the version that do not come back.
    pub(super) lost: BTreeMap<Address, Loss>,
    /// Resources that stay as they are now, each with one that it needed then and that does not come back.
    pub(super) bereft: BTreeMap<Address, Address>,
    /// Outputs of the version that do not come back, by stack and name: their values are secrets.
    pub(super) lost_outputs: Vec<(String, String)>,
}

/// Why a resource of the version does not come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// It was left in the cloud when it left the program.
    Retained,
    /// It is gone, and these of its properties are secrets of which only digests are known.
    Locked(BTreeSet<String>),
    /// It is gone, and it needs another that does not come back.
    Needs(Address),
}

impl Wanted {
    /// What leads from `state` back to `base`.
    pub(super) fn of(parts: &Parts, base: &State, state: &State, open: Open<'_>) -> Result<Self, Diagnostics> {
        let locked: BTreeMap<_, _> =
            base.resources.values().map(|record| (record.address.clone(), locked(&record.properties, open))).collect();
        let lost = lost(base, state, &locked);
        let bereft = bereft(base, &lost);
        let maker = Maker { parts, base, state, open, lost: &lost, versions: false };
        let kept: Vec<&Record> = base.resources.values().filter(|it| !lost.contains_key(&it.address)).collect();
        let (mut stacks, lost_outputs) = maker.stacks();
        let mut nodes = Vec::with_capacity(kept.len());
        for record in kept {
            let stack = position(&mut stacks, record.address.stack(), &record.region);
            nodes.push(maker.node(record, stack, !locked[&record.address].is_empty()));
        }
        let graph = Graph::from_parts(&base.app, stacks, nodes)?;
        let locked = locked.into_iter().filter(|(_, properties)| !properties.is_empty()).collect();
        Ok(Self { graph, locked, lost, bereft, lost_outputs })
    }
}

impl Wanted {
    /// What leads from `state` to one where `then`, a record of `base`, is live, and all else is as it is.
    pub(super) fn of_one(
        parts: &Parts,
        base: &State,
        then: &Record,
        state: &State,
        open: Open<'_>,
    ) -> Result<Self, Diagnostics> {
        let lost = BTreeMap::new();
        let now = Maker { parts, base: state, state, open, lost: &lost, versions: false };
        let back = Maker { base, versions: true, ..now };
        let (mut stacks, _) = now.stacks();
        let mut nodes = Vec::with_capacity(state.resources.len());
        for record in state.resources.values() {
            let (maker, record) = if record.address == then.address { (&back, then) } else { (&now, record) };
            let stack = position(&mut stacks, record.address.stack(), &record.region);
            nodes.push(maker.node(record, stack, !locked(&record.properties, open).is_empty()));
        }
        let graph = Graph::from_parts(&state.app, stacks, nodes)?;
        let locked = BTreeMap::from([(then.address.clone(), locked(&then.properties, open))]);
        let locked = locked.into_iter().filter(|(_, properties)| !properties.is_empty()).collect();
        Ok(Self { graph, locked, lost, bereft: BTreeMap::new(), lost_outputs: Vec::new() })
    }
}

/// The properties that hold a secret which cannot be opened.
fn locked(properties: &Json, open: Open<'_>) -> BTreeSet<String> {
    let entries = properties.as_object().into_iter().flatten();
    entries.filter(|(_, value)| is_locked(value, open)).map(|(name, _)| name.clone()).collect()
}

fn is_locked(value: &Json, open: Open<'_>) -> bool {
    match (redacted_digest(value), value) {
        (Some(digest), _) => open(digest).is_none(),
        (None, Json::Array(items)) => items.iter().any(|item| is_locked(item, open)),
        (None, Json::Object(entries)) => entries.values().any(|entry| is_locked(entry, open)),
        _ => false,
    }
}

/// What is in `base` and cannot come back: what the cloud has still, and nobody manages; what cannot be sent; and what
/// needs either.
fn lost(base: &State, state: &State, locked: &BTreeMap<Address, BTreeSet<String>>) -> BTreeMap<Address, Loss> {
    let gone = |record: &&Record| !state.resources.contains_key(&record.address);
    let first = |record: &Record| match &locked[&record.address] {
        _ if record.retain => Some(Loss::Retained),
        properties if !properties.is_empty() => Some(Loss::Locked(properties.clone())),
        _ => None,
    };
    let mut lost: BTreeMap<Address, Loss> = base
        .resources
        .values()
        .filter(gone)
        .filter_map(|record| Some((record.address.clone(), first(record)?)))
        .collect();
    loop {
        let needs = |record: &Record| Some(Loss::Needs(missed(base, record, &lost)?.clone()));
        let more: Vec<_> = base
            .resources
            .values()
            .filter(gone)
            .filter(|record| !lost.contains_key(&record.address))
            .filter_map(|record| Some((record.address.clone(), needs(record)?)))
            .collect();
        if more.is_empty() {
            return lost;
        }
        lost.extend(more);
    }
}

/// What does come back, and needed what does not.
fn bereft(base: &State, lost: &BTreeMap<Address, Loss>) -> BTreeMap<Address, Address> {
    let kept = base.resources.values().filter(|record| !lost.contains_key(&record.address));
    kept.filter_map(|record| Some((record.address.clone(), missed(base, record, lost)?.clone()))).collect()
}

/// The first that `record` needs of those that are nowhere and do not come back, or that were gone already in `base`.
fn missed<'a>(base: &State, record: &'a Record, lost: &BTreeMap<Address, Loss>) -> Option<&'a Address> {
    let is_nowhere = |address: &&Address| {
        !base.resources.contains_key(*address) || matches!(lost.get(*address), Some(Loss::Locked(_) | Loss::Needs(_)))
    };
    let named = record.origins.values().filter_map(|origin| match origin {
        Origin::Attribute { address, .. } => Some(address),
        Origin::Composed { .. } => None,
    });
    record.dependencies.iter().chain(named).find(is_nowhere)
}

/// The position of the stack of this name in this region, which is added where there is none.
fn position(stacks: &mut Vec<StackNode>, name: &str, region: &str) -> usize {
    let region = Some(region).filter(|region| !region.is_empty());
    let is_it = |stack: &StackNode| stack.name == name && stack.region.as_deref() == region;
    stacks.iter().position(is_it).unwrap_or_else(|| {
        let region = region.map(str::to_owned);
        stacks.push(StackNode { name: name.to_owned(), region, parts: StackParts::default() });
        stacks.len() - 1
    })
}

/// Makes nodes of records.
#[derive(Clone, Copy)]
struct Maker<'a> {
    parts: &'a Parts,
    base: &'a State,
    state: &'a State,
    open: Open<'a>,
    lost: &'a BTreeMap<Address, Loss>,
    /// Whether what an attribute told of a version of a resource that is still there stays what it told then.
    versions: bool,
}

impl Maker<'_> {
    /// Stacks for the outputs of the version, and those of its outputs that do not come back.
    fn stacks(&self) -> (Vec<StackNode>, Vec<(String, String)>) {
        let (mut stacks, mut lost) = (Vec::new(), Vec::new());
        for (stack, outputs) in &self.base.outputs {
            let mut parts = StackParts::default();
            for (name, output) in outputs {
                let now = self.state.outputs.get(stack).and_then(|outputs| outputs.get(name));
                let now = now.map(|now| (&now.origins, &now.value));
                let tree = self.tree(Document { origins: &output.origins, now }, &output.value, "");
                if is_locked(&output.value, self.open) && !matches!(tree, Tree::Reference(_)) {
                    lost.push((stack.clone(), name.clone()));
                } else {
                    parts.outputs.push(Output { name: name.clone(), tree, source: Source::nowhere() });
                }
            }
            let mut records = self.base.resources.values().filter(|record| record.address.stack() == stack);
            let region = records.next().map(|record| record.region.clone()).filter(|region| !region.is_empty());
            stacks.push(StackNode { name: stack.clone(), region, parts });
        }
        (stacks, lost)
    }

    /// `is_locked`: what its facts say of its secrets cannot be checked.
    fn node(&self, record: &Record, stack: usize, is_locked: bool) -> Node {
        let removal = match (record.retain, record.snapshot) {
            (true, _) => Removal::Retain,
            (false, true) => Removal::Snapshot,
            (false, false) => Removal::Delete,
        };
        let held = |address: &&Address| self.is_wanted(address);
        let depends_on = record.dependencies.iter().filter(held).cloned().collect();
        let beyond_facts = self.beyond_facts(record);
        let now = self.state.resources.get(&record.address).map(|now| (&now.origins, &now.properties));
        let document = Document { origins: &record.origins, now };
        let entries = record.properties.as_object().into_iter().flatten().map(|(name, value)| Entry {
            name: name.clone().into(),
            tree: self.tree(document, value, &below("", name)),
            source: Source::nowhere(),
            raw: is_locked || beyond_facts.contains(name),
        });
        Node {
            address: record.address.clone(),
            type_name: record.type_name.clone().into(),
            properties: entries.collect(),
            options: Options { depends_on, removal, protect: record.protect },
            source: Source::nowhere(),
            stack,
        }
    }

    /// The properties that were set through `.raw`, as far as it matters: those that the facts do not allow.
    fn beyond_facts(&self, record: &Record) -> BTreeSet<String> {
        let Some(facts) = self.parts.providers.facts(&record.type_name) else {
            return BTreeSet::new();
        };
        let violations = check::check(&facts, &record.properties.clone().into());
        violations.iter().map(|violation| top_property(&violation.path).to_owned()).collect()
    }

    fn is_wanted(&self, address: &Address) -> bool {
        self.base.resources.contains_key(address) && !self.lost.contains_key(address)
    }

    /// `value` as it was said then. What was an attribute of a wanted resource is one again, though its value may have been
    /// that of another resource which stood there before: a run that was not done, or left a part out, kept it.
    fn tree(&self, document: Document<'_>, value: &Json, place: &str) -> Tree {
        if let Some(text) = redacted_digest(value).and_then(self.open)
            && !(self.versions && self.refers(document, value, place))
        {
            return Tree::Secret(text);
        }
        match document.origins.get(place) {
            Some(Origin::Attribute { address, attribute }) if self.refers(document, value, place) => {
                let (app, attribute) = (self.base.app.as_str().into(), attribute.clone().into());
                return Tree::Reference(Reference { app, address: address.clone(), attribute });
            }
            Some(Origin::Composed { composed }) => {
                return Tree::from(self.composed_now(document, place, composed).unwrap_or(value).clone());
            }
            _ => {}
        }
        match value {
            Json::Array(items) => {
                let item = |(index, item)| self.tree(document, item, &format!("{place}/{index}"));
                Tree::List(items.iter().enumerate().map(item).collect())
            }
            Json::Object(entries) => {
                let entry = |(key, value): (&String, &Json)| {
                    (key.clone().into(), self.tree(document, value, &below(place, key)))
                };
                Tree::Map(entries.iter().map(entry).collect())
            }
            scalar => Tree::from(scalar.clone()),
        }
    }

    /// Whether `value` is to be an attribute of a wanted resource, whatever that is now.
    fn refers(&self, document: Document<'_>, value: &Json, place: &str) -> bool {
        match document.origins.get(place) {
            Some(Origin::Attribute { address, attribute }) => {
                self.is_wanted(address) && !self.is_of_another_version(address, attribute, value)
            }
            _ => false,
        }
    }

    /// Whether `value` was the attribute of a version of the resource which an update has left behind since: the reference
    /// of an image that was built anew.
    fn is_of_another_version(&self, address: &Address, attribute: &str, value: &Json) -> bool {
        let (Some(then), Some(now)) = (self.base.resources.get(address), self.state.resources.get(address)) else {
            return false;
        };
        let facts = self.parts.providers.facts(&now.type_name);
        let moves = facts.is_some_and(|facts| facts.moved_by_updates.iter().any(|path| path == attribute));
        self.versions
            && moves
            && then.physical_id == now.physical_id
            && in_model(&now.model, attribute).is_some_and(|now| now != value)
    }

    /// What stands now where a value was computed from resources of which one is another one now.
    fn composed_now<'a>(&self, document: Document<'a>, place: &str, composed: &BTreeSet<Address>) -> Option<&'a Json> {
        let (origins, now) = document.now?;
        let is_another = |address: &Address| {
            let id = |state: &State| state.resources.get(address).map(|record| record.physical_id.clone());
            id(self.base) != id(self.state)
        };
        let same = origins.get(place) == document.origins.get(place) && composed.iter().any(is_another);
        now.pointer(place).filter(|_| same)
    }
}

/// A document of the version: where its values came from, and what is in its place now.
#[derive(Clone, Copy)]
struct Document<'a> {
    origins: &'a Origins,
    now: Option<(&'a Origins, &'a Json)>,
}
