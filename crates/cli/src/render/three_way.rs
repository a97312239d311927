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
        Some(change) => by_reasons(&change.reasons, path),
    };
    drift.properties.iter().map(|property| (property.path.as_str(), says(&property.path))).collect()
}

/// A list may have another order in the program than in the cloud: where no path is the same, those are that are the same
/// but for the positions in lists.
fn by_reasons(reasons: &[Reason], path: &str) -> Program {
    let exact = reasons.iter().find_map(|reason| by_reason(reason, path, str::to_owned));
    let anywhere = || reasons.iter().find_map(|reason| by_reason(reason, path, without_positions));
    exact.or_else(anywhere).unwrap_or(Program::AsTheCloud)
}

fn by_reason(reason: &Reason, path: &str, form: fn(&str) -> String) -> Option<Program> {
    let (properties, side) = match reason {
        Reason::Drifted { properties } => (properties, Program::AsTheState),
        Reason::Changed { properties } => (properties, Program::Otherwise),
        _ => return None,
    };
    properties.iter().any(|property| overlap(&form(property), &form(path))).then_some(side)
}

/// `Tags[].Value` of `Tags[3].Value`.
fn without_positions(path: &str) -> String {
    let mut inside = false;
    let outside = |character: &char| {
        let is_kept = !inside || *character == ']';
        inside = *character == '[' || inside && *character != ']';
        is_kept
    };
    path.chars().filter(outside).collect()
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
        let reasons = [drifted, changed];
        assert_eq!(by_reasons(&reasons, "Size"), Program::AsTheState);
        assert_eq!(by_reasons(&reasons, "Kind.Name"), Program::Otherwise);
        assert_eq!(by_reasons(&reasons, "Colour"), Program::AsTheCloud);
    }

    #[test]
    fn the_order_of_a_list_may_be_another_in_the_program() {
        let paths = |path: &str| vec![path.to_owned()];
        let drifted = Reason::Drifted { properties: paths("Tags[0].Value") };
        let changed = Reason::Changed { properties: paths("Tags[2].Value") };
        let reasons = [drifted, changed];
        assert_eq!(by_reasons(&reasons, "Tags[1].Value"), Program::AsTheState);
        assert_eq!(by_reasons(&reasons, "Tags[2].Value"), Program::Otherwise, "the same path comes first");
        assert_eq!(by_reasons(&reasons, "Rules[1].Value"), Program::AsTheCloud);
        assert_eq!(without_positions("A[12].B[3]"), "A[].B[]");
    }
}
