//! The remote store: locks, fences, and what becomes of a state when requests are lost, late or repeated. All in memory
//! and on a virtual clock; S3 itself is in `moto.rs` of the workspace's tests.

mod faults;
mod fencing;
mod locks;
mod speed;
mod state;
mod support;
