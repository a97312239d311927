//! EC2 on its own API: a resource is there as soon as EC2 says so, many are read in one call, and the tags of a create
//! lead back to what it made.

mod change;
mod document;
mod kind;
mod kinds;
mod rules;
mod tags;

use std::sync::Arc;

use async_trait::async_trait;
use ironwright_core::facts::{FactSource, TypeFacts};
use ironwright_core::function::DynamicReference;
use ironwright_engine::{
    Capabilities, Create, Delete, ErrorKind, Find, Live, Provider, ProviderError, Read, Surroundings, Update,
};
use serde_json::Value as Json;

use crate::call::Calls;
use crate::region::{self, Regions};

use kind::{Ec2, Kind};

/// A provider on EC2's API.
pub(crate) struct Ec2Provider {
    regions: Arc<Regions>,
    facts: Arc<dyn FactSource>,
    calls: Arc<Calls>,
    kinds: Vec<Box<dyn Kind>>,
    prefixes: &'static [&'static str],
}

impl Ec2Provider {
    pub(crate) fn new(regions: Arc<Regions>, facts: Arc<dyn FactSource>, calls: Calls) -> Self {
        Self { regions, facts, calls: Arc::new(calls), kinds: kinds::all(), prefixes: kinds::NAMES }
    }

    fn kind(&self, type_name: &str) -> Result<&dyn Kind, ProviderError> {
        let not_served = || {
            let message = format!("{type_name} is not made through EC2's API");
            ProviderError::new(ErrorKind::Refused, "TypeNotServed", message)
        };
        let kind = self.kinds.iter().find(|kind| kind.type_name() == type_name);
        kind.map(|kind| &**kind).ok_or_else(not_served)
    }

    fn ec2(&self, region: &str) -> Ec2 {
        let (client, calls) = (self.regions.ec2(region), self.calls.clone());
        Ec2 { client, calls, region: region.to_owned(), regions: self.regions.clone() }
    }
}

#[async_trait]
impl Provider for Ec2Provider {
    fn name(&self) -> &'static str {
        "aws-ec2"
    }

    /// The types themselves: they go before the shorter prefix of Cloud Control.
    fn prefixes(&self) -> &'static [&'static str] {
        self.prefixes
    }

    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        self.facts.facts(type_name)
    }

    fn capabilities(&self, type_name: &str) -> Capabilities {
        self.kind(type_name).map(Kind::capabilities).unwrap_or_default()
    }

    async fn surroundings(&self, region: &str) -> Result<Surroundings, ProviderError> {
        let ec2 = self.ec2(region);
        let answer = ec2.look(ec2.client.describe_availability_zones().send()).await?;
        let zones = answer
            .availability_zones()
            .iter()
            .filter(|zone| zone.opt_in_status().is_none_or(|status| status.as_str() != "not-opted-in"));
        let mut zones: Vec<String> = zones.filter_map(|zone| zone.zone_name().map(str::to_owned)).collect();
        zones.sort();
        Ok(Surroundings {
            account_id: self.regions.account().to_owned(),
            partition: region::partition(region).to_owned(),
            url_suffix: region::url_suffix(region).to_owned(),
            availability_zones: zones,
        })
    }

    async fn create(&self, request: Create) -> Result<Live, ProviderError> {
        self.kind(&request.type_name)?.create(&self.ec2(&request.region), &request).await
    }

    /// The requests of one call are of one type and region.
    async fn read(&self, requests: &[Read]) -> Vec<Result<Option<Live>, ProviderError>> {
        let Some(first) = requests.first() else { return Vec::new() };
        let ids: Vec<&str> = requests.iter().map(|request| request.physical_id.as_str()).collect();
        let found = match self.kind(&first.type_name) {
            Ok(kind) => kind.read(&self.ec2(&first.region), &ids).await,
            Err(error) => Err(error),
        };
        match found {
            Ok(mut found) => ids
                .iter()
                .map(|id| Ok(found.remove(*id).map(|model| Live { physical_id: (*id).to_owned(), model })))
                .collect(),
            Err(error) => ids.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    async fn update(&self, request: Update) -> Result<Live, ProviderError> {
        self.kind(&request.type_name)?.update(&self.ec2(&request.region), &request).await
    }

    async fn delete(&self, request: Delete) -> Result<(), ProviderError> {
        self.kind(&request.type_name)?.delete(&self.ec2(&request.region), &request).await
    }

    async fn find(&self, request: &Find) -> Result<Vec<Live>, ProviderError> {
        self.kind(&request.type_name)?.find(&self.ec2(&request.region), request).await
    }

    async fn dynamic(&self, _: &str, reference: &DynamicReference) -> Result<Json, ProviderError> {
        Err(ProviderError::new(ErrorKind::Refused, "NotServed", format!("`{reference}` is not EC2's to read")))
    }
}
