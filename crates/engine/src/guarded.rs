//! Around every provider: a panic in it becomes an error of the call, and no error repeats a secret that was sent.
//! And [`caught`], which makes a panic in any work a message. What a run makes of them is not decided here.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use ironwright_core::facts::TypeFacts;
use ironwright_core::function::DynamicReference;
use serde_json::Value as Json;

use crate::provider::{
    Accepted, Capabilities, Create, Delete, ErrorKind, Find, Live, Preparation, Provider, ProviderError, Read,
    Readiness, Surroundings, Ticket, Trace, Update,
};
use crate::secrets::{scrub_error, secrets_in};

/// What `work` gives, or the message of the panic that ended it.
pub(crate) async fn caught<T>(work: impl Future<Output = T>) -> Result<T, String> {
    let mut work = pin!(work);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(message(&*panic))),
    })
    .await
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}

/// A provider whose panics are errors.
pub(crate) struct Guarded(pub(crate) Arc<dyn Provider>);

impl Guarded {
    /// Makes a call that changes nothing.
    async fn ask<T>(&self, call: impl Future<Output = Result<T, ProviderError>>) -> Result<T, ProviderError> {
        caught(call).await.unwrap_or_else(|message| Err(self.panicked(&message)))
    }

    /// Makes a call that changes something.
    async fn order<T>(&self, call: impl Future<Output = Result<T, ProviderError>>) -> Result<T, ProviderError> {
        caught(call).await.unwrap_or_else(|message| {
            let ProviderError { message, .. } = self.panicked(&message);
            let message = format!("{message}; whether anything was done is unknown until the next run looks");
            Err(ProviderError::new(ErrorKind::Panicked, "Panic", message))
        })
    }

    fn panicked(&self, message: &str) -> ProviderError {
        let message = format!("the provider `{}` panicked, which is a defect in it: {message}", self.0.name());
        ProviderError::new(ErrorKind::Panicked, "Panic", message)
    }
}

#[async_trait]
impl Provider for Guarded {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn prefixes(&self) -> &'static [&'static str] {
        self.0.prefixes()
    }

    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        self.0.facts(type_name)
    }

    fn capabilities(&self, type_name: &str) -> Capabilities {
        self.0.capabilities(type_name)
    }

    fn prepare(&self, preparation: Preparation) {
        self.0.prepare(preparation);
    }

    fn token_life(&self, type_name: &str) -> Option<Duration> {
        self.0.token_life(type_name)
    }

    async fn surroundings(&self, region: &str) -> Result<Surroundings, ProviderError> {
        self.ask(async { self.0.surroundings(region).await }).await
    }

    async fn create(&self, request: Create) -> Result<Live, ProviderError> {
        let secrets = secrets_in(request.properties.value());
        let answer = self.order(async { self.0.create(request).await }).await;
        answer.map_err(|error| scrub_error(error, &secrets))
    }

    async fn accept(&self, request: Create) -> Result<Accepted, ProviderError> {
        let secrets = secrets_in(request.properties.value());
        let answer = self.order(async { self.0.accept(request).await }).await;
        answer.map_err(|error| scrub_error(error, &secrets))
    }

    async fn standing(&self, accepted: &Ticket) -> Result<Readiness, ProviderError> {
        self.ask(async { self.0.standing(accepted).await }).await
    }

    async fn read(&self, requests: &[Read]) -> Vec<Result<Option<Live>, ProviderError>> {
        let answers = caught(async { self.0.read(requests).await }).await;
        answers.unwrap_or_else(|message| requests.iter().map(|_| Err(self.panicked(&message))).collect())
    }

    async fn update(&self, request: Update) -> Result<Live, ProviderError> {
        let secrets = secrets_in(request.properties.value());
        let answer = self.order(async { self.0.update(request).await }).await;
        answer.map_err(|error| scrub_error(error, &secrets))
    }

    async fn delete(&self, request: Delete) -> Result<(), ProviderError> {
        self.order(async { self.0.delete(request).await }).await
    }

    async fn find(&self, request: &Find) -> Result<Vec<Live>, ProviderError> {
        self.ask(async { self.0.find(request).await }).await
    }

    async fn trace(&self, request: &Find, known: &[String]) -> Result<Option<Trace>, ProviderError> {
        self.ask(async { self.0.trace(request, known).await }).await
    }

    async fn list(&self, type_name: &str, region: &str) -> Result<Vec<String>, ProviderError> {
        self.ask(async { self.0.list(type_name, region).await }).await
    }

    async fn renew(&self) -> Result<(), ProviderError> {
        self.ask(async { self.0.renew().await }).await
    }

    async fn dynamic(&self, region: &str, reference: &DynamicReference) -> Result<Json, ProviderError> {
        self.ask(async { self.0.dynamic(region, reference).await }).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Polls `work`, which waits for nothing.
    fn finish<T>(work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        match work.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
            Poll::Ready(done) => done,
            Poll::Pending => panic!("it waits"),
        }
    }

    #[test]
    fn a_panic_is_a_message_and_all_else_passes() {
        assert_eq!(finish(caught(async { 1 })), Ok(1));
        let panics = |text: &'static str| async move { std::panic::resume_unwind(Box::new(text)) };
        assert_eq!(finish(caught::<()>(panics("out of luck"))), Err("out of luck".to_owned()));
        let other = async { std::panic::resume_unwind(Box::new(7)) };
        assert_eq!(finish(caught::<()>(other)), Err("a panic without a message".to_owned()));
    }
}
