//! Credentials that run out in the middle of a run: all its operations wait together until there are new ones, or the run
//! ends in order and says how to go on.
//!
//! Whoever meets it first asks the provider for new credentials, at once and then again and again; the others wait for
//! that. Nothing new is started meanwhile. What is under way keeps its token and its begin entry, and is sent again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, Notify};

use super::job::Job;
use crate::engine::OnExpired;
use crate::events::Event;
use crate::provider::ProviderError;

/// How often new credentials are looked for.
const POLL: Duration = Duration::from_secs(3);
/// How often a run that waits looks whether it shall stop.
const LOOK: Duration = Duration::from_millis(100);

/// What a run knows of its credentials.
#[derive(Debug)]
pub(super) struct Renewal {
    /// Taken by the one that asks for new credentials.
    turn: Mutex<()>,
    /// How often there were new ones.
    renewed: AtomicU64,
    is_paused: AtomicBool,
    is_over: AtomicBool,
    /// Told when the run goes on, or ends.
    settled: Arc<Notify>,
}

impl Renewal {
    /// The credentials work, as far as is known. `settled` is told when a wait for new ones is over.
    pub(super) fn new(settled: Arc<Notify>) -> Self {
        let (turn, renewed) = (Mutex::default(), AtomicU64::default());
        Self { turn, renewed, is_paused: AtomicBool::new(false), is_over: AtomicBool::new(false), settled }
    }

    /// Whether operations wait for credentials, so that nothing new is to be started.
    pub(super) fn is_paused(&self) -> bool {
        self.is_paused.load(Ordering::SeqCst)
    }

    /// Whether the run ends, since there are none.
    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    /// Waits until there are credentials that work. False where the operation is not to be tried again: the run ends.
    /// `error` is what its call was answered.
    pub(super) async fn wait(&self, job: &Job, error: &ProviderError) -> bool {
        let seen = self.renewed.load(Ordering::SeqCst);
        let _turn = self.turn.lock().await;
        if self.renewed.load(Ordering::SeqCst) != seen {
            return true;
        }
        let goes_on = !self.is_over() && !job.stop.is_requested() && self.renew(job, error).await;
        self.is_paused.store(false, Ordering::SeqCst);
        if goes_on {
            self.renewed.fetch_add(1, Ordering::SeqCst);
        } else {
            self.is_over.store(true, Ordering::SeqCst);
        }
        self.settled.notify_one();
        goes_on
    }

    /// Asks until there are new ones, where the run is to wait for them.
    async fn renew(&self, job: &Job, error: &ProviderError) -> bool {
        let clock = &job.parts.clock;
        self.is_paused.store(true, Ordering::SeqCst);
        let Err(mut refused) = job.provider.renew().await else { return true };
        let waits = job.parts.settings.on_expired == OnExpired::Pause;
        job.observer.event(&Event::CredentialsExpired { error: error.clone(), waits });
        if !waits {
            return false;
        }
        let since = clock.elapsed();
        loop {
            let until = clock.elapsed() + POLL;
            while clock.elapsed() < until {
                if job.stop.is_requested() {
                    return false;
                }
                clock.sleep(LOOK.min(until.saturating_sub(clock.elapsed()))).await;
            }
            match job.provider.renew().await {
                Ok(()) => break,
                Err(other) if (&other.code, &other.message) == (&refused.code, &refused.message) => {}
                Err(other) => {
                    job.observer.event(&Event::CredentialsExpired { error: other.clone(), waits });
                    refused = other;
                }
            }
        }
        let paused = clock.elapsed().saturating_sub(since);
        job.observer.event(&Event::CredentialsRenewed { paused });
        true
    }
}
