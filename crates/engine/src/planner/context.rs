//! What trees are evaluated against: the stack's parameters, mappings and conditions, the place, and what was read.
//! What an attribute is, is asked of whoever evaluates: the planner and the executor know different things.

use std::collections::BTreeMap;

use ironwright_core::Node;
use ironwright_core::evaluate::Environment;
use ironwright_core::function::{Asset, Condition, DynamicReference, Pseudo};
use ironwright_core::graph::StackNode;
use ironwright_core::planned::Planned;
use ironwright_core::secret::SecretText;
use ironwright_core::tree::{Reference, Tree};

use crate::provider::Surroundings;

/// What a plan's trees are evaluated against, attributes aside.
#[derive(Debug, Default)]
pub(crate) struct Context {
    /// The stacks, in the graph's order.
    pub(crate) stacks: Vec<StackNode>,
    /// The surroundings, by region.
    pub(crate) surroundings: BTreeMap<String, Surroundings>,
    /// Values read from stores, by region and reference.
    pub(crate) dynamic: BTreeMap<(String, DynamicReference), Planned>,
    /// The digests of assets.
    pub(crate) assets: BTreeMap<Asset, String>,
    /// Values given to parameters.
    pub(crate) parameters: BTreeMap<String, String>,
}

impl Context {
    /// The region of a stack; empty where it has none.
    pub(crate) fn region(&self, stack: usize) -> &str {
        self.stacks[stack].region.as_deref().unwrap_or_default()
    }

    /// The value of `tree`, which stands in the stack at position `stack`.
    pub(crate) fn evaluate(&self, stack: usize, tree: &Tree, attribute: &dyn Fn(&Reference) -> Planned) -> Planned {
        tree.evaluate(&InStack { context: self, stack, attribute })
    }

    /// The properties of `node`, those without a value left out.
    pub(crate) fn properties(&self, node: &Node, attribute: &dyn Fn(&Reference) -> Planned) -> Planned {
        let entries = node.properties.iter().map(|entry| {
            let value = self.evaluate(node.stack, &entry.tree, attribute);
            (entry.name.to_string(), value)
        });
        Planned::Map(entries.filter(|(_, value)| *value != Planned::Null).collect())
    }
}

struct InStack<'a> {
    context: &'a Context,
    stack: usize,
    attribute: &'a dyn Fn(&Reference) -> Planned,
}

impl InStack<'_> {
    fn stack(&self) -> &StackNode {
        &self.context.stacks[self.stack]
    }

    fn surroundings(&self) -> Option<&Surroundings> {
        self.context.surroundings.get(self.context.region(self.stack))
    }
}

impl Environment for InStack<'_> {
    fn attribute(&self, reference: &Reference) -> Planned {
        (self.attribute)(reference)
    }

    fn pseudo(&self, pseudo: Pseudo) -> Planned {
        let text = |text: &str| Planned::Text(text.to_owned());
        if pseudo == Pseudo::Region {
            return text(self.context.region(self.stack));
        }
        let Some(place) = self.surroundings() else {
            return Planned::Unknown;
        };
        match pseudo {
            Pseudo::Region => text(self.context.region(self.stack)),
            Pseudo::AccountId => text(&place.account_id),
            Pseudo::Partition => text(&place.partition),
            Pseudo::UrlSuffix => text(&place.url_suffix),
        }
    }

    fn availability_zones(&self) -> Planned {
        let zones = |place: &Surroundings| place.availability_zones.iter().cloned().map(Planned::Text).collect();
        self.surroundings().map_or(Planned::Unknown, |place| Planned::List(zones(place)))
    }

    fn parameter(&self, name: &str) -> Planned {
        let declared = self.stack().parts.parameters.iter().find(|(declared, _)| declared == name);
        let Some((_, parameter)) = declared else {
            return Planned::Unknown;
        };
        let Some(value) = self.context.parameters.get(name).or(parameter.default.as_ref()) else {
            return Planned::Unknown;
        };
        if parameter.secret { Planned::Secret(SecretText::new(value)) } else { Planned::Text(value.clone()) }
    }

    fn find_in_map(&self, mapping: &str, first: &str, second: &str) -> Planned {
        let row = self.stack().parts.mappings.get(mapping).and_then(|mapping| mapping.get(first)?.get(second));
        row.map_or(Planned::Unknown, |value| Planned::Text(value.clone()))
    }

    fn condition(&self, name: &str) -> Option<Condition> {
        let mut conditions = self.stack().parts.conditions.iter();
        conditions.find(|(declared, _)| declared == name).map(|(_, condition)| condition.clone())
    }

    fn dynamic(&self, reference: &DynamicReference) -> Planned {
        let key = (self.context.region(self.stack).to_owned(), reference.clone());
        self.context.dynamic.get(&key).cloned().unwrap_or(Planned::Unknown)
    }

    fn asset(&self, asset: &Asset) -> Planned {
        self.context.assets.get(asset).cloned().map_or(Planned::Unknown, Planned::Text)
    }
}
