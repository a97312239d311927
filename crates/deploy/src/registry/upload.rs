//! Pushes of the daemon of this machine: what it has, it is asked to keep to itself, and the rest goes into the store.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::http::request::Parts;
use hyper::http::response::Builder;
use hyper::{Method, Request, StatusCode};

use super::add;
use super::answer::{Answer, DIGEST, Refusal, about, empty, with};
use super::path::{Target, What, parameter};
use crate::content::{BlobWriter, ContentError, ContentStore, Descriptor, Digest, Document, LONGEST_MANIFEST};

/// How much of a body is written at once.
const CHUNK: usize = 1024 * 1024;

/// What is being pushed, and what was.
pub(super) struct Pushes {
    key: String,
    /// How many uploads were begun.
    begun: AtomicU64,
    /// Those that wait for more.
    open: Mutex<HashMap<String, BlobWriter>>,
    /// Manifests by name and tag.
    tags: Mutex<HashMap<(String, String), Digest>>,
    received: AtomicU64,
    /// Why something was refused, by name.
    trouble: Mutex<HashMap<String, String>>,
}

impl Pushes {
    /// No pushes yet, under `key`.
    pub(super) fn new(key: String) -> Self {
        let (begun, received) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { key, begun, open: Mutex::default(), tags: Mutex::default(), received, trouble: Mutex::default() }
    }

    pub(super) fn is_key(&self, key: &str) -> bool {
        self.key == key
    }

    pub(super) fn tagged(&self, name: &str, tag: &str) -> Option<Digest> {
        locked(&self.tags).get(&(name.to_owned(), tag.to_owned())).cloned()
    }

    pub(super) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    pub(super) fn trouble(&self, name: &str) -> Option<String> {
        locked(&self.trouble).get(name).cloned()
    }

    /// Remembers why something of `name` was refused, unless it was only asked for.
    fn refused(&self, name: &str, refusal: &Refusal) {
        if ![Refusal::no_blob(), Refusal::no_manifest()].contains(refusal) {
            locked(&self.trouble).insert(name.to_owned(), refusal.message().to_owned());
        }
    }

    /// Answers a request under the key.
    pub(super) async fn answer(
        &self,
        store: &Arc<ContentStore>,
        request: Request<Incoming>,
    ) -> Result<Answer, Refusal> {
        let (head, body) = request.into_parts();
        let target = Target::parse(head.uri.path()).ok_or_else(Refusal::unknown)?;
        let answered = self.answer_about(store, &target, &head, body).await;
        answered.inspect_err(|refusal| self.refused(target.name, refusal))
    }

    async fn answer_about(
        &self,
        store: &Arc<ContentStore>,
        target: &Target<'_>,
        head: &Parts,
        body: Incoming,
    ) -> Result<Answer, Refusal> {
        let asked = |key| parameter(head.uri.query(), key);
        match (&head.method, target.what) {
            (&Method::HEAD, What::Blob(digest)) => has_blob(store, digest),
            (&Method::HEAD, What::Manifest(reference)) => self.has_manifest(store, target.name, reference),
            (&Method::PUT, What::Manifest(reference)) => self.take_manifest(store, target.name, reference, body).await,
            (&Method::POST, What::Uploads) => match (asked("mount"), asked("digest")) {
                (Some(mount), _) => match mounted(store, target, &mount) {
                    Some(answer) => Ok(answer),
                    None => self.begin(store, target),
                },
                (None, Some(digest)) => self.complete(store.writer().map_err(failed)?, target, &digest, body).await,
                (None, None) => self.begin(store, target),
            },
            (&Method::PATCH, What::Upload(id)) => {
                let writer = self.take(id)?;
                let from = head.headers.get("content-range").and_then(|range| range.to_str().ok());
                if from.is_some_and(|range| range.split('-').next() != Some(&writer.size().to_string())) {
                    let answer = about_upload(with(StatusCode::RANGE_NOT_SATISFIABLE), target, id, writer.size());
                    self.put_back(id, writer);
                    return Ok(empty(answer));
                }
                let writer = self.receive(writer, body).await?;
                let answer = about_upload(with(StatusCode::ACCEPTED), target, id, writer.size());
                self.put_back(id, writer);
                Ok(empty(answer))
            }
            (&Method::PUT, What::Upload(id)) => {
                let digest = asked("digest").unwrap_or_default();
                self.complete(self.take(id)?, target, &digest, body).await
            }
            (&Method::GET, What::Upload(id)) => {
                let size = locked(&self.open).get(id).ok_or_else(no_upload)?.size();
                Ok(empty(about_upload(with(StatusCode::NO_CONTENT), target, id, size)))
            }
            (&Method::DELETE, What::Upload(id)) => self.take(id).map(|_| empty(with(StatusCode::NO_CONTENT))),
            _ => Err(Refusal::method()),
        }
    }

    fn take(&self, id: &str) -> Result<BlobWriter, Refusal> {
        locked(&self.open).remove(id).ok_or_else(no_upload)
    }

    fn put_back(&self, id: &str, writer: BlobWriter) {
        locked(&self.open).insert(id.to_owned(), writer);
    }

    fn begin(&self, store: &ContentStore, target: &Target<'_>) -> Result<Answer, Refusal> {
        let id = self.begun.fetch_add(1, Ordering::Relaxed).to_string();
        let answer = about_upload(with(StatusCode::ACCEPTED), target, &id, 0);
        self.put_back(&id, store.writer().map_err(failed)?);
        Ok(empty(answer))
    }

    /// Takes the rest of an upload, which is then the blob `digest`.
    async fn complete(
        &self,
        writer: BlobWriter,
        target: &Target<'_>,
        digest: &str,
        body: Incoming,
    ) -> Result<Answer, Refusal> {
        let expected: Digest =
            digest.parse().map_err(|error: crate::content::InvalidDigest| damaged(&error.to_string()))?;
        let writer = self.receive(writer, body).await?;
        let digest = blocking(move || writer.finish().commit(Some(&expected))).await?;
        Ok(empty(created(target, &digest)))
    }

    /// Takes what `body` carries.
    async fn receive(&self, mut writer: BlobWriter, mut body: Incoming) -> Result<BlobWriter, Refusal> {
        let mut waiting = Vec::new();
        loop {
            let frame = body.frame().await.transpose();
            let frame = frame.map_err(|_| damaged("the upload was cut off"))?;
            let is_end = frame.is_none();
            if let Some(Ok(bytes)) = frame.map(hyper::body::Frame::into_data) {
                add(&self.received, bytes.len());
                waiting.extend_from_slice(&bytes);
            }
            if waiting.len() >= CHUNK || is_end {
                let chunk = std::mem::take(&mut waiting);
                writer = blocking(move || writer.append(&chunk).map(|()| writer)).await?;
            }
            if is_end {
                return Ok(writer);
            }
        }
    }

    fn has_manifest(&self, store: &ContentStore, name: &str, reference: &str) -> Result<Answer, Refusal> {
        let digest =
            reference.parse().ok().or_else(|| self.tagged(name, reference)).ok_or_else(Refusal::no_manifest)?;
        match (store.document(&digest), store.size(&digest)) {
            (Ok(document), Ok(Some(size))) => Ok(empty(about(StatusCode::OK, &digest, document.media_type(), size))),
            _ => Err(Refusal::no_manifest()),
        }
    }

    async fn take_manifest(
        &self,
        store: &Arc<ContentStore>,
        name: &str,
        reference: &str,
        body: Incoming,
    ) -> Result<Answer, Refusal> {
        if body.size_hint().lower() > LONGEST_MANIFEST {
            return Err(invalid("the manifest is too long"));
        }
        let limited = Limited::new(body, usize::try_from(LONGEST_MANIFEST).unwrap_or(usize::MAX));
        let bytes = limited.collect().await.map_err(|error| invalid(&error.to_string()))?.to_bytes();
        let digest = Digest::of(&bytes);
        if reference.contains(':') && reference != digest.as_str() {
            return Err(damaged("the manifest is not what its digest says"));
        }
        let document = Document::parse(&bytes).map_err(|error| invalid(&error.to_string()))?;
        for part in document.descriptors() {
            present(store, &document, part)?;
        }
        let store = store.clone();
        let put = move |bytes: Bytes| store.put(&bytes);
        let digest = blocking(move || put(bytes)).await?;
        locked(&self.trouble).remove(name);
        locked(&self.tags).insert((name.to_owned(), reference.to_owned()), digest.clone());
        let location = format!("/v2/{}/{name}/manifests/{digest}", self.key);
        Ok(empty(with(StatusCode::CREATED).header("location", location).header(DIGEST, digest.as_str())))
    }
}

/// That a part of `document` was pushed before it. Of an index a daemon may have one image alone.
fn present(store: &ContentStore, document: &Document, part: &Descriptor) -> Result<(), Refusal> {
    if matches!(document, Document::Index(_)) || store.holds(part).map_err(failed)? {
        return Ok(());
    }
    let message = format!("{} was not pushed before the manifest", part.digest);
    Err(Refusal::new(StatusCode::BAD_REQUEST, "MANIFEST_BLOB_UNKNOWN", message))
}

fn has_blob(store: &ContentStore, digest: &str) -> Result<Answer, Refusal> {
    let digest: Digest = digest.parse().map_err(|_| Refusal::no_blob())?;
    let size = store.size(&digest).map_err(failed)?.ok_or_else(Refusal::no_blob)?;
    Ok(empty(about(StatusCode::OK, &digest, "application/octet-stream", size)))
}

/// The answer to who says that another repository has the blob `digest`: all repositories here have the same blobs.
fn mounted(store: &ContentStore, target: &Target<'_>, digest: &str) -> Option<Answer> {
    let digest = digest.parse().ok()?;
    store.size(&digest).ok()??;
    Some(empty(created(target, &digest)))
}

fn created(target: &Target<'_>, digest: &Digest) -> Builder {
    let location = format!("/v2/{}/{}/blobs/{digest}", target.key, target.name);
    with(StatusCode::CREATED).header("location", location).header(DIGEST, digest.as_str())
}

fn about_upload(answer: Builder, target: &Target<'_>, id: &str, size: u64) -> Builder {
    let answer = answer.header("location", format!("/v2/{}/{}/blobs/uploads/{id}", target.key, target.name));
    answer.header("docker-upload-uuid", id).header("range", format!("0-{}", size.saturating_sub(1)))
}

fn no_upload() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN", "there is no such upload")
}

fn damaged(why: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "DIGEST_INVALID", why)
}

fn invalid(why: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "MANIFEST_INVALID", why)
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn failed(error: ContentError) -> Refusal {
    match error {
        ContentError::WrongDigest { .. } => damaged(&error.to_string()),
        _ => Refusal::denied(error.to_string()),
    }
}

/// Does what waits for the disk.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ContentError> + Send + 'static,
) -> Result<T, Refusal> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Refusal::denied(error.to_string()))?.map_err(failed)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
