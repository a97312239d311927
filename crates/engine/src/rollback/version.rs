//! Which version of the state a rollback goes back to.

use std::sync::Arc;

use ironwright_core::{Address, Diagnostic};

use super::one;
use crate::error::EngineError;
use crate::history;
use crate::journal::{Book, Snapshot};
use crate::parts::Parts;
use crate::state::Record;

/// The version to go back to.
pub(super) struct Version {
    pub(super) snapshot: Arc<Snapshot>,
    /// Edits of the state since the run that is taken back: the serial each was saved under, and the command.
    pub(super) edits: Vec<(u64, String)>,
}

impl From<Arc<Snapshot>> for Version {
    fn from(snapshot: Arc<Snapshot>) -> Self {
        Self { snapshot, edits: Vec::new() }
    }
}

/// The version `to`; without it, the one an unfinished rollback went back to, the last one where a run was interrupted
/// since, or the one before the last run. `last` is the state as it was last saved.
pub(super) async fn chosen(
    parts: &Parts,
    book: &Book,
    last: Option<Arc<Snapshot>>,
    to: Option<u64>,
) -> Result<Version, EngineError> {
    let Some(last) = last else {
        return Err(nothing_to_undo("nothing was ever deployed here").into());
    };
    match to.or(book.saved().rolling_back) {
        Some(serial) if serial == last.state.serial => Ok(last.into()),
        Some(serial) => Ok(history::version(parts, serial).await?.into()),
        None if book.changed() > last.sequence => Ok(last.into()),
        None => before_last_run(parts, last).await,
    }
}

/// The version `to`; without it, the last one in which the resource of `now` was otherwise than it is.
pub(super) async fn of_one(
    parts: &Parts,
    last: Option<Arc<Snapshot>>,
    now: &Record,
    to: Option<u64>,
) -> Result<Arc<Snapshot>, EngineError> {
    let Some(last) = last else {
        return Err(nothing_to_undo("nothing was ever deployed here").into());
    };
    let serial = last.state.serial;
    match to {
        Some(to) if to == serial => return Ok(last),
        Some(to) => return history::version(parts, to).await,
        None if one::differs(&last.state, now) => return Ok(last),
        None => {}
    }
    for serial in history::kept_before(parts, serial).await?.into_iter().rev() {
        let version = history::version(parts, serial).await?;
        if one::differs(&version.state, now) {
            return Ok(version);
        }
    }
    let message = format!("no version of the state that is kept has `{}` otherwise than it is", now.address);
    let help = "go back to an earlier version of the program, and `apply`";
    Err(Diagnostic::error("nothing-to-undo", message).help(help).into())
}

/// The version `serial` does not have the resource `address`.
pub(super) fn without(serial: u64, address: &Address) -> Diagnostic {
    Diagnostic::error("version-without", format!("version {serial} of the state has no `{address}`"))
        .help("see the versions with `state history`")
}

async fn before_last_run(parts: &Parts, last: Arc<Snapshot>) -> Result<Version, EngineError> {
    let mut kept = history::kept_before(parts, last.state.serial).await?;
    let (mut edits, mut current) = (Vec::new(), last);
    loop {
        let Some(before) = kept.pop() else {
            return Err(nothing_to_undo("no version from before the last run is kept").into());
        };
        let before = history::version(parts, before).await?;
        let Some(command) = edit(&current) else {
            return Ok(Version { snapshot: before, edits });
        };
        edits.push((current.state.serial, command.to_owned()));
        current = before;
    }
}

/// The command that saved `snapshot`, where it edited the state alone.
fn edit(snapshot: &Snapshot) -> Option<&str> {
    let command = snapshot.saved.as_ref()?.command.as_str();
    (command.starts_with("state ") || command == "refresh").then_some(command)
}

fn nothing_to_undo(why: &str) -> Diagnostic {
    Diagnostic::error("nothing-to-undo", format!("there is no run to take back: {why}"))
        .help("see the versions with `state history`, and go back to one with `rollback --to SERIAL`")
}
