//! Registries that others run: images are pushed there and pulled from there, with the credentials that this machine has.
//!
//! Credentials come from the cloud, where it gives some for the registry, and else from Docker's configuration of the user.

mod credentials;
mod error;
mod name;
mod push;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use ironwright_engine::Clock;

use crate::content::Digest;
use crate::registry_access::{EcrRegistry, RegistryAccess};

pub use credentials::Credential;
pub use error::{RegistryError, RegistryErrorKind};
pub use name::{ImageName, InvalidName};

/// What is known of registries: how to be let in, and what was put where.
pub struct Registries {
    /// The folder of Docker's configuration.
    configuration: Option<PathBuf>,
    cloud: Option<Arc<dyn RegistryAccess>>,
    clock: Arc<dyn Clock>,
    lookup: Arc<Lookup>,
    /// A repository of the registry that has the blob, by the registry and the blob's digest.
    homes: Mutex<HashMap<(String, Digest), String>>,
}

/// Knows environment variables.
type Lookup = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Registries {
    /// Registries as they are seen with the environment variables that `lookup` knows; `cloud` lets in at its own.
    pub fn new(
        lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
        cloud: Option<Arc<dyn RegistryAccess>>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let configuration = credentials::folder(&lookup);
        Self { configuration, cloud, clock, lookup: Arc::new(lookup), homes: Mutex::default() }
    }

    /// What lets us in at the registry of `name`; nothing where anybody is let in, as far as is known.
    pub async fn credential(&self, name: &ImageName) -> Result<Option<Credential>, RegistryError> {
        if let (Some(registry), Some(cloud)) = (EcrRegistry::parse(name.registry()), &self.cloud) {
            let login = cloud.login(&registry).await.map_err(|error| RegistryError::cloud(name, &error))?;
            return Ok(Some(Credential::Password(login)));
        }
        let Some(folder) = self.configuration.clone() else { return Ok(None) };
        let registry = name.login_key().to_owned();
        let asked = tokio::task::spawn_blocking(move || credentials::configured(&folder, &registry)).await;
        asked
            .unwrap_or_else(|_| Err("it was not asked for".to_owned()))
            .map_err(|why| RegistryError::no_login(name, &why))
    }

    /// A repository of the registry of `name`, another one, that has the blob.
    fn home(&self, name: &ImageName, blob: &Digest) -> Option<String> {
        let homes = self.homes.lock().unwrap_or_else(PoisonError::into_inner);
        let home = homes.get(&(name.registry().to_owned(), blob.clone()));
        home.filter(|repository| *repository != name.repository()).cloned()
    }

    /// Remembers that the repository of `name` has the blob.
    fn settle(&self, name: &ImageName, blob: &Digest) {
        let mut homes = self.homes.lock().unwrap_or_else(PoisonError::into_inner);
        homes.insert((name.registry().to_owned(), blob.clone()), name.repository().to_owned());
    }
}
