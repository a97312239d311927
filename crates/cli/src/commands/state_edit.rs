//! `state mv`, `rm`, `push` and `restore`: shown, asked about where something may be lost, and saved. None of them
//! touches the cloud.

use ironwright_core::Diagnostic;
use ironwright_engine::{Draft, Engine, EngineError};
use tokio::runtime::Runtime;

use super::carry_out;
use super::carry_out::Consent;
use crate::arguments::{StateMvArguments, StatePushArguments, StateRestoreArguments, StateRmArguments};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::render::edit;
use crate::render::json::Line;
use crate::session::{Run, Session, Story};
use crate::target::Access;

/// Moves what stands at an address, or below it.
pub(crate) fn mv(session: &Session<'_>, arguments: &StateMvArguments) -> Result<Exit, CommandError> {
    let desk = Desk::new(session, "state mv")?;
    let draft = desk.drawn(desk.engine.draft_move(&arguments.old, &arguments.new))?;
    desk.save(draft, None)?;
    desk.say(&format!("The program must say the new address; see that it does: {}", session.next("plan")));
    Ok(Exit::Done)
}

/// Takes resources out of the state.
pub(crate) fn rm(session: &Session<'_>, arguments: &StateRmArguments) -> Result<Exit, CommandError> {
    let desk = Desk::new(session, "state rm")?;
    let draft = desk.drawn(desk.engine.draft_removal(&arguments.addresses))?;
    let unmanaged = draft.unmanaged.clone();
    let words: Vec<&str> = arguments.addresses.iter().map(ironwright_core::Address::as_str).collect();
    let command = format!("state rm {}", words.join(" "));
    let question = "Do you want to take this out of the state? It stays in the cloud.";
    if !desk.save(draft, Some(Consent { given: arguments.consent.yes, command: &command, question }))? {
        return Ok(Exit::Error);
    }
    for record in &unmanaged {
        let import = session.next(&format!("import {} {}", record.address, record.physical_id));
        desk.say(&format!("To manage it again: {import}"));
    }
    Ok(Exit::Done)
}

/// Puts a document in the place of the state.
pub(crate) fn push(session: &Session<'_>, arguments: &StatePushArguments) -> Result<Exit, CommandError> {
    let desk = Desk::new(session, "state push")?;
    let file = arguments.file.display();
    let document = std::fs::read_to_string(&arguments.file)
        .map_err(|error| Diagnostic::error("not-readable", format!("{file} cannot be read: {error}")))?;
    let draft = desk.drawn(desk.engine.draft_push(&document, arguments.force))?;
    if draft.is_empty() && !arguments.force {
        desk.say("The document says what the state says; nothing was saved.");
        return Ok(Exit::Done);
    }
    let force = if arguments.force { " --force" } else { "" };
    let command = format!("state push {file}{force}");
    let question = "Do you want this document to be the state?";
    if !desk.save(draft, Some(Consent { given: arguments.consent.yes, command: &command, question }))? {
        return Ok(Exit::Error);
    }
    desk.say(&format!("What would be done to make the cloud so: {}", session.next("plan")));
    Ok(Exit::Done)
}

/// Puts an earlier version back as a new one.
pub(crate) fn restore(session: &Session<'_>, arguments: &StateRestoreArguments) -> Result<Exit, CommandError> {
    let desk = Desk::new(session, "state restore")?;
    let draft = desk.drawn(desk.engine.draft_restore(arguments.serial))?;
    let command = format!("state restore {}", arguments.serial);
    let question = format!("Do you want version {} to be the state again?", arguments.serial);
    if !desk.save(draft, Some(Consent { given: arguments.consent.yes, command: &command, question: &question }))? {
        return Ok(Exit::Error);
    }
    desk.say(&format!("What would be done to make the cloud so: {}", session.next("plan")));
    Ok(Exit::Done)
}

/// Where an edit is drawn up and saved.
struct Desk<'a> {
    session: &'a Session<'a>,
    engine: Engine,
    runtime: &'a Runtime,
}

impl<'a> Desk<'a> {
    fn new(session: &'a Session<'a>, command: &str) -> Result<Self, CommandError> {
        let deployment = session.deployment()?;
        let engine = session.engine(&deployment, Story::Output, Access::State, Run::reading(command))?;
        Ok(Self { session, engine, runtime: session.runtime()? })
    }

    /// The edit, which is shown.
    fn drawn(&self, drawing: impl Future<Output = Result<Draft, EngineError>>) -> Result<Draft, CommandError> {
        let draft = self.runtime.block_on(drawing)?;
        for line in Line::of_draft(&draft) {
            self.session.json(&line);
        }
        if !self.session.common.json {
            self.session.terminal.print(&edit::draft(&draft));
        }
        Ok(draft)
    }

    /// Saves the edit, once there is consent where it takes some. False where there is none.
    fn save(&self, draft: Draft, consent: Option<Consent<'_>>) -> Result<bool, CommandError> {
        if let Some(consent) = consent.filter(|consent| !consent.given)
            && !carry_out::ask(self.session, &consent)?
        {
            self.session.terminal.line("\nCancelled: nothing was changed.");
            return Ok(false);
        }
        let serial = self.runtime.block_on(self.engine.save(draft))?;
        self.session.json(&Line::StateSaved { serial });
        self.say(&format!("\nSaved as version {serial} of the state. Nothing was changed in the cloud."));
        Ok(true)
    }

    fn say(&self, text: &str) {
        if !self.session.common.json {
            self.session.terminal.line(text);
        }
    }
}
