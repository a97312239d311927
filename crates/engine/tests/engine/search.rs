//! Creates whose token says nothing any more, looked for in all there is of their type.

use std::sync::Arc;
use std::time::Duration;

use ironwright_core::{App, Import};
use ironwright_engine::{Clock as _, Engine, EngineError, ErrorKind, Plan, PlanOptions, Report, Silent, Stop};
use serde_json::json;

use crate::support::cloud::Fault;
use crate::support::program::{Blob, Network};
use crate::support::{Place, VirtualClock};

fn blob(text: &str) -> App {
    let mut app = App::new("shop").region("here-1");
    app.stack("web").add("blob", Blob::new().set("Text", text.to_owned()));
    app
}

fn network() -> App {
    let mut app = App::new("shop").region("here-1");
    app.stack("web").add("network", Network::new().set("Cidr", "10.0.0.0/16"));
    app
}

/// The engine of `place` forty hours later.
async fn later(place: &Place) -> Engine {
    let clock = Arc::new(VirtualClock::default());
    clock.sleep(Duration::from_hours(40)).await;
    let (cloud, store) = (Arc::new(place.cloud.clone()), Arc::new(place.store.clone()));
    Engine::new(vec![cloud], store, clock, place.entropy.clone(), place.settings.clone())
}

async fn planned(engine: &Engine, app: &App, options: &PlanOptions) -> Result<Plan, EngineError> {
    engine.plan(&app.graph().expect("valid"), options, &Silent).await
}

async fn applied(engine: &Engine, app: &App, options: &PlanOptions) -> Report {
    let plan = planned(engine, app, options).await.expect("a plan");
    engine.apply(&plan, &Stop::new(), Arc::new(Silent)).await.expect("a run")
}

/// A place whose cloud tells what there is, and where the create of `address` was answered by nothing.
async fn interrupted(app: &App, address: &str, fault: Fault) -> Place {
    let place = Place::new();
    place.cloud.list();
    place.cloud.honour_tokens_for(Duration::from_hours(36));
    (0..6).for_each(|_| place.cloud.fault("create", address, fault.clone()));
    assert!(!place.try_apply(app).await.is_complete());
    place
}

#[tokio::test]
async fn what_bears_the_token_is_taken_over() {
    let place = interrupted(&network(), "web/network", Fault::Lost).await;
    place.cloud.make("Fake::Network", json!({"Cidr": "10.0.0.0/16"}));
    place.cloud.calls();
    let engine = later(&place).await;
    let report = applied(&engine, &network(), &PlanOptions::default()).await;
    assert!(report.is_complete(), "{:?}", report.failed);
    assert!(!place.cloud.calls().contains(&"create web/network".to_owned()), "the token is not sent again");
    assert_eq!(place.cloud.ids().len(), 2);
    assert_eq!(place.record("web/network").await.physical_id, "net-001");
    assert!(planned(&engine, &network(), &PlanOptions::default()).await.expect("a plan").is_empty());
}

#[tokio::test]
async fn what_was_never_made_is_made() {
    let place = interrupted(&network(), "web/network", Fault::Fails(ErrorKind::OutcomeUnknown)).await;
    place.cloud.make("Fake::Network", json!({"Cidr": "10.1.0.0/16"}));
    let report = applied(&later(&place).await, &network(), &PlanOptions::default()).await;
    assert!(report.is_complete(), "{:?}", report.failed);
    assert_eq!(place.cloud.ids(), ["net-001", "net-002"]);
}

#[tokio::test]
async fn the_only_one_that_is_as_it_was_asked_for_is_taken_where_it_is_wanted() {
    let place = interrupted(&blob("x"), "web/blob", Fault::Lost).await;
    place.cloud.make("Fake::Blob", json!({"Text": "y"}));
    let report = applied(&later(&place).await, &blob("x"), &PlanOptions::default()).await;
    assert!(report.is_complete(), "{:?}", report.failed);
    assert_eq!(place.cloud.ids(), ["blob-001", "blob-002"]);
    assert_eq!(place.record("web/blob").await.physical_id, "blob-001");
}

/// It may be somebody else's: whatever the program says now, it is not deleted.
#[tokio::test]
async fn what_is_only_alike_is_never_deleted() {
    let place = interrupted(&blob("x"), "web/blob", Fault::Lost).await;
    let engine = later(&place).await;
    let report = applied(&engine, &blob("changed"), &PlanOptions::default()).await;
    assert_eq!(place.cloud.ids(), ["blob-001"], "{report:?}");
    let told = report.failed[0].error.to_string();
    assert!(told.contains("blob-001 is as it was asked for, and may be it"), "{told}");
    assert!(told.contains("`import web/blob ID`") && told.contains("`state rm web/blob`"), "{told}");

    let plan = engine.plan_destroy(&PlanOptions::default(), &Silent).await.expect("a plan");
    let report = engine.apply(&plan, &Stop::new(), Arc::new(Silent)).await.expect("a run");
    assert_eq!((place.cloud.ids().len(), report.failed.len()), (1, 1), "{report:?}");
}

#[tokio::test]
async fn where_several_are_alike_a_person_says_which() {
    let place = interrupted(&blob("x"), "web/blob", Fault::Lost).await;
    let other = place.cloud.make("Fake::Blob", json!({"Text": "x"}));
    let engine = later(&place).await;
    let report = applied(&engine, &blob("x"), &PlanOptions::default()).await;
    let told = report.failed[0].error.to_string();
    assert!(told.contains(r#"these may be what it made: ["blob-001", "blob-002"]"#), "{told}");
    assert_eq!(place.cloud.ids(), ["blob-001", other.as_str()], "nothing is made");

    let imports = vec![Import { address: "web/blob".into(), physical_id: "blob-001".to_owned(), source: None }];
    let report = applied(&engine, &blob("x"), &PlanOptions { imports, ..PlanOptions::default() }).await;
    assert!(report.is_complete(), "{:?}", report.failed);
    assert_eq!(place.record("web/blob").await.physical_id, "blob-001");
    assert!(planned(&engine, &blob("x"), &PlanOptions::default()).await.expect("a plan").is_empty());
}

#[tokio::test]
async fn an_import_of_what_is_not_there_names_what_is() {
    let place = Place::new();
    place.cloud.list();
    for text in ["x", "y"] {
        place.cloud.make("Fake::Blob", json!({"Text": text}));
    }
    let told = async |id: &str| {
        let imports = vec![Import { address: "web/blob".into(), physical_id: id.to_owned(), source: None }];
        let options = PlanOptions { imports, ..PlanOptions::default() };
        planned(&place.engine(), &blob("x"), &options).await.expect_err("it is not there").diagnostics().to_string()
    };
    assert!(told("blob-0o1").await.contains("did you mean `blob-001`?"));
    assert!(told("something else").await.contains("there is: blob-001, blob-002"));
}
