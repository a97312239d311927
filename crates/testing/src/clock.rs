//! Time in tests: it passes when nothing else can go on, and never really.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use ironwright_engine::Clock;

/// A clock that starts on 2026-01-01 and leaps over every wait, however long.
///
/// Give it to [`Faults::latency`](crate::Faults::latency), so that a slow cloud costs a test no time.
#[derive(Debug, Default)]
pub struct VirtualClock {
    /// Since the start, in microseconds.
    passed: AtomicU64,
}

const START: u64 = 1_767_225_600_000;

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> u64 {
        START + self.passed.load(Ordering::SeqCst) / 1000
    }

    fn elapsed(&self) -> Duration {
        Duration::from_micros(self.passed.load(Ordering::SeqCst))
    }

    /// Waits in tokio's paused time: those who wait wake in the order of their times, as soon as nobody can go on.
    #[expect(clippy::disallowed_methods, reason = "this is a clock, and tokio's time is paused")]
    async fn sleep(&self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let until = self.passed.load(Ordering::SeqCst).saturating_add(micros);
        tokio::time::sleep(duration).await;
        self.passed.fetch_max(until, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::block_on;

    #[test]
    fn waits_pass_in_order_and_take_no_time() {
        let clock = VirtualClock::default();
        let order = std::sync::Mutex::new(Vec::new());
        let wait = async |hours: u64| {
            clock.sleep(Duration::from_secs(hours * 3600)).await;
            order.lock().expect("no panic while it is held").push((hours, clock.elapsed().as_secs() / 3600));
        };
        block_on(async { tokio::join!(wait(3), wait(1), wait(2)) });
        assert_eq!(*order.lock().expect("no panic while it is held"), [(1, 1), (2, 2), (3, 3)]);
        assert_eq!(clock.now(), START + 3 * 3600 * 1000);
    }
}
