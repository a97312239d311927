//! What a request asks AWS for: the action, whether it changes something, and how errors are told.

use serde::Serialize;

use super::fault::Fault;
use super::message::Request;

/// A call that came to the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its place among all calls; the first is 1.
    pub number: usize,
    /// What it asks for: `RunInstances`. Where a protocol names no action, the method and the path.
    pub action: String,
    /// Whether it changes something.
    pub is_change: bool,
    /// What happened to it.
    pub fault: Option<Fault>,
}

/// A call as a line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    number: usize,
    action: &'a str,
    change: bool,
    fault: Option<String>,
}

impl Call {
    /// The call as a line of JSON.
    pub fn json(&self) -> String {
        let fault = self.fault.map(|fault| fault.to_string());
        let line = Line { number: self.number, action: &self.action, change: self.is_change, fault };
        serde_json::to_string(&line).expect("text, numbers and flags")
    }
}

/// What a request asks for.
pub(super) struct Action {
    pub(super) name: String,
    pub(super) is_change: bool,
}

impl Action {
    pub(super) fn of(request: &Request) -> Self {
        match request.header("x-amz-target").or_else(|| form_field(request, "Action")) {
            Some(target) => {
                // `CloudApiService.CreateResource`: the part after the service.
                let name = target.rsplit('.').next().unwrap_or_default().to_owned();
                let is_change = !["Describe", "Get", "List", "BatchGet"].iter().any(|verb| name.starts_with(verb));
                Self { name, is_change }
            }
            None => Self {
                name: format!("{} {}", request.method, request.path()),
                is_change: !matches!(request.method.as_str(), "GET" | "HEAD"),
            },
        }
    }
}

/// How a service tells of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `X-Amz-Target`, and JSON.
    Json,
    /// A form, and XML of EC2's own.
    Ec2,
    /// A form or a path, and XML.
    Xml,
}

impl Dialect {
    pub(super) fn of(request: &Request) -> Self {
        if request.header("x-amz-target").is_some() {
            return Self::Json;
        }
        // The one version of EC2's API.
        let is_ec2 = form_field(request, "Version").as_deref() == Some("2016-11-15");
        if is_ec2 { Self::Ec2 } else { Self::Xml }
    }

    /// The type and the text of an error.
    pub(super) fn error(self, code: &str, message: &str) -> (&'static str, String) {
        const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>"#;
        let error = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
        match self {
            Self::Json => {
                let document = serde_json::json!({"__type": code, "message": message});
                ("application/x-amz-json-1.0", document.to_string())
            }
            Self::Ec2 => {
                let body = format!("<Response><Errors>{error}</Errors><RequestID>proxy</RequestID></Response>");
                ("text/xml;charset=UTF-8", HEAD.to_owned() + &body)
            }
            Self::Xml => {
                let body = format!("<ErrorResponse>{error}<RequestId>proxy</RequestId></ErrorResponse>");
                ("text/xml", HEAD.to_owned() + &body)
            }
        }
    }

    /// The code that says that there are too many calls.
    pub(super) fn throttled(self) -> (u16, &'static str) {
        match self {
            Self::Json => (400, "ThrottlingException"),
            Self::Ec2 => (503, "RequestLimitExceeded"),
            Self::Xml => (400, "Throttling"),
        }
    }

    /// The code that says that something went wrong inside.
    pub(super) fn failed(self) -> (u16, &'static str) {
        match self {
            Self::Json => (500, "InternalFailure"),
            Self::Ec2 | Self::Xml => (500, "InternalError"),
        }
    }
}

/// A field of the form in the body or in the query. Names of actions and versions need no decoding.
fn form_field(request: &Request, name: &str) -> Option<String> {
    let query = request.target.split_once('?').map_or("", |(_, query)| query);
    let body = std::str::from_utf8(&request.body).unwrap_or_default();
    let is_form =
        request.header("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let pairs = query.split('&').chain(body.split('&').filter(|_| is_form));
    let mut found = pairs.filter_map(|pair| pair.split_once('=')).filter(|(key, _)| *key == name);
    found.next().map(|(_, value)| value.to_owned())
}
