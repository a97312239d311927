//! When a call is sent again, and after what pause. Pure: the pause is only computed here.

use std::time::Duration;

use crate::provider::ErrorKind;
use crate::seams::Entropy;

/// How often a call whose outcome is unknown is tried again.
const UNKNOWN_OUTCOMES: u32 = 5;

/// How often one operation is sent again with new credentials.
const RENEWALS: u32 = 20;

/// Counts the attempts at one operation.
#[derive(Debug)]
pub(crate) struct Backoff {
    patience: Duration,
    spent: Duration,
    attempts: u32,
    unknown: u32,
    renewals: u32,
}

impl Backoff {
    /// No attempt has failed yet. The pauses together stay within `patience`.
    pub(crate) fn new(patience: Duration) -> Self {
        Self { patience, spent: Duration::ZERO, attempts: 0, unknown: 0, renewals: 0 }
    }

    /// The pause before the next attempt after an error of `kind`; nothing where another attempt is no use.
    pub(crate) fn pause(&mut self, kind: ErrorKind, entropy: &dyn Entropy) -> Option<Duration> {
        if kind == ErrorKind::Expired {
            // What is waited for then has nothing to do with the operation: it takes no patience.
            self.renewals += 1;
            return (self.renewals <= RENEWALS).then_some(Duration::from_millis(200));
        }
        let (first, growth, most) = match kind {
            ErrorKind::Throttled | ErrorKind::Unavailable => (500.0, 2.0, 20_000.0),
            ErrorKind::NotReady => (250.0, 1.5, 2_000.0),
            ErrorKind::InUse => (500.0, 1.5, 10_000.0),
            ErrorKind::OutcomeUnknown if self.unknown < UNKNOWN_OUTCOMES => (200.0, 2.0, 5_000.0),
            _ => return None,
        };
        self.unknown += u32::from(kind == ErrorKind::OutcomeUnknown);
        let exponent = i32::try_from(self.attempts).unwrap_or(i32::MAX);
        self.attempts += 1;
        let longest = f64::min(first * f64::powi(growth, exponent), most);
        let pause = Duration::from_secs_f64(longest * (0.5 + 0.5 * unit(entropy)) / 1_000.0);
        self.spent += pause;
        (self.spent <= self.patience).then_some(pause)
    }
}

/// A number from 0 up to 1.
fn unit(entropy: &dyn Entropy) -> f64 {
    f64::from(u32::try_from(entropy.next() >> 32).unwrap_or(u32::MAX)) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seams::SeededEntropy;

    fn pauses(kind: ErrorKind, patience: u64) -> Vec<Duration> {
        let (mut backoff, entropy) = (Backoff::new(Duration::from_secs(patience)), SeededEntropy::new(1));
        std::iter::from_fn(|| backoff.pause(kind, &entropy)).take(1_000).collect()
    }

    #[test]
    fn pauses_grow_with_jitter_and_end_with_patience() {
        let pauses = pauses(ErrorKind::Throttled, 120);
        let total: Duration = pauses.iter().sum();
        assert!(total <= Duration::from_mins(2) && pauses.len() > 5, "{pauses:?}");
        for (attempt, pause) in pauses.iter().enumerate() {
            let longest = f64::min(0.5 * 2f64.powi(i32::try_from(attempt).expect("few")), 20.0);
            assert!(pause.as_secs_f64() <= longest && pause.as_secs_f64() >= longest / 2.0, "{attempt}: {pause:?}");
        }
    }

    /// Roles and groups that were just made are seen after seconds, and not only after a minute.
    #[test]
    fn what_is_not_ready_is_asked_for_densely() {
        let pauses = pauses(ErrorKind::NotReady, 120);
        let in_ten_seconds = pauses.iter().scan(Duration::ZERO, |spent, pause| {
            *spent += *pause;
            (*spent <= Duration::from_secs(10)).then_some(())
        });
        assert!(in_ten_seconds.count() >= 6 && pauses[0] <= Duration::from_millis(250), "{pauses:?}");
        assert!(pauses.iter().all(|pause| *pause <= Duration::from_secs(2)), "{pauses:?}");
    }

    #[test]
    fn refusals_are_final_and_unknown_outcomes_are_asked_about_a_few_times() {
        for kind in [ErrorKind::Refused, ErrorKind::NotFound, ErrorKind::Credentials] {
            assert!(pauses(kind, 120).is_empty());
        }
        assert_eq!(pauses(ErrorKind::OutcomeUnknown, 120).len(), 5);
        assert_eq!(pauses(ErrorKind::Expired, 0).len(), 20);
    }
}
