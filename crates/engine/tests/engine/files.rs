//! The state in files: what is written, what is refused, what a full disk does.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use ironwright_core::App;
use ironwright_engine::journal::{Line, Snapshot};
use ironwright_engine::{
    Engine, EngineError, FileStore, Holder, LockOwner, PlanOptions, Report, Silent, Stop, Store, StoreError, Stored,
};

use crate::support::Place;
use crate::support::program::{FIRST, Version, shop};

/// A folder of its own for each test, removed at its end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("ironwright-engine-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        let path = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Every file with its text, by name.
    pub(crate) fn contents(&self) -> Vec<(String, String)> {
        let all = |folder: &Path| fs::read_dir(folder).into_iter().flatten().map(|file| file.expect("readable"));
        let files = all(&self.0).chain(all(&self.file("history"))).filter(|file| file.path().is_file());
        let mut files: Vec<_> = files
            .map(|file| {
                let text = fs::read_to_string(file.path()).expect("text");
                (file.file_name().into_string().expect("plain"), text)
            })
            .collect();
        files.sort();
        files
    }

    pub(crate) fn engine(&self, place: &Place) -> Engine {
        place.engine_over(Arc::new(place.cloud.clone()), Arc::new(FileStore::new(self.0.clone())))
    }

    pub(crate) async fn apply(&self, place: &Place, app: &App) -> Result<Report, EngineError> {
        let engine = self.engine(place);
        let plan = engine.plan(&app.graph().expect("valid"), &PlanOptions::default(), &Silent).await?;
        engine.apply(&plan, &Stop::new(), Arc::new(Silent)).await
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A store on a disk that is full from the n-th write on.
pub(crate) struct BreakingStore {
    store: Arc<dyn Store>,
    left: AtomicUsize,
}

impl BreakingStore {
    pub(crate) fn new(store: Arc<dyn Store>, writes: usize) -> Self {
        Self { store, left: AtomicUsize::new(writes) }
    }

    fn spend(&self) -> Result<(), StoreError> {
        let spent = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        spent.map(drop).map_err(|_| StoreError::Full { place: "the disk".to_owned() })
    }
}

#[async_trait]
impl Store for BreakingStore {
    async fn load(&self) -> Result<Stored, StoreError> {
        self.store.load().await
    }
    async fn lock(&self, owner: &LockOwner) -> Result<Option<Holder>, StoreError> {
        self.store.lock(owner).await
    }
    async fn unlock(&self, owner: &LockOwner) -> Result<(), StoreError> {
        self.store.unlock(owner).await
    }
    async fn holder(&self) -> Result<Option<Holder>, StoreError> {
        self.store.holder().await
    }
    async fn break_lock(&self, id: &str, by: &LockOwner) -> Result<Holder, StoreError> {
        self.store.break_lock(id, by).await
    }
    async fn append(&self, lines: &[Line]) -> Result<(), StoreError> {
        self.spend()?;
        self.store.append(lines).await
    }
    async fn save(&self, snapshot: Arc<Snapshot>) -> Result<(), StoreError> {
        self.spend()?;
        self.store.save(snapshot).await
    }
    async fn clear_journal(&self) -> Result<(), StoreError> {
        self.spend()?;
        self.store.clear_journal().await
    }
    async fn history(&self) -> Result<Vec<u64>, StoreError> {
        self.store.history().await
    }
    async fn version(&self, serial: u64) -> Result<Option<Arc<Snapshot>>, StoreError> {
        self.store.version(serial).await
    }
}

#[tokio::test]
async fn a_run_leaves_a_snapshot_an_empty_journal_and_the_version_before() {
    let (folder, place) = (Folder::new(), Place::new());
    folder.apply(&place, &shop(FIRST)).await.expect("a run");
    let serial = folder.engine(&place).state().await.expect("a state").serial;
    let first = fs::read_to_string(folder.file("state.json")).expect("written");
    folder.apply(&place, &shop(Version { size: 2, ..FIRST })).await.expect("a run");
    let names: Vec<_> = folder.contents().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["1.json", "2.json", "journal.ndjson", "lock", "state.json"]);
    assert_eq!(fs::read_to_string(folder.file("history/2.json")).expect("kept"), first);
    assert_eq!(fs::read_to_string(folder.file("journal.ndjson")).expect("there"), "");
    assert_eq!(folder.engine(&place).state().await.expect("a state").serial, serial + 1);
    assert!(serde_json::from_str::<serde_json::Value>(&first).is_ok(), "plain JSON");
}

#[cfg(unix)]
#[tokio::test]
async fn files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, place) = (Folder::new(), Place::new());
    folder.apply(&place, &shop(FIRST)).await.expect("a run");
    for name in ["state.json", "history/1.json", "journal.ndjson", "lock"] {
        let mode = fs::metadata(folder.file(name)).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_plan_writes_nothing() {
    let (folder, place) = (Folder::new(), Place::new());
    let plan = folder.engine(&place).plan(&shop(FIRST).graph().expect("valid"), &PlanOptions::default(), &Silent).await;
    assert!(plan.is_ok() && !folder.path().exists());
    folder.apply(&place, &shop(FIRST)).await.expect("a run");
    let before = folder.contents();
    folder.apply(&place, &shop(FIRST)).await.expect("nothing to do");
    assert_eq!(folder.contents(), before, "an empty plan writes nothing either");
}

/// What reading the state says after `spoil` has been at its files; the files stay as they are.
async fn check_refused(spoil: impl Fn(&Folder), expect: &[&str]) {
    let (folder, place) = (Folder::new(), Place::new());
    folder.apply(&place, &shop(FIRST)).await.expect("a run");
    folder.apply(&place, &shop(Version { size: 2, ..FIRST })).await.expect("a run");
    spoil(&folder);
    let before = folder.contents();
    let error = folder.apply(&place, &shop(FIRST)).await.expect_err("refused");
    let text = error.diagnostics().to_string();
    for part in expect {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
    assert_eq!(folder.contents(), before, "nothing is overwritten");
}

#[tokio::test]
async fn a_bad_state_is_refused_and_the_version_before_named() {
    let edit = |from: &'static str, to: &'static str| {
        move |folder: &Folder| {
            let text = fs::read_to_string(folder.file("state.json")).expect("there");
            fs::write(folder.file("state.json"), text.replacen(from, to, 1)).expect("writable");
        }
    };
    check_refused(edit("\"Size\":2", "\"Size\":3"), &["checksum", "history/2.json"]).await;
    check_refused(edit("\"version\":1", "\"version\":9"), &["format 9", "formats up to 1", "newer release"]).await;
    check_refused(
        |folder| fs::write(folder.file("state.json"), "{").expect("writable"),
        &["no state", "history/2.json"],
    )
    .await;
    check_refused(
        |folder| {
            fs::remove_file(folder.file("state.json")).expect("there");
            let line = "0000000000000000 {}\n0000000000000000 {}\n";
            fs::write(folder.file("journal.ndjson"), line).expect("writable");
        },
        &["line 1 is not what was written"],
    )
    .await;
}

#[tokio::test]
async fn a_state_that_cannot_be_read_or_written_is_said_so() {
    let (folder, place) = (Folder::new(), Place::new());
    fs::create_dir_all(folder.file("state.json")).expect("writable");
    let error = folder.apply(&place, &shop(FIRST)).await.expect_err("a folder is no file");
    assert!(matches!(error, EngineError::Store(StoreError::Unreadable { .. })), "{error}");

    let (blocked, place) = (Folder::new(), Place::new());
    fs::write(blocked.path(), "a file where the folder should be").expect("writable");
    let error = blocked.apply(&place, &shop(FIRST)).await.expect_err("no folder");
    assert!(error.diagnostics().to_string().contains(&blocked.path().display().to_string()), "{error}");
    assert!(place.cloud.calls().is_empty(), "the cloud was left alone");
    fs::remove_file(blocked.path()).expect("ours");
}

#[tokio::test]
async fn a_full_disk_breaks_the_run_off_and_the_next_one_goes_on() {
    for writes in 0..30 {
        let (folder, place) = (Folder::new(), Place::new());
        let store = BreakingStore::new(Arc::new(FileStore::new(folder.path().to_owned())), writes);
        let engine = place.engine_over(Arc::new(place.cloud.clone()), Arc::new(store));
        let app = shop(FIRST);
        let plan = engine.plan(&app.graph().expect("valid"), &PlanOptions::default(), &Silent).await.expect("a plan");
        if let Err(error) = engine.apply(&plan, &Stop::new(), Arc::new(Silent)).await {
            let text = error.diagnostics().to_string();
            assert!(text.contains("the disk is full"), "{text}");
        }
        folder.apply(&place, &app).await.expect("room again");
        assert_eq!(place.cloud.ids().len(), 12, "after {writes} writes");
        let plan = folder.engine(&place).plan(&app.graph().expect("valid"), &PlanOptions::default(), &Silent).await;
        assert!(plan.expect("a plan").is_empty(), "after {writes} writes");
    }
}

#[tokio::test]
async fn a_lock_dies_with_its_process_and_holds_while_it_lives() {
    let (folder, place) = (Folder::new(), Place::new());
    let owner = |id: &str| LockOwner {
        id: id.to_owned(),
        owner: "ann@desk".to_owned(),
        pid: 4_000_000,
        command: "apply".to_owned(),
        since: 5,
        ..LockOwner::default()
    };
    let holding = FileStore::new(folder.path().to_owned());
    holding.lock(&owner("a")).await.expect("free");
    let error = folder.apply(&place, &shop(FIRST)).await.expect_err("held");
    assert!(matches!(&error, EngineError::LockHeld(holder) if holder.owner == owner("a")), "{error}");
    drop(holding);
    let left = fs::read_to_string(folder.file("lock")).expect("there");
    assert!(left.contains("ann@desk"), "as a killed process leaves it: {left}");
    folder.apply(&place, &shop(FIRST)).await.expect("taken over");
}
