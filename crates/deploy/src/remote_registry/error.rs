//! What goes wrong with a registry, each with its message.

use ironwright_engine::{ErrorKind, ProviderError};
use oci_client::errors::{OciDistributionError, OciErrorCode};

use super::name::{ImageName, InvalidName};
use crate::content::ContentError;

/// A registry did not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RegistryError {
    /// What is wrong.
    pub kind: RegistryErrorKind,
    message: String,
}

/// What is wrong with a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegistryErrorKind {
    /// The name is none.
    Name,
    /// It does not let us in.
    Login,
    /// The tag names another image, and cannot be moved.
    TagTaken,
    /// It is not reached, or has trouble.
    Unavailable,
    /// It refuses, for a reason of its own.
    Refused,
    /// The image on this machine is not whole.
    Content,
    /// The cloud refuses.
    Cloud(ErrorKind, String),
}

impl RegistryError {
    fn new(kind: RegistryErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(super) fn cloud(name: &ImageName, error: &ProviderError) -> Self {
        let kind = RegistryErrorKind::Cloud(error.kind, error.code.clone());
        Self::new(kind, format!("{}: AWS refuses ({})", name.whole(), error.message))
    }

    /// Docker's configuration does not say how to be let in.
    pub(super) fn no_login(name: &ImageName, why: &str) -> Self {
        let registry = name.registry();
        Self::new(RegistryErrorKind::Login, format!("the login for {registry} cannot be had: {why}; {}", login(name)))
    }

    pub(super) fn taken(name: &ImageName, tag: &str, digest: &str, there: Option<&str>) -> Self {
        let whole = name.whole();
        let there = there.unwrap_or("another one");
        Self::new(
            RegistryErrorKind::TagTaken,
            format!(
                "the tag {tag} of {whole} already names {there}, not {digest}, and tags of that repository cannot be moved; \
                 nothing was changed there. The same sources gave another image than before: change them, or remove the tag \
                 from the repository, and apply again"
            ),
        )
    }

    /// The client failed with `error`.
    pub(super) fn of(name: &ImageName, error: &OciDistributionError) -> Self {
        let whole = name.whole();
        match status(error) {
            Some(401 | 403) => Self::new(
                RegistryErrorKind::Login,
                format!("{whole} does not let us in ({}); {}", said(error), login(name)),
            ),
            Some(404) => Self::new(
                RegistryErrorKind::Refused,
                format!("the registry has no repository {whole} ({}); make it there, and apply again", said(error)),
            ),
            _ if may_pass(error) => Self::new(
                RegistryErrorKind::Unavailable,
                format!(
                    "{} is not reached or has trouble ({}); apply again when it answers",
                    name.registry(),
                    said(error)
                ),
            ),
            _ => Self::new(RegistryErrorKind::Refused, format!("{whole}: {}", said(error))),
        }
    }
}

/// How to be let in.
fn login(name: &ImageName) -> String {
    if crate::registry_access::EcrRegistry::parse(name.registry()).is_some() {
        return "with `--target aws` the login is made for you; else install amazon-ecr-credential-helper".to_owned();
    }
    format!("log in with `docker login {}`", name.registry())
}

/// The status of the answer, as far as the client tells it.
pub(super) fn status(error: &OciDistributionError) -> Option<u16> {
    match error {
        OciDistributionError::ServerError { code, .. } => Some(*code),
        OciDistributionError::UnauthorizedError { .. } | OciDistributionError::AuthenticationFailure(_) => Some(401),
        OciDistributionError::ImageManifestNotFoundError(_) => Some(404),
        OciDistributionError::RegistryError { envelope, .. } => {
            envelope.errors.iter().find_map(|error| match error.code {
                OciErrorCode::Unauthorized => Some(401),
                OciErrorCode::Denied => Some(403),
                OciErrorCode::ManifestUnknown | OciErrorCode::NameUnknown | OciErrorCode::NotFound => Some(404),
                OciErrorCode::Toomanyrequests => Some(429),
                _ => None,
            })
        }
        OciDistributionError::RequestError(error) => error.status().map(|status| status.as_u16()),
        _ => None,
    }
}

/// Whether it may go well the next time.
pub(super) fn may_pass(error: &OciDistributionError) -> bool {
    match status(error) {
        Some(status) => status >= 500 || status == 429 || status == 408,
        None => matches!(error, OciDistributionError::RequestError(_)),
    }
}

/// What the registry said, without the URL, which may hold a token of an upload.
pub(super) fn said(error: &OciDistributionError) -> String {
    let text = match error {
        OciDistributionError::ServerError { code, message, .. } => {
            let message = message_of(message).unwrap_or_else(|| message.clone());
            format!("HTTP {code} {message}")
        }
        OciDistributionError::RegistryError { envelope, .. } => {
            envelope.errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("; ")
        }
        OciDistributionError::UnauthorizedError { .. } => "HTTP 401".to_owned(),
        OciDistributionError::AuthenticationFailure(said) => {
            message_of(said).unwrap_or_else(|| "the login is refused".to_owned())
        }
        OciDistributionError::RequestError(error) => causes(error),
        other => other.to_string(),
    };
    text.trim().chars().take(300).collect()
}

/// What the last of the causes says: the network's own words.
fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.last().map_or_else(|| "the request failed".to_owned(), ToString::to_string)
}

/// The messages in an answer that is a list of errors.
fn message_of(body: &str) -> Option<String> {
    let document: serde_json::Value = serde_json::from_str(body).ok()?;
    let errors = document.get("errors")?.as_array()?;
    let messages = errors.iter().filter_map(|error| error.get("message")?.as_str()).collect::<Vec<_>>();
    (!messages.is_empty()).then(|| messages.join("; "))
}

impl From<InvalidName> for RegistryError {
    fn from(error: InvalidName) -> Self {
        Self::new(RegistryErrorKind::Name, error.to_string())
    }
}

impl From<ContentError> for RegistryError {
    fn from(error: ContentError) -> Self {
        Self::new(RegistryErrorKind::Content, error.to_string())
    }
}

impl From<RegistryError> for ProviderError {
    fn from(error: RegistryError) -> Self {
        let (kind, code) = match error.kind {
            RegistryErrorKind::Cloud(kind, code) => return Self::new(kind, code, error.message),
            RegistryErrorKind::Name => (ErrorKind::Refused, "InvalidImageName"),
            RegistryErrorKind::Login => (ErrorKind::Credentials, "RegistryLogin"),
            RegistryErrorKind::TagTaken => (ErrorKind::Refused, "TagTaken"),
            RegistryErrorKind::Unavailable => (ErrorKind::Unavailable, "RegistryUnavailable"),
            RegistryErrorKind::Refused => (ErrorKind::Refused, "RegistryRefused"),
            RegistryErrorKind::Content => (ErrorKind::Refused, "ImageNotWhole"),
        };
        Self::new(kind, code, error.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(code: u16, message: &str) -> OciDistributionError {
        OciDistributionError::ServerError {
            code,
            url: "https://r/upload?_state=secret".into(),
            message: message.into(),
        }
    }

    #[track_caller]
    fn check(error: &OciDistributionError, kind: &RegistryErrorKind, says: &str) {
        let name = ImageName::parse("ghcr.io/shop/web").expect("a name");
        let error = RegistryError::of(&name, error);
        let message = error.to_string();
        assert!(error.kind == *kind && message.contains(says) && !message.contains("_state"), "{message}");
    }

    #[test]
    fn each_answer_has_its_remedy() {
        check(&server(401, ""), &RegistryErrorKind::Login, "docker login ghcr.io");
        let denied = r#"{"errors":[{"code":"DENIED","message":"requested access is denied"}]}"#;
        check(&server(403, denied), &RegistryErrorKind::Login, "HTTP 403 requested access is denied");
        check(&server(404, ""), &RegistryErrorKind::Refused, "has no repository ghcr.io/shop/web");
        check(&server(503, "busy"), &RegistryErrorKind::Unavailable, "HTTP 503 busy");
        check(&server(400, "odd"), &RegistryErrorKind::Refused, "HTTP 400 odd");
        check(&OciDistributionError::AuthenticationFailure(String::new()), &RegistryErrorKind::Login, "is refused");
    }

    #[test]
    fn at_amazon_the_login_is_made() {
        let name = ImageName::parse("123456789012.dkr.ecr.us-west-2.amazonaws.com/shop").expect("a name");
        let error = RegistryError::of(&name, &server(401, ""));
        assert!(error.to_string().contains("--target aws"), "{error}");
        assert_eq!(ProviderError::from(error).kind, ErrorKind::Credentials);
    }
}
