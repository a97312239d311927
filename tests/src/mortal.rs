//! Runs that die on purpose: a program of thirty resources, deployed by the real engine with the real file store to a
//! simulated cloud in another process, and a process that is killed at any one of the moments it counts.
//!
//! How a run dies is in `death`, what it deploys in `program`, what it leaves in `remains`. The two ends of the line to
//! the cloud are `cloud` and `server`. Which runs are made and what must come of them is in `tests/kill_matrix.rs`.

pub mod cloud;
pub mod death;
pub mod program;
pub mod remains;
pub mod server;
pub mod store;
mod wire;

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ironwright::core::facts::{FactSource, TypeFacts};
use ironwright::engine::{
    Clock, Engine, EngineError, FileStore, PlanOptions, Provider, Report, SeededEntropy, Settings, Silent, Stop, Store,
};
use ironwright::simulated::SimulatedCloud;

use cloud::DistantCloud;
use death::Death;
use program::Goal;
use store::{Loyalty, MortalStore};

/// Deploys to `goal`, in the cloud at the other end of `line`, with the state in `folder`, and dies where `death` says.
/// Every run in one folder needs a `seed` of its own.
pub fn deploy(
    folder: &Path,
    line: UnixStream,
    goal: Goal,
    seed: u64,
    death: Death,
    loyalty: Loyalty,
) -> Result<Report, EngineError> {
    let death = Arc::new(death);
    let store = MortalStore::new(folder.to_owned(), death.clone(), loyalty);
    let cloud = DistantCloud::new(line, empty_cloud(), death);
    let engine = engine(Arc::new(store), Arc::new(cloud), seed);
    block_on(async {
        let plan = plan(&engine, goal).await?;
        engine.apply(&plan, &Stop::new(), Arc::new(Silent)).await
    })
}

/// The plan that leads to `goal`.
async fn plan(engine: &Engine, goal: Goal) -> Result<ironwright::engine::Plan, EngineError> {
    match goal.program() {
        Some(app) => {
            let graph = app.graph().map_err(EngineError::Diagnostics)?;
            engine.plan(&graph, &PlanOptions::default(), &Silent).await
        }
        None => engine.plan_destroy(&PlanOptions::default(), &Silent).await,
    }
}

/// The engine without death, to look at the state in `folder` and at `cloud`.
fn onlooker(folder: &Path, cloud: &SimulatedCloud) -> Engine {
    engine(Arc::new(FileStore::new(folder.to_owned())), Arc::new(cloud.clone()), 0)
}

fn engine(store: Arc<dyn Store>, provider: Arc<dyn Provider>, seed: u64) -> Engine {
    let settings = Settings { app: program::APP.to_owned(), ..Settings::default() };
    Engine::new(vec![provider], store, Arc::new(Hurried), Arc::new(SeededEntropy::new(seed)), settings)
}

/// A cloud in this process's memory, with nothing in it.
pub fn empty_cloud() -> SimulatedCloud {
    SimulatedCloud::in_memory(Arc::new(Facts))
}

/// On one thread, so that a run repeats exactly.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("the system gives an event loop").block_on(future)
}

/// A clock on which waiting takes no time.
struct Hurried;

#[async_trait]
impl Clock for Hurried {
    fn now(&self) -> u64 {
        1_767_225_600_000
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    async fn sleep(&self, _: Duration) {
        tokio::task::yield_now().await;
    }
}

/// The facts that are compiled in.
struct Facts;

impl FactSource for Facts {
    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        ironwright::aws::facts().facts(type_name)
    }
}
