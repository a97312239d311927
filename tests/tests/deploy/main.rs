//! Deploying to hosts that are real in all but their kernel: sshd, Docker, a network that can be cut.
//!
//! Where they cannot be made, the tests are skipped, out loud.

mod day_two;
mod delivery;
mod edge;
mod end_to_end;
mod failures;
mod faithful;
mod host_keys;
mod image;
mod kill;
mod operate;
mod readiness;
mod registry;
mod remote_registry;
mod rollout;
mod shipper;
mod ssh;
mod user_data;

/// Runs `work` to its end.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("the system gives an event loop").block_on(work)
}
