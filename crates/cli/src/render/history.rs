//! The versions of a state as a table: `state history`.

use std::fmt::Write as _;

use ironwright_engine::{Difference, Version};

use super::style::{DIM, GREEN, RED, YELLOW, paint, printable};
use super::time::utc;

const HEADS: [&str; 5] = ["serial", "saved", "by", "command", "resources"];

/// Each version on a line, newest first.
pub(crate) fn history(versions: &[Version]) -> String {
    if versions.is_empty() {
        return "Nothing was ever deployed here.\n".to_owned();
    }
    let rows: Vec<[String; 5]> = versions.iter().rev().map(cells).collect();
    let widths: Vec<usize> = HEADS
        .iter()
        .enumerate()
        .map(|(at, head)| rows.iter().map(|row| row[at].chars().count()).fold(head.len(), usize::max))
        .collect();
    let heads = line(&HEADS.map(str::to_owned), &widths);
    let mut text = format!("{}\n", paint(DIM, format!("{heads}  changes")));
    for (row, version) in rows.iter().zip(versions.iter().rev()) {
        let _ = writeln!(text, "{}  {}", line(row, &widths), changes(version.difference.as_ref()));
    }
    text
}

fn cells(version: &Version) -> [String; 5] {
    let saved = version.saved.clone().unwrap_or_default();
    let when = version.saved.as_ref().map_or_else(|| "unknown".to_owned(), |saved| utc(saved.at));
    let (by, command) = (printable(&saved.owner), printable(&saved.command));
    [version.serial.to_string(), when, by, command, version.resources.to_string()]
}

/// Numbers stand to the right, words to the left.
fn line(row: &[String; 5], widths: &[usize]) -> String {
    let [serial, saved, by, command, resources] = row;
    format!(
        "{serial:>0$}  {saved:<1$}  {by:<2$}  {command:<3$}  {resources:>4$}",
        widths[0], widths[1], widths[2], widths[3], widths[4]
    )
}

fn changes(difference: Option<&Difference>) -> String {
    let Some(Difference { added, changed, removed }) = difference else {
        return paint(DIM, "the version before is not kept");
    };
    let part = |style, sign, count: usize| {
        let text = format!("{sign}{count}");
        if count == 0 { paint(DIM, text) } else { paint(style, text) }
    };
    let parts = [part(GREEN, "+", added.len()), part(YELLOW, "~", changed.len()), part(RED, "-", removed.len())];
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use ironwright_core::Address;
    use ironwright_engine::journal::Saved;

    use super::super::style::plain;
    use super::*;

    #[test]
    fn a_line_for_each_version() {
        let version = |serial, command: &str, added: &[&str], known: bool| Version {
            serial,
            saved: known.then(|| Saved {
                at: 1_795_418_104_000 + serial * 60_000,
                command: command.to_owned(),
                owner: "ann@desk".to_owned(),
            }),
            resources: added.len() + 8,
            difference: known.then(|| Difference {
                added: added.iter().map(|address| Address::new(*address)).collect(),
                ..Difference::default()
            }),
        };
        let versions = [
            version(8, "", &[], false),
            version(9, "apply", &["web/a", "web/b"], true),
            version(10, "state mv", &["web/c"], true),
        ];
        insta::assert_snapshot!("history", plain(&history(&versions)));
    }
}
