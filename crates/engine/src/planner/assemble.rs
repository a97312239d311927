//! From decisions to the plan: the changes to show, the steps to carry them out, outputs, warnings.

use std::collections::BTreeSet;
use std::sync::Arc;

use ironwright_core::function::DynamicReference;
use ironwright_core::options::Removal;
use ironwright_core::tree::{Reference, Tree};
use ironwright_core::{Address, Diagnostic, Diagnostics, Node, Planned, Source};
use serde_json::Value as Json;

use super::change::Verdict;
use super::context::Context;
use super::coverage::{self, Coverage};
use super::edges::{self, Forward};
use super::identity::Identity;
use super::in_use;
use super::program::{Known, Planner};
use super::readiness;
use super::removal::{self, Removals};
use crate::action::{Action, Reason};
use crate::origin::Origins;
use crate::plan::{Change, OutputChange, Plan, Preview, PropertyChange, ReadValue, top_property};
use crate::recipe::Recipes;
use crate::secrets::secrets_in;
use crate::state::Record;
use crate::steps::{Goal, Step, Steps, Work};

impl Planner<'_> {
    /// The plan that the decisions and `removals` add up to.
    pub(super) fn assemble(self, removals: &Removals<'_>, mut warnings: Diagnostics) -> Plan {
        let inputs = self.inputs;
        let (outputs, left_outputs) = self.outputs();
        let partial = inputs.coverage.as_ref().map(|coverage| coverage.partial(Some(inputs.graph), inputs.book));
        let left = inputs.coverage.as_ref().map(|coverage| coverage.left(inputs.book, left_outputs));
        let forwards = (0..self.known.len()).flat_map(|position| self.forwards(position)).collect();
        let list = edges::steps(forwards, removals, inputs.book);
        let (mut changes, mut refreshed, mut met) = (Vec::new(), Vec::new(), inputs.met.clone());
        met.extend(
            self.decisions.iter().flatten().filter_map(|decision| decision.desired.as_ref()).flat_map(secrets_in),
        );
        let decided = self.decisions.into_iter().zip(self.known);
        for (node, (decision, known)) in inputs.graph.nodes().iter().zip(decided) {
            let Some(decision) = decision else {
                continue;
            };
            if decision.verdict.action == Action::NoOp
                && let Some(model) = newer_model(known)
            {
                refreshed.push((node.address.clone(), model.clone()));
            }
            warnings.extend(drift_warning(node, &decision.verdict));
            changes.push(change(node, decision.verdict, known.record, inputs.context.region(node.stack)));
        }
        changes.extend(removals.changes());
        warnings.extend(in_use::warnings(&changes, inputs.graph, inputs.book.state()));
        tell_moves(&inputs.identity, &mut changes);
        let state_only = state_only(&list);
        let steps = Steps {
            base: inputs.base.clone(),
            list,
            context: inputs.context.clone(),
            secrets: self.secrets.into_inner(),
            met,
            found: inputs.found.clone(),
            moves: inputs.identity.moves.clone(),
            refreshed,
            ready: readiness::ready(inputs),
            left: left.unwrap_or_default(),
        };
        let preview = Preview {
            app: inputs.graph.app().to_owned(),
            stage: inputs.stage.to_owned(),
            destroy: false,
            changes,
            state_only,
            outputs,
            reads: reads(&inputs.context),
            recovering: coverage::settled(inputs.recovering.clone(), partial.as_ref()),
            partial,
            rollback_to: None,
            rollback_of: None,
            warnings,
        };
        Plan { preview, steps: Arc::new(steps) }
    }

    /// What is to be done about a resource, if anything.
    fn forward(&self, position: usize) -> Option<Forward<'_>> {
        let verdict = &self.decisions[position].as_ref()?.verdict;
        let record = self.known[position].record;
        let is_held = self.inputs.holds(&self.inputs.graph.nodes()[position].address);
        if is_held || verdict.action == Action::NoOp && !verdict.record_only && !self.dependencies_differ(position) {
            return None;
        }
        Some(Forward {
            position,
            node: &self.inputs.graph.nodes()[position],
            action: verdict.action,
            goal: self.goal(position),
            needs: self.inputs.graph.dependencies(position).iter().copied().collect(),
            replaced: record.filter(|_| verdict.action.is_replace()),
            imported: None,
            changed: self
                .interrupted(&self.inputs.graph.nodes()[position])
                .is_none()
                .then(|| names(&verdict.properties)),
        })
    }

    /// What is to be done about a resource: an import comes first, and then what it is changed or replaced by.
    fn forwards(&self, position: usize) -> Vec<Forward<'_>> {
        let Some(mut forward) = self.forward(position) else {
            return Vec::new();
        };
        let (Some(found), Some(decision)) =
            (self.inputs.imported.get(&forward.node.address), &self.decisions[position])
        else {
            return vec![forward];
        };
        let changes = &decision.verdict.properties;
        let import = Forward {
            action: Action::Import,
            goal: forward.goal.clone(),
            needs: forward.needs.clone(),
            replaced: None,
            imported: Some(found.imported(changes)),
            changed: None,
            ..forward
        };
        if forward.action == Action::Import {
            forward.action = Action::Update;
        }
        if changes.is_empty() && !forward.action.is_replace() { vec![import] } else { vec![import, forward] }
    }

    /// Whether it is to need other resources than the state says.
    pub(super) fn dependencies_differ(&self, position: usize) -> bool {
        let (needed, nodes) = (self.inputs.graph.dependencies(position), self.inputs.graph.nodes());
        self.known[position].record.is_some_and(|record| {
            let lacks = |needed: &usize| !record.dependencies.contains(&nodes[*needed].address);
            record.dependencies.len() != needed.len() || needed.iter().any(lacks)
        })
    }

    fn goal(&self, position: usize) -> Goal {
        let node = &self.inputs.graph.nodes()[position];
        let options = &node.options;
        let needed = self.inputs.graph.dependencies(position).iter();
        let provider = self.inputs.providers.of(&node.type_name).map_or("", |provider| provider.name());
        let record = Record {
            address: node.address.clone(),
            type_name: node.type_name.to_string(),
            region: self.inputs.context.region(node.stack).to_owned(),
            provider: provider.to_owned(),
            physical_id: self.known[position].record.map(|record| record.physical_id.clone()).unwrap_or_default(),
            properties: Json::Null,
            model: Json::Null,
            dependencies: needed.map(|needed| self.inputs.graph.nodes()[*needed].address.clone()).collect(),
            origins: Origins::new(),
            recipes: Recipes::new(),
            retain: options.removal == Removal::Retain,
            snapshot: options.removal == Removal::Snapshot,
            protect: options.protect,
            imported: self.known[position].record.is_some_and(|record| record.imported),
            incomplete: false,
            accepted: None,
        };
        Goal { record, stack: node.stack, properties: node.properties.clone() }
    }

    /// What becomes of the outputs, and which of them stay as they are since the plan is partial.
    fn outputs(&self) -> (Vec<OutputChange>, BTreeSet<(String, String)>) {
        let attribute = |reference: &Reference| self.attribute(reference);
        let known = &self.inputs.book.state().outputs;
        let (mut changes, mut left) = (Vec::new(), BTreeSet::new());
        let mut declared = BTreeSet::new();
        for (position, stack) in self.inputs.context.stacks.iter().enumerate() {
            for output in &stack.parts.outputs {
                declared.insert((stack.name.as_str(), output.name.as_str()));
                if self.leaves_output(&output.tree) {
                    left.insert((stack.name.clone(), output.name.clone()));
                    continue;
                }
                let before = known.get(&stack.name).and_then(|outputs| outputs.get(&output.name));
                let before = before.map(|record| record.value.clone());
                let after = self.inputs.context.evaluate(position, &output.tree, &attribute);
                changes.push(OutputChange {
                    stack: stack.name.clone(),
                    name: output.name.clone(),
                    changes: before != Some(after.to_json(&self.inputs.base.lineage)),
                    before,
                    after: Some(after),
                });
            }
        }
        let gone = removal::outputs(&self.inputs.book.state().outputs);
        let gone = gone.filter(|output| !declared.contains(&(output.stack.as_str(), output.name.as_str())));
        if self.inputs.coverage.as_ref().is_some_and(Coverage::leaves_rest) {
            left.extend(gone.map(|output| (output.stack, output.name)));
        } else {
            changes.extend(gone);
        }
        (changes, left)
    }

    /// Whether a partial plan leaves an output as it is: it refers to nothing that is covered, or to what does not exist.
    fn leaves_output(&self, tree: &Tree) -> bool {
        let position = |reference: &Reference| self.inputs.graph.position(&reference.address);
        let lacks = |reference: &Reference| position(reference).is_none_or(|it| self.decisions[it].is_none());
        let leaves = |coverage: &Coverage| coverage.leaves_output(tree) || tree.references().into_iter().any(lacks);
        self.inputs.coverage.as_ref().is_some_and(leaves)
    }
}

fn change(node: &Node, verdict: Verdict, record: Option<&Record>, region: &str) -> Change {
    Change {
        address: node.address.clone(),
        type_name: node.type_name.to_string(),
        region: region.to_owned(),
        action: verdict.action,
        reasons: verdict.reasons,
        source: Some(node.source.clone()).filter(Source::is_somewhere),
        physical_id: record.map(|record| record.physical_id.clone()),
        unchanged: unchanged(node, verdict.action, &verdict.properties),
        moved_from: None,
        properties: verdict.properties,
    }
}

/// How many properties of a resource stay as they are, where it is changed or replaced.
fn unchanged(node: &Node, action: Action, changed: &[PropertyChange]) -> usize {
    if !matches!(action, Action::Update | Action::Import) && !action.is_replace() {
        return 0;
    }
    let changed = names(changed);
    node.properties.iter().filter(|entry| !changed.contains(entry.name.as_ref())).count()
}

/// The names of the properties that `changes` are in.
fn names(changes: &[PropertyChange]) -> BTreeSet<String> {
    let name = |change: &PropertyChange| top_property(&change.path).to_owned();
    changes.iter().map(name).collect()
}

fn state_only(steps: &[Step]) -> Vec<Address> {
    let records = steps.iter().filter(|step| matches!(step.work, Work::Record { .. }));
    records.map(|step| step.address.clone()).collect()
}

/// Says of each change which address it has moved from.
fn tell_moves(identity: &Identity, changes: &mut [Change]) {
    let before = identity.before();
    for change in changes.iter_mut().filter(|change| !change.reasons.contains(&Reason::Deposed)) {
        let Some((from, found)) = before.get(&change.address) else {
            continue;
        };
        change.moved_from = Some((*from).clone());
        if *found {
            change.reasons.insert(0, Reason::Renamed);
        }
    }
}

fn reads(context: &Context) -> Vec<ReadValue> {
    let read = |((region, reference), value): (&(String, DynamicReference), &Planned)| ReadValue {
        region: region.clone(),
        reference: reference.to_string(),
        value: value.clone(),
    };
    context.dynamic.iter().map(read).collect()
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

/// The model that was read, where it is newer than the state's.
fn newer_model(known: Known<'_>) -> Option<&Json> {
    let live = known.observed?.as_ref()?;
    (known.record?.model != live.model).then_some(&live.model)
}
