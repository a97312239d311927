//! Who gets the lock, from whom, and what the others are told.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ironwright_engine::{Clock as _, Standing, Store as _, StoreError};
use object_store::memory::InMemory;

use crate::support::{VirtualClock, last, line, owner, snapshot, store};

#[tokio::test(start_paused = true)]
async fn one_of_two_gets_it_and_the_other_is_told_who_has_it() {
    let (objects, clock) = (Arc::new(InMemory::new()), VirtualClock::new());
    let (first, second) = (store(objects.clone(), &clock), store(objects, &clock));
    assert_eq!(first.lock(&owner("a")).await, Ok(None));
    clock.sleep(Duration::from_secs(4)).await;
    let refused = second.lock(&owner("b")).await.expect_err("held");
    assert_eq!(
        refused.to_string(),
        "another run holds the state: held by `apply` by a@desk (process 7), since 00:00:00 UTC, live, last seen 4 s ago"
    );
    first.unlock(&owner("a")).await.expect("ours");
    assert_eq!(second.lock(&owner("b")).await, Ok(None), "given back, so nobody is taken over");
    assert_eq!(second.holder().await.expect("readable").map(|holder| holder.owner), Some(owner("b")));
    second.unlock(&owner("b")).await.expect("ours");
    assert_eq!(second.holder().await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_lives_keeps_it_for_ever() {
    let (objects, clock) = (Arc::new(InMemory::new()), VirtualClock::new());
    let (first, second) = (store(objects.clone(), &clock), store(objects, &clock));
    first.lock(&owner("a")).await.expect("free");
    for _ in 0..20 {
        clock.sleep(Duration::from_secs(45)).await;
        assert!(matches!(second.lock(&owner("b")).await, Err(StoreError::LockHeld(_))));
    }
    first.append(&[line(1, 1)]).await.expect("still ours");
}

#[tokio::test(start_paused = true)]
async fn a_silent_holder_is_taken_over_after_its_lease_and_a_look() {
    let (objects, clock) = (Arc::new(InMemory::new()), VirtualClock::new());
    let first = store(objects.clone(), &clock);
    first.lock(&owner("a")).await.expect("free");
    drop(first);
    let since = clock.elapsed();
    let second = store(objects, &clock);
    let taken_over = loop {
        match second.lock(&owner("b")).await {
            Ok(taken_over) => break taken_over.expect("a was there"),
            Err(StoreError::LockHeld(holder)) => assert!(!holder.is_stale(), "{holder}"),
            Err(other) => panic!("{other}"),
        }
        clock.sleep(Duration::from_secs(1)).await;
    };
    assert_eq!(taken_over.owner, owner("a"));
    assert!(taken_over.is_stale());
    let waited = clock.elapsed().saturating_sub(since).as_secs();
    assert!((60..=81).contains(&waited), "{waited} s");
}

/// The clocks of two machines may differ: a holder that seems overdue and gives a sign of life is not taken over.
#[tokio::test(start_paused = true)]
async fn a_holder_whose_clock_is_behind_is_watched_first() {
    let (objects, clock) = (Arc::new(InMemory::new()), VirtualClock::new());
    let first = store(objects.clone(), &clock);
    first.lock(&owner("a")).await.expect("free");
    let ahead = Arc::new(Ahead(clock.clone(), Duration::from_mins(3)));
    let second = ironwright_remote::RemoteStore::over(objects, "shop", "dev", ahead);
    for _ in 0..20 {
        let refused = second.lock(&owner("b")).await;
        assert!(matches!(&refused, Err(StoreError::LockHeld(holder)) if !holder.is_stale()), "{refused:?}");
        clock.sleep(Duration::from_secs(3)).await;
    }
    drop(first);
    clock.sleep(Duration::from_secs(61)).await;
    assert!(matches!(second.lock(&owner("b")).await, Ok(Some(_))), "silent for a whole lease");
}

/// A clock that is ahead of another.
struct Ahead(Arc<VirtualClock>, Duration);

#[async_trait::async_trait]
impl ironwright_engine::Clock for Ahead {
    fn now(&self) -> u64 {
        self.0.now() + u64::try_from(self.1.as_millis()).expect("short")
    }
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
    async fn sleep(&self, duration: Duration) {
        self.0.sleep(duration).await;
    }
}

#[tokio::test(start_paused = true)]
async fn breaking_needs_the_right_id_and_stops_the_holder() {
    let (objects, clock) = (Arc::new(InMemory::new()), VirtualClock::new());
    let (first, second) = (store(objects.clone(), &clock), store(objects, &clock));
    assert_eq!(second.break_lock("a", &owner("b")).await, Err(StoreError::NotLocked));
    first.lock(&owner("a")).await.expect("free");
    first.save(snapshot(0, 1, &BTreeSet::new())).await.expect("ours");
    first.append(&[line(1, 1)]).await.expect("ours");
    let wrong = second.break_lock("x", &owner("b")).await.expect_err("another id");
    assert!(wrong.to_string().starts_with("there is no lock `x`: the state is held by `apply` by a@desk"), "{wrong}");
    let broken = second.break_lock("a", &owner("b")).await.expect("the right id");
    assert_eq!(broken.standing, Standing::Seen(Duration::ZERO));
    assert_eq!(second.holder().await, Ok(None));
    second.lock(&owner("c")).await.expect("free now");
    let lost = first.append(&[line(2, 2)]).await.expect_err("fenced");
    assert!(matches!(&lost, StoreError::Fenced { by } if by.id == "c"), "{lost}");
    assert_eq!(last(&second.load().await.expect("readable")), 2, "the fence is the second line");
}

/// The process of a holder on this machine is gone: no lease is waited for.
#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn a_dead_process_of_this_machine_is_taken_over_at_once() {
    let (objects, clock) = (Arc::new(InMemory::new()), VirtualClock::new());
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("linux");
    let namespace = std::fs::read_link("/proc/self/ns/pid").expect("linux");
    let machine = format!("{}/{}", boot.trim(), namespace.display());
    // This very number is alive, but began at another time: it is another process.
    let dead = ironwright_engine::LockOwner { pid: std::process::id(), started: 1, machine, ..owner("a") };
    store(objects.clone(), &clock).lock(&dead).await.expect("free");
    let taken_over = store(objects, &clock).lock(&owner("b")).await.expect("at once").expect("taken over");
    assert!(taken_over.to_string().ends_with("stale: its process is gone"), "{taken_over}");
    assert!(clock.elapsed() < Duration::from_secs(1));
}
