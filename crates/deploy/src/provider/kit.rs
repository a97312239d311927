//! What deploying takes, made when it is first needed: connections, the content store and what goes in and out of it.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use ironwright_engine::{Clock, Entropy, ErrorKind, ProviderError};
use tokio::sync::OnceCell;

use crate::assets::AssetFolder;
use crate::content::{ContentStore, default_folder};
use crate::delivery::Delivery;
use crate::image::make::{Environment, ImageMaker, Tools};
use crate::readiness::Progress;
use crate::registry::Registry;
use crate::registry_access::RegistryAccess;
use crate::remote_registry::Registries;
use crate::rollout::{Deliver, Turns};
use crate::ssh::{Connection, Connections};

/// The machine that deploys, and what it may use.
#[derive(Clone)]
pub struct Here {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// For names that nobody else has.
    pub entropy: Arc<dyn Entropy>,
    /// The environment: where Docker is, how registries let us in, where content is kept.
    pub environment: Environment,
    /// Where contexts and archives lie.
    pub assets: AssetFolder,
    /// The folder of the content store; the user's own where nothing is said.
    pub content: Option<PathBuf>,
    /// Registries of a cloud, where there is one.
    pub cloud: Option<Arc<dyn RegistryAccess>>,
    /// Machines may be made in the same run: one that was not there before comes up first, and shows the right key late.
    pub makes_machines: bool,
}

/// What deploying takes.
pub(super) struct Kit {
    pub(super) here: Here,
    pub(super) turns: Turns,
    connections: OnceCell<Connections>,
    images: OnceCell<Images>,
}

/// What images take.
pub(super) struct Images {
    pub(super) store: Arc<ContentStore>,
    pub(super) maker: ImageMaker,
    delivery: Delivery,
}

impl Kit {
    pub(super) fn new(here: Here) -> Self {
        Self { here, turns: Turns::default(), connections: OnceCell::new(), images: OnceCell::new() }
    }

    /// The connections of the run.
    pub(super) async fn connections(&self) -> Result<&Connections, ProviderError> {
        let made = self.connections.get_or_try_init(|| async { Connections::new(self.here.clock.clone()) }).await;
        made.map_err(|error| local(&format!("the folder for connections cannot be made in /tmp: {error}")))
    }

    /// What images take.
    pub(super) async fn images(&self) -> Result<&Images, ProviderError> {
        self.images.get_or_try_init(|| self.open_images()).await
    }

    async fn open_images(&self) -> Result<Images, ProviderError> {
        let Here { clock, entropy, environment, assets, content, cloud, .. } = self.here.clone();
        let folder = content.or_else(|| default_folder(|name| environment(name)));
        let folder =
            folder.ok_or_else(|| local("there is no place for images: neither XDG_CACHE_HOME nor HOME is set"))?;
        let store = ContentStore::open(folder, clock.clone()).map_err(|error| local(&error.to_string()))?;
        let store = Arc::new(store);
        let registry = Registry::start(store.clone(), entropy.clone()).await;
        let registry = registry.map_err(|error| local(&format!("images cannot be served on this machine: {error}")))?;
        let registry = Arc::new(registry);
        let known = environment.clone();
        let registries = Arc::new(Registries::new(move |name| known(name), cloud, clock.clone()));
        let delivery = Delivery::new(store.clone(), registry.clone(), registries.clone(), clock);
        let maker = ImageMaker::new(Tools { environment, assets, store: store.clone(), registry, registries, entropy });
        Ok(Images { store, maker, delivery })
    }
}

#[async_trait]
impl Deliver for Kit {
    async fn bring(
        &self,
        connection: &Connection,
        reference: &str,
        progress: Progress<'_>,
    ) -> Result<String, ProviderError> {
        Ok(self.images().await?.delivery.bring(connection, reference, progress).await?)
    }
}

/// Something of this machine fails.
pub(super) fn local(message: &str) -> ProviderError {
    ProviderError::new(ErrorKind::Refused, "LocalFile", message)
}
