//! What was accepted and not waited for: how it stands now, and what that means for the plan.

use std::collections::BTreeSet;

use ironwright_core::{Address, Diagnostic};

use super::program::Inputs;
use crate::provider::Readiness;

/// What has become ready.
pub(super) fn ready(inputs: &Inputs<'_>) -> BTreeSet<Address> {
    let ready = inputs.readiness.iter().filter(|(_, readiness)| **readiness == Readiness::Ready);
    ready.map(|(address, _)| address.clone()).collect()
}

/// A warning for each that is not: it failed, is gone, or is still being made.
pub(super) fn told(inputs: &Inputs<'_>) -> Vec<Diagnostic> {
    let awaited = inputs.book.state().resources.values().filter(|record| record.accepted.is_some());
    let said = awaited.filter_map(|record| {
        let node = inputs.graph.node(&record.address)?;
        let is_gone = inputs.observed.get(&record.address).is_some_and(Option::is_none);
        let (code, message) = match inputs.readiness.get(&record.address) {
            Some(Readiness::Failed(why)) => {
                ("making-failed", format!("was not waited for, and making it failed: {why}; it is replaced"))
            }
            Some(Readiness::Pending) => ("still-making", "was not waited for, and is still being made".to_owned()),
            _ if is_gone => ("making-failed", "was not waited for, and is not there; it is made again".to_owned()),
            _ => return None,
        };
        Some(Diagnostic::warning(code, message).at(&record.address).source(&node.source))
    });
    said.collect()
}
