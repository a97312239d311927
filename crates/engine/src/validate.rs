//! Validation: all that is wrong with a program that can be told from the facts about its types, before any cloud call.

use std::collections::BTreeMap;

use ironwright_core::facts::FactSource;
use ironwright_core::{Diagnostics, Graph};

/// All that is wrong with `graph` by the facts of its types. `parameters` are the values given to stack parameters.
pub fn validate(graph: &Graph, facts: &dyn FactSource, parameters: &BTreeMap<String, String>) -> Diagnostics {
    let _ = (graph, facts, parameters);
    unimplemented!()
}
