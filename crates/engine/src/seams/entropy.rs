//! Randomness: from the operating system, or from a seed for runs that repeat exactly.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use super::Entropy;

/// Randomness of the operating system.
///
/// It comes through the standard library's `RandomState`: a keyed hash whose key the system draws, over a counter. That
/// is unique and evenly spread, which is all that tokens, lineages and jitter need; it is no source of secrets.
#[derive(Debug, Default)]
pub struct OsEntropy {
    state: RandomState,
    counter: AtomicU64,
}

impl OsEntropy {
    /// A source with a key of its own.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Entropy for OsEntropy {
    fn next(&self) -> u64 {
        self.state.hash_one(self.counter.fetch_add(1, Ordering::Relaxed))
    }
}

/// Numbers that follow from a seed alone (`SplitMix64`).
#[derive(Debug)]
pub struct SeededEntropy(AtomicU64);

impl SeededEntropy {
    /// The numbers that follow from `seed`.
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Entropy for SeededEntropy {
    fn next(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut mixed = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_the_system_does_not() {
        let draw = |source: &dyn Entropy| [source.next(), source.next()];
        assert_eq!(draw(&SeededEntropy::new(7)), draw(&SeededEntropy::new(7)));
        assert_ne!(draw(&SeededEntropy::new(7)), draw(&SeededEntropy::new(8)));
        assert_ne!(draw(&OsEntropy::new()), draw(&OsEntropy::new()));
    }
}
