//! Errors as they go to a client, in the forms of its protocols.

use serde_json::json;

use crate::exchange::{Request, Response};
use crate::scope::Scope;

/// An error of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    status: u16,
    code: &'static str,
    message: String,
}

impl Problem {
    /// The request is wrong.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: 400, code, message: message.into() }
    }

    /// The service has trouble.
    pub(crate) fn fault(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: 500, code, message: message.into() }
    }

    /// It breaks a rule that every request of the service must keep.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }

    /// The request is not signed, so that nothing says where it is meant for.
    pub(crate) fn unsigned() -> Self {
        let message =
            "the request is not signed; any credentials will do: AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test";
        Self { status: 403, code: "MissingAuthenticationToken", message: message.to_owned() }
    }

    /// The credentials have run out.
    pub(crate) fn expired() -> Self {
        Self::new("ExpiredTokenException", "The security token included in the request is expired")
    }

    /// Nothing of that is served.
    pub(crate) fn not_served(what: &str) -> Self {
        let message =
            format!("{what} is not served here: this is the simulated cloud of Ironwright, which speaks Cloud Control");
        Self::new("UnsupportedOperation", message)
    }

    /// In awsJson 1.0.
    pub(crate) fn json(&self) -> Response {
        let body = json!({"__type": format!("com.amazon.cloudapiservice#{}", self.code), "Message": self.message});
        Response { error_type: Some(self.code.to_owned()), ..Response::json(self.status, &body) }
    }

    /// In the protocol that `request` is written in, as far as it tells.
    pub(crate) fn response(&self, request: &Request, scope: Option<&Scope>) -> Response {
        if request.target.is_some() {
            return self.json();
        }
        let error = format!("<Code>{}</Code><Message>{}</Message>", self.code, escaped(&self.message));
        let is_query = request.content_type.as_deref().is_some_and(|kind| kind.contains("x-www-form-urlencoded"));
        let body = match scope.map(|scope| scope.service.as_str()) {
            Some("ec2") => format!("<Response><Errors><Error>{error}</Error></Errors></Response>"),
            _ if is_query => format!("<ErrorResponse><Error><Type>Sender</Type>{error}</Error></ErrorResponse>"),
            _ => format!("<Error>{error}</Error>"),
        };
        Response { error_type: Some(self.code.to_owned()), ..Response::xml(self.status, body) }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
