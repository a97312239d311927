//! Moves: what the program says has another address now, in state, plan and journal.

use ironwright_core::{Address, App, Handle, Move, Resource as _, Stack};
use ironwright_engine::{Action, PlanOptions};

use crate::kills::mortal_run;
use crate::support::Place;
use crate::support::cloud::Fault;
use crate::support::kill::Kill;
use crate::support::program::{Blob, Bucket, Key, Network, Server, Subnet, id};
use crate::support::show::show;

/// A network, and a subnet and a server in the scope `scope`; what else `change` does.
fn app(scope: &str, size: i32, change: impl FnOnce(&mut Stack)) -> App {
    let mut app = App::new("shop").region("here-1");
    let web = app.stack("web");
    let network: Handle<Network> = web.add("network", Network::new().set("Cidr", "10.0.0.0/16"));
    let zone = web.scope(scope);
    let subnet = zone.add("subnet", Subnet::new().set("Network", id(&network)).set("Cidr", "10.0.1.0/24"));
    let server = Server::new().set("Subnet", id(&subnet)).set("Size", size).set("Image", "one");
    let server = zone.add("server", server);
    web.add("key", Key::new().set("For", server.get("Ip")));
    change(web);
    app
}

fn nothing(_: &mut Stack) {}

/// The error of a plan, as a person reads it.
async fn refused(place: &Place, app: &App) -> String {
    place.try_plan(app, &PlanOptions::default()).await.expect_err("no plan").diagnostics().to_string()
}

#[tokio::test]
async fn a_scope_moves_and_nothing_is_recreated() {
    let place = Place::new();
    place.apply(&app("left", 1, nothing)).await;
    let before = place.cloud.ids();
    let after = app("right", 2, |web| web.moved("web/left", "web/right"));
    let plan = place.plan(&after).await;
    insta::assert_snapshot!(show(&plan), @r"
        web/network ()
        web/right/subnet () from web/left/subnet
      ~ web/right/server (changed Size) from web/left/server
          Size: 1 -> 2
        web/key ()
    ");
    place.apply(&after).await;
    assert_eq!(place.cloud.ids(), before);
    place.assert_in_step().await;
    let state = place.state().await;
    let held: Vec<&str> = state.resources.keys().map(Address::as_str).collect();
    assert_eq!(held, ["web/key", "web/network", "web/right/server", "web/right/subnet"]);
    assert!(state.resources[&Address::new("web/key")].dependencies.contains(&Address::new("web/right/server")));
    assert!(place.plan(&after).await.is_empty(), "a move may stay in the program");
}

#[tokio::test]
async fn a_move_alone_is_a_change_until_it_is_applied() {
    let place = Place::new();
    place.apply(&app("left", 1, nothing)).await;
    place.cloud.calls();
    let after = app("right", 1, |web| web.moved("web/left", "web/right"));
    let plan = place.plan(&after).await;
    assert!(!plan.is_empty());
    assert!(plan.changes.iter().all(|change| change.action == Action::NoOp));
    place.apply(&after).await;
    assert!(place.cloud.calls().iter().all(|call| call.starts_with("read")), "nothing is done in the cloud");
    assert!(place.plan(&after).await.is_empty());
}

#[tokio::test]
async fn chains_lead_to_the_end_from_wherever_a_stage_is() {
    let chain = |web: &mut Stack| {
        web.moved("web/a", "web/b");
        web.moved("web/b", "web/c");
    };
    for start in ["a", "b", "c"] {
        let place = Place::new();
        place.apply(&app(start, 1, nothing)).await;
        let before = place.cloud.ids();
        let report = place.try_apply(&app("c", 1, chain)).await;
        assert!(report.is_complete() && report.done.is_empty(), "from {start}: {:?}", report.done);
        assert_eq!(place.cloud.ids(), before);
    }
}

#[tokio::test]
async fn what_is_not_in_the_state_does_not_move() {
    let place = Place::new();
    place.apply(&app("right", 1, |web| web.moved("web/left", "web/right"))).await;
    assert_eq!(place.cloud.ids().len(), 4);
}

#[tokio::test]
async fn both_in_the_state_is_an_error_that_says_so() {
    let place = Place::new();
    place.apply(&app("left", 1, |web| drop(web.add("other", Bucket::new().set("Name", "x"))))).await;
    let after = app("left", 1, |web| {
        web.add("other", Bucket::new().set("Name", "x"));
        web.moved("web/key2", "web/other");
    });
    assert!(place.try_plan(&after, &PlanOptions::default()).await.is_ok(), "web/key2 is nowhere");
    let both = app("right", 1, |web| {
        web.add("other", Bucket::new().set("Name", "x"));
        web.moved("web/left/server", "web/other");
    });
    let text = refused(&place, &both).await;
    assert!(
        text.contains("web/left/server: is said to have moved to `web/other`, and both are in the state"),
        "{text}"
    );
}

#[tokio::test]
async fn a_move_to_where_the_program_has_nothing_deletes_nothing() {
    let place = Place::new();
    place.apply(&app("left", 1, nothing)).await;
    let text = refused(&place, &app("right", 1, |web| web.moved("web/left", "web/rihgt"))).await;
    assert!(text.contains("the program adds nothing there"), "{text}");
    let text = refused(&place, &app("right", 1, |web| web.moved("web/left/server", "web/right/sever"))).await;
    assert!(text.contains("did you mean `web/right/server`?"), "{text}");
}

#[tokio::test]
async fn a_protected_resource_may_move() {
    let place = Place::new();
    let guarded = |name: &'static str, from: Option<&'static str>| {
        app("left", 1, move |web| {
            web.add(name, Bucket::new().set("Name", "logs").protect());
            if let Some(from) = from {
                web.moved(from, "web/logs");
            }
        })
    };
    place.apply(&guarded("old", None)).await;
    place.apply(&guarded("logs", Some("web/old"))).await;
    assert!(place.record("web/logs").await.protect);
}

#[tokio::test]
async fn what_an_interrupted_run_was_making_is_found_under_its_new_address() {
    for point in 0..30 {
        let place = Place::new();
        mortal_run(&place, Some(&app("left", 1, nothing)), &Kill::at(point)).await;
        let after = app("right", 1, |web| web.moved("web/left", "web/right"));
        place.apply(&after).await;
        place.assert_in_step().await;
        assert_eq!(place.cloud.ids().len(), 4, "killed at point {point}: {:?}", place.cloud.ids());
        assert!(place.plan(&after).await.is_empty(), "killed at point {point}");
    }
}

#[tokio::test]
async fn an_interrupted_create_at_the_new_address_comes_first() {
    let place = Place::new();
    place.apply(&app("left", 1, nothing)).await;
    let unsettled = app("left", 1, |web| drop(web.add("new", Blob::new().set("Text", "x"))));
    place.cloud.fault("create", "web/new", Fault::Lost);
    assert!(!place.try_apply(&unsettled).await.is_complete(), "nobody can tell what became of a blob");
    let moves = vec![Move { from: "web/key".into(), to: "web/new".into(), source: None }];
    let options = PlanOptions { moves, ..PlanOptions::default() };
    let error = place.try_plan(&unsettled, &options).await.expect_err("both").diagnostics().to_string();
    assert!(error.contains("web/key: is said to have moved to `web/new`, and both are in the state"), "{error}");
}

/// Kills a run that moves and changes at one point after the other, and goes on each time.
#[tokio::test]
async fn killed_while_moving() {
    let before = app("left", 1, nothing);
    let after = app("right", 2, |web| web.moved("web/left", "web/right"));
    for point in 0.. {
        let place = Place::new();
        place.apply(&before).await;
        let ids = place.cloud.ids();
        let kill = Kill::at(point);
        mortal_run(&place, Some(&after), &kill).await;
        place.apply(&after).await;
        place.assert_in_step().await;
        assert_eq!(place.cloud.ids(), ids, "killed at point {point}: nothing is recreated");
        assert!(place.plan(&after).await.is_empty(), "killed at point {point}");
        if !kill.happened() {
            println!("killed at {point} points");
            assert!(point >= 10);
            return;
        }
    }
}
