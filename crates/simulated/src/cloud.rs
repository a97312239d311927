//! The simulated cloud itself: how it is opened, what tests may ask of it and do to it behind a program's back.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ironwright_core::facts::FactSource;
use ironwright_engine::{Live, ProviderError};
use serde_json::Value as Json;

use crate::account::DEFAULT;
use crate::entry::{Entry, Key, put_at};
use crate::faults::{Faults, Play};
use crate::log::Change;
use crate::mint;
use crate::operations;
use crate::store::Store;

/// A simulated AWS account, in every region at once.
///
/// A clone is the same cloud, seen through its own [`Faults`].
///
/// ```
/// use std::sync::Arc;
/// use ironwright_core::facts::{FactSource, TypeFacts};
/// use ironwright_engine::Provider;
/// use ironwright_simulated::SimulatedCloud;
///
/// struct NoFacts;
/// impl FactSource for NoFacts {
///     fn facts(&self, _: &str) -> Option<Arc<TypeFacts>> {
///         None
///     }
/// }
///
/// let cloud = SimulatedCloud::in_memory(Arc::new(NoFacts));
/// assert_eq!(cloud.name(), "simulated");
/// assert!(cloud.resources()?.is_empty());
/// # Ok::<(), ironwright_engine::ProviderError>(())
/// ```
#[derive(Clone)]
pub struct SimulatedCloud {
    pub(crate) facts: Arc<dyn FactSource>,
    pub(crate) play: Arc<Play>,
    pub(crate) calls: Arc<Mutex<Calls>>,
    store: Arc<Mutex<Store>>,
}

/// Why a simulated cloud in a folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CloudError {
    /// The folder, or a file in it, cannot be made, read or written.
    #[error("the simulated cloud in {} cannot be used: {source}", path.display())]
    Storage {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// How many calls a cloud has answered, refusals and faults included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Creates.
    pub create: u64,
    /// Reads; a read of many resources is one.
    pub read: u64,
    /// Resources that were read.
    pub resources_read: u64,
    /// Updates.
    pub update: u64,
    /// Deletions.
    pub delete: u64,
    /// Look-ups of what an interrupted create may have left.
    pub find: u64,
    /// Dynamic references.
    pub dynamic: u64,
}

impl Calls {
    /// All calls.
    pub fn total(&self) -> u64 {
        self.create + self.read + self.update + self.delete + self.find + self.dynamic
    }
}

/// A live resource, as a test sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Its type.
    pub type_name: String,
    /// Its region; empty for types of all regions.
    pub region: String,
    /// Its physical id.
    pub physical_id: String,
    /// The address it was made for.
    pub address: String,
    /// Whether it is not ready yet.
    pub pending: bool,
    /// What a read returns: properties and attributes. A secret is `{"$secret": digest}`.
    pub model: Arc<Json>,
}

/// What a change in place starts from.
#[derive(Clone, Debug, PartialEq)]
pub struct Basis {
    /// What a read returns: properties and attributes. A secret is `{"$secret": digest}`.
    pub model: Arc<Json>,
    /// What was asked for last, as far as a read returns it.
    pub asked: Json,
}

impl SimulatedCloud {
    /// A cloud that lives as long as this value and its clones.
    pub fn in_memory(facts: Arc<dyn FactSource>) -> Self {
        Self::new(Store::in_memory(facts.clone()), facts)
    }

    /// The cloud that is kept in `folder`, which is made if it is not there. Other processes may use it at the same
    /// time.
    ///
    /// What a call has changed is in the folder when the call returns. No plain secret is ever in it.
    pub fn in_folder(facts: Arc<dyn FactSource>, folder: impl Into<PathBuf>) -> Result<Self, CloudError> {
        let folder = folder.into();
        match Store::in_folder(facts.clone(), &folder) {
            Ok(store) => Ok(Self::new(store, facts)),
            Err(source) => Err(CloudError::Storage { path: folder, source }),
        }
    }

    fn new(store: Store, facts: Arc<dyn FactSource>) -> Self {
        let calls = Arc::new(Mutex::new(Calls::default()));
        Self { facts, play: Arc::new(Play::new(Faults::default())), calls, store: Arc::new(Mutex::new(store)) }
    }

    /// A cloud in memory that begins as this one is now, and goes its own way from there. Nothing goes wrong in it.
    pub fn fork(&self) -> Result<Self, ProviderError> {
        let store = self.store().fork()?;
        Ok(Self::new(store, self.facts.clone()))
    }

    /// The same cloud, in which things go wrong.
    #[must_use]
    pub fn with_faults(mut self, faults: Faults) -> Self {
        self.play = Arc::new(Play::new(faults));
        self
    }

    /// The same cloud, whose ids and addresses are drawn from `seed`. To be said before the cloud is used.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        self.store().set_seed(seed);
        self
    }

    /// Every live resource that was created, by type, region and id; not what AWS itself puts into an account.
    pub fn resources(&self) -> Result<Vec<Resource>, ProviderError> {
        let mut store = self.store();
        let account = store.view("")?;
        Ok(account.all().filter(|entry| *entry.address != *DEFAULT).map(|entry| resource(entry)).collect())
    }

    /// The live resource of a type with this physical id, in whatever region.
    pub fn get(&self, type_name: &str, physical_id: &str) -> Result<Option<Resource>, ProviderError> {
        let mut store = self.store();
        let account = store.view("")?;
        let is_it = |entry: &&Arc<Entry>| *entry.key.type_name == *type_name && *entry.key.id == *physical_id;
        let found = account.named(physical_id).find(is_it).map(|entry| resource(entry));
        Ok(found)
    }

    /// What a change in place of a resource starts from; nothing where there is no such resource in the region.
    pub fn basis(&self, type_name: &str, region: &str, physical_id: &str) -> Result<Option<Basis>, ProviderError> {
        let facts = self.type_facts(type_name)?;
        let mut store = self.store();
        let entry = store.view(region)?.get(&Key::new(type_name, region, physical_id)).cloned();
        Ok(entry.map(|entry| {
            let asked = operations::readable(&facts, &entry.desired).into();
            Basis { model: entry.model.clone(), asked }
        }))
    }

    /// Gives a property another value behind the program's back: drift. Whether there was such a resource.
    ///
    /// Nothing is checked. `path` is dotted, `MetadataOptions.HttpTokens`.
    pub fn set(
        &self,
        type_name: &str,
        physical_id: &str,
        path: &str,
        value: impl Into<Json>,
    ) -> Result<bool, ProviderError> {
        let Some(found) = self.get(type_name, physical_id)? else { return Ok(false) };
        let key = Key::new(type_name, &found.region, physical_id);
        self.store().change("", |account| {
            let Some(entry) = account.get(&key) else { return Ok((Vec::new(), false)) };
            let mut drifted = Entry::clone(entry);
            if let Json::Object(entries) = Arc::make_mut(&mut drifted.model) {
                put_at(entries, path, value.into());
            }
            Ok((vec![Change::Put(Arc::new(drifted))], true))
        })
    }

    /// Deletes a resource behind the program's back, whoever uses it. Whether there was such a resource.
    pub fn remove(&self, type_name: &str, physical_id: &str) -> Result<bool, ProviderError> {
        let Some(found) = self.get(type_name, physical_id)? else { return Ok(false) };
        let key = Key::new(type_name, &found.region, physical_id);
        self.store().change("", |account| {
            let gone = account.get(&key).map(|entry| Change::Gone(entry.key.clone()));
            Ok((gone.iter().cloned().collect(), gone.is_some()))
        })
    }

    /// How many calls were answered so far.
    pub fn calls(&self) -> Calls {
        *self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn count(&self, count: impl FnOnce(&mut Calls)) {
        count(&mut self.calls.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

fn resource(entry: &Entry) -> Resource {
    Resource {
        type_name: entry.key.type_name.to_string(),
        region: entry.key.region.to_string(),
        physical_id: entry.key.id.to_string(),
        address: entry.address.to_string(),
        pending: entry.pending > 0,
        model: entry.model.clone(),
    }
}

/// A resource as a provider answers it, with its secrets.
pub(crate) fn live(facts: &dyn FactSource, entry: &Entry, seed: u64) -> Live {
    let mut model = Json::clone(&entry.model);
    let facts = facts.facts(&entry.key.type_name);
    if let Json::Object(entries) = &mut model {
        for path in facts.iter().flat_map(|facts| &facts.sensitive) {
            put_at(entries, path, mint::sensitive(&entry.key, path, seed).into());
        }
    }
    if entry.pending > 0 && *entry.key.type_name == *"AWS::EC2::Instance" {
        model["State"] = serde_json::json!({"Code": "0", "Name": "pending"});
    }
    Live { physical_id: entry.key.id.to_string(), model }
}
