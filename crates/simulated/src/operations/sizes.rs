//! Sizes of instances, the last word of `t2.micro` and `db.r6g.2xlarge`: when one is surely misspelt.
//!
//! New families come every month and new numbers now and then, new words for sizes hardly ever: so that a word which no
//! known value has is a slip, if a size of the same family is near.

use ironwright_core::nearest::nearest;

/// Whether `value`, which is none of `known`, differs from one of them by a slip in the word of its size alone.
pub(super) fn is_misspelt(value: &str, known: &[String]) -> bool {
    let Some((family, size)) = value.rsplit_once('.') else { return false };
    let known = || known.iter().filter_map(|known| known.rsplit_once('.'));
    let is_known_word = known().any(|(_, known)| word(known) == word(size));
    let same_family = known().filter(|(known, _)| *known == family).map(|(_, size)| size);
    !is_known_word && nearest(size, same_family).is_some()
}

/// A size without its numbers: `xlarge` of `24xlarge`.
fn word(size: &str) -> String {
    size.chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_the_word_of_a_size_is_told_from_what_is_new() {
        let known = ["db.t3.micro", "t2.micro", "t2.small", "m5.2xlarge", "m5.4xlarge"].map(str::to_owned);
        for (value, expect) in [
            ("t2.mircro", true),
            ("m5.2xlagre", true),
            ("db.t3.mirco", true),
            ("m5.24xlarge", false),
            ("t2.2xlarge", false),
            ("t9.micro", false),
            ("t9.mircro", false),
            ("t2.mezzanine", false),
            ("t2", false),
        ] {
            assert_eq!(is_misspelt(value, &known), expect, "{value}");
        }
    }
}
