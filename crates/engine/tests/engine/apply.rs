//! What an apply does: order, outputs, replacement, removal, failures, stopping.

use std::sync::Arc;

use ironwright_core::{App, Resource, Secret};
use ironwright_engine::{Action, EngineError, ErrorKind, MemoryStore, Settings, Silent, Stop};

use crate::support::cloud::Fault;
use crate::support::program::{Bucket, FIRST, Key, Network, Server, Subnet, Version, id, shop};
use crate::support::{Notes, Place};

fn position(calls: &[String], call: &str) -> usize {
    calls.iter().position(|other| other == call).unwrap_or_else(|| panic!("{call} is not in {calls:?}"))
}

fn assert_before(calls: &[String], first: &str, second: &str) {
    assert!(position(calls, first) < position(calls, second), "{first} before {second} in {calls:#?}");
}

#[tokio::test]
async fn what_is_needed_comes_first_and_outputs_are_recorded() {
    let place = Place::new();
    let report = place.apply(&shop(FIRST)).await;
    let calls = place.cloud.calls();
    assert_before(&calls, "create web/network", "create web/left/subnet");
    assert_before(&calls, "create web/left/subnet", "create web/left/one");
    assert_before(&calls, "create web/left/one", "create web/logs-key");
    assert_eq!((report.done.len(), report.live), (12, 12));
    let state = place.state().await;
    let output = state.output("ip").expect("an output").value.as_str().expect("text").to_owned();
    assert!(output.starts_with("192.0.2."), "{output}");
    assert_eq!(state.output("web/ip"), state.output("ip"));
    assert!(place.plan(&shop(FIRST)).await.is_empty());
    place.assert_in_step().await;
}

#[tokio::test]
async fn a_destroy_needs_no_program_and_goes_backwards() {
    let place = Place::new();
    place.apply(&shop(FIRST)).await;
    place.cloud.calls();
    let report = place.destroy().await;
    let calls = place.cloud.calls();
    assert_before(&calls, "delete web/logs-key", "delete web/left/one");
    assert_before(&calls, "delete web/left/one", "delete web/left/subnet");
    assert_before(&calls, "delete web/right/subnet", "delete web/network");
    assert!(report.is_complete(), "{:?}", report.failed);
    let state = place.state().await;
    assert!(state.resources.is_empty() && state.outputs.is_empty() && place.cloud.ids().is_empty());
}

#[tokio::test]
async fn a_replacement_creates_first_moves_dependents_and_deletes_last() {
    let place = Place::new();
    place.apply(&shop(FIRST)).await;
    place.cloud.calls();
    place.apply(&shop(Version { image: "two", ..FIRST })).await;
    let calls = place.cloud.calls();
    let last = |call: &str| calls.iter().rposition(|other| other == call).expect("called");
    assert!(position(&calls, "create web/left/one") < position(&calls, "update web/logs-key"), "{calls:#?}");
    assert!(position(&calls, "update web/logs-key") < last("delete web/left/one"), "{calls:#?}");
    place.assert_in_step().await;
    assert!(place.plan(&shop(Version { image: "two", ..FIRST })).await.is_empty());
}

#[tokio::test]
async fn a_replacement_under_the_same_name_deletes_first() {
    let place = Place::new();
    place.apply(&shop(FIRST)).await;
    place.cloud.calls();
    place.apply(&shop(Version { bucket_class: "cold", ..FIRST })).await;
    let calls = place.cloud.calls();
    assert_before(&calls, "delete web/logs", "create web/logs");
    place.assert_in_step().await;
}

#[tokio::test]
async fn replacing_the_root_replaces_what_stands_on_it() {
    let place = Place::new();
    place.apply(&shop(FIRST)).await;
    place.cloud.calls();
    place.apply(&shop(Version { cidr: "10.1.0.0/16", ..FIRST })).await;
    let calls = place.cloud.calls();
    assert_before(&calls, "create web/network", "create web/left/subnet");
    assert_before(&calls, "delete web/left/one", "delete web/left/subnet");
    assert_before(&calls, "delete web/left/subnet", "delete web/network");
    place.assert_in_step().await;
}

#[tokio::test]
async fn what_the_program_has_no_longer_is_deleted_or_forgotten() {
    let place = Place::new();
    let with = |more: bool| {
        let mut app = App::new("shop").region("here-1");
        let web = app.stack("web");
        let network = web.add("network", Network::new().set("Cidr", "10.0.0.0/16"));
        if more {
            web.add("gone", Subnet::new().set("Network", id(&network)).set("Cidr", "x"));
            web.add("kept", Bucket::new().set("Name", "kept").retain());
        }
        app
    };
    place.apply(&with(true)).await;
    let report = place.apply(&with(false)).await;
    let done: Vec<_> = report.done.iter().map(|done| (done.address.as_str(), done.action)).collect();
    assert!(done.contains(&("web/gone", Action::Delete)) && done.contains(&("web/kept", Action::Forget)), "{done:?}");
    assert_eq!(place.cloud.ids().len(), 2);
    assert_eq!(place.state().await.resources.len(), 1);
}

#[tokio::test]
async fn other_branches_go_on_after_a_failure() {
    let place = Place::new();
    place.cloud.fault("create", "web/left/subnet", Fault::Fails(ErrorKind::Refused));
    let report = place.try_apply(&shop(FIRST)).await;
    let failed: Vec<_> = report.failed.iter().map(|failure| failure.address.as_str()).collect();
    assert_eq!(failed, ["web/left/subnet"]);
    let mut waiting: Vec<_> = report.not_started.iter().map(|step| step.address.as_str()).collect();
    waiting.sort_unstable();
    assert_eq!(waiting, ["web/data-key", "web/left/one", "web/left/two", "web/logs-key"]);
    assert!(report.not_started.iter().all(|step| step.because_of == Some("web/left/subnet".into())));
    assert_eq!(report.live, 7);
    place.assert_in_step().await;
    place.apply(&shop(FIRST)).await;
    assert!(place.plan(&shop(FIRST)).await.is_empty());
}

#[tokio::test]
async fn a_stop_starts_nothing_new_and_keeps_what_was_done() {
    let place = Place::new();
    let plan = place.plan(&shop(FIRST)).await;
    let stop = Stop::new();
    stop.request();
    let report = place.engine().apply(&plan, &stop, Arc::new(Silent)).await.expect("a run");
    assert!(report.interrupted && report.done.is_empty() && report.not_started.len() == 12, "{:?}", report.failed);
    assert!(place.cloud.ids().is_empty());
}

#[tokio::test]
async fn dropping_the_future_does_not_stop_the_run() {
    let place = Place::new();
    let (engine, plan) = (place.engine(), place.plan(&shop(FIRST)).await);
    let stop = Stop::new();
    let mut run = Box::pin(engine.apply(&plan, &stop, Arc::new(Silent)));
    tokio::select! {
        biased;
        _ = &mut run => panic!("it cannot be done at once"),
        () = tokio::task::yield_now() => {}
    }
    drop(run);
    while place.state().await.resources.len() < 12 {
        tokio::task::yield_now().await;
    }
    place.assert_in_step().await;
}

#[tokio::test]
async fn a_plan_applies_to_its_own_state_and_target_alone() {
    let place = Place::new();
    let (first, second) = (place.plan(&shop(FIRST)).await, place.plan(&shop(FIRST)).await);
    let apply = async |plan| place.engine().apply(plan, &Stop::new(), Arc::new(Silent)).await;
    apply(&first).await.expect("a run");
    assert!(matches!(apply(&second).await, Err(EngineError::StalePlan)));
    let settings = Settings { target: "aws".to_owned(), ..place.settings.clone() };
    let elsewhere = Place { settings, ..place.clone() };
    let refused = elsewhere.engine().state().await.expect_err("another target");
    assert!(refused.diagnostics().to_string().contains("`--target simulated`"), "{refused}");
}

#[tokio::test]
async fn a_lock_that_is_held_names_its_holder_and_is_given_back() {
    let place = Place::new();
    let plan = place.plan(&shop(FIRST)).await;
    let other = Place { store: MemoryStore::default(), ..place.clone() };
    other.apply(&shop(FIRST)).await;
    other.destroy().await;
    let owner = ironwright_engine::LockOwner {
        id: "x".to_owned(),
        owner: "ann@desk".to_owned(),
        pid: 42,
        command: "destroy".to_owned(),
        ..Default::default()
    };
    ironwright_engine::Store::lock(&place.store, &owner).await.expect("free");
    let refused = place.engine().apply(&plan, &Stop::new(), Arc::new(Silent)).await.expect_err("held");
    assert!(refused.diagnostics().to_string().contains("`destroy` by ann@desk (process 42)"), "{refused}");
    ironwright_engine::Store::unlock(&place.store, &owner).await.expect("ours");
    place.apply(&shop(FIRST)).await;
    place.apply(&shop(Version { size: 2, ..FIRST })).await;
}

#[tokio::test]
async fn an_attribute_the_cloud_does_not_have_is_an_error_and_not_silence() {
    let place = Place::new();
    let mut app = App::new("shop").region("here-1");
    let web = app.stack("web");
    let network = web.add("network", Network::new().set("Cidr", "10.0.0.0/16"));
    web.add("key", Key::new().set("For", network.get("Nonsense")));
    let report = place.try_apply(&app).await;
    let message = report.failed[0].error.to_string();
    assert!(message.contains("`web/network` has no Nonsense"), "{message}");
}

#[tokio::test]
async fn events_tell_of_every_step() {
    let place = Place::new();
    let notes = Arc::new(Notes::default());
    let plan = place.plan(&shop(FIRST)).await;
    place.engine().apply(&plan, &Stop::new(), notes.clone()).await.expect("a run");
    assert_eq!((notes.count("Started"), notes.count("Finished"), notes.count("Failed")), (12, 12, 0));
}

#[tokio::test]
async fn options_alone_change_the_record_and_nothing_else() {
    let place = Place::new();
    let app = |protect: bool| {
        let mut app = App::new("shop").region("here-1");
        let server =
            Server::new().set("Image", "one").set("Password", Secret::<ironwright_core::Text>::new("hunter22"));
        app.stack("web").add("server", if protect { server.protect() } else { server });
        app
    };
    place.apply(&app(false)).await;
    place.cloud.calls();
    let plan = place.plan(&app(true)).await;
    assert!(!plan.is_empty());
    assert_eq!(plan.state_only.iter().map(ironwright_core::Address::as_str).collect::<Vec<_>>(), ["web/server"]);
    place.apply(&app(true)).await;
    assert!(place.state().await.resources.values().all(|record| record.protect));
    assert!(place.cloud.calls().iter().all(|call| call.starts_with("read")));
    assert!(place.plan(&app(true)).await.is_empty());
}

/// A provider sends what the cloud does not return, a secret say, where it is to change, and wherever nobody knows what an
/// interrupted update has left.
#[tokio::test]
async fn an_update_says_what_changes_and_after_an_interrupted_one_that_anything_may() {
    let place = Place::new();
    let app = |size: i32, password: &str| {
        let mut app = App::new("shop").region("here-1");
        let password = Secret::<ironwright_core::Text>::new(password);
        app.stack("web").add("server", Server::new().set("Size", size).set("Password", password));
        app
    };
    let changed = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    place.apply(&app(1, "hunter22")).await;
    place.apply(&app(2, "hunter22")).await;
    assert_eq!(place.cloud.changed(), changed(&["Size"]));
    place.apply(&app(2, "hunter23")).await;
    assert_eq!(place.cloud.changed(), changed(&["Password"]));
    place.cloud.fault("update", "web/server", Fault::Panics);
    place.try_apply(&app(3, "hunter24")).await;
    place.apply(&app(4, "hunter23")).await;
    assert_eq!(place.cloud.changed(), None);
}
