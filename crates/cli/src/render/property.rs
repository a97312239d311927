//! How one property of a plan looks: its sign, its name, its values before and after, and what is to be noted of it.

use std::fmt::Write as _;
use std::ops::Range;

use ironwright_core::Planned;
use ironwright_engine::PropertyChange;
use serde_json::Value as Json;

use super::diff::{Difference, difference};
use super::style::{CYAN, DIM, GREEN, RED, YELLOW, paint};
use super::value::{self, Line, SENSITIVE};

/// The column at which names begin; signs stand two columns before.
const BASE: usize = 8;
/// Names longer than this do not push the values of the others to the right.
const LONGEST_NAME: usize = 32;
/// New documents of more lines are shown to the half of this.
const LONGEST_DOCUMENT: usize = 24;

/// How the names and values of one resource are lined up.
pub(crate) struct Columns {
    name: usize,
    width: usize,
}

impl Columns {
    /// The columns for `properties` on a terminal of `width` columns.
    pub(crate) fn of(properties: &[PropertyChange], width: usize) -> Self {
        let lengths = properties.iter().map(|property| value::name(&property.path).chars().count());
        Self { name: lengths.filter(|length| *length <= LONGEST_NAME).max().unwrap_or(0), width }
    }

    fn room(&self) -> usize {
        self.width.saturating_sub(BASE + self.name + 3).max(20)
    }
}

/// The lines of one property, each with a line feed.
pub(crate) fn lines(property: &PropertyChange, columns: &Columns) -> String {
    let (sign, style) = match (&property.before, &property.after) {
        (None, _) => ("+", GREEN),
        (_, None) => ("-", RED),
        _ => ("~", YELLOW),
    };
    let name = format!("{:width$}", value::name(&property.path), width = columns.name);
    let prefix = format!("      {} {name} = ", paint(style, sign));
    let notes = notes(property);
    if property.sensitive {
        return format!("{prefix}{SENSITIVE}{notes}\n");
    }
    let before = property.before.as_ref().map(|json| value::block(&value::from_state(json), columns.room()));
    let after = property.after.as_ref().map(|value| value::block(value, columns.room()));
    match (before, after) {
        (Some(before), Some(after)) => changed(&prefix, &before, &after, &notes, columns),
        (before, after) => whole(&prefix, &before.or(after).unwrap_or_default(), &notes),
    }
}

fn notes(property: &PropertyChange) -> String {
    let mut notes = String::new();
    if property.raw {
        let _ = write!(notes, " {}", paint(CYAN, "# raw"));
    }
    if property.forces_replacement {
        let _ = write!(notes, " {}", paint(RED, "# forces replacement"));
    }
    notes
}

/// A value that is new, or gone.
fn whole(prefix: &str, lines: &[Line], notes: &str) -> String {
    let mut text = String::new();
    let folded = folded(lines);
    for (at, line) in lines.iter().enumerate() {
        if at == folded.start && !folded.is_empty() {
            let more = format!("{}# ({} more lines)", " ".repeat(BASE + 4), folded.len());
            let _ = writeln!(text, "{}", paint(DIM, more));
        }
        if folded.contains(&at) {
            continue;
        }
        let lead = if at == 0 { prefix.to_owned() } else { " ".repeat(BASE + line.indent) };
        let line = if at == 0 { format!("{lead}{}{notes}", shown(line)) } else { format!("{lead}{}", shown(line)) };
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// Which lines of a long document are left out.
fn folded(lines: &[Line]) -> Range<usize> {
    let is_document = lines.first().is_some_and(|line| line.text.ends_with(value::DOCUMENT));
    if is_document && lines.len() > LONGEST_DOCUMENT { LONGEST_DOCUMENT / 2..lines.len() - 1 } else { 0..0 }
}

fn shown(line: &Line) -> String {
    if line.text == value::UNKNOWN { paint(DIM, &line.text) } else { line.text.clone() }
}

fn changed(prefix: &str, before: &[Line], after: &[Line], notes: &str, columns: &Columns) -> String {
    let ([old], [new]) = (before, after) else {
        return changed_block(prefix, before, after, notes);
    };
    let arrow = paint(YELLOW, "->");
    if old.text.chars().count() + new.text.chars().count() + 4 <= columns.room() {
        return format!("{prefix}{} {arrow} {}{notes}\n", old.text, shown(new));
    }
    let lead = " ".repeat(BASE + columns.name);
    format!("{prefix}{}{notes}\n{lead}{arrow} {}\n", old.text, shown(new))
}

/// A change of several lines: only those that differ, and what is around them.
fn changed_block(prefix: &str, before: &[Line], after: &[Line], notes: &str) -> String {
    let mut lines = difference(before, after).into_iter().peekable();
    let opening = lines.next_if(|line| matches!(line, Difference::Kept(_)));
    let opening = if let Some(Difference::Kept(line)) = &opening { line.text.as_str() } else { "" };
    let mut text = format!("{}{notes}\n", format!("{prefix}{opening}").trim_end());
    for line in lines {
        let _ = match line {
            Difference::Kept(line) => {
                writeln!(text, "{}", format!("{}{}", " ".repeat(BASE + line.indent), line.text).trim_end())
            }
            Difference::Removed(line) => writeln!(text, "{}", signed("-", &line)),
            Difference::Added(line) => writeln!(text, "{}", signed("+", &line)),
            Difference::Hidden(count) => {
                let lines = super::style::counted(count, "unchanged line");
                writeln!(text, "{}", paint(DIM, format!("{}# ({lines} hidden)", " ".repeat(BASE + 4))))
            }
        };
    }
    text
}

fn signed(sign: &str, line: &Line) -> String {
    let style = if sign == "-" { RED } else { GREEN };
    format!("{}{}", " ".repeat(BASE + line.indent - 2), paint(style, format!("{sign} {}", line.text)))
}

/// What a value was and becomes, on one line.
pub(crate) fn transition(before: Option<&Json>, after: Option<&Planned>, width: usize) -> String {
    let room = width.saturating_sub(BASE).max(20);
    let short = |value: &Planned| super::style::shorten(&value::inline(value), room);
    match (before.map(value::from_state), after) {
        (Some(before), Some(after)) => format!("{} {} {}", short(&before), paint(YELLOW, "->"), short(after)),
        (Some(before), None) => short(&before),
        (None, Some(after)) => short(after),
        (None, None) => String::new(),
    }
}
