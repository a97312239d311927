//! What is written is what is read; what is kept, and what is dropped.

use std::collections::BTreeSet;
use std::sync::Arc;

use ironwright_engine::{Store as _, StoreError};
use ironwright_remote::{Location, RemoteStore};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore as _, ObjectStoreExt as _, PutMode};

use crate::support::{VirtualClock, last, line, marks, names, owner, snapshot, store};

#[tokio::test(start_paused = true)]
async fn a_run_is_read_as_it_was_written() {
    let (objects, clock) = (Arc::new(InMemory::new()), VirtualClock::new());
    let run = store(objects.clone(), &clock);
    assert_eq!(marks(&run.load().await.expect("nothing yet")).len(), 0);
    run.lock(&owner("a")).await.expect("free");
    run.save(snapshot(0, 1, &BTreeSet::new())).await.expect("ours");
    run.append(&[line(1, 1), line(2, 2)]).await.expect("ours");
    run.append(&[line(3, 3)]).await.expect("ours");
    let reader = store(objects.clone(), &clock);
    let stored = reader.load().await.expect("readable");
    assert_eq!((marks(&stored).len(), last(&stored)), (3, 3));
    run.save(snapshot(3, 2, &marks(&stored))).await.expect("ours");
    run.clear_journal().await.expect("ours");
    run.unlock(&owner("a")).await.expect("ours");
    let stored = reader.load().await.expect("readable");
    assert_eq!((marks(&stored).len(), last(&stored), stored.journal.len()), (3, 3, 0));
    let expect = [
        "lock/00000000000000000002.json",
        "lock/00000000000000000003.json",
        "snapshots/00000000000000000000-00000000000000000001.json",
        "snapshots/00000000000000000003-00000000000000000002.json",
    ];
    let names = names(&objects).await;
    assert_eq!(names[names.len() - 2..], expect[2..], "{names:?}");
    assert!(names.iter().filter(|name| name.starts_with("lock/")).count() <= 2, "{names:?}");
}

#[tokio::test(start_paused = true)]
async fn the_last_twenty_versions_are_kept() {
    let (objects, clock) = (Arc::new(InMemory::new()), VirtualClock::new());
    let run = store(objects.clone(), &clock);
    run.lock(&owner("a")).await.expect("free");
    for serial in 1..=30 {
        run.save(snapshot(0, serial, &BTreeSet::new())).await.expect("ours");
    }
    assert_eq!(run.history().await, Ok((10..=30).collect()));
    let serial = |found: Option<Arc<ironwright_engine::journal::Snapshot>>| found.map(|found| found.state.serial);
    assert_eq!(run.version(12).await.map(serial), Ok(Some(12)));
    assert_eq!(run.version(9).await.map(serial), Ok(None));
}

#[tokio::test(start_paused = true)]
async fn damage_is_told_with_what_is_left() {
    let (objects, clock) = (Arc::new(InMemory::new()), VirtualClock::new());
    let run = store(objects.clone(), &clock);
    run.lock(&owner("a")).await.expect("free");
    run.save(snapshot(0, 1, &BTreeSet::new())).await.expect("ours");
    for number in 1..=3 {
        run.append(&[line(number, number)]).await.expect("ours");
    }
    objects.delete(&Path::from("shop/dev/journal/00000000000000000002.ndjson")).await.expect("there");
    let gap = run.load().await.expect_err("a line is missing");
    assert_eq!(gap.to_string(), "the state is damaged: shop/dev/journal: lines of the journal are missing");
    let bad = Path::from("shop/dev/snapshots/00000000000000000009-00000000000000000002.json");
    objects.put_opts(&bad, "{}".into(), PutMode::Create.into()).await.expect("new");
    let damaged = run.load().await.expect_err("no snapshot");
    let previous = "shop/dev/snapshots/00000000000000000000-00000000000000000001.json";
    assert!(
        matches!(&damaged, StoreError::Damaged { previous: Some(path), .. } if path.to_str() == Some(previous)),
        "{damaged:?}"
    );
}

#[tokio::test]
async fn a_folder_is_a_store_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("file://{}/states", folder.path().display());
    let location: Location = url.parse().expect("a location");
    let clock = Arc::new(ironwright_engine::SystemClock::new());
    let run = |name| RemoteStore::new(&location, "shop", name, clock.clone());
    let (first, second) = (run("dev"), run("dev"));
    assert!(first.load().await.expect("nothing yet").snapshot.is_none());
    assert!(!folder.path().join("states").exists(), "reading makes nothing");
    first.lock(&owner("a")).await.expect("free");
    assert!(matches!(second.lock(&owner("b")).await, Err(StoreError::LockHeld(_))));
    first.save(snapshot(0, 1, &BTreeSet::new())).await.expect("ours");
    first.append(&[line(1, 1)]).await.expect("ours");
    first.append(&[line(2, 2)]).await.expect("ours");
    assert_eq!(last(&second.load().await.expect("readable")), 2);
    first.unlock(&owner("a")).await.expect("ours");
    second.lock(&owner("b")).await.expect("free");
    second.append(&[line(3, 3)]).await.expect("ours");
    assert!(folder.path().join("states/shop/dev/journal/00000000000000000003.ndjson").is_file());
    assert!(run("prod").load().await.expect("another stage").snapshot.is_none());
}
