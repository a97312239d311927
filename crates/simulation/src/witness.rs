//! The cloud as one run sees it: the simulated cloud, with more that goes wrong, with only the promises that a kind
//! makes, and with eyes: every change is held against what is durable at that instant (invariant I2).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use ironwright_core::facts::{FactSource, TypeFacts};
use ironwright_core::function::DynamicReference;
use ironwright_core::secret::SecretText;
use ironwright_core::{Address, Planned, Resolved};
use ironwright_engine::journal::Operation;
use ironwright_engine::{
    Action, Capabilities, Create, Delete, ErrorKind, Find, Live, Provider, ProviderError, Read, Surroundings, Token,
    Update,
};
use ironwright_simulated::SimulatedCloud;
use serde_json::Value as Json;

use crate::disk::Disk;
use crate::history::Weather;
use crate::kinds::{Facts, KINDS, Kind, SHADOW};
use crate::sabotage::Sabotage;
use crate::session::Session;

/// What the cloud knows beyond one run. Clones are the same cloud.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) truth: SimulatedCloud,
    /// The tokens the simulated cloud was given for a token of the engine. Of a kind that knows no tokens, each attempt
    /// is a new one.
    attempts: Arc<Mutex<BTreeMap<Token, Vec<Token>>>>,
}

impl Place {
    pub(crate) fn new(seed: u64) -> Self {
        Self { truth: SimulatedCloud::in_memory(Arc::new(Facts)).with_seed(seed), attempts: Arc::default() }
    }

    fn attempts(&self) -> MutexGuard<'_, BTreeMap<Token, Vec<Token>>> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn attempts_of(&self, token: &Token) -> Vec<Token> {
        self.attempts().get(token).cloned().unwrap_or_default()
    }

    /// The ids of what is live and was made under `token`.
    pub(crate) async fn made_with(&self, type_name: &str, region: &str, token: &Token) -> Vec<String> {
        let mut made = Vec::new();
        for attempt in self.attempts_of(token) {
            let request = find(type_name, region, attempt);
            let found = self.truth.find(&request).await.unwrap_or_default();
            made.extend(found.into_iter().map(|live| live.physical_id));
        }
        made
    }

    /// Whether anything that can be referred to has this id.
    fn has(&self, id: &str) -> bool {
        let is_it = |kind: &Kind| matches!(self.truth.get(kind.type_name, id), Ok(Some(_)));
        KINDS.iter().any(is_it)
    }
}

fn find(type_name: &str, region: &str, token: Token) -> Find {
    let (type_name, region) = (type_name.to_owned(), region.to_owned());
    Find { address: Address::new("any"), type_name, region, token, properties: Json::Null }
}

/// The cloud as one run sees it.
pub(crate) struct Witness {
    place: Place,
    /// The same cloud, in this run's weather.
    cloud: SimulatedCloud,
    weather: Weather,
    session: Arc<Session>,
    disk: Disk,
    /// Operations that earlier runs left open.
    left_open: BTreeSet<Token>,
}

impl Witness {
    pub(crate) fn new(
        place: Place,
        cloud: SimulatedCloud,
        weather: Weather,
        session: Arc<Session>,
        disk: Disk,
    ) -> Self {
        let left_open = disk.content().ledger.pending.iter().map(|operation| operation.token.clone()).collect();
        Self { place, cloud, weather, session, disk, left_open }
    }

    /// A change is about to be sent: its begin entry must be durable, and so must be the end of what it needs.
    fn check_order(&self, action: Action, address: &Address, token: &Token) {
        let content = self.disk.content();
        if !content.begun.contains(token) {
            self.session.violated("I2-begin", format!("{action} {address} is sent before its begin entry is durable"));
        }
        let mut pending = content.ledger.pending.iter();
        // What recovery sends again was in order when it was begun.
        let is_new = |operation: &&Operation| operation.token == *token && !self.left_open.contains(token);
        let Some(operation) = pending.find(is_new).filter(|_| action != Action::Delete) else {
            return;
        };
        for needed in &operation.record.dependencies {
            let under_way = content.ledger.pending.iter().any(|other| {
                other.record.address == *needed
                    && other.action != Action::Delete
                    && !self.left_open.contains(&other.token)
            });
            if under_way || !content.ledger.live.contains_key(needed) {
                let what = format!("{action} {address} is sent before the end entry of {needed} is durable");
                self.session.violated("I2-order", what);
            }
        }
    }

    /// What goes wrong with a change before the cloud does anything.
    fn refusal(&self, properties: &Resolved) -> Option<ProviderError> {
        let dice = self.session.dice();
        let sent = properties.expose();
        if dice.percent(self.weather.not_ready) {
            return Some(ProviderError::new(ErrorKind::NotReady, "NotReady", format!("not visible yet: {sent}")));
        }
        if dice.percent(self.weather.refused) {
            return Some(ProviderError::new(ErrorKind::Refused, "Refused", format!("this is not allowed: {sent}")));
        }
        let needs = sent.get("Needs").and_then(Json::as_array).into_iter().flatten().chain(sent.get("Parent"));
        let lost = needs.filter_map(Json::as_str).find(|id| !self.place.has(id))?;
        Some(ProviderError::new(ErrorKind::Refused, "NotFound", format!("there is no {lost}")))
    }

    /// The token that the simulated cloud is given.
    fn attempt(&self, kind: &Kind, token: &Token) -> Token {
        let mut attempts = self.place.attempts();
        let count: u128 = attempts.values().map(|attempts| attempts.len() as u128).sum();
        let forgets = self.session.sabotage() == Some(Sabotage::ForgetsTokens);
        let attempt = if kind.client_token && !forgets { token.clone() } else { Token::new(count + 1) };
        let known = attempts.entry(token.clone()).or_default();
        if !known.contains(&attempt) {
            known.push(attempt.clone());
        }
        attempt
    }

    fn noted<T>(&self, result: Result<T, ProviderError>, told: impl FnOnce(&T) -> String) -> Result<T, ProviderError> {
        match &result {
            Ok(value) => self.session.note(|| format!("  {}", told(value))),
            Err(error) => {
                self.session.notes().totals.faults += 1;
                self.session.note(|| format!("  {}", error.code));
            }
        }
        result
    }

    async fn called(&self, what: &str) -> u32 {
        let moment = self.session.before(what).await;
        self.session.notes().totals.calls += 1;
        moment
    }

    /// The same of a call that changes something.
    async fn changes(&self, what: &str) -> u32 {
        let moment = self.called(what).await;
        self.session.notes().changes += 1;
        self.session.check_lock(self.disk.content().owner.as_ref(), what);
        moment
    }

    async fn make(&self, request: Create, kind: &Kind) -> Result<Live, ProviderError> {
        let (type_name, region, token) = (&request.type_name, &request.region, &request.token);
        let replayed = kind.client_token && !self.place.made_with(type_name, region, token).await.is_empty();
        if let Some(refusal) = self.refusal(&request.properties).filter(|_| !replayed) {
            return Err(refusal);
        }
        let sent = Create {
            token: self.attempt(kind, token),
            properties: with_shadow(&request.properties),
            ..request.clone()
        };
        let live = self.cloud.create(sent).await?;
        let fails = self.session.dice().percent(self.weather.half_made);
        if fails && !replayed {
            let error = ProviderError::new(ErrorKind::Refused, "CreateFailed", "it was made and did not get ready");
            return Err(ProviderError { physical_id: Some(live.physical_id), ..error });
        }
        Ok(live)
    }
}

#[async_trait]
impl Provider for Witness {
    fn name(&self) -> &'static str {
        "simulated"
    }

    fn prefixes(&self) -> &'static [&'static str] {
        &["AWS::"]
    }

    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        Facts.facts(type_name)
    }

    fn capabilities(&self, type_name: &str) -> Capabilities {
        Kind::of(type_name).map(Kind::capabilities).unwrap_or_default()
    }

    async fn surroundings(&self, region: &str) -> Result<Surroundings, ProviderError> {
        self.cloud.surroundings(region).await
    }

    async fn create(&self, request: Create) -> Result<Live, ProviderError> {
        let moment = self.changes(&format!("create {}", request.address)).await;
        self.check_order(Action::Create, &request.address, &request.token);
        let result = match Kind::of(&request.type_name) {
            Some(kind) => self.make(request, kind).await,
            None => Err(ProviderError::new(ErrorKind::Refused, "UnknownType", "no such type")),
        };
        let result = self.noted(result, |live| live.physical_id.clone());
        self.session.panic_at(moment);
        self.session.after(moment).await;
        result
    }

    async fn read(&self, requests: &[Read]) -> Vec<Result<Option<Live>, ProviderError>> {
        let moment = self.called(&format!("read {}", requests.len())).await;
        let results = self.cloud.read(requests).await;
        self.session.notes().totals.faults += u64::from(results.iter().any(Result::is_err));
        self.session.panic_at(moment);
        self.session.after(moment).await;
        results
    }

    async fn update(&self, request: Update) -> Result<Live, ProviderError> {
        let moment = self.changes(&format!("update {} {}", request.address, request.physical_id)).await;
        self.check_order(Action::Update, &request.address, &request.token);
        let result = match self.refusal(&request.properties) {
            Some(refusal) => Err(refusal),
            None => self.cloud.update(Update { properties: with_shadow(&request.properties), ..request }).await,
        };
        let result = self.noted(result, |_| "updated".to_owned());
        self.session.panic_at(moment);
        self.session.after(moment).await;
        result
    }

    async fn delete(&self, request: Delete) -> Result<(), ProviderError> {
        let moment = self.changes(&format!("delete {} {}", request.address, request.physical_id)).await;
        self.check_order(Action::Delete, &request.address, &request.token);
        let keeps = self.session.sabotage() == Some(Sabotage::KeepsDeleted);
        let result = if keeps { Ok(()) } else { self.cloud.delete(request).await };
        let result = self.noted(result, |()| "deleted".to_owned());
        self.session.panic_at(moment);
        self.session.after(moment).await;
        result
    }

    async fn find(&self, request: &Find) -> Result<Vec<Live>, ProviderError> {
        let moment = self.called(&format!("find {}", request.address)).await;
        let mut found = Ok(Vec::new());
        for attempt in self.place.attempts_of(&request.token) {
            match (&mut found, self.cloud.find(&Find { token: attempt, ..request.clone() }).await) {
                (Ok(found), Ok(more)) => found.extend(more),
                (_, result) => found = result,
            }
        }
        let found = self.noted(found, |found| format!("found {}", found.len()));
        self.session.panic_at(moment);
        self.session.after(moment).await;
        found
    }

    async fn dynamic(&self, region: &str, reference: &DynamicReference) -> Result<Json, ProviderError> {
        self.cloud.dynamic(region, reference).await
    }
}

/// `properties`, and a digest of the secret in them where the checks can read it.
fn with_shadow(properties: &Resolved) -> Resolved {
    let Planned::Map(mut entries) = properties.value().clone() else {
        return properties.clone();
    };
    if let Some(Planned::Secret(secret)) = entries.get("Secret") {
        entries.insert(SHADOW.to_owned(), Planned::Text(shadow_of(secret)));
    }
    Resolved::new(Planned::Map(entries)).unwrap_or_else(|_| properties.clone())
}

/// A digest that no state has: it tells which secret the cloud was sent.
pub(crate) fn shadow_of(secret: &SecretText) -> String {
    secret.digest("shadow")[..12].to_owned()
}
