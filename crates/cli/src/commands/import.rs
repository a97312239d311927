//! `import ADDRESS ID`: takes over one resource that the cloud has already, and changes nothing else.

use super::carry_out::{self, Consent};
use crate::arguments::ImportArguments;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::render::plan::View;
use crate::session::{Run, Session, Story};
use crate::target::Access;

/// Plans, asks and imports.
pub(crate) fn run(session: &Session<'_>, arguments: &ImportArguments) -> Result<Exit, CommandError> {
    let built = session.graph_in_region()?;
    let run =
        Run { command: "import", parallelism: arguments.changing.parallelism, no_wait: arguments.changing.no_wait };
    let engine = session.engine(&built.deployment, Story::Output, Access::Change, run)?;
    session.show(&built.warnings);
    let runtime = session.runtime()?;
    let options = arguments.only(session.plan_options(true, &arguments.replace));
    let progress = session.progress(0);
    let plan = runtime.block_on(progress.during(engine.plan(&built.graph, &options, &*progress)))?;
    super::plan::show(session, &plan, View { sources: false, width: session.terminal.width() });
    let command = format!("import {} {}", arguments.address, arguments.physical_id);
    let consent =
        Consent { given: arguments.changing.yes, command: &command, question: "Do you want to import this resource?" };
    carry_out::run(session, &engine, runtime, &plan, &consent)
}
