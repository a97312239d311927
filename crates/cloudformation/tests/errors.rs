//! What keeps a program from becoming templates: each with address, line and advice.

mod common;

use common::{Container, Database, Instance, SecurityGroup, Set, errors, function, template};
use ironwright_core::function::{Condition, Function};
use ironwright_core::stack::Parameter;
use ironwright_core::{App, Resource, Secret, Text, Tree};
use serde_json::json;

#[track_caller]
fn check(build: impl FnOnce(&mut App), parts: &[&str]) {
    let mut app = App::new("shop").region("us-west-2");
    build(&mut app);
    let text = errors(&app);
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}

#[test]
fn two_addresses_with_one_logical_id() {
    check(
        |app| {
            let stack = app.stack("web");
            stack.add("api-server", Instance::new());
            stack.scope("api").add("server", Instance::new());
        },
        &[
            "`web/api-server` and `web/api/server` both become `ApiServer`",
            "is declared here (crates/cloudformation/tests/errors.rs:",
            "rename one",
        ],
    );
}

#[test]
fn parameters_and_resources_share_their_ids_and_outputs_have_their_own() {
    check(
        |app| {
            let stack = app.stack("web");
            stack.parameter("Server", Parameter::new());
            stack.add("server", Instance::new());
            stack.output("Server", "fine");
            stack.output("an_output", "1");
            stack.output("an-output", "2");
        },
        &[
            "the parameter `Server` and `web/server` both become `Server`",
            "the output `an_output` and the output `an-output` both become `AnOutput`",
        ],
    );
}

#[test]
fn more_than_cloudformation_takes() {
    check(
        |app| {
            for n in 0..501 {
                app.stack("big").add(&format!("server{n}"), Instance::new());
                app.stack("big").output(format!("o{n}"), "x");
                app.stack("big").parameter(format!("p{n}"), Parameter::new());
                app.stack("big").mapping(format!("m{n}"), [("a", "b", "c")]);
            }
        },
        &[
            "the stack `big` has 501 resources; CloudFormation takes 500",
            "has 501 outputs; CloudFormation takes 200",
            "has 501 parameters; CloudFormation takes 200",
            "has 501 mappings; CloudFormation takes 200",
            "split the stack",
        ],
    );
    let long = "x".repeat(1_000_000);
    check(
        |app| drop(app.stack("web").add("a", Instance::new().set("UserData", long))),
        &["bytes; CloudFormation takes 1000000"],
    );
}

#[test]
fn what_fits_only_without_spaces_is_written_without() {
    let mut app = App::new("shop");
    let list: Vec<_> = (0..200_000).map(|n: u32| json!(n % 10)).collect();
    app.stack("web").add("a", Instance::new().set("Many", json!(list)));
    let template = template(&app);
    for text in [template.to_json(), template.to_yaml()] {
        assert!(text.len() < 1_000_000 && !text.contains('\n'), "{} bytes", text.len());
    }
}

#[test]
fn a_value_from_another_region() {
    check(
        |app| {
            let id = app.stack("data").region("eu-west-1").add("group", SecurityGroup::new()).get::<Text>("GroupId");
            app.stack("web").add("server", Instance::new().set("SecurityGroupIds", id));
        },
        &[
            "web/server: SecurityGroupIds: `data/group` is in eu-west-1, and this stack in us-west-2",
            "tests/errors.rs:",
        ],
    );
}

#[test]
fn stacks_that_wait_for_each_other() {
    check(
        |app| {
            let first = app.stack("a").add("first", SecurityGroup::new()).get::<Text>("GroupId");
            let second = app.stack("b").add("second", Instance::new().set("Group", first)).get::<Text>("InstanceId");
            app.stack("a").add("third", Instance::new().set("Peer", second));
        },
        &[
            "a → b → a",
            "`Group` of `b/second` needs `GroupId` of `a/first`",
            "`Peer` of `a/third` needs",
            "tests/errors.rs:",
        ],
    );
}

#[test]
fn a_stack_without_resources() {
    check(
        |app| {
            app.stack("web").add("server", Instance::new());
            app.stack("summary").output("answer", 42);
        },
        &["the stack `summary` has no resources"],
    );
}

#[test]
fn what_another_stack_declares() {
    check(
        |app| {
            let stage = app.stack("a").parameter("Stage", Parameter::new());
            app.stack("a").add("x", Instance::new());
            let choice = Function::If { condition: "Prod".into(), then: Tree::text("x"), otherwise: Tree::Null };
            let server = Instance::new().set("Stage", stage).set("Type", function(choice));
            app.stack("b").add("y", server);
        },
        &[
            "the parameter `Stage` is not declared in the stack `b`",
            "the condition `Prod` is not declared",
            "b/y: Stage",
        ],
    );
}

#[test]
fn a_condition_over_an_attribute() {
    check(
        |app| {
            let id = app.stack("web").add("server", Instance::new()).get::<Text>("InstanceId").into_tree();
            app.stack("web").condition("IsOld", Condition::Equals(id, Tree::text("i-1")));
        },
        &["the condition `IsOld` compares an attribute of `web/server`", "compare parameters"],
    );
}

#[test]
fn outputs_that_are_documents_or_secrets() {
    check(
        |app| {
            let stack = app.stack("web");
            stack.add("server", Instance::new());
            let key = stack.parameter("Key", Parameter::new().secret());
            stack.output("document", json!({"a": 1}));
            stack.output("password", Secret::<Text>::new("hunter2"));
            stack.output("key", key);
        },
        &["document: an output of a template is text", "password: a template shows", "the parameter `Key` is secret"],
    );
}

#[test]
fn a_type_or_a_snapshot_that_cloudformation_does_not_have() {
    check(
        |app| {
            app.stack("web").add("site", Container::new());
            app.stack("web").add("server", Instance::new().snapshot());
            app.stack("web").add("data", Database::new().snapshot());
        },
        &["no resources of type `Docker::Container`", "a snapshot of an `AWS::EC2::Instance`", "say `.retain()`"],
    );
}
