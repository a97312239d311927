//! `Docker::Image`: made where what it is made of has changed, and kept for the hosts that get it from here.

use std::sync::{Mutex, PoisonError};

use ironwright_core::{Address, Resolved};
use ironwright_engine::{ErrorKind, Live, ProviderError};
use serde_json::{Value as Json, json};

use super::kit::{Kit, local};
use super::known::{Known, without_secrets};
use crate::registry::repository;
use crate::spec::{self, ImageSpec};

/// Does with images what the engine asks for.
pub(super) struct Images<'a> {
    pub(super) kit: &'a Kit,
    pub(super) known: &'a Mutex<Known>,
}

impl Images<'_> {
    /// Makes it: there is nothing to do where it is made already.
    pub(super) async fn make(&self, address: &Address, properties: &Resolved) -> Result<Live, ProviderError> {
        let misfit = |misfit: spec::Misfit| ProviderError::new(ErrorKind::Refused, "InvalidImage", misfit.to_string());
        let image: ImageSpec = spec::read(properties).map_err(misfit)?;
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let progress = |line: &str| known.tell(address, line);
        let name = repository(std::iter::once(known.app()).chain(address.as_str().split('/')));
        let images = self.kit.images().await?;
        let made = images.maker.make(&image, &name, &progress).await?;
        images.store.keep(&known.owner(address), &made.digest).map_err(|error| local(&error.to_string()))?;
        let mut model = without_secrets(properties.value());
        let attributes = [
            ("Name", name.clone()),
            ("Reference", made.reference),
            ("Digest", made.digest.to_string()),
            ("Repository", made.repository),
            ("Tag", made.tag),
        ];
        if let Json::Object(entries) = &mut model {
            entries.extend(attributes.map(|(attribute, text)| (attribute.to_owned(), json!(text))));
        }
        Ok(Live { physical_id: name, model })
    }

    /// Keeps it no longer; what is not used goes by itself.
    pub(super) async fn delete(&self, address: &Address) -> Result<(), ProviderError> {
        let owner = self.known.lock().unwrap_or_else(PoisonError::into_inner).owner(address);
        self.kit.images().await?.store.let_go(&owner).map_err(|error| local(&error.to_string()))
    }
}
