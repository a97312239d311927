//! What is destroyed before it is made anew, while others go on using it: a cloud may refuse that, so the plan says so.

use std::collections::BTreeMap;

use ironwright_core::{Address, Diagnostic, Graph};

use super::removal::dependents;
use crate::action::Action;
use crate::plan::Change;
use crate::state::{Record, State};

/// A warning for each of `changes` that destroys first what others use before and after.
pub(super) fn warnings(changes: &[Change], graph: &Graph, state: &State) -> Vec<Diagnostic> {
    if !changes.iter().any(|change| change.action == Action::DestroyThenCreate) {
        return Vec::new();
    }
    let mut fates = BTreeMap::new();
    for change in changes {
        // What is deposed comes last, and has nothing to do with what is live.
        fates.entry(&change.address).or_insert(change.action);
    }
    let users = dependents(state.resources.values());
    let replaced = changes.iter().filter(|change| change.action == Action::DestroyThenCreate);
    let warning = |change: &Change| {
        let goes_first = |user: &Address| {
            matches!(fates.get(user), Some(Action::DestroyThenCreate | Action::Delete | Action::Forget))
        };
        let holds = |user: &&&Record| !goes_first(&user.address) && still_needs(graph, &user.address, &change.address);
        let holding: Vec<&Address> =
            users.get(&change.address).into_iter().flatten().filter(holds).map(|user| &user.address).collect();
        (!holding.is_empty()).then(|| in_use(change, &holding))
    };
    replaced.filter_map(warning).collect()
}

fn still_needs(graph: &Graph, user: &Address, needed: &Address) -> bool {
    let position = graph.position(user).zip(graph.position(needed));
    position.is_some_and(|(user, needed)| graph.dependencies(user).contains(&needed))
}

fn in_use(change: &Change, holding: &[&Address]) -> Diagnostic {
    let (first, more) = (holding[0], holding.len() - 1);
    let others = if more == 0 { format!("`{first}` uses it") } else { format!("`{first}` and {more} more use it") };
    let message = format!(
        "is destroyed before it is made anew, and {others} all the while: if the cloud does not let go of what is in \
         use, the apply will stop there"
    );
    let warning = Diagnostic::warning("destroyed-in-use", message).at(&change.address);
    let warning = change.source.iter().fold(warning, Diagnostic::source);
    warning.help("give the new one another name, so that it can be made first")
}
