//! What is written: the Rust modules, the kinds, the facts, and the feature tables.

pub(super) mod docs;
pub(super) mod facts;
pub(super) mod features;
pub(super) mod index;
pub(super) mod kinds;
pub(super) mod service;
