//! Waiting for the lock, as long as the settings allow. Who holds it, and whether they are still there, is the store's
//! business.

use std::time::Duration;

use crate::engine::Stop;
use crate::error::EngineError;
use crate::events::{Event, Observer};
use crate::parts::Parts;
use crate::store::{Holder, LockOwner, StoreError};

/// The pause after the first refusal; each further one is half as long again, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How often a run that waits looks whether it shall stop.
const LOOK: Duration = Duration::from_millis(100);

/// Takes the lock for `owner`.
pub(crate) async fn lock(
    parts: &Parts,
    owner: &LockOwner,
    observer: &dyn Observer,
    stop: &Stop,
) -> Result<(), EngineError> {
    let mut wait = Wait::new(parts, observer, stop);
    loop {
        match parts.store.lock(owner).await {
            Ok(taken_over) => {
                if let Some(holder) = taken_over {
                    observer.event(&Event::TookOver { holder: Box::new(holder) });
                }
                return Ok(());
            }
            Err(StoreError::LockHeld(holder)) => wait.pause(holder).await?,
            Err(other) => return Err(other.into()),
        }
    }
}

/// Waits until nobody holds the lock, or its holder is gone. Takes nothing.
pub(crate) async fn until_free(parts: &Parts, observer: &dyn Observer, stop: &Stop) -> Result<(), EngineError> {
    let mut wait = Wait::new(parts, observer, stop);
    while let Some(holder) = parts.store.holder().await?.filter(|holder| !holder.is_stale()) {
        wait.pause(Box::new(holder)).await?;
    }
    Ok(())
}

/// A wait for the lock.
struct Wait<'a> {
    parts: &'a Parts,
    observer: &'a dyn Observer,
    stop: &'a Stop,
    since: Duration,
    pause: Duration,
    /// The lock that was told of last.
    told: Option<String>,
}

impl<'a> Wait<'a> {
    fn new(parts: &'a Parts, observer: &'a dyn Observer, stop: &'a Stop) -> Self {
        Self { parts, observer, stop, since: parts.clock.elapsed(), pause: FIRST_PAUSE, told: None }
    }

    /// Waits a while for `holder`. An error where that was long enough, or the run is to stop.
    async fn pause(&mut self, holder: Box<Holder>) -> Result<(), EngineError> {
        let clock = &self.parts.clock;
        let spent = clock.elapsed().saturating_sub(self.since);
        let left = self.parts.settings.lock_timeout.saturating_sub(spent);
        if left.is_zero() {
            return Err(EngineError::LockHeld(holder));
        }
        if self.told.as_ref() != Some(&holder.owner.id) {
            self.told = Some(holder.owner.id.clone());
            self.observer.event(&Event::WaitingForLock { holder: holder.clone() });
        }
        let until = clock.elapsed() + self.pause.min(left);
        self.pause = self.pause.mul_f64(1.5).min(LONGEST_PAUSE);
        while clock.elapsed() < until {
            if self.stop.is_requested() {
                return Err(EngineError::StoppedWaiting(holder));
            }
            clock.sleep(LOOK.min(until.saturating_sub(clock.elapsed()))).await;
        }
        Ok(())
    }
}
