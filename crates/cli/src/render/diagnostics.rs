//! Diagnostics as a person reads them: what is wrong, the line of the program, what belongs to it, what to do.
//!
//! All of them at once, then how many there are. Where the program's source can be read, the line itself is shown.

use std::fmt::Write as _;

use ironwright_core::{Diagnostic, Diagnostics, Severity, Source};

use super::style::{BLUE, BOLD, CYAN, RED, YELLOW, counted, paint, printable, wrap};
use crate::source_lines::SourceLines;

/// Text is broken at this width even where the terminal is wider.
const WIDEST: usize = 120;

/// All of `diagnostics` for a terminal of `width` columns, then the count of errors and warnings.
pub(crate) fn diagnostics(diagnostics: &Diagnostics, lines: &dyn SourceLines, width: usize) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        let _ = writeln!(text, "{}", one(diagnostic, lines, width.min(WIDEST)));
    }
    if diagnostics.len() > 1 {
        let _ = writeln!(text, "{}", count(diagnostics));
    }
    text
}

fn count(diagnostics: &Diagnostics) -> String {
    let of = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    let counts = [(of(Severity::Error), "error"), (of(Severity::Warning), "warning")];
    let words: Vec<_> = counts.iter().filter(|(count, _)| *count > 0).map(|(n, word)| counted(*n, word)).collect();
    paint(BOLD, words.join(", "))
}

fn one(diagnostic: &Diagnostic, lines: &dyn SourceLines, width: usize) -> String {
    let (word, style) = match diagnostic.severity {
        Severity::Error => ("error", RED),
        Severity::Warning => ("warning", YELLOW),
    };
    let mut text = head(diagnostic, word, style.bold(), width);
    if let Some(source) = &diagnostic.source {
        text.push_str(&snippet(source, lines, width));
    }
    for (what, source) in &diagnostic.related {
        let at = source.as_ref().map(|source| format!(" ({source})")).unwrap_or_default();
        text.push_str(&note("", &format!("{what}{at}"), width));
    }
    if let Some(help) = &diagnostic.help {
        text.push_str(&note("help: ", help, width));
    }
    text
}

/// `error: web/server: ImageId: …`, later lines indented.
fn head(diagnostic: &Diagnostic, word: &str, style: anstyle::Style, width: usize) -> String {
    let mut about = String::new();
    if let Some(address) = &diagnostic.address {
        let _ = write!(about, "{address}: ");
    }
    if let Some(property) = &diagnostic.property {
        let _ = write!(about, "{property}: ");
    }
    let said = printable(&format!("{about}{}", diagnostic.message));
    let indent = word.len() + 2;
    let mut text = String::new();
    for (at, line) in wrap(&said, width.saturating_sub(indent).max(20)).iter().enumerate() {
        let lead = if at == 0 { format!("{}{} ", paint(style, word), paint(BOLD, ":")) } else { " ".repeat(indent) };
        let _ = writeln!(text, "{lead}{}", paint(BOLD, line));
    }
    text
}

/// ` --> src/main.rs:14`, and the line itself where it can be read.
fn snippet(source: &Source, lines: &dyn SourceLines, width: usize) -> String {
    let number = source.line.to_string();
    let gutter = " ".repeat(number.len());
    let mut text = format!("{gutter}{} {source}\n", paint(BLUE, "-->"));
    if let Some(line) = lines.line(source) {
        let bar = paint(BLUE, "|");
        let room = width.saturating_sub(number.len() + 3).max(20);
        let code = super::style::shorten(printable(line.trim_end()).trim_start(), room.saturating_sub(4));
        let _ = write!(text, "{gutter} {bar}\n{} {bar}     {code}\n{gutter} {bar}\n", paint(BLUE, number));
    }
    text
}

/// `  = help: …`, later lines indented.
fn note(label: &str, said: &str, width: usize) -> String {
    let indent = 4 + label.len();
    let mut text = String::new();
    for (at, line) in wrap(&printable(said), width.saturating_sub(indent).max(20)).iter().enumerate() {
        let lead = if at == 0 { format!("  {} {}", paint(BLUE, "="), paint(CYAN, label)) } else { " ".repeat(indent) };
        let _ = writeln!(text, "{lead}{line}");
    }
    text
}
