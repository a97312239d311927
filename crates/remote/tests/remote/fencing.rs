//! Two runs that both want the state, one request at a time in every order that dice find, over a clock that leaps: each
//! may fall asleep anywhere, past its lease and past the other's whole run, and wake up. Requests lose their responses,
//! and arrive again much later.
//!
//! Whatever happens: the state can be read at every moment; what was acknowledged is in it for good; and nothing is
//! acknowledged of a run that has lost its lock but what all later runs have read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use ironwright_engine::{Clock as _, Entropy as _, SeededEntropy, Store as _, StoreError, Token};
use ironwright_remote::RemoteStore;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt as _, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use tokio::sync::Semaphore;

use crate::support::{VirtualClock, last, line, marks, owner, snapshot, store};

const SEEDS: u64 = 60;
const STEPS: usize = 500;

/// What all runs share.
struct World {
    objects: Arc<InMemory>,
    clock: Arc<VirtualClock>,
    dice: SeededEntropy,
    /// Requests that will arrive again.
    late: Mutex<Vec<(Path, PutPayload, PutOptions)>>,
    /// The newest version of the lock that each run has written, by the lock's id: they are ordered as the runs that held
    /// it are.
    locks: Mutex<BTreeMap<String, usize>>,
    /// What was acknowledged, and of which run.
    acknowledged: Mutex<Vec<(usize, String)>>,
    /// What each run has read once it had the lock.
    read: Mutex<Vec<(usize, BTreeSet<String>)>>,
    next_mark: AtomicU64,
    ending: AtomicBool,
}

impl World {
    fn dice(&self, sides: u64) -> u64 {
        self.dice.next() % sides
    }

    fn note_lock(&self, path: &Path, payload: &PutPayload) {
        let lock: serde_json::Value =
            serde_json::from_slice(&payload.iter().flatten().copied().collect::<Vec<u8>>()).expect("a lock is JSON");
        let id = lock["owner"]["id"].as_str().expect("a lock has an owner").to_owned();
        let number = path.filename().and_then(|name| name.strip_suffix(".json")?.parse().ok()).expect("a number");
        let mut locks = self.locks.lock().expect("no panic");
        let newest = locks.entry(id).or_insert(number);
        *newest = number.max(*newest);
    }

    fn acknowledged(&self) -> BTreeSet<String> {
        self.acknowledged.lock().expect("no panic").iter().map(|(_, mark)| mark.clone()).collect()
    }
}

/// The objects as one run gets at them: each request waits until it is let through.
struct Gate {
    world: Arc<World>,
    permits: Arc<Semaphore>,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}

async fn pass(permits: &Semaphore) {
    permits.acquire().await.expect("open").forget();
}

#[async_trait]
impl ObjectStore for Gate {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        pass(&self.permits).await;
        if self.world.dice(8) == 0 {
            self.world.late.lock().expect("no panic").push((path.clone(), payload.clone(), options.clone()));
        }
        let result = self.world.objects.put_opts(path, payload.clone(), options).await;
        if result.is_ok() && path.as_ref().contains("/lock/") {
            self.world.note_lock(path, &payload);
        }
        let is_lost = self.world.dice(12) == 0;
        if is_lost { Err(Error::Generic { store: "gate", source: "no response".into() }) } else { result }
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        unreachable!("objects are small")
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        pass(&self.permits).await;
        self.world.objects.get_opts(path, options).await
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let (objects, permits) = (self.world.objects.clone(), self.permits.clone());
        let delete = move |path: Result<Path>| {
            let (objects, permits) = (objects.clone(), permits.clone());
            async move {
                pass(&permits).await;
                let path = path?;
                objects.delete(&path).await.map(|()| path)
            }
        };
        paths.then(delete).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (objects, permits, prefix) = (self.world.objects.clone(), self.permits.clone(), prefix.cloned());
        let listing = async move {
            pass(&permits).await;
            objects.list(prefix.as_ref()).collect::<Vec<_>>().await
        };
        stream::once(listing).flat_map(stream::iter).boxed()
    }

    async fn list_with_delimiter(&self, _: Option<&Path>) -> Result<ListResult> {
        unreachable!("folders are listed whole")
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        unreachable!("nothing is copied")
    }
}

/// One run after another, until the world ends.
async fn work(world: Arc<World>, name: &'static str, permits: Arc<Semaphore>) {
    for number in 0.. {
        if world.ending.load(Ordering::SeqCst) {
            return;
        }
        let gate = Arc::new(Gate { world: world.clone(), permits: permits.clone() });
        let (store, id) = (store(gate, &world.clock), format!("{name}{number}"));
        match store.lock(&owner(&id)).await {
            Ok(_) => {
                let turn = world.locks.lock().expect("no panic")[&id];
                // A run that is broken off leaves its lines to the next.
                let _ = run(&world, &store, turn).await;
                let _ = store.unlock(&owner(&id)).await;
            }
            Err(_) => world.clock.sleep(Duration::from_secs(7)).await,
        }
    }
}

async fn run(world: &World, store: &RemoteStore, turn: usize) -> std::result::Result<(), StoreError> {
    let acknowledge = |new: &[String]| {
        world.acknowledged.lock().expect("no panic").extend(new.iter().map(|mark| (turn, mark.clone())));
    };
    let stored = store.load().await?;
    let (mut all, mut number) = (marks(&stored), last(&stored));
    world.read.lock().expect("no panic").push((turn, all.clone()));
    let mut serial = stored.snapshot.as_ref().map_or(0, |snapshot| snapshot.state.serial);
    if serial == 0 {
        serial = 1;
        store.save(snapshot(number, serial, &all)).await?;
    }
    for _ in 0..=world.dice(3) {
        let mark = world.next_mark.fetch_add(2, Ordering::SeqCst);
        let lines = [line(number + 1, mark), line(number + 2, mark + 1)];
        let lines = &lines[..=usize::from(world.dice(2) == 0)];
        store.append(lines).await?;
        let new: Vec<String> =
            (mark..).take(lines.len()).map(|mark| Token::new(u128::from(mark)).to_string()).collect();
        acknowledge(&new);
        all.extend(new);
        number += lines.len() as u64;
    }
    // Something that no line says, such as a drift that was accepted.
    let accepted = Token::new(u128::from(world.next_mark.fetch_add(1, Ordering::SeqCst))).to_string();
    all.insert(accepted.clone());
    store.save(snapshot(number, serial + 1, &all)).await?;
    acknowledge(&[accepted]);
    store.clear_journal().await
}

/// Lets everything run until it waits.
async fn settle() {
    for _ in 0..25 {
        tokio::task::yield_now().await;
    }
}

async fn play(seed: u64) -> (usize, usize) {
    let world = Arc::new(World {
        objects: Arc::new(InMemory::new()),
        clock: VirtualClock::new(),
        dice: SeededEntropy::new(seed),
        late: Mutex::default(),
        locks: Mutex::default(),
        acknowledged: Mutex::default(),
        read: Mutex::default(),
        next_mark: AtomicU64::new(1),
        ending: AtomicBool::new(false),
    });
    let gates = [Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0))];
    let mut runs: Vec<_> = ["a", "b"]
        .into_iter()
        .zip(&gates)
        .map(|(name, gate)| tokio::spawn(work(world.clone(), name, gate.clone())))
        .collect();
    let mut favourite = 0;
    for _ in 0..STEPS {
        match world.dice(40) {
            0 => favourite = 1 - favourite,
            1 => tokio::time::advance(Duration::from_secs(world.dice(100))).await,
            2 => gates[1 - favourite].add_permits(1),
            3 => arrive_late(&world).await,
            4 => tokio::time::advance(Duration::from_secs(5)).await,
            _ => gates[favourite].add_permits(1),
        }
        settle().await;
        read(&world).await;
        for run in runs.iter_mut().filter(|run| run.is_finished()) {
            run.await.expect("a run has found something wrong");
        }
    }
    world.ending.store(true, Ordering::SeqCst);
    for gate in &gates {
        gate.add_permits(100_000);
    }
    for run in runs {
        run.await.expect("a run has found something wrong");
    }
    read(&world).await;
    for (turn, mark) in &*world.acknowledged.lock().expect("no panic") {
        for (later, read) in world.read.lock().expect("no panic").iter().filter(|(later, _)| later > turn) {
            assert!(read.contains(mark), "{mark} was acknowledged of run {turn}, and run {later} had not read it");
        }
    }
    (world.locks.lock().expect("no panic").len(), world.acknowledged().len())
}

/// A request of long ago arrives once more.
async fn arrive_late(world: &World) {
    let late = world.late.lock().expect("no panic").pop();
    if let Some((path, payload, options)) = late {
        let _ = world.objects.put_opts(&path, payload, options).await;
    }
}

/// The state can be read, and holds all that was acknowledged.
async fn read(world: &World) {
    let reader = store(world.objects.clone(), &world.clock);
    let stored = reader.load().await.unwrap_or_else(|error| panic!("the state cannot be read: {error}"));
    let (acknowledged, found) = (world.acknowledged(), marks(&stored));
    assert!(acknowledged.is_subset(&found), "lost: {:?}", acknowledged.difference(&found).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn whatever_two_runs_do_no_acknowledged_line_is_lost() {
    let (mut taken, mut lines) = (0, 0);
    for seed in 0..SEEDS {
        println!("seed {seed}");
        let (holders, acknowledged) = play(seed).await;
        taken += holders;
        lines += acknowledged;
    }
    println!("{SEEDS} histories: the lock was taken {taken} times, {lines} lines and saves were acknowledged");
    assert!(taken > 5 * usize::try_from(SEEDS).expect("few"), "the histories are no test: {taken} {lines}");
}
