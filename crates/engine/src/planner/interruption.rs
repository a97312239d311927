//! Updates that interrupt whoever uses the resource: the plan says so before it is done.

use ironwright_core::facts::TypeFacts;
use ironwright_core::{Diagnostic, Node, Planned, Severity};

use super::change::Verdict;
use crate::action::Action;
use crate::plan::top_property;

/// The warning that what `verdict` does to `node` interrupts it, where the facts of its type say so.
pub(super) fn warning(node: &Node, facts: &TypeFacts, desired: &Planned, verdict: &Verdict) -> Option<Diagnostic> {
    let by_hand = facts.by_hand.filter(|_| verdict.action == Action::Update)?;
    let changed: Vec<&str> = verdict.properties.iter().map(|change| top_property(&change.path)).collect();
    let problem = (by_hand.interruption)(desired, &changed)?;
    let warning = Diagnostic { severity: Severity::Warning, ..Diagnostic::from(problem) };
    Some(warning.at(&node.address).source(&node.source))
}
