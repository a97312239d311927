//! Brings images to hosts.
//!
//! An image of this machine's [content store](crate::content) needs no registry that others run: the one in this process is
//! lent to the host over the SSH connection, the host pulls from it by digest, and so only layers that it lacks cross the
//! wire. Any other image is pulled by the host itself; where that takes a login, it lies on the host as long as the pull
//! takes, for its user alone.
//!
//! A pull goes on while the connection is lost, and is joined again over the next one.

mod error;
mod lacking;
mod name;
mod pull;
mod sweep;

use std::sync::Arc;

use futures_util::future::try_join;
use ironwright_engine::Clock;

use crate::command::{HostCommand, docker, images};
use crate::content::{ContentError, ContentStore, Digest, LONGEST_CONFIG, Manifest, Platform};
use crate::readiness::{DockerInfo, Progress, explain, free_space};
use crate::registry::Registry;
use crate::remote_registry::{ImageName, Registries};
use crate::ssh::{Connection, Output};
use crate::transfer::size;

pub use error::{DeliveryError, DeliveryErrorKind};
pub use name::{InvalidReference, LOCAL, LocalImage};
pub use sweep::sweep;

use lacking::{Configuration, Lacking};
use pull::{Pull, Source};

/// Brings images to hosts, to several at once.
pub struct Delivery {
    store: Arc<ContentStore>,
    registry: Arc<Registry>,
    registries: Arc<Registries>,
    clock: Arc<dyn Clock>,
}

impl Delivery {
    /// Images come out of `store`, by way of `registry`, which serves it, or out of one of `registries`.
    pub fn new(
        store: Arc<ContentStore>,
        registry: Arc<Registry>,
        registries: Arc<Registries>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { store, registry, registries, clock }
    }

    /// Sees to it that the host of `connection` has the image `reference`, and returns by which name. Where it has it, nothing
    /// is done.
    pub async fn bring(
        &self,
        connection: &Connection,
        reference: &str,
        progress: Progress<'_>,
    ) -> Result<String, DeliveryError> {
        match LocalImage::parse(reference)? {
            Some(image) => self.lend(connection, &image, progress).await,
            None => self.fetch(connection, reference, progress).await,
        }
    }

    /// Brings an image of this machine.
    async fn lend(
        &self,
        connection: &Connection,
        image: &LocalImage,
        progress: Progress<'_>,
    ) -> Result<String, DeliveryError> {
        let target = image.tag();
        if inspected(connection, &target).await?.is_some() {
            return Ok(target);
        }
        let gone = |error: ContentError| match error {
            ContentError::Missing(_) => DeliveryError::gone(connection.destination(), image),
            error => DeliveryError::content(image, &error),
        };
        let offer = self.registry.offer(image.digest()).map_err(gone)?;
        let lacking = self.lacking(connection, image, progress).await?;
        if lacking.layers > 0 {
            let (there, new) = (connection.destination(), size(lacking.bytes));
            progress(&format!(
                "{}: {} of {} layers are new to {there}, {new}",
                image.name(),
                lacking.layers,
                lacking.of_layers
            ));
        }
        let source = Source::Lent { port: self.registry.port(), offer: &offer, image, bytes: lacking.bytes };
        match (Pull { connection, clock: &*self.clock, progress, source }).run().await {
            Ok(()) => Ok(target),
            Err(error) if error.complains_of_content() => Err(self.examined(image).await.unwrap_or(error)),
            Err(error) => Err(error),
        }
    }

    /// What it means that a host complains of what it was sent, where something is damaged here. That is removed, since what
    /// is there is not made again.
    async fn examined(&self, image: &LocalImage) -> Option<DeliveryError> {
        let (store, digest) = (Arc::clone(&self.store), image.digest().clone());
        let examined = tokio::task::spawn_blocking(move || store.examine(&digest)).await.ok()?;
        let error = match examined {
            Ok(damaged) => ContentError::Missing(damaged.into_iter().next()?),
            Err(error) => error,
        };
        Some(DeliveryError::content(image, &error))
    }

    /// What the host has not of an image. An error where it has no room for that.
    async fn lacking(
        &self,
        connection: &Connection,
        image: &LocalImage,
        progress: Progress<'_>,
    ) -> Result<Lacking, DeliveryError> {
        let there = connection.destination();
        let (info, layers) =
            try_join(answer(connection, docker::info()), answer(connection, images::all_layers())).await?;
        // A client that did not reach its daemon has said so before.
        let info: DockerInfo = serde_json::from_str(&info.text()).map_err(|_| DeliveryError::no_docker(there))?;
        let (_, manifest, configuration) =
            self.image(image.digest(), &info.platform()).map_err(|error| DeliveryError::content(image, &error))?;
        if let Some(platform) = configuration.foreign_to(&info.platform()) {
            let (name, host) = (image.name(), info.platform());
            progress(&format!(
                "{name} is for {platform}, and {there} is {host}: say `.platform(\"{host}\")` of the image"
            ));
        }
        let lacking = Lacking::of(&self.store, &manifest, &configuration, &lacking::lines(&layers.text()))
            .map_err(|error| DeliveryError::content(image, &error))?;
        match free_space(connection, &info.docker_root_dir).await? {
            Some(free) if free < lacking.room => {
                Err(DeliveryError::no_room(there, image, lacking.room, free, &info.docker_root_dir))
            }
            _ => Ok(lacking),
        }
    }

    /// The image that a host of `platform` takes, and its configuration.
    fn image(&self, digest: &Digest, platform: &str) -> Result<(Digest, Manifest, Configuration), ContentError> {
        let (digest, manifest) = match self.store.image(digest, None) {
            Err(several @ ContentError::Several { .. }) => {
                let platform: Option<Platform> = platform.parse().ok();
                platform.map_or(Err(several), |platform| self.store.image(digest, Some(&platform)))?
            }
            found => found?,
        };
        let configuration = self.store.read(&manifest.config.digest, LONGEST_CONFIG)?;
        Ok((digest, manifest, serde_json::from_slice(&configuration).unwrap_or_default()))
    }

    /// Has the host pull an image by itself.
    async fn fetch(
        &self,
        connection: &Connection,
        reference: &str,
        progress: Progress<'_>,
    ) -> Result<String, DeliveryError> {
        let name = ImageName::parse(reference).map_err(|error| DeliveryError::name(&error.to_string()))?;
        if inspected(connection, reference).await?.is_none() {
            let login = self.registries.credential(&name).await?;
            let login = login.map(|login| login.configuration(name.login_key()));
            progress(&format!("{} pulls {reference}", connection.destination()));
            let source = Source::Remote { reference, name: &name, login };
            Pull { connection, clock: &*self.clock, progress, source }.run().await?;
        }
        Ok(reference.to_owned())
    }
}

/// What is known on the host of the image `name`; nothing where it has none.
async fn inspected(connection: &Connection, name: &str) -> Result<Option<Output>, DeliveryError> {
    let command = docker::inspect_image(name);
    let output = connection.run(&command).await?;
    if output.status != 0 && output.error_text().to_lowercase().contains("no such image") {
        return Ok(None);
    }
    let output = output.of(&command).map_err(|failed| explain(connection.destination(), &failed))?;
    Ok(Some(output))
}

/// What `command` writes, if it ends well.
async fn answer(connection: &Connection, command: HostCommand) -> Result<Output, DeliveryError> {
    let output = connection.run(&command).await?;
    Ok(output.of(&command).map_err(|failed| explain(connection.destination(), &failed))?)
}
