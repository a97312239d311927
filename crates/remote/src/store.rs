//! The store: the lock, and what is written under it. This is where it is told why two runs cannot spoil each other's
//! work.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use ironwright_engine::journal::{Entry, Line, Snapshot};
use ironwright_engine::{Clock, Holder, LockOwner, Standing, Store, StoreError, Stored};
use object_store::ObjectStore;
use object_store::path::Path;

use crate::connect::Connect;
use crate::held::{Heartbeat, Held, LOCK, Moment};
use crate::lease::{Lease, Life, Status, Watch};
use crate::location::Location;
use crate::objects::Objects;
use crate::{journal, reading, snapshots};

/// How long a lock lasts without a sign of life.
pub const LEASE: Duration = Duration::from_mins(1);

/// The state of one app and stage in an object store. Clones are the same store.
///
/// # Why a run that has lost its lock does no harm
///
/// A lock is a lease: whoever is silent for too long loses it, be it dead or only asleep. One that was asleep may wake up
/// in the middle of anything, so that it believes to hold the lock proves nothing. What it does then:
///
/// - **It appends to the journal.** Numbers are dense, and the new holder has put a [`Entry::Fenced`] where the old one's
///   next line goes, before it read anything. The object is there already, so the write fails, and the run stops. Fences
///   stay when the journal is emptied, so the number never becomes free.
/// - **It repeats a write that was made already,** whose object the new holder has read and then deleted, as a snapshot
///   holds it. The object comes back, and nobody reads it: its number is one that a snapshot holds. But the run looks at
///   the clock after each write too, and then at the lock, before it believes that a line is written.
/// - **It saves a snapshot.** Its name begins with the number of its last line, which is before the fence; what the new
///   holder saves comes after it in order. Until the new holder saves, the late snapshot may count: it holds what lines
///   before the fence add up to, and all lines after it are still there. What it holds beyond lines (outputs, accepted
///   drift) was never promised: a save counts only once the lock was renewed after it, which proves that nobody had
///   taken it over, and hence that whoever does so later reads it.
/// - **It empties the journal,** or drops old snapshots: it deletes what a snapshot of its own holds, or what is older
///   than what is kept, which is no news to anybody.
/// - **It renews or gives back the lock:** that changes it only from the version that this run has written.
///
/// What remains is a call to the cloud that was about to be sent when the run fell asleep. The journal has its begin
/// entry, and the new holder has seen that; no store can hold back the call.
#[derive(Clone)]
pub struct RemoteStore(Arc<Inner>);

struct Inner {
    objects: Objects,
    lease: Duration,
    held: tokio::sync::Mutex<Option<Held>>,
    /// The version of the lock that was last seen, when it was seen first, and whether another was seen before.
    watched: Mutex<Option<(u64, Duration, bool)>>,
}

impl RemoteStore {
    /// The store at `location` of `stage` of `app`; nothing is asked yet.
    pub fn new(location: &Location, app: &str, stage: &str, clock: Arc<dyn Clock>) -> Self {
        let place = format!("{location}/{app}/{stage}");
        Self::with(location.connect(), location.prefix(app, stage), place, clock)
    }

    /// The store of `stage` of `app` in `objects`, whatever these are.
    pub fn over(objects: Arc<dyn ObjectStore>, app: &str, stage: &str, clock: Arc<dyn Clock>) -> Self {
        Self::with(Connect::Given(objects), Path::from_iter([app, stage]), format!("{app}/{stage}"), clock)
    }

    fn with(connect: Connect, prefix: Path, place: String, clock: Arc<dyn Clock>) -> Self {
        let objects = Objects::new(connect, prefix, place, clock);
        Self(Arc::new(Inner { objects, lease: LEASE, held: tokio::sync::Mutex::default(), watched: Mutex::default() }))
    }

    /// The same store, whose locks last for `lease` without a sign of life. All runs must agree on it roughly.
    #[must_use]
    pub fn with_lease(self, lease: Duration) -> Self {
        let held = tokio::sync::Mutex::default();
        match Arc::try_unwrap(self.0) {
            Ok(inner) => Self(Arc::new(Inner { lease, held, ..inner })),
            Err(shared) => Self(shared),
        }
    }
}

#[async_trait]
impl Store for RemoteStore {
    async fn load(&self) -> Result<Stored, StoreError> {
        reading::load(&self.0.objects).await
    }

    async fn lock(&self, owner: &LockOwner) -> Result<Option<Holder>, StoreError> {
        let (held, taken_over) = self.0.take(owner).await?;
        let task = heartbeat(Arc::downgrade(&self.0), owner.clone(), self.0.objects.clock().clone(), self.0.lease / 4);
        let heartbeat = Heartbeat(tokio::spawn(task).abort_handle());
        *self.0.held.lock().await = Some(held.with_heartbeat(heartbeat));
        Ok(taken_over)
    }

    async fn unlock(&self, owner: &LockOwner) -> Result<(), StoreError> {
        match self.0.held.lock().await.take_if(|held| held.is_of(owner)) {
            Some(held) => held.release(&self.0.objects).await,
            None => Ok(()),
        }
    }

    async fn holder(&self) -> Result<Option<Holder>, StoreError> {
        let found = self.0.latest().await?.filter(|(_, lease)| lease.status == Status::Held);
        Ok(found.map(|(version, lease)| {
            let now = self.0.objects.clock().now();
            let standing = match lease.life(now, self.0.watched(version)) {
                Life::Known(standing) => standing,
                Life::Doubtful(_) => Standing::Stale { since: Some(lease.over()) },
            };
            Holder { owner: lease.owner, standing }
        }))
    }

    async fn break_lock(&self, id: &str, by: &LockOwner) -> Result<Holder, StoreError> {
        loop {
            let holder = self.holder().await?.ok_or(StoreError::NotLocked)?;
            holder.check_id(id)?;
            let Some((version, lease)) = self.0.latest().await? else {
                return Err(StoreError::NotLocked);
            };
            let broken = Lease { status: Status::Broken { by: Box::new(by.clone()) }, ..lease };
            if LOCK.swap(&self.0.objects, version, &broken.bytes()).await? {
                return Ok(holder);
            }
        }
    }

    async fn append(&self, lines: &[Line]) -> Result<(), StoreError> {
        self.0.ensure().await?;
        if let Some(found) = journal::append(&self.0.objects, lines).await? {
            return Err(self.0.taken(&found, lines).await);
        }
        self.0.ensure().await
    }

    async fn save(&self, snapshot: Arc<Snapshot>) -> Result<(), StoreError> {
        self.0.ensure().await?;
        let is_ours = snapshots::write(&self.0.objects, &snapshot).await?;
        self.0.renew().await?;
        if !is_ours {
            let place = self.0.objects.place("snapshots");
            let problem = format!("another state with the serial {} is there already", snapshot.state.serial);
            return Err(StoreError::Damaged { place, problem, previous: None });
        }
        // Old versions that are left lying do no harm; the next save drops them.
        let _ = snapshots::prune(&self.0.objects).await;
        Ok(())
    }

    async fn clear_journal(&self) -> Result<(), StoreError> {
        let mut numbers = journal::numbers(&self.0.objects).await?;
        let newest = snapshots::keys(&self.0.objects).await?.pop();
        let covered = newest.map_or(0, |key| key.sequence);
        let held = self.0.held.lock().await;
        let fences = held.as_ref().map(Held::fences).unwrap_or_default();
        numbers.retain(|number| *number <= covered && !fences.contains(number));
        journal::delete(&self.0.objects, &numbers).await
    }

    async fn history(&self) -> Result<Vec<u64>, StoreError> {
        let mut serials: Vec<u64> = snapshots::keys(&self.0.objects).await?.into_iter().map(|key| key.serial).collect();
        serials.sort_unstable();
        serials.dedup();
        Ok(serials)
    }

    async fn version(&self, serial: u64) -> Result<Option<Arc<Snapshot>>, StoreError> {
        let kept = snapshots::keys(&self.0.objects).await?;
        match kept.into_iter().rfind(|key| key.serial == serial) {
            Some(key) => snapshots::read(&self.0.objects, key).await,
            None => Ok(None),
        }
    }
}

impl Inner {
    /// Takes the lock where nobody holds it, or who did is gone.
    async fn take(&self, owner: &LockOwner) -> Result<(Held, Option<Holder>), StoreError> {
        loop {
            let (version, before) = self.latest().await?.unzip();
            let version = version.unwrap_or(0);
            let mut taken_over = None;
            if let Some(lease) = before.as_ref().filter(|lease| lease.status == Status::Held) {
                match lease.life(self.objects.clock().now(), self.watched(version)) {
                    Life::Doubtful(pause) => {
                        self.objects.clock().sleep(pause).await;
                        continue;
                    }
                    Life::Known(standing) => taken_over = Some(Holder { owner: lease.owner.clone(), standing }),
                }
            }
            if let Some(holder) = taken_over.take_if(|holder| !holder.is_stale()) {
                return Err(StoreError::LockHeld(Box::new(holder)));
            }
            let may_write_still = before.as_ref().is_some_and(|lease| lease.status != Status::Free);
            let fences = before.map(|lease| lease.fences).unwrap_or_default();
            if let Some(held) = self.claim(owner, version, fences, may_write_still).await? {
                return Ok((held, taken_over));
            }
        }
    }

    /// Writes `owner` into the lock, whose version is `seen`, and fences off who held it before. Nothing where somebody
    /// else was quicker.
    async fn claim(
        &self,
        owner: &LockOwner,
        seen: u64,
        fences: Vec<u64>,
        fence: bool,
    ) -> Result<Option<Held>, StoreError> {
        let sent = Moment::of(&**self.objects.clock());
        let mut lease = Lease::new(owner.clone(), self.lease, self.objects.clock().now(), fences);
        if fence {
            lease.fence(reading::next_number(&self.objects).await?);
        }
        if !LOCK.swap(&self.objects, seen, &lease.bytes()).await? {
            return Ok(None);
        }
        let mut held = Held::new(lease, seen + 1, sent);
        if fence {
            held.fence(&self.objects).await?;
        }
        held.ensure(&self.objects).await?;
        Ok(Some(held))
    }

    async fn latest(&self) -> Result<Option<(u64, Lease)>, StoreError> {
        let found = LOCK.latest(&self.objects).await?;
        found.map(|found| Ok((found.number, Lease::read(&self.objects, &found)?))).transpose()
    }

    /// What was seen of the lock, which is at `version` now.
    fn watched(&self, version: u64) -> Watch {
        let now = self.objects.clock().elapsed();
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *watched;
        let same = before.filter(|(seen, ..)| *seen == version);
        let (_, since, has_moved) = *watched.insert(same.unwrap_or((version, now, before.is_some())));
        Watch { silence: now.saturating_sub(since), has_moved }
    }

    async fn ensure(&self) -> Result<(), StoreError> {
        match &mut *self.held.lock().await {
            Some(held) => held.ensure(&self.objects).await,
            None => Err(self.not_locked()),
        }
    }

    async fn renew(&self) -> Result<(), StoreError> {
        match &mut *self.held.lock().await {
            Some(held) => held.renew(&self.objects).await,
            None => Err(self.not_locked()),
        }
    }

    /// Why `lines` cannot be written where `found` are: somebody else holds the lock, or the journal is damaged.
    async fn taken(&self, found: &[Line], lines: &[Line]) -> StoreError {
        if let (Some(Line { entry: Entry::Fenced { owner }, .. }), Some(held)) =
            (found.first(), &mut *self.held.lock().await)
        {
            return held.lose((**owner).clone());
        }
        if let Err(lost) = self.renew().await {
            return lost;
        }
        let number = lines.first().map_or(0, |line| line.sequence);
        let problem = "somebody else has written it, who does not hold the lock".to_owned();
        StoreError::Damaged { place: self.objects.place(&journal::path(number)), problem, previous: None }
    }

    fn not_locked(&self) -> StoreError {
        let problem = "the lock is not held, which is a defect of this program".to_owned();
        StoreError::NotWritable { place: self.objects.place("lock"), problem }
    }
}

/// Gives signs of life while `owner` holds the lock. One that fails is no harm: the next one is soon, and before each
/// write the lease is looked at.
async fn heartbeat(store: Weak<Inner>, owner: LockOwner, clock: Arc<dyn Clock>, pause: Duration) {
    loop {
        clock.sleep(pause).await;
        let Some(store) = store.upgrade() else {
            return;
        };
        match store.held.lock().await.as_mut().filter(|held| held.is_of(&owner)) {
            Some(held) => drop(held.renew(&store.objects).await),
            None => return,
        }
    }
}
