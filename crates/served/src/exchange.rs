//! A request and its answer as data: what of HTTP matters here, and nothing more.

use serde_json::Value as Json;

/// A request as it came over HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The header `X-Amz-Target`: `CloudApiService.CreateResource`.
    pub target: Option<String>,
    /// The header `Authorization`.
    pub authorization: Option<String>,
    /// The header `Content-Type`.
    pub content_type: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is answered.
    Response(Response),
    /// The connection is closed without an answer.
    Closed,
    /// The connection is reset.
    Reset,
}

/// A response as it goes over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The header `Content-Type`.
    pub content_type: &'static str,
    /// The header `X-Amzn-ErrorType`, of errors.
    pub error_type: Option<String>,
    /// The body.
    pub body: String,
}

impl Response {
    /// A document in awsJson 1.0.
    pub(crate) fn json(status: u16, body: &Json) -> Self {
        let content_type = "application/x-amz-json-1.0";
        Self { status, content_type, error_type: None, body: body.to_string() }
    }

    /// A document of the query protocols.
    pub(crate) fn xml(status: u16, body: String) -> Self {
        Self { status, content_type: "text/xml", error_type: None, body }
    }
}
