//! A process that deploys over the real client and dies when it is told to: before a change is asked for, while a request
//! is under way, or after it has ended and before that is in the journal.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use ironwright_core::facts::{FactSource, TypeFacts};
use ironwright_core::function::DynamicReference;
use ironwright_direct::Connection;
use ironwright_engine::{
    Accepted, Capabilities, Clock, Create, Delete, Engine, Event, FileStore, Find, Live, Observer, OnExpired, Plan,
    PlanOptions, Provider, ProviderError, Read, Readiness, SeededEntropy, Settings, Silent, Stop, Surroundings, Ticket,
    Trace, Update,
};
use serde_json::Value as Json;

use crate::program::{APP, Goal};

/// Goes to `goal`, with the state in `folder`, over a connection that the environment describes. Returns how many changes
/// were planned.
pub(crate) async fn deploy(folder: &Path, goal: Goal, seed: u64, death: usize, hours: u64) -> Result<usize, String> {
    let clock = Hurried { hours, waited: Arc::default() };
    let death = Arc::new(Death { at: death, passed: AtomicUsize::new(0), clock: clock.clone() });
    let connection = Connection::open(None, death.clone()).await;
    let identity = connection.identity().await.map_err(|error| error.to_string())?;
    let providers = connection.providers(&identity, Arc::new(Facts)).into_iter();
    let providers = providers.map(|inner| Arc::new(Mortal { inner, death: death.clone() }) as Arc<dyn Provider>);
    let settings = Settings {
        app: APP.to_owned(),
        target: "aws".to_owned(),
        account: Some(identity.account.clone()),
        on_expired: OnExpired::Pause,
        ..Settings::default()
    };
    let (store, entropy) = (Arc::new(FileStore::new(folder.to_owned())), Arc::new(SeededEntropy::new(seed)));
    let engine = Engine::new(providers.collect(), store, Arc::new(clock), entropy, settings);
    let plan = plan(&engine, goal).await?;
    let changes = plan.changes.iter().filter(|change| change.action.is_change()).count();
    let user = Arc::new(User { credentials: folder.join("credentials") });
    let report = engine.apply(&plan, &Stop::new(), user).await.map_err(|error| error.diagnostics().to_string())?;
    if report.is_complete() { Ok(changes) } else { Err(format!("{:?}", report.failed)) }
}

/// Writes the credentials of `key` into the file that AWS tools read them from.
pub(crate) fn log_in(file: &Path, key: &str) {
    let profile = format!("[default]\naws_access_key_id = {key}\naws_secret_access_key = secret\n");
    std::fs::write(file, profile).expect("the folder is writable");
}

/// Somebody who logs in again where the credentials have run out.
struct User {
    credentials: PathBuf,
}

impl Observer for User {
    fn event(&self, event: &Event) {
        if matches!(event, Event::CredentialsExpired { waits: true, .. }) {
            log_in(&self.credentials, "second");
        }
    }
}

async fn plan(engine: &Engine, goal: Goal) -> Result<Plan, String> {
    let options = PlanOptions::default();
    let planned = match goal.program() {
        Some(app) => {
            let graph = app.graph().map_err(|problems| problems.to_string())?;
            engine.plan(&graph, &options, &Silent).await
        }
        None => engine.plan_destroy(&options, &Silent).await,
    };
    planned.map_err(|error| error.diagnostics().to_string())
}

/// The engine of this folder, to look at its state.
pub(crate) fn onlooker(folder: &Path) -> Engine {
    let settings = Settings { app: APP.to_owned(), target: "aws".to_owned(), ..Settings::default() };
    let store = Arc::new(FileStore::new(folder.to_owned()));
    Engine::new(
        Vec::new(),
        store,
        Arc::new(Hurried { hours: 0, waited: Arc::default() }),
        Arc::new(SeededEntropy::new(0)),
        settings,
    )
}

/// Counts the moments of a run, and ends the process at one of them. As a clock it makes each wait for a request such a
/// moment.
struct Death {
    /// The number of the last moment; none is 0.
    at: usize,
    passed: AtomicUsize,
    clock: Hurried,
}

impl Death {
    fn moment(&self) {
        if self.passed.fetch_add(1, Ordering::SeqCst) + 1 == self.at {
            // As with SIGKILL, nothing is flushed and no destructor runs.
            std::process::abort();
        }
    }
}

/// A clock on which waiting takes no time, so many hours after the first run.
#[derive(Clone)]
struct Hurried {
    hours: u64,
    /// For how many milliseconds was waited.
    waited: Arc<AtomicU64>,
}

#[async_trait]
impl Clock for Hurried {
    fn now(&self) -> u64 {
        1_767_225_600_000 + self.hours * 3_600_000
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.waited.load(Ordering::SeqCst))
    }

    async fn sleep(&self, duration: Duration) {
        let millis = u64::try_from(duration.as_millis()).expect("no wait is that long");
        self.waited.fetch_add(millis.max(1), Ordering::SeqCst);
        tokio::task::yield_now().await;
    }
}

#[async_trait]
impl Clock for Death {
    fn now(&self) -> u64 {
        self.clock.now()
    }

    fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        self.moment();
        self.clock.sleep(duration).await;
    }
}

/// The facts that are compiled in.
pub(crate) struct Facts;

impl FactSource for Facts {
    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        ironwright_aws::facts().facts(type_name)
    }
}

/// A provider whose user may die before and after each change.
struct Mortal {
    inner: Arc<dyn Provider>,
    death: Arc<Death>,
}

impl Mortal {
    async fn change<T>(&self, change: impl Future<Output = T>) -> T {
        self.death.moment();
        let done = change.await;
        self.death.moment();
        done
    }
}

#[async_trait]
impl Provider for Mortal {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn prefixes(&self) -> &'static [&'static str] {
        self.inner.prefixes()
    }

    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        self.inner.facts(type_name)
    }

    fn capabilities(&self, type_name: &str) -> Capabilities {
        self.inner.capabilities(type_name)
    }

    async fn surroundings(&self, region: &str) -> Result<Surroundings, ProviderError> {
        self.inner.surroundings(region).await
    }

    async fn create(&self, request: Create) -> Result<Live, ProviderError> {
        self.change(self.inner.create(request)).await
    }

    async fn accept(&self, request: Create) -> Result<Accepted, ProviderError> {
        self.change(self.inner.accept(request)).await
    }

    async fn standing(&self, accepted: &Ticket) -> Result<Readiness, ProviderError> {
        self.inner.standing(accepted).await
    }

    async fn read(&self, requests: &[Read]) -> Vec<Result<Option<Live>, ProviderError>> {
        self.inner.read(requests).await
    }

    async fn update(&self, request: Update) -> Result<Live, ProviderError> {
        self.change(self.inner.update(request)).await
    }

    async fn delete(&self, request: Delete) -> Result<(), ProviderError> {
        self.change(self.inner.delete(request)).await
    }

    async fn find(&self, request: &Find) -> Result<Vec<Live>, ProviderError> {
        self.inner.find(request).await
    }

    async fn trace(&self, request: &Find, known: &[String]) -> Result<Option<Trace>, ProviderError> {
        self.inner.trace(request, known).await
    }

    async fn list(&self, type_name: &str, region: &str) -> Result<Vec<String>, ProviderError> {
        self.inner.list(type_name, region).await
    }

    async fn renew(&self) -> Result<(), ProviderError> {
        self.inner.renew().await
    }

    fn token_life(&self, type_name: &str) -> Option<Duration> {
        self.inner.token_life(type_name)
    }

    async fn dynamic(&self, region: &str, reference: &DynamicReference) -> Result<Json, ProviderError> {
        self.inner.dynamic(region, reference).await
    }
}
