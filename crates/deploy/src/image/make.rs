//! Makes images: built or pulled by the Docker of this machine, or read from an archive, and put into the content store, from
//! where hosts get them, or into a registry.
//!
//! Docker is spoken to over its API directly: BuildKit's session (context, secrets and logins as they are asked for) needs the
//! connection itself.

mod build;
mod classic;
mod context;
mod daemon;
mod endpoint;
mod error;
#[cfg(test)]
mod fake_daemon;
mod filesync;
mod grpc;
mod inputs;
mod keep;
mod logins;
mod protobuf;
mod pull;
mod session;
mod steps;
mod tarball;
mod trace;

use std::path::PathBuf;
use std::sync::Arc;

use ironwright_core::function::{Asset, AssetKind};
use ironwright_engine::{Assets as _, Entropy};

use crate::assets::AssetFolder;
use crate::content::{ContentStore, Digest, Platform};
use crate::readiness::Progress;
use crate::registry::Registry;
use crate::remote_registry::Registries;
use crate::spec::ImageSpec;

use build::Build;
use context::Context;
use daemon::{Daemon, LocalImage};
use endpoint::Endpoint;
use inputs::{Inputs, LABEL};
use logins::Logins;

pub use error::{MakeError, MakeErrorKind};

/// Before the names of images that hosts get from this machine. No such registry can be.
pub const LOCAL: &str = "ironwright.local";

/// How many versions of an image the Docker of this machine keeps its names for.
const KEPT: usize = 5;

/// Knows environment variables.
pub type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What images are made with.
#[derive(Clone)]
pub struct Tools {
    /// The environment: where Docker is, and how it builds.
    pub environment: Environment,
    /// Where contexts and archives lie.
    pub assets: AssetFolder,
    /// Where what is made is put.
    pub store: Arc<ContentStore>,
    /// The way into it for Docker.
    pub registry: Arc<Registry>,
    /// Other registries: to be let in for pulls, and to push to.
    pub registries: Arc<Registries>,
    /// For names that nobody else has.
    pub entropy: Arc<dyn Entropy>,
}

/// Makes images.
pub struct ImageMaker {
    tools: Tools,
    logins: Logins,
}

/// An image that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The digest of its manifest.
    pub digest: Digest,
    /// `repository@sha256:…`.
    pub reference: String,
    /// The name without tag and digest.
    pub repository: String,
    /// The digest of what it was built of, cut; the tag it was pulled by; or its own digest, cut.
    pub tag: String,
}

impl ImageMaker {
    /// Makes images with `tools`.
    pub fn new(tools: Tools) -> Self {
        let logins = Logins::new(Arc::clone(&tools.registries));
        Self { tools, logins }
    }

    /// Makes the image that `spec` says, or finds it made, and puts it where hosts get it from. `name` is that of its repository,
    /// as [`repository`](crate::registry::repository) makes one: `shop/web/image`.
    pub async fn make(&self, spec: &ImageSpec, name: &str, progress: Progress<'_>) -> Result<Made, MakeError> {
        let (digest, tag) = match (&spec.context, &spec.pull, &spec.archive) {
            (Some(context), None, None) => self.built(spec, context, name, progress).await?,
            (None, Some(reference), None) => self.pulled(spec, reference, name, progress).await?,
            (None, None, Some(path)) => {
                let digest = self.read(spec, path, progress).await?;
                let tag = tag_of(&digest);
                (digest, tag)
            }
            _ => {
                let message = "an image is built (`Context`), pulled (`Pull`) or read (`Archive`): one of the three";
                return Err(MakeError::new(MakeErrorKind::Properties, message));
            }
        };
        let repository = spec.registry.clone().unwrap_or_else(|| format!("{LOCAL}/{name}"));
        let mut made = Made { reference: format!("{repository}@{digest}"), digest, repository, tag };
        if spec.registry.is_some() {
            let Tools { registries, store, .. } = &self.tools;
            let pushed = registries.push(store, &made.digest, &made.repository, &made.tag, progress).await;
            made.reference = pushed.map_err(|error| MakeError::told(MakeErrorKind::Push, error.to_string()))?;
        }
        Ok(made)
    }

    async fn built(
        &self,
        spec: &ImageSpec,
        context: &str,
        name: &str,
        progress: Progress<'_>,
    ) -> Result<(Digest, String), MakeError> {
        let daemon = self.daemon()?;
        let inputs = Inputs::of(spec);
        let local = format!("{LOCAL}/{name}");
        let image = format!("{local}:{}", inputs.tag());
        if let Some(id) = daemon.labelled(&format!("{LABEL}={}", inputs.digest()), inputs.tag()).await? {
            progress("nothing to build: this Docker has the image of the same inputs");
            daemon.tag(&id, &local, inputs.tag()).await?;
        } else {
            let folder = self.tools.assets.locate(context);
            let context = self.context(spec, folder.clone()).await?;
            let buildkit = self.wants_buildkit() && daemon.version().await?.has_buildkit();
            let build = Build {
                daemon: &daemon,
                spec,
                inputs: &inputs,
                name: &image,
                context: Arc::new(context),
                logins: &self.logins,
                progress,
            };
            build.run(&folder, buildkit, &*self.tools.entropy).await?;
        }
        let found = daemon.image(&image).await?;
        let found = found.ok_or_else(|| {
            let message = format!("{image} was built, and the Docker daemon has no such image: run it again");
            MakeError::new(MakeErrorKind::Build, message)
        })?;
        found.is_for(spec.platform.as_deref(), &image)?;
        let digest = self.keep(&daemon, &found, name, progress).await?;
        for old in daemon.named(&local).await?.into_iter().filter(|old| *old != image).skip(KEPT - 1) {
            daemon.untag(&old).await?;
        }
        Ok((digest, inputs.tag().to_owned()))
    }

    async fn context(&self, spec: &ImageSpec, folder: PathBuf) -> Result<Context, MakeError> {
        let dockerfile = spec.dockerfile.clone().unwrap_or_else(|| "Dockerfile".to_owned());
        let (text, planned) = (spec.dockerfile_text.clone(), spec.context_digest.clone());
        blocking(move || {
            let context = Context::read(&folder, &dockerfile, text.as_deref())?;
            context.is_as(planned.as_deref(), &folder)?;
            Ok(context)
        })
        .await
    }

    async fn pulled(
        &self,
        spec: &ImageSpec,
        reference: &str,
        name: &str,
        progress: Progress<'_>,
    ) -> Result<(Digest, String), MakeError> {
        let daemon = self.daemon()?;
        let platform = spec.platform.as_deref();
        let tag = pull::pull(&daemon, &self.logins, reference, platform, progress).await?;
        let found = daemon.image(reference).await?.ok_or_else(|| {
            let message = format!("{reference} was pulled, and the Docker daemon has no such image: run it again");
            MakeError::new(MakeErrorKind::Pull, message)
        })?;
        found.is_for(platform, reference)?;
        let digest = self.keep(&daemon, &found, name, progress).await?;
        let tag = tag.unwrap_or_else(|| tag_of(&digest));
        Ok((digest, tag))
    }

    async fn read(&self, spec: &ImageSpec, path: &str, progress: Progress<'_>) -> Result<Digest, MakeError> {
        let location = self.tools.assets.locate(path);
        progress(&format!("reading {}", location.display()));
        let platform = spec.platform.as_deref().map(platform_of).transpose()?;
        let (assets, store) = (self.tools.assets.clone(), Arc::clone(&self.tools.store));
        let (asset, planned) =
            (Asset { path: path.to_owned().into(), kind: AssetKind::Plain }, spec.archive_digest.clone());
        blocking(move || {
            let now = assets.digest(&asset).map_err(|error| MakeError::new(MakeErrorKind::Archive, error))?;
            if planned.is_some_and(|planned| planned != now) {
                return Err(context::changed(&format!("the archive {}", location.display())));
            }
            keep::ingest(&location, &store, platform.as_ref())
        })
        .await
    }

    fn daemon(&self) -> Result<Daemon, MakeError> {
        Endpoint::of(&self.tools.environment).map(Daemon::at)
    }

    /// Whether the user has not said otherwise.
    fn wants_buildkit(&self) -> bool {
        !matches!((self.tools.environment)("DOCKER_BUILDKIT").as_deref(), Some("0" | "false"))
    }
}

impl LocalImage {
    /// What it is for.
    fn platform(&self) -> Platform {
        Platform {
            os: self.os.clone(),
            architecture: self.architecture.clone(),
            variant: self.variant.clone().filter(|variant| !variant.is_empty()),
        }
    }

    /// Refuses an image for another platform than `wanted`.
    fn is_for(&self, wanted: Option<&str>, name: &str) -> Result<(), MakeError> {
        let Some(wanted) = wanted else { return Ok(()) };
        let own = self.platform();
        if platform_of(wanted)?.accepts(&own) {
            return Ok(());
        }
        let message = format!(
            "{name} is for {own}, and {wanted} is asked for; choose another base or `.platform(\"{own}\")`, or use a Docker that \
             has BuildKit and an emulator"
        );
        Err(MakeError::new(MakeErrorKind::Platform, message))
    }
}

/// The tag of an image that has none of its own: one that always names the same, since tags of a registry may be fixed and
/// `latest` may be the user's.
fn tag_of(digest: &Digest) -> String {
    digest.hex().chars().take(inputs::TAG).collect()
}

fn platform_of(text: &str) -> Result<Platform, MakeError> {
    text.parse().map_err(|error| MakeError::new(MakeErrorKind::Properties, format!("{error}")))
}

/// What `work` comes to, on a thread that may wait for files.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, MakeError> + Send + 'static,
) -> Result<T, MakeError> {
    tokio::task::spawn_blocking(work).await.expect("the thread was not stopped")
}
