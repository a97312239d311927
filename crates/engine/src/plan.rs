//! A plan: what an apply would do, to which resources, and why. Made by the planner, never changed after.

use std::sync::Arc;

use ironwright_core::tree::{Reference, Tree};
use ironwright_core::{Address, Diagnostics, Planned, Source};
use serde::Serialize;
use serde_json::Value as Json;

use crate::action::{Action, Reason};
use crate::steps::{Steps, Work};

/// What an apply would do.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The app.
    pub app: String,
    /// The stage.
    pub stage: String,
    /// Whether it deletes everything.
    pub destroy: bool,
    /// A change for every resource in program or state, those that stay included, in the program's order; then what the
    /// program has no longer.
    pub changes: Vec<Change>,
    /// What becomes of the outputs.
    pub outputs: Vec<OutputChange>,
    /// The values it read from stores: parameters, secrets.
    pub reads: Vec<ReadValue>,
    /// The operations of an interrupted run that are recovered first.
    pub recovering: Vec<Recovering>,
    /// Warnings: raw properties, drift that will be put back.
    pub warnings: Diagnostics,
    /// The steps that carry it out; the executor's business.
    pub(crate) steps: Arc<Steps>,
}

/// What becomes of one resource.
#[derive(Clone, Debug)]
pub struct Change {
    /// The resource.
    pub address: Address,
    /// Its type.
    pub type_name: String,
    /// Its region.
    pub region: String,
    /// What is done.
    pub action: Action,
    /// Why.
    pub reasons: Vec<Reason>,
    /// The line that adds it, if the program still does.
    pub source: Option<Source>,
    /// Its physical id, if it exists.
    pub physical_id: Option<String>,
    /// What changes in its properties, by path.
    pub properties: Vec<PropertyChange>,
}

/// What becomes of one property.
///
/// `Planned` has no `Serialize`, on purpose: it may hold a secret. Whoever renders it decides what is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct PropertyChange {
    /// The path: `CidrBlock`, `Tags[0].Value`, `Environment.Variables.LOG`.
    pub path: String,
    /// The value the cloud has or the state holds; nothing where it is new. Secrets are digests.
    pub before: Option<Json>,
    /// The value it gets; nothing where it is removed.
    pub after: Option<Planned>,
    /// The change cannot be made in place.
    pub forces_replacement: bool,
    /// It is set through `.raw`.
    pub raw: bool,
    /// Its value must not be shown.
    pub sensitive: bool,
}

/// What becomes of one output.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputChange {
    /// The stack.
    pub stack: String,
    /// The name.
    pub name: String,
    /// The value now; nothing where it is new.
    pub before: Option<Json>,
    /// The value then; nothing where it is removed.
    pub after: Option<Planned>,
}

/// A value that was read from a store while planning. Shown with [`Action::Read`]'s symbol; it is no resource.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadValue {
    /// The region it was read in.
    pub region: String,
    /// The reference: `ssm:/aws/service/ami-amazon-linux-latest/al2023`.
    pub reference: String,
    /// The value; a secret where the store holds secrets.
    pub value: Planned,
}

/// An operation of an interrupted run, recovered at the start of the next apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recovering {
    /// The resource.
    pub address: Address,
    /// What was being done.
    pub action: Action,
}

/// How many resources a plan adds, changes and destroys; a replacement counts as one of each end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// To add.
    pub add: usize,
    /// To change in place.
    pub change: usize,
    /// To destroy.
    pub destroy: usize,
    /// To forget.
    pub forget: usize,
}

impl Plan {
    /// The value of `tree`, which stands in the stack at position `stack` of the graph, by what this plan read of the
    /// place; `attribute` says what attributes are.
    pub fn evaluate(&self, stack: usize, tree: &Tree, attribute: &dyn Fn(&Reference) -> Planned) -> Planned {
        self.steps.context.evaluate(stack, tree, attribute)
    }

    /// The change of the resource at `address`.
    pub fn change(&self, address: &str) -> Option<&Change> {
        self.changes.iter().find(|change| change.address.as_str() == address)
    }

    /// Whether an apply would do nothing: no change to the cloud or the state, no recovery, outputs as they are.
    pub fn is_empty(&self) -> bool {
        self.steps.list.is_empty() && self.recovering.is_empty() && self.changed_outputs().next().is_none()
    }

    /// The outputs that change; of a secret, its digest tells.
    pub fn changed_outputs(&self) -> impl Iterator<Item = &OutputChange> {
        let salt = &self.steps.base.lineage;
        self.outputs
            .iter()
            .filter(move |output| output.before != output.after.as_ref().map(|value| value.to_json(salt)))
    }

    /// Resources of which the record in the state changes and nothing in the cloud: options such as `protect`.
    pub fn state_only(&self) -> impl Iterator<Item = &Address> {
        let steps = self.steps.list.iter();
        steps.filter(|step| matches!(step.work, Work::Record { .. })).map(|step| &step.address)
    }

    /// How many resources it adds, changes, destroys and forgets.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for change in &self.changes {
            counts.add += usize::from(change.action == Action::Create || change.action.is_replace());
            counts.change += usize::from(change.action == Action::Update);
            counts.destroy += usize::from(change.action == Action::Delete || change.action.is_replace());
            counts.forget += usize::from(change.action == Action::Forget);
        }
        counts
    }
}
