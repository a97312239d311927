//! `state history` and `state pull`: the versions of the state, and the state as a document. Write no state.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use ironwright_core::Diagnostic;
use ironwright_engine::Engine;

use crate::arguments::StatePullArguments;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::render::history;
use crate::render::json::Line;
use crate::session::{Run, Session, Story};
use crate::target::Access;

/// Prints the versions, newest first.
pub(crate) fn history(session: &Session<'_>) -> Result<Exit, CommandError> {
    let versions = session.runtime()?.block_on(engine(session, "state history")?.history())?;
    versions.iter().rev().for_each(|version| session.json(&Line::from(version)));
    if !session.common.json {
        session.terminal.print(&history::history(&versions));
    }
    Ok(Exit::Done)
}

/// Prints the document of the state, or writes it to a file.
pub(crate) fn pull(session: &Session<'_>, arguments: &StatePullArguments) -> Result<Exit, CommandError> {
    if session.common.json && arguments.out.is_none() {
        let error = Diagnostic::error("usage", "with `--json`, `state pull` needs a file to write the document to");
        return Err(CommandError::usage(error.help("say `--out FILE`")));
    }
    let document = session.runtime()?.block_on(engine(session, "state pull")?.document())?;
    let Some(path) = &arguments.out else {
        session.terminal.print(&document);
        return Ok(Exit::Done);
    };
    write_privately(path, &document)
        .map_err(|error| Diagnostic::error("not-writable", format!("{} cannot be written: {error}", path.display())))?;
    session.json(&Line::Written { path: path.display().to_string() });
    if !session.common.json {
        session.terminal.line(&path.display().to_string());
    }
    Ok(Exit::Done)
}

fn engine(session: &Session<'_>, command: &str) -> Result<Engine, CommandError> {
    session.engine(&session.deployment()?, Story::Error, Access::State, Run::reading(command))
}

/// Writes `text` to a file that its owner alone can read, whatever it was before.
fn write_privately(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    restrict(&file)?;
    file.set_len(0)?;
    file.write_all(text.as_bytes())
}

fn restrict(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}
