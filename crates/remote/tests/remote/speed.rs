//! What a state in an object store adds to an apply, on a virtual clock: a thousand resources, whose calls take a second
//! or two, ten at a time, and a store that takes 50 ms a request.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ironwright_core::facts::TypeFacts;
use ironwright_core::function::DynamicReference;
use ironwright_core::resource::{Attributes, Origin, Resource};
use ironwright_core::{App, Bag};
use ironwright_engine::{
    Capabilities, Clock, Create, Delete, Engine, Find, Live, MemoryStore, PlanOptions, Provider, ProviderError, Read,
    SeededEntropy, Settings, Silent, Stop, Store, Surroundings, Update,
};
use object_store::memory::InMemory;
use serde_json::{Value as Json, json};

use crate::support::{Faulty, VirtualClock, store};

const RESOURCES: usize = 1_000;

const REQUEST: Duration = Duration::from_millis(50);

struct Plain(Origin);

impl Attributes for Plain {
    fn new(origin: Origin) -> Self {
        Self(origin)
    }
    fn origin(&self) -> &Origin {
        &self.0
    }
}

#[derive(Clone, Default)]
struct Thing(Bag);

impl Resource for Thing {
    const TYPE: &'static str = "Slow::Thing";
    type Attributes = Plain;
    fn into_bag(self) -> Bag {
        self.0
    }
    fn bag_mut(&mut self) -> &mut Bag {
        &mut self.0
    }
}

/// A cloud that takes its time to make things, each a little more or less than the others.
struct SlowCloud {
    clock: Arc<VirtualClock>,
    call: Duration,
}

#[async_trait]
impl Provider for SlowCloud {
    fn name(&self) -> &'static str {
        "slow"
    }
    fn prefixes(&self) -> &'static [&'static str] {
        &["Slow::"]
    }
    fn facts(&self, _: &str) -> Option<Arc<TypeFacts>> {
        Some(Arc::default())
    }
    fn capabilities(&self, _: &str) -> Capabilities {
        Capabilities { client_token: true, ..Capabilities::default() }
    }
    async fn surroundings(&self, _: &str) -> Result<Surroundings, ProviderError> {
        let text = |text: &str| text.to_owned();
        let availability_zones = vec![text("here-1a")];
        Ok(Surroundings {
            account_id: text("1"),
            partition: text("aws"),
            url_suffix: text("amazonaws.com"),
            availability_zones,
        })
    }
    async fn create(&self, request: Create) -> Result<Live, ProviderError> {
        let digits: u32 = request.address.as_str().bytes().fold(0, |sum, byte| sum.wrapping_mul(31) + u32::from(byte));
        let share = 0.8 + 0.4 * f64::from(digits % 1_000) / 1_000.0;
        self.clock.sleep(self.call.mul_f64(share)).await;
        Ok(Live { physical_id: request.token.to_string(), model: json!({}) })
    }
    async fn read(&self, requests: &[Read]) -> Vec<Result<Option<Live>, ProviderError>> {
        requests.iter().map(|_| Ok(None)).collect()
    }
    async fn update(&self, _: Update) -> Result<Live, ProviderError> {
        unreachable!("nothing is changed")
    }
    async fn delete(&self, _: Delete) -> Result<(), ProviderError> {
        Ok(())
    }
    async fn find(&self, _: &Find) -> Result<Vec<Live>, ProviderError> {
        Ok(Vec::new())
    }
    async fn dynamic(&self, _: &str, _: &DynamicReference) -> Result<Json, ProviderError> {
        unreachable!("nothing is referred to")
    }
}

/// How long the apply takes, lock and snapshot included.
async fn apply(store: Arc<dyn Store>, clock: &Arc<VirtualClock>, call: Duration) -> Duration {
    let mut app = App::new("shop").region("here-1");
    let stack = app.stack("web");
    for number in 0..RESOURCES {
        stack.add(&format!("thing-{number}"), Thing::default());
    }
    let cloud = Arc::new(SlowCloud { clock: clock.clone(), call });
    let settings = Settings { app: "shop".to_owned(), ..Settings::default() };
    let engine = Engine::new(vec![cloud], store, clock.clone(), Arc::new(SeededEntropy::new(0)), settings);
    let graph = app.graph().expect("a right program");
    let plan = engine.plan(&graph, &PlanOptions::default(), &Silent).await.expect("a plan");
    let since = clock.elapsed();
    let report = engine.apply(&plan, &Stop::new(), Arc::new(Silent)).await.expect("applied");
    assert_eq!(report.done.len(), RESOURCES);
    clock.elapsed().saturating_sub(since)
}

#[tokio::test(start_paused = true)]
async fn a_thousand_resources_take_little_longer_than_with_a_state_in_memory() {
    for call in [Duration::from_secs(1), Duration::from_secs(2)] {
        let clock = VirtualClock::new();
        let plain = apply(Arc::new(MemoryStore::default()), &clock, call).await;
        let slow = Faulty::with_latency(Arc::new(InMemory::new()), REQUEST);
        let remote = apply(Arc::new(store(slow, &clock)), &clock, call).await;
        let more = remote.as_secs_f64() / plain.as_secs_f64() - 1.0;
        println!("calls of {call:?}: {plain:.1?} in memory, {remote:.1?} remote, {:.1} % more", more * 100.0);
        assert!(more < 0.10, "calls of {call:?}: {:.1} % more", more * 100.0);
    }
}
