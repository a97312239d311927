//! Moves: which addresses of the state change, by what the program or the command line says. What that does to a state
//! lives in `journal::rename`.

use std::collections::BTreeMap;

use ironwright_core::directives::destination;
use ironwright_core::nearest::nearest;
use ironwright_core::{Address, Diagnostic, Diagnostics, Graph, Move};

use crate::action::Action;
use crate::journal::{Book, Moves};

/// The addresses in `book` that `moves` change, or why they cannot: something stands at the new address already.
pub(crate) fn resolve(book: &Book, moves: &[Move]) -> Result<Moves, Diagnostics> {
    if moves.is_empty() {
        return Ok(Moves::new());
    }
    let held = book.addresses();
    let found: Moves =
        held.into_iter().filter_map(|address| Some((address.clone(), destination(moves, &address)?))).collect();
    let mut taken = BTreeMap::new();
    let stay = book.occupied().filter(|address| !found.contains_key(*address));
    taken.extend(stay.map(|address| (address, address)));
    let mut problems = Diagnostics::new();
    for (from, to) in found.iter().filter(|(from, _)| book.occupied().any(|address| address == *from)) {
        if let Some(other) = taken.insert(to, from) {
            problems.push(conflict(from, to, other, said(moves, from)));
        }
    }
    problems.or(found)
}

/// An error for every address that moves to where the program adds nothing: a slip of the finger there would delete it.
pub(crate) fn to_nowhere(graph: &Graph, moves: &[Move], found: &Moves) -> Diagnostics {
    let added = |one: &Move| {
        let end = destination(moves, &one.from).unwrap_or_else(|| one.to.clone());
        graph.nodes().iter().any(|node| node.address.is_within(&end))
    };
    let lost = found.iter().filter_map(|(from, to)| Some((from, to, said(moves, from).filter(|one| !added(one))?)));
    let mut problems = BTreeMap::new();
    for (from, to, one) in lost {
        problems.entry(&one.from).or_insert_with(|| nowhere(graph, from, to, one));
    }
    problems.into_values().collect()
}

/// The one of `moves` that concerns `address` first.
fn said<'a>(moves: &'a [Move], address: &Address) -> Option<&'a Move> {
    let concerned = moves.iter().filter(|one| one.takes(address).is_some());
    concerned.max_by_key(|one| one.from.as_str().len())
}

fn conflict(from: &Address, to: &Address, other: &Address, one: Option<&Move>) -> Diagnostic {
    let message = if other == to {
        format!("is said to have moved to `{to}`, and both are in the state")
    } else {
        format!("is said to have moved to `{to}`, and so is `{other}`")
    };
    let error = Diagnostic::error("moved-and-taken", message).at(from);
    let help = "take the move out: what the program has no longer is destroyed then; or give the new one another name";
    one.and_then(|one| one.source.as_ref()).into_iter().fold(error, Diagnostic::source).help(help)
}

fn nowhere(graph: &Graph, from: &Address, to: &Address, one: &Move) -> Diagnostic {
    let message = format!("is said to have moved to `{to}`, and the program adds nothing there");
    let known = nearest(to.as_str(), graph.nodes().iter().map(|node| node.address.as_str()));
    let error = Diagnostic::error("moved-to-nowhere", message).at(from);
    one.source.iter().fold(error, Diagnostic::source).help(match known {
        Some(known) => format!("did you mean `{known}`?"),
        None => "add it there; or take the move out, then it is destroyed".to_owned(),
    })
}

impl Book {
    /// The addresses at which something is live, or may be: an interrupted run was making it.
    fn occupied(&self) -> impl Iterator<Item = &Address> {
        let creates = self.pending().iter().filter(|operation| operation.action == Action::Create);
        self.state().resources.keys().chain(creates.map(|operation| &operation.record.address))
    }
}
