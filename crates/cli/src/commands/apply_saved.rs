//! `apply FILE`: a saved plan, as exactly what it was (invariant I5). It is planned again; where that gives another plan,
//! it is refused with what moved. Nobody is asked: consent was given to the plan in the file.

use std::path::Path;

use ironwright_core::{Diagnostic, Graph};
use ironwright_engine::{Engine, EngineError, Moved, Observer, Plan, PlanOptions, SavedPlan};

use super::carry_out::{self, Consent};
use super::show::read;
use crate::arguments::ApplyArguments;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::render::plan::View;
use crate::session::{Run, Session, Story};
use crate::subject::Deployment;
use crate::target::Access;

/// Plans again, compares, and applies the plan in `file`.
pub(crate) fn run(session: &Session<'_>, file: &Path, arguments: &ApplyArguments) -> Result<Exit, CommandError> {
    let saved = read(file)?;
    let session = &session.at_stage(saved.stage());
    let deployment = deployment(session, &saved)?;
    let run =
        Run { command: "apply", parallelism: arguments.changing.parallelism, no_wait: arguments.changing.no_wait };
    let engine = session.engine(&deployment, Story::Output, Access::Change, run)?;
    saved.check_account(engine.account())?;
    let variables = engine.variables(&saved, &session.common.vars.iter().cloned().collect())?;
    let session = &session.with_variables(&variables);
    let graph = graph(session, &saved)?;
    let (runtime, progress) = (session.runtime()?, session.progress(0));
    let options = saved.options(variables);
    let plan = runtime.block_on(progress.during(plan(&engine, graph.as_ref(), &options, &*progress)))?;
    saved.check(&plan, graph.as_ref()).map_err(|moved| refusal(session, file, &moved, saved.destroys()))?;
    let view = View { sources: arguments.planning.sources, width: session.terminal.width() };
    super::plan::show(session, &plan, view);
    let consent = Consent { given: true, command: "apply", question: "" };
    carry_out::run(session, &engine, runtime, &plan, &consent)
}

/// What moved, and the two ways to go on.
fn refusal(session: &Session<'_>, file: &Path, moved: &Moved, destroys: bool) -> Diagnostic {
    let name = file.display().to_string();
    let (flag, command) = if destroys { (" --destroy", "destroy") } else { ("", "apply") };
    let (anew, without) = (session.next(&format!("plan{flag} --out {name}")), session.next(command));
    let anew = format!("to plan anew, type:\n  {anew}");
    moved.diagnostic(&name).help(format!("{anew}\nto go on from what is there now, without the file:\n  {without}"))
}

/// Where the plan goes: it says so itself, and the command line and the environment must not say otherwise.
fn deployment(session: &Session<'_>, saved: &SavedPlan) -> Result<Deployment, CommandError> {
    let deployment = Deployment {
        app: saved.app().to_owned(),
        stage: saved.stage().to_owned(),
        default_target: Some(saved.target().to_owned()),
        root: if saved.destroys() { None } else { session.deployment()?.root },
        ships: false,
    };
    let stage = session.common.stage.as_deref().unwrap_or(saved.stage());
    saved.check_place(saved.app(), stage, session.target(&deployment)?.name())?;
    Ok(deployment)
}

/// The program's graph; none where everything is destroyed.
fn graph(session: &Session<'_>, saved: &SavedPlan) -> Result<Option<Graph>, CommandError> {
    let check = |app: &str| saved.check_place(app, saved.stage(), saved.target());
    if saved.destroys() {
        check(&session.deployment()?.app)?;
        return Ok(None);
    }
    let built = session.graph_in_region()?;
    check(&built.deployment.app)?;
    session.show(&built.warnings);
    Ok(Some(built.graph))
}

/// The plan of `graph`, or of destroying everything where there is none.
pub(super) async fn plan(
    engine: &Engine,
    graph: Option<&Graph>,
    options: &PlanOptions,
    observer: &dyn Observer,
) -> Result<Plan, EngineError> {
    match graph {
        Some(graph) => engine.plan(graph, options, observer).await,
        None => engine.plan_destroy(options, observer).await,
    }
}
