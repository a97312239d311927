//! The simulated cloud of a process that may die before and after every call that changes something.

use std::sync::Arc;

use async_trait::async_trait;
use ironwright::core::facts::TypeFacts;
use ironwright::core::function::DynamicReference;
use ironwright::engine::{
    Capabilities, Create, Delete, Find, Live, Provider, ProviderError, Read, Surroundings, Update,
};
use ironwright::simulated::SimulatedCloud;
use serde_json::Value as Json;

use super::death::Death;

/// A cloud that outlives its client.
pub struct MortalCloud {
    cloud: SimulatedCloud,
    death: Arc<Death>,
}

impl MortalCloud {
    /// `cloud`, as a client sees it that dies when `death` says so.
    pub fn new(cloud: SimulatedCloud, death: Arc<Death>) -> Self {
        Self { cloud, death }
    }

    /// Makes a call between two moments, and lets other operations go on in between.
    async fn call<T>(&self, what: &str, subject: &str, call: impl Future<Output = T>) -> T {
        self.death.moment(&format!("before {what} {subject}"));
        tokio::task::yield_now().await;
        let answer = call.await;
        self.death.moment(&format!("after {what} {subject}"));
        tokio::task::yield_now().await;
        answer
    }
}

#[async_trait]
impl Provider for MortalCloud {
    fn name(&self) -> &'static str {
        self.cloud.name()
    }

    fn prefixes(&self) -> &'static [&'static str] {
        self.cloud.prefixes()
    }

    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        self.cloud.facts(type_name)
    }

    fn capabilities(&self, type_name: &str) -> Capabilities {
        self.cloud.capabilities(type_name)
    }

    async fn surroundings(&self, region: &str) -> Result<Surroundings, ProviderError> {
        self.cloud.surroundings(region).await
    }

    async fn create(&self, request: Create) -> Result<Live, ProviderError> {
        let subject = request.address.to_string();
        self.call("create", &subject, self.cloud.create(request)).await
    }

    async fn read(&self, requests: &[Read]) -> Vec<Result<Option<Live>, ProviderError>> {
        self.cloud.read(requests).await
    }

    async fn update(&self, request: Update) -> Result<Live, ProviderError> {
        let subject = request.address.to_string();
        self.call("update", &subject, self.cloud.update(request)).await
    }

    async fn delete(&self, request: Delete) -> Result<(), ProviderError> {
        let subject = request.address.to_string();
        self.call("delete", &subject, self.cloud.delete(request)).await
    }

    async fn find(&self, request: &Find) -> Result<Vec<Live>, ProviderError> {
        self.cloud.find(request).await
    }

    async fn dynamic(&self, region: &str, reference: &DynamicReference) -> Result<Json, ProviderError> {
        self.cloud.dynamic(region, reference).await
    }
}
