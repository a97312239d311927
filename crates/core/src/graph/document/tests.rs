//! Whatever is written is read again as what it was.

use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;

use super::*;
use crate::bag::Entry;
use crate::diagnostic::Problem;
use crate::directives::{Import, Move};
use crate::function::{Asset, AssetKind, Condition, DynamicReference, DynamicService, Function, Pseudo};
use crate::graph::{Node, StackNode};
use crate::options::{Options, Removal};
use crate::secret::SecretText;
use crate::source::Source;
use crate::stack::{Output, Parameter, StackParts};
use crate::tree::{Reference, Tree};
use crate::{Address, Name};

struct Pipe(Vec<u8>);

impl io::Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Confidential for Pipe {}

fn document(graph: &Graph) -> String {
    let mut pipe = Pipe(Vec::new());
    graph.write_document(&mut pipe).expect("memory takes everything");
    String::from_utf8(pipe.0).expect("JSON is text")
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{0,4}", any::<String>()]
}

fn name() -> impl Strategy<Value = Name> {
    text().prop_map(Name::from)
}

fn source() -> impl Strategy<Value = Source> {
    (text(), any::<u32>()).prop_map(|(file, line)| Source { file: file.into(), line })
}

fn number() -> impl Strategy<Value = serde_json::Number> {
    let fraction = any::<f64>().prop_filter_map("no number of JSON", serde_json::Number::from_f64);
    prop_oneof![any::<i64>().prop_map(Into::into), any::<u64>().prop_map(Into::into), fraction]
}

fn problem() -> impl Strategy<Value = Problem> {
    (name(), text(), of(text()), of(source())).prop_map(|(code, message, help, source)| Problem {
        code,
        message,
        help,
        source,
    })
}

/// The nodes are numbered, so that every reference leads to one that comes before.
fn address(number: usize) -> Address {
    Address::new(format!("web/{number}"))
}

fn leaf(nodes: usize) -> BoxedStrategy<Tree> {
    let pseudo =
        prop_oneof![Just(Pseudo::Region), Just(Pseudo::AccountId), Just(Pseudo::Partition), Just(Pseudo::UrlSuffix)];
    let service =
        prop_oneof![Just(DynamicService::Ssm), Just(DynamicService::SsmSecure), Just(DynamicService::SecretsManager)];
    let docker = text().prop_map(|dockerfile| AssetKind::DockerContext { dockerfile: dockerfile.into() });
    let asset = prop_oneof![Just(AssetKind::Plain), docker];
    let function = prop_oneof![
        Just(Function::AvailabilityZones),
        pseudo.prop_map(Function::Pseudo),
        name().prop_map(Function::Parameter),
        (service, name()).prop_map(|(service, key)| Function::Dynamic(DynamicReference { service, key })),
        (text(), asset).prop_map(|(path, kind)| Function::Asset(Asset { path: path.into(), kind })),
    ];
    let mut leaves = vec![
        Just(Tree::Null).boxed(),
        any::<bool>().prop_map(Tree::Boolean).boxed(),
        number().prop_map(Tree::Number).boxed(),
        name().prop_map(Tree::Text).boxed(),
        text().prop_map(|text| Tree::Secret(SecretText::new(text))).boxed(),
        problem().prop_map(|problem| Tree::Invalid(Box::new(problem))).boxed(),
        function.prop_map(|function| Tree::Function(Box::new(function))).boxed(),
    ];
    if nodes > 0 {
        let reference = (text(), 0..nodes, name()).prop_map(|(app, number, attribute)| {
            Tree::Reference(Reference { app: app.into(), address: address(number), attribute })
        });
        leaves.push(reference.boxed());
    }
    proptest::strategy::Union::new(leaves).boxed()
}

fn function(inner: impl Strategy<Value = Tree> + Clone + 'static) -> impl Strategy<Value = Function> {
    let two = || (inner.clone(), inner.clone());
    prop_oneof![
        (text(), inner.clone()).prop_map(|(separator, parts)| Function::Join { separator, parts }),
        (text(), inner.clone()).prop_map(|(separator, text)| Function::Split { separator, text }),
        (any::<usize>(), inner.clone()).prop_map(|(index, list)| Function::Select { index, list }),
        inner.clone().prop_map(Function::Base64),
        (name(), two()).prop_map(|(mapping, (first, second))| Function::FindInMap { mapping, first, second }),
        (name(), two()).prop_map(|(condition, (then, otherwise))| Function::If { condition, then, otherwise }),
    ]
}

/// A tree that refers to the first `nodes` nodes alone.
fn tree(nodes: usize) -> impl Strategy<Value = Tree> + Clone {
    leaf(nodes).prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Tree::List),
            vec((name(), inner.clone()), 0..3).prop_map(Tree::Map),
            function(inner).prop_map(|function| Tree::Function(Box::new(function))),
        ]
    })
}

fn condition() -> impl Strategy<Value = Condition> {
    let equals = (tree(0), tree(0)).prop_map(|(left, right)| Condition::Equals(left, right));
    equals.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Condition::Not(Box::new(inner))),
            vec(inner.clone(), 0..3).prop_map(Condition::All),
            vec(inner, 0..3).prop_map(Condition::Any),
        ]
    })
}

fn node(number: usize) -> impl Strategy<Value = Node> {
    let entry = (name(), tree(number), source(), any::<bool>()).prop_map(|(name, tree, source, raw)| Entry {
        name,
        tree,
        source,
        raw,
    });
    let removal = prop_oneof![Just(Removal::Delete), Just(Removal::Retain), Just(Removal::Snapshot)];
    let needs = vec((0..number.max(1)).prop_map(address), 0..=number.min(2));
    let options = (needs, removal, any::<bool>()).prop_map(|(depends_on, removal, protect)| Options {
        depends_on,
        removal,
        protect,
    });
    (name(), vec(entry, 0..4), options, source()).prop_map(move |(type_name, properties, options, source)| Node {
        address: address(number),
        type_name,
        properties,
        options,
        source,
        stack: 0,
    })
}

fn stack() -> impl Strategy<Value = StackNode> {
    let output = (text(), tree(1), source()).prop_map(|(name, tree, source)| Output { name, tree, source });
    let parameter = (of(text()), vec(text(), 0..3), any::<bool>()).prop_map(|(default, allowed, secret)| Parameter {
        default,
        allowed,
        secret,
    });
    let mapping = || btree_map(text(), text(), 0..3);
    let mappings = btree_map(name(), btree_map(text(), mapping(), 0..3), 0..3);
    let parts = (vec(output, 0..3), vec((name(), parameter), 0..3), mappings, vec((name(), condition()), 0..3));
    (text(), of(text()), parts).prop_map(|(name, region, (outputs, parameters, mappings, conditions))| StackNode {
        name,
        region,
        parts: StackParts { outputs, parameters, mappings, conditions },
    })
}

fn graph() -> impl Strategy<Value = Graph> {
    let optional = || of(source());
    let import = (text(), text(), optional()).prop_map(|(address, physical_id, source)| Import {
        address: Address::new(address),
        physical_id,
        source,
    });
    let moved = (text(), text(), optional()).prop_map(|(from, to, source)| Move {
        from: Address::new(from),
        to: Address::new(to),
        source,
    });
    let regions_by = btree_map(any::<usize>(), text(), 0..2);
    let nodes = (node(0), node(1), node(2));
    (text(), stack(), nodes, vec(import, 0..2), vec(moved, 0..2), regions_by).prop_map(
        |(app, stack, (first, second, third), imports, moves, regions_by)| {
            let graph = Graph::from_parts(app, vec![stack], vec![first, second, third]).expect("references lead back");
            Graph { imports, moves, regions_by, ..graph }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_written_is_read(graph in graph()) {
        let document = document(&graph);
        prop_assert!(!document.contains('\n'));
        prop_assert_eq!(Graph::read_document(&document).expect("it was written"), graph);
    }

    #[test]
    fn a_document_that_is_cut_off_or_changed_is_refused_or_read(graph in graph(), at in any::<usize>(), byte in any::<u8>()) {
        let document = document(&graph);
        let at = document.floor_char_boundary(at % document.len());
        prop_assert!(Graph::read_document(&document[..at]).is_err());
        let mut bytes = document.into_bytes();
        bytes[at] = byte;
        if let Ok(changed) = String::from_utf8(bytes) {
            let _ = Graph::read_document(&changed);
        }
    }
}

fn small() -> Graph {
    let secret = Entry {
        name: "Password".into(),
        tree: Tree::Secret(SecretText::new("hunter2")),
        source: Source { file: "src/main.rs".into(), line: 7 },
        raw: false,
    };
    let node = Node {
        address: "web/database".into(),
        type_name: "AWS::RDS::DBInstance".into(),
        properties: vec![secret],
        options: Options::default(),
        source: Source { file: "src/main.rs".into(), line: 3 },
        stack: 0,
    };
    let stack = StackNode { name: "web".to_owned(), region: None, parts: StackParts::default() };
    Graph::from_parts("shop", vec![stack], vec![node]).expect("sound")
}

/// What this holds changes with [`FORMAT`] alone.
#[test]
fn the_format_is_what_it_was() {
    let expect = concat!(
        r#"{"format":1,"app":"shop","stacks":[{"name":"web","region":null,"outputs":[],"parameters":[],"mappings":{},"#,
        r#""conditions":[]}],"nodes":[{"address":"web/database","type":"AWS::RDS::DBInstance","properties":"#,
        r#"[{"name":"Password","value":{"secret":"hunter2"},"source":["src/main.rs",7],"raw":false}],"#,
        r#""options":{"depends_on":[],"removal":"delete","protect":false},"source":["src/main.rs",3],"stack":0}],"#,
        r#""imports":[],"moves":[],"regions_by":{}}"#
    );
    assert_eq!(document(&small()), expect);
}

#[test]
fn what_cannot_be_read_is_named_and_no_secret_with_it() {
    let check = |from: &str, to: &str, expect: &str| {
        let document = document(&small());
        assert!(document.contains(from), "{from}");
        let error = Graph::read_document(&document.replace(from, to)).expect_err("changed").to_string();
        assert!(error.contains(expect) && !error.contains("hunter2"), "{error}");
    };
    check(r#""format":1"#, r#""format":2"#, "it is of format 2, and this reads format 1");
    check(r#""raw":false"#, r#""raw":false,"new":1"#, "a property has the unknown `new`");
    check(r#""raw":false"#, r#""raw":"hunter2""#, "`raw` is of another kind");
    check(r#","raw":false"#, "", "a property has no `raw`");
    check(r#""secret":"#, r#""sealed":"#, "the function `sealed` is not known");
    check(r#""stack":0"#, r#""stack":1"#, "a node is in a stack that is not there");
    check(r#""depends_on":[]"#, r#""depends_on":["web/x"]"#, "its nodes do not fit together");
    check(r#""removal":"delete""#, r#""removal":"keep""#, "a `removal` is none that is known");
    check("{}}", "{}", "it is no JSON object");
}
