//! What the fuzz targets reach of this crate: command lines are read, plans rendered, and nothing is done. Not for
//! programs.

use std::ffi::OsString;
use std::path::Path;

use clap::{CommandFactory as _, FromArgMatches as _};
use ironwright_engine::SavedPlan;

use crate::arguments::{self, Arguments, BinaryArguments, Command};
use crate::render::plan::View;
use crate::render::{markdown, plan};
use crate::target::{Place, Target};

/// `words`, without the program's name, as the parser gets them.
pub fn commands_first(words: Vec<OsString>) -> Vec<OsString> {
    arguments::commands_first(&Arguments::command(), words)
}

/// Reads `words` as the command line of a program and as that of the `ironwright` binary, down to what its values mean.
pub fn read_command_lines(words: &[OsString]) {
    let read = |root: clap::Command| {
        let ordered = arguments::commands_first(&root, words.to_vec());
        let matches = root.try_get_matches_from(std::iter::once(OsString::from("ironwright")).chain(ordered));
        matches.map_err(|error| _ = error.render()).ok()
    };
    let of_program = read(Arguments::command()).and_then(|matches| Arguments::from_arg_matches(&matches).ok());
    if let Some(Command::OfProgram(command)) = of_program.map(Arguments::into_command) {
        let common = command.common();
        let _ = Target::choose(common.target.as_deref(), None, None);
        let _ = Place::new(&common.state, "app", common.stage.as_deref().unwrap_or_default());
    }
    if let Some(matches) = read(arguments::command_line()) {
        let _ = BinaryArguments::from_arg_matches(&matches);
        let _ = Place::new(Path::new(""), &arguments::which_program(&matches).app.unwrap_or_default(), "dev");
    }
}

/// Renders `saved` as `show` does, for a person and as Markdown.
pub fn render(saved: &SavedPlan) {
    let preview = saved.preview();
    plan::plan(&preview, View { sources: true, width: 80 });
    markdown::plan(&preview, saved.target());
}
