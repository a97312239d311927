//! From the SDK's errors to the engine's: what was sent, what came back, and what that means for the run.

use std::error::Error;

use aws_sdk_sts::config::http::HttpResponse;
use aws_sdk_sts::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use ironwright_engine::{ErrorKind, ProviderError};

use crate::codes;

/// What a call was meant to do: the same code may mean different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    /// It reads or deletes: "not found" is about the resource itself.
    Look,
    /// It makes or changes something: "not found" is about something it needs.
    Change,
}

/// `error` of the SDK as the engine's. `Look` is the intent of what reads and deletes.
pub(crate) fn provider_error<E>(error: &SdkError<E, HttpResponse>, intent: Intent) -> ProviderError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    match error {
        SdkError::ServiceError(context) => {
            let (status, meta) = (context.raw().status().as_u16(), context.err().meta());
            let code = meta.code().map_or_else(|| format!("HTTP {status}"), str::to_owned);
            let message = meta.message().unwrap_or("AWS gave no message").to_owned();
            let kind = match intent {
                Intent::Look => codes::kind(&code, status),
                Intent::Change => codes::kind_of_change(&code, status, &message),
            };
            ProviderError::new(kind, code, message)
        }
        SdkError::ResponseError(context) => {
            let status = context.raw().status().as_u16();
            let message = format!("the answer cannot be read (HTTP {status})");
            ProviderError::new(codes::kind("", status.max(500)), "ResponseUnreadable", message)
        }
        SdkError::TimeoutError(_) => {
            ProviderError::new(ErrorKind::OutcomeUnknown, "Timeout", "AWS did not answer in time")
        }
        SdkError::DispatchFailure(failure) => dispatch_failure(error, failure.is_user()),
        _ if is_about_credentials(error) => credentials(error),
        _ => ProviderError::new(ErrorKind::Refused, "RequestNotBuilt", DisplayErrorContext(error).to_string()),
    }
}

/// The connection failed. Whether the request had been sent by then is not known.
fn dispatch_failure<E>(error: &SdkError<E, HttpResponse>, not_sent: bool) -> ProviderError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    if is_about_credentials(error) {
        return credentials(error);
    }
    let kind = if not_sent { ErrorKind::Refused } else { ErrorKind::OutcomeUnknown };
    ProviderError::new(kind, "ConnectionFailed", innermost(error))
}

/// There are none, or no more of them: whoever has had some before waits for others.
fn credentials(error: &(dyn Error + 'static)) -> ProviderError {
    ProviderError::new(ErrorKind::Expired, "NoCredentials", innermost(error))
}

/// Whether a credentials provider is among the causes. The SDK gives it no type of its own here.
fn is_about_credentials(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| {
        let text = cause.to_string();
        text.contains("credentials") || text.contains("identity")
    })
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map_or_else(|| error.to_string(), ToString::to_string)
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |cause| (*cause).source())
}
