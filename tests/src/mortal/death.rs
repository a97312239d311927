//! When and how a process dies: it counts the moments of its run, tells them on standard output, and kills itself at one.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the moments of a run.
#[derive(Debug, Default)]
pub struct Death {
    /// The number of the last moment; none is 0.
    at: usize,
    passed: AtomicUsize,
}

impl Death {
    /// Comes at the moment with this number, counted from 1; with 0, never.
    pub fn at(moment: usize) -> Self {
        Self { at: moment, passed: AtomicUsize::new(0) }
    }

    /// A moment of the run. The process does not live through its last.
    pub fn moment(&self, what: &str) {
        if self.has_come(what) {
            self.strike();
        }
    }

    /// Whether this moment is the last. Whoever asks leaves things half done and strikes.
    pub fn has_come(&self, what: &str) -> bool {
        let number = self.passed.fetch_add(1, Ordering::SeqCst) + 1;
        println!("{number} {what}");
        number == self.at
    }

    /// Kills this process with SIGKILL: nothing is flushed, no destructor runs.
    pub fn strike(&self) -> ! {
        use nix::sys::signal::{Signal, kill};
        let sent = kill(nix::unistd::Pid::this(), Signal::SIGKILL);
        unreachable!("a process may kill itself: {sent:?}");
    }
}
