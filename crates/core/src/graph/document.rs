//! The graph as a document: one line of JSON, by which a program hands its graph to an engine in another process.
//!
//! It holds all that the graph holds, secrets in plain text. So what it is written to must be [`Confidential`]: a pipe to
//! that process, and nothing that shows or keeps it.

mod read;
#[cfg(test)]
mod tests;
mod write;

use std::io;

use super::Graph;
use crate::Diagnostic;

/// The format of the document. A change of what it holds, or of how, is another format.
pub const FORMAT: u64 = 1;

/// Something to write to that hands all of it to one other process: it shows nothing, and keeps nothing.
pub trait Confidential: io::Write {}

impl Graph {
    /// Writes this graph, secrets included, as one line without its line feed.
    pub fn write_document(&self, channel: &mut impl Confidential) -> io::Result<()> {
        write::graph(self, channel)
    }

    /// The graph that [`Graph::write_document`] wrote.
    pub fn read_document(document: &str) -> Result<Self, Diagnostic> {
        read::graph(document)
    }
}
