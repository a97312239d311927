//! `unlock`: takes the lock from a run that is no longer there.

use ironwright_core::Diagnostic;

use crate::arguments::UnlockArguments;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::session::{Run, Session, Story};
use crate::target::Access;

/// Says who holds the lock, asks, and takes it from them.
pub(crate) fn run(session: &Session<'_>, arguments: &UnlockArguments) -> Result<Exit, CommandError> {
    let deployment = session.deployment()?;
    let engine = session.engine(&deployment, Story::Error, Access::State, Run::reading("unlock"))?;
    let runtime = session.runtime()?;
    let Some(holder) = runtime.block_on(engine.holder())? else {
        tell(session, "Nobody holds the lock.");
        return Ok(Exit::Done);
    };
    holder.check_id(&arguments.id).map_err(|error| error.diagnostic())?;
    if !arguments.yes && !ask(session, &holder.to_string(), &arguments.id)? {
        tell(session, "\nCancelled: the lock stays as it is.");
        return Ok(Exit::Error);
    }
    let holder = runtime.block_on(engine.break_lock(&arguments.id))?;
    tell(session, &format!("Unlocked. It was held by {holder}."));
    Ok(Exit::Done)
}

fn ask(session: &Session<'_>, holder: &str, id: &str) -> Result<bool, CommandError> {
    if session.common.json || !session.terminal.features().interactive {
        let error = Diagnostic::error("consent-missing", "nobody can be asked here, so nothing was changed");
        let next = session.next(&format!("unlock {id} --yes"));
        return Err(CommandError::usage(error.help(format!("to go on without being asked, type:\n  {next}"))));
    }
    let question = format!(
        "The lock is held by {holder}.\n\nA run that is still there is stopped by this, in the middle of what it does.\n  \
         Only 'yes' is taken as consent.\n\n  Enter a value: "
    );
    Ok(session.terminal.ask(&question).as_deref() == Some("yes"))
}

fn tell(session: &Session<'_>, text: &str) {
    if session.common.json {
        session.show(&Diagnostic::warning("lock", text.trim()).into());
    } else {
        session.terminal.line(text);
    }
}
