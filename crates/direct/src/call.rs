//! The pace of calls: all workers share one for each service. It is unbounded until AWS throttles; from then on it is
//! halved with every throttled call and grows again while calls go through.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ironwright_engine::{Clock, ErrorKind, ProviderError};

/// The pace after the first throttled call, in calls a second.
const FIRST: f64 = 10.0;
/// The slowest pace.
const SLOWEST: f64 = 0.5;
/// How much faster each call that goes through makes the pace.
const GROWTH: f64 = 0.2;
/// At this pace there is none any more.
const FREE: f64 = 100.0;

/// The calls to one service.
pub(crate) struct Calls {
    service: &'static str,
    clock: Arc<dyn Clock>,
    pace: Mutex<Pace>,
}

/// How fast calls may follow each other.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Pace {
    /// Calls a second; nothing while AWS has not throttled.
    rate: Option<f64>,
    /// When the next call may be sent.
    next: Duration,
}

impl Calls {
    pub(crate) fn new(service: &'static str, clock: Arc<dyn Clock>) -> Self {
        Self { service, clock, pace: Mutex::default() }
    }

    /// The clock, for waits between polls.
    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Makes a call at its pace.
    pub(crate) async fn call<T>(
        &self,
        call: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<T, ProviderError> {
        let wait = self.pace().reserve(self.clock.elapsed());
        if !wait.is_zero() {
            self.clock.sleep(wait).await;
        }
        let result = call.await;
        match &result {
            Err(error) if error.kind == ErrorKind::Throttled => self.pace().slower(),
            _ => self.pace().faster(),
        }
        result.map_err(|mut error| {
            if error.kind == ErrorKind::Throttled {
                error.message = format!("{} ({} takes no more calls for now)", error.message, self.service);
            }
            error
        })
    }

    fn pace(&self) -> std::sync::MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pace {
    /// Takes the next place, and says how long it is until then.
    fn reserve(&mut self, now: Duration) -> Duration {
        let Some(rate) = self.rate else { return Duration::ZERO };
        let at = self.next.max(now);
        self.next = at + Duration::from_secs_f64(1.0 / rate);
        at.saturating_sub(now)
    }

    fn slower(&mut self) {
        self.rate = Some(self.rate.map_or(FIRST, |rate| f64::max(rate / 2.0, SLOWEST)));
    }

    fn faster(&mut self) {
        self.rate = self.rate.map(|rate| rate + GROWTH).filter(|rate| *rate < FREE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_falls_when_throttled_and_is_free_again_in_time() {
        let mut pace = Pace::default();
        assert_eq!(pace.reserve(Duration::ZERO), Duration::ZERO);
        pace.slower();
        pace.slower();
        assert_eq!(pace.rate, Some(FIRST / 2.0));
        let waits: Vec<Duration> = (0..3).map(|_| pace.reserve(Duration::from_secs(1))).collect();
        assert_eq!(waits, [0, 200, 400].map(Duration::from_millis));
        (0..100).for_each(|_| pace.slower());
        assert_eq!(pace.rate, Some(SLOWEST));
        (0..1_000).for_each(|_| pace.faster());
        assert_eq!(pace.rate, None);
    }
}
