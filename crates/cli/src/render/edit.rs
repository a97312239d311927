//! An edit of the state as a person reads it before saying yes: `state mv`, `rm`, `push` and `restore`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use ironwright_core::Address;
use ironwright_engine::{Action, Draft, Record};

use super::style::{BOLD, DIM, paint, symbol};

/// How many addresses of a kind are listed.
const LISTED: usize = 20;

/// What the edit does to the state.
pub(crate) fn draft(draft: &Draft) -> String {
    let mut text = String::new();
    for (from, to) in &draft.moved {
        let _ = writeln!(text, "  {from} -> {}", paint(BOLD, to));
    }
    if draft.moved.is_empty() {
        let difference = &draft.difference;
        text.push_str(&addresses(Action::Create, &difference.added));
        text.push_str(&addresses(Action::Update, &difference.changed));
        text.push_str(&addresses(Action::Delete, &difference.removed));
    }
    for operation in &draft.given_up {
        let _ = writeln!(
            text,
            "{} {} {}",
            symbol(Action::Forget),
            operation.address,
            paint(DIM, format!("(an interrupted {} is given up)", operation.action))
        );
    }
    text + &unmanaged(&draft.unmanaged)
}

fn addresses(action: Action, addresses: &BTreeSet<Address>) -> String {
    let mut text = String::new();
    for address in addresses.iter().take(LISTED) {
        let _ = writeln!(text, "{} {address}", symbol(action));
    }
    if let Some(more) = addresses.len().checked_sub(LISTED).filter(|more| *more > 0) {
        let _ = writeln!(text, "{} {}", symbol(action), paint(DIM, format!("and {more} more")));
    }
    text
}

fn unmanaged(records: &[Record]) -> String {
    if records.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", paint(BOLD, "Not managed any more, and left in the cloud as it is:"));
    for Record { address, type_name, physical_id, .. } in records {
        let _ = writeln!(
            text,
            "{} {type_name} {address} {}",
            symbol(Action::Forget),
            paint(DIM, format!("[{physical_id}]"))
        );
    }
    text
}
