//! Digests tell every two programs apart that differ in more than lines and order.

use std::collections::BTreeSet;

use super::*;
use crate::function::{DynamicReference, DynamicService};
use crate::secret::SecretText;
use crate::{App, Source, Stack};

fn tree(function: Function) -> Tree {
    Tree::Function(Box::new(function))
}

fn reference(address: &str, attribute: &'static str) -> Tree {
    Tree::Reference(Reference { app: "shop".into(), address: address.into(), attribute: attribute.into() })
}

fn entry(name: &'static str, tree: Tree) -> Entry {
    Entry { name: name.into(), tree, source: Source { file: "main.rs".into(), line: 7 }, raw: false }
}

/// A graph whose one resource has these properties, and whose one stack has the parts that `declare` gives it.
fn graph(properties: Vec<Entry>, declare: impl FnOnce(&mut Stack)) -> Graph {
    let mut app = App::new("shop").region("here-1");
    declare(app.stack("web"));
    let source = Source { file: "main.rs".into(), line: 3 };
    let (type_name, options) = ("Test::Thing".into(), Options::default());
    let node = Node { address: "web/thing".into(), type_name, properties, options, source, stack: 0 };
    let stacks = app.stacks.iter().map(|stack| StackNode {
        name: stack.name().to_owned(),
        region: app.region.clone(),
        parts: stack.parts.clone(),
    });
    Graph {
        app: "shop".to_owned(),
        stacks: stacks.collect(),
        index: [(node.address.clone(), 0)].into(),
        nodes: vec![node],
        dependencies: vec![BTreeSet::new()],
        imports: Vec::new(),
        moves: Vec::new(),
        regions_by: BTreeMap::new(),
    }
}

fn of_tree(tree: Tree) -> GraphDigest {
    graph(vec![entry("A", tree)], |_| {}).digest("salt")
}

#[test]
fn every_two_values_that_differ_have_digests_that_differ() {
    let (a, b) = (|| Tree::text("a"), || Tree::text("b"));
    let list = Tree::List;
    let service = |service| tree(Function::Dynamic(DynamicReference { service, key: "k".into() }));
    let values = [
        Tree::Null,
        Tree::Boolean(true),
        Tree::Boolean(false),
        Tree::Number(1.into()),
        Tree::text("1"),
        Tree::text("null"),
        Tree::text(""),
        a(),
        Tree::Secret(SecretText::new("a")),
        list(vec![]),
        list(vec![a(), b()]),
        list(vec![b(), a()]),
        list(vec![list(vec![a()]), b()]),
        list(vec![list(vec![a(), b()])]),
        list(vec![Tree::text("ab")]),
        Tree::Map(vec![]),
        Tree::Map(vec![("a".into(), b())]),
        Tree::Map(vec![("b".into(), a())]),
        reference("web/a", "Arn"),
        reference("web/b", "Arn"),
        reference("web/a", "Id"),
        tree(Function::Join { separator: "-".to_owned(), parts: list(vec![a(), b()]) }),
        tree(Function::Join { separator: "+".to_owned(), parts: list(vec![a(), b()]) }),
        tree(Function::Split { separator: "-".to_owned(), text: a() }),
        tree(Function::Select { index: 0, list: list(vec![a()]) }),
        tree(Function::Select { index: 1, list: list(vec![a()]) }),
        tree(Function::Base64(a())),
        tree(Function::AvailabilityZones),
        tree(Function::Pseudo(Pseudo::Region)),
        tree(Function::Pseudo(Pseudo::AccountId)),
        tree(Function::Parameter("a".into())),
        tree(Function::FindInMap { mapping: "m".into(), first: a(), second: b() }),
        tree(Function::FindInMap { mapping: "m".into(), first: b(), second: a() }),
        tree(Function::If { condition: "c".into(), then: a(), otherwise: b() }),
        tree(Function::If { condition: "c".into(), then: b(), otherwise: a() }),
        service(DynamicService::Ssm),
        service(DynamicService::SecretsManager),
    ];
    let mut seen = BTreeMap::new();
    for value in values {
        let digest = of_tree(value.clone()).resources[&Address::new("web/thing")].clone();
        if let Some(other) = seen.insert(digest, value.clone()) {
            panic!("{other:?} and {value:?} have one digest");
        }
    }
}

#[test]
fn lines_and_the_order_of_setters_are_no_change() {
    let (a, b) = (|| entry("A", Tree::text("1")), || entry("B", Tree::text("2")));
    let before = graph(vec![a(), b()], |_| {});
    let mut after = graph(vec![b(), a()], |_| {});
    after.nodes[0].source.line = 90;
    after.nodes[0].properties[0].source.line = 91;
    assert_ne!(before, after);
    assert_eq!(before.digest("salt"), after.digest("salt"));
    assert_ne!(before.digest("salt"), before.digest("other salt"));
}

type Declare = fn(&mut Stack);

#[test]
fn every_part_of_a_program_counts() {
    let plain = || graph(vec![entry("A", Tree::text("1"))], |_| {});
    let check = |what: &str, change: &dyn Fn(&mut Graph)| {
        let mut changed = plain();
        change(&mut changed);
        assert_ne!(plain().digest("salt"), changed.digest("salt"), "{what}");
    };
    check("type", &|graph| graph.nodes[0].type_name = "Test::Other".into());
    check("raw", &|graph| graph.nodes[0].properties[0].raw = true);
    check("protect", &|graph| graph.nodes[0].options.protect = true);
    check("removal", &|graph| graph.nodes[0].options.removal = Removal::Retain);
    check("depends_on", &|graph| graph.nodes[0].options.depends_on.push("web/other".into()));
    check("region", &|graph| graph.stacks[0].region = None);
    check("import", &|graph| {
        graph.imports.push(Import { address: "web/thing".into(), physical_id: "t-1".to_owned(), source: None });
    });
    check("move", &|graph| {
        graph.moves.push(Move { from: "web/a".into(), to: "web/thing".into(), source: None });
    });
    let parts: [(&str, Declare); 5] = [
        ("output", |stack| stack.output("x", 1)),
        ("parameter", |stack| drop(stack.parameter("x", Parameter::new()))),
        ("default", |stack| drop(stack.parameter("x", Parameter::new().default("1")))),
        ("mapping", |stack| drop(stack.mapping("m", [("a", "b", "c")]))),
        ("condition", |stack| drop(stack.condition("c", Condition::Equals(Tree::Null, Tree::Null)))),
    ];
    let mut seen = vec![plain().digest("salt")];
    for (what, declare) in parts {
        let digest = graph(vec![entry("A", Tree::text("1"))], declare).digest("salt");
        assert!(!seen.contains(&digest), "{what}");
        seen.push(digest);
    }
}
