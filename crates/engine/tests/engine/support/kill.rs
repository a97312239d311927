//! Kills a run at a chosen point: from then on no write and no call has any effect, as after SIGKILL.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use ironwright_core::facts::TypeFacts;
use ironwright_core::function::DynamicReference;
use ironwright_engine::journal::{Line, Snapshot};
use ironwright_engine::{
    Capabilities, Create, Delete, ErrorKind, Find, Holder, Live, LockOwner, MemoryStore, Preparation, Provider,
    ProviderError, Read, Store, StoreError, Stored, Surroundings, Update,
};
use serde_json::Value as Json;

/// Counts points, before and after every write and every call, and kills at one.
#[derive(Clone)]
pub(crate) struct Kill {
    passed: Arc<AtomicUsize>,
    at: usize,
}

impl Kill {
    pub(crate) fn at(point: usize) -> Self {
        Self { passed: Arc::default(), at: point }
    }

    /// Passes a point. False when the process is dead.
    fn alive(&self) -> bool {
        self.passed.fetch_add(1, Ordering::SeqCst) < self.at
    }

    /// Whether the run was killed.
    pub(crate) fn happened(&self) -> bool {
        self.passed.load(Ordering::SeqCst) > self.at
    }

    /// Has `effect`, unless the process is dead before it or after it.
    pub(crate) async fn pass<T, E>(&self, effect: impl Future<Output = Result<T, E>>, dead: fn() -> E) -> Result<T, E> {
        if !self.alive() {
            return Err(dead());
        }
        let done = effect.await;
        if self.alive() { done } else { Err(dead()) }
    }
}

fn no_write() -> StoreError {
    StoreError::NotWritable { place: "memory".to_owned(), problem: "killed".to_owned() }
}

pub(crate) fn no_call() -> ProviderError {
    ProviderError::new(ErrorKind::OutcomeUnknown, "Killed", "killed")
}

/// A store that dies with the process.
pub(crate) struct MortalStore(pub(crate) MemoryStore, pub(crate) Kill);

#[async_trait]
impl Store for MortalStore {
    async fn load(&self) -> Result<Stored, StoreError> {
        self.0.load().await
    }
    async fn lock(&self, owner: &LockOwner) -> Result<Option<Holder>, StoreError> {
        self.0.lock(owner).await
    }
    async fn unlock(&self, owner: &LockOwner) -> Result<(), StoreError> {
        self.0.unlock(owner).await
    }
    async fn holder(&self) -> Result<Option<Holder>, StoreError> {
        self.0.holder().await
    }
    async fn break_lock(&self, id: &str, by: &LockOwner) -> Result<Holder, StoreError> {
        self.0.break_lock(id, by).await
    }
    async fn append(&self, lines: &[Line]) -> Result<(), StoreError> {
        self.1.pass(self.0.append(lines), no_write).await
    }
    async fn save(&self, snapshot: Arc<Snapshot>) -> Result<(), StoreError> {
        self.1.pass(self.0.save(snapshot), no_write).await
    }
    async fn clear_journal(&self) -> Result<(), StoreError> {
        self.1.pass(self.0.clear_journal(), no_write).await
    }
    async fn history(&self) -> Result<Vec<u64>, StoreError> {
        self.0.history().await
    }
    async fn version(&self, serial: u64) -> Result<Option<Arc<Snapshot>>, StoreError> {
        self.0.version(serial).await
    }
}

/// A cloud whose caller may die.
pub(crate) struct MortalCaller<P>(pub(crate) P, pub(crate) Kill);

#[async_trait]
impl<P: Provider> Provider for MortalCaller<P> {
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
    async fn surroundings(&self, region: &str) -> Result<Surroundings, ProviderError> {
        self.0.surroundings(region).await
    }
    async fn create(&self, request: Create) -> Result<Live, ProviderError> {
        self.1.pass(self.0.create(request), no_call).await
    }
    async fn read(&self, requests: &[Read]) -> Vec<Result<Option<Live>, ProviderError>> {
        self.0.read(requests).await
    }
    async fn update(&self, request: Update) -> Result<Live, ProviderError> {
        self.1.pass(self.0.update(request), no_call).await
    }
    async fn delete(&self, request: Delete) -> Result<(), ProviderError> {
        self.1.pass(self.0.delete(request), no_call).await
    }
    async fn find(&self, request: &Find) -> Result<Vec<Live>, ProviderError> {
        self.0.find(request).await
    }
    async fn dynamic(&self, region: &str, reference: &DynamicReference) -> Result<Json, ProviderError> {
        self.0.dynamic(region, reference).await
    }
}
