//! The seams to the outside that are no cloud: time and randomness (invariant I1).

mod clock;
mod entropy;
mod process;

use std::time::Duration;

use async_trait::async_trait;

pub use clock::SystemClock;
pub use entropy::{OsEntropy, SeededEntropy};
pub(crate) use process::identified;
pub use process::is_gone;

/// Where time comes from.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970 UTC, for records that people read.
    fn now(&self) -> u64;
    /// Time since some fixed moment, for elapsed times.
    fn elapsed(&self) -> Duration;
    /// Waits.
    async fn sleep(&self, duration: Duration);
}

/// Where randomness comes from: tokens, lineages and jitter.
pub trait Entropy: Send + Sync {
    /// 64 random bits.
    fn next(&self) -> u64;
}
