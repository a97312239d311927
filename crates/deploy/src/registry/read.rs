//! An image that is offered, and how it is read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use futures_util::stream::{self, Stream};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Bytes, Frame};
use hyper::header::{HeaderMap, RANGE};
use hyper::{Method, StatusCode};

use super::add;
use super::answer::{Answer, Refusal, about, carrying, empty, with};
use super::path::What;
use super::range::Wanted;
use crate::content::{ContentError, ContentStore, Digest, Document};

/// How much is in memory at once, of each pull.
const CHUNK: u64 = 256 * 1024;

/// What a blob is called that is no document.
const BYTES: &str = "application/octet-stream";

/// What may be read under one key.
pub(super) struct Offered {
    /// Manifests and indexes, with their media types.
    documents: BTreeMap<Digest, String>,
    /// Layers and configurations.
    blobs: BTreeSet<Digest>,
    /// How many bytes were sent.
    pub(super) sent: AtomicU64,
}

impl Offered {
    /// All that `image` consists of.
    pub(super) fn new(store: &ContentStore, image: &Digest) -> Result<Self, ContentError> {
        if let Some(missing) = store.missing(image)?.into_iter().next() {
            return Err(ContentError::Missing(missing));
        }
        let mut offered = Self { documents: BTreeMap::new(), blobs: BTreeSet::new(), sent: AtomicU64::new(0) };
        let mut open = vec![image.clone()];
        while let Some(digest) = open.pop() {
            let document = store.document(&digest)?;
            let parts = document.descriptors().into_iter().map(|part| part.digest.clone());
            match &document {
                Document::Manifest(_) => offered.blobs.extend(parts),
                Document::Index(_) => open.extend(parts.filter(|part| !offered.documents.contains_key(part))),
            }
            offered.documents.insert(digest, document.media_type().to_owned());
        }
        Ok(offered)
    }

    /// Answers a request for `what`.
    pub(super) fn answer(
        self: &Arc<Self>,
        store: &ContentStore,
        method: &Method,
        what: What<'_>,
        headers: &HeaderMap,
    ) -> Result<Answer, Refusal> {
        if ![Method::GET, Method::HEAD].contains(method) {
            return Err(Refusal::method());
        }
        let (digest, media_type, refusal) = match what {
            What::Manifest(reference) => {
                let digest = reference.parse::<Digest>().ok();
                let media_type = digest.as_ref().and_then(|digest| self.documents.get(digest));
                (digest, media_type.map(String::as_str), Refusal::no_manifest())
            }
            What::Blob(digest) => {
                let digest = digest.parse().ok().filter(|digest| self.blobs.contains(digest));
                (digest, Some(BYTES), Refusal::no_blob())
            }
            What::Uploads | What::Upload(_) => return Err(Refusal::method()),
        };
        let (Some(digest), Some(media_type)) = (digest, media_type) else { return Err(refusal) };
        let found = store.file(&digest).map_err(|error| Refusal::denied(error.to_string()))?;
        let (file, size) = found.ok_or(refusal)?;
        if method == Method::HEAD {
            return Ok(empty(about(StatusCode::OK, &digest, media_type, size)));
        }
        let range = headers.get(RANGE).and_then(|range| range.to_str().ok());
        match Wanted::of(range, size) {
            Wanted::Whole => {
                let answer = about(StatusCode::OK, &digest, media_type, size);
                Ok(carrying(answer, StreamBody::new(self.clone().send(file, 0, size)).boxed()))
            }
            Wanted::Part(part) => {
                let answer = about(StatusCode::PARTIAL_CONTENT, &digest, media_type, part.end - part.start)
                    .header("content-range", format!("bytes {}-{}/{size}", part.start, part.end - 1));
                let sent = self.clone().send(file, part.start, part.end - part.start);
                Ok(carrying(answer, StreamBody::new(sent).boxed()))
            }
            Wanted::Nothing => {
                let answer = with(StatusCode::RANGE_NOT_SATISFIABLE);
                Ok(empty(answer.header("content-range", format!("bytes */{size}"))))
            }
        }
    }

    /// `length` bytes of `file` from `start`.
    fn send(
        self: Arc<Self>,
        file: File,
        start: u64,
        length: u64,
    ) -> impl Stream<Item = io::Result<Frame<Bytes>>> + Send + Sync + 'static {
        stream::try_unfold((self, file, start, length), |(offered, mut file, start, left)| async move {
            if left == 0 {
                return Ok(None);
            }
            let read = move || {
                let mut chunk = vec![0; usize::try_from(left.min(CHUNK)).unwrap_or_default()];
                file.seek(SeekFrom::Start(start))?;
                // A file that is shorter than it was ends the connection, and is not taken for all of it.
                file.read_exact(&mut chunk)?;
                Ok::<_, io::Error>((file, chunk))
            };
            let (file, chunk) = tokio::task::spawn_blocking(read).await.map_err(io::Error::other)??;
            add(&offered.sent, chunk.len());
            let read = u64::try_from(chunk.len()).unwrap_or(left);
            Ok(Some((Frame::data(Bytes::from(chunk)), (offered, file, start + read, left - read))))
        })
    }
}
