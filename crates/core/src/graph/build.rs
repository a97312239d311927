//! From an [`App`] to its [`Graph`]: every check that needs no facts about types. All that is wrong is reported at once.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Graph, Node, StackNode, directives};
use crate::nearest::nearest;
use crate::scope::Declared;
use crate::source::Source;
use crate::tree::{Reference, Tree};
use crate::{Address, App, Diagnostic, Diagnostics};

impl App {
    /// The graph of this app, or all that is wrong with it.
    pub fn graph(&self) -> Result<Graph, Diagnostics> {
        let mut problems = Diagnostics::new();
        let (nodes, index) = self.nodes(&mut problems);
        if nodes.is_empty() {
            let error = Diagnostic::error("empty-app", format!("the app `{}` has no resources", self.name()));
            problems.push(error.help("add one: `app.stack(\"web\").add(\"server\", Instance::new())`"));
        }
        let dependencies = nodes.iter().map(|node| self.dependencies(node, &index, &mut problems)).collect();
        self.check_stacks(&index, &mut problems);
        let graph = Graph {
            app: self.name().to_owned(),
            stacks: self.stack_nodes(),
            nodes,
            index,
            dependencies,
            imports: self.stacks.iter().flat_map(|stack| stack.imports.iter().cloned()).collect(),
            moves: self.stacks.iter().flat_map(|stack| stack.moves.iter().cloned()).collect(),
            regions_by: BTreeMap::new(),
        };
        problems.extend(directives::problems(&graph));
        if let Some(cycle) = find_cycle(&graph.dependencies) {
            problems.push(cycle_error(&graph, &cycle));
        }
        problems.or(graph)
    }

    fn stack_nodes(&self) -> Vec<StackNode> {
        let stacks = self.stacks.iter().map(|stack| StackNode {
            name: stack.name().to_owned(),
            region: stack.region.clone().or_else(|| self.region.clone()),
            parts: stack.parts.clone(),
        });
        stacks.collect()
    }

    fn nodes(&self, problems: &mut Diagnostics) -> (Vec<Node>, HashMap<Address, usize>) {
        let (mut nodes, mut index) = (Vec::<Node>::new(), HashMap::<Address, usize>::new());
        for (stack, declared_stack) in self.stacks.iter().enumerate() {
            problems.extend(declared_stack.root().problems());
            let mut declared = Vec::new();
            declared_stack.root().resources(&mut declared);
            index.reserve(declared.len());
            for resource in declared {
                match index.entry(resource.address.clone()) {
                    Entry::Occupied(first) => problems.push(duplicate(resource, &nodes[*first.get()].source)),
                    Entry::Vacant(free) => {
                        free.insert(nodes.len());
                        nodes.push(node(resource, stack));
                    }
                }
            }
        }
        (nodes, index)
    }

    fn dependencies(
        &self,
        node: &Node,
        index: &HashMap<Address, usize>,
        problems: &mut Diagnostics,
    ) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for entry in &node.properties {
            let about = |diagnostic: Diagnostic| {
                let source = diagnostic.source.clone().unwrap_or_else(|| entry.source.clone());
                diagnostic.at(&node.address).property(entry.name.as_ref()).source(&source)
            };
            problems.extend(invalid_leaves(&entry.tree).map(about));
            for reference in entry.tree.references() {
                match self.look_up(reference, index) {
                    Ok(position) => drop(found.insert(position)),
                    Err(problem) => problems.push(about(problem)),
                }
            }
        }
        for address in &node.options.depends_on {
            match index.get(address) {
                Some(position) => drop(found.insert(*position)),
                None => problems.push(not_added(address, index).at(&node.address).source(&node.source)),
            }
        }
        found
    }

    fn look_up(&self, reference: &Reference, index: &HashMap<Address, usize>) -> Result<usize, Diagnostic> {
        if *reference.app != *self.name() {
            let (address, app) = (&reference.address, &reference.app);
            let message = format!("refers to `{address}` of another app, `{app}`");
            let help = format!("pass it in: read the value with `output` of `{app}` and give it here as `--var`");
            return Err(Diagnostic::error("reference-to-another-app", message).help(help));
        }
        index.get(&reference.address).copied().ok_or_else(|| not_added(&reference.address, index))
    }

    fn check_stacks(&self, index: &HashMap<Address, usize>, problems: &mut Diagnostics) {
        for stack in &self.stacks {
            let mut seen = BTreeMap::<&str, &Source>::new();
            for output in &stack.parts.outputs {
                let about = |diagnostic: Diagnostic| {
                    let source = diagnostic.source.clone().unwrap_or_else(|| output.source.clone());
                    diagnostic.property(&output.name).source(&source)
                };
                if let Some(first) = seen.insert(&output.name, &output.source) {
                    let message = format!("the stack `{}` has two outputs of this name", stack.name());
                    problems.push(
                        about(Diagnostic::error("duplicate-output", message))
                            .related("first declared here", Some(first)),
                    );
                }
                problems.extend(invalid_leaves(&output.tree).map(about));
                let references = output.tree.references().into_iter();
                problems.extend(references.filter_map(|reference| self.look_up(reference, index).err()).map(about));
            }
        }
    }
}

fn node(declared: &Declared, stack: usize) -> Node {
    Node {
        address: declared.address.clone(),
        type_name: declared.type_name.into(),
        properties: declared.entries.clone(),
        options: declared.options.clone(),
        source: declared.source.clone(),
        stack,
    }
}

fn duplicate(resource: &Declared, first: &Source) -> Diagnostic {
    Diagnostic::error("duplicate-address", "this address is taken")
        .at(&resource.address)
        .source(&resource.source)
        .related("first added here", Some(first))
        .help("give one of the two another name, or put it in a scope of its own")
}

pub(super) fn not_added(address: &Address, index: &HashMap<Address, usize>) -> Diagnostic {
    let error = Diagnostic::error("reference-not-added", format!("refers to `{address}`, which is not in this app"));
    let mut known: Vec<_> = index.keys().map(Address::as_str).collect();
    known.sort_unstable();
    match nearest(address.as_str(), known) {
        Some(known) => error.help(format!("did you mean `{known}`?")),
        None => error.help("add that resource, or take the reference out"),
    }
}

fn invalid_leaves(tree: &Tree) -> impl Iterator<Item = Diagnostic> + use<> {
    let mut found = Vec::new();
    tree.walk(&mut |tree| {
        if let Tree::Invalid(problem) = tree {
            found.push(Diagnostic::from((**problem).clone()));
        }
    });
    found.into_iter()
}

/// One cycle, as positions with the first repeated at the end. Iterative, so that long chains do not exhaust the stack.
pub(super) fn find_cycle(dependencies: &[BTreeSet<usize>]) -> Option<Vec<usize>> {
    let mut done = vec![false; dependencies.len()];
    for start in 0..dependencies.len() {
        let mut path: Vec<(usize, Vec<usize>)> = Vec::new();
        let mut on_path = BTreeSet::new();
        let mut next = Some(start);
        loop {
            if let Some(node) = next.take().filter(|node| !done[*node]) {
                if !on_path.insert(node) {
                    let from = path.iter().position(|(other, _)| *other == node)?;
                    return Some(path[from..].iter().map(|(other, _)| *other).chain([node]).collect());
                }
                path.push((node, dependencies[node].iter().copied().collect()));
            }
            let Some((node, rest)) = path.last_mut() else { break };
            next = rest.pop();
            if next.is_none() {
                done[*node] = true;
                on_path.remove(&*node);
                path.pop();
            }
        }
    }
    None
}

pub(super) fn cycle_error(graph: &Graph, cycle: &[usize]) -> Diagnostic {
    let names: Vec<_> = cycle.iter().map(|position| graph.nodes[*position].address.as_str()).collect();
    let first = &graph.nodes[cycle[0]];
    let error = Diagnostic::error("cycle", format!("these resources wait for each other: {}", names.join(" → ")));
    let error = error.at(&first.address).source(&first.source);
    let related = cycle.windows(2).fold(error, |error, pair| {
        let (from, to) = (&graph.nodes[pair[0]], &graph.nodes[pair[1]]);
        let by = from
            .properties
            .iter()
            .find(|entry| entry.tree.references().iter().any(|reference| reference.address == to.address));
        let how = by.map_or("depends_on".to_owned(), |entry| entry.name.to_string());
        let source = by.map_or(&from.source, |entry| &entry.source);
        error.related(format!("`{}` needs `{}` for {how}", from.address, to.address), Some(source))
    });
    related.help("break the circle: move one of these properties to a resource of its own")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bag::Bag;
    use crate::graph::thing::Thing;
    use crate::kinds::Text;
    use crate::value::Value;

    #[track_caller]
    fn thing() -> Thing {
        Thing(Bag::new())
    }

    #[track_caller]
    fn needing(value: Value<Text>) -> Thing {
        Thing(Bag::new().set::<Text>("Needs", value))
    }

    fn errors(app: &App) -> String {
        app.graph().expect_err("the app is wrong").to_string()
    }

    #[test]
    fn references_across_stacks_and_scopes_are_dependencies() {
        let mut app = App::new("shop");
        let first = app.stack("data").add("first", thing());
        app.stack("web").scope("api").add("second", needing(first.0.attribute("Arn")));
        let graph = app.graph().expect("valid");
        let second = graph.position(&"web/api/second".into()).expect("added");
        assert_eq!(graph.dependencies(second), &BTreeSet::from([0]));
        assert_eq!(app.graph(), app.clone().graph());
    }

    #[test]
    fn everything_wrong_is_reported_at_once() {
        let mut app = App::new("shop");
        let foreign = App::new("other").stack("web").add("x", thing());
        let web = app.stack("web");
        web.add("server", thing());
        web.add("server", thing());
        web.add("a b", needing(foreign.0.attribute("Arn")));
        let lost = web.attribute::<Text>("web/sever", "Arn");
        web.output("lost", lost);
        let text = errors(&app);
        for part in [
            "this address is taken",
            "first added here",
            "' '",
            "of another app, `other`",
            "did you mean `web/server`?",
        ] {
            assert!(text.contains(part), "{part:?} is not in:\n{text}");
        }
    }

    #[test]
    fn an_invalid_value_is_reported_at_the_line_that_wrote_it() {
        let source = |line| Source { file: "src/main.rs".into(), line };
        let problem = crate::Problem::new("invalid-value", "no CIDR").source(&source(7));
        let mut bag = Bag::new();
        bag.put("Rules".into(), Tree::List(vec![Tree::Invalid(Box::new(problem))]), source(5), false);
        let mut app = App::new("shop");
        app.stack("web").add("firewall", Thing(bag));
        assert_eq!(errors(&app), "web/firewall: Rules: no CIDR (src/main.rs:7)");
    }

    #[test]
    fn a_cycle_is_shown_as_a_path() {
        let mut app = App::new("shop");
        let web = app.stack("web");
        let to = |name: &str, web: &crate::Stack| web.attribute::<Text>(Address::new(format!("web/{name}")), "Arn");
        let (b, c, a) = (to("b", web), to("c", web), to("a", web));
        web.add("a", needing(b));
        web.add("b", needing(c));
        web.add("c", needing(a));
        let text = errors(&app);
        assert!(text.contains("web/a → web/b → web/c → web/a"), "{text}");
        assert!(text.contains("`web/b` needs `web/c` for Needs"), "{text}");
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_is_no_cycle() {
        let chain: Vec<_> = (0..100_000).map(|n: usize| n.checked_sub(1).into_iter().collect()).collect();
        assert_eq!(find_cycle(&chain), None);
    }

    #[test]
    fn an_empty_app_and_a_missing_region_are_errors() {
        assert!(errors(&App::new("shop")).contains("has no resources"));
        let mut app = App::new("shop");
        app.stack("web").add("a", thing());
        let graph = app.graph().expect("valid");
        assert!(graph.missing_regions().to_string().contains("the stack `web`"));
        let mut other = graph.clone();
        other.default_region("eu-west-1", "AWS_REGION");
        assert!(other.missing_regions().is_empty());
        assert_eq!((other.region(&other.nodes()[0]), other.region_by(0)), (Some("eu-west-1"), Some("AWS_REGION")));
        let mut graph = app.region("us-west-2").graph().expect("valid");
        graph.default_region("eu-west-1", "AWS_REGION");
        assert!(graph.missing_regions().is_empty());
        assert_eq!((graph.region(&graph.nodes()[0]), graph.region_by(0)), (Some("us-west-2"), None));
    }
}
