//! Tables in markdown.

use std::fmt::Write;
use std::time::Duration;

/// A table: the first row is its head. Columns from the second on are numbers.
pub(crate) fn markdown(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = format!("| {} |\n|---", head.join(" | "));
    text.push_str(&"|---:".repeat(head.len().saturating_sub(1)));
    text.push_str("|\n");
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text
}

/// Seconds, with as many digits as the figure is worth.
pub(crate) fn seconds(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 1.0 { format!("{:.0} ms", seconds * 1000.0) } else { format!("{seconds:.1} s") }
}

/// Memory in units of a million bytes.
pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes / 1_000_000)
}

/// How many times more than `base`.
pub(crate) fn ratio(time: Duration, base: Duration) -> String {
    let ratio = time.as_secs_f64() / base.as_secs_f64();
    if ratio < 10.0 { format!("{ratio:.1}×") } else { format!("{ratio:.0}×") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_and_its_figures() {
        let rows = [vec!["a".to_owned(), seconds(Duration::from_millis(45))]];
        assert_eq!(markdown(&["tool", "wall"], &rows), "| tool | wall |\n|---|---:|\n| a | 45 ms |\n");
        assert_eq!(
            (seconds(Duration::from_millis(1240)), megabytes(12_900_000)),
            ("1.2 s".to_owned(), "12 MB".to_owned())
        );
        let one = Duration::from_secs(1);
        assert_eq!((ratio(one * 3, one), ratio(one * 30, one)), ("3.0×".to_owned(), "30×".to_owned()));
    }
}
