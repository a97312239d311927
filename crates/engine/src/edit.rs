//! Edits of the state: addresses that move, resources that are managed no longer. An edit is drawn up first, so that it
//! can be shown, and saved under the lock if the state is still the same. No edit changes anything in the cloud.

use std::collections::BTreeSet;

use ironwright_core::nearest::nearest;
use ironwright_core::{Address, Diagnostic, Diagnostics};

use crate::action::Action;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::executor;
use crate::history::Difference;
use crate::journal::{Book, Moves, Operation};
use crate::parts::Parts;
use crate::plan::Recovering;
use crate::provider::Live;
use crate::state::Record;
use crate::steps::Base;

/// An edit of the state that is drawn up and not saved yet.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The resources that get another address: the one before, the one from now on.
    pub moved: Vec<(Address, Address)>,
    /// What the state does not know any more, and may be live in the cloud.
    pub unmanaged: Vec<Record>,
    /// Interrupted operations that are given up.
    pub given_up: Vec<Recovering>,
    /// How the resources differ from those before.
    pub difference: Difference,
    base: Base,
    book: Book,
}

impl Draft {
    /// What becomes of the state in `before` when it is `after`.
    pub(crate) fn new(before: &Book, after: Book) -> Self {
        let (old, new) = (before.state(), after.state());
        let held: BTreeSet<_> = new.resources.values().chain(&new.deposed).map(identity).collect();
        let is_lost = |record: &&Record| !held.contains(&identity(record));
        let kept = |operation: &&Operation| !after.pending().iter().any(|other| other.token == operation.token);
        Self {
            moved: Vec::new(),
            unmanaged: old.resources.values().chain(&old.deposed).filter(is_lost).cloned().collect(),
            given_up: before.pending().iter().filter(kept).map(recovering).collect(),
            difference: Difference::between(old, new),
            base: Base::of(before),
            book: after,
        }
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.moved.is_empty() && self.unmanaged.is_empty() && self.given_up.is_empty() && self.difference.is_empty()
    }
}

/// What makes two records the same resource, whatever their addresses.
fn identity(record: &Record) -> (&str, &str, &str) {
    (&record.type_name, &record.region, &record.physical_id)
}

pub(crate) fn recovering(operation: &Operation) -> Recovering {
    Recovering { address: operation.record.address.clone(), action: operation.action }
}

impl Engine {
    /// The edit that moves what stands at `old` to `new`: a resource, or all that is below a scope or stack.
    pub async fn draft_move(&self, old: &Address, new: &Address) -> Result<Draft, EngineError> {
        let book = self.0.open().await?;
        settled(&book)?;
        let held = book.addresses();
        let moves = moves(&held, old, new);
        if moves.is_empty() {
            return Err(not_in_state(&book, old).into());
        }
        let taken = moves.values().filter(|to| held.contains(*to) && !moves.contains_key(*to));
        let problems: Diagnostics = taken.map(taken_already).chain(new.problem().map(|text| bad(new, &text))).collect();
        if problems.has_errors() {
            return Err(EngineError::Diagnostics(problems));
        }
        let mut after = book.clone();
        after.rename(&moves);
        Ok(Draft { moved: moves.into_iter().collect(), ..Draft::new(&book, after) })
    }

    /// The edit after which the resources at `addresses` are managed no longer; they stay in the cloud. At an address
    /// where a create was interrupted and nobody can tell what came of it, that create is given up, and nothing else.
    pub async fn draft_removal(&self, addresses: &[Address]) -> Result<Draft, EngineError> {
        let book = self.0.open().await?;
        let is_given_up =
            |operation: &Operation| operation.action == Action::Create && addresses.contains(&operation.record.address);
        let creates: BTreeSet<&Address> =
            book.pending().iter().filter(|it| is_given_up(it)).map(|it| &it.record.address).collect();
        if creates.len() < addresses.len() {
            settled(&book)?;
        }
        let mut problems: Diagnostics = findable(&self.0, &book, &creates).await.into_iter().collect();
        let mut after = book.clone();
        for address in addresses.iter().filter(|address| !creates.contains(address)) {
            if !forget(&mut after, address) {
                problems.push(not_in_state(&book, address));
            }
        }
        after.drop_pending(is_given_up);
        if problems.has_errors() { Err(EngineError::Diagnostics(problems)) } else { Ok(Draft::new(&book, after)) }
    }

    /// Saves the edit under the lock, and returns the serial it got. Refused where the state has changed since.
    pub async fn save(&self, draft: Draft) -> Result<u64, EngineError> {
        let Draft { base, mut book, .. } = draft;
        let save = async {
            if Base::of(&self.0.open().await?) != base {
                return Err(changed_meanwhile().into());
            }
            let sequence = book.sequence();
            self.0.save(&mut book, sequence).await?;
            Ok(book.state().serial)
        };
        self.0.locked(save).await
    }
}

/// Refuses an edit of a state of which an interrupted run has left a part open.
fn settled(book: &Book) -> Result<(), EngineError> {
    let operations: Vec<Recovering> = book.pending().iter().map(recovering).collect();
    if operations.is_empty() { Ok(()) } else { Err(EngineError::Unsettled { operations }) }
}

/// What moves when `old` becomes `new`: what stands right there, else all that stands below.
fn moves(held: &BTreeSet<Address>, old: &Address, new: &Address) -> Moves {
    if held.contains(old) {
        return [(old.clone(), new.clone())].into();
    }
    let below = |address: &Address| {
        let rest = address.as_str().strip_prefix(old.as_str())?.strip_prefix('/')?;
        Some((address.clone(), new.join(rest)))
    };
    held.iter().filter_map(below).collect()
}

/// Takes what stands at `address` out of the state, deposed resources included. False where nothing does.
fn forget(book: &mut Book, address: &Address) -> bool {
    let state = book.state_mut();
    let before = state.deposed.len();
    state.deposed.retain(|record| record.address != *address);
    state.resources.remove(address).is_some() || state.deposed.len() < before
}

/// Errors for the interrupted creates at `addresses` of which the cloud can tell what they made.
async fn findable(parts: &Parts, book: &Book, addresses: &BTreeSet<&Address>) -> Vec<Diagnostic> {
    if addresses.is_empty() {
        return Vec::new();
    }
    let made = executor::look_up_pending(parts, book, &parts.sealer(book)).await;
    let error = |operation: &Operation| {
        let (_, Live { physical_id, .. }) = made.iter().find(|(token, _)| *token == operation.token)?;
        let message = format!("an interrupted create has made {physical_id} here, so nothing has to be given up");
        let error = Diagnostic::error("recoverable", message).at(&operation.record.address);
        Some(error.help("type `apply`: it takes over what was made, or deletes it"))
    };
    let asked = book.pending().iter().filter(|operation| addresses.contains(&operation.record.address));
    asked.filter_map(error).collect()
}

pub(crate) fn not_in_state(book: &Book, address: &Address) -> Diagnostic {
    let error = Diagnostic::error("not-in-state", format!("`{address}` is not in the state"));
    let known = book.addresses();
    match nearest(address.as_str(), known.iter().map(Address::as_str)) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help("see what is there with `state list`"),
    }
}

fn taken_already(address: &Address) -> Diagnostic {
    Diagnostic::error("address-taken", format!("`{address}` is taken by another resource"))
        .help("move that one away first, or choose another address")
}

fn bad(address: &Address, text: &str) -> Diagnostic {
    let error = Diagnostic::error("invalid-address", format!("`{address}` cannot be an address: {text}"));
    error.help("an address is STACK/NAME, or STACK/SCOPE/NAME")
}

fn changed_meanwhile() -> Diagnostic {
    Diagnostic::error("state-changed", "the state has changed since this was shown; nothing was saved")
        .help("type the command again")
}

impl From<Diagnostic> for EngineError {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Diagnostics(diagnostic.into())
    }
}
