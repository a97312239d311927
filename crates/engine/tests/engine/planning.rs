//! What a plan says, as a person would read it.

use std::sync::Arc;

use ironwright_core::resource::Resource;
use ironwright_core::value::{availability_zones, ssm_parameter};
use ironwright_core::{App, Handle, Severity};
use ironwright_engine::{Action, EngineError, PlanOptions, Reason, Silent, Stop};
use serde_json::json;

use crate::support::Place;
use crate::support::program::{Bucket, FIRST, Key, Network, Server, Subnet, Version, id, shop};
use crate::support::show::show;

/// One network with a server in it, changed by `change`.
fn small(change: impl FnOnce(Server) -> Server) -> App {
    let mut app = App::new("shop").region("here-1");
    let web = app.stack("web");
    let subnet: Handle<Subnet> = web.add("subnet", Subnet::new().set("Cidr", "10.0.0.0/24"));
    let server = web.add("server", change(Server::new().set("Subnet", id(&subnet)).set("Size", 1).set("Image", "one")));
    web.add("key", Key::new().set("For", server.get("Ip")));
    app
}

/// The plan of `after` on a place where `before` is applied.
async fn check(before: &App, after: &App, expect: &str) {
    let place = Place::new();
    place.apply(before).await;
    assert_eq!(show(&place.plan(after).await).trim_end(), expect.trim_end());
}

#[tokio::test]
async fn a_first_plan_creates_and_does_not_know_ids() {
    let place = Place::new();
    insta::assert_snapshot!(show(&place.plan(&small(|server| server)).await), @r#"
      + web/subnet (new)
          Cidr: nothing -> "10.0.0.0/24"
      + web/server (new)
          Image: nothing -> "one"
          Size: nothing -> 1
          Subnet: nothing -> (known after apply)
      + web/key (new)
          For: nothing -> (known after apply)
    "#);
    assert!(place.cloud.calls().is_empty(), "nothing is in the state, so nothing is read");
}

#[tokio::test]
async fn a_change_in_place_leaves_ids_known() {
    let expect = "    web/subnet ()\n  ~ web/server (changed Size)\n      Size: 1 -> 2\n    web/key ()";
    check(&small(|server| server), &small(|server| server.set("Size", 2)), expect).await;
}

#[tokio::test]
async fn a_replacement_names_what_forces_it_and_carries_on_to_dependents() {
    let place = Place::new();
    place.apply(&small(|server| server)).await;
    let plan = place.plan(&small(|server| server.set("Image", "two"))).await;
    insta::assert_snapshot!(show(&plan), @r#"
        web/subnet ()
    +/- web/server (changed Image, forced by Image)
          Image: "one" -> "two"  # forces replacement
      ~ web/key (needs web/server)
          For: "192.0.2.002" -> (known after apply)
    "#);
    let counts = plan.counts();
    assert_eq!((counts.add, counts.change, counts.destroy), (1, 1, 1));
}

#[tokio::test]
async fn a_conditional_replacement_is_said_to_be_one() {
    let expect = "    web/subnet ()\n  ~ web/server (changed Note, may be forced by Note)\n      Note: nothing -> \"x\"\n    web/key ()";
    check(&small(|server| server), &small(|server| server.set("Note", "x")), expect).await;
}

#[tokio::test]
async fn a_removed_property_is_a_change() {
    let noted = small(|server| server.set("Note", "x"));
    let expect = "    web/subnet ()\n  ~ web/server (changed Note, may be forced by Note)\n      Note: \"x\" -> nothing\n    web/key ()";
    check(&noted, &small(|server| server), expect).await;
}

#[tokio::test]
async fn order_without_meaning_and_formats_are_no_change() {
    let groups =
        |groups: serde_json::Value, size: serde_json::Value| small(move |s| s.set("Groups", groups).set("Size", size));
    let place = Place::new();
    place.apply(&groups(json!(["a", "b"]), json!(1))).await;
    let plan = place.plan(&groups(json!(["b", "a"]), json!(1))).await;
    assert!(plan.changes.iter().all(|change| change.action == Action::NoOp), "{}", show(&plan));
}

#[tokio::test]
async fn the_same_name_and_a_changed_class_destroys_first() {
    let place = Place::new();
    place.apply(&shop(FIRST)).await;
    let plan = place.plan(&shop(Version { bucket_class: "cold", ..FIRST })).await;
    assert_eq!(plan.change("web/logs").expect("planned").action, Action::DestroyThenCreate);
    assert_eq!(plan.change("web/logs-key").expect("planned").action, Action::NoOp, "the name stays as it is");
}

#[tokio::test]
async fn drift_is_put_back_with_a_warning_and_defaults_are_not_drift() {
    let place = Place::new();
    place.apply(&small(|server| server)).await;
    let server = place.state().await.resources[&"web/server".into()].physical_id.clone();
    place.cloud.meddle(&server, "Size", json!(9));
    place.cloud.meddle(&server, "Colour", json!("red"));
    let plan = place.plan(&small(|server| server)).await;
    insta::assert_snapshot!(show(&plan), @r"
        web/subnet ()
      ~ web/server (drifted Size)
          Size: 9 -> 1
        web/key ()
    ");
    assert!(plan.warnings.to_string().contains("changed outside of this program: Size"), "{}", plan.warnings);
    let unread = PlanOptions { refresh: false, ..PlanOptions::default() };
    assert!(place.try_plan(&small(|server| server), &unread).await.expect("a plan").is_empty());
}

#[tokio::test]
async fn a_value_that_the_facts_do_not_know_is_a_warning_with_the_nearest() {
    let place = Place::new();
    let plan = place.plan(&small(|server| server.set("Kind", "t2.mircro"))).await;
    let warnings: Vec<_> = plan.warnings.iter().collect();
    let [warning] = warnings[..] else { panic!("{}", plan.warnings) };
    assert_eq!((warning.severity, warning.property.as_deref()), (Severity::Warning, Some("Kind")), "{warning:?}");
    assert_eq!(warning.address.as_ref().map(ToString::to_string).as_deref(), Some("web/server"));
    assert!(warning.source.is_some(), "the line that set it");
    assert_eq!(warning.help.as_deref(), Some("did you mean \"t2.micro\"?"));
    assert!(place.plan(&small(|server| server.set("Kind", "t2.small"))).await.warnings.is_empty());
}

#[tokio::test]
async fn what_drifted_to_what_the_program_now_wants_is_left_alone() {
    let place = Place::new();
    place.apply(&small(|server| server)).await;
    let server = place.state().await.resources[&"web/server".into()].physical_id.clone();
    place.cloud.meddle(&server, "Size", json!(2));
    let plan = place.plan(&small(|server| server.set("Size", 2))).await;
    assert!(plan.changes.iter().all(|change| change.action == Action::NoOp), "{}", show(&plan));
    place.apply(&small(|server| server.set("Size", 2))).await;
    assert!(place.plan(&small(|server| server.set("Size", 2))).await.is_empty());
}

#[tokio::test]
async fn what_is_missing_in_the_cloud_is_made_again() {
    let place = Place::new();
    place.apply(&small(|server| server)).await;
    let server = place.state().await.resources[&"web/server".into()].physical_id.clone();
    place.cloud.lose(&server);
    let plan = place.plan(&small(|server| server)).await;
    let change = plan.change("web/server").expect("planned");
    assert_eq!((change.action, &change.reasons[..]), (Action::Create, &[Reason::Missing][..]));
    assert_eq!(plan.change("web/key").expect("planned").action, Action::Update);
    place.apply(&small(|server| server)).await;
    place.assert_in_step().await;
}

#[tokio::test]
async fn a_plan_that_is_only_shown_believes_soon_that_something_is_missing_and_is_not_applied() {
    let place = Place::new();
    place.apply(&small(|server| server)).await;
    let server = place.record("web/server").await.physical_id;
    place.cloud.lose(&server);
    let reads = |calls: Vec<String>| calls.iter().filter(|call| **call == format!("read {server}")).count();
    place.cloud.calls();
    let whole = place.plan(&small(|server| server)).await;
    assert_eq!(reads(place.cloud.calls()), 5);
    let options = PlanOptions { only_shown: true, ..PlanOptions::default() };
    let shown = place.try_plan(&small(|server| server), &options).await.expect("a plan");
    assert_eq!(reads(place.cloud.calls()), 2);
    assert_eq!(shown.changes, whole.changes);
    let error = place.engine().apply(&shown, &Stop::new(), Arc::new(Silent)).await.expect_err("it is only shown");
    assert!(matches!(error, EngineError::StalePlan), "{error}");
}

#[tokio::test]
async fn an_attribute_that_counts_updates_is_unknown_when_one_comes() {
    let app = |target: &str| {
        let mut app = App::new("shop").region("here-1");
        let web = app.stack("web");
        let key = web.add("key", Key::new().set("For", target.to_owned()));
        web.add("user", Key::new().set("For", key.get("Version")));
        app
    };
    let place = Place::new();
    place.apply(&app("a")).await;
    let plan = place.plan(&app("b")).await;
    assert_eq!(plan.change("web/user").expect("planned").action, Action::Update);
    place.apply(&app("b")).await;
    assert!(place.plan(&app("b")).await.is_empty());
}

#[tokio::test]
async fn protection_refuses_and_says_what_to_do() {
    let place = Place::new();
    let app = |image: &'static str| small(move |server| server.set("Image", image).protect());
    place.apply(&app("one")).await;
    let refused = |error: EngineError, part: &str| {
        let text = error.diagnostics().to_string();
        assert!(text.contains(part) && text.contains("help:"), "{text}");
    };
    refused(place.try_plan(&app("two"), &PlanOptions::default()).await.expect_err("protected"), "Image cannot change");
    let mut empty = App::new("shop").region("here-1");
    empty.stack("web").add("other", Network::new().set("Cidr", "10.0.0.0/8"));
    refused(place.try_plan(&empty, &PlanOptions::default()).await.expect_err("protected"), "no longer");
    let destroy = place.engine().plan_destroy(&PlanOptions::default(), &Silent).await;
    refused(destroy.expect_err("protected"), "would destroy");
}

#[tokio::test]
async fn a_replacement_can_be_asked_for() {
    let place = Place::new();
    place.apply(&small(|server| server)).await;
    let asked = |address: &str| PlanOptions { replace: vec![address.into()], ..PlanOptions::default() };
    let plan = place.try_plan(&small(|server| server), &asked("web/server")).await.expect("a plan");
    assert_eq!(plan.change("web/server").expect("planned").reasons, [Reason::Requested]);
    let error = place.try_plan(&small(|server| server), &asked("web/sever")).await.expect_err("a slip");
    assert!(error.diagnostics().to_string().contains("did you mean `web/server`"), "{error}");
}

#[tokio::test]
async fn another_type_or_region_is_a_replacement() {
    let bucket = |region: &str| {
        let mut app = App::new("shop").region(region);
        app.stack("web").add("thing", Bucket::new().set("Name", "a"));
        app
    };
    let mut network = App::new("shop").region("here-1");
    network.stack("web").add("thing", Network::new().set("Cidr", "10.0.0.0/8"));
    check(&bucket("here-1"), &network, "+/- web/thing (typechanged)\n      Cidr: nothing -> \"10.0.0.0/8\"").await;
    let expect = "+/- web/thing (forced by region)\n      region: \"here-1\" -> \"there-1\"  # forces replacement";
    let place = Place::new();
    place.apply(&bucket("here-1")).await;
    let shown = show(&place.plan(&bucket("there-1")).await);
    assert!(shown.contains(expect.lines().last().expect("two lines")), "{shown}");
}

#[tokio::test]
async fn everything_wrong_is_reported_at_once_and_before_any_call() {
    let place = Place::new();
    let mut app = App::new("shop").region("here-1");
    let web = app.stack("web");
    web.add("server", Server::new().set("Size", 100).set("Ip", "192.0.2.1"));
    web.add("bucket", Bucket::new());
    let error = place.try_plan(&app, &PlanOptions::default()).await.expect_err("all wrong");
    assert_eq!(error.diagnostics().len(), 3, "{error}");
    assert!(error.diagnostics().into_iter().all(|found| found.address.is_some() && found.source.is_some()));
    assert!(place.cloud.calls().is_empty());
}

#[tokio::test]
async fn values_from_stores_are_read_while_planning_and_listed() {
    let place = Place::new();
    let app = |key: &'static str| small(move |server| server.set("Image", ssm_parameter(key)));
    let plan = place.plan(&app("/image")).await;
    assert_eq!(plan.reads.len(), 1);
    assert_eq!((plan.reads[0].reference.as_str(), plan.reads[0].value.as_text()), ("ssm:/image", Some("image-7")));
    let error = place.try_plan(&app("/ghost"), &PlanOptions::default()).await.expect_err("not there");
    assert!(error.diagnostics().to_string().contains("main.rs:7"), "{error}");
}

#[tokio::test]
async fn the_same_program_and_state_give_the_same_plan() {
    let place = Place::new();
    place.apply(&shop(FIRST)).await;
    let after = shop(Version { image: "two", ..FIRST });
    assert_eq!(format!("{:?}", place.plan(&after).await), format!("{:?}", place.plan(&after).await));
}

#[tokio::test]
async fn drift_is_shown_and_can_be_taken_over() {
    let place = Place::new();
    place.apply(&shop(FIRST)).await;
    assert!(place.engine().refresh(&Silent).await.expect("read").is_empty());
    let state = place.state().await;
    let (server, key) = (&state.resources[&"web/left/one".into()], &state.resources[&"web/spare-key".into()]);
    place.cloud.meddle(&server.physical_id, "Size", json!(8));
    place.cloud.lose(&key.physical_id);
    let found = place.engine().refresh(&Silent).await.expect("read");
    let found: Vec<_> =
        found.iter().map(|drift| (drift.address.as_str(), drift.missing, drift.properties.len())).collect();
    assert_eq!(found, [("web/left/one", false, 1), ("web/spare-key", true, 0)]);
    place.engine().accept(&Silent).await.expect("taken over");
    assert!(place.engine().refresh(&Silent).await.expect("read").is_empty());
    place.assert_in_step().await;
    assert!(
        place.plan(&shop(Version { size: 8, ..FIRST })).await.change("web/left/one").expect("planned").action
            == Action::NoOp
    );
    assert_eq!(place.plan(&shop(FIRST)).await.change("web/left/one").expect("planned").action, Action::Update);
}

#[tokio::test]
async fn zones_that_are_not_told_are_an_error_where_they_are_asked_for() {
    let app = |region: &str| {
        let mut app = App::new("shop").region(region);
        app.stack("web").add("server", Server::new().set("Image", availability_zones().select(0)));
        app
    };
    let place = Place::new();
    place.plan(&app("here-1")).await;
    let graph = app("untold-1").graph().expect("a good program");
    let error = place.engine().plan(&graph, &PlanOptions::default(), &Silent).await.expect_err("no zones");
    let text = error.diagnostics().to_string();
    assert!(text.contains("availability zones of untold-1") && text.contains("main.rs:7"), "{text}");
}
