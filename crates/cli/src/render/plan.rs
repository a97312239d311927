//! The plan as a person reads it on a terminal: Terraform's words and symbols. How one property looks lives in `property`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use ironwright_engine::{Action, Change, Counts, OutputChange, Preview, Reason};

use super::moved;
use super::outputs;
use super::partial;
use super::property::{self, Columns};
use super::reason;
use super::rollback;
use super::style::{BOLD, DIM, GOOD, GREEN, RED, YELLOW, counted, paint, symbol};

/// What is shown of a plan, and how wide.
#[derive(Clone, Copy)]
pub(crate) struct View {
    /// Whether each resource names its source line.
    pub(crate) sources: bool,
    /// The columns of the terminal.
    pub(crate) width: usize,
}

/// The whole plan; its last line is `Plan: …` or `No changes.`
pub(crate) fn plan(plan: &Preview, view: View) -> String {
    let mut text = String::new();
    text.push_str(&rollback::announcement(plan, view.width));
    text.push_str(&partial::announcement(plan.partial.as_ref()));
    text.push_str(&recovering(plan));
    text.push_str(&drift(plan));
    let changes: Vec<_> = plan.changes.iter().filter(|change| !change.stays()).collect();
    if plan.is_empty() {
        let _ = writeln!(text, "{} {}", paint(GOOD, "No changes."), unchanged(plan));
        return text;
    }
    text.push_str(&legend(&changes, !plan.reads.is_empty()));
    text.push_str(&reads(plan, view.width));
    for change in changes {
        let _ = writeln!(text, "{}", resource(change, view));
    }
    text.push_str(&state_only(plan));
    text.push_str(&changed_outputs(plan, view.width));
    let _ = writeln!(text, "{}", summary(plan.counts()));
    text
}

fn unchanged(plan: &Preview) -> &'static str {
    if plan.rollback_of.is_some() {
        return "It is as it was in that version.";
    }
    if plan.rollback_to.is_some() {
        return "That version and what is deployed agree.";
    }
    match (plan.destroy, plan.partial.is_some()) {
        (true, false) => "Nothing is deployed.",
        (true, true) => "Nothing of this part is deployed.",
        (false, false) => "The program and what is deployed agree.",
        (false, true) => "In this part, the program and what is deployed agree.",
    }
}

/// `Plan: 1 to import, 2 to add, 1 to change, 0 to destroy.`
pub(crate) fn summary(counts: Counts) -> String {
    let Counts { import, add, change, destroy, forget } = counts;
    let import = if import == 0 { String::new() } else { format!("{import} to import, ") };
    let forget = if forget == 0 { String::new() } else { format!(", {forget} to forget") };
    format!("{} {import}{add} to add, {change} to change, {destroy} to destroy{forget}.", paint(BOLD, "Plan:"))
}

fn recovering(plan: &Preview) -> String {
    if plan.recovering.is_empty() {
        return String::new();
    }
    let count = counted(plan.recovering.len(), "operation");
    let mut text = format!("{}\n", paint(BOLD, format!("Recovering {count} of an interrupted run first:")));
    for operation in &plan.recovering {
        let _ = writeln!(text, "{} {} ({})", symbol(operation.action), operation.address, operation.action);
    }
    text + "\n"
}

fn drift(plan: &Preview) -> String {
    let lines: Vec<String> = plan.changes.iter().filter_map(drift_line).collect();
    if lines.is_empty() {
        return String::new();
    }
    let title = paint(BOLD, "Changed outside of Ironwright since the last apply:");
    format!("{title}\n{}\n\n", lines.join("\n"))
}

fn drift_line(change: &Change) -> Option<String> {
    change.reasons.iter().find_map(|reason| match reason {
        Reason::Drifted { properties } => {
            Some(format!("{} {}: {}", symbol(Action::Update), change.address, reason::list(properties)))
        }
        Reason::Missing => Some(format!("{} {}: gone", symbol(Action::Delete), change.address)),
        _ => None,
    })
}

/// The values that were read from stores.
fn reads(plan: &Preview, width: usize) -> String {
    let lines = plan.reads.iter().map(|read| {
        let value = property::transition(None, Some(&read.value), width);
        format!("{} {} in {} = {value}\n", symbol(Action::Read), read.reference, read.region)
    });
    let text: String = lines.collect();
    if text.is_empty() { text } else { text + "\n" }
}

/// What the symbols mean that are used.
fn legend(changes: &[&Change], reads: bool) -> String {
    let mut used: BTreeSet<Action> = changes.iter().map(|change| change.action).collect();
    used.remove(&Action::NoOp);
    if reads {
        used.insert(Action::Read);
    }
    if used.is_empty() {
        return String::new();
    }
    let mut text = "Ironwright will perform these actions:\n".to_owned();
    for action in used {
        let _ = writeln!(text, "{} {}", symbol(action), meaning(action));
    }
    text + "\n"
}

fn meaning(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Read => "read",
        Action::Update => "update in place",
        Action::DestroyThenCreate => "replace: destroy, then create",
        Action::CreateThenDestroy => "replace: create, then destroy",
        Action::Delete => "destroy",
        Action::Import => "import: take it over from the cloud",
        Action::Forget => "forget: leave it in the cloud",
        _ => "no change",
    }
}

/// Resources whose options change, which only the state knows.
fn state_only(plan: &Preview) -> String {
    let addresses: Vec<String> = plan.state_only.iter().map(ToString::to_string).collect();
    if addresses.is_empty() {
        return String::new();
    }
    format!("Only the state changes for {}: options such as `protect`.\n\n", reason::list(&addresses))
}

/// One resource: why, what, and its properties.
fn resource(change: &Change, view: View) -> String {
    if let Some(moved) = moved::alone(change, view) {
        return moved;
    }
    let mut text = format!("  # {} {}", paint(BOLD, &change.address), reason::sentence(change));
    if let Some(source) = change.source.as_ref().filter(|_| view.sources) {
        let _ = write!(text, " {}", paint(DIM, format!("({source})")));
    }
    text.push_str(&moved::note(change));
    let id = change.physical_id.as_ref().map(|id| paint(DIM, format!(" [{id}]"))).unwrap_or_default();
    let head = format!("{} {} {}{id}", symbol(change.action), change.type_name, paint(BOLD, &change.address));
    let body = body(change, view);
    if body.is_empty() {
        let _ = write!(text, "\n{head}\n");
    } else {
        let _ = write!(text, "\n{head} {{\n{body}    }}\n");
    }
    text
}

fn body(change: &Change, view: View) -> String {
    let columns = Columns::of(&change.properties, view.width);
    let mut text: String = change.properties.iter().map(|p| property::lines(p, &columns)).collect();
    let hidden = change.unchanged;
    if hidden > 0 {
        let word = if hidden == 1 { "property" } else { "properties" };
        let _ = writeln!(text, "{}", paint(DIM, format!("        # ({hidden} unchanged {word} hidden)")));
    }
    text
}

fn changed_outputs(plan: &Preview, width: usize) -> String {
    let changed: Vec<&OutputChange> = plan.changed_outputs().collect();
    if changed.is_empty() {
        return String::new();
    }
    let names = outputs::names(changed.iter().map(|output| (output.stack.as_str(), output.name.as_str())));
    let longest = names.iter().map(String::len).max().unwrap_or(0);
    let mut text = "Changes to outputs:\n".to_owned();
    for (output, name) in changed.iter().zip(&names) {
        let (sign, style) = match (&output.before, &output.after) {
            (None, _) => ("+", GREEN),
            (_, None) => ("-", RED),
            _ => ("~", YELLOW),
        };
        let value = property::transition(output.before.as_ref(), output.after.as_ref(), width);
        let _ = writeln!(text, "  {} {name:longest$} = {value}", paint(style, sign));
    }
    text + "\n"
}
