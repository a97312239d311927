//! `plan`: what an apply would do. Writes nothing (invariant I4).

use std::path::Path;

use ironwright_core::{Diagnostics, Graph};
use ironwright_engine::{Preview, SavedPlan};

use super::{apply_saved, which};
use crate::arguments::{PlanArguments, PlanFormat};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::render::json::{Line, PlanSummary};
use crate::render::plan::View;
use crate::render::{markdown, plan, rollback};
use crate::reveal::Revealer;
use crate::session::{Built, Run, Session, Story};
use crate::subject::Deployment;
use crate::target::Access;

/// Plans and prints the plan.
pub(crate) fn run(session: &Session<'_>, arguments: &PlanArguments) -> Result<Exit, CommandError> {
    let (deployment, graph, warnings) = subject(session, arguments.saving.destroy)?;
    let markdown = arguments.format == PlanFormat::Md && !session.common.json;
    let story = if markdown { Story::Error } else { Story::Output };
    let engine = session.engine(&deployment, story, Access::Read, Run::reading("plan"))?;
    session.show(&warnings);
    let options = session.plan_options(arguments.planning.refresh, &arguments.planning.replace);
    let mut options = arguments.planning.renames.note(arguments.planning.selection.narrow(options)?);
    // Nobody and no script acts on what is only printed.
    options.only_shown = arguments.saving.out.is_none() && !arguments.detailed_exitcode;
    let progress = session.progress(0);
    let reveals = session.shows_secrets(&arguments.secrets)?;
    let runtime = session.runtime()?;
    let plan = which::plan(session, &mut options, |options| {
        runtime.block_on(progress.during(apply_saved::plan(&engine, graph.as_ref(), options, &*progress)))
    })?;
    let revealed = if reveals {
        let state = runtime.block_on(engine.state())?;
        Some(Revealer::new(&engine, &state).preview(&plan)?)
    } else {
        None
    };
    let told: &Preview = revealed.as_ref().unwrap_or(&plan);
    let view = View { sources: arguments.planning.sources, width: session.terminal.width() };
    print(session, told, session.target(&deployment)?.name(), arguments.format, view);
    if let Some(file) = &arguments.saving.out {
        let saved = runtime.block_on(engine.save_plan(&plan, graph.as_ref(), &options))?;
        save(session, &saved, file, story)?;
    }
    Ok(if arguments.detailed_exitcode && !plan.is_empty() { Exit::Changes } else { Exit::Done })
}

/// What is planned for: the program, or nothing where everything is destroyed; and what is notable of it.
fn subject(session: &Session<'_>, destroy: bool) -> Result<(Deployment, Option<Graph>, Diagnostics), CommandError> {
    if destroy {
        return Ok((session.deployment()?, None, Diagnostics::new()));
    }
    let Built { deployment, graph, warnings } = session.graph_in_region()?;
    Ok((deployment, Some(graph), warnings))
}

/// Writes the file, and says how to apply it.
fn save(session: &Session<'_>, saved: &SavedPlan, file: &Path, story: Story) -> Result<(), CommandError> {
    let name = file.display().to_string();
    saved.write_file(file).map_err(|error| error.diagnostic(&name))?;
    session.json(&Line::Written { path: name.clone() });
    if !session.common.json {
        let next = session.next(&format!("apply {name}"));
        session.tell(&format!("\nSaved the plan in {name}. To apply exactly this:\n  {next}\n"), story);
    }
    Ok(())
}

/// Prints `plan` and its warnings: as text, as JSON, or as Markdown.
pub(super) fn print(session: &Session<'_>, plan: &Preview, target: &str, format: PlanFormat, view: View) {
    if format == PlanFormat::Text || session.common.json {
        return show(session, plan, view);
    }
    session.terminal.print(&markdown::plan(plan, target));
    session.show(&plan.warnings);
}

/// Prints `plan` and its warnings, for a person or as JSON.
pub(crate) fn show(session: &Session<'_>, plan: &Preview, view: View) {
    if !session.common.json {
        session.terminal.print(&plan::plan(plan, view));
        let further = plan.warnings.iter().filter(|warning| !rollback::is_told_first(warning));
        return session.show(&further.cloned().collect());
    }
    session.show(&plan.warnings);
    plan.partial.iter().for_each(|partial| session.json(&Line::Partial(partial)));
    plan.recovering.iter().for_each(|operation| session.json(&Line::Recovering(operation)));
    plan.reads.iter().for_each(|read| session.json(&Line::from(read)));
    plan.changes.iter().for_each(|change| session.json(&Line::from(change)));
    plan.outputs.iter().for_each(|output| session.json(&Line::from(output)));
    session.json(&Line::PlanSummary(PlanSummary { changes: !plan.is_empty(), counts: plan.counts() }));
}
