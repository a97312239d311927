//! Which record is which resource of the program: by its address, after what has moved, by a directive or by equal content,
//! stands where the program has it now. Settled in memory before anything is planned; the apply journals it first.

use std::collections::{BTreeMap, BTreeSet};

use ironwright_core::{Address, Diagnostics, Graph, Move};

use super::context::Context;
use super::imports::Wanted;
use super::moves;
use super::renames::{self, AmbiguousRename};
use crate::journal::{Book, Moves};

/// The addresses that a plan changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity {
    /// From those in the stored state to those of the program.
    pub(crate) moves: Moves,
    /// The new addresses that were found by equal content, and not said.
    found: BTreeSet<Address>,
}

impl Identity {
    /// Moves in `book` what the program or `asked` say has moved.
    pub(crate) fn said(graph: &Graph, asked: &[Move], book: &mut Book) -> Result<Self, Diagnostics> {
        let said: Vec<Move> = graph.moves().iter().chain(asked).cloned().collect();
        let moves = moves::resolve(book, &said)?;
        moves::to_nowhere(graph, &said, &moves).or(())?;
        book.rename(&moves);
        Ok(Self { moves, found: BTreeSet::new() })
    }

    /// Moves in `book` exactly these addresses.
    pub(crate) fn exactly(moves: Moves, book: &mut Book) -> Self {
        book.rename(&moves);
        Self { moves, found: BTreeSet::new() }
    }

    /// Moves in `book` what was renamed. `unconcerned` are addresses that are not looked at.
    pub(crate) fn find(
        &mut self,
        graph: &Graph,
        context: &Context,
        unconcerned: &BTreeSet<Address>,
        book: &mut Book,
    ) -> Result<(), Vec<AmbiguousRename>> {
        let mut found = renames::find(graph, book.state(), context, unconcerned)?;
        book.rename(&found);
        self.found.extend(found.values().cloned());
        for to in self.moves.values_mut() {
            if let Some(further) = found.remove(to) {
                *to = further;
            }
        }
        self.moves.append(&mut found);
        Ok(())
    }

    /// By the address of now: the one before, and whether that was found by equal content.
    pub(super) fn before(&self) -> BTreeMap<&Address, (&Address, bool)> {
        self.moves.iter().map(|(from, to)| (to, (from, self.found.contains(to)))).collect()
    }
}

/// The addresses that are no renames, whatever their content: those the program imports to, those at which an interrupted
/// run was at work, and `said`.
pub(crate) fn unconcerned<'a>(
    imported: &'a Wanted,
    interrupted: impl Iterator<Item = &'a Address>,
    said: &'a [Address],
) -> BTreeSet<Address> {
    let imported = imported.records.iter().map(|record| &record.address);
    imported.chain(interrupted).chain(said).cloned().collect()
}
