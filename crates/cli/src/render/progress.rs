//! What happens in a run, as lines of text. Who prints them, and when, is `progress`'s business.

use std::time::Duration;

use ironwright_core::Address;
use ironwright_engine::{Action, Event};

use super::report::participle;
use super::style::{DIM, GREEN, RED, YELLOW, counted, elapsed, paint, printable};

/// The line that says what happened; nothing for what only a live view shows. `login` begins a session anew, where
/// credentials have run out.
pub(crate) fn line(event: &Event, login: &str) -> Option<String> {
    Some(match event {
        Event::Started { address, action, physical_id } => {
            format!("{address}: {}…{}", gerund(*action), bracketed(physical_id.as_ref()))
        }
        Event::Finished { address, action, physical_id, elapsed: took } => {
            let done = paint(GREEN, participle(*action));
            format!("{address}: {done}{} ({})", bracketed(physical_id.as_ref()), elapsed(*took))
        }
        Event::Failed { address, action, error, elapsed: took } => {
            let failed = paint(RED, format!("could not be {}", participle(*action)));
            format!("{address}: {failed}: {} ({})", printable(&error.code), elapsed(*took))
        }
        Event::Progress { address, message } => format!("{address}: {}", paint(DIM, printable(message))),
        Event::Unread { address, error } => format!(
            "{address}: {}: {}; what the state has of it is believed",
            paint(YELLOW, "cannot be read now"),
            printable(&error.message)
        ),
        Event::Retrying { address, error, pause } => {
            let pause = if pause.as_secs() == 0 { String::new() } else { format!(" in {}", elapsed(*pause)) };
            format!("{address}: {}, trying again{pause}", paint(YELLOW, printable(&error.code)))
        }
        Event::Recovered { address, outcome, .. } => format!("{address}: {}: {outcome}", paint(YELLOW, "recovered")),
        Event::Stopping { in_flight } => {
            let rest = match in_flight {
                0 => "nothing is in flight".to_owned(),
                count => format!("finishing {} in flight", counted(*count, "operation")),
            };
            paint(YELLOW, format!("Stopping: {rest}. Interrupt again to stop at once."))
        }
        Event::CredentialsExpired { error, waits: true } => paint(
            YELLOW,
            format!(
                "The credentials have run out: {}\n  The run waits for new ones: in another terminal, type `{login}`.\n  \
                 Or interrupt it: what is done is in the state, and the next run goes on.",
                printable(&error.to_string())
            ),
        ),
        Event::CredentialsExpired { error, waits: false } => paint(
            YELLOW,
            format!("The credentials have run out: {}. Nothing new is started.", printable(&error.to_string())),
        ),
        Event::CredentialsRenewed { paused } => {
            paint(YELLOW, format!("There are new credentials after {}: the run goes on.", elapsed(*paused)))
        }
        Event::WaitingForLock { holder } => paint(YELLOW, format!("Waiting for the lock held by {holder}.")),
        Event::TookOver { holder } => paint(YELLOW, format!("Took over the lock of {holder}.")),
        _ => return None,
    })
}

/// The line that says that something is still going on.
pub(crate) fn still(address: &Address, action: Action, since: Duration) -> String {
    format!("{address}: still {}… ({})", gerund(action), elapsed(since))
}

/// The line of a live view, without colours: it may be cut. `message`: how far it has come, where that is known.
pub(crate) fn running(address: &Address, action: Action, since: Duration, message: &str) -> String {
    let message = message.lines().next().map(|line| format!(", {}", printable(line))).unwrap_or_default();
    format!("{address}: {}… {}{message}", gerund(action), elapsed(since))
}

/// The last line of a live view: how far the run is, and how many operations run that have no line.
pub(crate) fn overall(done: usize, total: usize, hidden: usize, since: Duration) -> String {
    let hidden = if hidden == 0 { String::new() } else { format!(", {hidden} more running") };
    format!("{done} of {total} done{hidden}, {}", elapsed(since))
}

/// What a live view says while the cloud is read.
pub(crate) fn reading(done: usize, total: usize) -> String {
    format!("Reading {done} of {}", counted(total, "resource"))
}

fn gerund(action: Action) -> &'static str {
    match action {
        Action::Create => "creating",
        Action::Read => "reading",
        Action::Update => "updating",
        Action::DestroyThenCreate | Action::CreateThenDestroy => "replacing",
        Action::Delete => "destroying",
        Action::Import => "importing",
        Action::Forget => "forgetting",
        _ => "working",
    }
}

fn bracketed(physical_id: Option<&String>) -> String {
    physical_id.map(|id| paint(DIM, format!(" [{id}]"))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use ironwright_engine::{ErrorKind, ProviderError};

    use super::super::style::plain;
    use super::*;

    fn check(event: &Event, expect: Option<&str>) {
        assert_eq!(line(event, "aws sso login").map(|line| plain(&line)).as_deref(), expect);
    }

    #[test]
    fn every_event_has_its_line() {
        let address = Address::new("web/server");
        let (action, two) = (Action::Create, Duration::from_millis(2400));
        let error = || ProviderError::new(ErrorKind::Throttled, "RequestLimitExceeded", "Request limit exceeded.");
        let started = Event::Started { address: address.clone(), action, physical_id: None };
        check(&started, Some("web/server: creating…"));
        let physical_id = Some("i-0abc".to_owned());
        check(
            &Event::Finished { address: address.clone(), action, physical_id, elapsed: two },
            Some("web/server: created [i-0abc] (2s)"),
        );
        check(
            &Event::Failed { address: address.clone(), action, error: error(), elapsed: two },
            Some("web/server: could not be created: RequestLimitExceeded (2s)"),
        );
        check(
            &Event::Retrying { address: address.clone(), error: error(), pause: two },
            Some("web/server: RequestLimitExceeded, trying again in 2s"),
        );
        let message = "pulling \u{1b}[31mlayers".to_owned();
        check(&Event::Progress { address: address.clone(), message }, Some("web/server: pulling \\u{1b}[31mlayers"));
        let unreachable = ProviderError::new(ErrorKind::Unreachable, "HostUnreachable", "10.0.0.5 does not answer");
        check(
            &Event::Unread { address: address.clone(), error: unreachable },
            Some("web/server: cannot be read now: 10.0.0.5 does not answer; what the state has of it is believed"),
        );
        let outcome = "it had been made, as i-0abc".to_owned();
        check(
            &Event::Recovered { address: address.clone(), action, outcome },
            Some("web/server: recovered: it had been made, as i-0abc"),
        );
        check(
            &Event::Stopping { in_flight: 2 },
            Some("Stopping: finishing 2 operations in flight. Interrupt again to stop at once."),
        );
        let expired = || ProviderError::new(ErrorKind::Expired, "ExpiredToken", "it is too old");
        check(
            &Event::CredentialsExpired { error: expired(), waits: true },
            Some(
                "The credentials have run out: ExpiredToken: it is too old\n  The run waits for new ones: in another \
                 terminal, type `aws sso login`.\n  Or interrupt it: what is done is in the state, and the next run goes on.",
            ),
        );
        check(
            &Event::CredentialsExpired { error: expired(), waits: false },
            Some("The credentials have run out: ExpiredToken: it is too old. Nothing new is started."),
        );
        check(&Event::CredentialsRenewed { paused: two }, Some("There are new credentials after 2s: the run goes on."));
        check(&Event::Refreshing { done: 1, total: 2 }, None);
        assert_eq!(still(&address, action, Duration::from_secs(70)), "web/server: still creating… (1m10s)");
    }
}
