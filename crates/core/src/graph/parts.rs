//! A graph from its parts, for what comes from elsewhere than a program: resources that a state knows.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::build::{cycle_error, find_cycle, not_added};
use super::{Graph, Node, StackNode};
use crate::{Address, Diagnostic, Diagnostics};

impl Graph {
    /// The graph of `nodes`, each in one of `stacks`, or all that is wrong with it: an address that two have, one that is
    /// referred to and not there, resources that wait for each other.
    pub fn from_parts(app: impl Into<String>, stacks: Vec<StackNode>, nodes: Vec<Node>) -> Result<Self, Diagnostics> {
        let mut problems = Diagnostics::new();
        let mut index = HashMap::with_capacity(nodes.len());
        for (position, node) in nodes.iter().enumerate() {
            if index.insert(node.address.clone(), position).is_some() {
                problems.push(Diagnostic::error("duplicate-address", "this address is taken").at(&node.address));
            }
        }
        let dependencies = nodes.iter().map(|node| dependencies(node, &index, &mut problems)).collect();
        let (imports, moves) = (Vec::new(), Vec::new());
        let regions_by = BTreeMap::new();
        let graph = Self { app: app.into(), stacks, nodes, index, dependencies, imports, moves, regions_by };
        if let Some(cycle) = find_cycle(&graph.dependencies) {
            problems.push(cycle_error(&graph, &cycle));
        }
        problems.or(graph)
    }
}

fn dependencies(node: &Node, index: &HashMap<Address, usize>, problems: &mut Diagnostics) -> BTreeSet<usize> {
    let references = node.properties.iter().flat_map(|entry| entry.tree.references());
    let mut found = BTreeSet::new();
    for address in references.map(|reference| &reference.address).chain(&node.options.depends_on) {
        match index.get(address) {
            Some(position) => drop(found.insert(*position)),
            None => problems.push(not_added(address, index).at(&node.address)),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;
    use crate::source::Source;

    fn node(address: &str, needs: &[&str]) -> Node {
        let depends_on = needs.iter().map(|address| Address::new(*address)).collect();
        Node {
            address: address.into(),
            type_name: "AWS::Test::Thing".into(),
            properties: Vec::new(),
            options: Options { depends_on, ..Options::default() },
            source: Source::nowhere(),
            stack: 0,
        }
    }

    fn check(nodes: Vec<Node>, expect: &str) {
        let text = Graph::from_parts("shop", Vec::new(), nodes).expect_err("wrong").to_string();
        assert!(text.contains(expect), "{text}");
    }

    #[test]
    fn the_same_is_refused_as_in_a_program() {
        let graph = Graph::from_parts("shop", Vec::new(), vec![node("web/a", &["web/b"]), node("web/b", &[])]);
        assert_eq!(graph.expect("sound").dependencies(0), &BTreeSet::from([1]));
        check(vec![node("web/a", &[]), node("web/a", &[])], "web/a: this address is taken");
        check(vec![node("web/a", &["web/c"]), node("web/b", &[])], "refers to `web/c`, which is not in this app");
        check(vec![node("web/a", &["web/b"]), node("web/b", &["web/a"])], "web/a → web/b → web/a");
    }
}
