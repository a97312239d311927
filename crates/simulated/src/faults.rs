//! Faults: what goes wrong in a simulated cloud, drawn from a seed.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ironwright_engine::{Clock, ErrorKind, ProviderError};

use crate::dice::Dice;
use crate::entry::Key;

/// What goes wrong, and how often. Nothing, unless asked for.
///
/// The same seed gives the same faults to the same calls, in whatever order concurrent calls arrive: each fault is
/// drawn from the seed, the operation, the resource and the count of such calls so far.
///
/// ```
/// use ironwright_simulated::Faults;
///
/// let faults = Faults::new(42).throttle(0.2).lost_response(0.1).not_found_first_reads(2);
/// ```
#[derive(Clone, Default)]
pub struct Faults {
    seed: u64,
    latency: Option<(Duration, Arc<dyn Clock>)>,
    throttle: f64,
    server_error: f64,
    lost_response: f64,
    not_found_first_reads: u32,
    slow_states: u32,
}

impl Faults {
    /// No faults yet, to be drawn from `seed`.
    pub fn new(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// Every call takes up to `longest`, waited for on `clock`.
    #[must_use]
    pub fn latency(mut self, longest: Duration, clock: Arc<dyn Clock>) -> Self {
        self.latency = Some((longest, clock));
        self
    }

    /// A call is throttled with this probability, from 0 to 1: `RequestLimitExceeded`, nothing is done.
    #[must_use]
    pub fn throttle(mut self, probability: f64) -> Self {
        self.throttle = probability;
        self
    }

    /// A call fails inside the cloud with this probability: half of them `ServiceUnavailable`, nothing done; half
    /// `InternalError`, of which half have done their work.
    #[must_use]
    pub fn server_error(mut self, probability: f64) -> Self {
        self.server_error = probability;
        self
    }

    /// The response of a change is lost with this probability, after the change was made.
    #[must_use]
    pub fn lost_response(mut self, probability: f64) -> Self {
        self.lost_response = probability;
        self
    }

    /// A new resource is not found by its first `reads` reads.
    #[must_use]
    pub fn not_found_first_reads(mut self, reads: u32) -> Self {
        self.not_found_first_reads = reads;
        self
    }

    /// A new resource passes through `steps` observations as `pending` before it is ready; a create returns when it is.
    #[must_use]
    pub fn slow_states(mut self, steps: u32) -> Self {
        self.slow_states = steps;
        self
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults")
            .field("seed", &self.seed)
            .field("latency", &self.latency.as_ref().map(|(longest, _)| longest))
            .field("throttle", &self.throttle)
            .field("server_error", &self.server_error)
            .field("lost_response", &self.lost_response)
            .field("not_found_first_reads", &self.not_found_first_reads)
            .field("slow_states", &self.slow_states)
            .finish()
    }
}

/// A call, as faults see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Create,
    Read,
    Update,
    Delete,
    Find,
    Dynamic,
}

/// The faults of a cloud at work, with what they must remember of earlier calls.
pub(crate) struct Play {
    faults: Faults,
    counts: Mutex<HashMap<String, u64>>,
    unseen: Mutex<HashMap<Key, u32>>,
}

/// What becomes of the response of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Response {
    /// It arrives.
    Arrives,
    /// It is lost on the way.
    IsLost,
    /// It says that something went wrong, though the change was made.
    IsError,
}

impl Play {
    pub(crate) fn new(faults: Faults) -> Self {
        Self { faults, counts: Mutex::default(), unseen: Mutex::default() }
    }

    /// How many observations find a new resource pending.
    pub(crate) fn slow_states(&self) -> u32 {
        self.faults.slow_states
    }

    /// What happens to a call before it reaches the cloud, and to its response after. `subject` tells the call from
    /// others of its kind.
    pub(crate) async fn call(&self, operation: Operation, subject: &str) -> Result<Response, ProviderError> {
        let mut dice = self.dice(operation, subject);
        let wait = dice.below(1000);
        if let Some((longest, clock)) = &self.faults.latency {
            clock.sleep(longest.mul_f64(f64::from(u32::try_from(wait).unwrap_or_default()) / 1000.0)).await;
        }
        let is_change = matches!(operation, Operation::Create | Operation::Update | Operation::Delete);
        if dice.happens(self.faults.throttle) {
            let message = "the request rate is above the limit";
            return Err(ProviderError::new(ErrorKind::Throttled, "RequestLimitExceeded", message));
        }
        if dice.happens(self.faults.server_error) {
            return match dice.below(4) {
                0 if is_change => Ok(Response::IsError),
                1 if is_change => Err(internal_error()),
                _ => {
                    let message = "the service is not available at the moment";
                    Err(ProviderError::new(ErrorKind::Unavailable, "ServiceUnavailable", message))
                }
            };
        }
        Ok(if is_change && dice.happens(self.faults.lost_response) { Response::IsLost } else { Response::Arrives })
    }

    fn dice(&self, operation: Operation, subject: &str) -> Dice {
        let name = format!("{operation:?} {subject}");
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(name.clone()).or_default();
        *count += 1;
        Dice::new(self.faults.seed, &["fault", &name, &count.to_string()])
    }

    /// A resource is new: its first reads will not find it.
    pub(crate) fn born(&self, key: &Key) {
        if self.faults.not_found_first_reads > 0 {
            self.unseen().insert(key.clone(), self.faults.not_found_first_reads);
        }
    }

    /// Whether a read finds a resource that is there.
    pub(crate) fn is_seen(&self, key: &Key) -> bool {
        let mut unseen = self.unseen();
        match unseen.get_mut(key) {
            None => true,
            Some(left) => {
                *left -= 1;
                if *left == 0 {
                    unseen.remove(key);
                }
                false
            }
        }
    }

    fn unseen(&self) -> MutexGuard<'_, HashMap<Key, u32>> {
        self.unseen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Response {
    /// `answer` where it arrives, else the error the caller sees instead.
    pub(crate) fn deliver<T>(self, answer: T) -> Result<T, ProviderError> {
        match self {
            Self::Arrives => Ok(answer),
            Self::IsLost => {
                let message = "the connection was closed before the response arrived";
                Err(ProviderError::new(ErrorKind::OutcomeUnknown, "ResponseLost", message))
            }
            Self::IsError => Err(internal_error()),
        }
    }
}

fn internal_error() -> ProviderError {
    ProviderError::new(ErrorKind::OutcomeUnknown, "InternalError", "an internal error has occurred")
}
