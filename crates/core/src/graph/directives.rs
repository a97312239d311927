//! What is wrong with the imports and moves of an app, as far as the program alone can tell.

use std::collections::BTreeMap;

use super::Graph;
use crate::directives::{Import, Move, next};
use crate::nearest::nearest;
use crate::{Address, Diagnostic, Diagnostics};

/// All that is wrong with the directives of `graph`.
pub(super) fn problems(graph: &Graph) -> Diagnostics {
    let mut problems = Diagnostics::new();
    import_problems(graph, &mut problems);
    move_problems(graph, &mut problems);
    problems
}

fn import_problems(graph: &Graph, problems: &mut Diagnostics) {
    let (mut addresses, mut ids) = (BTreeMap::new(), BTreeMap::new());
    for import in &graph.imports {
        let Some(node) = graph.node(&import.address) else {
            problems.push(not_declared(graph, import));
            continue;
        };
        if let Some(first) = addresses.insert(&import.address, import) {
            let error = error("duplicate-import", "this address is imported twice", import);
            problems.push(error.related("first imported here", first.source.as_ref()).help("take one of the two out"));
            continue;
        }
        let identity = (&import.physical_id, node.type_name.as_ref(), graph.region(node));
        if let Some(first) = ids.insert(identity, import) {
            let message = format!("`{}` is imported at `{}` already", import.physical_id, first.address);
            let error = error("duplicate-import", message, import);
            problems.push(
                error
                    .related("first imported here", first.source.as_ref())
                    .help("a resource has one address: take one of the two out"),
            );
        }
    }
}

fn error(code: &'static str, message: impl Into<String>, import: &Import) -> Diagnostic {
    let error = Diagnostic::error(code, message).at(&import.address);
    import.source.iter().fold(error, Diagnostic::source)
}

fn not_declared(graph: &Graph, import: &Import) -> Diagnostic {
    let known = nearest(import.address.as_str(), graph.nodes().iter().map(|node| node.address.as_str()));
    error("import-not-declared", "is to be imported, and the program does not add it", import).help(match known {
        Some(known) => format!("did you mean `{known}`?"),
        None => "add the resource that describes it, then import it to that address".to_owned(),
    })
}

fn move_problems(graph: &Graph, problems: &mut Diagnostics) {
    let mut first = BTreeMap::<&Address, &Move>::new();
    for one in &graph.moves {
        let about = |code, message: String| {
            let error = Diagnostic::error(code, message).at(&one.from);
            one.source.iter().fold(error, Diagnostic::source)
        };
        if let Some(other) = first.insert(&one.from, one).filter(|other| other.to != one.to) {
            let message = format!("is said to have moved to `{}` and to `{}`", other.to, one.to);
            let error = about("moved-twice", message).related("first said here", other.source.as_ref());
            problems.push(error.help("take one of the two out"));
        } else if let Some(circle) = circle(&graph.moves, one) {
            let error = about("moved-in-a-circle", format!("these moves go in a circle: {circle}"));
            problems.push(error.help("take out the moves that are no longer true"));
        } else if let Some(node) = graph.nodes().iter().find(|node| one.takes(&node.address).is_some()) {
            let message =
                format!("is said to have moved to `{}`, and the program still has `{}`", one.to, node.address);
            let error = about("moved-and-still-there", message).related("added here", Some(&node.source));
            problems.push(error.help("take out either the move or the resource"));
        }
    }
}

/// The way of `one` through all moves, where it never ends.
fn circle(moves: &[Move], one: &Move) -> Option<String> {
    let mut way = vec![one.from.clone()];
    while let Some(to) = next(moves, &way[way.len() - 1]) {
        let again = way.contains(&to) || way.len() > moves.len();
        way.push(to);
        if again {
            return Some(way.iter().map(Address::as_str).collect::<Vec<_>>().join(" → "));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::bag::Bag;
    use crate::graph::thing::Thing;
    use crate::{App, Stack};

    /// What is wrong with a stack `web` of `server` and `api/worker` with these directives.
    fn check(directives: impl FnOnce(&mut Stack), expect: &[&str]) {
        let mut app = App::new("shop").region("us-west-2");
        let web = app.stack("web");
        web.add("server", Thing(Bag::new()));
        web.scope("api").add("worker", Thing(Bag::new()));
        directives(web);
        let text = app.graph().map_or_else(|problems| problems.to_string(), |_| String::new());
        assert_eq!(text.is_empty(), expect.is_empty(), "{text}");
        for part in expect {
            assert!(text.contains(part), "{part:?} is not in:\n{text}");
        }
    }

    #[test]
    fn imports_are_of_declared_addresses_and_of_each_resource_once() {
        check(|web| web.import("web/server", "i-1"), &[]);
        check(|web| web.import("web/sever", "i-1"), &["does not add it", "did you mean `web/server`?"]);
        let twice = |web: &mut Stack| {
            web.import("web/server", "i-1");
            web.import("web/server", "i-2");
        };
        check(twice, &["this address is imported twice", "first imported here (crates/core"]);
        let one_id = |web: &mut Stack| {
            web.import("web/server", "i-1");
            web.import("web/api/worker", "i-1");
        };
        check(one_id, &["`i-1` is imported at `web/server` already"]);
    }

    #[test]
    fn moves_are_from_what_is_no_longer_there() {
        check(|web| web.moved("web/old", "web/server"), &[]);
        check(|web| web.moved("web/service", "web/api"), &[]);
        check(|web| web.moved("web/old", "web/api"), &[]);
        check(|web| web.moved("web/api", "web/service"), &["still has `web/api/worker`"]);
        let twice = |web: &mut Stack| {
            web.moved("web/old", "web/server");
            web.moved("web/old", "web/other");
        };
        check(twice, &["moved to `web/server` and to `web/other`"]);
    }

    #[test]
    fn moves_in_a_circle_are_shown_as_one() {
        let circle = |web: &mut Stack| {
            web.moved("web/a", "web/b");
            web.moved("web/b", "web/a");
        };
        check(circle, &["web/a → web/b → web/a"]);
        check(|web| web.moved("web/a", "web/a"), &["web/a → web/a"]);
        let chain = |web: &mut Stack| {
            web.moved("web/a", "web/b");
            web.moved("web/b", "web/server");
        };
        check(chain, &[]);
    }
}
