//! The simulated cloud as the engine sees it: a provider, with faults around every call.

use std::sync::Arc;

use async_trait::async_trait;
use ironwright_core::facts::TypeFacts;
use ironwright_core::function::DynamicReference;
use ironwright_engine::{
    Capabilities, Create, Delete, Find, Live, Provider, ProviderError, Read, Surroundings, Update,
};
use serde_json::Value as Json;

use crate::cloud::{SimulatedCloud, live};
use crate::entry::{Entry, Key};
use crate::faults::Operation;
use crate::log::Change;
use crate::{dynamic, operations, refusal, surroundings};

#[async_trait]
impl Provider for SimulatedCloud {
    fn name(&self) -> &'static str {
        "simulated"
    }

    fn prefixes(&self) -> &'static [&'static str] {
        &["AWS::", "Docker::", "SSH::"]
    }

    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        self.facts.facts(type_name)
    }

    fn capabilities(&self, type_name: &str) -> Capabilities {
        let chooses_all = |facts: Arc<TypeFacts>| facts.primary_identifier.iter().all(|path| facts.is_settable(path));
        Capabilities {
            client_token: true,
            tag_look_up: true,
            caller_chosen_name: self.facts.facts(type_name).is_some_and(chooses_all),
            batched_reads: true,
            kept_in_state: false,
            needs_applied: false,
        }
    }

    async fn surroundings(&self, region: &str) -> Result<Surroundings, ProviderError> {
        Ok(Surroundings {
            account_id: surroundings::ACCOUNT.to_owned(),
            partition: surroundings::partition(region).to_owned(),
            url_suffix: surroundings::url_suffix(region).to_owned(),
            availability_zones: surroundings::zones(region),
        })
    }

    async fn create(&self, request: Create) -> Result<Live, ProviderError> {
        self.count(|calls| calls.create += 1);
        let response = self.play.call(Operation::Create, request.address.as_str()).await?;
        let facts = self.type_facts(&request.type_name)?;
        let pending = self.play.slow_states();
        let (entry, is_new) = {
            let mut store = self.store();
            let seed = store.seed();
            store.change(&request.region, |account| {
                let (changes, entry) = operations::create(account, &facts, &request, seed, pending)?;
                let is_new = !changes.is_empty();
                Ok((changes, (entry, is_new)))
            })?
        };
        if is_new {
            self.play.born(&entry.key);
        }
        let entry = self.ready(entry).await?;
        response.deliver(self.live(&entry))
    }

    async fn read(&self, requests: &[Read]) -> Vec<Result<Option<Live>, ProviderError>> {
        let count = requests.len() as u64;
        self.count(|calls| (calls.read, calls.resources_read) = (calls.read + 1, calls.resources_read + count));
        let subject = requests.first().map(|request| request.physical_id.as_str()).unwrap_or_default();
        if let Err(error) = self.play.call(Operation::Read, subject).await {
            return requests.iter().map(|_| Err(error.clone())).collect();
        }
        requests.iter().map(|request| self.read_one(request)).collect()
    }

    async fn update(&self, request: Update) -> Result<Live, ProviderError> {
        self.count(|calls| calls.update += 1);
        let response = self.play.call(Operation::Update, request.address.as_str()).await?;
        let facts = self.type_facts(&request.type_name)?;
        let entry = {
            let mut store = self.store();
            let seed = store.seed();
            store.change(&request.region, |account| operations::update(account, &facts, &request, seed))?
        };
        response.deliver(self.live(&entry))
    }

    async fn delete(&self, request: Delete) -> Result<(), ProviderError> {
        self.count(|calls| calls.delete += 1);
        let response = self.play.call(Operation::Delete, &request.physical_id).await?;
        self.store().change(&request.region, |account| operations::delete(account, &request))?;
        response.deliver(())
    }

    async fn find(&self, request: &Find) -> Result<Vec<Live>, ProviderError> {
        self.count(|calls| calls.find += 1);
        self.play.call(Operation::Find, request.address.as_str()).await?;
        let mut store = self.store();
        let account = store.view(&request.region)?;
        let made = account.live_of_token(request.token.as_str());
        let seen = made.filter(|entry| *entry.key.type_name == *request.type_name && self.play.is_seen(&entry.key));
        let seen = seen.cloned();
        drop(store);
        Ok(seen.map(|entry| self.live(&entry)).into_iter().collect())
    }

    async fn dynamic(&self, region: &str, reference: &DynamicReference) -> Result<Json, ProviderError> {
        self.count(|calls| calls.dynamic += 1);
        self.play.call(Operation::Dynamic, &reference.to_string()).await?;
        dynamic::read(self.store().view(region)?, region, reference)
    }
}

impl SimulatedCloud {
    pub(crate) fn type_facts(&self, type_name: &str) -> Result<Arc<TypeFacts>, ProviderError> {
        self.facts.facts(type_name).ok_or_else(|| refusal::unknown_type(type_name))
    }

    fn live(&self, entry: &Entry) -> Live {
        let seed = self.store().seed();
        live(&*self.facts, entry, seed)
    }

    fn read_one(&self, request: &Read) -> Result<Option<Live>, ProviderError> {
        let key = Key::new(&request.type_name, &request.region, &request.physical_id);
        let mut store = self.store();
        let Some(entry) = store.view(&request.region)?.get(&key).cloned() else { return Ok(None) };
        if !self.play.is_seen(&key) {
            return Ok(None);
        }
        if entry.pending > 0 {
            store.change(&request.region, |account| Ok((observed(account.get(&key)), ())))?;
        }
        drop(store);
        Ok(Some(self.live(&entry)))
    }

    /// Waits until a new resource is ready: each look brings it one step further.
    async fn ready(&self, mut entry: Arc<Entry>) -> Result<Arc<Entry>, ProviderError> {
        while entry.pending > 0 {
            tokio::task::yield_now().await;
            let key = entry.key.clone();
            let next = self.store().change(&key.region, |account| {
                let next = account.get(&key).cloned();
                Ok((observed(next.as_ref()), next))
            })?;
            entry = match next {
                Some(next) if next.pending > 1 => next,
                Some(next) => Arc::new(Entry { pending: 0, ..Entry::clone(&next) }),
                None => return Err(refusal::not_found(&key)),
            };
        }
        Ok(entry)
    }
}

/// One observation brings a pending resource one step further.
fn observed(entry: Option<&Arc<Entry>>) -> Vec<Change> {
    let pending = entry.filter(|entry| entry.pending > 0);
    let step = |entry: &Arc<Entry>| Change::Put(Arc::new(Entry { pending: entry.pending - 1, ..Entry::clone(entry) }));
    pending.map(step).into_iter().collect()
}
