//! Edits of the state: what they change, what they refuse, and that they leave the cloud alone.

use std::time::Duration;

use ironwright_core::{Address, App};
use ironwright_engine::{Draft, Engine, EngineError, ErrorKind};

use crate::support::Place;
use crate::support::cloud::Fault;
use crate::support::program::{Blob, FIRST, Key, Network, Server, Subnet, Version, id, shop};

/// A place with a network, a subnet in it and a server in that, in stack `web`.
async fn deployed() -> (Place, Engine) {
    let place = Place::new();
    place.apply(&three("web")).await;
    place.cloud.calls();
    let engine = place.engine();
    (place, engine)
}

fn three(stack: &str) -> App {
    let mut app = App::new("shop").region("here-1");
    let stack = app.stack(stack);
    let network = stack.add("network", Network::new().set("Cidr", "10.0.0.0/16"));
    let zone = stack.scope("left");
    let subnet = zone.add("subnet", Subnet::new().set("Network", id(&network)).set("Cidr", "10.0.1.0/24"));
    zone.add("server", Server::new().set("Subnet", id(&subnet)).set("Size", 1).set("Image", "one"));
    app
}

fn address(text: &str) -> Address {
    Address::new(text)
}

fn refused(result: Result<Draft, EngineError>, expect: &[&str]) {
    let text = result.expect_err("refused").diagnostics().to_string();
    for part in expect {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
}

#[tokio::test]
async fn a_resource_moves_with_all_that_needs_it() {
    let (place, engine) = deployed().await;
    let draft = engine.draft_move(&address("web/network"), &address("net/main")).await.expect("a draft");
    assert_eq!(draft.moved, [(address("web/network"), address("net/main"))]);
    assert!(draft.unmanaged.is_empty());
    assert_eq!(place.state().await.resources.len(), 3);
    assert!(place.state().await.resources.contains_key(&address("web/network")), "a draft is not saved");
    let before = place.state().await.serial;
    assert_eq!(engine.save(draft).await.expect("saved"), before + 1);
    let state = place.state().await;
    assert!(state.resources.contains_key(&address("net/main")));
    assert!(state.resources[&address("web/left/subnet")].dependencies.contains(&address("net/main")));
    assert!(place.cloud.calls().is_empty(), "the cloud is left alone");
    place.assert_in_step().await;
}

#[tokio::test]
async fn a_whole_stack_moves_and_the_program_that_says_so_has_nothing_to_do() {
    let (place, engine) = deployed().await;
    let draft = engine.draft_move(&address("web"), &address("front")).await.expect("a draft");
    assert_eq!(draft.moved.len(), 3);
    engine.save(draft).await.expect("saved");
    assert!(place.plan(&three("front")).await.is_empty());
}

#[tokio::test]
async fn a_move_that_cannot_be_right_is_refused() {
    let (_, engine) = deployed().await;
    let check = async |old: &str, new: &str, expect: &[&str]| {
        refused(engine.draft_move(&address(old), &address(new)).await, expect);
    };
    check("web/netwrok", "web/x", &["`web/netwrok` is not in the state", "did you mean `web/network`?"]).await;
    check("web/network", "web/left/server", &["`web/left/server` is taken"]).await;
    check("web/network", "web/a b", &["cannot be an address", "' '"]).await;
}

#[tokio::test]
async fn what_is_removed_stays_in_the_cloud_and_nothing_depends_on_it_any_more() {
    let (place, engine) = deployed().await;
    let network = place.state().await.resources[&address("web/network")].physical_id.clone();
    let draft = engine.draft_removal(&[address("web/network")]).await.expect("a draft");
    assert_eq!(draft.unmanaged.iter().map(|record| &record.physical_id).collect::<Vec<_>>(), [&network]);
    engine.save(draft).await.expect("saved");
    let state = place.state().await;
    assert!(!state.resources.contains_key(&address("web/network")));
    assert!(state.resources[&address("web/left/subnet")].dependencies.is_empty());
    assert!(place.cloud.calls().is_empty() && place.cloud.ids().contains(&network));
    refused(engine.draft_removal(&[address("web/network")]).await, &["is not in the state"]);
}

/// A run in which the create of a blob was answered by nothing: whether it is there, nobody can tell.
async fn in_doubt() -> (Place, App) {
    let place = Place::new();
    let mut app = App::new("shop").region("here-1");
    let web = app.stack("web");
    web.add("network", Network::new().set("Cidr", "10.0.0.0/16"));
    web.add("blob", Blob::new().set("Text", "x"));
    place.cloud.fault("create", "web/blob", Fault::Fails(ErrorKind::OutcomeUnknown));
    assert!(!place.try_apply(&app).await.is_complete());
    (place, app)
}

#[tokio::test]
async fn a_create_of_which_nobody_can_tell_is_given_up_and_made_anew() {
    let (place, app) = in_doubt().await;
    let engine = place.engine();
    let draft = engine.draft_removal(&[address("web/blob")]).await.expect("a draft");
    assert_eq!(draft.given_up.len(), 1);
    assert!(draft.unmanaged.is_empty());
    engine.save(draft).await.expect("saved");
    place.apply(&app).await;
    assert!(place.plan(&app).await.is_empty());
    place.assert_in_step().await;
}

#[tokio::test]
async fn other_edits_wait_until_an_interrupted_run_is_settled() {
    let (place, _) = in_doubt().await;
    let engine = place.engine();
    let expect = ["an interrupted run has left operations open: create web/blob", "type `apply` first"];
    refused(engine.draft_move(&address("web/network"), &address("web/net")).await, &expect);
    refused(engine.draft_removal(&[address("web/network")]).await, &expect);
    refused(engine.draft_removal(&[address("web/network"), address("web/blob")]).await, &expect);
    refused(engine.draft_restore(1).await, &expect);
    let document = engine.document().await.expect("a document");
    assert!(document.contains("\"pending\":[{"), "what is open is in the document: {document}");
    refused(engine.draft_push(&document, false).await, &expect);
}

#[tokio::test]
async fn a_create_that_can_be_found_is_not_given_up() {
    let mut place = Place::new();
    place.settings.patience = Duration::ZERO;
    let mut app = App::new("shop").region("here-1");
    app.stack("web").add("key", Key::new().set("For", "ann"));
    place.cloud.fault("create", "web/key", Fault::Lost);
    place.cloud.fault("find", "web/key", Fault::Fails(ErrorKind::Unavailable));
    assert!(!place.try_apply(&app).await.is_complete());
    assert_eq!(place.cloud.ids().len(), 1, "it was made");
    let result = place.engine().draft_removal(&[address("web/key")]).await;
    refused(result, &["has made", "type `apply`"]);
}

#[tokio::test]
async fn a_draft_is_not_saved_over_a_state_that_has_changed() {
    let (place, engine) = deployed().await;
    let draft = engine.draft_move(&address("web/network"), &address("web/net")).await.expect("a draft");
    place.destroy().await;
    let error = engine.save(draft).await.expect_err("refused");
    assert!(error.diagnostics().to_string().contains("the state has changed since"), "{error}");
}

#[tokio::test]
async fn a_document_goes_out_and_in_again() {
    let (place, engine) = deployed().await;
    let document = engine.document().await.expect("a document");
    let draft = engine.draft_push(&document, false).await.expect("a draft");
    assert!(draft.is_empty());
    let edited = document.replace("\"Size\":1", "\"Size\":7");
    let draft = engine.draft_push(&edited, false).await.expect("a draft");
    assert_eq!(draft.difference.changed, [address("web/left/server")].into());
    let serial = place.state().await.serial;
    assert_eq!(engine.save(draft).await.expect("saved"), serial + 1);
    assert_eq!(place.state().await.resources[&address("web/left/server")].properties["Size"], 7);
    refused(engine.draft_push(&document, false).await, &["would be lost", "`state pull`"]);
    let forced = engine.draft_push(&document, true).await.expect("a draft");
    assert_eq!(engine.save(forced).await.expect("saved"), serial + 2, "serials never go back");
    assert!(place.cloud.calls().is_empty());
}

#[tokio::test]
async fn a_document_that_does_not_belong_here_is_refused() {
    let (place, engine) = deployed().await;
    let document = engine.document().await.expect("a document");
    let lineage = place.state().await.lineage;
    let check = async |from: &str, to: &str, force: bool, expect: &[&str]| {
        refused(engine.draft_push(&document.replace(from, to), force).await, expect);
    };
    check(&lineage, "another", false, &["another lineage", "--force"]).await;
    check("\"app\":\"shop\"", "\"app\":\"shed\"", false, &["of shed in dev", "this is shop in dev", "--force"]).await;
    check("\"target\":\"simulated\"", "\"target\":\"aws\"", true, &["of target `aws`"]).await;
    check("\"version\":1", "\"version\":9", true, &["format 9"]).await;
    check("\"resources\":{", "\"resources\":[", true, &["no state"]).await;
    check("\"address\":\"web/network\"", "\"address\":\"web/x\"", true, &["`web/x` stands at `web/network`"]).await;
}

#[tokio::test]
async fn a_document_starts_the_state_of_another_place() {
    let (place, engine) = deployed().await;
    let document = engine.document().await.expect("a document");
    let other = Place { cloud: place.cloud.clone(), ..Place::new() };
    let error = other.engine().document().await.expect_err("nothing there");
    assert!(error.diagnostics().to_string().contains("nothing was ever deployed here"), "{error}");
    let draft = other.engine().draft_push(&document, false).await.expect("a draft");
    assert_eq!(draft.difference.added.len(), 3);
    other.engine().save(draft).await.expect("saved");
    assert!(other.plan(&three("web")).await.is_empty());
}

#[tokio::test]
async fn a_version_is_put_back_as_a_new_one() {
    let (place, engine) = deployed().await;
    let before = place.state().await;
    let mut app = three("web");
    app.stack("web").add("extra", Network::new().set("Cidr", "10.1.0.0/16"));
    place.apply(&app).await;
    place.cloud.calls();
    let draft = engine.draft_restore(before.serial).await.expect("a draft");
    assert_eq!(draft.difference.removed, [address("web/extra")].into());
    assert_eq!(draft.unmanaged.len(), 1, "it is live, and the version knows nothing of it");
    let serial = engine.save(draft).await.expect("saved");
    let state = place.state().await;
    assert_eq!((serial, state.serial), (before.serial + 2, before.serial + 2));
    assert_eq!(state.resources, before.resources);
    assert!(place.cloud.calls().is_empty());
    refused(engine.draft_restore(serial).await, &["is the state as it is"]);
    refused(engine.draft_restore(99).await, &["there is no version 99", "versions 1 to"]);
}

#[tokio::test]
async fn the_history_tells_what_each_version_changed() {
    let place = Place::new();
    place.apply(&shop(FIRST)).await;
    place.apply(&shop(Version { size: 2, ..FIRST })).await;
    place.destroy().await;
    let told: Vec<String> = place.engine().history().await.expect("a history").iter().map(told).collect();
    assert_eq!(told, ["1: 0 live, +0 ~0 -0", "2: 12 live, +12 ~0 -0", "3: 12 live, +0 ~4 -0", "4: 0 live, +0 ~0 -12"]);
    assert!(Place::new().engine().history().await.expect("none").is_empty());
}

fn told(version: &ironwright_engine::Version) -> String {
    let difference = version.difference.clone().expect("all versions are kept");
    let (added, changed, removed) = (difference.added.len(), difference.changed.len(), difference.removed.len());
    format!("{}: {} live, +{added} ~{changed} -{removed}", version.serial, version.resources)
}
