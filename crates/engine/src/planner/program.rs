//! The plan of a program: decides about every resource, in an order in which what it needs comes first. How the decisions
//! become a plan is in `assemble`.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ironwright_core::facts::{FactSource, TypeFacts};
use ironwright_core::nearest::nearest;
use ironwright_core::secret::SecretText;
use ironwright_core::tree::Reference;
use ironwright_core::{Address, Diagnostic, Diagnostics, Graph, Node, Planned};

use super::attribute;
use super::change::{Subject, Verdict};
use super::compare::same;
use super::context::Context;
use super::coverage::Coverage;
use super::diff::holds_secret;
use super::identity::Identity;
use super::imports::{self, Found};
use super::interruption;
use super::removal::Removals;
use super::replace::names_clash;
use super::{readiness, regions};
use crate::action::{Action, Reason};
use crate::journal::{Book, Operation};
use crate::plan::{Plan, Recovering};
use crate::provider::{Live, Readiness};
use crate::providers::Providers;
use crate::recipe::{recognised, stand_in};
use crate::state::Record;
use crate::steps::Base;
use crate::token::Token;

/// What a plan is made from.
pub(crate) struct Inputs<'a> {
    pub(crate) graph: &'a Graph,
    /// The state, with what an interrupted run is known to have made.
    pub(crate) book: &'a Book,
    /// The state as it is stored: what the plan is bound to.
    pub(crate) base: Base,
    /// Operations of an interrupted run.
    pub(crate) recovering: Vec<Recovering>,
    /// What of it was found to have succeeded.
    pub(crate) found: Vec<(Token, Live)>,
    /// What the cloud has, of those resources that were read.
    pub(crate) observed: BTreeMap<Address, Option<Live>>,
    /// How those stand that were accepted and not waited for.
    pub(crate) readiness: BTreeMap<Address, Readiness>,
    /// What is to be imported, as the cloud has it.
    pub(crate) imported: BTreeMap<Address, Found>,
    /// The addresses that have changed.
    pub(crate) identity: Identity,
    pub(crate) providers: &'a Providers,
    pub(crate) context: Arc<Context>,
    /// Secrets that were met in what the cloud returned.
    pub(crate) met: Vec<SecretText>,
    /// Secrets that only the state knows and that something refers to, by digest, as far as they could be opened.
    pub(crate) opened: BTreeMap<String, SecretText>,
    /// Resources to replace though nothing about them changed.
    pub(crate) replace: &'a [Address],
    pub(crate) stage: &'a str,
    /// What the plan covers, where it is partial.
    pub(crate) coverage: Option<Coverage>,
}

impl Inputs<'_> {
    /// Whether what is at `address` stays as the state has it.
    pub(super) fn holds(&self, address: &Address) -> bool {
        self.coverage.as_ref().is_some_and(|coverage| !coverage.covers(address))
    }

    /// Whether the resource at `position` exists, as far as that is known.
    pub(super) fn is_live(&self, position: usize) -> bool {
        let address = &self.graph.nodes()[position].address;
        let is_gone = self.observed.get(address).is_some_and(Option::is_none);
        self.book.state().resources.contains_key(address) && !is_gone
    }
}

/// The plan, or all that keeps it from being made.
pub(crate) fn plan(inputs: &Inputs<'_>) -> Result<Plan, Diagnostics> {
    let mut planner = Planner::new(inputs);
    let mut problems = unknown_addresses(inputs.graph, inputs.replace);
    problems.extend(inputs.replace.iter().filter(|address| inputs.holds(address)).map(not_covered));
    for position in topological(inputs.graph) {
        if inputs.holds(&inputs.graph.nodes()[position].address) {
            planner.hold(position);
        } else {
            problems.extend(planner.decide(position));
        }
    }
    let removals = Removals::of_program(inputs.graph, inputs.book.state(), inputs.coverage.as_ref());
    problems.extend(removals.protected());
    problems.extend(readiness::told(inputs));
    problems.extend(regions::moved(inputs.graph, inputs.book.state()));
    if problems.has_errors() {
        return Err(problems);
    }
    Ok(planner.assemble(&removals, problems))
}

/// Decides about one resource after the other.
pub(super) struct Planner<'a> {
    pub(super) inputs: &'a Inputs<'a>,
    salt: &'a str,
    /// What the state and the cloud have of each resource, by its position.
    pub(super) known: Vec<Known<'a>>,
    pub(super) decisions: Vec<Option<Decision>>,
    facts: BTreeMap<&'a str, Arc<TypeFacts>>,
    requested: BTreeSet<&'a Address>,
    /// Attributes that hold secrets, as they were asked for.
    pub(super) secrets: RefCell<BTreeMap<Reference, Planned>>,
}

/// What the state and the cloud have of one resource.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) record: Option<&'a Record>,
    /// Nothing where the cloud was not asked.
    pub(super) observed: Option<&'a Option<Live>>,
}

/// What was decided about one resource.
pub(super) struct Decision {
    pub(super) verdict: Verdict,
    /// The properties as far as they are known; kept where something may ask for them.
    pub(super) desired: Option<Planned>,
    /// It, or something it depends on, is destroyed before it is made anew.
    after_destroy: bool,
}

impl<'a> Planner<'a> {
    pub(super) fn new(inputs: &'a Inputs<'a>) -> Self {
        let resources = &inputs.book.state().resources;
        let imported = |address: &Address| inputs.imported.get(address).map(|found| &found.record);
        let known = |node: &Node| Known {
            record: resources.get(&node.address).or_else(|| imported(&node.address)),
            observed: inputs.observed.get(&node.address),
        };
        Self {
            inputs,
            salt: &inputs.book.state().lineage,
            known: inputs.graph.nodes().iter().map(known).collect(),
            decisions: inputs.graph.nodes().iter().map(|_| None).collect(),
            facts: BTreeMap::new(),
            requested: inputs.replace.iter().collect(),
            secrets: RefCell::default(),
        }
    }

    /// Leaves one resource as the state has it.
    pub(super) fn hold(&mut self, position: usize) {
        self.known[position].observed = None;
        self.decisions[position] = self.held_decision(position);
    }

    /// What is known of a resource that stays as the state has it.
    fn held_decision(&self, position: usize) -> Option<Decision> {
        let node = &self.inputs.graph.nodes()[position];
        let prior = &self.inputs.book.state().resources.get(&node.address)?.properties;
        let applied = prior.as_object().into_iter().flatten();
        let (secret, plain): (Vec<_>, Vec<_>) = applied.partition(|(_, value)| holds_secret(value));
        let mut desired: BTreeMap<String, Planned> =
            plain.into_iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
        if let Some(entries) = (!secret.is_empty()).then(|| self.desired(node)).as_ref().and_then(Planned::as_map) {
            let is_applied = |name: &String, value: &Planned| same(value, &prior[name], self.salt);
            let unchanged = secret.into_iter().filter_map(|(name, _)| entries.get_key_value(name));
            let unchanged = unchanged.filter(|(name, value)| is_applied(name, value));
            desired.extend(unchanged.map(|(name, value)| (name.clone(), value.clone())));
        }
        let desired = Some(Planned::Map(desired));
        Some(Decision { verdict: Verdict::nothing(), desired, after_destroy: false })
    }

    /// An attribute of the resource at `position`, if that stays as the state has it.
    pub(super) fn held(&self, position: usize, reference: &Reference) -> Planned {
        let model = self.record(position).map(|record| &record.model);
        let decision = self.held_decision(position);
        decision.map_or(Planned::Unknown, |decision| {
            attribute::known(&reference.attribute, &decision, model, &self.inputs.opened, || false)
        })
    }

    /// Decides about one resource, and returns what is wrong with it.
    pub(super) fn decide(&mut self, position: usize) -> Vec<Diagnostic> {
        let inputs = self.inputs;
        let node = &inputs.graph.nodes()[position];
        let facts = match self.facts_of(node) {
            Ok(facts) => facts,
            Err(problem) => return vec![problem],
        };
        let desired = self.desired(node);
        let Known { record, observed } = self.known[position];
        let verdict = Subject {
            node,
            region: inputs.context.region(node.stack),
            facts: &facts,
            desired: &desired,
            record,
            observed,
            interrupted: self.interrupted(node),
            requested: self.requested.contains(&node.address),
            has_failed: matches!(inputs.readiness.get(&node.address), Some(Readiness::Failed(_))),
            salt: self.salt,
            unsettled: &|property| self.unsettled(node, property),
        }
        .verdict();
        let mut problems = match verdict.action {
            Action::NoOp => Vec::new(),
            _ => crate::validate::check(node, &facts, &desired),
        };
        let verdict = if inputs.imported.contains_key(&node.address) {
            let requested = self.requested.contains(&node.address);
            imports::verdict(node, &facts, requested, verdict, &mut problems)
        } else {
            verdict
        };
        problems.extend(interruption::warning(node, &facts, &desired, &verdict));
        let mut decision = self.order(position, verdict, &facts, desired);
        if let Some(reason) = inputs.coverage.as_ref().and_then(|coverage| coverage.reason(&node.address))
            && decision.verdict.action != Action::NoOp
        {
            decision.verdict.reasons.push(reason.clone());
        }
        // What failed while it was made never got ready: there is nothing in it to protect.
        let half_made = self.known[position].record.is_some_and(|record| record.incomplete);
        if decision.verdict.action.is_replace() && node.options.protect && !half_made {
            problems.push(protected(node, &decision.verdict));
        }
        self.decisions[position] = Some(decision);
        problems
    }

    /// Settles whether a replacement destroys first, and keeps what later resources may ask for.
    fn order(&self, position: usize, mut verdict: Verdict, facts: &TypeFacts, desired: Planned) -> Decision {
        let node = &self.inputs.graph.nodes()[position];
        let mut needed = self.inputs.graph.dependencies(position).iter().filter_map(|needed| self.decision(*needed));
        let mut after_destroy = needed.any(|decision| decision.after_destroy);
        if verdict.action.is_replace() {
            let prior = self.record(position).filter(|record| record.type_name == *node.type_name);
            let clash = prior.is_some_and(|prior| {
                let same_place = prior.region == self.inputs.context.region(node.stack);
                same_place && names_clash(facts, &desired, &prior.properties, self.salt)
            });
            if facts.delete_before_create || clash || after_destroy {
                verdict.action = Action::DestroyThenCreate;
                after_destroy = true;
            }
        }
        let needed_later = verdict.action != Action::NoOp || desired.has_secret();
        Decision { verdict, desired: needed_later.then_some(desired), after_destroy }
    }

    fn facts_of(&mut self, node: &'a Node) -> Result<Arc<TypeFacts>, Diagnostic> {
        if let Some(facts) = self.facts.get(node.type_name.as_ref()) {
            return Ok(facts.clone());
        }
        let facts = self.inputs.providers.facts(&node.type_name).ok_or_else(|| crate::validate::not_served(node))?;
        self.facts.insert(&node.type_name, facts.clone());
        Ok(facts)
    }

    fn desired(&self, node: &Node) -> Planned {
        let desired = self.inputs.context.properties(node, &|reference| self.attribute(reference));
        let Some(record) = self.inputs.book.state().resources.get(&node.address) else { return desired };
        if record.recipes.is_empty() || !desired.has_unknown() {
            return desired;
        }
        let composed =
            self.inputs.context.properties(node, &|reference| stand_in(self.attribute(reference), self.salt));
        recognised(desired, &composed, record, self.salt)
    }

    fn record(&self, position: usize) -> Option<&'a Record> {
        self.known[position].record
    }

    pub(super) fn interrupted(&self, node: &Node) -> Option<&'a Operation> {
        let mut pending = self.inputs.book.pending().iter();
        pending.find(|operation| operation.action != Action::Delete && operation.record.address == node.address)
    }

    fn decision(&self, position: usize) -> Option<&Decision> {
        self.decisions[position].as_ref()
    }

    /// Whether any update of the resource at `position` changes `attribute`, by the facts of its type.
    fn moved_by_updates(&self, position: usize, attribute: &str) -> bool {
        let facts = self.facts.get(self.inputs.graph.nodes()[position].type_name.as_ref());
        facts.is_some_and(|facts| facts.moved_by_updates.iter().any(|path| path == attribute))
    }

    /// An attribute, as far as it is known.
    pub(super) fn attribute(&self, reference: &Reference) -> Planned {
        let graph = self.inputs.graph;
        let Some((position, decision)) =
            graph.position(&reference.address).and_then(|position| Some((position, self.decision(position)?)))
        else {
            return Planned::Unknown;
        };
        let observed = self.known[position].observed.and_then(Option::as_ref);
        let model = observed.map(|live| &live.model).or_else(|| self.record(position).map(|record| &record.model));
        let moves = || self.moved_by_updates(position, &reference.attribute);
        let value = attribute::known(&reference.attribute, decision, model, &self.inputs.opened, moves);
        if value.has_secret() && !value.has_sealed() {
            self.secrets.borrow_mut().insert(reference.clone(), value.clone());
        }
        value
    }

    /// The resources that `property` of `node` refers to and that this plan makes or changes.
    fn unsettled(&self, node: &Node, property: &str) -> Vec<Address> {
        let references = node.property(property).map(|entry| entry.tree.references()).unwrap_or_default();
        let changes = |address: &Address| {
            let decision = self.inputs.graph.position(address).and_then(|position| self.decision(position));
            decision.is_some_and(|decision| decision.verdict.action != Action::NoOp)
        };
        references.into_iter().map(|reference| reference.address.clone()).filter(changes).collect()
    }
}

/// The positions of the graph's resources, each after all it depends on; otherwise in the program's order.
pub(super) fn topological(graph: &Graph) -> Vec<usize> {
    let count = graph.nodes().len();
    let (mut order, mut placed) = (Vec::with_capacity(count), vec![false; count]);
    for start in 0..count {
        let mut path = vec![(start, graph.dependencies(start).iter())];
        while let Some((position, needed)) = path.last_mut() {
            if let Some(next) = needed.find(|next| !placed[**next]).filter(|_| !placed[*position]) {
                path.push((*next, graph.dependencies(*next).iter()));
                continue;
            }
            if !std::mem::replace(&mut placed[*position], true) {
                order.push(*position);
            }
            path.pop();
        }
    }
    order
}

fn unknown_addresses(graph: &Graph, addresses: &[Address]) -> Diagnostics {
    let unknown = addresses.iter().filter(|address| graph.node(address).is_none());
    let error = |address: &Address| {
        let error = Diagnostic::error("unknown-address", format!("there is no resource `{address}` to replace"));
        let known = nearest(address.as_str(), graph.nodes().iter().map(|node| node.address.as_str()));
        error.help(known.map_or("see the addresses with `plan`".to_owned(), |known| format!("did you mean `{known}`?")))
    };
    unknown.map(error).collect()
}

fn not_covered(address: &Address) -> Diagnostic {
    let message = format!("`--replace {address}`: the plan does not cover this resource");
    Diagnostic::error("not-covered", message).at(address).help("name it with `--only` too, or do not `--exclude` it")
}

fn protected(node: &Node, verdict: &Verdict) -> Diagnostic {
    let forcing = verdict.reasons.iter().find_map(|reason| match reason {
        Reason::ForcedBy { properties } => Some(format!("; {} cannot change in place", properties.join(", "))),
        _ => None,
    });
    let message = format!("the plan would replace this resource, and it is protected{}", forcing.unwrap_or_default());
    Diagnostic::error("protected", message)
        .at(&node.address)
        .source(&node.source)
        .help("take that change back, or take `.protect()` out to let it be replaced")
}
