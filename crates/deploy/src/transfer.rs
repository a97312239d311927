//! How far a transfer has come, in words.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use ironwright_engine::Clock;

/// The time between two looks at a transfer.
const TICK: Duration = Duration::from_millis(500);

/// How long a slow transfer says nothing at most, while it comes on.
const SILENCE: Duration = Duration::from_secs(5);

/// Does `work`, and meanwhile calls `look` again and again.
pub(crate) async fn watched<T>(work: impl Future<Output = T>, clock: &dyn Clock, mut look: impl FnMut()) -> T {
    let mut work = pin!(work);
    loop {
        match select(work, clock.sleep(TICK)).await {
            Either::Left((done, _)) => return done,
            Either::Right(((), rest)) => {
                look();
                work = rest;
            }
        }
    }
}

/// Says how far a transfer of `total` bytes has come: with every tenth of it, and where it is slow every few seconds.
pub(crate) struct Meter {
    total: u64,
    said: Option<(Duration, u64)>,
}

impl Meter {
    pub(crate) fn new(total: u64) -> Self {
        Self { total, said: None }
    }

    /// What there is to say at the time `now`, when `done` bytes have gone.
    pub(crate) fn line(&mut self, done: u64, now: Duration) -> Option<String> {
        // Parts may go twice, after a cut.
        let done = done.min(self.total);
        let percent = done.saturating_mul(100).checked_div(self.total)?;
        let worth = match self.said {
            None => done > 0,
            Some((at, before)) => percent / 10 > before / 10 || (percent > before && now >= at + SILENCE),
        };
        worth.then(|| {
            self.said = Some((now, percent));
            format!("{} of {} ({percent} %)", size(done), size(self.total))
        })
    }
}

/// So many bytes, for people: `12.3 MB`.
pub(crate) fn size(bytes: u64) -> String {
    let units = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    match units.iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) => {
            let tenths = u128::from(bytes) * 10 / u128::from(*unit);
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_for_people() {
        let said = [0, 999, 1_000, 12_345_678, u64::MAX].map(size);
        assert_eq!(said, ["0 bytes", "999 bytes", "1.0 kB", "12.3 MB", "18446744073.7 GB"]);
    }

    #[test]
    fn every_tenth_is_told_once_and_slowness_now_and_then() {
        let mut meter = Meter::new(1_000_000);
        let mut told = Vec::new();
        for (second, done) in [(0, 0), (1, 10), (2, 50_000), (3, 120_000), (4, 130_000), (9, 140_000), (10, 2_000_000)]
        {
            told.extend(meter.line(done, Duration::from_secs(second)));
        }
        let expect = [
            "10 bytes of 1.0 MB (0 %)",
            "120.0 kB of 1.0 MB (12 %)",
            "140.0 kB of 1.0 MB (14 %)",
            "1.0 MB of 1.0 MB (100 %)",
        ];
        assert_eq!(told, expect);
        assert_eq!(Meter::new(0).line(0, Duration::ZERO), None);
    }
}
