//! One create that makes two: one is kept, the other is deleted, and nothing is unknown in between.

use std::sync::Arc;

use ironwright_core::{App, Resource as _};
use ironwright_engine::{Action, ErrorKind, Stop};

use crate::kills::mortal_run;
use crate::support::cloud::Fault;
use crate::support::kill::Kill;
use crate::support::program::Key;
use crate::support::{Notes, Place};

/// More points than any of these small runs has.
const POINTS: usize = 24;

/// A type that is found by its tags, and has no client token.
fn key() -> App {
    let mut app = App::new("shop").region("here-1");
    app.stack("web").add("key", Key::new().set("For", "all"));
    app
}

async fn assert_one(place: &Place, id: &str, about: &str) {
    assert_eq!(place.cloud.ids(), [id], "{about}");
    place.assert_in_step().await;
    let state = place.state().await;
    assert!(state.deposed.is_empty(), "{about}");
    assert!(place.plan(&key()).await.is_empty(), "{about}");
}

#[tokio::test]
async fn of_two_that_one_request_made_the_first_is_kept_and_the_other_deleted() {
    let place = Place::new();
    place.cloud.fault("create", "web/key", Fault::Twice);
    let notes = Arc::new(Notes::default());
    let plan = place.plan(&key()).await;
    let report = place.engine().apply(&plan, &Stop::new(), notes.clone()).await.expect("a run");
    assert!(report.is_complete(), "{:?}", report.failed);
    assert_eq!(notes.count("Recovered"), 1, "it is told");
    assert_one(&place, "key-001", "").await;
}

#[tokio::test]
async fn what_a_look_up_missed_is_found_once_it_was_made_again() {
    let place = Place::new();
    place.cloud.fault("create", "web/key", Fault::Lost);
    (0..6).for_each(|_| place.cloud.fault("find", "web/key", Fault::Unseen));
    place.apply(&key()).await;
    assert_one(&place, "key-002", "the answer of the second is at hand").await;
}

#[tokio::test]
async fn a_kill_at_any_moment_leaves_none_of_the_two_unknown() {
    for point in 0..POINTS {
        for plan_sees in [true, false] {
            let about = format!("killed at point {point}, seen by the plan: {plan_sees}");
            let place = Place::new();
            place.cloud.fault("create", "web/key", Fault::Twice);
            mortal_run(&place, Some(&key()), &Kill::at(point)).await;
            let made = place.cloud.ids().len();
            if !plan_sees {
                place.cloud.fault("find", "web/key", Fault::Fails(ErrorKind::Throttled));
            }
            let plan = place.plan(&key()).await;
            let deletes = plan.changes.iter().filter(|change| change.action == Action::Delete).count();
            assert!(deletes == 1 || made < 2 || !plan_sees, "{about}: {:?}", plan.changes);
            place.apply(&key()).await;
            assert_one(&place, "key-001", &about).await;
        }
    }
}

#[tokio::test]
async fn one_that_cannot_be_deleted_is_told_of_and_goes_later() {
    let place = Place::new();
    place.cloud.fault("create", "web/key", Fault::Twice);
    place.cloud.fault("delete", "web/key", Fault::Fails(ErrorKind::Credentials));
    let report = place.try_apply(&key()).await;
    assert!(report.failed[0].error.message.contains("key-002"), "{:?}", report.failed);
    place.assert_in_step().await;
    place.apply(&key()).await;
    assert_one(&place, "key-001", "").await;
}

#[tokio::test]
async fn what_is_to_be_left_in_the_cloud_is_not_left_there_twice() {
    let mut app = App::new("shop").region("here-1");
    app.stack("web").add("key", Key::new().set("For", "all").retain());
    let place = Place::new();
    place.cloud.fault("create", "web/key", Fault::Twice);
    mortal_run(&place, Some(&app), &Kill::at(9)).await;
    place.apply(&app).await;
    assert_eq!(place.cloud.ids(), ["key-001"]);
}
