//! What an error means for the run, by when it came: a host that cannot be asked is believed to be as it was; one that is
//! lost in the middle leaves in doubt what was done.

use ironwright_engine::{ErrorKind, ProviderError};

use crate::readiness::HostError;
use crate::rollout::{Failure, RolloutError};

/// Errors of this machine: no host is to blame, and nothing passes by itself.
const LOCAL: [&str; 4] = ["SshNotFound", "SshConfiguration", "InvalidCommand", "LocalFile"];

/// Codes of a machine that is not got to, or is no longer the one that was meant.
const GONE: [&str; 7] = [
    "HostUnreachable",
    "ConnectionRefused",
    "ConnectionClosed",
    "HostNameUnknown",
    "HostKeyChanged",
    "HostKeyUnknown",
    "PermissionDenied",
];

/// Whether `error` says that the machine is not got to. One that is got to and fails is not gone, nor one whose key is locked.
pub(super) fn is_gone(error: &ProviderError) -> bool {
    error.kind == ErrorKind::Unreachable && GONE.contains(&error.code.as_str())
}

/// The error of a look at a host.
pub(super) fn unread(error: RolloutError) -> ProviderError {
    let is_the_host = matches!(error.failure, Failure::Unreached | Failure::Host | Failure::Edge);
    let error = ProviderError::from(error);
    if is_the_host && !LOCAL.contains(&error.code.as_str()) { unreachable(error) } else { error }
}

/// The error of a host that is waited for before anything is done. What an interrupted run has left there is still there.
pub(super) fn not_ready(error: HostError) -> ProviderError {
    let error = ProviderError::from(error);
    let mut error = if LOCAL.contains(&error.code.as_str()) { error } else { unreachable(error) };
    error.message.push_str("; nothing was changed");
    error
}

/// The error of a rollout: what was begun goes on when it is sent again, save where that is no use.
pub(super) fn not_rolled_out(error: RolloutError) -> ProviderError {
    let was_lost = error.failure == Failure::Unreached;
    let error = ProviderError::from(error);
    let is_final = matches!(error.kind, ErrorKind::Refused | ErrorKind::Credentials | ErrorKind::NotFound);
    if is_final && !was_lost { error } else { ProviderError { kind: ErrorKind::OutcomeUnknown, ..error } }
}

/// Whether an error leaves nothing in doubt.
pub(super) fn is_final(error: &ProviderError) -> bool {
    error.kind != ErrorKind::OutcomeUnknown
}

fn unreachable(error: ProviderError) -> ProviderError {
    ProviderError { kind: ErrorKind::Unreachable, ..error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ssh::{Destination, SshError, SshErrorKind};

    #[test]
    fn what_it_means_depends_on_when_it_comes() {
        let there = Destination::new("10.0.0.5").expect("a host");
        let ssh = |kind| SshError::unreached(kind, &there, "so said ssh");
        let check = |kind, read, ready, rolled| {
            assert_eq!(unread(ssh(kind).into()).kind, read, "{kind:?}");
            assert_eq!(not_ready(ssh(kind).into()).kind, ready, "{kind:?}");
            assert_eq!(not_rolled_out(ssh(kind).into()).kind, rolled, "{kind:?}");
        };
        let (unreachable, unknown) = (ErrorKind::Unreachable, ErrorKind::OutcomeUnknown);
        check(SshErrorKind::TimedOut, unreachable, unreachable, unknown);
        check(SshErrorKind::Cut, unreachable, unreachable, unknown);
        check(SshErrorKind::PermissionDenied, unreachable, unreachable, unknown);
        check(SshErrorKind::NoClient, ErrorKind::Refused, ErrorKind::Refused, unknown);
        let error = not_ready(ssh(SshErrorKind::TimedOut).into());
        assert!(error.message.ends_with("; nothing was changed"), "{error}");
    }
}
