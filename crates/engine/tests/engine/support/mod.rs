//! What the tests share: a fake cloud, programs for it, a virtual clock, and an engine over them.

pub(crate) mod cloud;
pub(crate) mod kill;
pub(crate) mod program;
pub(crate) mod show;
pub(crate) mod units;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use ironwright_core::{Address, App};
use ironwright_engine::{
    Clock, Engine, EngineError, Event, MemoryStore, Observer, Plan, PlanOptions, Provider, Record, Report,
    SeededEntropy, Settings, Silent, State, Stop, Store,
};

pub(crate) use cloud::Cloud;

/// A clock that stands still but for the waiting.
#[derive(Default)]
pub(crate) struct VirtualClock(AtomicU64);

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> u64 {
        1_000 + self.0.load(Ordering::SeqCst) / 1_000
    }
    fn elapsed(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::SeqCst))
    }
    async fn sleep(&self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).expect("tests wait for less than an aeon");
        self.0.fetch_add(micros, Ordering::SeqCst);
        tokio::task::yield_now().await;
    }
}

/// An observer that keeps what it is told.
#[derive(Default)]
pub(crate) struct Notes(Mutex<Vec<String>>);

impl Observer for Notes {
    fn event(&self, event: &Event) {
        self.0.lock().expect("no test panics while noting").push(format!("{event:?}"));
    }
}

impl Notes {
    pub(crate) fn count(&self, word: &str) -> usize {
        self.0.lock().expect("no test panics while noting").iter().filter(|note| note.contains(word)).count()
    }
}

/// One place to deploy to: a cloud and a store, and how runs go.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) cloud: Cloud,
    pub(crate) store: MemoryStore,
    pub(crate) settings: Settings,
    pub(crate) entropy: Arc<SeededEntropy>,
}

impl Place {
    pub(crate) fn new() -> Self {
        let settings = Settings { app: "shop".to_owned(), parallelism: 4, ..Settings::default() };
        Self {
            cloud: Cloud::default(),
            store: MemoryStore::default(),
            settings,
            entropy: Arc::new(SeededEntropy::new(1)),
        }
    }

    pub(crate) fn engine(&self) -> Engine {
        self.engine_over(Arc::new(self.cloud.clone()), Arc::new(self.store.clone()))
    }

    pub(crate) fn engine_over(&self, provider: Arc<dyn Provider>, store: Arc<dyn Store>) -> Engine {
        let clock = Arc::new(VirtualClock::default());
        Engine::new(vec![provider], store, clock, self.entropy.clone(), self.settings.clone())
    }

    pub(crate) async fn plan(&self, app: &App) -> Plan {
        self.try_plan(app, &PlanOptions::default()).await.expect("a plan")
    }

    pub(crate) async fn try_plan(&self, app: &App, options: &PlanOptions) -> Result<Plan, EngineError> {
        self.engine().plan(&app.graph().expect("a valid program"), options, &Silent).await
    }

    /// Plans and applies; all must go well.
    pub(crate) async fn apply(&self, app: &App) -> Report {
        let report = self.try_apply(app).await;
        assert!(report.is_complete(), "{:?} {:?}", report.failed, report.not_started);
        report
    }

    pub(crate) async fn try_apply(&self, app: &App) -> Report {
        self.apply_plan(&self.plan(app).await).await
    }

    pub(crate) async fn apply_plan(&self, plan: &Plan) -> Report {
        self.engine().apply(plan, &Stop::new(), Arc::new(Silent)).await.expect("a run")
    }

    /// The record of what is live at `address`.
    pub(crate) async fn record(&self, address: &str) -> Record {
        self.state().await.resources.remove(&Address::new(address)).expect("it is live")
    }

    pub(crate) async fn destroy(&self) -> Report {
        let engine = self.engine();
        let plan = engine.plan_destroy(&PlanOptions::default(), &Silent).await.expect("a plan");
        engine.apply(&plan, &Stop::new(), Arc::new(Silent)).await.expect("a run")
    }

    pub(crate) async fn state(&self) -> State {
        self.engine().state().await.expect("a state")
    }

    /// What must hold whenever a run is over: the state knows all that is in the cloud, and nothing else.
    pub(crate) async fn assert_in_step(&self) {
        let state = self.state().await;
        let records = state.resources.values().chain(&state.deposed);
        let mut known: Vec<String> = records.map(|record| record.physical_id.clone()).collect();
        known.sort();
        assert_eq!(known, self.cloud.ids(), "state and cloud");
    }
}
