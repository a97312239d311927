//! The lock while this run holds it: renewed, given back, or lost.

use std::time::Duration;

use ironwright_engine::journal::{Entry, Line};
use ironwright_engine::{Clock, LockOwner, StoreError};
use tokio::task::AbortHandle;

use crate::journal;
use crate::lease::{Lease, Status};
use crate::objects::Objects;
use crate::reading::next_number;
use crate::register::Register;

/// Where the lock lies.
pub(crate) const LOCK: Register = Register { folder: "lock" };

/// The lock while this run holds it.
pub(crate) struct Held {
    lease: Lease,
    /// The version of the lock that was last written.
    version: u64,
    /// When the last sign of life was sent.
    sent: Moment,
    /// Who took the lock away.
    lost_to: Option<Box<LockOwner>>,
    heartbeat: Option<Heartbeat>,
}

/// A task that ends when this is dropped.
pub(crate) struct Heartbeat(pub(crate) AbortHandle);

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A moment by both clocks: the one that only goes forward may stand still while a machine sleeps.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    elapsed: Duration,
    now: u64,
}

impl Moment {
    pub(crate) fn of(clock: &dyn Clock) -> Self {
        Self { elapsed: clock.elapsed(), now: clock.now() }
    }

    /// How long ago it was; of two clocks that differ, the longer.
    fn ago(self, clock: &dyn Clock) -> Duration {
        let by_wall = Duration::from_millis(clock.now().saturating_sub(self.now));
        clock.elapsed().saturating_sub(self.elapsed).max(by_wall)
    }
}

impl Held {
    /// The lock as `lease` says, which was written as `version` and sent at `sent`.
    pub(crate) fn new(lease: Lease, version: u64, sent: Moment) -> Self {
        Self { lease, version, sent, lost_to: None, heartbeat: None }
    }

    /// Keeps `heartbeat` for as long as the lock is held.
    pub(crate) fn with_heartbeat(self, heartbeat: Heartbeat) -> Self {
        Self { heartbeat: Some(heartbeat), ..self }
    }

    pub(crate) fn is_of(&self, owner: &LockOwner) -> bool {
        self.lease.owner.id == owner.id
    }

    /// The numbers of the journal's objects that must stay.
    pub(crate) fn fences(&self) -> &[u64] {
        &self.lease.fences
    }

    /// Makes sure that the lock is held: the lease is not over, or it could be renewed.
    pub(crate) async fn ensure(&mut self, objects: &Objects) -> Result<(), StoreError> {
        let is_valid = self.lost_to.is_none() && self.sent.ago(&**objects.clock()) < self.lease.lasts();
        if is_valid { Ok(()) } else { self.renew(objects).await }
    }

    /// Gives a sign of life. That it succeeds proves that nobody has taken the lock over until now.
    pub(crate) async fn renew(&mut self, objects: &Objects) -> Result<(), StoreError> {
        self.write(objects, self.lease.clone()).await
    }

    /// Gives the lock back. One that was lost is not ours to give.
    pub(crate) async fn release(mut self, objects: &Objects) -> Result<(), StoreError> {
        drop(self.heartbeat.take());
        let free = Lease { status: Status::Free, ..self.lease.clone() };
        match self.write(objects, free).await {
            Err(StoreError::Fenced { .. }) => Ok(()),
            result => result,
        }
    }

    /// Puts a line into the journal that keeps everybody out who held the lock before: the number they want next is taken.
    pub(crate) async fn fence(&mut self, objects: &Objects) -> Result<(), StoreError> {
        while let Some(sequence) = self.lease.fences.last().copied() {
            let entry = Entry::Fenced { owner: Box::new(self.lease.owner.clone()) };
            if journal::append(objects, &[Line { sequence, entry }]).await?.is_none() {
                return Ok(());
            }
            // The former holder has just written: the fence goes behind that.
            let mut lease = self.lease.clone();
            lease.fences.pop();
            lease.fence(next_number(objects).await?);
            self.write(objects, lease).await?;
        }
        Ok(())
    }

    /// The lock turns out to be `by`'s.
    pub(crate) fn lose(&mut self, by: LockOwner) -> StoreError {
        let by = Box::new(by);
        self.lost_to = Some(by.clone());
        StoreError::Fenced { by }
    }

    /// Writes `lease` in the place of the one before, with a new sign of life.
    async fn write(&mut self, objects: &Objects, mut lease: Lease) -> Result<(), StoreError> {
        if let Some(by) = &self.lost_to {
            return Err(StoreError::Fenced { by: by.clone() });
        }
        loop {
            let sent = Moment::of(&**objects.clock());
            lease.renewed = sent.now;
            if LOCK.swap(objects, self.version, &lease.bytes()).await? {
                self.version += 1;
                self.lease = lease;
                self.sent = sent;
                return Ok(());
            }
            let latest = LOCK.latest(objects).await?;
            let latest = latest.map(|found| Ok((found.number, Lease::read(objects, &found)?))).transpose()?;
            match latest {
                // An earlier try of ours was made, though its response was lost.
                Some((version, found)) if found.is_held_by(&self.lease.owner) && version > self.version => {
                    self.version = version;
                }
                Some((_, Lease { status: Status::Broken { by }, .. })) => return Err(self.lose(*by)),
                Some((_, found)) => return Err(self.lose(found.owner)),
                None => return Err(self.lose(LockOwner::default())),
            }
        }
    }
}
