//! What a request does to the simulated cloud, and how its end is told in the codes of Cloud Control's handlers.

use ironwright_core::facts::TypeFacts;
use ironwright_core::{Address, Resolved};
use ironwright_engine::{Create, Delete, ErrorKind, Live, Provider as _, ProviderError, Token, Update};
use ironwright_simulated::SimulatedCloud;
use json_patch::Patch;
use serde_json::Value as Json;

use super::{change, identifier, token_conflict};
use crate::dice::Dice;
use crate::problem::Problem;

/// What is to be done.
pub(super) enum Order {
    /// A resource is to be made with these properties.
    Create { desired: Json },
    /// A resource is to be changed.
    Update { identifier: String, patch: Patch },
    /// A resource is to be deleted.
    Delete { identifier: String },
}

impl Order {
    /// The resource that it is about, where it is there already.
    pub(super) fn identifier(&self) -> Option<&str> {
        match self {
            Self::Create { .. } => None,
            Self::Update { identifier, .. } | Self::Delete { identifier } => Some(identifier),
        }
    }
}

/// How a request ended.
pub(super) struct Ended {
    pub(super) identifier: Option<String>,
    pub(super) failure: Option<Failure>,
}

/// Why a request failed.
pub(super) struct Failure {
    /// One of Cloud Control's handler error codes.
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// The handlers of all types.
pub(super) struct Handler {
    cloud: SimulatedCloud,
    /// Tokens of other eras say nothing.
    era: u64,
}

impl Handler {
    pub(super) fn new(cloud: SimulatedCloud) -> Self {
        Self { cloud, era: 0 }
    }

    /// The same handlers in another era.
    pub(super) fn in_era(self, era: u64) -> Self {
        Self { era, ..self }
    }

    /// The cloud.
    pub(super) fn cloud(&self) -> &SimulatedCloud {
        &self.cloud
    }

    /// Carries out an order. An error is one that a client hears at once, instead of in an event.
    pub(super) async fn carry_out(
        &self,
        facts: &TypeFacts,
        region: &str,
        client_token: &str,
        order: Order,
    ) -> Result<Ended, Problem> {
        let token = Token::new(Dice::new(self.era, &["token", region, client_token]).wide());
        match order {
            Order::Create { desired } => self.create(facts, region, client_token, token, desired).await,
            Order::Update { identifier, patch } => self.update(facts, region, token, identifier, &patch).await,
            Order::Delete { identifier } => Ok(self.delete(facts, region, token, identifier).await),
        }
    }

    async fn create(
        &self,
        facts: &TypeFacts,
        region: &str,
        client_token: &str,
        token: Token,
        desired: Json,
    ) -> Result<Ended, Problem> {
        let chosen = identifier::of(facts, &desired);
        let request = Create {
            address: address(facts),
            type_name: facts.type_name.clone(),
            region: region.to_owned(),
            properties: resolved(facts, desired),
            token,
        };
        match self.cloud.create(request).await {
            Err(error) if error.code == "ClientTokenConflictException" => Err(token_conflict(client_token)),
            // Handlers tell the identifier that was asked for, whether or not it is theirs.
            result => Ok(ended(result.map(|live| live.physical_id), chosen)),
        }
    }

    async fn update(
        &self,
        facts: &TypeFacts,
        region: &str,
        token: Token,
        identifier: String,
        patch: &Patch,
    ) -> Result<Ended, Problem> {
        let live = self.cloud.basis(&facts.type_name, region, &identifier);
        let basis = match live {
            Ok(Some(basis)) => basis,
            Ok(None) => {
                let message = format!("the resource of type {} with the identifier '{identifier}'", facts.type_name);
                return Err(Problem::new("ResourceNotFoundException", format!("{message} was not found")));
            }
            Err(error) => return Ok(ended(Err(error), Some(identifier))),
        };
        let desired = change::desired(&basis, patch);
        let desired = desired.map_err(|error| Problem::new("InvalidRequestException", error.to_string()))?;
        let request = Update {
            address: address(facts),
            type_name: facts.type_name.clone(),
            region: region.to_owned(),
            physical_id: identifier.clone(),
            prior: basis.asked,
            properties: resolved(facts, desired),
            changed: None,
            token,
        };
        let id = |live: Live| live.physical_id;
        Ok(ended(self.cloud.update(request).await.map(id), Some(identifier)))
    }

    async fn delete(&self, facts: &TypeFacts, region: &str, token: Token, identifier: String) -> Ended {
        let request = Delete {
            address: address(facts),
            type_name: facts.type_name.clone(),
            region: region.to_owned(),
            physical_id: identifier.clone(),
            model: Json::Null,
            snapshot: false,
            token,
        };
        let gone = self.cloud.delete(request).await.map(|()| identifier.clone());
        ended(gone, Some(identifier))
    }
}

/// A failure that has done nothing and passes, one or another by `token`.
pub(super) fn passing_failure(token: &str) -> Ended {
    const CODES: [&str; 3] = ["Throttling", "ServiceInternalError", "NetworkFailure"];
    let drawn = usize::try_from(Dice::new(0, &["failure", token]).next() % 3).unwrap_or_default();
    let failure = Failure { code: CODES[drawn], message: "a disturbance that was asked for".to_owned() };
    Ended { identifier: None, failure: Some(failure) }
}

/// The address in the simulated cloud. Cloud Control has none; what is made is named after its type.
fn address(facts: &TypeFacts) -> Address {
    let kind = facts.type_name.rsplit("::").next().unwrap_or_default();
    Address::from(format!("cloud-control/{kind}").as_str())
}

/// The properties, with what may never be read back as secrets: the simulated cloud keeps no plain ones.
fn resolved(facts: &TypeFacts, desired: Json) -> Resolved {
    // What came as a document has nothing unknown in it.
    Resolved::new(change::with_secrets(facts, desired)).unwrap_or_default()
}

fn ended(result: Result<String, ProviderError>, known: Option<String>) -> Ended {
    match result {
        Ok(identifier) => Ended { identifier: Some(identifier), failure: None },
        Err(error) => {
            let failure = Failure { code: code(&error), message: format!("{} ({})", error.message, error.code) };
            Ended { identifier: known, failure: Some(failure) }
        }
    }
}

/// The handler's code for an error in the words of the service.
fn code(error: &ProviderError) -> &'static str {
    let has = |parts: &[&str]| parts.iter().any(|part| error.code.contains(part));
    match error.kind {
        ErrorKind::NotFound => "NotFound",
        ErrorKind::InUse => "ResourceConflict",
        ErrorKind::Throttled => "Throttling",
        ErrorKind::Unavailable => "ServiceInternalError",
        ErrorKind::OutcomeUnknown | ErrorKind::Panicked => "InternalFailure",
        _ if error.code == "NotUpdatable" => "NotUpdatable",
        _ if has(&["AlreadyExist", "AlreadyOwned", "AlreadyAssociated", "Duplicate", "ResourceExists"]) => {
            "AlreadyExists"
        }
        _ if has(&["NotFound", "NoSuch"]) => "NotFound",
        _ => "InvalidRequest",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_words_become_the_codes_of_handlers() {
        let check = |kind, word: &str, expect| assert_eq!(code(&ProviderError::new(kind, word, "")), expect, "{word}");
        check(ErrorKind::Refused, "InvalidVpcID.NotFound", "NotFound");
        check(ErrorKind::Refused, "BucketAlreadyOwnedByYou", "AlreadyExists");
        check(ErrorKind::Refused, "InvalidGroup.Duplicate", "AlreadyExists");
        check(ErrorKind::Refused, "ValidationException", "InvalidRequest");
        check(ErrorKind::Refused, "NotUpdatable", "NotUpdatable");
        check(ErrorKind::InUse, "DependencyViolation", "ResourceConflict");
        check(ErrorKind::NotFound, "NoSuchEntity", "NotFound");
    }
}
