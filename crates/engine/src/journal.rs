//! The journal: what was begun, what came of it (invariants I2 and I3), and the snapshot it leads on from.

mod book;
mod entry;
mod integrity;
mod rename;
mod writer;

pub(crate) use book::Book;
pub use entry::{Entry, Line, Operation, Outcome, Saved, Snapshot};
pub use rename::Moves;
pub(crate) use writer::Writer;
