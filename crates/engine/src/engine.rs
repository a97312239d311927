//! The front door: what a command asks of the engine. How each is done lives in `planner`, `executor` and `refresh`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ironwright_core::{Address, Diagnostics, Graph};

use crate::error::EngineError;
use crate::events::Observer;
use crate::plan::{Plan, PropertyChange};
use crate::provider::Provider;
use crate::report::Report;
use crate::seams::{Clock, Entropy};
use crate::state::State;
use crate::store::Store;

/// What a run is about, and how it goes about it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The app.
    pub app: String,
    /// The stage.
    pub stage: String,
    /// The target: `simulated`, `aws`.
    pub target: String,
    /// How many operations go on at once.
    pub parallelism: usize,
    /// The command that was typed, for the lock: `apply`.
    pub command: String,
    /// Who runs it, for the lock: `user@host`.
    pub owner: String,
    /// How long one operation is tried again before its failure counts: in use, not ready, throttled.
    pub patience: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            app: String::new(),
            stage: "dev".to_owned(),
            target: "simulated".to_owned(),
            parallelism: 10,
            command: "apply".to_owned(),
            owner: "unknown".to_owned(),
            patience: Duration::from_secs(120),
        }
    }
}

/// What a plan takes into account.
#[derive(Clone, Debug)]
pub struct PlanOptions {
    /// Whether the cloud is read first; otherwise the state is believed.
    pub refresh: bool,
    /// Resources to replace though nothing about them changed.
    pub replace: Vec<Address>,
    /// Values of stack parameters, by name.
    pub parameters: BTreeMap<String, String>,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self { refresh: true, replace: Vec::new(), parameters: BTreeMap::new() }
    }
}

/// Asks a run to stop: start nothing new, finish what is in flight. Clones ask the same run.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Nothing asked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks.
    pub fn request(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether it was asked.
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// What the cloud has otherwise than the state, for one resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// The resource.
    pub address: Address,
    /// Its type.
    pub type_name: String,
    /// Its physical id.
    pub physical_id: String,
    /// The cloud has it no longer.
    pub missing: bool,
    /// What differs: before = the state, after = the cloud.
    pub properties: Vec<PropertyChange>,
}

/// Plans and applies the resources of one app in one stage.
pub struct Engine {
    pub(crate) providers: Vec<Arc<dyn Provider>>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) settings: Settings,
}

impl Engine {
    /// An engine over these parts; nothing is read yet.
    pub fn new(
        providers: Vec<Arc<dyn Provider>>,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        settings: Settings,
    ) -> Self {
        Self { providers, store, clock, entropy, settings }
    }

    /// The state as it is, an interrupted run's journal included. Writes nothing.
    pub async fn state(&self) -> Result<State, EngineError> {
        unimplemented!()
    }

    /// All that is wrong with `graph` that can be told without reading the cloud.
    pub fn validate(&self, graph: &Graph, options: &PlanOptions) -> Diagnostics {
        let _ = (graph, options);
        unimplemented!()
    }

    /// What an apply of `graph` would do. Reads the cloud unless told otherwise; writes nothing (invariant I4).
    pub async fn plan(
        &self,
        graph: &Graph,
        options: &PlanOptions,
        observer: &dyn Observer,
    ) -> Result<Plan, EngineError> {
        let _ = (graph, options, observer);
        unimplemented!()
    }

    /// What deleting everything in the state would do. Needs no program.
    pub async fn plan_destroy(&self, options: &PlanOptions, observer: &dyn Observer) -> Result<Plan, EngineError> {
        let _ = (options, observer);
        unimplemented!()
    }

    /// Carries out `plan`. What providers refuse is in the report; an error means that the run could not go on.
    ///
    /// Must be called on a tokio runtime. The run is a task of its own: dropping this future does not stop it.
    pub async fn apply(&self, plan: &Plan, stop: &Stop, observer: Arc<dyn Observer>) -> Result<Report, EngineError> {
        let _ = (plan, stop, observer);
        unimplemented!()
    }

    /// What the cloud has otherwise than the state. Writes nothing.
    pub async fn refresh(&self, observer: &dyn Observer) -> Result<Vec<Drift>, EngineError> {
        let _ = observer;
        unimplemented!()
    }

    /// Takes over into the state what the cloud has, under the lock, and says what that was.
    pub async fn accept(&self, observer: &dyn Observer) -> Result<Vec<Drift>, EngineError> {
        let _ = observer;
        unimplemented!()
    }
}
