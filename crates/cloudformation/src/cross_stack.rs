//! Values that cross stacks: exported by the template that makes them, imported by those that need them.

use std::collections::{BTreeMap, BTreeSet};

use ironwright_core::{Diagnostic, Diagnostics, Graph, Name, Tree};

use crate::document::Document;
use crate::logical_id;
use crate::names::Names;
use crate::site::Site;

/// Between the items of a list that crosses stacks: an export is text.
const LIST_SEPARATOR: &str = ",";

/// An attribute that one stack needs of a resource in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Import<'a> {
    /// The resource's position in the graph.
    pub(crate) position: usize,
    /// The attribute.
    pub(crate) attribute: &'a Name,
}

impl<'a> Import<'a> {
    /// The output that exports it.
    pub(crate) fn output_id(&self, names: &Names) -> String {
        format!("Export{}{}", names.logical_id(self.position), logical_id::of_name(self.attribute))
    }

    /// The export's name, `shop:data:BucketArn`: unique in an account and region as long as app and stack are.
    fn export_name(&self, graph: &Graph, names: &Names) -> String {
        let stack = &graph.stacks()[graph.nodes()[self.position].stack].name;
        let [app, stack] = [graph.app(), stack].map(export_part);
        format!("{app}:{stack}:{}{}", names.logical_id(self.position), logical_id::of_name(self.attribute))
    }

    /// The function that reads it in the stack that needs it.
    pub(crate) fn read(&self, graph: &Graph, names: &Names) -> Document<'static> {
        let import = Document::call("Fn::ImportValue", Document::text(self.export_name(graph, names)));
        if !names.is_list(self.position, self.attribute) {
            return import;
        }
        Document::call_with("Fn::Split", [Document::text(LIST_SEPARATOR), import])
    }

    /// The output that exports it, for the template that makes it.
    pub(crate) fn output(&self, graph: &Graph, names: &'a Names) -> Document<'a> {
        let mut value = names.attribute(self.position, self.attribute);
        if names.is_list(self.position, self.attribute) {
            value = Document::call_with("Fn::Join", [Document::text(LIST_SEPARATOR), value]);
        }
        let name = Document::Map(vec![("Name".into(), Document::text(self.export_name(graph, names)))]);
        Document::Map(vec![("Value".into(), value), ("Export".into(), name)])
    }
}

/// The name of an app or stack, with what an export's name cannot hold made `-`.
fn export_part(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

/// What each stack needs of others: by stack, the import and the first place that needs it.
pub(crate) type Imports<'a> = Vec<BTreeMap<Import<'a>, Site<'a>>>;

/// Every value that crosses stacks.
pub(crate) fn imports<'a>(graph: &'a Graph, names: &'a Names) -> Imports<'a> {
    let mut imports: Imports = vec![BTreeMap::new(); graph.stacks().len()];
    let mut add = |stack: usize, tree: &'a Tree, site: Site<'a>| {
        for reference in tree.references() {
            let Some(position) = graph.position(&reference.address) else { continue };
            if graph.nodes()[position].stack != stack {
                imports[stack].entry(Import { position, attribute: &reference.attribute }).or_insert(site);
            }
        }
    };
    for (position, node) in graph.nodes().iter().enumerate() {
        let stays = |other: &usize| graph.nodes()[*other].stack == node.stack;
        if graph.dependencies(position).iter().all(stays) {
            continue;
        }
        for entry in &node.properties {
            add(node.stack, &entry.tree, Site::property(node, names.logical_id(position), entry));
        }
    }
    for (index, stack) in graph.stacks().iter().enumerate() {
        for output in &stack.parts.outputs {
            add(index, &output.tree, Site::Output { name: &output.name, source: &output.source });
        }
    }
    imports
}

/// By stack, what it must export: all that others import from it.
pub(crate) fn exports<'a>(graph: &Graph, imports: &Imports<'a>) -> Vec<BTreeSet<Import<'a>>> {
    let mut exports = vec![BTreeSet::new(); graph.stacks().len()];
    for import in imports.iter().flat_map(BTreeMap::keys) {
        exports[graph.nodes()[import.position].stack].insert(*import);
    }
    exports
}

/// By stack, the stacks that must be deployed before it: it imports from them, or a resource of it waits for theirs.
pub(crate) fn needs(graph: &Graph, imports: &Imports) -> Vec<BTreeSet<usize>> {
    let stack_of = |position: usize| graph.nodes()[position].stack;
    let mut needs = vec![BTreeSet::new(); graph.stacks().len()];
    for (stack, needed) in imports.iter().enumerate() {
        needs[stack].extend(needed.keys().map(|import| stack_of(import.position)));
    }
    for (position, node) in graph.nodes().iter().enumerate() {
        let others = graph.dependencies(position).iter().map(|other| stack_of(*other));
        needs[node.stack].extend(others.filter(|other| *other != node.stack));
    }
    needs
}

/// An error for every value that crosses regions, which no export can.
pub(crate) fn check_regions(graph: &Graph, imports: &Imports, problems: &mut Diagnostics) {
    for (consumer, needed) in imports.iter().enumerate() {
        for (import, site) in needed {
            let node = &graph.nodes()[import.position];
            let (from, to) = (graph.region(node), graph.stacks()[consumer].region.as_deref());
            let (Some(from), Some(to)) = (from, to) else { continue };
            if from != to {
                let message = format!("`{}` is in {from}, and this stack in {to}", node.address);
                let help = "exports do not cross regions: put both stacks in one, or give the value as a parameter";
                problems.push(site.error("reference-across-regions", message).help(help));
            }
        }
    }
}

/// An error if stacks wait for each other, with the path.
pub(crate) fn check_cycle(graph: &Graph, imports: &Imports, needs: &[BTreeSet<usize>], problems: &mut Diagnostics) {
    let Some(cycle) = find_cycle(needs) else { return };
    let name = |stack: usize| graph.stacks()[stack].name.as_str();
    let path: Vec<_> = cycle.iter().chain(cycle.first()).map(|stack| name(*stack)).collect();
    let error = Diagnostic::error("stack-cycle", format!("these stacks wait for each other: {}", path.join(" → ")));
    let edges = cycle.iter().zip(cycle.iter().cycle().skip(1));
    let error = edges.fold(error, |error, (from, to)| {
        let by = imports[*from].iter().find(|(import, _)| graph.nodes()[import.position].stack == *to);
        match by {
            Some((import, site)) => {
                let (what, producer) = (site.describe(), &graph.nodes()[import.position].address);
                error.related(format!("{what} needs `{}` of `{producer}`", import.attribute), site.source())
            }
            None => error.related(format!("a resource of `{}` depends on one of `{}`", name(*from), name(*to)), None),
        }
    });
    problems
        .push(error.help("a template is deployed as a whole: move the resources that need each other to one stack"));
}

/// A path of stacks, each needing the next and the last the first.
fn find_cycle(needs: &[BTreeSet<usize>]) -> Option<Vec<usize>> {
    let mut done = BTreeSet::new();
    (0..needs.len()).find_map(|start| visit(start, needs, &mut Vec::new(), &mut done))
}

fn visit(
    stack: usize,
    needs: &[BTreeSet<usize>],
    path: &mut Vec<usize>,
    done: &mut BTreeSet<usize>,
) -> Option<Vec<usize>> {
    if let Some(start) = path.iter().position(|known| *known == stack) {
        return Some(path.split_off(start));
    }
    if done.contains(&stack) {
        return None;
    }
    path.push(stack);
    let found = needs[stack].iter().find_map(|next| visit(*next, needs, path, done));
    if found.is_none() {
        path.pop();
        done.insert(stack);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(needs: &[&[usize]], expect: Option<&[usize]>) {
        let needs: Vec<_> = needs.iter().map(|needed| needed.iter().copied().collect()).collect();
        assert_eq!(find_cycle(&needs).as_deref(), expect);
    }

    #[test]
    fn cycles_of_stacks() {
        check(&[&[], &[0], &[0, 1]], None);
        check(&[&[1], &[2], &[1]], Some(&[1, 2]));
        check(&[&[1], &[0]], Some(&[0, 1]));
    }

    #[test]
    fn an_export_is_named_with_letters_digits_and_dashes() {
        assert_eq!(export_part("my_app.1"), "my-app-1");
    }
}
