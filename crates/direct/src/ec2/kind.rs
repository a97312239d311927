//! What the types of EC2 have in common: the seam each implements, and the calls they make.

use std::collections::BTreeMap;
use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::config::http::HttpResponse;
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use ironwright_engine::{Capabilities, Create, Delete, ErrorKind, Find, Live, ProviderError, Update};
use serde_json::Value as Json;

use crate::call::Calls;
use crate::error::{Intent, provider_error};
use crate::region::Regions;

/// Models by physical id.
pub(super) type Models = BTreeMap<String, Json>;

/// How the resources of one type are made, read, changed and deleted.
#[async_trait]
pub(super) trait Kind: Send + Sync {
    /// The type.
    fn type_name(&self) -> &'static str;

    /// What EC2 promises of it. Unless a type says otherwise, it is tagged as it is made.
    fn capabilities(&self) -> Capabilities {
        Capabilities { tag_look_up: true, batched_reads: true, ..Capabilities::default() }
    }

    /// Makes one, and waits until what depends on it can use it.
    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError>;

    /// Whether what depends on a resource with this `model` can use it; an error where it never will.
    fn is_ready(&self, _model: &Json) -> Result<bool, ProviderError> {
        Ok(true)
    }

    /// Reads those of `ids` that are there; as many of them as a filter takes.
    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError>;

    /// Reads up to a thousand that are all there, by their ids; nothing where the type is not read so.
    async fn read_named(&self, _: &Ec2, _ids: &[&str]) -> Option<Result<Models, ProviderError>> {
        None
    }

    /// Changes one in place.
    async fn update(&self, ec2: &Ec2, request: &Update) -> Result<Live, ProviderError>;

    /// Deletes one, and waits until it is gone.
    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError>;

    /// Finds what a create made, by its tags or by what it was asked for.
    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError>;
}

/// All items that `$call`, which describes some, gives page by page.
macro_rules! pages {
    ($ec2:expr, $call:expr, $items:ident) => {{
        let (call, mut items, mut page) = ($call, Vec::new(), None);
        loop {
            let answer = $ec2.look(call.clone().set_next_token(page).send()).await?;
            page = answer.next_token.filter(|page| !page.is_empty());
            items.extend(answer.$items.unwrap_or_default());
            if page.is_none() {
                break items;
            }
        }
    }};
}
pub(super) use pages;

/// What was found, as resources.
pub(super) fn lives(found: Models) -> Vec<Live> {
    found.into_iter().map(|(physical_id, model)| Live { physical_id, model }).collect()
}

/// Says in an error that `id` is live.
pub(super) fn about(id: &str) -> impl Fn(ProviderError) -> ProviderError + Copy + '_ {
    move |mut error| {
        error.physical_id = Some(id.to_owned());
        error
    }
}

/// A call of the SDK on its way.
pub(super) trait Sent<T, E>: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send {}
impl<T, E, F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send> Sent<T, E> for F {}

/// What comes of a call.
pub(super) type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, ProviderError>> + Send + 'a>>;

/// EC2 in one region.
#[derive(Clone)]
pub(super) struct Ec2 {
    pub(super) client: Client,
    pub(super) calls: Arc<Calls>,
    pub(super) region: String,
    pub(super) regions: Arc<Regions>,
    /// What is made is waited for until it is ready.
    pub(super) waits: bool,
}

impl Ec2 {
    /// A call that reads or deletes: "not found" is about the resource itself.
    pub(super) fn look<'a, T: 'a, E>(&'a self, call: impl Sent<T, E> + 'a) -> Answer<'a, T>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        self.send(call, Intent::Look)
    }

    /// A call that makes or changes something: "not found" is about something it needs.
    pub(super) fn change<'a, T: 'a, E>(&'a self, call: impl Sent<T, E> + 'a) -> Answer<'a, T>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        self.send(call, Intent::Change)
    }

    /// In a box: the SDK's futures are large, and a kind holds several of them.
    fn send<'a, T: 'a, E>(&'a self, call: impl Sent<T, E> + 'a, intent: Intent) -> Answer<'a, T>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        Box::pin(self.calls.call(async move { call.await.map_err(|error| provider_error(&error, intent)) }))
    }

    /// Reads what was made last of a resource of `kind` until it is ready, or, where nothing waits for it, until it is there.
    pub(super) async fn until_ready(&self, kind: &dyn Kind, id: &str) -> Result<Live, ProviderError> {
        if self.waits {
            self.until(kind, id, |model| kind.is_ready(model)).await
        } else {
            self.until(kind, id, |_| Ok(true)).await
        }
    }

    /// Reads one resource of `kind` until `ready` says so of its model. `id` is live from the start: whatever goes wrong
    /// here is an error that names it.
    pub(super) async fn until(
        &self,
        kind: &dyn Kind,
        id: &str,
        ready: impl Fn(&Json) -> Result<bool, ProviderError> + Send,
    ) -> Result<Live, ProviderError> {
        let about = about(id);
        let mut poll = Poll::new();
        loop {
            let model = match kind.read(self, &[id]).await {
                Ok(mut models) => models.remove(id),
                Err(error) if matches!(error.kind, ErrorKind::Refused | ErrorKind::Credentials) => {
                    return Err(about(error));
                }
                // It is there, whatever becomes of the credentials: it is read when there are others.
                Err(error) if error.kind == ErrorKind::Expired => {
                    return Err(about(ProviderError { kind: ErrorKind::OutcomeUnknown, ..error }));
                }
                Err(_) => None,
            };
            if let Some(model) = model
                && ready(&model).map_err(about)?
            {
                return Ok(Live { physical_id: id.to_owned(), model });
            }
            if !self.pause(&mut poll).await {
                let message = "it was made, and is not ready after ten minutes";
                return Err(about(ProviderError::new(ErrorKind::OutcomeUnknown, "NotReady", message)));
            }
        }
    }

    /// Reads one resource of `kind` until it is gone or `gone` says so of its model.
    pub(super) async fn until_gone(
        &self,
        kind: &dyn Kind,
        id: &str,
        gone: impl Fn(&Json) -> bool + Send,
    ) -> Result<(), ProviderError> {
        let mut poll = Poll::new();
        loop {
            let left = kind.read(self, &[id]).await?.remove(id).filter(|model| !gone(model));
            if left.is_none() {
                return Ok(());
            }
            if !self.pause(&mut poll).await {
                let message = "it is being deleted, and is still there after ten minutes";
                return Err(ProviderError::new(ErrorKind::OutcomeUnknown, "NotGone", message));
            }
        }
    }

    /// Lists until `id`, whose deletion goes on, is not listed or `gone` says so of its model: for types of which a read
    /// shows nothing as soon as their deletion begins.
    pub(super) async fn until_deleted<L>(
        &self,
        id: &str,
        list: impl Fn() -> L + Send,
        gone: impl Fn(&Json) -> bool + Send,
    ) -> Result<(), ProviderError>
    where
        L: Future<Output = Result<Models, ProviderError>> + Send,
    {
        let mut poll = Poll::new();
        while list().await?.get(id).is_some_and(|model| !gone(model)) {
            if !self.pause(&mut poll).await {
                let message = "it is being deleted, and is still there after ten minutes";
                return Err(ProviderError::new(ErrorKind::OutcomeUnknown, "NotGone", message));
            }
        }
        Ok(())
    }

    /// Waits before another poll. False where there shall be none.
    pub(super) async fn pause(&self, poll: &mut Poll) -> bool {
        let Some(pause) = poll.next() else { return false };
        self.calls.clock().sleep(pause).await;
        true
    }
}

/// The pauses between polls: short at first, then longer, ten minutes in all.
#[derive(Debug)]
pub(super) struct Poll {
    next: Duration,
    waited: Duration,
}

impl Poll {
    const FIRST: Duration = Duration::from_millis(200);
    const LONGEST: Duration = Duration::from_secs(5);
    const PATIENCE: Duration = Duration::from_mins(10);

    pub(super) fn new() -> Self {
        Self { next: Self::FIRST, waited: Duration::ZERO }
    }
}

impl Iterator for Poll {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let pause = self.next;
        self.next = Self::LONGEST.min(pause.mul_f64(1.4));
        self.waited += pause;
        (self.waited <= Self::PATIENCE).then_some(pause)
    }
}
