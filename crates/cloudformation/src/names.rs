//! How each resource of the graph is called in its template, and how its attributes are read there.

use std::collections::BTreeMap;
use std::sync::Arc;

use ironwright_core::facts::{FactSource, Form, TypeFacts};
use ironwright_core::{Graph, Name};

use crate::document::Document;
use crate::logical_id;

/// The logical id and the facts of every resource, by its position in the graph.
pub(crate) struct Names {
    resources: Vec<Named>,
}

/// One resource.
struct Named {
    logical_id: String,
    facts: Option<Arc<TypeFacts>>,
}

impl Names {
    pub(crate) fn new(graph: &Graph, facts: &dyn FactSource) -> Self {
        let mut known = BTreeMap::new();
        let named = graph.nodes().iter().map(|node| Named {
            logical_id: logical_id::of_address(&node.address),
            facts: known.entry(node.type_name.as_ref()).or_insert_with(|| facts.facts(&node.type_name)).clone(),
        });
        Self { resources: named.collect() }
    }

    pub(crate) fn logical_id(&self, position: usize) -> &str {
        &self.resources[position].logical_id
    }

    pub(crate) fn facts(&self, position: usize) -> Option<&TypeFacts> {
        self.resources[position].facts.as_deref()
    }

    /// How the resource's own template reads an attribute: `Ref` where that returns it, else `Fn::GetAtt`.
    pub(crate) fn attribute<'a>(&'a self, position: usize, attribute: &'a Name) -> Document<'a> {
        let Named { logical_id, facts } = &self.resources[position];
        if facts.as_ref().is_some_and(|facts| facts.ref_attribute.as_deref() == Some(attribute)) {
            return Document::Ref(logical_id.into());
        }
        Document::GetAtt(logical_id.into(), (&**attribute).into())
    }

    /// Whether an attribute is a list, which neither text nor an export can hold.
    pub(crate) fn is_list(&self, position: usize, attribute: &str) -> bool {
        let shape = self.facts(position).and_then(|facts| Some(facts.follow(facts.attributes.get(attribute)?)));
        shape.is_some_and(|shape| shape.form == Form::List)
    }
}
