//! Faults: what goes wrong in a simulated cloud, from a seed. How they are played is the provider's business.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ironwright_engine::Clock;

/// What goes wrong, and how often. Nothing, unless asked for.
///
/// The same seed gives the same faults to the same calls, in whatever order concurrent calls arrive: each fault is drawn
/// from the seed, the operation, the resource and the count of such calls so far.
///
/// ```
/// use ironwright_simulated::Faults;
///
/// let faults = Faults::new(42).throttle(0.2).lost_response(0.1).not_found_first_reads(2);
/// ```
#[derive(Clone, Default)]
pub struct Faults {
    pub(crate) seed: u64,
    pub(crate) latency: Option<(Duration, Arc<dyn Clock>)>,
    pub(crate) throttle: f64,
    pub(crate) server_error: f64,
    pub(crate) lost_response: f64,
    pub(crate) not_found_first_reads: u32,
    pub(crate) slow_states: u32,
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
