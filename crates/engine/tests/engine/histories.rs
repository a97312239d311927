//! What simulated histories have found, each as the smallest story that shows it. The simulation is a crate of its own.

use std::sync::Arc;

use ironwright_core::{App, Secret, Text};
use ironwright_engine::{ErrorKind, Silent, Stop};

use crate::kills::mortal_run;
use crate::support::Place;
use crate::support::cloud::Fault;
use crate::support::kill::Kill;
use crate::support::program::{Bucket, Key, Network, Server, Vault, id};

/// More points than any of these small runs has.
const POINTS: usize = 20;

fn app(resources: impl FnOnce(&mut ironwright_core::Stack)) -> App {
    let mut app = App::new("shop").region("here-1");
    resources(app.stack("web"));
    app
}

fn network(cidr: &str) -> App {
    app(|web| drop(web.add("network", Network::new().set("Cidr", cidr))))
}

fn server_in_network(size: i32) -> App {
    app(|web| {
        let network = web.add("network", Network::new().set("Cidr", "10.0.0.0/16"));
        web.add("server", Server::new().set("Subnet", id(&network)).set("Size", size));
    })
}

fn vault(label: &str) -> App {
    let vault = Vault::new().set("Label", label).set("Password", Secret::<Text>::new("hunter22"));
    app(|web| drop(web.add("vault", vault)))
}

/// After `place` was applied: state and cloud agree, nothing is left over, and there is nothing to do.
async fn assert_settled(place: &Place, app: &App, live: usize, point: usize) {
    place.assert_in_step().await;
    assert_eq!(place.cloud.ids().len(), live, "killed at point {point}: {:?}", place.cloud.ids());
    assert!(place.state().await.deposed.is_empty(), "killed at point {point}");
    assert!(place.plan(app).await.is_empty(), "killed at point {point}");
}

#[tokio::test]
async fn an_update_that_takes_a_property_back_is_not_believed_done_before_it_is() {
    let place = Place::new();
    let server = |noted: bool| {
        let server = Server::new().set("Size", 1);
        app(|web| drop(web.add("server", if noted { server.set("Note", "x") } else { server })))
    };
    place.apply(&server(true)).await;
    place.cloud.calls();
    place.cloud.fault("update", "web/server", Fault::Fails(ErrorKind::OutcomeUnknown));
    place.apply(&server(false)).await;
    let updates = place.cloud.calls().iter().filter(|call| *call == "update web/server").count();
    assert_eq!(updates, 2, "nothing was done the first time, and the property was still there");
}

#[tokio::test]
async fn an_update_that_may_have_been_made_is_not_forgotten_when_the_next_attempt_is_refused() {
    let place = Place::new();
    let noted = |note: Option<&'static str>| {
        let server = Server::new().set("Size", 1).set("Password", Secret::<Text>::new("hunter22"));
        app(|web| drop(web.add("server", note.into_iter().fold(server, |server, note| server.set("Note", note)))))
    };
    place.apply(&noted(None)).await;
    place.cloud.fault("update", "web/server", Fault::Lost);
    place.cloud.fault("update", "web/server", Fault::Fails(ErrorKind::Refused));
    let report = place.try_apply(&noted(Some("x"))).await;
    assert_eq!(report.failed.len(), 1);
    place.cloud.calls();
    place.apply(&noted(None)).await;
    assert!(place.cloud.calls().contains(&"update web/server".to_owned()), "the note is taken back");
    assert!(place.plan(&noted(None)).await.is_empty());
}

#[tokio::test]
async fn an_interrupted_create_with_a_secret_is_looked_up_when_the_program_has_changed() {
    for point in 0..POINTS {
        for after in [vault("two"), network("10.0.0.0/16")] {
            let place = Place::new();
            mortal_run(&place, Some(&vault("one")), &Kill::at(point)).await;
            place.apply(&after).await;
            assert_settled(&place, &after, 1, point).await;
        }
    }
}

#[tokio::test]
async fn what_a_token_made_is_not_adopted_when_it_is_gone() {
    for point in 0..POINTS {
        let (place, after) = (Place::new(), server_in_network(1));
        mortal_run(&place, Some(&network("10.0.0.0/16")), &Kill::at(point)).await;
        for made in place.cloud.ids() {
            place.cloud.lose(&made);
        }
        place.apply(&after).await;
        assert_settled(&place, &after, 2, point).await;
    }
}

#[tokio::test]
async fn a_lost_resource_that_is_made_anew_by_a_killed_run_leaves_nothing_over() {
    for point in 0..POINTS {
        let (place, app) = (Place::new(), network("10.0.0.0/16"));
        place.apply(&app).await;
        place.cloud.lose(&place.cloud.ids()[0]);
        mortal_run(&place, Some(&app), &Kill::at(point)).await;
        place.apply(&app).await;
        assert_settled(&place, &app, 1, point).await;
    }
}

#[tokio::test]
async fn what_a_killed_run_made_does_not_keep_a_destroy_from_going_through() {
    for point in 0..POINTS {
        let place = Place::new();
        mortal_run(&place, Some(&server_in_network(1)), &Kill::at(point)).await;
        let report = place.destroy().await;
        assert!(report.is_complete(), "killed at point {point}: {:?}", report.failed);
        assert_eq!(place.cloud.ids(), Vec::<String>::new(), "killed at point {point}");
    }
}

#[tokio::test]
async fn what_a_killed_run_made_for_a_resource_that_is_replaced_goes_before_it() {
    let rebuilt = app(|web| {
        let network = web.add("network", Network::new().set("Cidr", "10.1.0.0/16"));
        web.add("server", Server::new().set("Subnet", id(&network)).set("Size", 1));
    });
    for point in 0..POINTS {
        let mut place = Place::new();
        place.settings.parallelism = 1;
        mortal_run(&place, Some(&server_in_network(1)), &Kill::at(point)).await;
        place.apply(&rebuilt).await;
        assert_settled(&place, &rebuilt, 2, point).await;
    }
}

#[tokio::test]
async fn a_stop_between_recovery_and_adoption_loses_nothing() {
    for point in 0..POINTS {
        let (place, app) = (Place::new(), network("10.0.0.0/16"));
        mortal_run(&place, Some(&app), &Kill::at(point)).await;
        let made = place.cloud.ids();
        let (plan, stop) = (place.plan(&app).await, Stop::new());
        stop.request();
        place.engine().apply(&plan, &stop, Arc::new(Silent)).await.expect("a run");
        place.apply(&app).await;
        assert_settled(&place, &app, 1, point).await;
        assert!(made.is_empty() || made == place.cloud.ids(), "killed at point {point}: it was made again");
    }
}

#[tokio::test]
async fn a_delete_outside_of_a_circle_still_waits_for_those_who_let_go() {
    let shop = |image: &'static str, class: &'static str| {
        app(|web| {
            let server = web.add("server", Server::new().set("Size", 1).set("Image", image));
            let bucket = web.add("bucket", Bucket::new().set("Name", "logs").set("Class", class));
            web.add("key", Key::new().set("For", id(&server)).set("Bucket", bucket.get("Arn")));
        })
    };
    let mut place = Place::new();
    place.settings.parallelism = 1;
    place.apply(&shop("one", "hot")).await;
    place.cloud.calls();
    place.apply(&shop("two", "cold")).await;
    let deletes = place.cloud.calls().iter().filter(|call| *call == "delete web/server").count();
    assert_eq!(deletes, 1, "the key has let go of the server by then");
}

/// Under a name that the program chose, a lost resource and the one an interrupted create made in its place are the same.
#[tokio::test]
async fn what_an_interrupted_create_made_is_not_deleted_where_the_plan_has_read_it_as_live() {
    let logs = app(|web| drop(web.add("logs", Bucket::new().set("Name", "logs").set("Policy", "open"))));
    for point in 0..POINTS {
        let place = Place::new();
        place.apply(&logs).await;
        place.cloud.lose("logs");
        mortal_run(&place, Some(&logs), &Kill::at(point)).await;
        place.cloud.calls();
        place.cloud.fault("read", "logs", Fault::Fails(ErrorKind::Throttled));
        place.apply(&logs).await;
        let calls = place.cloud.calls();
        assert!(!calls.contains(&"delete web/logs".to_owned()), "killed at point {point}: {calls:?}");
        assert_settled(&place, &logs, 1, point).await;
    }
}

#[tokio::test]
async fn a_name_is_free_before_another_address_takes_it() {
    let bucket = |address: &'static str, policy: &'static str| {
        app(|web| drop(web.add(address, Bucket::new().set("Name", "logs").set("Policy", policy))))
    };
    let place = Place::new();
    place.apply(&bucket("one", "open")).await;
    // Its content is another too, so this is no rename.
    let report = place.apply(&bucket("two", "closed")).await;
    assert_eq!(report.counts().destroy, 1);
    assert_settled(&place, &bucket("two", "closed"), 1, 0).await;
}
