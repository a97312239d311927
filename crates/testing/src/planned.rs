//! What a program's resources would be after a plan, as far as that can be known before apply.

use std::collections::BTreeMap;

use ironwright_core::tree::Reference;
use ironwright_core::{Address, Graph, Node, Planned};
use ironwright_engine::{Action, Plan, Record, State};

use crate::resources::{Item, Resources};
use crate::text::from_state;

/// The resources and outputs of `graph` after `plan`, which was made over `state`.
pub(crate) fn resources(plan: &Plan, state: &State, graph: &Graph) -> Resources {
    let actions = plan.changes.iter().map(|change| (&change.address, change.action)).collect();
    let view = View { plan, actions, state, graph };
    let mut outputs = BTreeMap::<String, BTreeMap<String, Planned>>::new();
    for output in &plan.outputs {
        if let Some(value) = &output.after {
            outputs.entry(output.stack.clone()).or_default().insert(output.name.clone(), value.clone());
        }
    }
    Resources::new(graph.nodes().iter().map(|node| view.item(node)).collect(), outputs)
}

struct View<'a> {
    plan: &'a Plan,
    actions: BTreeMap<&'a Address, Action>,
    state: &'a State,
    graph: &'a Graph,
}

impl View<'_> {
    fn item(&self, node: &Node) -> Item {
        let stays = self.record(node, &[Action::NoOp, Action::Update]);
        let untouched = self.record(node, &[Action::NoOp]);
        Item {
            address: node.address.clone(),
            type_name: node.type_name.to_string(),
            physical_id: stays.map_or(Planned::Unknown, |record| Planned::Text(record.physical_id.clone())),
            properties: self.properties(node),
            model: untouched.map_or(Planned::Null, |record| from_state(&record.model)),
        }
    }

    /// What the state has of a resource, where the plan does one of `actions` to it.
    fn record(&self, node: &Node, actions: &[Action]) -> Option<&Record> {
        let action = self.actions.get(&node.address)?;
        self.state.resources.get(&node.address).filter(|_| actions.contains(action))
    }

    fn properties(&self, node: &Node) -> Planned {
        let entries = node.properties.iter().map(|entry| {
            let value = self.plan.evaluate(node.stack, &entry.tree, &|reference| self.attribute(reference));
            (entry.name.to_string(), value)
        });
        Planned::Map(entries.filter(|(_, value)| *value != Planned::Null).collect())
    }

    /// An attribute is known where its resource stays as it is. All others are left unknown, so that no test passes on
    /// a value that an apply may change.
    fn attribute(&self, reference: &Reference) -> Planned {
        let record = self.graph.node(&reference.address).and_then(|node| self.record(node, &[Action::NoOp]));
        let Some(record) = record else {
            return Planned::Unknown;
        };
        from_state(&record.model).get(&reference.attribute).cloned().unwrap_or(Planned::Unknown)
    }
}
