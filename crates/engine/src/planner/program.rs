//! The plan of a program: every resource in an order in which what it needs comes first, then what the program has no
//! longer, then outputs.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ironwright_core::facts::{FactSource, TypeFacts};
use ironwright_core::nearest::nearest;
use ironwright_core::options::Removal;
use ironwright_core::tree::Reference;
use ironwright_core::{Address, Diagnostic, Diagnostics, Graph, Node, Planned};

use super::attribute;
use super::change::{Subject, Verdict};
use super::context::Context;
use super::edges::{self, Forward};
use super::removal::{self, Removals};
use super::replace::names_clash;
use crate::action::{Action, Reason};
use crate::journal::{Book, Operation};
use crate::plan::{Change, OutputChange, Plan, ReadValue, Recovering};
use crate::provider::Live;
use crate::providers::Providers;
use crate::state::Record;
use crate::steps::{Base, Goal, Steps};
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
    pub(crate) providers: &'a Providers,
    pub(crate) context: Arc<Context>,
    /// Resources to replace though nothing about them changed.
    pub(crate) replace: &'a [Address],
    pub(crate) stage: &'a str,
}

/// The plan, or all that keeps it from being made.
pub(crate) fn plan(inputs: &Inputs<'_>) -> Result<Plan, Diagnostics> {
    let mut planner = Planner::new(inputs);
    let mut problems = unknown_addresses(inputs.graph, inputs.replace);
    for position in topological(inputs.graph) {
        problems.extend(planner.decide(position));
    }
    let removals = Removals::of_program(inputs.graph, inputs.book.state());
    problems.extend(removals.protected());
    if problems.has_errors() {
        return Err(problems);
    }
    Ok(planner.finish(&removals, problems))
}

struct Planner<'a> {
    inputs: &'a Inputs<'a>,
    salt: &'a str,
    decisions: Vec<Option<Decision>>,
    facts: BTreeMap<&'a str, Arc<TypeFacts>>,
    requested: BTreeSet<&'a Address>,
    /// Attributes that hold secrets, as they were asked for.
    secrets: RefCell<BTreeMap<Reference, Planned>>,
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
    fn new(inputs: &'a Inputs<'a>) -> Self {
        Self {
            inputs,
            salt: &inputs.book.state().lineage,
            decisions: inputs.graph.nodes().iter().map(|_| None).collect(),
            facts: BTreeMap::new(),
            requested: inputs.replace.iter().collect(),
            secrets: RefCell::default(),
        }
    }

    /// Decides about one resource, and returns what is wrong with it.
    fn decide(&mut self, position: usize) -> Vec<Diagnostic> {
        let inputs = self.inputs;
        let node = &inputs.graph.nodes()[position];
        let facts = match self.facts_of(node) {
            Ok(facts) => facts,
            Err(problem) => return vec![problem],
        };
        let desired = self.desired(node);
        let record = self.record(node);
        let verdict = Subject {
            node,
            region: inputs.context.region(node.stack),
            facts: &facts,
            desired: &desired,
            record,
            observed: inputs.observed.get(&node.address),
            interrupted: self.interrupted(node),
            requested: self.requested.contains(&node.address),
            salt: self.salt,
            unsettled: &|property| self.unsettled(node, property),
        }
        .verdict();
        let mut problems = match verdict.action {
            Action::NoOp => Vec::new(),
            _ => crate::validate::check(node, &facts, &desired),
        };
        let decision = self.order(position, verdict, &facts, desired);
        if decision.verdict.action.is_replace() && node.options.protect {
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
            let prior = self.record(node).filter(|record| record.type_name == *node.type_name);
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
        let attribute = |reference: &Reference| self.attribute(reference);
        let entries = node.properties.iter().map(|entry| {
            let value = self.inputs.context.evaluate(node.stack, &entry.tree, &attribute);
            (entry.name.to_string(), value)
        });
        Planned::Map(entries.filter(|(_, value)| *value != Planned::Null).collect())
    }

    fn record(&self, node: &Node) -> Option<&'a Record> {
        self.inputs.book.state().resources.get(&node.address)
    }

    fn interrupted(&self, node: &Node) -> Option<&'a Operation> {
        let mut pending = self.inputs.book.pending().iter();
        pending.find(|operation| operation.action != Action::Delete && operation.record.address == node.address)
    }

    fn decision(&self, position: usize) -> Option<&Decision> {
        self.decisions[position].as_ref()
    }

    /// An attribute, as far as it is known.
    fn attribute(&self, reference: &Reference) -> Planned {
        let graph = self.inputs.graph;
        let Some((position, decision)) =
            graph.position(&reference.address).and_then(|position| Some((position, self.decision(position)?)))
        else {
            return Planned::Unknown;
        };
        let node = &graph.nodes()[position];
        let observed = self.inputs.observed.get(&node.address).and_then(Option::as_ref);
        let model = observed.map(|live| &live.model).or_else(|| self.record(node).map(|record| &record.model));
        let value = attribute::known(&reference.attribute, decision, model);
        if value.has_secret() {
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

    fn goal(&self, node: &Node, position: usize) -> Goal {
        let options = &node.options;
        let needed = self.inputs.graph.dependencies(position).iter();
        let provider = self.inputs.providers.of(&node.type_name).map_or("", |provider| provider.name());
        let record = Record {
            address: node.address.clone(),
            type_name: node.type_name.to_string(),
            region: self.inputs.context.region(node.stack).to_owned(),
            provider: provider.to_owned(),
            physical_id: self.record(node).map(|record| record.physical_id.clone()).unwrap_or_default(),
            properties: serde_json::Value::Null,
            model: serde_json::Value::Null,
            dependencies: needed.map(|needed| self.inputs.graph.nodes()[*needed].address.clone()).collect(),
            retain: options.removal == Removal::Retain,
            snapshot: options.removal == Removal::Snapshot,
            protect: options.protect,
            incomplete: false,
        };
        let properties = node.properties.iter().map(|entry| (entry.name.clone(), entry.tree.clone())).collect();
        Goal { record, stack: node.stack, properties }
    }

    fn needs_step(&self, node: &Node, position: usize) -> bool {
        let Some(decision) = self.decision(position) else { return false };
        decision.verdict.action != Action::NoOp
            || decision.verdict.record_only
            || self.dependencies_differ(node, position)
    }

    fn dependencies_differ(&self, node: &Node, position: usize) -> bool {
        let needed = self.inputs.graph.dependencies(position);
        self.record(node).is_some_and(|record| {
            let nodes = self.inputs.graph.nodes();
            record.dependencies.len() != needed.len()
                || needed.iter().any(|needed| !record.dependencies.contains(&nodes[*needed].address))
        })
    }

    fn finish(self, removals: &Removals<'_>, mut warnings: Diagnostics) -> Plan {
        let inputs = self.inputs;
        let outputs = self.outputs();
        let nodes = inputs.graph.nodes();
        let forwards = nodes.iter().enumerate().filter(|(position, node)| self.needs_step(node, *position));
        let forwards = forwards.filter_map(|(position, node)| {
            let action = self.decision(position)?.verdict.action;
            let needs = inputs.graph.dependencies(position).iter().copied().collect();
            let replaced = self.record(node).filter(|_| action.is_replace());
            Some(Forward { position, node, action, goal: self.goal(node, position), needs, replaced })
        });
        let list = edges::steps(forwards.collect(), removals, inputs.book.state());
        let (mut changes, mut refreshed) = (Vec::new(), Vec::new());
        for (node, decision) in nodes.iter().zip(self.decisions.into_iter().flatten()) {
            let record = inputs.book.state().resources.get(&node.address);
            let live = inputs.observed.get(&node.address).and_then(Option::as_ref);
            if let (Action::NoOp, Some(record), Some(live)) = (decision.verdict.action, record, live)
                && record.model != live.model
            {
                refreshed.push((node.address.clone(), live.model.clone()));
            }
            warnings.extend(drift_warning(node, &decision.verdict));
            changes.push(change(node, decision.verdict, record, inputs.context.region(node.stack)));
        }
        changes.extend(removals.changes());
        let context = &inputs.context;
        let steps = Steps {
            base: inputs.base.clone(),
            list,
            context: context.clone(),
            secrets: self.secrets.into_inner(),
            found: inputs.found.clone(),
            refreshed,
        };
        Plan {
            app: inputs.graph.app().to_owned(),
            stage: inputs.stage.to_owned(),
            destroy: false,
            changes,
            outputs,
            reads: reads(context),
            recovering: inputs.recovering.clone(),
            warnings,
            steps: Arc::new(steps),
        }
    }

    fn outputs(&self) -> Vec<OutputChange> {
        let attribute = |reference: &Reference| self.attribute(reference);
        let known = &self.inputs.book.state().outputs;
        let mut changes = Vec::new();
        let mut declared = BTreeSet::new();
        for (position, stack) in self.inputs.context.stacks.iter().enumerate() {
            for output in &stack.parts.outputs {
                declared.insert((stack.name.as_str(), output.name.as_str()));
                let before = known.get(&stack.name).and_then(|outputs| outputs.get(&output.name));
                changes.push(OutputChange {
                    stack: stack.name.clone(),
                    name: output.name.clone(),
                    before: before.map(|record| record.value.clone()),
                    after: Some(self.inputs.context.evaluate(position, &output.tree, &attribute)),
                });
            }
        }
        let gone = removal::outputs(&self.inputs.book.state().outputs);
        changes.extend(gone.filter(|output| !declared.contains(&(output.stack.as_str(), output.name.as_str()))));
        changes
    }
}

fn change(node: &Node, verdict: Verdict, record: Option<&Record>, region: &str) -> Change {
    Change {
        address: node.address.clone(),
        type_name: node.type_name.to_string(),
        region: region.to_owned(),
        action: verdict.action,
        reasons: verdict.reasons,
        source: Some(node.source.clone()),
        physical_id: record.map(|record| record.physical_id.clone()),
        properties: verdict.properties,
    }
}

fn reads(context: &Context) -> Vec<ReadValue> {
    let read = |((region, reference), value): (&(String, _), &Planned)| ReadValue {
        region: region.clone(),
        reference: ironwright_core::function::DynamicReference::to_string(reference),
        value: value.clone(),
    };
    context.dynamic.iter().map(read).collect()
}

/// The positions of the graph's resources, each after all it depends on; otherwise in the program's order.
fn topological(graph: &Graph) -> Vec<usize> {
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

fn drift_warning(node: &Node, verdict: &Verdict) -> Option<Diagnostic> {
    let paths = verdict.reasons.iter().find_map(|reason| match reason {
        Reason::Drifted { properties } => Some(properties.join(", ")),
        Reason::Missing => Some("the whole resource".to_owned()),
        _ => None,
    })?;
    let message = format!("changed outside of this program: {paths}; an apply puts it back");
    Some(Diagnostic::warning("drift", message).at(&node.address).source(&node.source))
}
