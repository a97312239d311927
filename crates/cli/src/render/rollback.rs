//! What stands before the plan of a rollback: where it goes, and what does not come back.

use std::fmt::Write as _;

use ironwright_core::Diagnostic;
use ironwright_engine::Preview;

use super::style::{BOLD, RED, paint, wrap};

/// The code of warnings about what a rollback cannot undo.
const CANNOT_UNDO: &str = "cannot-undo";

/// Whether `warning` stands before the plan already.
pub(crate) fn is_told_first(warning: &Diagnostic) -> bool {
    warning.code == CANNOT_UNDO
}

/// Where the plan goes, and what it cannot undo; empty where it is no rollback.
pub(crate) fn announcement(plan: &Preview, width: usize) -> String {
    let Some(serial) = plan.rollback_to else {
        return String::new();
    };
    let of = plan.rollback_of.as_ref().map(|address| format!(" of {address}")).unwrap_or_default();
    let title = format!("Rollback{of} to version {serial} of the state");
    let mut text = format!("{}\n\n", paint(BOLD, title));
    let told: Vec<&Diagnostic> = plan.warnings.iter().filter(|warning| is_told_first(warning)).collect();
    if told.is_empty() {
        return text;
    }
    let _ = writeln!(text, "{}", paint(RED, "This cannot be undone:"));
    for warning in told {
        text.push_str(&point(warning, width));
    }
    text + "\n"
}

fn point(warning: &Diagnostic, width: usize) -> String {
    let place = warning.address.as_ref().map(|address| format!("{}: ", paint(BOLD, address))).unwrap_or_default();
    let property = warning.property.as_ref().map(|property| format!("{property}: ")).unwrap_or_default();
    let width = width.saturating_sub(4).max(20);
    let lines = wrap(&format!("{place}{property}{}", warning.message), width).into_iter();
    let help = warning.help.iter().flat_map(|help| wrap(help, width - 2)).map(|line| format!("  {line}"));
    let mut text = String::new();
    for (at, line) in lines.chain(help).enumerate() {
        let _ = writeln!(text, "{}{line}", if at == 0 { "  - " } else { "    " });
    }
    text
}
