//! A virtual clock, an object store whose requests go wrong when asked to, and what tests write into a state.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt as _, TryStreamExt as _};
use ironwright_engine::journal::{Entry, Line, Outcome, Snapshot};
use ironwright_engine::{Clock, LockOwner, State, Stored, Token};
use ironwright_remote::RemoteStore;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// The clock of tokio's paused time, some years after 1970.
#[derive(Debug)]
pub(crate) struct VirtualClock(tokio::time::Instant);

impl VirtualClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(tokio::time::Instant::now()))
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> u64 {
        1_700_000_000_000 + u64::try_from(self.elapsed().as_millis()).expect("a short test")
    }
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
    #[expect(clippy::disallowed_methods, reason = "tokio's time is paused: it is virtual")]
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// What is to become of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is done.
    Done,
    /// It is done, and its response is lost.
    ResponseLost,
    /// It is not done.
    Lost,
    /// It is done, and done again at once, as a client that tries again does; the second answer counts.
    Doubled,
}

/// Decides what becomes of each request: its number, and what it is (`put journal/…`).
pub(crate) type Destiny = Box<dyn Fn(usize, &str) -> Fate + Send + Sync>;

/// Objects in memory whose requests may go wrong.
pub(crate) struct Faulty {
    pub(crate) objects: Arc<InMemory>,
    destiny: Mutex<Destiny>,
    requests: AtomicUsize,
    /// How long a request takes.
    latency: Duration,
}

impl Faulty {
    pub(crate) fn new(objects: Arc<InMemory>) -> Arc<Self> {
        Self::with_latency(objects, Duration::ZERO)
    }

    /// The same, where every request takes `latency`.
    pub(crate) fn with_latency(objects: Arc<InMemory>, latency: Duration) -> Arc<Self> {
        let destiny: Destiny = Box::new(|_, _| Fate::Done);
        let (destiny, requests) = (Mutex::new(destiny), AtomicUsize::new(0));
        Arc::new(Self { objects, destiny, requests, latency })
    }

    pub(crate) fn decide(&self, destiny: impl Fn(usize, &str) -> Fate + Send + Sync + 'static) {
        *self.destiny.lock().expect("no panic") = Box::new(destiny);
    }

    async fn fate(&self, what: &str) -> Fate {
        pass_time(self.latency).await;
        let number = self.requests.fetch_add(1, Ordering::SeqCst);
        (self.destiny.lock().expect("no panic"))(number, what)
    }
}

#[expect(clippy::disallowed_methods, reason = "tokio's time is paused: it is virtual")]
async fn pass_time(duration: Duration) {
    tokio::time::sleep(duration).await;
}

fn cut_off() -> Error {
    Error::Generic { store: "faulty", source: "the connection was reset".into() }
}

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faulty")
    }
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faulty")
    }
}

#[async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        assert_eq!(options.mode, PutMode::Create, "nothing is overwritten: {path}");
        match self.fate(&format!("put {path}")).await {
            Fate::Done => self.objects.put_opts(path, payload, options).await,
            Fate::ResponseLost => {
                let _ = self.objects.put_opts(path, payload, options).await;
                Err(cut_off())
            }
            Fate::Lost => Err(cut_off()),
            Fate::Doubled => {
                let _ = self.objects.put_opts(path, payload.clone(), options.clone()).await;
                self.objects.put_opts(path, payload, options).await
            }
        }
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        unreachable!("objects are small")
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        match self.fate(&format!("get {path}")).await {
            Fate::Done | Fate::Doubled => self.objects.get_opts(path, options).await,
            Fate::Lost | Fate::ResponseLost => Err(cut_off()),
        }
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let (objects, latency) = (self.objects.clone(), self.latency);
        let delete = async move {
            pass_time(latency).await;
            objects.delete_stream(paths)
        };
        stream::once(delete).flatten().boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (objects, latency, prefix) = (self.objects.clone(), self.latency, prefix.cloned());
        let list = async move {
            pass_time(latency).await;
            objects.list(prefix.as_ref())
        };
        stream::once(list).flatten().boxed()
    }

    async fn list_with_delimiter(&self, _: Option<&Path>) -> Result<ListResult> {
        unreachable!("folders are listed whole")
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        unreachable!("nothing is copied")
    }
}

/// A store over `objects` for one process.
pub(crate) fn store(objects: Arc<dyn ObjectStore>, clock: &Arc<VirtualClock>) -> RemoteStore {
    RemoteStore::over(objects, "shop", "dev", clock.clone())
}

pub(crate) fn owner(id: &str) -> LockOwner {
    LockOwner {
        id: id.to_owned(),
        owner: format!("{id}@desk"),
        pid: 7,
        command: "apply".to_owned(),
        ..LockOwner::default()
    }
}

/// A line that says `mark`.
pub(crate) fn line(sequence: u64, mark: u64) -> Line {
    Line { sequence, entry: Entry::End { token: Token::new(u128::from(mark)), outcome: Outcome::Gone } }
}

/// The snapshot that holds `marks`, and lines up to `sequence`.
pub(crate) fn snapshot(sequence: u64, serial: u64, marks: &BTreeSet<String>) -> Arc<Snapshot> {
    let marks = marks.iter().map(|mark| (mark.clone(), serde_json::json!({"value": null})));
    let marks: serde_json::Map<_, _> = marks.collect();
    let outputs = serde_json::from_value(serde_json::json!({ "marks": marks })).expect("outputs");
    let state = State { app: "shop".to_owned(), lineage: "l".to_owned(), serial, outputs, ..State::default() };
    Arc::new(Snapshot { sequence, state, ..Snapshot::default() })
}

/// All that `stored` says.
pub(crate) fn marks(stored: &Stored) -> BTreeSet<String> {
    let saved = stored.snapshot.iter().filter_map(|snapshot| snapshot.state.outputs.get("marks"));
    let mut marks: BTreeSet<String> = saved.flat_map(|outputs| outputs.keys().cloned()).collect();
    marks.extend(stored.journal.iter().filter_map(|line| match &line.entry {
        Entry::End { token, .. } => Some(token.as_str().to_owned()),
        _ => None,
    }));
    marks
}

/// The number of the last line that `stored` holds.
pub(crate) fn last(stored: &Stored) -> u64 {
    let saved = stored.snapshot.as_ref().map_or(0, |snapshot| snapshot.sequence);
    stored.journal.last().map_or(saved, |line| line.sequence)
}

/// The names of all objects.
pub(crate) async fn names(objects: &InMemory) -> Vec<String> {
    let found: Vec<ObjectMeta> = objects.list(None).try_collect().await.expect("a listing");
    let mut names: Vec<String> = found.iter().map(|object| object.location.to_string()).collect();
    names.sort();
    names.into_iter().map(|name| name.trim_start_matches("shop/dev/").to_owned()).collect()
}
