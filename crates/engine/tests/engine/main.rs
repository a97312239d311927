//! Tests of the engine through its front door, over a small fake cloud. The rich one is `ironwright-simulated`.

mod apply;
mod edits;
mod faults;
mod files;
mod histories;
mod history;
mod kills;
mod panics;
mod planning;
mod secrets;
mod selection;
mod support;
