//! Tests of the engine through its front door, over a small fake cloud. The rich one is `ironwright-simulated`.

mod apply;
mod doubles;
mod edits;
mod expiry;
mod faults;
mod files;
mod histories;
mod history;
mod imports;
mod kills;
mod moves;
mod no_wait;
mod panics;
mod parts;
mod planning;
mod regions;
mod renames;
mod replacing;
mod rollback;
mod saved;
mod sealing;
mod search;
mod secrets;
mod selection;
mod sensitive;
mod support;
