//! A request to Cloud Control from its submission to its end.
//!
//! The client token names the request: sent again, it is answered with the same request and its progress. A request that
//! has failed stays failed under its token, so that one that failed for a reason that passes is followed by another under
//! the next token of a fixed sequence. After a restart the same sequence leads to the same request.

use std::future::Future;
use std::time::Duration;

use aws_sdk_cloudcontrol::Client;
use aws_sdk_cloudcontrol::types::{HandlerErrorCode, OperationStatus, ProgressEvent};
use ironwright_engine::{ErrorKind, ProviderError};

use super::{ATTEMPTS, CloudControl};
use crate::error::{Intent, provider_error};

/// The pause before the first poll; each is longer than the one before by a half.
const FIRST_POLL: Duration = Duration::from_millis(250);
/// The longest pause between polls.
const LONGEST_POLL: Duration = Duration::from_secs(5);
/// For how long a request is waited for. A cluster or a distribution takes the better part of an hour.
const PATIENCE: Duration = Duration::from_hours(2);

impl CloudControl {
    /// Submits a request, waits for its end, and returns the identifier of what it was about.
    pub(super) async fn carry_out<F>(
        &self,
        client: &Client,
        token: &str,
        submit: impl Fn(String) -> F,
    ) -> Result<String, ProviderError>
    where
        F: Future<Output = Result<Option<ProgressEvent>, ProviderError>>,
    {
        let mut attempt = 0;
        loop {
            let event = self.calls.call(submit(token_of(token, attempt))).await?;
            let ended = self.ended(client, event.ok_or_else(no_progress)?).await?;
            match failure(&ended) {
                None => return ended.identifier.ok_or_else(no_progress),
                Some(error) if passes(&ended) && attempt + 1 < ATTEMPTS => {
                    drop(error);
                    self.calls.clock().sleep(FIRST_POLL * (1 << attempt)).await;
                    attempt += 1;
                }
                Some(error) => return Err(error),
            }
        }
    }

    /// Asks for the progress of a request until it has ended.
    async fn ended(&self, client: &Client, mut event: ProgressEvent) -> Result<ProgressEvent, ProviderError> {
        let (mut pause, mut waited) = (FIRST_POLL, Duration::ZERO);
        while !has_ended(&event) {
            let Some(token) = event.request_token.clone() else { return Err(no_progress()) };
            if waited > PATIENCE {
                return Err(unknown(&event, "it has not ended in two hours".to_owned()));
            }
            self.calls.clock().sleep(pause).await;
            waited += pause;
            pause = LONGEST_POLL.min(pause.mul_f64(1.5));
            let status = client.get_resource_request_status().request_token(token);
            let asked =
                self.calls.call(async { status.send().await.map_err(|error| provider_error(&error, Intent::Change)) });
            match asked.await {
                Ok(answer) => event = answer.progress_event.ok_or_else(no_progress)?,
                // A poll that fails says nothing of the request: it goes on.
                Err(error) if matches!(error.kind, ErrorKind::Refused | ErrorKind::Credentials) => {
                    return Err(unknown(&event, error.to_string()));
                }
                Err(_) => {}
            }
        }
        Ok(event)
    }
}

/// The token of an attempt; the first has the token itself.
fn token_of(token: &str, attempt: usize) -> String {
    if attempt == 0 { token.to_owned() } else { format!("{token}-{attempt}") }
}

fn has_ended(event: &ProgressEvent) -> bool {
    let ends = [OperationStatus::Success, OperationStatus::Failed, OperationStatus::CancelComplete];
    event.operation_status().is_some_and(|status| ends.contains(status))
}

/// Whether the request failed for a reason that passes, and has left nothing behind.
fn passes(event: &ProgressEvent) -> bool {
    use HandlerErrorCode as Code;
    let codes = [Code::NetworkFailure, Code::ServiceInternalError, Code::Throttling, Code::InternalFailure];
    event.identifier().is_none() && event.error_code().is_some_and(|code| codes.contains(code))
}

/// Why an ended request failed, if it did.
fn failure(event: &ProgressEvent) -> Option<ProviderError> {
    use HandlerErrorCode as Code;
    if event.operation_status() == Some(&OperationStatus::Success) {
        return None;
    }
    let kind = match event.error_code() {
        Some(Code::NotFound) => ErrorKind::NotFound,
        Some(Code::ResourceConflict) => ErrorKind::InUse,
        Some(Code::AccessDenied | Code::InvalidCredentials | Code::UnauthorizedTaggingOperation) => {
            ErrorKind::Credentials
        }
        _ => ErrorKind::Refused,
    };
    let code = event.error_code().map_or("Cancelled", HandlerErrorCode::as_str);
    let mut error = ProviderError::new(kind, code, event.status_message().unwrap_or("AWS gave no message"));
    error.physical_id = event.identifier().map(str::to_owned);
    Some(error)
}

fn no_progress() -> ProviderError {
    ProviderError::new(ErrorKind::OutcomeUnknown, "ResponseUnreadable", "Cloud Control said nothing of the request")
}

fn unknown(event: &ProgressEvent, why: String) -> ProviderError {
    let mut error = ProviderError::new(ErrorKind::OutcomeUnknown, "ProgressUnknown", why);
    error.physical_id = event.identifier().map(str::to_owned);
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(status: OperationStatus, code: Option<HandlerErrorCode>, id: Option<&str>) -> ProgressEvent {
        let event = ProgressEvent::builder().operation_status(status);
        event.set_error_code(code).set_identifier(id.map(str::to_owned)).build()
    }

    #[test]
    fn what_failed_for_a_while_is_asked_for_again_unless_it_left_something() {
        let failed = |code: HandlerErrorCode, id| passes(&event(OperationStatus::Failed, Some(code), id));
        assert!(failed(HandlerErrorCode::Throttling, None));
        assert!(!failed(HandlerErrorCode::Throttling, Some("i-1")));
        assert!(!failed(HandlerErrorCode::AlreadyExists, None));
    }

    #[test]
    fn a_failure_keeps_the_id_of_what_was_made() {
        let error = failure(&event(OperationStatus::Failed, Some(HandlerErrorCode::NotStabilized), Some("i-1")));
        assert_eq!(error.and_then(|error| error.physical_id).as_deref(), Some("i-1"));
        assert_eq!(failure(&event(OperationStatus::Success, None, Some("i-1"))), None);
    }

    #[test]
    fn attempts_have_tokens_in_a_fixed_sequence() {
        assert_eq!([0, 1, 2].map(|attempt| token_of("t", attempt)), ["t", "t-1", "t-2"]);
    }
}
