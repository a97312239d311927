//! The third side of drift: what the program says of what the cloud has otherwise than the state.

use std::collections::BTreeMap;

use ironwright_engine::{Action, Drift, Preview, Reason};

/// What the program says of a property that the cloud has otherwise than the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// The same as the state.
    AsTheState,
    /// The same as the cloud, or nothing at all.
    AsTheCloud,
    /// Neither the one nor the other.
    Otherwise,
    /// It has the resource no longer.
    Gone,
}

impl Program {
    /// The word in JSON.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::AsTheState => "as-the-state",
            Self::AsTheCloud => "as-the-cloud",
            Self::Otherwise => "otherwise",
            Self::Gone => "gone",
        }
    }

    /// The note for a person.
    pub(crate) fn note(self) -> &'static str {
        match self {
            Self::AsTheState => "the program says the same as the state: an apply puts it back",
            Self::AsTheCloud => "the program has nothing against it: an apply leaves it",
            Self::Otherwise => "the program says something else by now: see the plan",
            Self::Gone => "the program has it no longer: an apply removes it",
        }
    }
}

/// What the program says of each property of `drift`, by path; `plan` is what an apply of it would do.
pub(crate) fn sides<'a>(plan: &Preview, drift: &'a Drift) -> BTreeMap<&'a str, Program> {
    let change = plan.changes.iter().find(|change| change.address == drift.address);
    let says = |path: &str| match change {
        None => Program::Gone,
        Some(change) if matches!(change.action, Action::Delete | Action::Forget) => Program::Gone,
        Some(change) => change.reasons.iter().find_map(|reason| by_reason(reason, path)).unwrap_or(Program::AsTheCloud),
    };
    drift.properties.iter().map(|property| (property.path.as_str(), says(&property.path))).collect()
}

fn by_reason(reason: &Reason, path: &str) -> Option<Program> {
    let (properties, side) = match reason {
        Reason::Drifted { properties } => (properties, Program::AsTheState),
        Reason::Changed { properties } => (properties, Program::Otherwise),
        _ => return None,
    };
    properties.iter().any(|property| overlap(property, path)).then_some(side)
}

/// Whether one path is the other, or above it.
fn overlap(left: &str, right: &str) -> bool {
    let (short, long) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_overlaps_with_those_above_and_below_it_alone() {
        assert!(overlap("Tags", "Tags[0].Value") && overlap("Tags[0].Value", "Tags") && overlap("A.B", "A.B"));
        assert!(!overlap("Tag", "Tags") && !overlap("A.B", "A.C"));
    }

    #[test]
    fn the_reasons_of_a_plan_tell_whose_side_the_program_is_on() {
        let paths = |path: &str| vec![path.to_owned()];
        let drifted = Reason::Drifted { properties: paths("Size") };
        let changed = Reason::Changed { properties: paths("Kind") };
        assert_eq!(by_reason(&drifted, "Size"), Some(Program::AsTheState));
        assert_eq!(by_reason(&changed, "Kind.Name"), Some(Program::Otherwise));
        assert_eq!(by_reason(&changed, "Size"), None);
    }
}
