//! The part of a blob that is asked for, so that a pull that was cut goes on where it stopped.

use std::ops::Range;

/// What of a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of it.
    Whole,
    /// That part.
    Part(Range<u64>),
    /// A part that it does not have.
    Nothing,
}

impl Wanted {
    /// What the header `range` asks of a blob of `size` bytes. A header that is not understood, or asks for several parts,
    /// asks for all.
    pub(super) fn of(range: Option<&str>, size: u64) -> Self {
        let part = range.and_then(|range| range.trim().strip_prefix("bytes=")).and_then(|range| range.split_once('-'));
        let range = match part {
            Some(("", last)) => last.parse().ok().map(|last: u64| size.saturating_sub(last)..size),
            Some((first, "")) => first.parse().ok().map(|first| first..size),
            Some((first, last)) => match (first.parse(), last.parse::<u64>()) {
                (Ok(first), Ok(last)) if first <= last => Some(first..last.saturating_add(1).min(size)),
                _ => None,
            },
            None => None,
        };
        match range {
            None => Self::Whole,
            Some(range) if range.start >= range.end => Self::Nothing,
            Some(range) => Self::Part(range),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_ten_bytes() {
        let cases = [
            (None, Wanted::Whole),
            (Some("bytes=0-"), Wanted::Part(0..10)),
            (Some("bytes=4-"), Wanted::Part(4..10)),
            (Some("bytes=4-5"), Wanted::Part(4..6)),
            (Some("bytes=4-99"), Wanted::Part(4..10)),
            (Some("bytes=0-18446744073709551615"), Wanted::Part(0..10)),
            (Some("bytes=-3"), Wanted::Part(7..10)),
            (Some("bytes=-30"), Wanted::Part(0..10)),
            (Some("bytes=10-"), Wanted::Nothing),
            (Some("bytes=12-13"), Wanted::Nothing),
            (Some("bytes=-0"), Wanted::Nothing),
            (Some("bytes=5-4"), Wanted::Whole),
            (Some("bytes=1-2,4-5"), Wanted::Whole),
            (Some("lines=1-2"), Wanted::Whole),
            (Some("bytes=x-"), Wanted::Whole),
        ];
        for (range, expect) in cases {
            assert_eq!(Wanted::of(range, 10), expect, "{range:?}");
        }
    }
}
