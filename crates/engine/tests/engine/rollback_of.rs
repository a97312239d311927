//! Rollback of one resource: it is as it was, all else stays, and the next apply goes forward again.

use std::sync::Arc;

use ironwright_core::planned::redacted_digest;
use ironwright_core::{Address, App, Secret, Text};
use ironwright_engine::{Action, Engine, EngineError, ErrorKind, Plan, PlanOptions, Report, Silent, Stop};
use serde_json::Value as Json;

use crate::sealing::{FULL, NO_KEY, Toy};
use crate::support::Place;
use crate::support::cloud::Fault;
use crate::support::program::{Image, Key, Server, Vault};
use crate::support::show::show;

/// An image, and a server that runs it and has a neighbour.
fn shop(text: &str, size: i32) -> App {
    let mut app = App::new("shop").region("here-1");
    let web = app.stack("web");
    let image = web.add("image", Image::new().set("Text", text.to_owned()));
    let neighbour = web.add("neighbour", Server::new().set("Size", size).set("Image", "fixed"));
    web.add("app", Key::new().set("Bucket", image.get("Version")).set("For", neighbour.get("Ip")));
    app
}

fn safe(password: &str, label: &str) -> App {
    let mut app = App::new("shop").region("here-1");
    let safe = Vault::new().set("Label", label.to_owned()).set("Password", Secret::<Text>::new(password));
    app.stack("web").add("safe", safe);
    app
}

async fn plan_of(engine: &Engine, address: &str, to: Option<u64>, program: Option<&App>) -> Result<Plan, EngineError> {
    let graph = program.map(|program| program.graph().expect("valid"));
    engine.plan_rollback_of(&Address::new(address), to, graph.as_ref(), &PlanOptions::default(), &Silent).await
}

async fn finish(engine: &Engine, plan: &Plan) -> Report {
    let report = engine.apply(plan, &Stop::new(), Arc::new(Silent)).await.expect("a run");
    assert!(report.is_complete(), "{report:?}");
    report
}

async fn apply(engine: &Engine, app: &App) {
    let plan = engine.plan(&app.graph().expect("valid"), &PlanOptions::default(), &Silent).await.expect("a plan");
    finish(engine, &plan).await;
}

/// The password that the cloud has.
async fn password(place: &Place) -> Json {
    place.cloud.property(&place.record("web/safe").await.physical_id, "Password")
}

/// The error's code and words.
fn told(error: &EngineError) -> String {
    let diagnostics = error.diagnostics();
    let lines = diagnostics.iter().map(|it| format!("{} {} {}", it.code, it, it.help.clone().unwrap_or_default()));
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn it_goes_back_to_the_version_of_an_image_that_it_had() {
    let place = Place::new();
    place.apply(&shop("one", 1)).await;
    let (first, serial) = (place.record("web/app").await, place.state().await.serial);
    place.apply(&shop("two", 1)).await;
    place.apply(&shop("two", 2)).await;
    let image = place.record("web/image").await;
    let engine = place.engine();
    let plan = plan_of(&engine, "web/app", None, None).await.expect("a plan");
    assert_eq!((plan.rollback_to, plan.rollback_of.as_ref().map(Address::as_str)), (Some(serial), Some("web/app")));
    let changed: Vec<_> = plan.changes.iter().filter(|change| change.action.is_change()).collect();
    assert_eq!(changed.len(), 1, "{}", show(&plan));
    assert_eq!((changed[0].action, changed[0].address.as_str()), (Action::Update, "web/app"));
    assert_eq!(finish(&place.engine(), &plan).await.done.len(), 1);
    let now = place.record("web/app").await;
    assert_eq!((&now.properties, &now.dependencies), (&first.properties, &first.dependencies));
    assert_eq!(place.record("web/image").await, image, "the image stays as it is");
    assert_eq!(place.record("web/neighbour").await.properties["Size"], 2);
    place.assert_in_step().await;
}

#[tokio::test]
async fn the_next_apply_goes_forward_again() {
    let place = Place::new();
    place.apply(&shop("one", 1)).await;
    place.apply(&shop("two", 1)).await;
    let plan = plan_of(&place.engine(), "web/app", None, None).await.expect("a plan");
    finish(&place.engine(), &plan).await;
    let forward = place.plan(&shop("two", 1)).await;
    let changed: Vec<_> = forward.changes.iter().filter(|change| change.action.is_change()).collect();
    assert_eq!((changed.len(), changed[0].address.as_str()), (1, "web/app"), "{}", show(&forward));
    place.apply(&shop("two", 1)).await;
    assert!(place.plan(&shop("two", 1)).await.is_empty());
    place.assert_in_step().await;
}

#[tokio::test]
async fn what_is_another_resource_now_is_referred_to_as_it_is_now() {
    let program = |text: &str, image: &'static str| {
        let mut app = App::new("shop").region("here-1");
        let web = app.stack("web");
        let picture = web.add("image", Image::new().set("Text", text.to_owned()));
        let server = web.add("server", Server::new().set("Size", 1).set("Image", image));
        web.add("app", Key::new().set("Bucket", picture.get("Version")).set("For", server.get("Ip")));
        app
    };
    let place = Place::new();
    place.apply(&program("one", "a")).await;
    let before = place.record("web/app").await.properties;
    place.apply(&program("two", "b")).await;
    let plan = plan_of(&place.engine(), "web/app", None, None).await.expect("a plan");
    finish(&place.engine(), &plan).await;
    let (app, server) = (place.record("web/app").await, place.record("web/server").await);
    assert_eq!(app.properties["Bucket"], before["Bucket"]);
    assert_eq!(app.properties["For"], server.model["Ip"]);
    assert_ne!(app.properties["For"], before["For"], "that server is gone");
}

#[tokio::test]
async fn a_version_can_be_named_and_must_have_it() {
    let place = Place::new();
    let mut bare = App::new("shop").region("here-1");
    bare.stack("web").add("neighbour", Server::new().set("Size", 1).set("Image", "fixed"));
    place.apply(&bare).await;
    place.apply(&shop("one", 1)).await;
    let (first, before) = (place.state().await.serial, place.record("web/app").await.properties);
    for text in ["two", "three"] {
        place.apply(&shop(text, 1)).await;
    }
    let engine = place.engine();
    let plan = plan_of(&engine, "web/app", Some(first), None).await.expect("a plan");
    assert_eq!(plan.rollback_to, Some(first));
    finish(&place.engine(), &plan).await;
    assert_eq!(place.record("web/app").await.properties, before);
    let refused = |error: Result<Plan, EngineError>| told(&error.expect_err("refused"));
    let text = refused(plan_of(&engine, "web/app", Some(2), None).await);
    assert!(text.contains("version 2 of the state has no `web/app`"), "{text}");
    let text = refused(plan_of(&engine, "web/app", Some(77), None).await);
    assert!(text.contains("there is no version 77"), "{text}");
    let text = refused(plan_of(&engine, "web/ap", None, None).await);
    assert!(text.contains("not-in-state") && text.contains("did you mean `web/app`?"), "{text}");
    let text = refused(plan_of(&engine, "web/neighbour", None, None).await);
    assert!(text.contains("no version of the state that is kept has `web/neighbour` otherwise"), "{text}");
}

#[tokio::test]
async fn a_secret_that_the_program_still_has_needs_no_key() {
    let place = Place::new();
    let locked = || place.engine().with_vault(Arc::new(NO_KEY));
    let sealing = place.engine().with_vault(Arc::new(Toy { key: false, ..FULL }));
    apply(&sealing, &safe("hunter22-hunter22", "one")).await;
    apply(&sealing, &safe("hunter22-hunter22", "two")).await;
    let error = plan_of(&locked(), "web/safe", None, None).await.expect_err("the key is missing");
    let text = told(&error);
    for part in ["secret-locked", "web/safe", "a secret in Password is needed", "IRONWRIGHT_AGE_KEY_FILE"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let another = safe("another-password", "two");
    assert!(plan_of(&locked(), "web/safe", None, Some(&another)).await.is_err());
    let program = safe("hunter22-hunter22", "two");
    let plan = plan_of(&locked(), "web/safe", None, Some(&program)).await.expect("a plan");
    finish(&locked(), &plan).await;
    assert_eq!(place.record("web/safe").await.properties["Label"], "one");
    assert_eq!(password(&place).await, "hunter22-hunter22", "it was sent");
}

#[tokio::test]
async fn a_sealed_secret_is_opened_and_one_that_is_not_kept_is_told() {
    let place = Place::new();
    let full = || place.engine().with_vault(Arc::new(FULL));
    apply(&full(), &safe("first-password", "one")).await;
    apply(&full(), &safe("second-password", "one")).await;
    let plan = plan_of(&full(), "web/safe", None, None).await.expect("a plan");
    finish(&full(), &plan).await;
    assert_eq!(password(&place).await, "first-password");

    let place = Place::new();
    apply(&place.engine(), &safe("first-password", "one")).await;
    apply(&place.engine(), &safe("second-password", "one")).await;
    let digest = place.record("web/safe").await.properties["Password"].clone();
    assert!(redacted_digest(&digest).is_some());
    let error = plan_of(&place.engine(), "web/safe", None, None).await.expect_err("a digest alone");
    let text = told(&error);
    assert!(text.contains("the state holds a digest of this secret only"), "{text}");
    assert!(text.contains("go back to an earlier version of the program"), "{text}");
}

#[tokio::test]
async fn one_that_failed_takes_nothing_else_back() {
    let place = Place::new();
    place.apply(&shop("one", 1)).await;
    place.apply(&shop("two", 1)).await;
    place.apply(&shop("two", 2)).await;
    let before = place.state().await.serial;
    let plan = plan_of(&place.engine(), "web/app", None, None).await.expect("a plan");
    assert_ne!(plan.rollback_to, Some(before));
    place.cloud.fault("update", "web/app", Fault::Fails(ErrorKind::Refused));
    assert!(!place.apply_plan(&plan).await.is_complete());
    let whole = place.engine().plan_rollback(None, &PlanOptions::default(), &Silent).await.expect("a plan");
    assert_eq!(
        (whole.rollback_to, whole.rollback_of.clone()),
        (Some(before), None),
        "the run before it is not gone on with"
    );
    let again = plan_of(&place.engine(), "web/app", None, None).await.expect("a plan");
    assert_eq!(again.rollback_to, plan.rollback_to);
    finish(&place.engine(), &again).await;
    assert_eq!(place.record("web/neighbour").await.properties["Size"], 2);
    place.assert_in_step().await;
}
