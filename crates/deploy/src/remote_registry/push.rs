//! Pushes an image of the content store. What the registry has is not sent again.

use std::fs::File;
use std::io::{self, Read as _};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, select};
use futures_util::stream::{self, Stream, TryStreamExt as _};
use hyper::header::HeaderValue;
use ironwright_engine::Clock;
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::errors::OciDistributionError;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, RegistryOperation};

use super::error::{RegistryError, may_pass, said, status};
use super::name::ImageName;
use super::{Credential, Registries};
use crate::content::{ContentError, ContentStore, Descriptor, Digest, LONGEST_MANIFEST, Manifest};
use crate::readiness::Progress;
use crate::registry_access::EcrRegistry;
use crate::transfer::{Meter, watched};

/// How much of a blob is read at once.
const PIECE: usize = 256 * 1024;

/// How many blobs are sent at once.
const AT_ONCE: usize = 3;

/// The pauses between attempts.
const PAUSES: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4), Duration::from_secs(8)];

/// How long a registry may take to be reached, and how long it may neither take nor say anything.
const CONNECT: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_mins(2);

/// Where no proxy stands in between: what is on this machine is not to be asked for elsewhere.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

const USER_AGENT: &str = concat!("ironwright/", env!("CARGO_PKG_VERSION"));

impl Registries {
    /// Pushes the image `digest` of `store` to `repository`, under `tag`, and returns the reference by its digest. In a
    /// registry of the cloud the repository is made where there is none.
    pub async fn push(
        &self,
        store: &ContentStore,
        digest: &Digest,
        repository: &str,
        tag: &str,
        progress: Progress<'_>,
    ) -> Result<String, RegistryError> {
        let name = ImageName::repository_of(repository)?;
        if let (Some(registry), Some(cloud)) = (EcrRegistry::parse(name.registry()), &self.cloud) {
            let made = cloud.ensure_repository(&registry, name.repository()).await;
            made.map_err(|error| RegistryError::cloud(&name, &error))?;
        }
        let (digest, manifest) = store.image(digest, None)?;
        let (client, auth) = self.client(&name).await?;
        let push = Push { registries: self, store, name: &name, client, auth, progress, sent: Arc::default() };
        push.image(&digest, &manifest, tag).await?;
        Ok(format!("{repository}@{digest}"))
    }

    /// A client that is let in at the registry of `name`.
    async fn client(&self, name: &ImageName) -> Result<(Client, RegistryAuth), RegistryError> {
        // Whoever was first in this process has chosen the cryptography.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let local = name.is_local();
        let plain = if local { vec![name.host().to_owned()] } else { Vec::new() };
        let variable = |names: &[&str]| {
            let mut set = names.iter().filter_map(|variable| (self.lookup)(variable));
            set.find(|value| !value.is_empty())
        };
        let no_proxy = variable(&["NO_PROXY", "no_proxy"]);
        let no_proxy = if local { Some(format!("{LOOPBACK},{}", no_proxy.unwrap_or_default())) } else { no_proxy };
        // Where one is said, the client looks for no others by itself, which would be asked for this machine too.
        let http_proxy = variable(&["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]).filter(|_| local);
        let config = ClientConfig {
            protocol: ClientProtocol::HttpsExcept(plain),
            // One request a blob: some registries take no small pieces.
            use_monolithic_push: true,
            connect_timeout: Some(CONNECT),
            // `read_timeout` would count while a body is being sent, however much of it goes: `heard` sees to silence.
            user_agent: USER_AGENT,
            https_proxy: variable(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]),
            http_proxy,
            no_proxy,
            ..ClientConfig::default()
        };
        let client = Client::try_from(config).map_err(|error| RegistryError::of(name, &error))?;
        let auth = self.credential(name).await?.as_ref().map_or(RegistryAuth::Anonymous, Credential::authentication);
        Ok((client, auth))
    }
}

/// A push to one repository.
struct Push<'a> {
    registries: &'a Registries,
    store: &'a ContentStore,
    name: &'a ImageName,
    client: Client,
    auth: RegistryAuth,
    progress: Progress<'a>,
    /// How many bytes have gone, or need not go.
    sent: Arc<AtomicU64>,
}

impl Push<'_> {
    async fn image(&self, digest: &Digest, manifest: &Manifest, tag: &str) -> Result<(), RegistryError> {
        let reference = self.name.with_tag(tag);
        self.asked(|| self.client.auth(&reference, &self.auth, RegistryOperation::Push)).await?;
        let named = self.named(tag).await?;
        if named.as_deref() == Some(digest.as_str()) {
            return Ok(());
        }
        self.blobs(manifest).await?;
        self.document(digest, manifest, tag, named.as_deref()).await
    }

    /// The digest of what `tag` names.
    async fn named(&self, tag: &str) -> Result<Option<String>, RegistryError> {
        let reference = self.name.with_tag(tag);
        match self.attempts(|| self.client.fetch_manifest_digest(&reference, &self.auth)).await {
            Ok(digest) => Ok(Some(digest)),
            Err(error) if status(&error) == Some(404) => Ok(None),
            Err(error) => Err(RegistryError::of(self.name, &error)),
        }
    }

    /// Sends all that the image consists of, and says how far it has come.
    async fn blobs(&self, manifest: &Manifest) -> Result<(), RegistryError> {
        let mut blobs: Vec<&Descriptor> = manifest.blobs().collect();
        blobs.sort_by_key(|blob| &blob.digest);
        blobs.dedup_by_key(|blob| &blob.digest);
        let mut meter = Meter::new(blobs.iter().map(|blob| blob.size).sum());
        let clock = &*self.registries.clock;
        let look = || {
            if let Some(line) = meter.line(self.sent.load(Ordering::Relaxed), clock.elapsed()) {
                (self.progress)(&format!("pushing to {}: {line}", self.name.whole()));
            }
        };
        let sending = stream::iter(blobs.into_iter().map(Ok)).try_for_each_concurrent(AT_ONCE, |blob| self.blob(blob));
        watched(sending, clock, look).await
    }

    /// Sends a blob, unless the registry has it.
    async fn blob(&self, blob: &Descriptor) -> Result<(), RegistryError> {
        let reference = self.name.with_digest(blob.digest.as_str());
        let digest = blob.digest.as_str();
        let there = self.asked(|| self.client.blob_exists(&reference, digest)).await?;
        if there || self.mounted(blob).await {
            self.sent.fetch_add(blob.size, Ordering::Relaxed);
        } else {
            self.attempts(|| self.sent(blob)).await.map_err(|error| RegistryError::of(self.name, &error))?;
        }
        self.registries.settle(self.name, &blob.digest);
        Ok(())
    }

    /// Whether the registry took the blob from another repository, where it is known to be.
    async fn mounted(&self, blob: &Descriptor) -> bool {
        let Some(home) = self.registries.home(self.name, &blob.digest) else { return false };
        let (image, source) = (self.name.with_digest(blob.digest.as_str()), self.name.neighbour(home));
        // A registry need not.
        self.heard(self.client.mount_blob(&image, &source, blob.digest.as_str())).await.is_ok()
    }

    /// Sends a blob, once.
    async fn sent(&self, blob: &Descriptor) -> Result<(), OciDistributionError> {
        let broken = |error: ContentError| OciDistributionError::GenericError(Some(error.to_string()));
        let missing = || broken(ContentError::Missing(blob.digest.clone()));
        let (file, size) = self.store.file(&blob.digest).map_err(broken)?.ok_or_else(missing)?;
        let gone = Gone { bytes: Arc::default(), sent: &self.sent };
        let pieces = pieces(file, vec![self.sent.clone(), gone.bytes.clone()]);
        let reference = self.name.with_digest(blob.digest.as_str());
        self.client.push_blob_stream(&reference, pieces, blob.digest.as_str(), Some(size)).await?;
        gone.bytes.store(0, Ordering::Relaxed);
        Ok(())
    }

    /// Puts the manifest, last of all: what it names is there.
    async fn document(
        &self,
        digest: &Digest,
        manifest: &Manifest,
        tag: &str,
        named: Option<&str>,
    ) -> Result<(), RegistryError> {
        let bytes = Bytes::from(self.store.read(digest, LONGEST_MANIFEST)?);
        let reference = self.name.with_tag(tag);
        let kind = HeaderValue::from_str(&manifest.media_type).expect("a media type that was read");
        let put = self.attempts(|| self.client.push_manifest_raw(&reference, bytes.clone(), kind.clone())).await;
        match put {
            Ok(_) => Ok(()),
            Err(error) if is_about_a_fixed_tag(&error) => {
                // Somebody else may have put the same there meanwhile, or an earlier try of this one.
                let named = self.named(tag).await.ok().flatten().or(named.map(str::to_owned));
                if named.as_deref() == Some(digest.as_str()) {
                    return Ok(());
                }
                Err(RegistryError::taken(self.name, tag, digest.as_str(), named.as_deref()))
            }
            Err(error) => Err(RegistryError::of(self.name, &error)),
        }
    }

    /// Does `call`, again where it may go well the next time.
    async fn attempts<T, F>(&self, call: impl Fn() -> F) -> Result<T, OciDistributionError>
    where
        F: Future<Output = Result<T, OciDistributionError>>,
    {
        let mut pauses = PAUSES.iter();
        loop {
            match self.heard(call()).await {
                Err(error) if may_pass(&error) => match pauses.next() {
                    Some(pause) => self.registries.clock.sleep(*pause).await,
                    None => return Err(error),
                },
                done => return done,
            }
        }
    }

    /// What `call` comes to; an error where nothing goes and nothing comes for too long.
    async fn heard<T>(
        &self,
        call: impl Future<Output = Result<T, OciDistributionError>>,
    ) -> Result<T, OciDistributionError> {
        heard(call, &self.sent, &*self.registries.clock).await
    }

    /// The same as [`attempts`](Self::attempts), with the error of this module.
    async fn asked<T, F>(&self, call: impl Fn() -> F) -> Result<T, RegistryError>
    where
        F: Future<Output = Result<T, OciDistributionError>>,
    {
        self.attempts(call).await.map_err(|error| RegistryError::of(self.name, &error))
    }
}

/// What one attempt has sent of a blob. It counts no more when this ends, unless it was set to nothing: the attempt that
/// is given up sends it all again.
struct Gone<'a> {
    bytes: Arc<AtomicU64>,
    sent: &'a AtomicU64,
}

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        self.sent.fetch_sub(self.bytes.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

/// What `call` comes to; an error where `sent` stays as it is and nothing comes for too long.
async fn heard<T>(
    call: impl Future<Output = Result<T, OciDistributionError>>,
    sent: &AtomicU64,
    clock: &dyn Clock,
) -> Result<T, OciDistributionError> {
    let mut call = pin!(call);
    loop {
        let before = sent.load(Ordering::Relaxed);
        match select(call, clock.sleep(SILENCE)).await {
            Either::Left((done, _)) => return done,
            Either::Right(((), rest)) if sent.load(Ordering::Relaxed) != before => call = rest,
            Either::Right(_) => {
                let message = "nothing was heard for two minutes".to_owned();
                return Err(OciDistributionError::ServerError { code: 408, url: String::new(), message });
            }
        }
    }
}

/// Whether the registry would have to move a tag, and may not.
fn is_about_a_fixed_tag(error: &OciDistributionError) -> bool {
    let text = said(error).to_lowercase();
    matches!(status(error), Some(400 | 403 | 409 | 412))
        && (text.contains("immutable") || text.contains("already exists"))
}

/// The content of `file`, each byte of which is counted.
fn pieces(
    file: File,
    counts: Vec<Arc<AtomicU64>>,
) -> impl Stream<Item = Result<Bytes, OciDistributionError>> + Send + 'static {
    stream::try_unfold((file, counts), |(file, counts)| async move {
        let (file, piece) = tokio::task::spawn_blocking(move || piece(file)).await.map_err(io::Error::other)??;
        let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        for count in &counts {
            count.fetch_add(length, Ordering::Relaxed);
        }
        Ok((length > 0).then(|| (Bytes::from(piece), (file, counts))))
    })
}

/// The next piece of `file`; it is empty at the end.
fn piece(mut file: File) -> io::Result<(File, Vec<u8>)> {
    let mut piece = vec![0; PIECE];
    let length = file.read(&mut piece)?;
    piece.truncate(length);
    Ok((file, piece))
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::*;

    /// Sleeps as long as it takes others to come on once.
    struct QuickClock;

    #[async_trait]
    impl Clock for QuickClock {
        fn now(&self) -> u64 {
            0
        }

        fn elapsed(&self) -> Duration {
            Duration::ZERO
        }

        async fn sleep(&self, _: Duration) {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn what_comes_on_is_waited_for_and_silence_is_not() {
        let sent = AtomicU64::new(0);
        let sending = async {
            for _ in 0..100 {
                sent.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
            Ok("taken")
        };
        let taken = heard(sending, &sent, &QuickClock).await;
        assert!(taken.is_ok_and(|taken| taken == "taken"));

        let silent = std::future::pending::<Result<(), _>>();
        let error = heard(silent, &sent, &QuickClock).await.expect_err("nothing comes");
        assert!(may_pass(&error) && said(&error).contains("nothing was heard"), "{error}");
    }

    #[test]
    fn what_an_attempt_sent_in_vain_does_not_count() {
        let sent = AtomicU64::new(100);
        for (bytes, left) in [(30, 70), (0, 70)] {
            drop(Gone { bytes: Arc::new(AtomicU64::new(bytes)), sent: &sent });
            assert_eq!(sent.load(Ordering::Relaxed), left);
        }
    }

    #[test]
    fn tags_that_cannot_be_moved_are_known_by_what_registries_say() {
        let check = |code: u16, message: &str, expect: bool| {
            let error = OciDistributionError::ServerError { code, url: String::new(), message: message.to_owned() };
            assert_eq!(is_about_a_fixed_tag(&error), expect, "{message}");
        };
        let fixed = r#"{"errors":[{"code":"TAG_INVALID","message":"The image tag 'v1' already exists in the 'shop' repository
            and cannot be overwritten because the tag is immutable."}]}"#;
        check(400, &fixed.replace('\n', ""), true);
        check(412, "configured as immutable", true);
        check(400, "manifest invalid", false);
        check(500, "immutable", false);
    }
}
