//! What the cloud has otherwise than the state, as the `refresh` command shows it.

use std::fmt::Write as _;

use ironwright_engine::{Action, Drift};

use super::property::{self, Columns};
use super::style::{BOLD, GOOD, counted, paint, symbol};

/// Each resource that differs, with what differs.
pub(crate) fn drift(drift: &[Drift], width: usize) -> String {
    if drift.is_empty() {
        let title = paint(GOOD, "No drift.");
        return format!("{title} The cloud has everything as it was last applied.\n");
    }
    let mut text = String::new();
    for resource in drift {
        text.push_str(&one(resource, width));
    }
    let missing = drift.iter().filter(|resource| resource.missing).count();
    let _ = writeln!(
        text,
        "{} {} changed, {missing} gone.",
        paint(BOLD, "Drift:"),
        counted(drift.len() - missing, "resource")
    );
    text
}

fn one(drift: &Drift, width: usize) -> String {
    let (action, fate) = if drift.missing {
        (Action::Delete, "is gone from the cloud")
    } else {
        (Action::Update, "changed outside of Ironwright")
    };
    let (address, id) = (paint(BOLD, &drift.address), &drift.physical_id);
    let mut text = format!("  # {address} {fate}\n{} {} {address} [{id}]", symbol(action), drift.type_name);
    if drift.missing || drift.properties.is_empty() {
        return text + "\n\n";
    }
    let columns = Columns::of(&drift.properties, width);
    let body: String = drift.properties.iter().map(|property| property::lines(property, &columns)).collect();
    let _ = write!(text, " {{\n{body}    }}\n\n");
    text
}
