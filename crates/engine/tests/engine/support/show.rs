//! A plan as short text, for tests that show what a person would see.

use std::fmt::Write as _;

use ironwright_engine::{Plan, Reason};

pub(crate) fn show(plan: &Plan) -> String {
    let mut text = String::new();
    for change in &plan.changes {
        let reasons: Vec<String> = change.reasons.iter().map(reason).collect();
        let from = change.moved_from.as_ref().map(|from| format!(" from {from}")).unwrap_or_default();
        let _ = writeln!(text, "{:>3} {} ({}){from}", change.action.symbol(), change.address, reasons.join(", "));
        for property in &change.properties {
            let before = property.before.as_ref().map_or("nothing".to_owned(), ToString::to_string);
            let after = property.after.as_ref().map_or("nothing".to_owned(), |after| {
                if after.has_unknown() { "(known after apply)".to_owned() } else { after.to_json("").to_string() }
            });
            let mark = if property.forces_replacement { "  # forces replacement" } else { "" };
            let _ = writeln!(text, "      {}: {before} -> {after}{mark}", property.path);
        }
    }
    text
}

fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Changed { properties } => format!("changed {}", properties.join(" ")),
        Reason::Drifted { properties } => format!("drifted {}", properties.join(" ")),
        Reason::ForcedBy { properties } => format!("forced by {}", properties.join(" ")),
        Reason::MayBeForcedBy { properties } => format!("may be forced by {}", properties.join(" ")),
        Reason::Dependency { address } => format!("needs {address}"),
        other => format!("{other:?}").to_lowercase(),
    }
}
