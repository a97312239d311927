//! The versions of a state: which are kept, by whom they were saved, and what a crash leaves of them.

use std::fs;
use std::sync::Arc;

use ironwright_engine::journal::{Saved, Snapshot};
use ironwright_engine::{FileStore, MemoryStore, State, Store};

use crate::files::Folder;
use crate::support::Place;
use crate::support::program::{FIRST, Version, shop};

fn snapshot(serial: u64) -> Arc<Snapshot> {
    let state = State { app: "shop".to_owned(), serial, ..State::default() };
    Arc::new(Snapshot { state, ..Snapshot::default() })
}

async fn serials(store: &dyn Store) -> Vec<u64> {
    store.history().await.expect("listed")
}

#[tokio::test]
async fn the_last_twenty_versions_are_kept() {
    let folder = Folder::new();
    let stores: [Arc<dyn Store>; 2] =
        [Arc::new(FileStore::new(folder.path().to_owned())), Arc::new(MemoryStore::default())];
    for store in stores {
        for serial in 1..=30 {
            store.save(snapshot(serial)).await.expect("saved");
        }
        assert_eq!(serials(&*store).await, (10..=29).collect::<Vec<u64>>());
        let version = store.version(17).await.expect("readable").expect("kept");
        assert_eq!(version, snapshot(17));
        assert_eq!(store.version(9).await.expect("readable"), None);
    }
}

#[tokio::test]
async fn a_version_says_by_whom_and_when_it_was_saved() {
    let (folder, mut place) = (Folder::new(), Place::new());
    place.settings.owner = "ann@desk".to_owned();
    folder.apply(&place, &shop(FIRST)).await.expect("a run");
    let store = FileStore::new(folder.path().to_owned());
    let saved = store.load().await.expect("read").snapshot.expect("there").saved.clone().expect("said");
    assert_eq!(saved, Saved { at: saved.at, command: "apply".to_owned(), owner: "ann@desk".to_owned() });
    assert!(saved.at >= 1_000, "the clock's time");
}

#[tokio::test]
async fn a_state_of_an_earlier_release_says_nothing_of_who_saved_it() {
    let (folder, place) = (Folder::new(), Place::new());
    let store = FileStore::new(folder.path().to_owned());
    let plain = Snapshot { state: State { target: "simulated".to_owned(), ..State::default() }, ..Snapshot::default() };
    store.save(Arc::new(plain)).await.expect("saved");
    assert!(!fs::read_to_string(folder.file("state.json")).expect("written").contains("saved"));
    folder.apply(&place, &shop(FIRST)).await.expect("a run");
    assert_eq!(store.version(0).await.expect("readable").expect("kept").saved, None);
}

/// A run that was killed while it kept a version leaves names behind; the next one saves as if nothing had been.
#[tokio::test]
async fn what_a_kill_leaves_of_keeping_a_version_does_no_harm() {
    let leftovers: [&dyn Fn(&Folder); 3] = [
        &|folder| fs::hard_link(folder.file("state.json"), folder.file("history/link")).expect("linked"),
        &|folder| fs::hard_link(folder.file("state.json"), folder.file("history/2.json")).expect("linked"),
        &|folder| fs::write(folder.file("state.json.new"), "{\"version\":1,").expect("torn"),
    ];
    for leave in leftovers {
        let (folder, place) = (Folder::new(), Place::new());
        folder.apply(&place, &shop(FIRST)).await.expect("a run");
        let before = fs::read_to_string(folder.file("state.json")).expect("written");
        leave(&folder);
        folder.apply(&place, &shop(Version { size: 2, ..FIRST })).await.expect("a run");
        assert_eq!(fs::read_to_string(folder.file("history/2.json")).expect("kept"), before);
        assert!(!folder.file("history/link").exists() && !folder.file("state.json.new").exists());
        assert_eq!(serials(&FileStore::new(folder.path().to_owned())).await, [1, 2]);
    }
}

/// Whoever puts an older version in the place of a damaged one goes on from there.
#[tokio::test]
async fn versions_of_a_state_that_was_put_back_by_hand_are_overwritten() {
    let (folder, place) = (Folder::new(), Place::new());
    for size in 1..=4 {
        folder.apply(&place, &shop(Version { size, ..FIRST })).await.expect("a run");
    }
    fs::copy(folder.file("history/3.json"), folder.file("state.json")).expect("put back");
    for size in 5..=6 {
        folder.apply(&place, &shop(Version { size, ..FIRST })).await.expect("a run");
    }
    let store = FileStore::new(folder.path().to_owned());
    assert_eq!(serials(&store).await, [1, 2, 3, 4]);
    let version = store.version(4).await.expect("readable").expect("kept");
    let record = &version.state.resources[&"web/left/one".into()];
    assert_eq!(record.properties["Size"], 5);
}
