//! What each value of a program becomes in a template.

mod common;

use common::{Facts, Instance, Set, Zone, function, template};
use ironwright_cloudformation::synthesize;
use ironwright_core::function::{Condition, DynamicReference, DynamicService, Function, Pseudo};
use ironwright_core::stack::Parameter;
use ironwright_core::value::{account_id, availability_zones, partition, region, ssm_parameter};
use ironwright_core::{App, IntoTree, Stack, Text, Tree, Value, text};
use serde_json::json;

/// Checks what the property `Value` of a resource becomes, beside an instance `server` and a zone `zone`.
#[track_caller]
fn check<V: IntoTree>(value: impl FnOnce(&mut Stack) -> V, expect: &serde_json::Value) {
    let mut app = App::new("shop");
    let stack = app.stack("web");
    stack.add("server", Instance::new());
    stack.add("zone", Zone::new());
    let value = value(stack).into_tree();
    stack.add("subject", Instance::new().set("Value", value));
    assert_eq!(template(&app).resources()["Subject"]["Properties"]["Value"], *expect);
}

fn attribute(stack: &Stack, address: &str, name: &'static str) -> Value<Text> {
    stack.attribute(address, name)
}

#[test]
fn literals_stay_and_null_is_left_out() {
    let tree = json!({"a": [1, 2.5, true, null, "012"], "b": null, "c": {}});
    check(|_| tree.clone(), &json!({"a": [1, 2.5, true, "012"], "c": {}}));
    check(|_| Tree::Null, &json!(null));
}

#[test]
fn the_attribute_that_ref_returns_is_a_ref_and_any_other_a_getatt() {
    check(|stack| attribute(stack, "web/server", "InstanceId"), &json!({"Ref": "Server"}));
    check(|stack| attribute(stack, "web/server", "PublicIp"), &json!({"Fn::GetAtt": ["Server", "PublicIp"]}));
}

#[test]
fn text_with_values_in_it_is_a_sub() {
    let url = |stack: &mut Stack| text!("http://{}:{}/${{x}}", attribute(stack, "web/server", "PublicIp"), 80);
    check(url, &json!({"Fn::Sub": "http://${Server.PublicIp}:80/${!x}"}));
    let arn = |_: &mut Stack| text!("arn:{}:iam::{}:root", partition(), account_id());
    check(arn, &json!({"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}));
    check(|_| text!("{}", 1), &json!("1"));
    let nested = |_: &mut Stack| text!("a{}b", text!("<{}>", region()));
    check(nested, &json!({"Fn::Sub": "a<${AWS::Region}>b"}));
}

#[test]
fn text_with_a_list_or_a_function_in_it_is_a_join() {
    check(
        |stack| stack.attribute::<ironwright_core::List<Text>>("web/zone", "NameServers").join(" "),
        &json!({"Fn::Join": [" ", {"Fn::GetAtt": ["Zone", "NameServers"]}]}),
    );
    check(
        |_| text!("in {}", availability_zones().select(0)),
        &json!({"Fn::Join": ["", ["in ", {"Fn::Select": [0, {"Fn::GetAZs": {"Ref": "AWS::Region"}}]}]]}),
    );
}

#[test]
fn select_split_and_base64() {
    check(
        |stack| attribute(stack, "web/server", "PublicDnsName").split(".").select(1),
        &json!({"Fn::Select": [1, {"Fn::Split": [".", {"Fn::GetAtt": ["Server", "PublicDnsName"]}]}]}),
    );
    let script = |_: &mut Stack| "#!/bin/bash\necho ${HOME}\n".into_tree();
    let base64 = |text: Tree| function(Function::Base64(text));
    check(|stack| base64(script(stack)), &json!({"Fn::Base64": "#!/bin/bash\necho ${HOME}\n"}));
    check(
        |stack| base64(text!("echo {} ${{HOME}}", attribute(stack, "web/server", "InstanceId")).into_tree()),
        &json!({"Fn::Base64": {"Fn::Sub": "echo ${Server} ${!HOME}"}}),
    );
}

#[test]
fn pseudo_parameters() {
    for (fact, name) in [
        (Pseudo::Region, "AWS::Region"),
        (Pseudo::AccountId, "AWS::AccountId"),
        (Pseudo::Partition, "AWS::Partition"),
        (Pseudo::UrlSuffix, "AWS::URLSuffix"),
    ] {
        check(|_| function(Function::Pseudo(fact)), &json!({"Ref": name}));
    }
}

#[test]
fn dynamic_references() {
    check(|_| ssm_parameter("/aws/service/ami"), &json!("{{resolve:ssm:/aws/service/ami}}"));
    for (service, expect) in [
        (DynamicService::SsmSecure, "{{resolve:ssm-secure:key}}"),
        (DynamicService::SecretsManager, "{{resolve:secretsmanager:key}}"),
    ] {
        let reference = DynamicReference { service, key: "key".into() };
        check(|_| function(Function::Dynamic(reference)), &json!(expect));
    }
}

#[test]
fn parameters_mappings_and_conditions() {
    let mut app = App::new("shop");
    let stack = app.stack("web");
    let stage = stack.parameter("stage", Parameter::new().default("dev").allowed(["dev", "prod"]));
    stack.parameter("api-key", Parameter::new().secret());
    let amis = stack.mapping("amis", [("us-west-2", "x86", "ami-1"), ("us-west-2", "arm", "ami-2")]);
    let is_prod = stack.condition("is-prod", Condition::Equals(stage.clone().into_tree(), Tree::text("prod")));
    let size: Value<Text> = is_prod.choose("large", "small");
    let or_nothing =
        function(Function::If { condition: "is-prod".into(), then: Tree::text("x"), otherwise: Tree::Null });
    let server = Instance::new().set("Type", size).set("Ami", amis.find(region(), "x86")).set("Stage", stage);
    stack.add("server", server.set("KeyName", or_nothing));
    let template = template(&app).to_value();
    assert_eq!(
        template["Parameters"],
        json!({
            "stage": {"Type": "String", "Default": "dev", "AllowedValues": ["dev", "prod"]},
            "ApiKey": {"Type": "String", "NoEcho": true},
        })
    );
    assert_eq!(template["Mappings"], json!({"amis": {"us-west-2": {"arm": "ami-2", "x86": "ami-1"}}}));
    assert_eq!(template["Conditions"], json!({"IsProd": {"Fn::Equals": [{"Ref": "stage"}, "prod"]}}));
    assert_eq!(
        template["Resources"]["Server"]["Properties"],
        json!({
            "Type": {"Fn::If": ["IsProd", "large", "small"]},
            "Ami": {"Fn::FindInMap": ["amis", {"Ref": "AWS::Region"}, "x86"]},
            "Stage": {"Ref": "stage"},
            "KeyName": {"Fn::If": ["IsProd", "x", {"Ref": "AWS::NoValue"}]},
        })
    );
}

#[test]
fn conditions_of_any_number_of_members() {
    let equals = |n: usize| Condition::Equals(Tree::text(n.to_string()), Tree::text("x"));
    let lowered = |condition: Condition| {
        let mut app = App::new("shop");
        app.stack("web").add("server", Instance::new());
        app.stack("web").condition("Subject", condition);
        template(&app).to_value()["Conditions"]["Subject"].clone()
    };
    let json_equals = |n: usize| json!({"Fn::Equals": [n.to_string(), "x"]});
    assert_eq!(lowered(Condition::Not(Box::new(equals(1)))), json!({"Fn::Not": [json_equals(1)]}));
    assert_eq!(lowered(Condition::All(vec![equals(1)])), json_equals(1));
    assert_eq!(
        lowered(Condition::Any(vec![equals(1), equals(2)])),
        json!({"Fn::Or": [json_equals(1), json_equals(2)]})
    );
    assert_eq!(lowered(Condition::All(vec![])), json!({"Fn::Equals": ["true", "true"]}));
    assert_eq!(lowered(Condition::Any(vec![])), json!({"Fn::Equals": ["false", "true"]}));
    let first_ten: Vec<_> = (0..10).map(json_equals).collect();
    let eleven = lowered(Condition::All((0..11).map(equals).collect()));
    assert_eq!(eleven, json!({"Fn::And": [{"Fn::And": first_ten}, json_equals(10)]}));
}

#[test]
fn outputs_are_text() {
    let mut app = App::new("shop");
    let stack = app.stack("web");
    stack.add("zone", Zone::new());
    stack.output("port", 80);
    stack.output("name_servers", stack.attribute::<Text>("web/zone", "NameServers"));
    stack.output("zones", availability_zones());
    stack.output("mixed", vec!["a".into_tree(), attribute(stack, "web/zone", "Id").into_tree()]);
    let get_zones = json!({"Fn::GetAZs": {"Ref": "AWS::Region"}});
    assert_eq!(
        template(&app).outputs(),
        json!({
            "port": {"Value": "80"},
            "NameServers": {"Value": {"Fn::Join": [",", {"Fn::GetAtt": ["Zone", "NameServers"]}]}},
            "zones": {"Value": {"Fn::Join": [",", get_zones]}},
            "mixed": {"Value": {"Fn::Sub": "a,${Zone}"}},
        })
    );
}

#[test]
fn an_unknown_type_is_read_by_getatt() {
    struct NoFacts;
    impl ironwright_core::facts::FactSource for NoFacts {
        fn facts(&self, _: &str) -> Option<std::sync::Arc<ironwright_core::facts::TypeFacts>> {
            None
        }
    }
    let mut app = App::new("shop");
    let id = app.stack("web").add("server", Instance::new()).get::<Text>("InstanceId");
    app.stack("web").output("id", id);
    let graph = app.graph().expect("valid");
    let value = |facts| synthesize(&graph, facts).expect("valid")[0].outputs()["id"]["Value"].clone();
    assert_eq!(value(&NoFacts), json!({"Fn::GetAtt": ["Server", "InstanceId"]}));
    assert_eq!(value(&Facts), json!({"Ref": "Server"}));
}
