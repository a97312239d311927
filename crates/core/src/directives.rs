//! Directives: what a program says about the identity of resources instead of their properties. An import takes over what
//! the cloud has already; a move says which address a resource had before. What is wrong with them is told by `graph`.

use serde::{Deserialize, Serialize};

use crate::{Address, Source};

/// A resource that the cloud has already, to be managed at an address of the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// The address of the resource that describes it.
    pub address: Address,
    /// Its physical id.
    pub physical_id: String,
    /// The line that asks for it; none where the command line does.
    pub source: Option<Source>,
}

/// A resource, or a whole scope, that had another address before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// The address before.
    pub from: Address,
    /// The address now.
    pub to: Address,
    /// The line that says so; none where it was said elsewhere.
    pub source: Option<Source>,
}

impl Move {
    /// Where this move takes `address`: itself or, for a scope, what is below it. A move to below itself, such as of a
    /// resource into a scope of its own name, concerns the one address alone.
    pub fn takes(&self, address: &Address) -> Option<Address> {
        if *address != self.from && self.to.is_within(&self.from) {
            return None;
        }
        address.rebased(&self.from, &self.to)
    }
}

/// Where `moves` take `address` in the end; nothing where they leave it. Of several that concern an address, the one
/// that names most of it counts. Moves in a circle take it nowhere.
pub fn destination(moves: &[Move], address: &Address) -> Option<Address> {
    let mut current = address.clone();
    for _ in 0..=moves.len() {
        match next(moves, &current) {
            Some(further) => current = further,
            None => return Some(current).filter(|current| current != address),
        }
    }
    None
}

/// Where the one of `moves` that names most of `address` takes it.
pub(crate) fn next(moves: &[Move], address: &Address) -> Option<Address> {
    let concerned = moves.iter().filter_map(|one| Some((one.from.as_str().len(), one.takes(address)?)));
    concerned.max_by_key(|(length, _)| *length).map(|(_, to)| to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(moves: &[(&str, &str)], address: &str, expect: Option<&str>) {
        let one = |(from, to): &(&str, &str)| Move { from: (*from).into(), to: (*to).into(), source: None };
        let moves: Vec<Move> = moves.iter().map(one).collect();
        assert_eq!(destination(&moves, &address.into()), expect.map(Address::from), "{moves:?}");
    }

    #[test]
    fn a_resource_a_scope_and_a_chain_move() {
        check(&[("web/a", "web/b")], "web/a", Some("web/b"));
        check(&[("web/a", "web/b")], "web/ab", None);
        check(&[("web/api", "web/service")], "web/api/server", Some("web/service/server"));
        check(&[("web/a", "web/b"), ("web/b", "data/c")], "web/a", Some("data/c"));
        check(&[("web/api", "web/service"), ("web/api/x", "web/y")], "web/api/x", Some("web/y"));
    }

    #[test]
    fn a_resource_moves_into_a_scope_of_its_name_once() {
        check(&[("web/server", "web/server/instance")], "web/server", Some("web/server/instance"));
        check(&[("web/server", "web/server/instance")], "web/server/instance", None);
    }

    #[test]
    fn a_circle_leads_nowhere() {
        check(&[("web/a", "web/b"), ("web/b", "web/a")], "web/a", None);
    }
}
