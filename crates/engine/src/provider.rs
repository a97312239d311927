//! The seam to every cloud: a provider creates, reads, updates and deletes the resources of some types.
//!
//! Clouds, Docker hosts and Kubernetes clusters stand behind the same trait; what a provider can promise is declared in
//! its [`Capabilities`], so that recovery chooses the safe way instead of guessing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ironwright_core::facts::TypeFacts;
use ironwright_core::function::DynamicReference;
use ironwright_core::{Address, Diagnostic, Resolved};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::events::Observer;
use crate::token::Token;

/// Creates, reads, updates and deletes the resources of some types.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The name in messages and in the state: `simulated`.
    fn name(&self) -> &'static str;

    /// The prefixes of the types it serves: `AWS::`. The longest prefix of all providers wins.
    fn prefixes(&self) -> &'static [&'static str];

    /// What is known of a type; nothing where the provider does not serve it in this build.
    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>>;

    /// What can be promised of a type.
    fn capabilities(&self, type_name: &str) -> Capabilities;

    /// How long after it was first sent a client token surely names the same create; nothing where it always does. Later
    /// it is not sent again: it would make a second resource.
    fn token_life(&self, _type_name: &str) -> Option<Duration> {
        None
    }

    /// A run begins that may read, change or delete what is in the state. Called before anything of that is read, found,
    /// changed or deleted; a plan and its apply are two runs.
    fn prepare(&self, _: Preparation) {}

    /// What the program can ask of the place it is deployed to. Called once a region and run.
    async fn surroundings(&self, region: &str) -> Result<Surroundings, ProviderError>;

    /// Makes a resource. The same token never makes two where [`Capabilities::client_token`] says so.
    async fn create(&self, request: Create) -> Result<Live, ProviderError>;

    /// Makes a resource, and comes back as soon as its id is sure, though it may not be ready yet. Whatever kind of types
    /// are ready at once need not tell the two apart.
    async fn accept(&self, request: Create) -> Result<Accepted, ProviderError> {
        self.create(request).await.map(Accepted::from)
    }

    /// How a resource stands that was accepted and not waited for. Changes nothing.
    async fn standing(&self, _accepted: &Ticket) -> Result<Readiness, ProviderError> {
        Ok(Readiness::Ready)
    }

    /// Reads resources, in the order asked for. `None` only where the cloud has said that there is none.
    async fn read(&self, requests: &[Read]) -> Vec<Result<Option<Live>, ProviderError>>;

    /// Changes a resource in place.
    async fn update(&self, request: Update) -> Result<Live, ProviderError>;

    /// Deletes a resource. One that is gone already is an error with [`ErrorKind::NotFound`].
    async fn delete(&self, request: Delete) -> Result<(), ProviderError>;

    /// Finds what an interrupted create may have left, by what `request` knows of it.
    async fn find(&self, request: &Find) -> Result<Vec<Live>, ProviderError>;

    /// Looks through all there is of a type for what an interrupted create made whose token says nothing any more and that
    /// cannot be found otherwise. `known` are the ids that the state has of the type. An error where what may be it cannot
    /// be told apart, which names that.
    async fn trace(&self, _request: &Find, _known: &[String]) -> Result<Option<Trace>, ProviderError> {
        Err(ProviderError::new(ErrorKind::Refused, "NoLookUp", "the provider cannot list what there is"))
    }

    /// The ids of all there is of a type in a region.
    async fn list(&self, _type_name: &str, _region: &str) -> Result<Vec<String>, ProviderError> {
        Err(ProviderError::new(ErrorKind::Refused, "NoList", "the provider cannot list what there is"))
    }

    /// Takes new credentials, after [`ErrorKind::Expired`]. An error where there are none yet that work, or where they are
    /// for another account.
    async fn renew(&self) -> Result<(), ProviderError> {
        Ok(())
    }

    /// Reads a value from a store.
    async fn dynamic(&self, region: &str, reference: &DynamicReference) -> Result<Json, ProviderError>;
}

/// What a provider promises of a type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent promises, each asked for by name")]
pub struct Capabilities {
    /// A create that is sent again with the same token does not make a second resource.
    pub client_token: bool,
    /// What was made can be found again by the tags `ironwright:address` and `ironwright:token`, or by what it was asked for
    /// where there is one of it at most.
    pub tag_look_up: bool,
    /// The program chooses the physical id, so it can be read without having been told.
    pub caller_chosen_name: bool,
    /// Many resources can be read in one call.
    pub batched_reads: bool,
    /// Nothing remembers the resource but the state: it is not read, and a create that was interrupted has left nothing.
    pub kept_in_state: bool,
    /// Reading and deleting it needs what was last applied, which [`Provider::prepare`] tells.
    pub needs_applied: bool,
}

/// What a provider is told when a run begins.
#[derive(Clone, Default)]
pub struct Preparation {
    /// The app.
    pub app: String,
    /// The stage.
    pub stage: String,
    /// Every resource in the state, and behind them every one that an interrupted run was making, changing or deleting, whose
    /// type says [`Capabilities::needs_applied`].
    pub applied: Vec<Applied>,
    /// Whom to tell of progress; nobody while a plan is made.
    pub observer: Option<Arc<dyn Observer>>,
}

/// A resource as it was last applied.
#[derive(Clone, Debug)]
pub struct Applied {
    /// Its address.
    pub address: Address,
    /// Its type.
    pub type_name: String,
    /// Its physical id; empty where a create was interrupted before it was known.
    pub physical_id: String,
    /// Its properties, secrets opened as far as a key is at hand; others are left out.
    pub properties: Resolved,
    /// Where secrets are left out, as JSON pointers into the properties: `/Hosts/0/Identity`.
    pub left_out: BTreeSet<String>,
    /// Why secrets are left out, and what to do about it; nothing where none are.
    pub locked: Option<String>,
}

/// The place a program is deployed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Surroundings {
    /// The account's number.
    pub account_id: String,
    /// The partition, `aws`.
    pub partition: String,
    /// The domain of the partition's services, `amazonaws.com`.
    pub url_suffix: String,
    /// The availability zones of the region, in order.
    pub availability_zones: Vec<String>,
}

/// A resource to make.
#[derive(Clone, Debug)]
pub struct Create {
    /// Its address.
    pub address: Address,
    /// Its type.
    pub type_name: String,
    /// Its region; empty for types that have none.
    pub region: String,
    /// Its properties.
    pub properties: Resolved,
    /// Names this attempt; sent again when the outcome of the attempt is unknown.
    pub token: Token,
}

/// A resource to read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// Its type.
    pub type_name: String,
    /// Its region.
    pub region: String,
    /// Its physical id.
    pub physical_id: String,
}

/// A resource to change.
#[derive(Clone, Debug)]
pub struct Update {
    /// Its address.
    pub address: Address,
    /// Its type.
    pub type_name: String,
    /// Its region.
    pub region: String,
    /// Its physical id.
    pub physical_id: String,
    /// What was last applied, secrets as digests.
    pub prior: Json,
    /// What it shall be: all properties, not only those that change.
    pub properties: Resolved,
    /// The names of those that are to change. Nothing where that is not known: after an interrupted update, which may have
    /// changed what cannot be read.
    pub changed: Option<BTreeSet<String>>,
    /// Names this attempt.
    pub token: Token,
}

impl Update {
    /// Whether the property `name` may be another than it is live. What the cloud does not return is sent for this alone.
    pub fn may_change(&self, name: &str) -> bool {
        self.changed.as_ref().is_none_or(|changed| changed.contains(name))
    }
}

/// A resource to delete.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Delete {
    /// Its address.
    pub address: Address,
    /// Its type.
    pub type_name: String,
    /// Its region.
    pub region: String,
    /// Its physical id.
    pub physical_id: String,
    /// What was last observed of it.
    pub model: Json,
    /// A snapshot is to be taken first.
    pub snapshot: bool,
    /// Names this attempt.
    pub token: Token,
}

/// What is known of a create whose outcome is unknown.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Find {
    /// Its address.
    pub address: Address,
    /// Its type.
    pub type_name: String,
    /// Its region.
    pub region: String,
    /// The token it was sent with.
    pub token: Token,
    /// The properties it was sent with, secrets as digests.
    pub properties: Json,
}

/// A resource as the cloud has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Live {
    /// The id the cloud knows it by; parts of a compound one joined by `|`.
    pub physical_id: String,
    /// Everything the cloud says of it: properties and attributes, as one document.
    pub model: Json,
}

/// What has come of a create that was not waited for.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    /// The resource, as far as there is something of it to read.
    pub live: Live,
    /// By what it is asked how it stands; nothing where it is ready.
    pub ticket: Option<String>,
}

impl From<Live> for Accepted {
    fn from(live: Live) -> Self {
        Self { live, ticket: None }
    }
}

/// A resource that was accepted and not waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Its type.
    pub type_name: String,
    /// Its region.
    pub region: String,
    /// Its physical id.
    pub physical_id: String,
    /// What its create gave to ask by.
    pub ticket: String,
}

/// How a resource stands that was not waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Others can use it.
    Ready,
    /// It is still being made.
    Pending,
    /// Making it failed; why, in the cloud's words.
    Failed(String),
}

/// What a search for what an interrupted create made has found.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// What it made.
    pub live: Live,
    /// It bears the token of the create; otherwise it is only the one that is as it was asked for.
    pub certain: bool,
}

/// Why a provider could not do something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{code}: {message}")]
pub struct ProviderError {
    /// What that means for the run.
    pub kind: ErrorKind,
    /// The cloud's code, `InvalidVpcID.NotFound`.
    pub code: String,
    /// The cloud's message.
    pub message: String,
    /// The id of the resource, where the call made or found one before it failed.
    pub physical_id: Option<String>,
}

/// What an error means for the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request is wrong; sending it again is no use.
    Refused,
    /// The cloud has said that there is no such resource.
    NotFound,
    /// Others still use the resource; it may go later.
    InUse,
    /// Something the request needs is not visible yet; sent again soon, it works.
    NotReady,
    /// Where it is cannot be got to now. Nothing was done, and nothing says that it is gone: a plan goes by the state.
    Unreachable,
    /// Too many requests; nothing was done.
    Throttled,
    /// Nothing was done, for a reason that passes.
    Unavailable,
    /// Whether anything was done is not known: a lost response, a time-out, a 5xx.
    OutcomeUnknown,
    /// The credentials do not allow it.
    Credentials,
    /// The credentials have run out. Nothing was done; with new ones the same request works.
    Expired,
    /// The provider itself broke. Whether anything was done is not known, and it is not asked again in this run.
    Panicked,
}

impl ProviderError {
    /// An error of `kind`, in the cloud's words.
    pub fn new(kind: ErrorKind, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, code: code.into(), message: message.into(), physical_id: None }
    }

    /// Whether the same request may be sent again at once, since surely nothing was done.
    pub fn nothing_was_done(&self) -> bool {
        !matches!(self.kind, ErrorKind::OutcomeUnknown | ErrorKind::Panicked)
    }

    /// The error as a diagnostic about `address`.
    pub fn diagnostic(&self, address: &Address) -> Diagnostic {
        Diagnostic::error("provider", self.to_string()).at(address)
    }
}
