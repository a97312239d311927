//! Moves in words: "web/old has moved to web/new", and of one that nobody declared that it looks like a rename.

use std::fmt::Write as _;

use ironwright_engine::{Action, Change, Reason};

use super::plan::View;
use super::style::{BOLD, DIM, paint};

/// The comment on a resource of which nothing changes but its address.
pub(crate) fn alone(change: &Change, view: View) -> Option<String> {
    let from = change.moved_from.as_ref().filter(|_| change.action == Action::NoOp)?;
    let (from, to) = (paint(BOLD, from), paint(BOLD, &change.address));
    let mut text = if is_found(change) {
        format!("  # {to} looks like a rename of {from}: nothing will be recreated")
    } else {
        format!("  # {from} has moved to {to}")
    };
    if let Some(source) = change.source.as_ref().filter(|_| view.sources) {
        let _ = write!(text, " {}", paint(DIM, format!("({source})")));
    }
    let id = change.physical_id.as_deref().unwrap_or_default();
    let _ = write!(text, "\n    {} {to} {}\n", change.type_name, paint(DIM, format!("[{id}]")));
    Some(text)
}

/// The second line of the comment on a resource of which more changes.
pub(crate) fn note(change: &Change) -> String {
    words(change, |address| paint(BOLD, address)).map(|words| format!("\n  # ({words})")).unwrap_or_default()
}

/// The same for a cell of a table.
pub(crate) fn cell(change: &Change) -> Option<String> {
    words(change, |address| format!("`{address}`"))
}

fn words(change: &Change, show: impl FnOnce(&str) -> String) -> Option<String> {
    let from = show(change.moved_from.as_ref()?.as_str());
    Some(if is_found(change) { format!("looks like a rename of {from}") } else { format!("moved from {from}") })
}

fn is_found(change: &Change) -> bool {
    change.reasons.contains(&Reason::Renamed)
}
