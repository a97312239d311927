//! The provider of images, containers and keys: what the engine asks for, done with the Docker of this machine and on hosts
//! over SSH.
//!
//! An image and a key are known to the state alone. A container is what its hosts have, and they are got to by what was last
//! applied, which the engine tells when a run begins.

mod container;
mod image;
mod kit;
mod known;
mod model;
mod name;
mod trouble;

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::future::join_all;
use ironwright_core::Resolved;
use ironwright_core::facts::TypeFacts;
use ironwright_core::function::DynamicReference;
use ironwright_engine::{
    Capabilities, Create, Delete, ErrorKind, Find, Live, Preparation, Provider, ProviderError, Read, Surroundings,
    Update,
};
use serde_json::{Value as Json, json};

pub use kit::Here;

use container::Containers;
use image::Images;
use kit::Kit;
use known::Known;

use crate::ssh::KeyPair;

const CONTAINER: &str = "Docker::Container";
const IMAGE: &str = "Docker::Image";
const KEY: &str = "SSH::Key";

/// Images, containers on hosts, and keys, for real.
pub struct Hosts {
    kit: Kit,
    known: Mutex<Known>,
}

impl Hosts {
    /// Deploys from this machine. Nothing is opened or connected before it is needed.
    pub fn new(here: Here) -> Self {
        Self { kit: Kit::new(here), known: Mutex::default() }
    }

    fn containers(&self) -> Containers<'_> {
        Containers { kit: &self.kit, known: &self.known }
    }

    fn images(&self) -> Images<'_> {
        Images { kit: &self.kit, known: &self.known }
    }
}

#[async_trait]
impl Provider for Hosts {
    fn name(&self) -> &'static str {
        "hosts"
    }

    fn prefixes(&self) -> &'static [&'static str] {
        crate::PREFIXES
    }

    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        crate::facts().facts(type_name)
    }

    fn capabilities(&self, type_name: &str) -> Capabilities {
        match type_name {
            CONTAINER => {
                Capabilities { client_token: true, tag_look_up: true, needs_applied: true, ..Capabilities::default() }
            }
            _ => Capabilities { kept_in_state: true, ..Capabilities::default() },
        }
    }

    fn prepare(&self, preparation: Preparation) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Known::new(preparation);
    }

    async fn surroundings(&self, _: &str) -> Result<Surroundings, ProviderError> {
        Err(refused("NoCloud", "hosts are in no region and in no account"))
    }

    async fn create(&self, request: Create) -> Result<Live, ProviderError> {
        match request.type_name.as_str() {
            CONTAINER => self.containers().create(request).await,
            IMAGE => self.images().make(&request.address, &request.properties).await,
            KEY => key(&request.properties),
            other => Err(unknown(other)),
        }
    }

    async fn read(&self, requests: &[Read]) -> Vec<Result<Option<Live>, ProviderError>> {
        let containers = self.containers();
        let read = async |request: &Read| match request.type_name.as_str() {
            CONTAINER => containers.read(request).await,
            IMAGE | KEY => Err(refused("KeptInState", "the state alone knows it, so it cannot be imported")),
            other => Err(unknown(other)),
        };
        join_all(requests.iter().map(read)).await
    }

    async fn update(&self, request: Update) -> Result<Live, ProviderError> {
        match request.type_name.as_str() {
            CONTAINER => self.containers().update(request).await,
            IMAGE => self.images().make(&request.address, &request.properties).await,
            other => Err(unknown(other)),
        }
    }

    async fn delete(&self, request: Delete) -> Result<(), ProviderError> {
        match request.type_name.as_str() {
            CONTAINER => self.containers().delete(&request).await,
            IMAGE => self.images().delete(&request.address).await,
            // It is where it was: in the state, and there no longer.
            KEY => Ok(()),
            other => Err(unknown(other)),
        }
    }

    async fn find(&self, request: &Find) -> Result<Vec<Live>, ProviderError> {
        match request.type_name.as_str() {
            CONTAINER => self.containers().find(request).await,
            IMAGE | KEY => Ok(Vec::new()),
            other => Err(unknown(other)),
        }
    }

    async fn dynamic(&self, _: &str, _: &DynamicReference) -> Result<Json, ProviderError> {
        Err(refused("NoStore", "hosts keep no values"))
    }
}

/// Makes a key pair. Its private half is nowhere but in what is returned.
fn key(properties: &Resolved) -> Result<Live, ProviderError> {
    let mut model = properties.expose();
    let comment = model["Comment"].as_str().unwrap_or_default().to_owned();
    let pair = KeyPair::generate(&comment).map_err(|error| refused("NoRandomness", &error.to_string()))?;
    model["PublicKey"] = json!(pair.public);
    model["PrivateKey"] = json!(pair.private.expose());
    model["Fingerprint"] = json!(pair.fingerprint);
    Ok(Live { physical_id: pair.fingerprint, model })
}

fn refused(code: &str, message: &str) -> ProviderError {
    ProviderError::new(ErrorKind::Refused, code, message)
}

fn unknown(type_name: &str) -> ProviderError {
    refused("TypeNotServed", &format!("there is no type {type_name} here"))
}
