//! Numbers that look random and are not: drawn from a seed and from what they are for, so that a run can be repeated.

/// A stream of numbers.
pub(crate) struct Dice(u64);

impl Dice {
    /// The stream that belongs to `seed` and `parts`.
    pub(crate) fn new(seed: u64, parts: &[&str]) -> Self {
        let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let part = |state: u64, part: &&str| hash(part.bytes().fold(state, hash), 0xff);
        Self(parts.iter().fold(0xcbf2_9ce4_8422_2325 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), part))
    }

    /// The next 64 bits, by `SplitMix64`.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to 1.
    pub(crate) fn unit(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).unwrap_or(u32::MAX)) / (f64::from(u32::MAX) + 1.0)
    }

    /// Whether an event of this probability happens.
    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// 128 bits.
    pub(crate) fn wide(&mut self) -> u128 {
        (u128::from(self.next()) << 64) | u128::from(self.next())
    }

    /// Text in the form of a version 4 UUID.
    pub(crate) fn uuid(&mut self) -> String {
        let hex = format!("{:032x}", self.wide());
        format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_purpose_give_the_same_numbers() {
        assert_eq!(Dice::new(1, &["a"]).uuid(), Dice::new(1, &["a"]).uuid());
        assert_ne!(Dice::new(1, &["a"]).uuid(), Dice::new(2, &["a"]).uuid());
        assert_ne!(Dice::new(1, &["a", "b"]).next(), Dice::new(1, &["ab"]).next());
    }

    #[test]
    fn probabilities_are_kept_at_the_ends() {
        let mut dice = Dice::new(7, &[]);
        assert!((0..1000).all(|_| dice.happens(1.0) && !dice.happens(0.0)));
    }
}
