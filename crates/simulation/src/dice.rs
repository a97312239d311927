//! Random choices that follow from a seed alone.

use ironwright_engine::{Entropy, SeededEntropy};

/// A stream of choices.
pub(crate) struct Dice(SeededEntropy);

impl Dice {
    /// The choices that follow from `seed`; `stream` tells apart those of different purposes.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mixed = SeededEntropy::new(seed.rotate_left(17) ^ stream.wrapping_mul(0x9e37_79b9_7f4a_7c15)).next();
        Self(SeededEntropy::new(mixed))
    }

    /// 32 random bits.
    pub(crate) fn bits(&self) -> u32 {
        (self.0.next() >> 32) as u32
    }

    /// A number below `end`; 0 where `end` is 0.
    pub(crate) fn below(&self, end: u32) -> u32 {
        self.bits() % end.max(1)
    }

    /// Whether an event of this probability, in percent, happens.
    pub(crate) fn percent(&self, probability: u32) -> bool {
        self.below(100) < probability
    }

    /// One of `choices`, which are not empty.
    pub(crate) fn pick<T: Copy>(&self, choices: &[T]) -> T {
        choices[at(self.bits(), choices.len())]
    }
}

/// The index that `choice` means among `count` things; 0 where there are none.
pub(crate) fn at(choice: u32, count: usize) -> usize {
    choice as usize % count.max(1)
}
