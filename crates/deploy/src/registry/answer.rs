//! Answers, and the protocol's way to refuse.

use std::io;

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::Bytes;
use hyper::http::response::Builder;
use hyper::{Response, StatusCode};
use serde_json::json;

use crate::content::Digest;

/// What an answer carries.
pub(super) type Body = BoxBody<Bytes, io::Error>;

/// An answer.
pub(super) type Answer = Response<Body>;

/// The header that names a blob.
pub(super) const DIGEST: &str = "docker-content-digest";

/// An answer's beginning.
pub(super) fn with(status: StatusCode) -> Builder {
    Response::builder().status(status).header("docker-distribution-api-version", "registry/2.0")
}

/// An answer's beginning that speaks of the blob `digest`, a `media_type` of `size` bytes.
pub(super) fn about(status: StatusCode, digest: &Digest, media_type: &str, size: u64) -> Builder {
    let answer = with(status).header(DIGEST, digest.as_str()).header("content-type", media_type);
    answer.header("content-length", size).header("accept-ranges", "bytes")
}

/// The answer without a body.
pub(super) fn empty(answer: Builder) -> Answer {
    carrying(answer, Empty::new().map_err(|never| match never {}).boxed())
}

/// The answer with these bytes.
pub(super) fn bytes(answer: Builder, bytes: impl Into<Bytes>) -> Answer {
    carrying(answer, Full::new(bytes.into()).map_err(|never| match never {}).boxed())
}

/// The answer with this body.
pub(super) fn carrying(answer: Builder, body: Body) -> Answer {
    answer.body(body).expect("headers are made of digests, numbers and paths that were sent as such")
}

/// A refusal, as the protocol says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// No such path, or none that the asker may know of: both sound the same.
    pub(super) fn unknown() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NAME_UNKNOWN", "there is nothing here")
    }

    /// A blob that is not there.
    pub(super) fn no_blob() -> Self {
        Self::new(StatusCode::NOT_FOUND, "BLOB_UNKNOWN", "there is no such blob")
    }

    /// A manifest that is not there.
    pub(super) fn no_manifest() -> Self {
        Self::new(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN", "there is no such manifest")
    }

    /// What cannot be done to what is there.
    pub(super) fn method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", "this cannot be done here")
    }

    /// What this machine cannot do now. Docker tries others again and again, this not.
    pub(super) fn denied(why: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "DENIED", why)
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn answer(&self) -> Answer {
        let document = json!({ "errors": [{ "code": self.code, "message": self.message }] });
        bytes(with(self.status).header("content-type", "application/json"), document.to_string())
    }
}
