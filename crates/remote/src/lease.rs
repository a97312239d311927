//! The lock as it is written down: who holds it, until when, and which journal numbers fence off those who held it
//! before. And how long a silence means that a holder is gone.

use std::time::Duration;

use ironwright_engine::{LockOwner, Standing, StoreError, is_gone};
use serde::{Deserialize, Serialize};

use crate::objects::Objects;
use crate::register::Version;

/// How far two clocks may be apart. Object stores refuse requests from clocks that are further off.
const SKEW: Duration = Duration::from_mins(15);

/// How many fences are remembered.
const FENCES: usize = 20;

/// The lock as it is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lease {
    /// Who holds the lock, or held it last.
    pub(crate) owner: LockOwner,
    pub(crate) status: Status,
    /// How long it lasts from `renewed` on, in milliseconds.
    pub(crate) lasts: u64,
    /// When its holder last gave a sign of life, in milliseconds since 1970 UTC by the holder's clock.
    pub(crate) renewed: u64,
    /// The numbers of the journal's objects that fence off former holders; they stay when the journal is emptied.
    #[serde(default)]
    pub(crate) fences: Vec<u64>,
}

/// What has become of a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub(crate) enum Status {
    /// Its owner holds it.
    Held,
    /// Its owner has given it back, and writes no more.
    Free,
    /// It was taken from its owner, who may not know yet.
    Broken {
        /// Who broke it.
        by: Box<LockOwner>,
    },
}

/// What was seen of a lock from here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Watch {
    /// For how long it has stayed as it is.
    pub(crate) silence: Duration,
    /// Whether it was seen to change before that.
    pub(crate) has_moved: bool,
}

/// What is known of a holder's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// It is there, or it is gone for sure.
    Known(Standing),
    /// Its lease is over by its own clock, which may be off: to be watched for this long.
    Doubtful(Duration),
}

impl Lease {
    /// The lock of `owner`, taken at `now`.
    pub(crate) fn new(owner: LockOwner, lasts: Duration, now: u64, fences: Vec<u64>) -> Self {
        let lasts = u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX);
        Self { owner, status: Status::Held, lasts, renewed: now, fences }
    }

    /// The lock as `version` of its register has it.
    pub(crate) fn read(objects: &Objects, version: &Version) -> Result<Self, StoreError> {
        serde_json::from_slice(&version.value).map_err(|error| StoreError::Damaged {
            place: objects.place("lock"),
            problem: format!("version {} is no lock: {error}", version.number),
            previous: None,
        })
    }

    /// The lock as it is written.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts and numbers can be written as JSON")
    }

    /// Whether `owner` holds it.
    pub(crate) fn is_held_by(&self, owner: &LockOwner) -> bool {
        self.status == Status::Held && self.owner.id == owner.id
    }

    /// When it is over, in milliseconds since 1970 UTC by the holder's clock.
    pub(crate) fn over(&self) -> u64 {
        self.renewed.saturating_add(self.lasts)
    }

    pub(crate) fn lasts(&self) -> Duration {
        Duration::from_millis(self.lasts)
    }

    /// Remembers the fence `number`, and forgets the oldest.
    pub(crate) fn fence(&mut self, number: u64) {
        self.fences.push(number);
        let surplus = self.fences.len().saturating_sub(FENCES);
        self.fences.drain(..surplus);
    }

    /// What is known of the holder at `now`, after its lock was watched.
    ///
    /// Only a silence of a whole lease, watched from here, needs no trust in the holder's clock. One that is overdue by
    /// its own clock is watched for a third of a lease, longer than the pause between two signs of life; one that is
    /// overdue by more than clocks may differ is gone.
    pub(crate) fn life(&self, now: u64, watch: Watch) -> Life {
        let lasts = self.lasts();
        let over = self.over();
        if is_gone(&self.owner) {
            return Life::Known(Standing::Stale { since: None });
        }
        let stale = Life::Known(Standing::Stale { since: Some(over) });
        if watch.silence >= lasts {
            return stale;
        }
        if watch.has_moved {
            return Life::Known(Standing::Seen(watch.silence));
        }
        if now < over {
            return Life::Known(Standing::Seen(Duration::from_millis(now.saturating_sub(self.renewed))));
        }
        let overdue = Duration::from_millis(now - over);
        let doubt = lasts / 3;
        if overdue >= SKEW || watch.silence >= doubt {
            stale
        } else {
            Life::Doubtful(doubt.saturating_sub(watch.silence))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease() -> Lease {
        Lease {
            owner: LockOwner::default(),
            status: Status::Held,
            lasts: 60_000,
            renewed: 1_000_000,
            fences: Vec::new(),
        }
    }

    fn still(seconds: u64) -> Watch {
        Watch { silence: Duration::from_secs(seconds), has_moved: false }
    }

    fn check(after: u64, watched: u64, expect: Life) {
        assert_eq!(lease().life(1_000_000 + after * 1000, still(watched)), expect, "{after} {watched}");
    }

    #[test]
    fn a_silence_is_judged_by_both_clocks() {
        let stale = Life::Known(Standing::Stale { since: Some(1_060_000) });
        let seen = |ago| Life::Known(Standing::Seen(Duration::from_secs(ago)));
        check(4, 0, seen(4));
        check(59, 59, seen(59));
        check(61, 0, Life::Doubtful(Duration::from_secs(20)));
        check(61, 15, Life::Doubtful(Duration::from_secs(5)));
        check(61, 20, stale);
        check(60 + 15 * 60, 0, stale);
        // The holder's clock is ahead of ours: it seems to have been seen in the future.
        assert_eq!(lease().life(0, still(59)), seen(0));
        assert_eq!(lease().life(0, still(60)), stale);
    }

    #[test]
    fn a_sign_of_life_that_was_seen_counts_whatever_the_clocks_say() {
        let watch = Watch { silence: Duration::from_secs(50), has_moved: true };
        assert_eq!(lease().life(9_000_000, watch), Life::Known(Standing::Seen(Duration::from_secs(50))));
    }

    #[test]
    fn the_oldest_fences_are_forgotten() {
        let mut lease = lease();
        (1..=25).for_each(|number| lease.fence(number));
        assert_eq!(lease.fences, (6..=25).collect::<Vec<_>>());
    }
}
