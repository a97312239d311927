//! EC2 on its own API: a resource is there as soon as EC2 says so, many are read in one call, and the tags of a create
//! lead back to what it made.

mod batch;
mod change;
mod document;
mod kind;
mod kinds;
mod rules;
mod tags;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use ironwright_core::facts::{FactSource, TypeFacts};
use ironwright_core::function::DynamicReference;
use ironwright_engine::{
    Accepted, Capabilities, Create, Delete, ErrorKind, Find, Live, Provider, ProviderError, Read, Readiness,
    Surroundings, Ticket, Update,
};
use serde_json::Value as Json;
use tokio::task::JoinSet;

use crate::call::Calls;
use crate::region::Regions;
use crate::stores::Stores;
use crate::surroundings;

use kind::{Ec2, Kind};

/// A provider on EC2's API.
pub(crate) struct Ec2Provider {
    regions: Arc<Regions>,
    facts: Arc<dyn FactSource>,
    calls: Arc<Calls>,
    stores: Arc<Stores>,
    kinds: Arc<[Box<dyn Kind>]>,
    /// The tokens of creates of which an attempt ended nobody knows how.
    doubts: Mutex<BTreeSet<String>>,
    prefixes: &'static [&'static str],
}

impl Ec2Provider {
    pub(crate) fn new(regions: Arc<Regions>, stores: Arc<Stores>, facts: Arc<dyn FactSource>, calls: Calls) -> Self {
        Self {
            regions,
            facts,
            calls: Arc::new(calls),
            stores,
            kinds: kinds::all().into(),
            doubts: Mutex::default(),
            prefixes: kinds::NAMES,
        }
    }

    fn doubts(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.doubts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kind(&self, type_name: &str) -> Result<&dyn Kind, ProviderError> {
        kind(&self.kinds, type_name)
    }

    fn ec2(&self, region: &str) -> Ec2 {
        let (client, calls) = (self.regions.ec2(region), self.calls.clone());
        Ec2 { client, calls, region: region.to_owned(), regions: self.regions.clone(), waits: true }
    }

    /// What is refused after an attempt of unknown outcome may be refused because that attempt went through: a route, an
    /// attachment, a name. Then what it made is found; without such an attempt it is somebody else's.
    async fn made(&self, ec2: &Ec2, request: Create) -> Result<Live, ProviderError> {
        let kind = self.kind(&request.type_name)?;
        let mut error = match kind.create(ec2, &request).await {
            Ok(live) => return Ok(live),
            Err(error) => error,
        };
        // It is made, and what is still to be done to it can be done later: nothing has to be made anew.
        let passes = [ErrorKind::Throttled, ErrorKind::Unavailable, ErrorKind::NotReady, ErrorKind::InUse];
        if error.physical_id.is_some() && passes.contains(&error.kind) {
            error.kind = ErrorKind::OutcomeUnknown;
        }
        if error.kind == ErrorKind::OutcomeUnknown {
            self.doubts().insert(request.token.as_str().to_owned());
        }
        let is_doubted = error.physical_id.is_none() && self.doubts().contains(request.token.as_str());
        if !is_doubted || !matches!(error.kind, ErrorKind::Refused | ErrorKind::InUse) {
            return Err(error);
        }
        let Create { address, type_name, region, properties, token } = request;
        let find = Find { address, type_name, region, token, properties: properties.expose() };
        kind.find(ec2, &find).await.ok().and_then(|found| found.into_iter().next()).ok_or(error)
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
        surroundings::of(&self.regions, &self.calls, region).await
    }

    async fn create(&self, request: Create) -> Result<Live, ProviderError> {
        self.made(&self.ec2(&request.region), request).await
    }

    async fn accept(&self, request: Create) -> Result<Accepted, ProviderError> {
        let ec2 = Ec2 { waits: false, ..self.ec2(&request.region) };
        let kind = self.kind(&request.type_name)?;
        let live = self.made(&ec2, request).await?;
        // One that never will be ready is told as it stands, by the next plan.
        let ticket = (!matches!(kind.is_ready(&live.model), Ok(true))).then(String::new);
        Ok(Accepted { live, ticket })
    }

    async fn standing(&self, accepted: &Ticket) -> Result<Readiness, ProviderError> {
        let (kind, id) = (self.kind(&accepted.type_name)?, accepted.physical_id.as_str());
        let found = kind.read(&self.ec2(&accepted.region), &[id]).await?.remove(id);
        Ok(match found.map(|model| kind.is_ready(&model)) {
            Some(Ok(false)) => Readiness::Pending,
            Some(Err(error)) => Readiness::Failed(error.message),
            Some(Ok(true)) | None => Readiness::Ready,
        })
    }

    /// One call a type and region, all at once: the requests may be of several.
    async fn read(&self, requests: &[Read]) -> Vec<Result<Option<Live>, ProviderError>> {
        let mut groups = BTreeMap::<(&str, &str), Vec<usize>>::new();
        for (position, request) in requests.iter().enumerate() {
            groups.entry((&request.type_name, &request.region)).or_default().push(position);
        }
        let mut tasks = JoinSet::new();
        for ((type_name, region), positions) in groups {
            let ids: Vec<String> = positions.iter().map(|position| requests[*position].physical_id.clone()).collect();
            let (kinds, ec2, type_name) = (self.kinds.clone(), self.ec2(region), type_name.to_owned());
            tasks.spawn(async move { (positions, read_of_one_type(&kinds, &type_name, &ec2, &ids).await) });
        }
        let mut answers: Vec<_> = requests.iter().map(|_| Err(no_answer())).collect();
        while let Some(done) = tasks.join_next().await {
            for (position, answer) in done.into_iter().flat_map(|(positions, found)| positions.into_iter().zip(found)) {
                answers[position] = answer;
            }
        }
        answers
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

    async fn renew(&self) -> Result<(), ProviderError> {
        self.regions.renew().await
    }

    async fn dynamic(&self, region: &str, reference: &DynamicReference) -> Result<Json, ProviderError> {
        self.stores.read(region, reference).await
    }
}

fn kind<'a>(kinds: &'a [Box<dyn Kind>], type_name: &str) -> Result<&'a dyn Kind, ProviderError> {
    let kind = kinds.iter().find(|kind| kind.type_name() == type_name);
    kind.map(|kind| &**kind).ok_or_else(|| {
        let message = format!("{type_name} is not made through EC2's API");
        ProviderError::new(ErrorKind::Refused, "TypeNotServed", message)
    })
}

/// Reads resources of one type and region, in the order asked for.
async fn read_of_one_type(
    kinds: &[Box<dyn Kind>],
    type_name: &str,
    ec2: &Ec2,
    ids: &[String],
) -> Vec<Result<Option<Live>, ProviderError>> {
    let named: Vec<&str> = ids.iter().map(String::as_str).collect();
    let found = match kind(kinds, type_name) {
        Ok(kind) => batch::read(kind, ec2, &named).await,
        Err(error) => Err(error),
    };
    match found {
        Ok(mut found) => {
            let mut live = |id: &String| found.remove(id).map(|model| Live { physical_id: id.clone(), model });
            ids.iter().map(|id| Ok(live(id))).collect()
        }
        Err(error) => ids.iter().map(|_| Err(error.clone())).collect(),
    }
}

/// The answer of a read that panicked.
fn no_answer() -> ProviderError {
    ProviderError::new(ErrorKind::Panicked, "NoAnswer", "the read broke off")
}
