//! What the benchmarks measure: the `fleet` example in three sizes, and an engine over a simulated cloud in memory.

use std::sync::Arc;

use ironwright::aws::facts;
use ironwright::core::facts::{FactSource, TypeFacts};
use ironwright::core::{Graph, Inputs};
use ironwright::engine::{Engine, MemoryStore, Plan, PlanOptions, SeededEntropy, Settings, Silent, Stop};
use ironwright::simulated::SimulatedCloud;
use ironwright::testing::VirtualClock;
use tokio::runtime::Runtime;

#[path = "../../examples/fleet/main.rs"]
#[expect(dead_code, reason = "the example's own `main` is not called here")]
mod example;

/// Cells of ten resources each: 10, 500 and 10,000 resources.
pub const SIZES: [u64; 3] = [1, 50, 1000];

/// The graph of the fleet with so many cells.
pub fn fleet(cells: u64) -> Graph {
    let app = example::app(&Inputs::new("dev").var("cells", cells.to_string())).expect("`cells` is a number");
    app.graph().expect("the fleet is a right program")
}

/// An engine, its state and a simulated cloud, all in memory and empty at first.
pub struct Session {
    engine: Engine,
    runtime: Runtime,
}

impl Session {
    /// An empty cloud and an empty state.
    pub fn new() -> Self {
        let cloud = Arc::new(SimulatedCloud::in_memory(Arc::new(Embedded)));
        let settings = Settings { app: "fleet".to_owned(), ..Settings::default() };
        let (store, clock) = (Arc::<MemoryStore>::default(), Arc::<VirtualClock>::default());
        let engine = Engine::new(vec![cloud], store, clock, Arc::new(SeededEntropy::new(0)), settings);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        Self { engine, runtime: runtime.expect("a runtime with time alone asks nothing of the system") }
    }

    /// What an apply of `graph` would do.
    pub fn plan(&self, graph: &Graph) -> Plan {
        let plan = self.runtime.block_on(self.engine.plan(graph, &PlanOptions::default(), &Silent));
        plan.expect("the simulated cloud takes the fleet")
    }

    /// Plans and applies `graph`.
    pub fn apply(&self, graph: &Graph) {
        let plan = self.plan(graph);
        let report = self.runtime.block_on(self.engine.apply(&plan, &Stop::new(), Arc::new(Silent)));
        assert!(report.expect("the state is in memory").is_complete(), "the simulated cloud takes the fleet");
    }
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

/// The facts that are compiled in, to be shared with a cloud.
struct Embedded;

impl FactSource for Embedded {
    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        facts().facts(type_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_is_a_plan_without_changes() {
        let (session, graph) = (Session::new(), fleet(2));
        assert_eq!(session.plan(&graph).counts().add, 20);
        session.apply(&graph);
        assert!(session.plan(&graph).is_empty());
    }
}
