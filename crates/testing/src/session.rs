//! One simulated cloud, one state, and the engine over both: what deployments of a test share.

use std::collections::BTreeMap;
use std::sync::Arc;

use ironwright_core::facts::Chained;
use ironwright_core::{App, Graph};
use ironwright_deploy::assets::AssetFolder;
use ironwright_engine::{Engine, MemoryStore, Plan, PlanOptions, Report, SeededEntropy, Settings, Silent, State, Stop};
use ironwright_simulated::{Faults, SimulatedCloud};

use crate::clock::VirtualClock;
use crate::error::DeployError;
use crate::runtime::block_on;

/// What deployments onto one cloud share. A clone is the same cloud and the same state.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) cloud: SimulatedCloud,
    store: Arc<MemoryStore>,
    clock: Arc<VirtualClock>,
    entropy: Arc<SeededEntropy>,
    options: Options,
}

/// What a test may set.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) stage: String,
    pub(crate) region: String,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) faults: Option<Faults>,
    pub(crate) seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            stage: "dev".to_owned(),
            region: "us-east-1".to_owned(),
            parameters: BTreeMap::new(),
            faults: None,
            seed: 0,
        }
    }
}

impl Session {
    /// An empty cloud.
    pub(crate) fn new(options: Options) -> Self {
        Self {
            cloud: SimulatedCloud::in_memory(Arc::new(FACTS))
                .with_seed(options.seed)
                .with_faults(options.faults.clone().unwrap_or_default()),
            store: Arc::default(),
            clock: Arc::default(),
            entropy: Arc::new(SeededEntropy::new(options.seed)),
            options,
        }
    }

    /// The graph of `app`, in which every stack has a region.
    pub(crate) fn graph(&self, app: &Result<App, String>) -> Result<Graph, DeployError> {
        let app = app.as_ref().map_err(|problem| DeployError::Program(problem.clone()))?;
        let mut graph = app.graph()?;
        graph.default_region(&self.options.region, "the test");
        Ok(graph)
    }

    /// What an apply of `graph` would do.
    pub(crate) fn plan(&self, graph: &Graph) -> Result<Plan, DeployError> {
        let engine = self.engine(graph.app(), "plan");
        Ok(block_on(async { engine.plan(graph, &self.plan_options(), &Silent).await })?)
    }

    /// What deleting everything would do.
    pub(crate) fn plan_destroy(&self, app: &str) -> Result<Plan, DeployError> {
        let engine = self.engine(app, "destroy");
        Ok(block_on(async { engine.plan_destroy(&self.plan_options(), &Silent).await })?)
    }

    /// Carries out `plan`, to its end.
    pub(crate) fn apply(&self, plan: &Plan) -> Result<(), DeployError> {
        let engine = self.engine(&plan.app, "apply");
        let report: Report = block_on(async { engine.apply(plan, &Stop::new(), Arc::new(Silent)).await })?;
        if report.is_complete() { Ok(()) } else { Err(DeployError::Incomplete(Box::new(report))) }
    }

    /// The state of `app`.
    pub(crate) fn state(&self, app: &str) -> Result<State, DeployError> {
        let engine = self.engine(app, "state");
        Ok(block_on(async { engine.state().await })?)
    }

    /// What repeats a failure, where chance had a part in it.
    pub(crate) fn chance(&self) -> String {
        let Options { faults, seed, .. } = &self.options;
        faults.as_ref().map(|faults| format!("\n  to repeat it: seed {seed}, {faults:?}")).unwrap_or_default()
    }

    fn plan_options(&self) -> PlanOptions {
        PlanOptions { parameters: self.options.parameters.clone(), ..PlanOptions::default() }
    }

    fn engine(&self, app: &str, command: &str) -> Engine {
        let settings = Settings {
            app: app.to_owned(),
            stage: self.options.stage.clone(),
            command: command.to_owned(),
            owner: "test".to_owned(),
            ..Settings::default()
        };
        let cloud = Arc::new(self.cloud.clone());
        Engine::new(vec![cloud], self.store.clone(), self.clock.clone(), self.entropy.clone(), settings)
            .with_assets(Arc::new(AssetFolder::new(".")))
    }
}

/// The facts that are compiled in.
pub(crate) const FACTS: Chained<2> = Chained([ironwright_aws::facts, ironwright_deploy::facts]);
