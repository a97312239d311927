//! What the cloud returns and is secret: hidden and sealed at once, opened where it is referred to, and never asked for where
//! the state alone knows it.

use std::sync::Arc;

use ironwright_core::function::Function;
use ironwright_core::planned::redacted_digest;
use ironwright_core::{App, Text, Tree, Value};
use ironwright_engine::{Action, Engine, FileStore, PlanOptions, Report, Silent, Stop, Store, Vault};
use serde_json::json;

use crate::files::{BreakingStore, Folder};
use crate::kills::mortal_run_with;
use crate::sealing::{FULL, NO_KEY};
use crate::support::Place;
use crate::support::kill::Kill;
use crate::support::program::{Pair, Server, Token};

/// A pair whose private half a server gets, and a token that the cloud tells at every read.
fn app(size: i32) -> App {
    let mut app = App::new("shop").region("here-1");
    let web = app.stack("web");
    let pair = web.add("pair", Pair::new());
    web.add("server", Server::new().set("Password", pair.get("Private")).set("Size", size));
    let token = web.add("token", Token::new());
    web.output("public", pair.get("Public"));
    web.output("token", token.get("Secret"));
    app
}

async fn apply(engine: &Engine, app: &App) -> Report {
    let plan = engine.plan(&app.graph().expect("valid"), &PlanOptions::default(), &Silent).await.expect("a plan");
    assert_hidden(&format!("{plan:?}"));
    engine.apply(&plan, &Stop::new(), Arc::new(Silent)).await.expect("a run")
}

async fn changes(engine: &Engine, app: &App) -> Vec<String> {
    let plan = engine.plan(&app.graph().expect("valid"), &PlanOptions::default(), &Silent).await.expect("a plan");
    plan.changes
        .iter()
        .filter(|change| change.action != Action::NoOp)
        .map(|change| change.address.to_string())
        .collect()
}

#[track_caller]
fn assert_hidden(text: &str) {
    assert!(!text.contains("pr1vate") && !text.contains("t0ken"), "{text}");
}

fn with(place: &Place, vault: impl Vault + 'static) -> Engine {
    place.engine().with_vault(Arc::new(vault))
}

#[tokio::test]
async fn no_file_ever_holds_it_wherever_a_run_breaks_off() {
    for writes in 1..20 {
        let (folder, place) = (Folder::new(), Place::new());
        let store = Arc::new(FileStore::new(folder.path().to_owned()));
        let broken: Arc<dyn Store> = Arc::new(BreakingStore::new(store, writes));
        let engine = place.engine_over(Arc::new(place.cloud.clone()), broken).with_vault(Arc::new(FULL));
        let plan = engine.plan(&app(1).graph().expect("valid"), &PlanOptions::default(), &Silent).await;
        let _ = engine.apply(&plan.expect("a plan"), &Stop::new(), Arc::new(Silent)).await;
        for (_, text) in folder.contents() {
            assert_hidden(&text);
        }
    }
}

#[tokio::test]
async fn a_reference_gets_the_text_now_and_in_later_runs() {
    let place = Place::new();
    let report = apply(&with(&place, FULL), &app(1)).await;
    assert!(report.is_complete() && report.unsealed == 0, "{report:?}");
    let sent = place.cloud.property(&place.record("web/server").await.physical_id, "Password");
    assert!(sent.as_str().is_some_and(|sent| sent.starts_with("pr1vate-pair-")), "{sent}");
    let state = place.state().await;
    let output = redacted_digest(&state.output("token").expect("an output").value).expect("a secret").to_owned();
    assert!(with(&place, FULL).reveal(&state, &output).expect("sealed").expose().starts_with("t0ken-of-"));
    assert_eq!(changes(&with(&place, FULL), &app(1)).await, Vec::<String>::new());
    assert!(apply(&with(&place, FULL), &app(2)).await.is_complete());
    assert_eq!(place.cloud.property(&place.record("web/server").await.physical_id, "Password"), sent);
}

/// A server that gets the private half in the middle of a text.
fn composed(before: &'static str) -> App {
    let mut app = App::new("shop").region("here-1");
    let web = app.stack("web");
    let pair = web.add("pair", Pair::new());
    let parts = Tree::List(vec![Tree::text(before), pair.get("Private").into_tree(), Tree::text("\n")]);
    let text = Function::Base64(Tree::Function(Box::new(Function::Join { separator: String::new(), parts })));
    let text = Value::<Text>::from_tree(Tree::Function(Box::new(text)));
    web.add("server", Server::new().set("Password", text));
    app
}

#[tokio::test]
async fn what_is_composed_of_one_that_cannot_be_opened_is_known_to_be_the_same() {
    let place = Place::new();
    assert!(apply(&place.engine(), &composed("key: ")).await.is_complete());
    assert_eq!(changes(&place.engine(), &composed("key: ")).await, Vec::<String>::new());
    assert_eq!(changes(&place.engine(), &composed("the key: ")).await, ["web/server"]);
    let options = PlanOptions { replace: vec!["web/pair".into()], ..PlanOptions::default() };
    let graph = composed("key: ").graph().expect("valid");
    let plan = place.engine().plan(&graph, &options, &Silent).await.expect("a plan");
    assert_eq!(plan.changes.iter().filter(|change| change.action != Action::NoOp).count(), 2, "{:?}", plan.changes);
}

#[tokio::test]
async fn where_it_cannot_be_opened_what_is_the_same_stays_and_what_needs_it_says_what_to_set() {
    let place = Place::new();
    apply(&with(&place, FULL), &app(1)).await;
    assert_eq!(changes(&with(&place, NO_KEY), &app(1)).await, Vec::<String>::new());
    let report = apply(&with(&place, NO_KEY), &app(2)).await;
    assert_eq!(report.failed.len(), 1, "{report:?}");
    let message = &report.failed[0].error.message;
    assert!(message.contains("Private of `web/pair` is a secret"), "{message}");
    assert!(message.contains("IRONWRIGHT_AGE_KEY_FILE"), "{message}");

    let place = Place::new();
    let report = apply(&place.engine(), &app(1)).await;
    assert!(report.is_complete() && report.unsealed > 0, "one run needs no vault: {report:?}");
    assert_eq!(changes(&place.engine(), &app(1)).await, Vec::<String>::new());
    let report = apply(&place.engine(), &app(2)).await;
    let message = &report.failed[0].error.message;
    for part in ["feature `encryption`", "IRONWRIGHT_AGE_RECIPIENTS", "apply --replace web/pair"] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[tokio::test]
async fn killed_anywhere_the_next_run_goes_on_with_one_pair() {
    for point in 0.. {
        let place = Place::new();
        let kill = Kill::at(point);
        mortal_run_with(&place, Some(&app(1)), &kill, || Arc::new(FULL)).await;
        let report = apply(&with(&place, FULL), &app(1)).await;
        assert!(report.is_complete() && report.unsealed == 0, "killed at point {point}: {report:?}");
        let state = place.state().await;
        let digest = redacted_digest(&state.resources[&"web/pair".into()].model["Private"]).expect("hidden").to_owned();
        let kept = with(&place, FULL).reveal(&state, &digest).expect("sealed").expose().to_owned();
        let sent = place.cloud.property(&place.record("web/server").await.physical_id, "Password");
        assert_eq!(sent, json!(kept), "killed at point {point}");
        assert_eq!(changes(&with(&place, FULL), &app(1)).await, Vec::<String>::new(), "killed at point {point}");
        if !kill.happened() {
            return;
        }
    }
}
