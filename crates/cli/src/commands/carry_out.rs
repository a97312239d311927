//! What `apply` and `destroy` share once there is a plan: ask, carry it out, and say what was done.

use ironwright_core::{Diagnostic, Diagnostics};
use ironwright_engine::{Engine, EngineError, Plan, Report, Stop};
use tokio::runtime::Runtime;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::render::json::Line;
use crate::render::{outputs, partial, report};
use crate::session::Session;
use crate::signals;

/// Whether the plan may be carried out, or how to ask.
pub(crate) struct Consent<'a> {
    /// `--yes` was given.
    pub(crate) given: bool,
    /// The command, as it is typed.
    pub(crate) command: &'a str,
    /// What to ask.
    pub(crate) question: &'a str,
}

/// Carries out `plan` once there is consent. A plan of nothing needs none.
pub(crate) fn run(
    session: &Session<'_>,
    engine: &Engine,
    runtime: &Runtime,
    plan: &Plan,
    consent: &Consent<'_>,
) -> Result<Exit, CommandError> {
    if !plan.is_empty() {
        if !consent.given && !ask(session, consent)? {
            session.terminal.line("\nCancelled: nothing was changed.");
            return Ok(Exit::Error);
        }
        let report = carry_out(session, engine, runtime, plan)?;
        if !report.is_complete() {
            return Ok(incomplete(session, plan, &report));
        }
        say_done(session, plan, &report);
        session.say_unsealed(&report);
    }
    if !plan.destroy {
        session.let_others_in(engine, runtime)?;
    }
    show_outputs(session, engine, runtime)?;
    Ok(Exit::Done)
}

/// Asks for consent. Where nobody can be asked, an error says what to type.
pub(super) fn ask(session: &Session<'_>, consent: &Consent<'_>) -> Result<bool, CommandError> {
    if session.common.json || !session.terminal.features().interactive {
        let error = Diagnostic::error("consent-missing", "nobody can be asked here, so nothing was changed");
        let next = session.next(&format!("{} --yes", consent.command));
        return Err(CommandError::usage(error.help(format!("to go on without being asked, type:\n  {next}"))));
    }
    let question = format!("\n{}\n  Only 'yes' is taken as consent.\n\n  Enter a value: ", consent.question);
    let answer = session.terminal.ask(&question);
    Ok(answer.as_deref() == Some("yes"))
}

/// Runs the plan under signals and progress. A run that was broken off still tells what it did.
fn carry_out(session: &Session<'_>, engine: &Engine, runtime: &Runtime, plan: &Plan) -> Result<Report, CommandError> {
    let stop = Stop::new();
    let next = session.next(&again(plan));
    signals::catch(&stop, &session.terminal, report::stopped_at_once(&next));
    let counts = plan.counts();
    let progress = session.progress(counts.import + counts.add + counts.change + counts.destroy + counts.forget);
    if !session.common.json {
        session.terminal.line("");
    }
    match runtime.block_on(progress.during(engine.apply(plan, &stop, progress.clone()))) {
        Err(EngineError::BrokenOff { error, report }) => {
            show_report(session, plan, &report);
            Err(EngineError::BrokenOff { error, report }.into())
        }
        result => Ok(result?),
    }
}

fn say_done(session: &Session<'_>, plan: &Plan, report: &Report) {
    tell_not_waited_for(session, report);
    session.json(&Line::summary(report));
    if !session.common.json {
        session.terminal.line(&format!("\n{}", summary(plan, report)));
    }
    let next = session.next(if plan.destroy { "state list" } else { "plan" });
    if let Some(warning) = plan.partial.as_ref().and_then(|partial| partial::warning(partial, &next)) {
        session.show(&warning.into());
    }
}

fn tell_not_waited_for(session: &Session<'_>, report: &Report) {
    report.not_waited_for.iter().for_each(|address| session.json(&Line::NotWaitedFor { address }));
    let text = report::not_waited_for(report, &session.next("plan"));
    if !session.common.json && !text.is_empty() {
        session.terminal.line(&text);
    }
}

fn summary(plan: &Plan, report: &Report) -> String {
    if plan.rollback_to.is_some() { report::summary_of_rollback(report) } else { report::summary(report, plan.destroy) }
}

/// The command that goes on with `plan`.
fn again(plan: &Plan) -> String {
    if let Some(address) = &plan.rollback_of {
        return format!("rollback {address}");
    }
    let command = match (plan.rollback_to, plan.destroy) {
        (Some(_), _) => "rollback",
        (None, true) => "destroy",
        (None, false) => "apply",
    };
    partial::command(command, plan.partial.as_ref())
}

/// Tells what failed, what is live, what was not started and what to type.
fn incomplete(session: &Session<'_>, plan: &Plan, report: &Report) -> Exit {
    show_report(session, plan, report);
    session.say_unsealed(report);
    if report.interrupted { Exit::Interrupted } else { Exit::PartlyApplied }
}

fn show_report(session: &Session<'_>, plan: &Plan, report: &Report) {
    let failures: Diagnostics = report.failed.iter().map(report::failure).collect();
    if !session.common.json {
        session.terminal.line("");
    }
    session.show(&failures);
    if session.common.json {
        for operation in &report.not_started {
            let because_of = operation.because_of.as_ref();
            session.json(&Line::NotStarted { address: &operation.address, action: operation.action, because_of });
        }
        tell_not_waited_for(session, report);
        return session.json(&Line::summary(report));
    }
    tell_not_waited_for(session, report);
    let next = session.next(&again(plan));
    let text = format!("{}\n{}\n", report::leftovers(report, &next, &session.login()), summary(plan, report));
    session.terminal.print(&text);
}

fn show_outputs(session: &Session<'_>, engine: &Engine, runtime: &Runtime) -> Result<(), CommandError> {
    let state = runtime.block_on(engine.state())?;
    if session.common.json {
        super::output::json(session, &state.outputs);
    } else {
        session.terminal.print(&outputs::section(&state.outputs));
    }
    Ok(())
}
