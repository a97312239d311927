//! A request to Cloud Control from its submission to its end.
//!
//! The client token names the request: sent again, it is answered with the same request and its progress. A request that
//! has failed stays failed under its token, so that one that failed for a reason that passes is followed by another under
//! the next token of a fixed sequence. After a restart the same sequence leads to the same request. So the token in the
//! journal's begin entry is all that is needed to come back to a request, wherever a run ended.

use std::future::Future;
use std::time::Duration;

use aws_sdk_cloudcontrol::Client;
use aws_sdk_cloudcontrol::types::{OperationStatus, ProgressEvent};
use ironwright_engine::{ErrorKind, ProviderError};

use super::CloudControl;
use super::failure::{Purpose, failure, patience};
use crate::error::{Intent, provider_error};

/// The pause before the first poll; each is longer than the one before by a half.
const FIRST_POLL: Duration = Duration::from_millis(250);
/// The longest pause between polls.
const LONGEST_POLL: Duration = Duration::from_secs(5);
/// For how long a request is waited for. A cluster or a distribution takes the better part of an hour.
const PATIENCE: Duration = Duration::from_hours(2);
/// How many polls may fail in a row. The request goes on, and is found again by its token.
const FAILED_POLLS: u32 = 20;
/// The pause after a failed request; each is longer than the one before by a half.
const FIRST_RETRY: Duration = Duration::from_millis(250);
/// The longest pause after a failed request.
const LONGEST_RETRY: Duration = Duration::from_secs(10);

impl CloudControl {
    /// Submits a request, waits for its end, and returns the identifier of what it was about.
    pub(super) async fn carry_out<F>(
        &self,
        client: &Client,
        token: &str,
        purpose: Purpose,
        submit: impl Fn(String) -> F,
    ) -> Result<String, ProviderError>
    where
        F: Future<Output = Result<Option<ProgressEvent>, ProviderError>>,
    {
        let ended = self.follow(client, token, purpose, submit, has_ended).await?;
        identifier(&ended)
    }

    /// Submits a request, follows it until `far_enough` says so or it has ended, and returns how it stands.
    pub(super) async fn follow<F>(
        &self,
        client: &Client,
        token: &str,
        purpose: Purpose,
        submit: impl Fn(String) -> F,
        far_enough: impl Fn(&ProgressEvent) -> bool,
    ) -> Result<ProgressEvent, ProviderError>
    where
        F: Future<Output = Result<Option<ProgressEvent>, ProviderError>>,
    {
        let (mut attempt, mut pause, mut spent) = (0, FIRST_RETRY, Duration::ZERO);
        loop {
            let event = self.calls.call(submit(token_of(token, attempt))).await?;
            let ended = self.followed(client, event.ok_or_else(no_progress)?, &far_enough).await?;
            if !has_ended(&ended) {
                return Ok(ended);
            }
            let Some(error) = failure(&ended, purpose) else {
                return Ok(ended);
            };
            if spent + pause > patience(&ended, purpose) {
                return Err(error);
            }
            self.calls.clock().sleep(pause).await;
            spent += pause;
            pause = LONGEST_RETRY.min(pause.mul_f64(1.5));
            attempt += 1;
        }
    }

    /// Asks for the progress of a request until it has ended, or is `far_enough`.
    async fn followed(
        &self,
        client: &Client,
        mut event: ProgressEvent,
        far_enough: impl Fn(&ProgressEvent) -> bool,
    ) -> Result<ProgressEvent, ProviderError> {
        let (mut pause, mut waited, mut failed) = (FIRST_POLL, Duration::ZERO, 0);
        while !has_ended(&event) && !far_enough(&event) {
            let Some(token) = event.request_token.clone() else { return Err(no_progress()) };
            if waited > PATIENCE {
                return Err(unknown("it has not ended in two hours"));
            }
            self.calls.clock().sleep(pause).await;
            waited += pause;
            pause = LONGEST_POLL.min(pause.mul_f64(1.5));
            let status = client.get_resource_request_status().request_token(token);
            let asked =
                self.calls.call(async { status.send().await.map_err(|error| provider_error(&error, Intent::Look)) });
            match asked.await {
                Ok(answer) => (event, failed) = (answer.progress_event.ok_or_else(no_progress)?, 0),
                // A poll that fails says nothing of the request: it goes on.
                Err(error) if is_passing(&error) && failed < FAILED_POLLS => failed += 1,
                Err(error) => return Err(unknown(&error.to_string())),
            }
        }
        Ok(event)
    }
}

/// The token of an attempt; the first has the token itself.
fn token_of(token: &str, attempt: usize) -> String {
    if attempt == 0 { token.to_owned() } else { format!("{token}-{attempt}") }
}

pub(super) fn has_ended(event: &ProgressEvent) -> bool {
    let ends = [OperationStatus::Success, OperationStatus::Failed, OperationStatus::CancelComplete];
    event.operation_status().is_some_and(|status| ends.contains(status))
}

/// What a request is about, once its event says so.
pub(super) fn identifier(event: &ProgressEvent) -> Result<String, ProviderError> {
    event.identifier().map(str::to_owned).ok_or_else(no_progress)
}

/// Whether the next poll may be answered.
fn is_passing(error: &ProviderError) -> bool {
    matches!(error.kind, ErrorKind::Throttled | ErrorKind::Unavailable | ErrorKind::OutcomeUnknown)
}

fn no_progress() -> ProviderError {
    ProviderError::new(ErrorKind::OutcomeUnknown, "ResponseUnreadable", "Cloud Control said nothing of the request")
}

/// Nobody knows how the request ends. An id that it may have told is not repeated: what is in the making is not made, and
/// an id that the program chose may be somebody else's.
fn unknown(why: &str) -> ProviderError {
    let message = format!("how the request ends is not known, and is asked again by its token: {why}");
    ProviderError::new(ErrorKind::OutcomeUnknown, "ProgressUnknown", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_have_tokens_in_a_fixed_sequence() {
        assert_eq!([0, 1, 2].map(|attempt| token_of("t", attempt)), ["t", "t-1", "t-2"]);
    }

    /// A request token that is not known any more, or credentials that have run out: asking on is of no use, and says
    /// nothing of the request.
    #[test]
    fn only_what_passes_is_polled_through() {
        let passes = |kind| is_passing(&ProviderError::new(kind, "", ""));
        assert!(passes(ErrorKind::Throttled) && passes(ErrorKind::OutcomeUnknown));
        assert!(!passes(ErrorKind::NotFound) && !passes(ErrorKind::Credentials) && !passes(ErrorKind::Refused));
        assert_eq!(unknown("x").kind, ErrorKind::OutcomeUnknown);
        assert!(unknown("x").physical_id.is_none());
    }
}
