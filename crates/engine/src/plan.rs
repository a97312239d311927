//! A plan: what an apply would do, to which resources, and why. Made by the planner, never changed after.
//!
//! A [`Preview`] is all that is told of it; a [`Plan`] has the steps besides, and it alone can be carried out.

use std::ops::Deref;
use std::sync::Arc;

use ironwright_core::tree::{Reference, Tree};
use ironwright_core::{Address, Diagnostics, Planned, Source};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;

use crate::action::{Action, Reason};
use crate::partial::Partial;
use crate::steps::Steps;

/// What an apply would do, and the steps that do it. Derefs to what is told of it.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub(crate) preview: Preview,
    /// The steps that carry it out; the executor's business.
    pub(crate) steps: Arc<Steps>,
}

impl Deref for Plan {
    type Target = Preview;
    fn deref(&self) -> &Preview {
        &self.preview
    }
}

impl From<Plan> for Preview {
    fn from(plan: Plan) -> Self {
        plan.preview
    }
}

/// What is told of a plan.
///
/// `V` is how its values to come are held: as [`Planned`], which may be secret and has no `Serialize`, on purpose; or in
/// a form that can be written, which [`Preview::map`] makes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Preview<V = Planned> {
    /// The app.
    pub app: String,
    /// The stage.
    pub stage: String,
    /// Whether it deletes everything.
    pub destroy: bool,
    /// A change for every resource in program or state, those that stay included, in the program's order; then what the
    /// program has no longer.
    pub changes: Vec<Change<V>>,
    /// Resources of which the record in the state changes and nothing in the cloud: options such as `protect`.
    pub state_only: Vec<Address>,
    /// What becomes of the outputs.
    pub outputs: Vec<OutputChange<V>>,
    /// The values it read from stores: parameters, secrets.
    pub reads: Vec<ReadValue<V>>,
    /// The operations of an interrupted run that are recovered first.
    pub recovering: Vec<Recovering>,
    /// How far it goes, where it covers only part of the resources.
    pub partial: Option<Partial>,
    /// The version of the state it goes back to, where it takes back a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_to: Option<u64>,
    /// The one resource that goes back there, where the others stay as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_of: Option<Address>,
    /// Warnings: raw properties, drift that will be put back.
    pub warnings: Diagnostics,
}

/// What becomes of one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change<V = Planned> {
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
    pub properties: Vec<PropertyChange<V>>,
    /// How many properties of the program stay as they are, where others change.
    pub unchanged: usize,
    /// The address it has in the state, where it has moved from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<Address>,
}

/// The property that `path` leads into: `Tags` of `Tags[0].Value`.
pub(crate) fn top_property(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or_default()
}

/// What becomes of one property. Whoever renders it decides what is shown of a value that may be secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "V: Deserialize<'de>"))]
pub struct PropertyChange<V = Planned> {
    /// The path: `CidrBlock`, `Tags[0].Value`, `Environment.Variables.LOG`.
    pub path: String,
    /// The value the cloud has or the state holds; nothing where it is new. Secrets are digests.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub before: Option<Json>,
    /// The value it gets; nothing where it is removed.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub after: Option<V>,
    /// The change cannot be made in place.
    pub forces_replacement: bool,
    /// It is set through `.raw`.
    pub raw: bool,
    /// Its value must not be shown.
    pub sensitive: bool,
}

/// A value that is there, be it null; the key is left out where there is none.
fn present<'de, D: Deserializer<'de>, V: Deserialize<'de>>(value: D) -> Result<Option<V>, D::Error> {
    V::deserialize(value).map(Some)
}

/// What becomes of one output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "V: Deserialize<'de>"))]
pub struct OutputChange<V = Planned> {
    /// The stack.
    pub stack: String,
    /// The name.
    pub name: String,
    /// The value now; nothing where it is new.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub before: Option<Json>,
    /// The value then; nothing where it is removed.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub after: Option<V>,
    /// Whether the two differ; of a secret, its digest tells.
    pub changes: bool,
}

/// A value that was read from a store while planning. Shown with [`Action::Read`]'s symbol; it is no resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadValue<V = Planned> {
    /// The region it was read in.
    pub region: String,
    /// The reference: `ssm:/aws/service/ami-amazon-linux-latest/al2023`.
    pub reference: String,
    /// The value; a secret where the store holds secrets.
    pub value: V,
}

/// An operation of an interrupted run, recovered at the start of the next apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovering {
    /// The resource.
    pub address: Address,
    /// What was being done.
    pub action: Action,
}

/// How many resources a plan adds, changes and destroys; a replacement counts as one of each end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// To import.
    pub import: usize,
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
}

impl<V> Preview<V> {
    /// The change of the resource at `address`.
    pub fn change(&self, address: &str) -> Option<&Change<V>> {
        self.changes.iter().find(|change| change.address.as_str() == address)
    }

    /// Whether an apply would do nothing: no change to the cloud or the state, no recovery, outputs as they are.
    pub fn is_empty(&self) -> bool {
        let same = self.changes.iter().all(Change::stays) && self.state_only.is_empty();
        same && self.recovering.is_empty() && self.changed_outputs().next().is_none()
    }

    /// The outputs that change.
    pub fn changed_outputs(&self) -> impl Iterator<Item = &OutputChange<V>> {
        self.outputs.iter().filter(|output| output.changes)
    }

    /// How many resources it imports, adds, changes, destroys and forgets.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for change in &self.changes {
            counts.add += usize::from(change.action == Action::Create || change.action.is_replace());
            let imported = change.action == Action::Import;
            counts.import += usize::from(imported);
            counts.change += usize::from(change.action == Action::Update || imported && !change.properties.is_empty());
            counts.destroy += usize::from(change.action == Action::Delete || change.action.is_replace());
            counts.forget += usize::from(change.action == Action::Forget);
        }
        counts
    }

    /// The same with its values to come held otherwise.
    pub fn map<W>(self, mut value: impl FnMut(V) -> W) -> Preview<W> {
        let Self {
            app,
            stage,
            destroy,
            changes,
            state_only,
            outputs,
            reads,
            recovering,
            partial,
            rollback_to,
            rollback_of,
            warnings,
        } = self;
        Preview {
            app,
            stage,
            destroy,
            changes: changes.into_iter().map(|change| change.map(&mut value)).collect(),
            state_only,
            outputs: outputs.into_iter().map(|output| output.map(&mut value)).collect(),
            reads: reads.into_iter().map(|read| read.map(&mut value)).collect(),
            recovering,
            partial,
            rollback_to,
            rollback_of,
            warnings,
        }
    }
}

impl<V> Change<V> {
    /// Whether it stays as it is, and where it is.
    pub fn stays(&self) -> bool {
        !self.action.is_change() && self.moved_from.is_none()
    }

    fn map<W>(self, value: &mut impl FnMut(V) -> W) -> Change<W> {
        Change {
            address: self.address,
            type_name: self.type_name,
            region: self.region,
            action: self.action,
            reasons: self.reasons,
            source: self.source,
            physical_id: self.physical_id,
            properties: self.properties.into_iter().map(|property| property.map(value)).collect(),
            unchanged: self.unchanged,
            moved_from: self.moved_from,
        }
    }
}

impl<V> PropertyChange<V> {
    fn map<W>(self, value: &mut impl FnMut(V) -> W) -> PropertyChange<W> {
        let Self { path, before, after, forces_replacement, raw, sensitive } = self;
        PropertyChange { path, before, after: after.map(value), forces_replacement, raw, sensitive }
    }
}

impl<V> OutputChange<V> {
    fn map<W>(self, value: &mut impl FnMut(V) -> W) -> OutputChange<W> {
        let Self { stack, name, before, after, changes } = self;
        OutputChange { stack, name, before, after: after.map(value), changes }
    }
}

impl<V> ReadValue<V> {
    fn map<W>(self, value: &mut impl FnMut(V) -> W) -> ReadValue<W> {
        let Self { region, reference, value: read } = self;
        ReadValue { region, reference, value: value(read) }
    }
}
