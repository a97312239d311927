//! What an apply did, for a person: the failures with what is live now, what was not started, and the next command.

use std::fmt::Write as _;

use ironwright_core::Diagnostic;
use ironwright_engine::{Action, Counts, Failure, Report};

use super::style::{BOLD, GREEN, RED, YELLOW, counted, paint, symbol};

/// Past this many, what was not started is counted instead of listed.
const MOST_NOT_STARTED: usize = 20;

/// The end of a run, as one line.
pub(crate) fn summary(report: &Report, destroy: bool) -> String {
    ended(report, if destroy { "Destroy" } else { "Apply" }, destroy)
}

/// The same of a rollback.
pub(crate) fn summary_of_rollback(report: &Report) -> String {
    ended(report, "Rollback", false)
}

fn ended(report: &Report, run: &str, destroy: bool) -> String {
    let (end, style) = match (report.interrupted, report.failed.is_empty()) {
        (true, _) => ("interrupted.", YELLOW),
        (false, false) => ("incomplete.", RED),
        (false, true) => ("complete!", GREEN),
    };
    format!("{} {}", paint(style.bold(), format!("{run} {end}")), resources(report.counts(), destroy))
}

fn resources(counts: Counts, destroy: bool) -> String {
    let Counts { import, add, change, destroy: destroyed, forget } = counts;
    let imported = if import == 0 { String::new() } else { format!("{import} imported, ") };
    let forgotten = if forget == 0 { String::new() } else { format!(", {forget} forgotten") };
    if destroy && import + add + change == 0 {
        return format!("Resources: {destroyed} destroyed{forgotten}.");
    }
    format!("Resources: {imported}{add} added, {change} changed, {destroyed} destroyed{forgotten}.")
}

/// Each failure as a diagnostic: what could not be done, why, and what is live at that address now.
pub(crate) fn failure(failure: &Failure) -> Diagnostic {
    let Failure { address, type_name, action, error, source, live } = failure;
    let message = format!("the {type_name} could not be {}: {error}", participle(*action));
    let live = match live {
        Some(id) => format!("live now: {id}"),
        None => "live now: nothing at this address".to_owned(),
    };
    let diagnostic = Diagnostic::error("provider", message).at(address).related(live, None);
    source.iter().fold(diagnostic, Diagnostic::source)
}

/// `created`, as in "could not be created".
pub(crate) fn participle(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Read => "read",
        Action::Update => "updated",
        Action::DestroyThenCreate | Action::CreateThenDestroy => "replaced",
        Action::Delete => "destroyed",
        Action::Import => "imported",
        Action::Forget => "forgotten",
        _ => "done",
    }
}

/// What an incomplete run leaves: what is live, what was not started and because of what, and the next command. `login`
/// begins a session anew, where credentials have run out.
pub(crate) fn leftovers(report: &Report, next: &str, login: &str) -> String {
    let mut text = not_started(report);
    let (live, is) = (counted(report.live, "resource"), if report.live == 1 { "is" } else { "are" });
    let _ = writeln!(text, "{live} {is} live now and known to the state; nothing needs an edit by hand.");
    if report.expired {
        let login = paint(BOLD, login);
        let _ = writeln!(
            text,
            "The credentials have run out. Get new ones ({login}), then go on with: {}",
            paint(BOLD, next)
        );
        return text;
    }
    let cause = if report.failed.is_empty() { "To go on" } else { "Mend the cause, then go on" };
    let _ = writeln!(text, "{cause} with: {}", paint(BOLD, next));
    text
}

/// What was accepted and may not be ready yet; nothing where there is none. `next` tells how that ended.
pub(crate) fn not_waited_for(report: &Report, next: &str) -> String {
    let named: Vec<&str> = report.not_waited_for.iter().map(ironwright_core::Address::as_str).collect();
    match named.as_slice() {
        [] => String::new(),
        named => format!("Not waited for, and perhaps not ready yet: {}. How that ended: {next}", named.join(", ")),
    }
}

/// What a run says that is ended by a second signal.
pub(crate) fn stopped_at_once(next: &str) -> String {
    let what = "Stopped at once: what was in flight is not known to have succeeded or failed. The next run looks.";
    format!("\n{what}\nTo go on, type: {}\n", paint(BOLD, next))
}

/// What waits for a failure is listed with it; what was not started since the run was stopped is counted.
fn not_started(report: &Report) -> String {
    let waiting = || report.not_started.iter().filter_map(|one| one.because_of.as_ref().map(|failed| (one, failed)));
    let (listed, stopped) = (waiting().count(), report.not_started.len() - waiting().count());
    if report.not_started.is_empty() {
        return String::new();
    }
    let mut text = format!("{}\n", paint(BOLD, "Not started:"));
    for (operation, failed) in waiting().take(MOST_NOT_STARTED) {
        let _ = writeln!(text, "{} {}: {failed} failed", symbol(operation.action), operation.address);
    }
    if listed > MOST_NOT_STARTED {
        let _ = writeln!(text, "    and {} more", listed - MOST_NOT_STARTED);
    }
    if stopped > 0 {
        let why = if report.expired { "since the credentials had run out" } else { "since the run was stopped" };
        let _ = writeln!(text, "    {}, {why}", counted(stopped, "operation"));
    }
    text + "\n"
}
