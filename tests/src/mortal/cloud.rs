//! The cloud as a process sees it that may die before it sends a change, after that, and before it reads the answer.
//! The cloud itself is at the other end of a socket.

use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use ironwright::core::facts::TypeFacts;
use ironwright::core::function::DynamicReference;
use ironwright::engine::{
    Capabilities, Create, Delete, Find, Live, Provider, ProviderError, Read, Surroundings, Update,
};
use ironwright::simulated::SimulatedCloud;
use serde_json::Value as Json;

use super::death::Death;
use super::wire::{self, Answer, Change, Message, Question};

/// A cloud in another process, whose client may die.
pub struct DistantCloud {
    /// An empty one, which makes the same promises.
    promises: SimulatedCloud,
    stream: Mutex<UnixStream>,
    sent: AtomicU64,
    death: Arc<Death>,
}

impl DistantCloud {
    /// The cloud at the other end of `stream`, which promises what `promises` does.
    pub fn new(stream: UnixStream, promises: SimulatedCloud, death: Arc<Death>) -> Self {
        Self { promises, stream: Mutex::new(stream), sent: AtomicU64::new(0), death }
    }

    fn on_the_line<T>(&self, talk: impl FnOnce(&mut UnixStream) -> std::io::Result<T>) -> T {
        talk(&mut self.stream.lock().unwrap_or_else(PoisonError::into_inner)).expect("the cloud outlives its clients")
    }

    fn ask(&self, question: Question) -> Answer {
        self.on_the_line(|stream| {
            wire::write(stream, &Message::Ask(question))?;
            let length = wire::arrival(stream)?;
            wire::read(stream, length)
        })
    }

    /// Sends a change; others may be sent meanwhile, before it is let go. Then it is carried out, and answered.
    async fn order(&self, what: &str, change: Change) -> Answer {
        self.death.moment(&format!("before {what}"));
        tokio::task::yield_now().await;
        let number = self.sent.fetch_add(1, Ordering::SeqCst);
        self.on_the_line(|stream| wire::write(stream, &Message::Send(number, change)));
        self.death.moment(&format!("sent {what}"));
        tokio::task::yield_now().await;
        let answer = self.on_the_line(|stream| {
            wire::write(stream, &Message::LetGo(number))?;
            let length = wire::arrival(stream)?;
            self.death.moment(&format!("carried out {what}"));
            wire::read(stream, length)
        });
        tokio::task::yield_now().await;
        answer
    }
}

fn unasked() -> ! {
    unreachable!("the cloud answers what it is asked")
}

#[async_trait]
impl Provider for DistantCloud {
    fn name(&self) -> &'static str {
        self.promises.name()
    }

    fn prefixes(&self) -> &'static [&'static str] {
        self.promises.prefixes()
    }

    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        self.promises.facts(type_name)
    }

    fn capabilities(&self, type_name: &str) -> Capabilities {
        self.promises.capabilities(type_name)
    }

    async fn surroundings(&self, region: &str) -> Result<Surroundings, ProviderError> {
        match self.ask(Question::Surroundings(region.to_owned())) {
            Answer::Surroundings(answer) => answer,
            _ => unasked(),
        }
    }

    async fn create(&self, request: Create) -> Result<Live, ProviderError> {
        match self.order(&format!("create {}", request.address), request.into()).await {
            Answer::Live(answer) => answer,
            _ => unasked(),
        }
    }

    async fn read(&self, requests: &[Read]) -> Vec<Result<Option<Live>, ProviderError>> {
        match self.ask(Question::Read(requests.to_vec())) {
            Answer::Read(answers) => answers,
            _ => unasked(),
        }
    }

    async fn update(&self, request: Update) -> Result<Live, ProviderError> {
        match self.order(&format!("update {}", request.address), request.into()).await {
            Answer::Live(answer) => answer,
            _ => unasked(),
        }
    }

    async fn delete(&self, request: Delete) -> Result<(), ProviderError> {
        match self.order(&format!("delete {}", request.address), Change::Delete(request)).await {
            Answer::Gone(answer) => answer,
            _ => unasked(),
        }
    }

    async fn find(&self, request: &Find) -> Result<Vec<Live>, ProviderError> {
        match self.ask(Question::Find(request.clone())) {
            Answer::Found(answer) => answer,
            _ => unasked(),
        }
    }

    async fn dynamic(&self, region: &str, reference: &DynamicReference) -> Result<Json, ProviderError> {
        self.promises.dynamic(region, reference).await
    }
}
