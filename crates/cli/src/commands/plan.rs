//! `plan`: what an apply would do. Writes nothing (invariant I4).

use ironwright_engine::Plan;

use crate::arguments::{PlanArguments, PlanFormat};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::render::json::{Line, PlanSummary};
use crate::render::plan::View;
use crate::render::{markdown, plan};
use crate::session::{Run, Session, Story, runtime};
use crate::target::Access;

/// Plans and prints the plan.
pub(crate) fn run(session: &Session<'_>, arguments: &PlanArguments) -> Result<Exit, CommandError> {
    let built = session.graph_in_region()?;
    let markdown = arguments.format == PlanFormat::Md && !session.common.json;
    let story = if markdown { Story::Error } else { Story::Output };
    let engine = session.engine(&built.deployment, story, Access::Read, Run::reading("plan"))?;
    session.show(&built.warnings);
    let options = session.plan_options(arguments.planning.refresh, &arguments.planning.replace);
    let progress = session.progress(0);
    let plan = runtime()?.block_on(progress.during(engine.plan(&built.graph, &options, &*progress)))?;
    if markdown {
        session.terminal.print(&markdown::plan(&plan, session.target(&built.deployment)?.name()));
        session.show(&plan.warnings);
    } else {
        let view =
            View { graph: Some(&built.graph), sources: arguments.planning.sources, width: session.terminal.width() };
        show(session, &plan, view);
    }
    Ok(if arguments.detailed_exitcode && !plan.is_empty() { Exit::Changes } else { Exit::Done })
}

/// Prints `plan` and its warnings, for a person or as JSON.
pub(crate) fn show(session: &Session<'_>, plan: &Plan, view: View<'_>) {
    if !session.common.json {
        session.terminal.print(&plan::plan(plan, view));
        return session.show(&plan.warnings);
    }
    session.show(&plan.warnings);
    plan.recovering.iter().for_each(|operation| session.json(&Line::Recovering(operation)));
    plan.reads.iter().for_each(|read| session.json(&Line::from(read)));
    plan.changes.iter().for_each(|change| session.json(&Line::from(change)));
    plan.outputs.iter().for_each(|output| session.json(&Line::from(output)));
    session.json(&Line::PlanSummary(PlanSummary { changes: !plan.is_empty(), counts: plan.counts() }));
}
