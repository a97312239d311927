//! The times before the lines of a log: they order the lines of several hosts, and tell where to go on after a cut.

use std::borrow::Cow;

/// How long the pieces are in which Docker keeps a long line, each with a time of its own.
const PIECE: usize = 16 * 1024;

/// The time before a line as Docker writes it, and the line. Nothing where Docker itself says something.
pub(super) fn split(line: &str) -> Option<(&str, Cow<'_, str>)> {
    let (stamp, text) = line.split_once(' ').unwrap_or((line, ""));
    is_stamp(stamp).then(|| (stamp, whole(text)))
}

/// A long line without the times between its pieces.
fn whole(text: &str) -> Cow<'_, str> {
    if text.len() <= PIECE {
        return Cow::Borrowed(text);
    }
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((piece, more)) = rest.split_at_checked(PIECE) {
        whole.push_str(piece);
        rest = match more.split_once(' ') {
            Some((stamp, further)) if is_stamp(stamp) => further,
            _ => return Cow::Owned(whole + more),
        };
    }
    Cow::Owned(whole + rest)
}

/// Whether `word` is a time in UTC: `2026-11-23T14:00:00.123456789Z`.
fn is_stamp(word: &str) -> bool {
    let is_right = |(at, byte): (usize, u8)| match at {
        4 | 7 => byte == b'-',
        10 => byte == b'T',
        13 | 16 => byte == b':',
        19 => byte == b'.',
        29 => byte == b'Z',
        _ => byte.is_ascii_digit(),
    };
    word.len() == 30 && word.bytes().enumerate().all(is_right)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: &str = "2026-11-23T14:00:00.123456789Z";

    #[test]
    fn a_time_and_a_line() {
        let check = |line: &str, expect: Option<&str>| {
            let found = split(line);
            assert_eq!(found.as_ref().map(|(stamp, text)| (*stamp, text.as_ref())), expect.map(|text| (STAMP, text)));
        };
        check(&format!("{STAMP} GET / 200"), Some("GET / 200"));
        check(&format!("{STAMP}   indented"), Some("  indented"));
        check(&format!("{STAMP} "), Some(""));
        check(STAMP, Some(""));
        check("Error response from daemon: no", None);
        check("2026-11-23 GET", None);
        check("", None);
    }

    #[test]
    fn a_long_line_is_whole() {
        let piece = "x".repeat(PIECE);
        let line = format!("{STAMP} {piece}{STAMP} {piece}{STAMP} end");
        let (_, text) = split(&line).expect("a line");
        assert_eq!(text, format!("{piece}{piece}end"));
        let long = format!("{STAMP} {piece}yyy");
        assert_eq!(split(&long).expect("a line").1, format!("{piece}yyy"));
    }
}
