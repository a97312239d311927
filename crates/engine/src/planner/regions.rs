//! Regions: a stack that is live in one is not moved because somebody's environment names another; it is where the
//! program says so, as a replacement of all it has.

use std::collections::BTreeSet;

use ironwright_core::{Diagnostic, Diagnostics, Graph, Node};

use crate::state::State;

/// The stacks whose region somebody else than the program says, and whose resources are live in another: nothing is
/// planned for them.
pub(crate) fn refused(graph: &Graph, state: &State) -> Diagnostics {
    let elsewhere = Elsewhere::all(graph, state);
    let refused = elsewhere.iter().filter_map(|stack| Some((stack, graph.region_by(stack.position)?)));
    refused.map(|(stack, by)| stack.mismatch(by)).collect()
}

/// A warning for each stack that the program moves to another region.
pub(super) fn moved<'a>(graph: &'a Graph, state: &'a State) -> impl Iterator<Item = Diagnostic> + 'a {
    let elsewhere = Elsewhere::all(graph, state).into_iter();
    elsewhere.filter(|stack| graph.region_by(stack.position).is_none()).map(|stack| stack.moves())
}

/// A stack of which something is live in another region than it is to be in.
struct Elsewhere<'a> {
    position: usize,
    name: &'a str,
    /// Where it is to be.
    wanted: &'a str,
    /// Where it is.
    live: BTreeSet<&'a str>,
    /// What is there.
    nodes: Vec<&'a Node>,
}

impl<'a> Elsewhere<'a> {
    fn all(graph: &'a Graph, state: &'a State) -> Vec<Self> {
        let mut all = Vec::<Self>::new();
        for node in graph.nodes() {
            let stack = &graph.stacks()[node.stack];
            let Some(wanted) = stack.region.as_deref() else { continue };
            let live = state.resources.get(&node.address).map(|record| record.region.as_str());
            let Some(live) = live.filter(|live| !live.is_empty() && *live != wanted) else { continue };
            if all.last().is_none_or(|last| last.position != node.stack) {
                let (position, name) = (node.stack, stack.name.as_str());
                all.push(Self { position, name, wanted, live: BTreeSet::new(), nodes: Vec::new() });
            }
            if let Some(last) = all.last_mut() {
                last.live.insert(live);
                last.nodes.push(node);
            }
        }
        all
    }

    fn places(&self) -> String {
        self.live.iter().copied().collect::<Vec<_>>().join(" and ")
    }

    fn count(&self) -> String {
        if self.nodes.len() == 1 { "1 resource".to_owned() } else { format!("{} resources", self.nodes.len()) }
    }

    fn mismatch(&self, by: &str) -> Diagnostic {
        let Self { name, wanted, .. } = self;
        let message = format!(
            "the stack `{name}` is live in {} ({}), and {by} says {wanted}; the program names no region",
            self.places(),
            self.count()
        );
        let live = self.live.first().copied().unwrap_or_default();
        let assign = if by.contains(char::is_whitespace) { String::new() } else { format!("set {by}={live}, or ") };
        Diagnostic::error("region-mismatch", message).source(&self.nodes[0].source).help(format!(
            "to go on where it is, {assign}say so in the program:\n  App::new(…).region(\"{live}\")\nto have it in {wanted} \
             as well, take another `--stage`; to move it, which replaces all it has, say that in the program:\n  \
             stack.region(\"{wanted}\");"
        ))
    }

    fn moves(&self) -> Diagnostic {
        let Self { name, wanted, .. } = self;
        let message = format!(
            "the program moves the stack `{name}` from {} to {wanted}: {} there {} replaced",
            self.places(),
            self.count(),
            if self.nodes.len() == 1 { "is" } else { "are" }
        );
        Diagnostic::warning("region-changed", message).source(&self.nodes[0].source)
    }
}
