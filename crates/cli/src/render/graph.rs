//! The graph as DOT or Mermaid: an arrow points from a resource to what it needs.

use std::fmt::Write as _;

use ironwright_core::Graph;

/// The graph in Graphviz's language, a cluster for each stack.
pub(crate) fn dot(graph: &Graph) -> String {
    let mut text = format!("digraph {} {{\n  rankdir = \"LR\"\n  node [shape = box]\n", quoted(graph.app()));
    for (index, stack) in graph.stacks().iter().enumerate() {
        let _ = writeln!(
            text,
            "  subgraph {} {{\n    label = {}",
            quoted(&format!("cluster_{}", stack.name)),
            quoted(&stack.name)
        );
        for node in graph.nodes().iter().filter(|node| node.stack == index) {
            let label = format!("{}\\n{}", node.address, node.type_name);
            let _ = writeln!(
                text,
                "    {} [label = {}]",
                quoted(node.address.as_str()),
                quoted(&label).replace("\\\\n", "\\n")
            );
        }
        text.push_str("  }\n");
    }
    for (from, to) in edges(graph) {
        let (from, to) = (&graph.nodes()[from].address, &graph.nodes()[to].address);
        let _ = writeln!(text, "  {} -> {}", quoted(from.as_str()), quoted(to.as_str()));
    }
    text + "}\n"
}

/// The graph in Mermaid's language, as code hosts draw it.
pub(crate) fn mermaid(graph: &Graph) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for (index, stack) in graph.stacks().iter().enumerate() {
        let _ = writeln!(text, "  subgraph s{index}[\"{}\"]", stack.name);
        for (position, node) in graph.nodes().iter().enumerate().filter(|(_, node)| node.stack == index) {
            let name = node.address.as_str().split_once('/').map_or(node.address.as_str(), |(_, name)| name);
            let _ = writeln!(text, "    n{position}[\"{name}<br/>{}\"]", node.type_name);
        }
        text.push_str("  end\n");
    }
    for (from, to) in edges(graph) {
        let _ = writeln!(text, "  n{from} --> n{to}");
    }
    text
}

fn edges(graph: &Graph) -> impl Iterator<Item = (usize, usize)> {
    (0..graph.nodes().len()).flat_map(|from| graph.dependencies(from).iter().map(move |to| (from, *to)))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
