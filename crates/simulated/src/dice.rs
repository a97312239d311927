//! Numbers that look random and are not: drawn from a seed and from what they are for, so that the order of concurrent
//! calls does not matter.

/// A stream of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The stream that belongs to `seed` and `parts`.
    pub(crate) fn new(seed: u64, parts: &[&str]) -> Self {
        const PRIME: u64 = 0x0100_0000_01b3;
        let start = 0xcbf2_9ce4_8422_2325 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(PRIME);
        let part = |state: u64, part: &&str| hash(part.bytes().fold(state, hash), 0xff);
        Self(parts.iter().fold(start, part))
    }

    /// The next 64 bits, by `SplitMix64`.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, or 0 where `end` is 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = end.max(1) as u64;
        usize::try_from(self.next() % end).unwrap_or_default()
    }

    /// Whether an event of this probability happens.
    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        const STEPS: u32 = 1 << 30;
        let drawn = u32::try_from(self.next() >> 34).unwrap_or(u32::MAX);
        f64::from(drawn) < probability * f64::from(STEPS)
    }

    /// `length` letters out of `alphabet`.
    pub(crate) fn letters(&mut self, alphabet: &str, length: usize) -> String {
        let letters = alphabet.as_bytes();
        (0..length).map(|_| char::from(letters[self.below(letters.len())])).collect()
    }

    /// `length` hexadecimal digits.
    pub(crate) fn hex(&mut self, length: usize) -> String {
        self.letters("0123456789abcdef", length)
    }

    /// A version 4 UUID.
    pub(crate) fn uuid(&mut self) -> String {
        let groups = [self.hex(8), self.hex(4), format!("4{}", self.hex(3)), self.letters("89ab", 1) + &self.hex(3)];
        format!("{}-{}", groups.join("-"), self.hex(12))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_purpose_give_the_same_numbers() {
        let draw = |seed, parts: &[&str]| Dice::new(seed, parts).hex(16);
        assert_eq!(draw(1, &["a", "b"]), draw(1, &["a", "b"]));
        assert_ne!(draw(1, &["a", "b"]), draw(2, &["a", "b"]));
        assert_ne!(draw(1, &["a", "b"]), draw(1, &["ab"]));
    }

    #[test]
    fn probabilities_are_kept_roughly_and_the_ends_exactly() {
        let mut dice = Dice::new(7, &[]);
        let count = |dice: &mut Dice, probability| (0..1000).filter(|_| dice.happens(probability)).count();
        assert_eq!((count(&mut dice, 0.0), count(&mut dice, 1.0)), (0, 1000));
        assert!((200..400).contains(&count(&mut dice, 0.3)));
    }
}
