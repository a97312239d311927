//! `show`: a saved plan, as `plan` printed it. Reads the file alone: no program, no state, no cloud.

use std::path::Path;

use ironwright_engine::SavedPlan;

use super::plan;
use crate::arguments::{PlanFormat, ShowArguments};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::render::plan::View;
use crate::session::{Session, Story};

/// Prints the plan in the file.
pub(crate) fn run(session: &Session<'_>, arguments: &ShowArguments) -> Result<Exit, CommandError> {
    let saved = read(&arguments.file)?;
    let markdown = arguments.format == PlanFormat::Md && !session.common.json;
    let story = if markdown { Story::Error } else { Story::Output };
    session.announce(saved.target(), false, saved.app(), saved.stage(), story);
    let view = View { sources: arguments.sources, width: session.terminal.width() };
    plan::print(session, &saved.preview(), saved.target(), arguments.format, view);
    Ok(Exit::Done)
}

/// The saved plan in `file`.
pub(super) fn read(file: &Path) -> Result<SavedPlan, CommandError> {
    Ok(SavedPlan::read_file(file).map_err(|error| error.diagnostic(&file.display().to_string()))?)
}
