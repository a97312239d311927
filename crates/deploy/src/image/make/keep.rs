//! Puts an image that the Docker of this machine has into the content store: pushed by the daemon, or exported where that
//! cannot reach this process.

use std::io;
use std::path::Path;

use futures_util::StreamExt as _;
use http_body_util::BodyStream;
use hyper::Request;

use crate::archive::{self, ArchiveError, ArchiveProblem};
use crate::content::{ContentError, ContentStore, Digest, Platform};
use crate::readiness::Progress;

use super::ImageMaker;
use super::build::layer;
use super::daemon::{self, Daemon, LocalImage, nothing};
use super::error::{MakeError, MakeErrorKind};

/// The login of somebody who needs none: `{}`.
const NO_LOGIN: &str = "e30=";

/// The tag under which the daemon knows an image while it is pushed.
const TAG: &str = "made";

impl ImageMaker {
    /// The digest of `image` in the content store, where it is put under `name`.
    pub(super) async fn keep(
        &self,
        daemon: &Daemon,
        image: &LocalImage,
        name: &str,
        progress: Progress<'_>,
    ) -> Result<Digest, MakeError> {
        if daemon.endpoint().is_here() {
            match self.pushed(daemon, image, name, progress).await {
                Err(error) if error.kind == MakeErrorKind::Push => progress(&error.message),
                done => return done,
            }
        }
        self.exported(daemon, image, progress).await
    }

    /// Has the daemon push to this process. So only layers that are not in the store are packed.
    async fn pushed(
        &self,
        daemon: &Daemon,
        image: &LocalImage,
        name: &str,
        progress: Progress<'_>,
    ) -> Result<Digest, MakeError> {
        let registry = &self.tools.registry;
        let repository = format!("127.0.0.1:{}/{}/{name}", registry.port(), registry.push_prefix());
        daemon.tag(&image.id, &repository, TAG).await?;
        let done = self.push(daemon, &repository, name, progress).await;
        daemon.untag(&format!("{repository}:{TAG}")).await?;
        done?;
        if let Some(digest) = registry.pushed(name, TAG) {
            return Ok(digest);
        }
        let trouble = registry.trouble(name);
        let why = trouble.as_deref().unwrap_or("the Docker daemon does not reach this process");
        Err(MakeError::new(MakeErrorKind::Push, format!("the image was not pushed to this process: {why}")))
    }

    async fn push(
        &self,
        daemon: &Daemon,
        repository: &str,
        name: &str,
        progress: Progress<'_>,
    ) -> Result<(), MakeError> {
        let path = daemon::query(&format!("/images/{repository}/push"), &[("tag", TAG)]);
        let mut lines = daemon.lines(daemon::post(&path).header("X-Registry-Auth", NO_LOGIN), nothing()).await?;
        while let Some(line) = lines.next().await? {
            if let Some(error) = daemon::failure(&line) {
                return self.not_pushed(name, error);
            }
            if let Some(line) = layer(&line) {
                progress(&line);
            }
        }
        Ok(())
    }

    /// What it means that a push under `name` failed with `error`, which may name the path that is not to be shown.
    fn not_pushed(&self, name: &str, error: &str) -> Result<(), MakeError> {
        let registry = &self.tools.registry;
        if let Some(trouble) = registry.trouble(name) {
            let message = format!("the image cannot be kept in {}: {trouble}", self.tools.store.folder().display());
            return Err(MakeError::new(MakeErrorKind::Store, message));
        }
        let error = error.replace(registry.push_prefix(), "…");
        let message = format!("the Docker daemon does not reach this process, so the image is exported ({error})");
        Err(MakeError::new(MakeErrorKind::Push, message))
    }

    /// Exports the image, and reads what comes.
    async fn exported(&self, daemon: &Daemon, image: &LocalImage, progress: Progress<'_>) -> Result<Digest, MakeError> {
        progress("exporting the image");
        let request = Request::get(format!("/images/{}/get", image.id));
        let body = daemon.accepted(daemon.send(request, nothing()).await?).await?.into_body();
        let chunks = BodyStream::new(body).filter_map(async |frame| match frame {
            Ok(frame) => frame.into_data().ok().map(Ok),
            Err(error) => Some(Err(io::Error::other(error))),
        });
        archive::ingest_chunks(chunks, self.tools.store.clone(), None).await.map_err(|error| unread(&error))
    }
}

/// Reads the archive or the layout at `path` into `store`, and finds the image for `platform` in it.
pub(super) fn ingest(path: &Path, store: &ContentStore, platform: Option<&Platform>) -> Result<Digest, MakeError> {
    archive::ingest_file(path, store, platform).map_err(|error| unread(&error))
}

fn unread(error: &ArchiveError) -> MakeError {
    let kind = match &error.problem {
        ArchiveProblem::Content(content) if content.is_full() => MakeErrorKind::DiskFull,
        ArchiveProblem::Content(ContentError::NoPlatform { .. } | ContentError::Several { .. }) => {
            MakeErrorKind::Platform
        }
        ArchiveProblem::Content(_) => MakeErrorKind::Store,
        _ => MakeErrorKind::Archive,
    };
    MakeError::new(kind, error.to_string())
}
