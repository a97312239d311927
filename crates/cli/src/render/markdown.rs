//! The plan as Markdown, for a pull request: a table of what happens and why, and the details folded away.

use std::fmt::Write as _;

use ironwright_engine::{Action, Change, Preview};

use super::moved;
use super::partial;
use super::plan::summary;
use super::property::{self, Columns};
use super::reason;

/// The width at which values are broken, as code hosts show it.
const WIDTH: usize = 100;

/// The whole plan.
pub(crate) fn plan(plan: &Preview, target: &str) -> String {
    let mut text = format!("### Plan for `{}`, stage `{}`, target `{target}`\n\n", plan.app, plan.stage);
    text.push_str(&partial::markdown(plan.partial.as_ref()));
    if plan.is_empty() {
        return text + "**No changes.**\n";
    }
    let _ = writeln!(text, "**{}**\n", strip(&summary(plan.counts())));
    if !plan.recovering.is_empty() {
        let _ = writeln!(text, "Recovers {} of an interrupted run first.\n", plan.recovering.len());
    }
    let changes: Vec<_> = plan.changes.iter().filter(|change| !change.stays()).collect();
    text.push_str(&table(&changes));
    for change in changes.iter().filter(|change| !change.properties.is_empty()) {
        text.push_str(&details(change));
    }
    text.push_str(&changed_outputs(plan));
    text
}

fn table(changes: &[&Change]) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let mut text = "| | Resource | Type | Why |\n| --- | --- | --- | --- |\n".to_owned();
    for change in changes {
        let why = why(change);
        let (symbol, address, kind) = (change.action.symbol(), &change.address, &change.type_name);
        let _ = writeln!(text, "| `{symbol}` | `{address}` | `{kind}` | {} |", cell(&why));
    }
    text + "\n"
}

fn why(change: &Change) -> String {
    let reasons = Some(reason::words(&change.reasons)).filter(|words| !words.is_empty());
    let import = (change.action == Action::Import).then(|| "it is in the cloud already".to_owned());
    let all: Vec<String> = moved::cell(change).into_iter().chain(import).chain(reasons).collect();
    if all.is_empty() { "it is new".to_owned() } else { all.join("; ") }
}

fn details(change: &Change) -> String {
    let columns = Columns::of(&change.properties, WIDTH);
    let body: String = change.properties.iter().map(|change| property::lines(change, &columns)).collect();
    let (symbol, address) = (change.action.symbol(), &change.address);
    let title = format!("<details><summary><code>{symbol} {address}</code></summary>");
    format!("{title}\n\n{}\n</details>\n\n", fenced(&strip(&body)))
}

fn changed_outputs(plan: &Preview) -> String {
    let mut lines = String::new();
    for output in plan.changed_outputs() {
        let value = property::transition(output.before.as_ref(), output.after.as_ref(), WIDTH);
        let _ = writeln!(lines, "      {} {}/{} = {value}", sign(output), output.stack, output.name);
    }
    if lines.is_empty() {
        return lines;
    }
    format!("<details><summary>Outputs</summary>\n\n{}\n</details>\n", fenced(&strip(&lines)))
}

fn sign(output: &ironwright_engine::OutputChange) -> &'static str {
    match (&output.before, &output.after) {
        (None, _) => "+",
        (_, None) => "-",
        _ => "~",
    }
}

/// The lines in a fence of colours. Signs move to the first column, where the colours are made from; the fence is longer
/// than any run of backticks inside, so that no value can break out of it.
fn fenced(body: &str) -> String {
    let longest = body.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let lines: Vec<String> = body.lines().map(sign_first).collect();
    format!("{fence}diff\n{}\n{fence}\n", lines.join("\n"))
}

fn sign_first(line: &str) -> String {
    let trimmed = line.trim_start();
    let indent = (line.len() - trimmed.len()).saturating_sub(6);
    let signed = |sign: &str, rest: &str| format!("{sign} {}{rest}", " ".repeat(indent));
    match trimmed.split_at_checked(2) {
        Some(("+ ", rest)) => signed("+", rest),
        Some(("- ", rest)) => signed("-", rest),
        Some(("~ ", rest)) => signed("!", rest),
        _ => format!("  {}{trimmed}", " ".repeat(indent.saturating_sub(2))),
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn strip(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}
