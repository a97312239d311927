//! Cloud Control: one API for every type. A request is taken on at once and carried out later; its progress is asked for
//! until it ends.

mod alike;
mod document;
mod failure;
mod patch;
mod progress;
mod search;
mod tags;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_cloudcontrol::Client;
use aws_sdk_cloudcontrol::types::ProgressEvent;
use ironwright_core::facts::{FactSource, TypeFacts};
use ironwright_core::function::DynamicReference;
use ironwright_engine::{
    Accepted, Capabilities, Create, Delete, ErrorKind, Find, Live, Provider, ProviderError, Read, Readiness,
    Surroundings, Ticket, Trace, Update,
};
use serde_json::Value as Json;

use crate::call::Calls;
use crate::error::{Intent, provider_error};
use crate::region::Regions;
use crate::stores::Stores;
use crate::surroundings;
use failure::{Purpose, failure, submitted};
use tags::Tagging;

/// How long Cloud Control honours a token is 36 hours; less one, since clocks differ.
const TOKEN_LIFE: Duration = Duration::from_hours(35);

/// A provider on Cloud Control.
pub(crate) struct CloudControl {
    regions: Arc<Regions>,
    facts: Arc<dyn FactSource>,
    calls: Calls,
    stores: Arc<Stores>,
}

impl CloudControl {
    pub(crate) fn new(regions: Arc<Regions>, stores: Arc<Stores>, facts: Arc<dyn FactSource>, calls: Calls) -> Self {
        Self { regions, facts, calls, stores }
    }

    fn type_facts(&self, type_name: &str) -> Result<Arc<TypeFacts>, ProviderError> {
        let unknown =
            || ProviderError::new(ErrorKind::Refused, "TypeNotKnown", format!("nothing is known of {type_name}"));
        self.facts.facts(type_name).ok_or_else(unknown)
    }

    /// What is there, without our tags.
    async fn get(&self, client: &Client, type_name: &str, id: &str) -> Result<Option<Live>, ProviderError> {
        let mut live = self.raw(client, type_name, id).await?;
        if let (Some(live), Some(facts)) = (&mut live, self.facts.facts(type_name))
            && let Some(tagging) = Tagging::of(&facts)
        {
            tagging.hide(&mut live.model);
        }
        Ok(live)
    }

    async fn raw(&self, client: &Client, type_name: &str, id: &str) -> Result<Option<Live>, ProviderError> {
        let request = client.get_resource().type_name(type_name).identifier(id);
        let answer =
            self.calls.call(async { request.send().await.map_err(|error| provider_error(&error, Intent::Look)) });
        match answer.await {
            Ok(answer) => {
                let description = answer.resource_description();
                let text = description.and_then(|description| description.properties()).unwrap_or("{}");
                let id = description.and_then(|description| description.identifier()).unwrap_or(id);
                Ok(Some(Live { physical_id: id.to_owned(), model: model(text)? }))
            }
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(explained(error, type_name)),
        }
    }

    /// Submits a create, and follows it until it has ended, or until `far_enough` says so of how it stands and of whether the
    /// program chooses the identifier.
    async fn made(
        &self,
        client: &Client,
        request: &Create,
        far_enough: impl Fn(&ProgressEvent, bool) -> bool + Send + Sync,
    ) -> Result<ProgressEvent, ProviderError> {
        let type_name = request.type_name.as_str();
        let facts = self.type_facts(type_name)?;
        let mut desired = document::without_nulls(request.properties.expose());
        if let Some(tagging) = Tagging::of(&facts) {
            tagging.give(&facts, &mut desired, request.address.as_str(), request.token.as_str());
        }
        let chooses_id = document::chooses_id(&facts, &desired);
        let desired = desired.to_string();
        let submit = |token: String| {
            let call = client.create_resource().type_name(type_name).desired_state(&desired).client_token(token);
            async move { call.send().await.map(|answer| answer.progress_event).map_err(|error| submitted(&error)) }
        };
        let (token, purpose) = (request.token.as_str(), Purpose::Create { chooses_id });
        let event = self.follow(client, token, purpose, submit, |event| far_enough(event, chooses_id)).await;
        event.map_err(|error| explained(error, type_name))
    }

    /// What was made or changed, as it is now: a request that has ended does not say. Whatever keeps it from being read,
    /// it was made: the error has its id, and never says that nothing was done.
    async fn settled(&self, client: &Client, type_name: &str, id: &str) -> Result<Live, ProviderError> {
        let error = match self.get(client, type_name, id).await {
            Ok(Some(live)) => return Ok(live),
            Ok(None) => ProviderError::new(ErrorKind::OutcomeUnknown, "NotFound", "it cannot be read yet"),
            Err(error) => error,
        };
        Err(ProviderError { kind: ErrorKind::OutcomeUnknown, physical_id: Some(id.to_owned()), ..error })
    }
}

#[async_trait]
impl Provider for CloudControl {
    fn name(&self) -> &'static str {
        "aws"
    }

    fn prefixes(&self) -> &'static [&'static str] {
        &["AWS::"]
    }

    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        self.facts.facts(type_name)
    }

    fn capabilities(&self, type_name: &str) -> Capabilities {
        let chooses_all = |facts: Arc<TypeFacts>| facts.primary_identifier.iter().all(|path| facts.is_settable(path));
        Capabilities {
            client_token: true,
            tag_look_up: false,
            caller_chosen_name: self.facts.facts(type_name).is_some_and(chooses_all),
            batched_reads: false,
            kept_in_state: false,
            needs_applied: false,
        }
    }

    fn token_life(&self, _: &str) -> Option<Duration> {
        Some(TOKEN_LIFE)
    }

    async fn surroundings(&self, region: &str) -> Result<Surroundings, ProviderError> {
        surroundings::of(&self.regions, &self.calls, region).await
    }

    async fn create(&self, request: Create) -> Result<Live, ProviderError> {
        let client = self.regions.cloud_control(&request.region);
        let event = self.made(&client, &request, |_, _| false).await?;
        self.settled(&client, &request.type_name, &progress::identifier(&event)?).await
    }

    /// An identifier that the program chose is told before anything is made, and may be somebody else's: such a request is
    /// waited for.
    async fn accept(&self, request: Create) -> Result<Accepted, ProviderError> {
        let client = self.regions.cloud_control(&request.region);
        let is_minted = |event: &ProgressEvent, chooses_id: bool| !chooses_id && event.identifier().is_some();
        let event = self.made(&client, &request, is_minted).await?;
        let id = progress::identifier(&event)?;
        let type_name = request.type_name.as_str();
        if progress::has_ended(&event) {
            return self.settled(&client, type_name, &id).await.map(Accepted::from);
        }
        let live = self.get(&client, type_name, &id).await.ok().flatten();
        let unread = || Live { physical_id: id.clone(), model: Json::Object(serde_json::Map::default()) };
        let live = live.filter(|live| live.physical_id == id).unwrap_or_else(unread);
        Ok(Accepted { live, ticket: event.request_token })
    }

    async fn standing(&self, accepted: &Ticket) -> Result<Readiness, ProviderError> {
        let client = self.regions.cloud_control(&accepted.region);
        let request = client.get_resource_request_status().request_token(&accepted.ticket);
        let asked =
            self.calls.call(async { request.send().await.map_err(|error| provider_error(&error, Intent::Look)) });
        match asked.await {
            Ok(answer) => Ok(answer.progress_event().map_or(Readiness::Pending, readiness)),
            // A request is told of for a week.
            Err(error) if error.kind == ErrorKind::NotFound => Ok(Readiness::Ready),
            Err(error) => Err(explained(error, &accepted.type_name)),
        }
    }

    async fn read(&self, requests: &[Read]) -> Vec<Result<Option<Live>, ProviderError>> {
        let mut found = Vec::with_capacity(requests.len());
        for request in requests {
            let client = self.regions.cloud_control(&request.region);
            found.push(self.get(&client, &request.type_name, &request.physical_id).await);
        }
        found
    }

    async fn update(&self, request: Update) -> Result<Live, ProviderError> {
        let client = self.regions.cloud_control(&request.region);
        let (type_name, id) = (request.type_name.as_str(), request.physical_id.as_str());
        let facts = self.type_facts(type_name)?;
        let gone = || ProviderError::new(ErrorKind::NotFound, "NotFound", format!("there is no {type_name} {id}"));
        let mut live = self.raw(&client, type_name, id).await?.ok_or_else(gone)?;
        let mut wanted = document::without_nulls(request.properties.expose());
        let tagging = Tagging::of(&facts);
        if let Some(tagging) = &tagging {
            tagging.keep(&live.model, &request.prior, &mut wanted);
        }
        let patch = patch::patch(&facts, &live.model, &wanted, &request);
        if patch.is_empty() {
            if let Some(tagging) = &tagging {
                tagging.hide(&mut live.model);
            }
            return Ok(live);
        }
        let patch = Json::Array(patch).to_string();
        let submit = |token: String| {
            let call = client.update_resource().type_name(type_name).identifier(id);
            let call = call.patch_document(&patch).client_token(token);
            async move { call.send().await.map(|answer| answer.progress_event).map_err(|error| submitted(&error)) }
        };
        let token = document::token_of_patch(request.token.as_str(), &patch);
        let id = self.carry_out(&client, &token, Purpose::Update, submit).await;
        let id = id.map_err(|error| explained(error, type_name))?;
        self.settled(&client, type_name, &id).await
    }

    async fn delete(&self, request: Delete) -> Result<(), ProviderError> {
        let client = self.regions.cloud_control(&request.region);
        let (type_name, id) = (request.type_name.as_str(), request.physical_id.as_str());
        let submit = |token: String| {
            let call = client.delete_resource().type_name(type_name).identifier(id).client_token(token);
            async move {
                let answer = call.send().await.map(|answer| answer.progress_event);
                answer.map_err(|error| provider_error(&error, Intent::Look))
            }
        };
        let ended = self.carry_out(&client, request.token.as_str(), Purpose::Delete, submit).await;
        ended.map(drop).map_err(|error| explained(error, type_name))
    }

    async fn find(&self, _: &Find) -> Result<Vec<Live>, ProviderError> {
        let message = "Cloud Control finds a create by its token alone";
        Err(ProviderError::new(ErrorKind::Refused, "NoLookUp", message))
    }

    async fn trace(&self, request: &Find, known: &[String]) -> Result<Option<Trace>, ProviderError> {
        self.traced(request, known).await
    }

    async fn list(&self, type_name: &str, region: &str) -> Result<Vec<String>, ProviderError> {
        self.ids(type_name, region).await
    }

    async fn renew(&self) -> Result<(), ProviderError> {
        self.regions.renew().await
    }

    async fn dynamic(&self, region: &str, reference: &DynamicReference) -> Result<Json, ProviderError> {
        self.stores.read(region, reference).await
    }
}

/// How the resource of a create stands.
fn readiness(event: &ProgressEvent) -> Readiness {
    if !progress::has_ended(event) {
        return Readiness::Pending;
    }
    failure(event, Purpose::Create { chooses_id: false })
        .map_or(Readiness::Ready, |error| Readiness::Failed(error.to_string()))
}

/// The model that Cloud Control returns as text.
fn model(text: &str) -> Result<Json, ProviderError> {
    serde_json::from_str(text).map_err(|error| {
        let message = format!("the model is no JSON document: {error}");
        ProviderError::new(ErrorKind::OutcomeUnknown, "ResponseUnreadable", message)
    })
}

/// The same, with the ways out where Cloud Control does not serve a type.
fn explained(mut error: ProviderError, type_name: &str) -> ProviderError {
    if matches!(error.code.as_str(), "UnsupportedActionException" | "TypeNotFoundException") {
        error.kind = ErrorKind::Refused;
        error.message = format!(
            "Cloud Control does not serve {type_name} ({}); deploy it through CloudFormation: `--target cloudformation`, \
             or `synth` its template",
            error.message
        );
    }
    error
}
