//! Panics: of a provider in any call, and of what belongs to the run itself. None ends the process, nothing is lost, the
//! lock is given back, and the message says what to do.

use std::sync::Arc;

use ironwright_core::{Address, App, Secret, Text};
use ironwright_engine::{EngineError, ErrorKind, Event, Observer, PlanOptions, Silent, Stop, Store as _};

use crate::kills::mortal_run;
use crate::support::cloud::Fault;
use crate::support::kill::Kill;
use crate::support::program::{FIRST, Vault, Version, shop};
use crate::support::{Notes, Place};

/// A place where [`FIRST`] is live, with the next `verb` on `name` to panic.
async fn place_with_panic(verb: &str, name: &str) -> Place {
    let place = Place::new();
    place.apply(&shop(FIRST)).await;
    place.cloud.fault(verb, name, Fault::Panics);
    place
}

/// Nobody holds the lock, and the next apply of `app` settles all.
async fn assert_goes_on(place: &Place, app: &App) {
    let owner = ironwright_engine::LockOwner {
        id: "another".to_owned(),
        owner: "test".to_owned(),
        command: "test".to_owned(),
        ..Default::default()
    };
    place.store.lock(&owner).await.expect("the lock is free");
    place.store.unlock(&owner).await.expect("it was ours");
    place.apply(app).await;
    place.assert_in_step().await;
    assert!(place.plan(app).await.is_empty());
}

#[tokio::test]
async fn in_a_change_it_fails_that_step_alone_and_its_outcome_is_unknown() {
    let bigger = shop(Version { size: 2, policy: "closed", ..FIRST });
    let other = shop(Version { image: "two", bucket_class: "cold", ..FIRST });
    for (verb, address, app) in [
        ("update", "web/left/one", &bigger),
        ("create", "web/left/one", &other),
        ("delete", "web/left/one", &other),
        ("create", "web/logs", &other),
    ] {
        let place = place_with_panic(verb, address).await;
        let report = place.try_apply(app).await;
        let failure = &report.failed[0];
        assert_eq!((report.failed.len(), failure.address.as_str()), (1, address), "{:?}", report.failed);
        assert_eq!(failure.error.kind, ErrorKind::Panicked);
        let text = failure.error.to_string();
        assert!(text.contains("`fake` panicked") && text.contains("injected") && text.contains("next run"), "{text}");
        assert_goes_on(&place, app).await;
    }
}

#[tokio::test]
async fn in_a_read_nothing_is_planned_and_the_message_names_the_resource() {
    let place = Place::new();
    place.apply(&shop(FIRST)).await;
    let id = place.state().await.resources[&Address::new("web/left/one")].physical_id.clone();
    let (before, serial) = (place.cloud.ids(), place.state().await.serial);
    let refused = |error: EngineError| {
        let text = error.diagnostics().to_string();
        for part in ["web/left/one", "cannot be read, so nothing is planned", "`fake` panicked", "--refresh=false"] {
            assert!(text.contains(part), "{part:?} is not in: {text}");
        }
    };
    place.cloud.fault("read", &id, Fault::Panics);
    refused(place.try_plan(&shop(FIRST), &PlanOptions::default()).await.expect_err("it cannot be read"));
    place.cloud.fault("read", &id, Fault::Panics);
    refused(place.engine().refresh(&Silent).await.expect_err("it cannot be read"));
    place.cloud.fault("read", &id, Fault::Panics);
    refused(place.engine().accept(&Silent).await.expect_err("it cannot be read"));
    assert_eq!((place.cloud.ids(), place.state().await.serial), (before, serial), "nothing was written");
    assert_goes_on(&place, &shop(FIRST)).await;
}

#[tokio::test]
async fn in_a_look_up_of_a_recovery_the_operation_stays_pending() {
    for point in 1..12 {
        let place = Place::new();
        mortal_run(&place, Some(&shop(FIRST)), &Kill::at(point * 4)).await;
        for address in ["web/left/subnet", "web/right/subnet", "web/spare-key", "web/logs-key"] {
            // One for the plan, and one for the apply.
            place.cloud.fault("find", address, Fault::Panics);
            place.cloud.fault("find", address, Fault::Panics);
        }
        let report = place.try_apply(&shop(FIRST)).await;
        assert!(report.failed.iter().all(|failure| !failure.error.nothing_was_done()), "{:?}", report.failed);
        place.cloud.forgive();
        assert_goes_on(&place, &shop(FIRST)).await;
    }
}

/// An observer that panics when something is done.
struct Clumsy;

impl Observer for Clumsy {
    fn event(&self, event: &Event) {
        if matches!(event, Event::Finished { .. }) {
            panic!("dropped");
        }
    }
}

#[tokio::test]
async fn of_the_run_itself_is_an_error_that_says_how_to_go_on() {
    let place = Place::new();
    let plan = place.plan(&shop(FIRST)).await;
    let error = place.engine().apply(&plan, &Stop::new(), Arc::new(Clumsy)).await.expect_err("it panics");
    let text = error.diagnostics().to_string();
    assert!(matches!(&error, EngineError::Panicked { message } if message == "dropped"), "{text}");
    assert!(text.contains("type `apply`"), "{text}");
    assert_goes_on(&place, &shop(FIRST)).await;
}

#[tokio::test]
async fn no_error_repeats_a_secret_that_was_sent_not_even_while_it_is_tried_again() {
    let vault = |label: &str| {
        let mut app = App::new("shop").region("here-1");
        let password = Secret::<Text>::new("hunter22");
        app.stack("web").add("vault", Vault::new().set("Label", label.to_owned()).set("Password", password));
        app
    };
    let place = Place::new();
    for (verb, app) in [("create", vault("one")), ("update", vault("two"))] {
        place.cloud.fault(verb, "web/vault", Fault::Repeats);
        let notes = Arc::new(Notes::default());
        let plan = place.plan(&app).await;
        let report = place.engine().apply(&plan, &Stop::new(), notes.clone()).await.expect("a run");
        assert!(report.is_complete(), "{:?}", report.failed);
        assert_eq!((notes.count("Retrying"), notes.count("(sensitive)"), notes.count("hunter22")), (1, 1, 0));
    }
}
