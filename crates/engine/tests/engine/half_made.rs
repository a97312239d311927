//! A create that needs several calls of the cloud, and of which nobody hears after the first: what is there is found, and
//! brought to what was asked for.

use ironwright_core::App;
use ironwright_engine::{Action, ErrorKind};

use crate::kills::mortal_run;
use crate::support::Place;
use crate::support::cloud::Fault;
use crate::support::kill::Kill;
use crate::support::program::Key;

/// More points than any of these small runs has.
const POINTS: usize = 24;

/// A type that is found by its tags, and has no client token.
fn key() -> App {
    let mut app = App::new("shop").region("here-1");
    app.stack("web").add("key", Key::new().set("For", "all"));
    app
}

async fn assert_whole(place: &Place, about: &str) {
    assert_eq!(place.cloud.ids(), ["key-001"], "{about}");
    place.assert_in_step().await;
    assert!(place.plan(&key()).await.is_empty(), "{about}");
}

#[tokio::test]
async fn what_is_found_in_the_same_run_is_completed_in_it() {
    let place = Place::new();
    place.cloud.fault("create", "web/key", Fault::Begun("For"));
    place.apply(&key()).await;
    assert_eq!(place.cloud.calls(), ["create web/key", "find web/key", "update web/key"]);
    assert_eq!(place.cloud.changed(), Some(vec!["For".to_owned()]));
    assert_whole(&place, "").await;
}

#[tokio::test]
async fn a_kill_at_any_moment_leaves_nothing_half_made() {
    let mut completed = 0;
    for point in 0..POINTS {
        for plan_sees in [true, false] {
            let about = format!("killed at point {point}, seen by the plan: {plan_sees}");
            let place = Place::new();
            place.cloud.fault("create", "web/key", Fault::Begun("For"));
            mortal_run(&place, Some(&key()), &Kill::at(point)).await;
            let was_updated = |place: &Place| place.cloud.calls().contains(&"update web/key".to_owned());
            let is_half_made = !was_updated(&place) && place.cloud.ids() == ["key-001"];
            if !plan_sees {
                place.cloud.fault("find", "web/key", Fault::Fails(ErrorKind::Throttled));
            }
            let plan = place.plan(&key()).await;
            if is_half_made && plan_sees {
                let actions: Vec<_> = plan.changes.iter().map(|change| change.action).collect();
                assert_eq!(actions, [Action::Update], "{about}");
            }
            place.apply(&key()).await;
            assert!(was_updated(&place) || !is_half_made, "{about}");
            assert_whole(&place, &about).await;
            completed += usize::from(is_half_made);
        }
    }
    assert!(completed >= 4, "only {completed} of the deaths came in between");
}
