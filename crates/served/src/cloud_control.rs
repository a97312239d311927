//! Cloud Control: one protocol for every type. A request to create, change or delete is carried out when it is taken on;
//! its progress is told as real ones tell it, pending and in progress before it ends.

mod call;
mod change;
mod handler;
mod identifier;
mod pages;
mod requests;

use std::sync::Arc;

use ironwright_core::facts::{FactSource, TypeFacts};
use ironwright_engine::{Clock, ErrorKind, Provider as _, ProviderError, Read};
use ironwright_simulated::SimulatedCloud;
use serde_json::{Value as Json, json};
use tokio::sync::Mutex;

use crate::dice::Dice;
use crate::problem::Problem;
use call::{Ask, GetResource, ListResourceRequests, ListResources, Submission};
use handler::Handler;
use requests::{Named, Requests};

pub(crate) use call::Call;

/// The service.
pub(crate) struct CloudControl {
    handler: Handler,
    facts: Arc<dyn FactSource>,
    /// Held while a request is taken on, so that one sent twice at once is carried out once.
    requests: Mutex<Requests>,
    clock: Arc<dyn Clock>,
    seed: u64,
}

impl CloudControl {
    pub(crate) fn new(cloud: SimulatedCloud, facts: Arc<dyn FactSource>, clock: Arc<dyn Clock>, seed: u64) -> Self {
        Self { handler: Handler::new(cloud), facts, requests: Mutex::default(), clock, seed }
    }

    /// The same service in another era, where the tokens of this one say nothing.
    pub(crate) fn in_era(self, era: u64) -> Self {
        Self { handler: self.handler.in_era(era), ..self }
    }

    /// Answers a call. Of one that asks for a change, `slow` looks find it under way, and where it `fails`, it ends as
    /// failed for a reason that passes and nothing is done.
    pub(crate) async fn answer(&self, call: &Call, slow: u32, fails: bool) -> Result<Json, Problem> {
        let region = call.region.as_str();
        match &call.ask {
            Ask::Submit(submission) => self.submit(region, submission, slow, fails).await,
            Ask::Get(wanted) => self.get(region, wanted).await,
            Ask::List(wanted) => self.list(region, wanted),
            Ask::Status(wanted) => {
                let mut requests = self.requests.lock().await;
                let request = requests.of_token(region, &wanted.request_token).ok_or_else(|| unknown_token(wanted))?;
                Ok(json!({"ProgressEvent": request.look()}))
            }
            Ask::Cancel(wanted) => {
                let mut requests = self.requests.lock().await;
                let request = requests.of_token(region, &wanted.request_token).ok_or_else(|| unknown_token(wanted))?;
                let ended = || Problem::fault("ConcurrentModificationException", "the request has ended already");
                request.cancel().then(|| json!({"ProgressEvent": request.event()})).ok_or_else(ended)
            }
            Ask::ListRequests(wanted) => self.list_requests(region, wanted).await,
        }
    }

    fn facts(&self, type_name: &str) -> Result<Arc<TypeFacts>, Problem> {
        let unknown = || Problem::new("TypeNotFoundException", format!("the type {type_name} cannot be found"));
        self.facts.facts(type_name).ok_or_else(unknown)
    }

    /// Takes a request on, unless it was taken on before under its token.
    async fn submit(&self, region: &str, wanted: &Submission, slow: u32, fails: bool) -> Result<Json, Problem> {
        let facts = self.facts(&wanted.type_name)?;
        let mut requests = self.requests.lock().await;
        let client_token = wanted.client_token.clone().unwrap_or_else(|| requests.next_name());
        let fingerprint = wanted.fingerprint();
        match requests.of_client(region, &client_token, fingerprint) {
            Named::New => {}
            Named::Same(request) => return Ok(json!({"ProgressEvent": request.look()})),
            Named::Other => return Err(token_conflict(&client_token)),
        }
        let order = wanted.order(&facts)?;
        if let Some(other) = order.identifier().and_then(|id| requests.under_way(region, &wanted.type_name, id)) {
            let message = format!("another request is under way for it: {}", other.token);
            other.look();
            return Err(Problem::new("ConcurrentOperationException", message));
        }
        let token = Dice::new(self.seed, &["request", region, &client_token]).uuid();
        let ended = if fails {
            handler::passing_failure(&token)
        } else {
            self.handler.carry_out(&facts, region, &client_token, order).await?
        };
        let request = requests::Request::new(region, token, wanted, ended, slow, self.clock.now());
        Ok(json!({"ProgressEvent": requests.enter(client_token, fingerprint, request).event()}))
    }

    async fn get(&self, region: &str, wanted: &GetResource) -> Result<Json, Problem> {
        let type_name = &wanted.type_name;
        let identifier = identifier::plain(&*self.facts(type_name)?, &wanted.identifier);
        let read = Read {
            type_name: type_name.clone(),
            region: region.to_owned(),
            physical_id: identifier.clone().into_owned(),
        };
        let live =
            self.handler.cloud().read(&[read]).await.pop().unwrap_or(Ok(None)).map_err(|error| trouble(&error))?;
        let gone = || {
            let message = format!("the resource of type {type_name} with the identifier '{identifier}' was not found");
            Problem::new("ResourceNotFoundException", message)
        };
        let live = live.ok_or_else(gone)?;
        Ok(json!({"TypeName": type_name, "ResourceDescription": described(&live.physical_id, &live.model)}))
    }

    fn list(&self, region: &str, wanted: &ListResources) -> Result<Json, Problem> {
        let type_name = &wanted.type_name;
        self.facts(type_name)?;
        let model = wanted.filter()?;
        let resources = self.handler.cloud().resources().map_err(|error| trouble(&error))?;
        let here = resources.into_iter().filter(|resource| {
            resource.type_name == *type_name
                && (resource.region.is_empty() || resource.region == region)
                && model.iter().all(|(name, value)| resource.model.get(name) == Some(value))
        });
        let page = pages::page(here.collect(), &wanted.page, |resource| resource.physical_id.clone())?;
        let described: Vec<Json> =
            page.items.iter().map(|resource| described(&resource.physical_id, &resource.model)).collect();
        Ok(pages::with_next(json!({"TypeName": type_name, "ResourceDescriptions": described}), page.next))
    }

    async fn list_requests(&self, region: &str, wanted: &ListResourceRequests) -> Result<Json, Problem> {
        let requests = self.requests.lock().await;
        let here = requests.all(region).filter(|(_, event)| wanted.filter.takes(event)).collect();
        let page = pages::page(here, &wanted.page, |(number, _)| number.to_string())?;
        let events: Vec<Json> = page.items.into_iter().map(|(_, event)| event).collect();
        Ok(pages::with_next(json!({"ResourceRequestStatusSummaries": events}), page.next))
    }
}

fn described(identifier: &str, model: &Json) -> Json {
    json!({"Identifier": identifier, "Properties": model.to_string()})
}

fn unknown_token(wanted: &call::OfRequest) -> Problem {
    let message = format!("there is no request with the token '{}'", wanted.request_token);
    Problem::new("RequestTokenNotFoundException", message)
}

fn token_conflict(client_token: &str) -> Problem {
    let message = format!("the client token '{client_token}' was used for another request");
    Problem::new("ClientTokenConflictException", message)
}

/// An error of the cloud outside of a request.
fn trouble(error: &ProviderError) -> Problem {
    match error.kind {
        ErrorKind::Refused => Problem::new("GeneralServiceException", error.to_string()),
        _ => Problem::fault("ServiceInternalErrorException", error.to_string()),
    }
}
