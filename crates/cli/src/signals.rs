//! Signals: the first one asks the run to stop, the second one ends the process at once.
//!
//! They are caught from the start of a change to its end only. Before that nothing is in flight, and a signal may end the
//! process in the usual way; at the second one the journal covers what was in flight (invariant I3).

use ironwright_engine::Stop;

use crate::exit::Exit;

/// Catches signals from now on and makes them requests to `stop`.
///
/// They are waited for on a thread of their own, so that a run that is busy cannot miss one.
pub(crate) fn catch(stop: &Stop) {
    let stop = stop.clone();
    let waiting = std::thread::Builder::new().name("signals".to_owned());
    // Without the thread a signal ends the process at once, which is safe.
    let _ = waiting.spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
        if let Ok(runtime) = runtime {
            runtime.block_on(first_then_second(&stop));
        }
    });
}

async fn first_then_second(stop: &Stop) {
    let Ok(mut signals) = Signals::new() else { return };
    signals.next().await;
    stop.request();
    signals.next().await;
    std::process::exit(i32::from(Exit::Interrupted.code()));
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "the same face as on Unix")]
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
