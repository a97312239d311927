//! The journal: what was begun, what came of it (invariants I2 and I3), and the snapshot it leads on from.

mod entry;

pub use entry::{Entry, Line, Operation, Outcome, Snapshot};
