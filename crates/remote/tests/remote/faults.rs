//! Requests that are lost, answered into the void, or sent twice.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ironwright_engine::{Clock as _, Store as _, StoreError};
use object_store::memory::InMemory;

use crate::support::{Fate, Faulty, VirtualClock, last, line, marks, owner, snapshot, store};

/// A whole run, whose requests suffer `fate` at every `nth`; it must go as if nothing had happened.
async fn check(fate: Fate, nth: usize) {
    let (objects, clock) = (Arc::new(InMemory::new()), VirtualClock::new());
    let faulty = Faulty::new(objects.clone());
    faulty.decide(move |number, _| if number % nth == 0 { fate } else { Fate::Done });
    let run = store(faulty, &clock);
    assert_eq!(run.lock(&owner("a")).await, Ok(None), "{fate:?} {nth}: its own lock is no other's");
    run.save(snapshot(0, 1, &BTreeSet::new())).await.expect("ours");
    for number in 1..=5 {
        run.append(&[line(number, number)]).await.unwrap_or_else(|error| panic!("{fate:?} {nth}: {error}"));
        clock.sleep(Duration::from_secs(20)).await;
    }
    let stored = run.load().await.expect("readable");
    run.save(snapshot(last(&stored), 2, &marks(&stored))).await.expect("ours");
    run.clear_journal().await.expect("ours");
    run.unlock(&owner("a")).await.expect("ours");
    let reader = store(objects, &clock);
    assert_eq!(marks(&reader.load().await.expect("readable")).len(), 5);
    assert_eq!(reader.lock(&owner("b")).await, Ok(None), "{fate:?} {nth}: it was given back");
}

/// The retried conditional write meets its own first try: it is no lost lock (opentofu/opentofu#4405).
#[tokio::test(start_paused = true)]
async fn a_write_that_meets_its_own_first_try_has_succeeded() {
    for nth in 1..=4 {
        check(Fate::Doubled, nth).await;
    }
    for nth in 2..=5 {
        check(Fate::ResponseLost, nth).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_request_is_sent_again() {
    // At every second, all tries of the first write would be lost: it is looked for after each.
    for nth in 3..=6 {
        check(Fate::Lost, nth).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_gone_ends_the_run_and_the_next_goes_on() {
    let (objects, clock) = (Arc::new(InMemory::new()), VirtualClock::new());
    let faulty = Faulty::new(objects.clone());
    let run = store(faulty.clone(), &clock);
    run.lock(&owner("a")).await.expect("free");
    run.save(snapshot(0, 1, &BTreeSet::new())).await.expect("ours");
    run.append(&[line(1, 1)]).await.expect("ours");
    faulty.decide(|_, _| Fate::ResponseLost);
    let broken = run.append(&[line(2, 2)]).await.expect_err("nobody answers");
    assert!(matches!(broken, StoreError::Unreadable { .. } | StoreError::NotWritable { .. }), "{broken}");
    faulty.decide(|_, _| Fate::Done);
    run.unlock(&owner("a")).await.expect("ours");
    let next = store(objects, &clock);
    next.lock(&owner("b")).await.expect("free");
    assert_eq!(last(&next.load().await.expect("readable")), 2, "it was written, though nobody knew");
    next.append(&[line(3, 3)]).await.expect("ours");
}

/// Without a sign of life for a whole lease, a holder makes sure of its lock before it writes.
#[tokio::test(start_paused = true)]
async fn a_holder_that_was_cut_off_regains_its_lock_if_nobody_took_it() {
    let (objects, clock) = (Arc::new(InMemory::new()), VirtualClock::new());
    let faulty = Faulty::new(objects.clone());
    let run = store(faulty.clone(), &clock);
    run.lock(&owner("a")).await.expect("free");
    run.save(snapshot(0, 1, &BTreeSet::new())).await.expect("ours");
    faulty.decide(|_, _| Fate::Lost);
    clock.sleep(Duration::from_mins(5)).await;
    faulty.decide(|_, _| Fate::Done);
    run.append(&[line(1, 1)]).await.expect("nobody else was there");
    faulty.decide(|_, _| Fate::Lost);
    clock.sleep(Duration::from_mins(5)).await;
    let other = store(objects, &clock);
    let taken_over = other.lock(&owner("b")).await.expect("stale").expect("taken over");
    assert_eq!(taken_over.owner, owner("a"));
    faulty.decide(|_, _| Fate::Done);
    let lost = run.append(&[line(2, 2)]).await.expect_err("fenced");
    assert!(matches!(&lost, StoreError::Fenced { by } if by.id == "b"), "{lost}");
    let lost = run.save(snapshot(1, 2, &BTreeSet::new())).await.expect_err("fenced");
    assert!(matches!(&lost, StoreError::Fenced { by } if by.id == "b"), "{lost}");
    run.unlock(&owner("a")).await.expect("nothing of ours to give back");
    assert_eq!(other.holder().await.expect("readable").map(|holder| holder.owner), Some(owner("b")));
}
