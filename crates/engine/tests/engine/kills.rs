//! Kills at every point of create, update, replace and destroy runs: the next run continues (invariants I2 and I3).
//! The heavy proof, with real processes, is in the workspace's own tests.

use std::sync::Arc;

use ironwright_core::App;
use ironwright_engine::{NoVault, PlanOptions, Silent, Stop, Vault};

use crate::support::Place;
use crate::support::kill::{Kill, MortalCaller, MortalStore};
use crate::support::program::{FIRST, Version, shop};

/// One run of `app`, or a destroy, by a process that may be killed. What comes of it nobody sees.
pub(crate) async fn mortal_run(place: &Place, app: Option<&App>, kill: &Kill) {
    mortal_run_with(place, app, kill, || Arc::new(NoVault)).await;
}

/// The same with a vault.
pub(crate) async fn mortal_run_with(
    place: &Place,
    app: Option<&App>,
    kill: &Kill,
    vault: impl FnOnce() -> Arc<dyn Vault>,
) {
    let caller = MortalCaller(place.cloud.clone(), kill.clone());
    let engine = place.engine_over(Arc::new(caller), Arc::new(MortalStore(place.store.clone(), kill.clone())));
    let engine = engine.with_vault(vault());
    let plan = match app {
        Some(app) => engine.plan(&app.graph().expect("valid"), &PlanOptions::default(), &Silent).await,
        None => engine.plan_destroy(&PlanOptions::default(), &Silent).await,
    };
    let _ = engine.apply(&plan.expect("a plan"), &Stop::new(), Arc::new(Silent)).await;
    place.store.kill_holder();
}

/// Applies `before` in peace, kills a run of `after` at one point after the other, and goes on each time. Returns the
/// number of points.
async fn check(parallelism: usize, before: Option<&App>, after: Option<&App>) -> usize {
    for point in 0.. {
        let mut place = Place::new();
        place.settings.parallelism = parallelism;
        if let Some(before) = before {
            place.apply(before).await;
        }
        let kill = Kill::at(point);
        mortal_run(&place, after, &kill).await;
        let Some(after) = after else {
            let report = place.destroy().await;
            assert!(report.is_complete(), "killed at point {point}: {:?}", report.failed);
            assert_eq!(place.cloud.ids(), Vec::<String>::new(), "killed at point {point}");
            if !kill.happened() {
                return point;
            }
            continue;
        };
        let report = place.try_apply(after).await;
        assert!(report.is_complete(), "killed at point {point}: {:?}", report.failed);
        place.assert_in_step().await;
        assert_eq!(place.cloud.ids().len(), 12, "killed at point {point}: {:?}", place.cloud.ids());
        let plan = place.plan(after).await;
        assert!(plan.is_empty(), "killed at point {point}: {plan:#?}");
        if !kill.happened() {
            return point;
        }
    }
    unreachable!("a run passes a finite number of points")
}

async fn check_all(parallelism: usize) {
    let first = shop(FIRST);
    let changed = shop(Version { size: 2, policy: "closed", ..FIRST });
    let replaced = shop(Version { image: "two", bucket_class: "cold", ..FIRST });
    let rebuilt = shop(Version { cidr: "10.1.0.0/16", ..FIRST });
    let create = check(parallelism, None, Some(&first)).await;
    let update = check(parallelism, Some(&first), Some(&changed)).await;
    let replace = check(parallelism, Some(&first), Some(&replaced)).await;
    let moved = check(parallelism, Some(&first), Some(&rebuilt)).await;
    let destroy = check(parallelism, Some(&first), None).await;
    println!("killed at {} points", create + update + replace + moved + destroy);
    assert!(create > 40 && update > 20 && replace > 40 && moved > 60 && destroy > 40);
}

#[tokio::test]
async fn one_at_a_time() {
    check_all(1).await;
}

#[tokio::test]
async fn four_at_a_time() {
    check_all(4).await;
}

/// Killed while creating, and the program is edited before the next run: what was made and is not wanted any more goes.
#[tokio::test]
async fn a_program_edited_after_a_kill() {
    let (first, edited) = (shop(FIRST), shop(Version { image: "two", cidr: "10.1.0.0/16", ..FIRST }));
    for point in 0..60 {
        let place = Place::new();
        mortal_run(&place, Some(&first), &Kill::at(point)).await;
        place.try_apply(&edited).await;
        place.apply(&edited).await;
        place.assert_in_step().await;
        assert_eq!(place.cloud.ids().len(), 12, "killed at point {point}: {:?}", place.cloud.ids());
        assert!(place.plan(&edited).await.is_empty(), "killed at point {point}");
    }
}

#[tokio::test]
async fn a_plan_says_what_is_recovered_and_writes_nothing() {
    let place = Place::new();
    let first = shop(FIRST);
    mortal_run(&place, Some(&first), &Kill::at(6)).await;
    let plan = place.plan(&first).await;
    assert!(!plan.recovering.is_empty(), "{plan:#?}");
    let again = place.plan(&first).await;
    assert_eq!(plan.recovering, again.recovering);
}
