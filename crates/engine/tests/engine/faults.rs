//! What goes wrong between the engine and the cloud, and what comes of it.

use std::sync::Arc;
use std::time::Duration;

use ironwright_core::App;
use ironwright_engine::{Clock as _, Engine, EngineError, ErrorKind, PlanOptions, Silent, Stop};

use crate::support::cloud::Fault;
use crate::support::program::{Blob, Bucket, FIRST, Network, Version, shop};
use crate::support::{Notes, Place, VirtualClock};

fn blob(text: &str) -> App {
    let mut app = App::new("shop").region("here-1");
    app.stack("web").add("blob", Blob::new().set("Text", text.to_owned()));
    app
}

#[tokio::test]
async fn lost_responses_make_nothing_twice_where_the_type_promises_anything() {
    for address in ["web/network", "web/left/subnet", "web/left/one", "web/logs", "web/logs-key"] {
        let place = Place::new();
        place.cloud.fault("create", address, Fault::Lost);
        place.cloud.fault("create", address, Fault::Lost);
        place.apply(&shop(FIRST)).await;
        assert_eq!(place.cloud.ids().len(), 12, "{address}");
        place.assert_in_step().await;
    }
}

#[tokio::test]
async fn an_outcome_nobody_can_tell_is_unknown_and_never_tried_again() {
    let place = Place::new();
    place.cloud.fault("create", "web/blob", Fault::Lost);
    let report = place.try_apply(&blob("x")).await;
    assert_eq!(report.failed[0].error.kind, ErrorKind::OutcomeUnknown);
    let report = place.try_apply(&blob("x")).await;
    let message = report.failed[0].error.to_string();
    assert!(message.contains("state rm web/blob"), "{message}");
    assert_eq!(place.cloud.ids().len(), 1, "not made again");
}

/// Cloud Control honours a token for 36 hours.
#[tokio::test]
async fn a_token_that_the_cloud_may_have_forgotten_is_not_sent_again() {
    let place = Place::new();
    place.cloud.honour_tokens_for(Duration::from_hours(36));
    (0..6).for_each(|_| place.cloud.fault("create", "web/network", Fault::Lost));
    assert!(!place.try_apply(&shop(FIRST)).await.is_complete());
    let count = || place.cloud.ids().iter().filter(|id| id.starts_with("net")).count();
    assert_eq!(count(), 1, "{:?}", place.cloud.ids());

    place.cloud.forget_tokens();
    let clock = Arc::new(VirtualClock::default());
    clock.sleep(Duration::from_hours(37)).await;
    let (cloud, store) = (Arc::new(place.cloud.clone()), Arc::new(place.store.clone()));
    let engine = Engine::new(vec![cloud], store, clock, place.entropy.clone(), place.settings.clone());
    let plan =
        engine.plan(&shop(FIRST).graph().expect("valid"), &PlanOptions::default(), &Silent).await.expect("a plan");
    let report = engine.apply(&plan, &Stop::new(), Arc::new(Silent)).await.expect("a run");
    let failed =
        report.failed.iter().find(|failure| failure.address.as_str() == "web/network").expect("it is not known");
    assert!(failed.error.to_string().contains("state rm web/network"), "{}", failed.error);
    assert_eq!(count(), 1, "{:?}", place.cloud.ids());
}

#[tokio::test]
async fn lost_responses_of_updates_and_deletes_are_settled() {
    let place = Place::new();
    place.apply(&shop(FIRST)).await;
    for (verb, address) in [("update", "web/left/one"), ("update", "web/logs"), ("delete", "web/spare-key")] {
        place.cloud.fault(verb, address, Fault::Lost);
    }
    place.apply(&shop(Version { size: 3, policy: "closed", ..FIRST })).await;
    assert!(place.destroy().await.is_complete());
    assert!(place.cloud.ids().is_empty());
}

#[tokio::test]
async fn passing_errors_are_waited_out_and_told() {
    let place = Place::new();
    for kind in [ErrorKind::Throttled, ErrorKind::Unavailable, ErrorKind::NotReady] {
        place.cloud.fault("create", "web/network", Fault::Fails(kind));
    }
    let notes = Arc::new(Notes::default());
    let plan = place.plan(&shop(FIRST)).await;
    let report = place.engine().apply(&plan, &Stop::new(), notes.clone()).await.expect("a run");
    assert!(report.is_complete());
    assert_eq!(notes.count("Retrying"), 3);
}

#[tokio::test]
async fn patience_ends_and_the_failure_is_reported() {
    let place = Place::new();
    for _ in 0..1_000 {
        place.cloud.fault("create", "web/network", Fault::Fails(ErrorKind::Throttled));
    }
    let report = place.try_apply(&shop(FIRST)).await;
    assert_eq!(report.failed[0].error.kind, ErrorKind::Throttled);
    assert!(place.cloud.ids().len() == 2, "the buckets need no network: {:?}", place.cloud.ids());
}

#[tokio::test]
async fn a_delete_waits_until_the_resource_is_let_go() {
    let place = Place::new();
    place.apply(&shop(FIRST)).await;
    for _ in 0..4 {
        place.cloud.fault("delete", "web/network", Fault::Fails(ErrorKind::InUse));
    }
    assert!(place.destroy().await.is_complete());
}

#[tokio::test]
async fn what_is_gone_already_is_deleted() {
    let place = Place::new();
    let mut app = App::new("shop").region("here-1");
    app.stack("web").add("logs", Bucket::new().set("Name", "logs"));
    place.apply(&app).await;
    place.cloud.lose("logs");
    assert!(place.destroy().await.is_complete());
    assert!(place.state().await.resources.is_empty());
}

#[tokio::test]
async fn what_was_made_and_did_not_come_up_is_replaced() {
    let place = Place::new();
    place.cloud.fault("create", "web/left/one", Fault::Half);
    let report = place.try_apply(&shop(FIRST)).await;
    assert_eq!(report.failed[0].live.as_deref().map(|id| &id[..4]), Some("srv-"));
    place.assert_in_step().await;
    place.apply(&shop(FIRST)).await;
    assert_eq!(place.cloud.ids().len(), 12);
    place.assert_in_step().await;
    assert!(place.plan(&shop(FIRST)).await.is_empty());
}

#[tokio::test]
async fn a_provider_that_panics_fails_its_step_alone() {
    let place = Place::new();
    place.cloud.fault("create", "web/left/subnet", Fault::Panics);
    let report = place.try_apply(&shop(FIRST)).await;
    assert_eq!((report.failed.len(), report.failed[0].error.code.as_str()), (1, "Panic"));
    place.apply(&shop(FIRST)).await;
    place.assert_in_step().await;
}

#[tokio::test]
async fn a_read_that_fails_is_never_gone() {
    let place = Place::new();
    place.apply(&shop(FIRST)).await;
    let ids = place.cloud.ids();
    place.cloud.fault("read", &ids[0], Fault::Fails(ErrorKind::Throttled));
    assert!(place.plan(&shop(FIRST)).await.is_empty(), "a throttled read is tried again");
    place.cloud.fault("read", &ids[0], Fault::Fails(ErrorKind::Credentials));
    let refused = place.try_plan(&shop(FIRST), &PlanOptions::default()).await.expect_err("it cannot be read");
    assert!(matches!(&refused, EngineError::Diagnostics(found) if found.len() == 1), "{refused}");
}

#[tokio::test]
async fn reads_that_lag_behind_are_not_gone() {
    let place = Place::new();
    place.cloud.lag(3);
    place.apply(&shop(FIRST)).await;
    let plan = place.plan(&shop(FIRST)).await;
    assert!(plan.is_empty(), "{plan:#?}");
}

#[tokio::test]
async fn a_name_that_is_taken_is_the_clouds_error_with_its_code() {
    let place = Place::new();
    let app = |stack: &str| {
        let mut app = App::new("shop").region("here-1");
        let stack = app.stack(stack);
        stack.add("one", Bucket::new().set("Name", "same"));
        stack.add("net", Network::new().set("Cidr", "10.0.0.0/8"));
        app
    };
    place.apply(&app("web")).await;
    let other = Place { store: ironwright_engine::MemoryStore::default(), ..place.clone() };
    let plan = other.plan(&app("web")).await;
    let report = other.engine().apply(&plan, &Stop::new(), Arc::new(Silent)).await.expect("a run");
    assert_eq!(report.failed[0].error.code, "AlreadyExists");
    assert_eq!(report.done.len(), 1);
}
