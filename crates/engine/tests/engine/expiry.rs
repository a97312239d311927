//! Credentials that run out in the middle of a run.

use std::sync::Arc;

use ironwright_engine::{ErrorKind, OnExpired, Stop};

use crate::support::cloud::Fault;
use crate::support::program::{FIRST, Version, shop};
use crate::support::{Notes, Place};

/// A place where a run whose credentials run out does so.
fn place(on_expired: OnExpired) -> Place {
    let mut place = Place::new();
    place.settings.on_expired = on_expired;
    place
}

#[tokio::test]
async fn a_run_that_waits_goes_on_when_there_are_new_ones() {
    for calls in 0..16 {
        let place = place(OnExpired::Pause);
        place.cloud.expire(calls, 5);
        let (plan, notes) = (place.plan(&shop(FIRST)).await, Arc::new(Notes::default()));
        let report = place.engine().apply(&plan, &Stop::new(), notes.clone()).await.expect("a run");
        assert!(report.is_complete(), "{calls}: {:?}", report.failed);
        assert_eq!(place.cloud.ids().len(), 12, "{calls}");
        place.assert_in_step().await;
        let expired = usize::from(calls < 12);
        assert_eq!(notes.count("CredentialsExpired"), expired, "{calls}: one for all that wait");
        assert_eq!(notes.count("CredentialsRenewed"), expired, "{calls}");
    }
}

#[tokio::test]
async fn credentials_that_are_there_at_once_are_taken_without_a_word() {
    let place = place(OnExpired::Stop);
    place.cloud.expire(3, 0);
    let (plan, notes) = (place.plan(&shop(FIRST)).await, Arc::new(Notes::default()));
    let report = place.engine().apply(&plan, &Stop::new(), notes.clone()).await.expect("a run");
    assert!(report.is_complete() && notes.count("Credentials") == 0, "{:?}", report.failed);
}

#[tokio::test]
async fn where_nobody_can_renew_them_the_run_ends_and_the_next_goes_on() {
    for calls in 0..12 {
        let place = place(OnExpired::Stop);
        place.cloud.expire(calls, usize::MAX);
        let (plan, notes) = (place.plan(&shop(FIRST)).await, Arc::new(Notes::default()));
        let report = place.engine().apply(&plan, &Stop::new(), notes.clone()).await.expect("a run");
        assert!(report.expired && !report.interrupted && !report.is_complete(), "{calls}");
        assert!(report.failed.iter().all(|failure| failure.error.kind == ErrorKind::Expired), "{calls}");
        assert_eq!(report.done.len(), calls, "{calls}: what had been done is");
        assert!(report.failed.len() <= place.settings.parallelism, "{calls}: nothing new was started");
        assert_eq!(notes.count("CredentialsExpired"), 1, "{calls}");
        place.assert_in_step().await;

        place.cloud.renew();
        place.apply(&shop(FIRST)).await;
        assert_eq!(place.cloud.ids().len(), 12, "{calls}");
        place.assert_in_step().await;
    }
}

#[tokio::test]
async fn changes_and_deletes_wait_too() {
    let place = place(OnExpired::Pause);
    place.apply(&shop(FIRST)).await;
    place.cloud.expire(2, 3);
    place.apply(&shop(Version { size: 3, policy: "closed", ..FIRST })).await;
    place.cloud.expire(4, 3);
    assert!(place.destroy().await.is_complete());
    assert!(place.cloud.ids().is_empty());
}

#[tokio::test]
async fn a_run_that_waits_can_be_stopped() {
    let place = place(OnExpired::Pause);
    place.cloud.expire(2, usize::MAX);
    let stop = Stop::new();
    place.cloud.stop_after_renewals(7, &stop);
    let report =
        place.engine().apply(&place.plan(&shop(FIRST)).await, &stop, Arc::new(Notes::default())).await.expect("a run");
    assert!(report.interrupted && !report.expired, "{report:?}");
    place.assert_in_step().await;
}

/// What the credentials do not allow is no matter of time.
#[tokio::test]
async fn what_is_not_allowed_fails_alone() {
    let place = place(OnExpired::Pause);
    place.cloud.fault("create", "web/left/subnet", Fault::Fails(ErrorKind::Credentials));
    let notes = Arc::new(Notes::default());
    let report =
        place.engine().apply(&place.plan(&shop(FIRST)).await, &Stop::new(), notes.clone()).await.expect("a run");
    assert_eq!(report.failed.len(), 1);
    assert!(!report.expired && notes.count("CredentialsExpired") == 0);
    assert!(report.not_started.iter().all(|operation| operation.because_of.is_some()));
}
