//! From decisions to the plan: the changes to show, the steps to carry them out, outputs, warnings.

use std::collections::BTreeSet;
use std::sync::Arc;

use ironwright_core::function::DynamicReference;
use ironwright_core::options::Removal;
use ironwright_core::tree::Reference;
use ironwright_core::{Address, Diagnostic, Diagnostics, Node, Planned};
use serde_json::Value as Json;

use super::change::Verdict;
use super::context::Context;
use super::edges::{self, Forward};
use super::program::{Known, Planner};
use super::removal::{self, Removals};
use crate::action::{Action, Reason};
use crate::plan::{Change, OutputChange, Plan, Preview, PropertyChange, ReadValue};
use crate::state::Record;
use crate::steps::{Goal, Step, Steps, Work};

impl Planner<'_> {
    /// The plan that the decisions and `removals` add up to.
    pub(super) fn assemble(self, removals: &Removals<'_>, mut warnings: Diagnostics) -> Plan {
        let inputs = self.inputs;
        let outputs = self.outputs();
        let forwards = (0..self.known.len()).filter_map(|position| self.forward(position)).collect();
        let list = edges::steps(forwards, removals, inputs.book.state());
        let (mut changes, mut refreshed) = (Vec::new(), Vec::new());
        let decided = self.decisions.into_iter().flatten().zip(self.known);
        for (node, (decision, known)) in inputs.graph.nodes().iter().zip(decided) {
            if decision.verdict.action == Action::NoOp
                && let Some(model) = newer_model(known)
            {
                refreshed.push((node.address.clone(), model.clone()));
            }
            warnings.extend(drift_warning(node, &decision.verdict));
            changes.push(change(node, decision.verdict, known.record, inputs.context.region(node.stack)));
        }
        changes.extend(removals.changes());
        let state_only = state_only(&list);
        let steps = Steps {
            base: inputs.base.clone(),
            list,
            context: inputs.context.clone(),
            secrets: self.secrets.into_inner(),
            found: inputs.found.clone(),
            refreshed,
        };
        let preview = Preview {
            app: inputs.graph.app().to_owned(),
            stage: inputs.stage.to_owned(),
            destroy: false,
            changes,
            state_only,
            outputs,
            reads: reads(&inputs.context),
            recovering: inputs.recovering.clone(),
            warnings,
        };
        Plan { preview, steps: Arc::new(steps) }
    }

    /// What is to be done about a resource, if anything.
    fn forward(&self, position: usize) -> Option<Forward<'_>> {
        let verdict = &self.decisions[position].as_ref()?.verdict;
        let record = self.known[position].record;
        if verdict.action == Action::NoOp && !verdict.record_only && !self.dependencies_differ(position) {
            return None;
        }
        Some(Forward {
            position,
            node: &self.inputs.graph.nodes()[position],
            action: verdict.action,
            goal: self.goal(position),
            needs: self.inputs.graph.dependencies(position).iter().copied().collect(),
            replaced: record.filter(|_| verdict.action.is_replace()),
        })
    }

    fn dependencies_differ(&self, position: usize) -> bool {
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
            retain: options.removal == Removal::Retain,
            snapshot: options.removal == Removal::Snapshot,
            protect: options.protect,
            incomplete: false,
        };
        Goal { record, stack: node.stack, properties: node.properties.clone() }
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
        unchanged: unchanged(node, verdict.action, &verdict.properties),
        properties: verdict.properties,
    }
}

/// How many properties of a resource stay as they are, where it is changed or replaced.
fn unchanged(node: &Node, action: Action, changed: &[PropertyChange]) -> usize {
    if action != Action::Update && !action.is_replace() {
        return 0;
    }
    let name = |property: &PropertyChange| property.path.split(['.', '[']).next().unwrap_or_default().to_owned();
    let changed: BTreeSet<String> = changed.iter().map(name).collect();
    node.properties.iter().filter(|entry| !changed.contains(entry.name.as_ref())).count()
}

fn state_only(steps: &[Step]) -> Vec<Address> {
    let records = steps.iter().filter(|step| matches!(step.work, Work::Record { .. }));
    records.map(|step| step.address.clone()).collect()
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
