//! What goes wrong between a client and the cloud, drawn from a seed: throttled calls, broken ones, lost answers, slow
//! requests. What goes wrong inside the cloud is `ironwright_simulated::Faults`.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::dice::Dice;

/// What goes wrong, and how often. Nothing, unless asked for.
///
/// ```
/// use ironwright_served::Disturbances;
///
/// let all: Disturbances = "throttle=0.1,error=0.1,lost=0.1,reset=0.05,fail=0.05,slow=2,unseen=1,delay=20,expire=50".parse()?;
/// assert_ne!(all, Disturbances::default());
/// assert!("throtle=0.1".parse::<Disturbances>().is_err());
/// # Ok::<(), ironwright_served::UnknownDisturbance>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Disturbances {
    /// The probability that a call is throttled; nothing is done.
    pub throttle: f64,
    /// The probability that a call is answered with a 5xx; half of them have done their work.
    pub error: f64,
    /// The probability that the connection is closed after the work is done, before the answer.
    pub lost: f64,
    /// The probability that the connection is reset before anything is done.
    pub reset: f64,
    /// The probability that a request is taken on and ends as failed for a reason that passes; nothing is done.
    pub fail: f64,
    /// How many looks at a request find it pending or in progress.
    pub slow: u32,
    /// How many reads do not find a new resource yet.
    pub unseen: u32,
    /// The longest delay of a call.
    pub delay: Duration,
    /// After how many calls the key that made the first is taken no longer; none where it always is.
    pub expire: Option<u64>,
}

/// Text that names no disturbance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownDisturbance(String);

impl std::fmt::Display for UnknownDisturbance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "`{}` is none of throttle=P, error=P, lost=P, reset=P, fail=P (P from 0 to 1), slow=N, unseen=N, \
             delay=MILLISECONDS, expire=N",
            self.0
        )
    }
}

impl std::error::Error for UnknownDisturbance {}

impl FromStr for Disturbances {
    type Err = UnknownDisturbance;

    fn from_str(text: &str) -> Result<Self, UnknownDisturbance> {
        let mut all = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            all.set(part).ok_or_else(|| UnknownDisturbance(part.to_owned()))?;
        }
        Ok(all)
    }
}

impl Disturbances {
    fn set(&mut self, part: &str) -> Option<()> {
        let (name, value) = part.split_once('=')?;
        let probability = || value.parse::<f64>().ok().filter(|value| (0.0..=1.0).contains(value));
        match name {
            "throttle" => self.throttle = probability()?,
            "error" => self.error = probability()?,
            "lost" => self.lost = probability()?,
            "reset" => self.reset = probability()?,
            "fail" => self.fail = probability()?,
            "slow" => self.slow = value.parse().ok()?,
            "unseen" => self.unseen = value.parse().ok()?,
            "expire" => self.expire = Some(value.parse().ok()?),
            "delay" => self.delay = Duration::from_millis(value.parse().ok()?),
            _ => return None,
        }
        Some(())
    }
}

/// What is in store for one call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fate {
    /// How long it waits before anything else.
    pub(crate) delay: Duration,
    /// What its caller is told.
    pub(crate) told: Told,
    /// What is asked for is taken on and fails.
    pub(crate) fails: bool,
}

/// What a caller is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// What happened.
    Truth,
    /// That there were too many calls; nothing happened.
    Throttled,
    /// That the service has trouble; nothing happened.
    ErrorBefore,
    /// That the service has trouble, though all was done.
    ErrorAfter,
    /// Nothing, though all was done.
    Nothing,
    /// Nothing: the connection breaks, and nothing happened.
    Reset,
}

/// Disturbances at work.
pub(crate) struct Weather {
    disturbances: Disturbances,
    seed: u64,
    counts: Mutex<HashMap<String, u64>>,
    first_key: Mutex<Option<(String, u64)>>,
}

impl Weather {
    pub(crate) fn new(disturbances: Disturbances, seed: u64) -> Self {
        Self { disturbances, seed, counts: Mutex::default(), first_key: Mutex::default() }
    }

    /// Whether `key` is taken no longer. Counts the call.
    pub(crate) fn is_expired(&self, key: &str) -> bool {
        let Some(after) = self.disturbances.expire else { return false };
        let mut first = self.first_key.lock().unwrap_or_else(PoisonError::into_inner);
        let (first, calls) = first.get_or_insert_with(|| (key.to_owned(), 0));
        if first != key {
            return false;
        }
        *calls += 1;
        *calls > after
    }

    /// How many looks at a request find it not ended.
    pub(crate) fn slow(&self) -> u32 {
        self.disturbances.slow
    }

    /// What is in store for the next call of `operation` about `subject`. Drawn by both and by the count of such calls, so
    /// that the order of others does not matter.
    pub(crate) fn fate(&self, operation: &str, subject: &str) -> Fate {
        let name = format!("{operation} {subject}");
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(name.clone()).or_default();
        *count += 1;
        let mut dice = Dice::new(self.seed, &["fate", &name, &count.to_string()]);
        let told = self.told(&mut dice);
        Fate { delay: self.disturbances.delay.mul_f64(dice.unit()), fails: dice.happens(self.disturbances.fail), told }
    }

    fn told(&self, dice: &mut Dice) -> Told {
        let Disturbances { throttle, error, lost, reset, .. } = self.disturbances;
        let (is_throttled, is_error, is_lost) = (dice.happens(throttle), dice.happens(error), dice.happens(lost));
        let (is_after, is_reset) = (dice.happens(0.5), dice.happens(reset));
        match (is_throttled, is_error, is_lost) {
            (true, ..) => Told::Throttled,
            (_, true, _) if is_after => Told::ErrorAfter,
            (_, true, _) => Told::ErrorBefore,
            (_, _, true) => Told::Nothing,
            _ if is_reset => Told::Reset,
            _ => Told::Truth,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fates_repeat_with_the_seed_and_not_with_the_order() {
        let weather = || Weather::new("throttle=0.3,error=0.3,lost=0.3,reset=0.3".parse().expect("known"), 4);
        let fates = |weather: &Weather, subject| (0..20).map(|_| weather.fate("Get", subject).told).collect::<Vec<_>>();
        let (one, other) = (weather(), weather());
        fates(&other, "b");
        let first = fates(&one, "a");
        assert_eq!(first, fates(&other, "a"));
        for told in [Told::Truth, Told::Throttled, Told::ErrorBefore, Told::ErrorAfter, Told::Nothing, Told::Reset] {
            let later = fates(&one, "c").contains(&told) || fates(&one, "d").contains(&told);
            assert!(first.contains(&told) || later, "{told:?} never comes");
        }
    }

    #[test]
    fn without_disturbances_the_truth_is_told() {
        let weather = Weather::new(Disturbances::default(), 1);
        let fate = Fate { delay: Duration::ZERO, told: Told::Truth, fails: false };
        assert!((0..100).all(|_| weather.fate("Get", "a") == fate));
    }

    #[test]
    fn the_first_key_expires_and_no_other() {
        let weather = Weather::new("expire=2".parse().expect("known"), 1);
        let taken: Vec<bool> = ["a", "b", "a", "a", "b", "a"].map(|key| !weather.is_expired(key)).into();
        assert_eq!(taken, [true, true, true, false, true, false]);
    }

    #[test]
    fn what_is_misspelt_is_named() {
        let problem = |text: &str| text.parse::<Disturbances>().expect_err("wrong").to_string();
        assert!(problem("slow=2,lots=1").starts_with("`lots=1` is none of"));
        assert!(problem("lost=2").starts_with("`lost=2`"));
        assert!(problem("slow").starts_with("`slow`"));
    }
}
