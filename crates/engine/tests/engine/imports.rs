//! Imports: what the cloud has already is taken over; what differs is changed in place, or refused.

use ironwright_core::{App, Import, Resource, Secret, Stack, Text};
use ironwright_engine::{PlanOptions, Reason};
use serde_json::json;

use crate::kills::mortal_run;
use crate::support::Place;
use crate::support::cloud::Fault;
use crate::support::kill::Kill;
use crate::support::program::{Blob, Key, Network, Server, Subnet, Vault, id};
use crate::support::show::show;

fn empty() -> App {
    let mut app = App::new("shop").region("here-1");
    app.stack("web").add("anchor", Blob::new().set("Text", "anchor"));
    app
}

fn app(build: impl FnOnce(&mut Stack)) -> App {
    let mut app = empty();
    build(app.stack("web"));
    app
}

fn server(web: &mut Stack, change: impl FnOnce(Server) -> Server) {
    let subnet = web.add("subnet", Subnet::new().set("Cidr", "10.0.0.0/24"));
    let server = change(Server::new().set("Subnet", id(&subnet)).set("Size", 1).set("Image", "one"));
    let server = web.add("server", server);
    web.add("key", Key::new().set("For", server.get("Ip")));
    web.output("ip", server.get("Ip"));
}

/// A place where the cloud has a subnet and a server that the state knows nothing of; and their ids.
async fn with_strangers() -> (Place, String, String) {
    let place = Place::new();
    let kept = app(|web| {
        let subnet = web.add("subnet", Subnet::new().set("Cidr", "10.0.0.0/24").retain());
        let server = Server::new().set("Subnet", id(&subnet)).set("Size", 1).set("Image", "one").retain();
        web.add("server", server);
    });
    place.apply(&kept).await;
    let state = place.state().await;
    let id = |address: &str| state.resources[&address.into()].physical_id.clone();
    let (subnet, server) = (id("web/subnet"), id("web/server"));
    place.apply(&empty()).await;
    place.cloud.calls();
    (place, subnet, server)
}

fn importing(subnet: &str, id: &str, change: impl FnOnce(Server) -> Server) -> App {
    app(|web| {
        server(web, change);
        web.import("web/subnet", subnet);
        web.import("web/server", id);
    })
}

async fn refused(place: &Place, app: &App) -> String {
    place.try_plan(app, &PlanOptions::default()).await.expect_err("no plan").diagnostics().to_string()
}

#[tokio::test]
async fn what_is_the_same_is_only_recorded() {
    let (place, subnet, server) = with_strangers().await;
    let after = importing(&subnet, &server, |server| server);
    let plan = place.plan(&after).await;
    insta::assert_snapshot!(show(&plan), @r#"
        web/anchor ()
      = web/subnet ()
      = web/server ()
      + web/key (new)
          For: nothing -> "192.0.2.003"
    "#);
    let counts = plan.counts();
    assert_eq!((counts.import, counts.add, counts.change, counts.destroy), (2, 1, 0, 0));
    place.cloud.calls();
    let report = place.apply(&after).await;
    assert_eq!((report.counts().import, report.counts().change), (2, 0));
    let calls: Vec<String> = place.cloud.calls().into_iter().filter(|call| !call.starts_with("read")).collect();
    assert_eq!(calls, ["create web/key"]);
    place.assert_in_step().await;
    assert_eq!(place.record("web/server").await.physical_id, server);
    assert!(place.plan(&after).await.is_empty(), "an import may stay in the program");
}

#[tokio::test]
async fn what_differs_is_changed_in_place_by_the_same_plan() {
    let (place, subnet, server) = with_strangers().await;
    let after = importing(&subnet, &server, |server| server.set("Size", 2).set("Password", "pw"));
    let plan = place.plan(&after).await;
    insta::assert_snapshot!(show(&plan), @r#"
        web/anchor ()
      = web/subnet ()
      = web/server ()
          Password: nothing -> "pw"
          Size: 1 -> 2
      + web/key (new)
          For: nothing -> "192.0.2.003"
    "#);
    assert_eq!((plan.counts().import, plan.counts().change), (2, 1));
    place.apply(&after).await;
    place.assert_in_step().await;
    assert!(place.plan(&after).await.is_empty());
}

#[tokio::test]
async fn what_cannot_change_in_place_is_refused_unless_asked_for() {
    let (place, subnet, server) = with_strangers().await;
    let after = importing(&subnet, &server, |server| server.set("Image", "two"));
    insta::assert_snapshot!(refused(&place, &after).await, @r#"
    web/server: Image: what is to be imported differs from the program in what cannot be changed in place; nothing is replaced silently (main.rs:7)
      Image: the cloud has "one", the program says "two"
      help: let the program say what the cloud has; or, to have it replaced once it is imported, add `--replace web/server`
    "#);
    assert!(place.cloud.ids().contains(&server));
    let options = PlanOptions { replace: vec!["web/server".into()], ..PlanOptions::default() };
    let plan = place.try_plan(&after, &options).await.expect("a plan");
    let change = plan.change("web/server").expect("planned");
    assert!(change.action.is_replace() && change.reasons.contains(&Reason::Requested));
    place.apply_plan(&plan).await;
    assert!(!place.cloud.ids().contains(&server), "it was imported, and then replaced");
    place.assert_in_step().await;
    let text = refused(&place, &after).await;
    assert!(text.contains("the import has done its work, where it was replaced since"), "{text}");
}

#[tokio::test]
async fn what_cannot_be_imported_says_why() {
    let (place, subnet, server) = with_strangers().await;
    let text = refused(&place, &importing(&subnet, "srv-999", |server| server)).await;
    assert!(text.contains("web/server: there is no Fake::Server with the id `srv-999` in here-1 (crates/"), "{text}");
    let good = importing(&subnet, &server, |server| server);
    place.apply(&good).await;
    let text = refused(&place, &importing(&subnet, "srv-999", |server| server)).await;
    assert!(text.contains(&format!("is to be imported as `srv-999`, and is `{server}` already")), "{text}");
    let mut twice = good.clone();
    twice.stack("web").add("other", Subnet::new().set("Cidr", "10.0.0.0/24"));
    twice.stack("web").import("web/other", subnet.clone());
    assert!(twice.graph().is_err(), "two imports of one id");
    let managed = app(|web| {
        server_alone(web);
        web.add("other", Subnet::new().set("Cidr", "10.0.0.0/24"));
        web.import("web/other", subnet.clone());
    });
    let text = refused(&place, &managed).await;
    assert!(text.contains(&format!("web/other: `{subnet}` is managed already, at `web/subnet`")), "{text}");
    assert!(text.contains("stack.moved(\"web/subnet\", \"web/other\");"), "{text}");
}

fn server_alone(web: &mut Stack) {
    server(web, |server| server);
}

#[tokio::test]
async fn all_imports_of_a_type_are_read_in_one_call_and_a_plan_writes_nothing() {
    let place = Place::new();
    let kept = app(|web| {
        for name in ["a", "b", "c"] {
            web.add(name, Vault::new().set("Label", name).retain());
        }
    });
    place.apply(&kept).await;
    let state = place.state().await;
    place.apply(&empty()).await;
    place.cloud.calls();
    let after = app(|web| {
        for name in ["a", "b", "c"] {
            web.add(name, Vault::new().set("Label", name));
            web.import(
                format!("web/{name}").as_str(),
                state.resources[&format!("web/{name}").as_str().into()].physical_id.clone(),
            );
        }
    });
    let before = place.state().await;
    let plan = place.plan(&after).await;
    assert_eq!(plan.counts().import, 3);
    assert_eq!(place.cloud.calls().iter().filter(|call| call.starts_with("read vault")).count(), 3, "each once");
    assert_eq!(place.state().await, before);
}

#[tokio::test]
async fn a_secret_of_an_imported_resource_stays_one() {
    let place = Place::new();
    let secret = || Secret::<Text>::new("hunter2hunter2");
    place.apply(&app(|web| drop(web.add("vault", Vault::new().set("Label", secret()).retain())))).await;
    let vault = place.record("web/vault").await.physical_id.clone();
    place.apply(&empty()).await;
    let after = |label: Secret<Text>| {
        app(|web| {
            web.add("vault", Vault::new().set("Label", label));
            web.import("web/vault", vault.clone());
        })
    };
    let changed = place.plan(&after(Secret::new("another one"))).await;
    assert!(!format!("{:?}", changed.changes).contains("hunter2hunter2"), "{:?}", changed.changes);
    assert_eq!(place.plan(&after(secret())).await.counts().change, 0);
    place.apply(&after(secret())).await;
    let text = serde_json::to_string(&place.state().await).expect("plain data");
    assert!(!text.contains("hunter2hunter2"), "{text}");
    assert!(place.plan(&after(secret())).await.is_empty());
}

/// A program with `resource` alone, interrupted while it was made; the id of what was made.
async fn interrupted<R: Resource>(place: &Place, resource: R) -> String {
    (0..6).for_each(|_| place.cloud.fault("create", "web/it", Fault::Lost));
    assert!(!place.try_apply(&app(|web| drop(web.add("it", resource)))).await.is_complete());
    let anchor = place.record("web/anchor").await.physical_id;
    place.cloud.ids().into_iter().find(|id| *id != anchor).expect("it was made")
}

#[tokio::test]
async fn what_an_interrupted_run_may_have_made_is_settled_before_it_is_imported() {
    let place = Place::new();
    let made = interrupted(&place, Network::new().set("Cidr", "10.0.0.0/16")).await;
    let after = app(|web| {
        web.add("it", Network::new().set("Cidr", "10.0.0.0/16"));
        web.import("web/it", made.clone());
    });
    let text = refused(&place, &after).await;
    assert!(text.contains("whether an interrupted run made `web/it` is not settled"), "{text}");
    assert!(place.cloud.ids().contains(&made));
}

/// Where the cloud cannot be asked, whoever imports says what the interrupted create made.
#[tokio::test]
async fn an_import_says_what_the_cloud_cannot_tell() {
    let place = Place::new();
    let made = interrupted(&place, Blob::new().set("Text", "x")).await;
    let after = app(|web| {
        web.add("it", Blob::new().set("Text", "x"));
        web.import("web/it", made.clone());
    });
    place.apply(&after).await;
    assert_eq!(place.record("web/it").await.physical_id, made);
    assert!(place.plan(&after).await.is_empty());
    place.assert_in_step().await;
}

#[tokio::test]
async fn asked_for_on_the_command_line_it_needs_what_it_needs_to_be_live() {
    let (place, subnet, server) = with_strangers().await;
    let program = app(server_alone);
    let import = |address: &str, id: &str| PlanOptions {
        only: vec![address.into()],
        imports: vec![Import { address: address.into(), physical_id: id.to_owned(), source: None }],
        ..PlanOptions::default()
    };
    let error = place.try_plan(&program, &import("web/server", &server)).await.expect_err("no subnet");
    assert!(error.diagnostics().to_string().contains("needs `web/subnet`, which the state does not have yet"));
    let error = place.try_plan(&program, &import("web/sever", &server)).await.expect_err("a slip");
    assert!(error.diagnostics().to_string().contains("did you mean `web/server`?"));
    for (address, id) in [("web/subnet", &subnet), ("web/server", &server)] {
        let plan = place.try_plan(&program, &import(address, id)).await.expect("a plan");
        assert_eq!((plan.counts().import, plan.counts().add), (1, 0), "{address}");
        place.apply_plan(&plan).await;
    }
    assert_eq!(place.plan(&program).await.counts().add, 1, "the key alone is left");
}

/// Kills a run that imports and changes at one point after the other, and goes on each time.
#[tokio::test]
async fn killed_while_importing() {
    for point in 0.. {
        let (place, subnet, server) = with_strangers().await;
        let after = importing(&subnet, &server, |server| server.set("Size", 2).set("Note", "x"));
        let kill = Kill::at(point);
        mortal_run(&place, Some(&after), &kill).await;
        place.apply(&after).await;
        place.assert_in_step().await;
        let ids = place.cloud.ids();
        assert!(ids.contains(&server) && ids.contains(&subnet) && ids.len() == 4, "killed at point {point}: {ids:?}");
        assert!(place.plan(&after).await.is_empty(), "killed at point {point}");
        let live = &place.record("web/server").await.model;
        assert_eq!((&live["Size"], &live["Note"]), (&json!(2), &json!("x")), "killed at point {point}");
        if !kill.happened() {
            println!("killed at {point} points");
            assert!(point >= 10);
            return;
        }
    }
}
