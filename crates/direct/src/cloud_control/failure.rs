//! What the failure of a request means: whether anything was made, and whether another request may succeed. Pure.
//!
//! Cloud Control's handlers fail with one of a fixed list of codes, of which AWS says which may pass. Under the token of a
//! failed request there is its failure for good, so that no kind may be returned here that the engine answers by sending
//! the same token again.

use std::time::Duration;

use aws_sdk_cloudcontrol::config::http::HttpResponse;
use aws_sdk_cloudcontrol::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudcontrol::types::{HandlerErrorCode as Code, OperationStatus, ProgressEvent};
use ironwright_engine::{ErrorKind, ProviderError};

use crate::codes;
use crate::error::{Intent, provider_error};

/// For how long requests are sent that fail because of something that passes.
const TROUBLE: Duration = Duration::from_mins(2);
/// For how long requests are sent that fail because something they need is not visible yet.
const SPREADING: Duration = Duration::from_secs(30);

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To make a resource. `chooses_id`: the program says what its id is.
    Create { chooses_id: bool },
    /// To change one.
    Update,
    /// To delete one.
    Delete,
}

/// An error of submitting what makes or changes something.
pub(super) fn submitted<E>(error: &SdkError<E, HttpResponse>) -> ProviderError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    taken_on(provider_error(error, Intent::Change))
}

/// The same, with what Cloud Control's own codes say: a token that conflicts is that of a request that was taken on.
fn taken_on(mut error: ProviderError) -> ProviderError {
    match error.code.as_str() {
        "ClientTokenConflictException" => error.kind = ErrorKind::OutcomeUnknown,
        "ResourceConflictException" => error.kind = ErrorKind::InUse,
        _ => {}
    }
    error
}

/// Why an ended request failed, if it did.
pub(super) fn failure(event: &ProgressEvent, purpose: Purpose) -> Option<ProviderError> {
    if event.operation_status() == Some(&OperationStatus::Success) {
        return None;
    }
    let is_gone = event.error_code() == Some(&Code::NotFound) && purpose == Purpose::Delete;
    let kind = if is_gone { ErrorKind::NotFound } else { ErrorKind::Refused };
    let code = event.error_code().map_or("Cancelled", Code::as_str);
    let mut error = ProviderError::new(kind, code, event.status_message().unwrap_or("AWS gave no message"));
    error.physical_id = left_behind(event, purpose).map(str::to_owned);
    Some(error)
}

/// The id of what a failed create has left. An id that the program chose is told whether or not it is ours, so that it
/// counts only where the failure is one of carrying on; what "already exists" is never ours: it would be destroyed as
/// half made.
fn left_behind(event: &ProgressEvent, purpose: Purpose) -> Option<&str> {
    let Purpose::Create { chooses_id } = purpose else { return None };
    let carried_on = [
        Code::GeneralServiceException,
        Code::InternalFailure,
        Code::NetworkFailure,
        Code::NotStabilized,
        Code::ServiceInternalError,
        Code::ServiceTimeout,
    ];
    let is_ours = match event.error_code() {
        Some(Code::AlreadyExists) => false,
        Some(code) => !chooses_id || carried_on.contains(code),
        None => !chooses_id,
    };
    event.identifier().filter(|_| is_ours)
}

/// For how long, after this failure, another request may be sent; none where it would fail as well, or make a second one.
pub(super) fn patience(event: &ProgressEvent, purpose: Purpose) -> Duration {
    if left_behind(event, purpose).is_some() {
        return Duration::ZERO;
    }
    let message = event.status_message().unwrap_or_default();
    match event.error_code() {
        Some(Code::NetworkFailure | Code::ResourceConflict | Code::ServiceInternalError | Code::Throttling) => TROUBLE,
        Some(_) if purpose == Purpose::Delete && is_about_users(message) => TROUBLE,
        Some(Code::NotFound) if matches!(purpose, Purpose::Create { .. }) => SPREADING,
        Some(_) if purpose != Purpose::Delete && codes::is_spreading_message(message) => SPREADING,
        _ => Duration::ZERO,
    }
}

/// Whether a delete failed because others still use the resource: services say so in words of their own.
fn is_about_users(message: &str) -> bool {
    ["DependencyViolation", "DeleteConflict", "has dependencies", "has a dependent", "in use"]
        .iter()
        .any(|part| message.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINTED: Purpose = Purpose::Create { chooses_id: false };
    const CHOSEN: Purpose = Purpose::Create { chooses_id: true };

    fn failed(code: Code, id: Option<&str>, message: &str) -> ProgressEvent {
        let event = ProgressEvent::builder().operation_status(OperationStatus::Failed).error_code(code);
        event.set_identifier(id.map(str::to_owned)).status_message(message).build()
    }

    #[test]
    fn what_failed_for_a_while_is_asked_for_again_unless_it_left_something() {
        let again = |code, id, purpose| !patience(&failed(code, id, ""), purpose).is_zero();
        assert!(again(Code::Throttling, None, MINTED));
        assert!(!again(Code::Throttling, Some("i-1"), MINTED));
        assert!(again(Code::Throttling, Some("name"), CHOSEN));
        assert!(!again(Code::ServiceInternalError, Some("name"), CHOSEN));
        assert!(again(Code::ServiceInternalError, Some("i-1"), Purpose::Update));
        assert!(!again(Code::InternalFailure, None, MINTED));
        assert!(!again(Code::AlreadyExists, None, MINTED));
        assert!(again(Code::NotFound, None, MINTED) && !again(Code::NotFound, Some("i-1"), Purpose::Delete));
    }

    #[test]
    fn what_is_not_visible_yet_or_still_used_is_waited_for() {
        let wait = |message, purpose| patience(&failed(Code::InvalidRequest, None, message), purpose);
        assert_eq!(wait("The role defined for the function cannot be assumed by Lambda.", MINTED), SPREADING);
        assert_eq!(wait("The vpc 'vpc-1' has dependencies and cannot be deleted.", Purpose::Delete), TROUBLE);
        assert_eq!(wait("The value is not allowed.", MINTED), Duration::ZERO);
    }

    #[test]
    fn a_failure_keeps_the_id_of_what_was_made() {
        let id = |code, purpose| failure(&failed(code, Some("x"), ""), purpose).and_then(|error| error.physical_id);
        assert_eq!(id(Code::NotStabilized, MINTED).as_deref(), Some("x"));
        assert_eq!(id(Code::NotStabilized, CHOSEN).as_deref(), Some("x"));
        assert_eq!(id(Code::AccessDenied, MINTED).as_deref(), Some("x"));
        let ended = ProgressEvent::builder().operation_status(OperationStatus::Success).build();
        assert_eq!(failure(&ended, MINTED), None);
    }

    /// Else it would be taken for half made, and destroyed.
    #[test]
    fn what_somebody_else_has_made_is_never_taken_for_ours() {
        let id = |code, purpose| failure(&failed(code, Some("x"), ""), purpose).and_then(|error| error.physical_id);
        assert_eq!(id(Code::AlreadyExists, CHOSEN), None);
        assert_eq!(id(Code::AlreadyExists, MINTED), None);
        assert_eq!(id(Code::AccessDenied, CHOSEN), None);
        assert_eq!(id(Code::InvalidRequest, CHOSEN), None);
    }

    #[test]
    fn the_engine_does_not_send_a_failed_token_again() {
        for code in
            [Code::Throttling, Code::ResourceConflict, Code::AccessDenied, Code::NotFound, Code::InternalFailure]
        {
            assert_eq!(failure(&failed(code, None, ""), MINTED).map(|error| error.kind), Some(ErrorKind::Refused));
        }
        let gone = failure(&failed(Code::NotFound, Some("x"), ""), Purpose::Delete);
        assert_eq!(gone.map(|error| error.kind), Some(ErrorKind::NotFound));
    }

    #[test]
    fn a_token_that_conflicts_was_taken_on() {
        let conflict = ProviderError::new(ErrorKind::Refused, "ClientTokenConflictException", "");
        assert_eq!(taken_on(conflict).kind, ErrorKind::OutcomeUnknown);
    }
}
