//! Whole templates: how they look, what crosses stacks, what becomes of resources and secrets.

mod common;

use common::{Database, Instance, SecurityGroup, Set, Zone, template, templates};
use ironwright_core::stack::Parameter;
use ironwright_core::value::ssm_parameter;
use ironwright_core::{App, List, Resource, Secret, Text, text};
use serde_json::json;

fn small() -> App {
    let mut app = App::new("python-app").region("us-west-2");
    let stack = app.stack("web");
    let port = stack.parameter("port", Parameter::new().default("80"));
    let firewall = stack.add("firewall", SecurityGroup::new().set("GroupDescription", "HTTP from anywhere"));
    let database = stack.scope("data").add(
        "main-db",
        Database::new()
            .set("MasterUserPassword", Secret::<Text>::new("hunter2"))
            .set("AllocatedStorage", "20")
            .protect(),
    );
    let script = text!("#!/bin/bash\nset -e\nexport DB={}\necho ${{DB}}\n", database.get::<Text>("Endpoint.Address"));
    let server = stack.add(
        "server",
        Instance::new()
            .set("ImageId", ssm_parameter("/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"))
            .set("SecurityGroupIds", vec![firewall.get::<Text>("GroupId")])
            .set("UserData", script.base64())
            .set("Tags", json!([{"Key": "Name", "Value": "yes"}]))
            .depends_on(&database)
            .depends_on(&firewall),
    );
    stack.add("dns", Zone::new().depends_on(&server).retain());
    stack.output("url", text!("http://{}:{}", server.get::<Text>("PublicIp"), port));
    app
}

#[test]
fn a_template_as_json() {
    insta::assert_snapshot!(template(&small()).to_json());
}

#[test]
fn a_template_as_yaml() {
    insta::assert_snapshot!(template(&small()).to_yaml());
}

#[test]
fn the_same_app_gives_the_same_bytes() {
    let (first, second) = (template(&small()), template(&small()));
    assert_eq!((first.to_json(), first.to_yaml()), (second.to_json(), second.to_yaml()));
}

#[test]
fn a_secret_is_a_parameter_and_never_its_text() {
    let mut app = App::new("shop");
    let secret = || Secret::<Text>::new("hunter2");
    let tags = vec![text!("a{}", secret()), text!("{}", secret())];
    app.stack("web").add("server", Instance::new().set("Tags", tags).set("UserData", text!("p={}", secret()).base64()));
    let template = template(&app);
    let no_echo = json!({"Type": "String", "NoEcho": true});
    assert_eq!(
        template.parameters(),
        json!({"ServerTags": no_echo, "ServerTags2": no_echo, "ServerUserData": no_echo})
    );
    assert_eq!(
        template.resources()["Server"]["Properties"],
        json!({
            "Tags": [{"Fn::Sub": "a${ServerTags}"}, {"Ref": "ServerTags2"}],
            "UserData": {"Fn::Base64": {"Fn::Sub": "p=${ServerUserData}"}},
        })
    );
    assert!(!template.to_json().contains("hunter2") && !template.to_yaml().contains("hunter2"));
}

#[test]
fn values_cross_stacks_as_exports_and_imports() {
    let mut app = App::new("my_shop").region("us-west-2");
    let group = app.stack("net").add("web-group", SecurityGroup::new());
    let zone = app.stack("net").add("zone", Zone::new());
    let (id, servers) = (group.get::<Text>("GroupId"), zone.get::<List<Text>>("NameServers"));
    let server = Instance::new().set("Group", id.clone()).set("Also", id.clone()).set("Servers", servers);
    let server = server.depends_on(&zone);
    app.stack("web").add("server", server.set("Note", text!("in {}", &id)));
    app.stack("web").output("group", id);
    let templates = templates(&app);
    let [net, web] = &templates[..] else { panic!("two stacks, not {}", templates.len()) };
    assert_eq!((net.needs(), web.needs(), web.region()), (&[][..], &["net".to_owned()][..], Some("us-west-2")));
    assert_eq!(
        net.outputs(),
        json!({
            "ExportWebGroupGroupId": {"Value": {"Ref": "WebGroup"}, "Export": {"Name": "my-shop:net:WebGroupGroupId"}},
            "ExportZoneNameServers": {
                "Value": {"Fn::Join": [",", {"Fn::GetAtt": ["Zone", "NameServers"]}]},
                "Export": {"Name": "my-shop:net:ZoneNameServers"},
            },
        })
    );
    let import = json!({"Fn::ImportValue": "my-shop:net:WebGroupGroupId"});
    let server = &web.resources()["Server"];
    assert_eq!(
        server["Properties"],
        json!({
            "Group": import, "Also": import,
            "Servers": {"Fn::Split": [",", {"Fn::ImportValue": "my-shop:net:ZoneNameServers"}]},
            "Note": {"Fn::Join": ["", ["in ", import]]},
        })
    );
    assert_eq!((&server["DependsOn"], &web.outputs()["group"]["Value"]), (&json!(null), &import));
}

#[test]
fn depends_on_is_written_where_no_property_says_it() {
    let mut app = App::new("shop");
    let stack = app.stack("web");
    let (a, b) = (stack.add("a", Instance::new()), stack.add("b", Instance::new()));
    let depending = || Instance::new().depends_on(&a).depends_on(&b).depends_on(&a);
    stack.add("both", depending());
    stack.add("one", depending().set("Peer", a.get::<Text>("InstanceId")));
    stack.add("none", Instance::new().depends_on(&a).set("Note", text!("<{}>", a.get::<Text>("PublicIp"))));
    let resources = template(&app).resources();
    let depends_on = |id: &str| resources[id]["DependsOn"].clone();
    assert_eq!(
        [depends_on("Both"), depends_on("One"), depends_on("None")],
        [json!(["A", "B"]), json!("B"), json!(null)]
    );
}

#[test]
fn what_becomes_of_a_resource_that_leaves_the_template() {
    let mut app = App::new("shop");
    let stack = app.stack("web");
    stack.add("server", Instance::new());
    stack.add("kept", Instance::new().retain());
    stack.add("data", Database::new());
    stack.add("saved", Database::new().snapshot());
    stack.add("guarded", Database::new().snapshot().protect());
    let resources = template(&app).resources();
    for (id, expect) in [
        ("Server", json!(null)),
        ("Kept", json!("Retain")),
        ("Data", json!("Delete")),
        ("Saved", json!("Snapshot")),
        ("Guarded", json!("Retain")),
    ] {
        assert_eq!(
            (&resources[id]["DeletionPolicy"], &resources[id]["UpdateReplacePolicy"]),
            (&expect, &expect),
            "{id}"
        );
    }
    assert_eq!(resources["Guarded"]["Metadata"]["ironwright:protected"], json!(true));
}

#[test]
fn a_stack_with_nothing_in_it_has_no_template() {
    let mut app = App::new("shop");
    app.stack("empty");
    app.stack("web").add("server", Instance::new());
    assert_eq!(template(&app).stack(), "web");
}
