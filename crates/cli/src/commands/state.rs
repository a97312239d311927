//! `state list` and `state show`: what the state holds. Writes nothing.

use ironwright_core::nearest::nearest;
use ironwright_core::{Address, Diagnostic};
use ironwright_engine::{Engine, State};

use crate::arguments::StateShowArguments;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::render::json::Line;
use crate::render::record;
use crate::reveal::Revealer;
use crate::session::{Run, Session, Story};
use crate::target::Access;

/// Prints the addresses of what is live, one a line.
pub(crate) fn list(session: &Session<'_>) -> Result<Exit, CommandError> {
    let (_, state) = load(session, "state list")?;
    for record in state.resources.values() {
        session.json(&Line::resource(record, false));
        if !session.common.json {
            session.terminal.line(record.address.as_str());
        }
    }
    Ok(Exit::Done)
}

/// Prints what is known of one resource.
pub(crate) fn show(session: &Session<'_>, arguments: &StateShowArguments) -> Result<Exit, CommandError> {
    let (engine, state) = load(session, "state show")?;
    let address = &arguments.address;
    let record = state.resources.get(address).ok_or_else(|| missing(session, &state, address))?;
    let revealed = if session.shows_secrets(&arguments.secrets)? {
        Some(Revealer::new(&engine, &state).record(record)?)
    } else {
        None
    };
    let record = revealed.as_ref().unwrap_or(record);
    session.json(&Line::resource(record, true));
    if !session.common.json {
        session.terminal.print(&record::record(record, session.terminal.width()));
    }
    Ok(Exit::Done)
}

fn load(session: &Session<'_>, command: &str) -> Result<(Engine, State), CommandError> {
    let deployment = session.deployment()?;
    let engine = session.engine(&deployment, Story::Error, Access::State, Run::reading(command))?;
    let state = session.runtime()?.block_on(engine.state())?;
    Ok((engine, state))
}

fn missing(session: &Session<'_>, state: &State, address: &Address) -> Diagnostic {
    let error = Diagnostic::error("not-in-state", format!("`{address}` is not in the state"));
    match nearest(address.as_str(), state.resources.keys().map(Address::as_str)) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!("see what is there:\n  {}", session.next("state list"))),
    }
}
