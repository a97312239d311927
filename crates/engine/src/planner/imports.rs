//! Imports: what the cloud has already and the program takes over. What the two say differently is changed in place by the
//! same plan; what cannot be is an error, since nothing is replaced silently.

mod problems;

use std::collections::{BTreeMap, BTreeSet};

use ironwright_core::facts::TypeFacts;
use ironwright_core::options::Removal;
use ironwright_core::planned::redacted;
use ironwright_core::{Address, Diagnostic, Diagnostics, Graph, Import, Node, Planned};
use serde_json::{Value as Json, json};

use super::change::Verdict;
use super::context::Context;
use crate::action::{Action, Reason};
use crate::journal::{Book, Operation};
use crate::origin::Origins;
use crate::plan::{PropertyChange, top_property};
use crate::provider::Live;
use crate::providers::Providers;
use crate::recipe::Recipes;
use crate::secrets::{scrub, secrets_in};
use crate::state::Record;
use crate::steps::Imported;

/// The ids of what there is and is not managed yet, by type and region; of those types that can be listed.
pub(crate) type Listed = BTreeMap<(String, String), Vec<String>>;

/// Imports that the state does not hold yet: what to look for in the cloud.
#[derive(Default)]
pub(crate) struct Wanted {
    pub(crate) records: Vec<Record>,
    imports: Vec<Import>,
}

impl Wanted {
    /// What of the program's and `asked` imports is still to be done, or why it cannot be.
    /// `may_be_said` tells of an interrupted create whether a person may have to say what it made.
    pub(crate) fn of(
        graph: &Graph,
        asked: &[Import],
        book: &Book,
        providers: &Providers,
        may_be_said: &dyn Fn(&Operation) -> bool,
    ) -> Result<Self, Diagnostics> {
        let (mut wanted, mut problems) = (Self::default(), Diagnostics::new());
        problems.extend(asked.iter().filter_map(|import| problems::lacking(graph, import, book)));
        for import in graph.imports().iter().chain(asked) {
            match wanted.record(graph, import, book, providers, may_be_said) {
                Ok(record) => {
                    wanted.imports.extend(record.is_some().then(|| import.clone()));
                    wanted.records.extend(record);
                }
                Err(problem) => problems.push(problem),
            }
        }
        problems.or(wanted)
    }

    fn record(
        &self,
        graph: &Graph,
        import: &Import,
        book: &Book,
        providers: &Providers,
        may_be_said: &dyn Fn(&Operation) -> bool,
    ) -> Result<Option<Record>, Diagnostic> {
        let node = graph.node(&import.address).ok_or_else(|| problems::not_declared(graph, import))?;
        if let Some(other) = self.imports.iter().find(|other| other.address == import.address) {
            let same = other.physical_id == import.physical_id;
            return if same { Ok(None) } else { Err(problems::asked_twice(import, other)) };
        }
        let record = looked_for(graph, node, import, providers);
        if is_done(book, &record) {
            return Ok(None);
        }
        conflict(import, &record, book, may_be_said).map_or(Ok(Some(record)), Err)
    }

    /// What the cloud was found to have of them, by address; or that it has them not. Takes the program's secrets out of
    /// what was `observed` of them.
    pub(crate) fn found(
        self,
        graph: &Graph,
        context: &Context,
        salt: &str,
        observed: &mut BTreeMap<Address, Option<Live>>,
        listed: &Listed,
    ) -> Result<BTreeMap<Address, Found>, Diagnostics> {
        let (mut found, mut problems) = (BTreeMap::new(), Diagnostics::new());
        for (record, import) in self.records.into_iter().zip(&self.imports) {
            let live = observed.get_mut(&record.address).and_then(Option::as_mut);
            let (Some(live), Some(node)) = (live, graph.node(&record.address)) else {
                problems.push(problems::missing(import, &record, listed));
                continue;
            };
            if live.physical_id != import.physical_id {
                problems.push(problems::called_otherwise(import, &live.physical_id));
                continue;
            }
            let model = live.model.clone();
            let said = context.properties(node, &|_| Planned::Unknown);
            scrub(&mut live.model, &secrets_in(&said), &said.to_json(salt), salt);
            let record = Record { model: live.model.clone(), ..record };
            found.insert(record.address.clone(), Found { record, model });
        }
        problems.or(found)
    }
}

/// What the cloud has of a resource that is to be imported.
#[derive(Debug)]
pub(crate) struct Found {
    /// Its record, as if it had been made without a property; secrets as digests.
    pub(crate) record: Record,
    /// The model as it was read: the apply takes the secrets out of it, with the salt of then.
    pub(super) model: Json,
}

impl Found {
    /// The step's share of it, where `changes` follow.
    pub(super) fn imported(&self, changes: &[PropertyChange]) -> Imported {
        let tops = changes.iter().map(|change| top_property(&change.path));
        Imported { model: self.model.clone(), differing: tops.map(str::to_owned).collect() }
    }
}

/// Whether the state has it at its address, or had it there and is about to delete it, since it was replaced.
fn is_done(book: &Book, record: &Record) -> bool {
    let live = book.state().resources.get(&record.address);
    let replaced = book.state().deposed.iter().filter(|other| other.address == record.address && live.is_some());
    live.into_iter().chain(replaced).any(|other| is_same(other, record))
}

/// Why the resource of `record` cannot be imported, by what the state and the journal know.
fn conflict(
    import: &Import,
    record: &Record,
    book: &Book,
    may_be_said: &dyn Fn(&Operation) -> bool,
) -> Option<Diagnostic> {
    let state = book.state();
    if let Some(known) = state.resources.get(&record.address) {
        return Some(problems::taken(import, known));
    }
    if let Some(other) = state.resources.values().find(|other| is_same(other, record)) {
        return Some(problems::managed(import, other));
    }
    if let Some(other) = state.deposed.iter().find(|other| is_same(other, record)) {
        return Some(problems::deposed(import, other));
    }
    let may_be_it = |other: &Record| {
        other.address == record.address || (&other.type_name, &other.region) == (&record.type_name, &record.region)
    };
    let mut creates = book.pending().iter().filter(|operation| operation.action == Action::Create);
    let is_said = |operation: &Operation| operation.record.address == record.address && may_be_said(operation);
    let operation = creates.find(|operation| may_be_it(&operation.record) && !is_said(operation))?;
    Some(problems::unsettled(import, &operation.record.address))
}

fn is_same(left: &Record, right: &Record) -> bool {
    left.physical_id == right.physical_id && left.type_name == right.type_name && left.region == right.region
}

/// The record of an import before it is read: nothing was ever asked of it.
fn looked_for(graph: &Graph, node: &Node, import: &Import, providers: &Providers) -> Record {
    let options = &node.options;
    Record {
        address: node.address.clone(),
        type_name: node.type_name.to_string(),
        region: graph.region(node).unwrap_or_default().to_owned(),
        provider: providers.of(&node.type_name).map_or("", |provider| provider.name()).to_owned(),
        physical_id: import.physical_id.clone(),
        properties: json!({}),
        model: Json::Null,
        dependencies: BTreeSet::new(),
        origins: Origins::new(),
        recipes: Recipes::new(),
        retain: options.removal == Removal::Retain,
        snapshot: options.removal == Removal::Snapshot,
        protect: options.protect,
        imported: true,
        incomplete: false,
        accepted: None,
    }
}

/// What becomes of an import, where `verdict` says what would become of the same resource in the state; and what is wrong
/// or notable with it. A replacement is made only where it was `requested`.
pub(super) fn verdict(
    node: &Node,
    facts: &TypeFacts,
    requested: bool,
    mut verdict: Verdict,
    problems: &mut Vec<Diagnostic>,
) -> Verdict {
    if !requested {
        let (untold, told) = verdict.properties.into_iter().partition(|change| is_untold(facts, change));
        verdict.properties = told;
        problems.extend(untested(node, &untold));
    }
    for change in verdict.properties.iter_mut().filter(|change| change.sensitive) {
        change.before = change.before.take().map(|_| redacted(""));
    }
    if requested {
        return verdict;
    }
    problems.extend(forced(node, &verdict.properties));
    verdict.action = Action::Import;
    verdict.record_only = false;
    verdict.reasons.retain(|reason| matches!(reason, Reason::Dependency { .. } | Reason::MayBeForcedBy { .. }));
    verdict
}

/// Whether the cloud never says what `change` is about, and it could not be changed: the program is believed.
fn is_untold(facts: &TypeFacts, change: &PropertyChange) -> bool {
    change.forces_replacement && change.before.is_none() && facts.write_only.contains(&change.path)
}

fn untested(node: &Node, untold: &[PropertyChange]) -> Option<Diagnostic> {
    let paths: Vec<&str> = untold.iter().map(|change| change.path.as_str()).collect();
    let message = format!("the cloud never says what {} is: the program is believed", paths.join(", "));
    (!paths.is_empty()).then(|| Diagnostic::warning("import-untold", message).at(&node.address).source(&node.source))
}

/// The error for what differs and cannot be changed in place.
fn forced(node: &Node, properties: &[PropertyChange]) -> Option<Diagnostic> {
    let mut forcing = properties.iter().filter(|change| change.forces_replacement).peekable();
    let first = forcing.peek().map(|change| change.path.clone())?;
    let name = top_property(&first);
    let source = node.property(name).map_or(&node.source, |entry| &entry.source);
    let message = "what is to be imported differs from the program in what cannot be changed in place; nothing is replaced \
                   silently";
    let error = Diagnostic::error("import-differs", message).at(&node.address).property(first).source(source);
    let error = forcing.fold(error, |error, change| error.related(difference(change), None));
    Some(error.help(format!(
        "let the program say what the cloud has; or, to have it replaced once it is imported, add `--replace {}`",
        node.address
    )))
}

fn difference(change: &PropertyChange) -> String {
    let hidden = |text: String| if change.sensitive { "(sensitive)".to_owned() } else { text };
    let cloud = change.before.as_ref().map_or("nothing".to_owned(), |value| hidden(value.to_string()));
    let program = change.after.as_ref().map_or("nothing".to_owned(), |value| {
        let known = !value.has_unknown();
        if known { hidden(value.to_json("").to_string()) } else { "(known after apply)".to_owned() }
    });
    format!("{}: the cloud has {cloud}, the program says {program}", change.path)
}
