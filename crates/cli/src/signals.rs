//! Signals: the first one asks the run to stop, the second one ends the process at once.
//!
//! A terminal that closes is no second one: shells and the kernel both tell of it, and nobody is left to be impatient.
//! They are caught from the start of a change to its end only. Before that nothing is in flight, and a signal may end the
//! process in the usual way; at the second one the journal covers what was in flight (invariant I3).

use std::sync::Arc;

use ironwright_engine::Stop;

use crate::exit::Exit;
use crate::terminal::Terminal;

/// Catches signals from now on and makes them requests to `stop`. `last_words` are said where the process ends at once.
///
/// They are waited for on a thread of their own, so that a run that is busy cannot miss one.
pub(crate) fn catch(stop: &Stop, terminal: &Arc<Terminal>, last_words: String) {
    let (stop, terminal) = (stop.clone(), Arc::clone(terminal));
    let waiting = std::thread::Builder::new().name("signals".to_owned());
    // Without the thread a signal ends the process at once, which is safe.
    let _ = waiting.spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
        if let Ok(runtime) = runtime {
            runtime.block_on(first_then_second(&stop, &terminal, last_words));
        }
    });
}

/// Catches signals from now on; what it returns waits for one that asks to stop. To be called in a runtime.
#[cfg(any(feature = "simulate", feature = "docker"))]
pub(crate) fn asked_to_stop() -> impl Future<Output = ()> {
    let signals = Signals::new();
    async {
        match signals {
            Ok(mut signals) => signals.first().await,
            // Without them a signal ends the process.
            Err(_) => std::future::pending().await,
        }
    }
}

async fn first_then_second(stop: &Stop, terminal: &Arc<Terminal>, last_words: String) {
    let Ok(mut signals) = Signals::new() else { return };
    signals.first().await;
    stop.request();
    signals.second().await;
    terminal.say_last(last_words);
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

    /// Waits for a signal that asks the run to stop.
    async fn first(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }

    /// Waits for one that insists.
    async fn second(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
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

    async fn first(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }

    async fn second(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
