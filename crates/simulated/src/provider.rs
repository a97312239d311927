//! The simulated cloud as the engine sees it.

use std::sync::Arc;

use async_trait::async_trait;
use ironwright_core::facts::TypeFacts;
use ironwright_core::function::DynamicReference;
use ironwright_engine::{
    Capabilities, Create, Delete, ErrorKind, Find, Live, Provider, ProviderError, Read, Surroundings, Update,
};
use serde_json::Value as Json;

use crate::SimulatedCloud;

#[async_trait]
impl Provider for SimulatedCloud {
    fn name(&self) -> &'static str {
        "simulated"
    }

    fn prefixes(&self) -> &'static [&'static str] {
        &["AWS::"]
    }

    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        self.facts.facts(type_name)
    }

    fn capabilities(&self, _: &str) -> Capabilities {
        Capabilities { client_token: true, tag_look_up: true, caller_chosen_name: false, batched_reads: true }
    }

    async fn surroundings(&self, region: &str) -> Result<Surroundings, ProviderError> {
        Ok(Surroundings {
            account_id: "123456789012".to_owned(),
            partition: "aws".to_owned(),
            url_suffix: "amazonaws.com".to_owned(),
            availability_zones: ["a", "b", "c"].iter().map(|zone| format!("{region}{zone}")).collect(),
        })
    }

    async fn create(&self, _: Create) -> Result<Live, ProviderError> {
        Err(closed())
    }

    async fn read(&self, requests: &[Read]) -> Vec<Result<Option<Live>, ProviderError>> {
        requests.iter().map(|_| Err(closed())).collect()
    }

    async fn update(&self, _: Update) -> Result<Live, ProviderError> {
        Err(closed())
    }

    async fn delete(&self, _: Delete) -> Result<(), ProviderError> {
        Err(closed())
    }

    async fn find(&self, _: &Find) -> Result<Vec<Live>, ProviderError> {
        Err(closed())
    }

    async fn dynamic(&self, _: &str, _: &DynamicReference) -> Result<Json, ProviderError> {
        Err(closed())
    }
}

fn closed() -> ProviderError {
    ProviderError::new(ErrorKind::Unavailable, "ServiceUnavailable", "the simulated cloud is not open yet")
}
