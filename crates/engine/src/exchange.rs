//! The state as a document: taken out, put in, and put back from the history. What is put in is checked like any state
//! that is loaded, and gets a serial of its own; nothing in the cloud changes.

use ironwright_core::{Diagnostic, Diagnostics};

use crate::edit::Draft;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::history;
use crate::journal::{Book, Snapshot};
use crate::parts::Parts;
use crate::store::codec::{self, Misread};

impl Engine {
    /// The state as a document, an interrupted run's journal included. Secrets are digests, or sealed.
    pub async fn document(&self) -> Result<String, EngineError> {
        let book = self.0.open().await?;
        if !book.exists {
            return Err(nothing_there().into());
        }
        let written = codec::write_snapshot(book.saved());
        Ok(written.map_err(|error| misread(Misread::Damaged(error.to_string())))?)
    }

    /// The edit that puts `document` in the place of the state. It must be of the same app, stage and lineage, and not
    /// older, unless `force`; in any case of the same target, and whole.
    pub async fn draft_push(&self, document: &str, force: bool) -> Result<Draft, EngineError> {
        let mut pushed = codec::read_edited(document).map_err(misread)?;
        let book = unwritten(&self.0).await?;
        let problems = misfit(&self.0, &book, &pushed, force);
        if problems.has_errors() {
            return Err(EngineError::Diagnostics(problems));
        }
        pushed.state.app.clone_from(&self.0.settings.app);
        pushed.state.stage.clone_from(&self.0.settings.stage);
        let after = book.replaced(pushed).map_err(|problem| misread(Misread::Damaged(problem)))?;
        Ok(Draft::new(&book, after))
    }

    /// The edit that puts the version `serial` back as a new one. Operations that were under way then are given up: they
    /// have long been settled.
    pub async fn draft_restore(&self, serial: u64) -> Result<Draft, EngineError> {
        let book = unwritten(&self.0).await?;
        if serial == book.state().serial {
            let error = Diagnostic::error("version-current", format!("the version {serial} is the state as it is"));
            return Err(error.help("see the versions before with `state history`").into());
        }
        let mut version = Snapshot::clone(&*history::version(&self.0, serial).await?);
        version.pending.clear();
        let keyring = &book.state().keyring;
        if keyring.as_ref().map(|keyring| &keyring.recipient) == version.state.keyring.as_ref().map(|it| &it.recipient)
        {
            version.state.keyring.clone_from(keyring);
        }
        let after = book.replaced(version).map_err(|problem| misread(Misread::Damaged(problem)))?;
        Ok(Draft::new(&book, after))
    }
}

/// The state, refused where an interrupted run has written to the journal since it was saved: it would be lost.
async fn unwritten(parts: &Parts) -> Result<Book, EngineError> {
    let stored = parts.store.load().await?;
    let saved = stored.snapshot.as_ref().map_or(0, |snapshot| snapshot.sequence);
    let book = parts.book(stored)?;
    if book.changed() > saved || !book.pending().is_empty() {
        let operations = book.pending().iter().map(crate::edit::recovering).collect();
        return Err(EngineError::Unsettled { operations });
    }
    Ok(book)
}

/// All that keeps `pushed` from taking the place of the state.
fn misfit(parts: &Parts, book: &Book, pushed: &Snapshot, force: bool) -> Diagnostics {
    let (state, here, settings) = (&pushed.state, book.state(), &parts.settings);
    let mut problems = Diagnostics::new();
    let mut refuse = |code, message: String, help: &str| problems.push(Diagnostic::error(code, message).help(help));
    if state.target != settings.target {
        let message = format!("the document is of target `{}`, and this is `{}`", state.target, settings.target);
        refuse("target-mismatch", message, "choose its target with `--target`");
    }
    if force {
        return problems;
    }
    let despite = "if that is meant, add `--force`";
    if (&state.app, &state.stage) != (&settings.app, &settings.stage) {
        let (theirs, ours) = ((&state.app, &state.stage), (&settings.app, &settings.stage));
        let message = format!("the document is of {} in {}, and this is {} in {}", theirs.0, theirs.1, ours.0, ours.1);
        refuse("other-deployment", message, despite);
    }
    if book.exists && state.lineage != here.lineage {
        let message = "the document and the state have another lineage: neither came from the other".to_owned();
        refuse("lineage-mismatch", message, despite);
    } else if state.serial < here.serial {
        let message = format!(
            "the document is of version {}, and the state has come to {}: what was done since would be lost",
            state.serial, here.serial
        );
        refuse("document-older", message, "take the state out anew with `state pull` and edit that");
    }
    problems
}

fn misread(misread: Misread) -> Diagnostic {
    match misread {
        Misread::Newer(found) => {
            let message =
                format!("the document has format {found}, and this release reads formats up to {}", codec::FORMAT);
            Diagnostic::error("state-newer", message).help("use the newer release")
        }
        Misread::Damaged(problem) => {
            Diagnostic::error("document-damaged", format!("the document is no state: {problem}"))
                .help("take the state out with `state pull` and edit that; nothing was changed")
        }
    }
}

fn nothing_there() -> Diagnostic {
    Diagnostic::error("no-state", "nothing was ever deployed here, so there is no state")
        .help("see that `--stage`, `--state` and the app are the right ones")
}
