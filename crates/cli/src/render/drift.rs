//! What the cloud has otherwise than the state, as the `refresh` command shows it.

use std::fmt::Write as _;

use ironwright_engine::{Action, Drift, Preview};

use super::property::{self, Columns};
use super::style::{BOLD, DIM, GOOD, counted, paint, symbol};
use super::three_way;

/// Each resource that differs, with what differs, and what the program says of it where `plan` tells.
pub(crate) fn drift(drift: &[Drift], plan: Option<&Preview>, width: usize) -> String {
    if drift.is_empty() {
        let title = paint(GOOD, "No drift.");
        return format!("{title} The cloud has everything as it was last applied.\n");
    }
    let mut text = String::new();
    for resource in drift {
        text.push_str(&one(resource, plan, width));
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

fn one(drift: &Drift, plan: Option<&Preview>, width: usize) -> String {
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
    let sides = plan.map(|plan| three_way::sides(plan, drift)).unwrap_or_default();
    let mut body = String::new();
    for property in &drift.properties {
        body.push_str(&property::lines(property, &columns));
        if let Some(side) = sides.get(property.path.as_str()) {
            let _ = writeln!(body, "          {}", paint(DIM, format!("# {}", side.note())));
        }
    }
    let _ = write!(text, " {{\n{body}    }}\n\n");
    text
}
