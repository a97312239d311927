//! Builds an image: by BuildKit where the daemon has it, by the classic builder otherwise.

use std::cmp::Reverse;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ironwright_engine::Entropy;
use serde_json::Value;

use crate::hash::sha256_hex;
use crate::readiness::Progress;
use crate::spec::ImageSpec;
use crate::transfer::size;

use super::classic::Classic;
use super::context::{Context, EntryKind, Source};
use super::daemon::{self, Daemon, nothing};
use super::error::{MakeError, MakeErrorKind};
use super::inputs::{Inputs, LABEL};
use super::logins::Logins;
use super::session::{Offer, Session};
use super::steps::Steps;
use super::tarball;
use super::trace::Trace;

/// The line of BuildKit's that has its status.
const TRACE: &str = "moby.buildkit.trace";

/// What helps where a step is a program for another processor.
const EMULATE: &str = "\n\
    this machine does not run programs for that platform: install an emulator with `docker run --privileged --rm \
    tonistiigi/binfmt --install all`, or build on a machine of that platform";

/// A build to be done.
pub(super) struct Build<'a> {
    pub(super) daemon: &'a Daemon,
    pub(super) spec: &'a ImageSpec,
    pub(super) inputs: &'a Inputs,
    /// What the image is called: `repository:tag`.
    pub(super) name: &'a str,
    pub(super) context: Arc<Context>,
    pub(super) logins: &'a Logins,
    pub(super) progress: Progress<'a>,
}

impl Build<'_> {
    /// Builds it. With `buildkit`, by that, unless the daemon turns out to be without.
    pub(super) async fn run(&self, folder: &Path, buildkit: bool, entropy: &dyn Entropy) -> Result<(), MakeError> {
        let done = if buildkit { self.by_buildkit(folder, entropy).await? } else { false };
        if done { Ok(()) } else { self.by_classic().await }
    }

    /// Says no where there is no BuildKit.
    async fn by_buildkit(&self, folder: &Path, entropy: &dyn Entropy) -> Result<bool, MakeError> {
        let id = format!("{:016x}{:016x}", entropy.next(), entropy.next());
        let key = sha256_hex(folder.as_os_str().as_encoded_bytes());
        let offer = Offer {
            context: Arc::clone(&self.context),
            secrets: self.spec.build_secrets.clone(),
            logins: self.logins.clone(),
        };
        let Some(session) = Session::open(self.daemon, &id, &key, offer).await? else { return Ok(false) };
        let mut query = self.query(self.context.dockerfile.name());
        query.extend([
            ("version", "2".to_owned()),
            ("remote", "client-session".to_owned()),
            ("session", session.id().to_owned()),
            ("buildid", session.id().to_owned()),
        ]);
        let lines = self.daemon.lines(daemon::post(&path(&query)), nothing()).await;
        let mut lines = lines.map_err(|error| self.refused(error))?;
        let (mut trace, mut steps) = (Trace::default(), Steps::new(self.progress));
        while let Some(line) = lines.next().await.map_err(|error| self.refused(error))? {
            if line["id"] == TRACE {
                let message = line["aux"].as_str().and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
                trace.read(&message, &mut steps);
            }
            if let Some(error) = daemon::failure(&line) {
                return Err(self.failed(&trace.failure(error, &steps)));
            }
        }
        let sent = session.sent();
        if sent.files > 0 {
            (self.progress)(&format!(
                "{} of {} files of the context were new ({})",
                sent.files,
                self.files(),
                size(sent.bytes)
            ));
        }
        Ok(true)
    }

    async fn by_classic(&self) -> Result<(), MakeError> {
        if let Some(id) = self.spec.build_secrets.keys().next() {
            let message = format!(
                "the build secret `{id}` takes BuildKit, and the Docker daemon at {} is to build without it: the classic builder \
                 would keep the secret in the image's history; unset `DOCKER_BUILDKIT`, or use a Docker of 18.09 or later",
                self.daemon.endpoint()
            );
            return Err(MakeError::new(MakeErrorKind::NoBuildKit, message));
        }
        let login = self.logins.header_for(&self.dockerfile()).await;
        let login = login.map_err(|why| MakeError::new(MakeErrorKind::Build, why))?;
        let request = daemon::post(&path(&self.query(tarball::dockerfile(&self.context))))
            .header("Content-Type", "application/x-tar")
            .header("X-Registry-Config", login.expose());
        let body = tarball::body(Arc::clone(&self.context));
        let mut lines = self.daemon.lines(request, body).await.map_err(|error| self.refused(error))?;
        let (mut classic, mut steps) = (Classic::default(), Steps::new(self.progress));
        while let Some(line) = lines.next().await.map_err(|error| self.refused(error))? {
            if let Some(piece) = line["stream"].as_str() {
                classic.read(piece, &mut steps);
            }
            if let Some(error) = daemon::failure(&line) {
                return Err(self.failed(&classic.failure(error, &steps)));
            }
        }
        Ok(())
    }

    /// What the daemon is asked for, without anything secret.
    fn query(&self, dockerfile: &str) -> Vec<(&'static str, String)> {
        let labels = [(LABEL.to_owned(), self.inputs.digest())].into();
        let mut query = vec![
            ("t", self.name.to_owned()),
            ("dockerfile", dockerfile.to_owned()),
            ("labels", daemon::map(&labels)),
            ("buildargs", daemon::map(&self.spec.build_arguments)),
            ("rm", "1".to_owned()),
            ("forcerm", "1".to_owned()),
        ];
        query.extend(self.spec.target.iter().map(|target| ("target", target.clone())));
        query.extend(self.spec.platform.iter().map(|platform| ("platform", platform.clone())));
        query
    }

    /// What it means that the daemon does not begin.
    fn refused(&self, error: MakeError) -> MakeError {
        match error.kind {
            MakeErrorKind::Daemon => self.failed(&format!("the build failed: {}", error.message)),
            _ => self.context.trouble().unwrap_or(error),
        }
    }

    fn failed(&self, message: &str) -> MakeError {
        if let Some(trouble) = self.context.trouble() {
            return trouble;
        }
        let mut message = without_secrets(self.spec, message);
        if let Some(platform) = &self.spec.platform {
            message = message.replacen("the build failed", &format!("the build for {platform} failed"), 1);
            if message.contains("exec format error") {
                message += EMULATE;
            }
        }
        MakeError::told(MakeErrorKind::Build, message)
    }

    fn files(&self) -> usize {
        self.context.entries.iter().filter(|entry| matches!(entry.kind, EntryKind::File { .. })).count()
    }

    fn dockerfile(&self) -> String {
        match &self.context.dockerfile.kind {
            EntryKind::File { source: Source::Memory(bytes), .. } => String::from_utf8_lossy(bytes).into_owned(),
            EntryKind::File { source: Source::File(path), .. } => std::fs::read_to_string(path).unwrap_or_default(),
            EntryKind::Folder | EntryKind::Link { .. } => String::new(),
        }
    }
}

/// `text` without what a step wrote of the secrets of `spec`.
fn without_secrets(spec: &ImageSpec, text: &str) -> String {
    let lines = spec.build_secrets.values().flat_map(|secret| secret.expose().lines());
    let mut secrets: Vec<&str> = lines.map(str::trim).filter(|line| !line.is_empty()).collect();
    // The longest first: one may stand in another.
    secrets.sort_by_key(|secret| Reverse(secret.len()));
    secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "(sensitive)"))
}

fn path(query: &[(&str, String)]) -> String {
    let pairs: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
    daemon::query("/build", &pairs)
}

/// What a daemon that pulls or pushes says of a layer, as a line: `layer 0123456789ab: Pull complete`; nothing while it goes on.
pub(super) fn layer(line: &Value) -> Option<String> {
    let (id, status) = (line["id"].as_str()?, line["status"].as_str()?);
    let done = ["Pull complete", "Already exists", "Layer already exists", "Pushed"].contains(&status);
    done.then(|| format!("layer {id}: {}", status.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use ironwright_core::secret::SecretText;

    use super::*;

    #[test]
    fn no_part_of_a_secret_is_left_where_another_stands_in_it() {
        let secrets = [("A_USER", "shop"), ("DB_URL", "postgres://shop:pa55@db\n\nshop-2"), ("NONE", "")];
        let build_secrets = secrets.map(|(id, secret)| (id.to_owned(), SecretText::new(secret))).into();
        let spec = ImageSpec { build_secrets, ..ImageSpec::default() };
        let text = without_secrets(&spec, "as shop: no postgres://shop:pa55@db, nor shop-2");
        assert_eq!(text, "as (sensitive): no (sensitive), nor (sensitive)");
    }
}
