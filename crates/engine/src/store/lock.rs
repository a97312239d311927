//! Who holds a lock, and what is known of them. How a lock is kept is each store's business.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::StoreError;

/// Who holds a lock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockOwner {
    /// Names this run, and the lock while it holds it.
    pub id: String,
    /// Who: `user@host`.
    pub owner: String,
    /// The process.
    pub pid: u32,
    /// When the process began, as its system counts: a process that got the same `pid` later began later. Zero where the
    /// system does not say.
    #[serde(default)]
    pub started: u64,
    /// The system that the process is one of: this boot of this machine, and in it the container. Empty where the system
    /// does not say.
    #[serde(default)]
    pub machine: String,
    /// The command that was typed.
    pub command: String,
    /// Since when, in milliseconds since 1970 UTC.
    pub since: u64,
}

impl fmt::Display for LockOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { command, owner, pid, since, .. } = self;
        write!(f, "`{command}` by {owner} (process {pid}), since {}", TimeOfDay(*since))
    }
}

/// Who holds a lock, or has held it and is gone, and whether there is any life in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Who.
    pub owner: LockOwner,
    /// Whether they are still there.
    pub standing: Standing,
}

/// Whether a holder is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It runs: the system says so.
    Running,
    /// It gave a sign of life this long ago, and the next one is not overdue.
    Seen(Duration),
    /// It has given no sign of life since the lock ran out, or its process is known to be gone.
    Stale {
        /// Since when, in milliseconds since 1970 UTC, where that is known.
        since: Option<u64>,
    },
}

impl Holder {
    /// Whether the holder is gone.
    pub fn is_stale(&self) -> bool {
        matches!(self.standing, Standing::Stale { .. })
    }

    /// An error unless the lock's id is `id`: only who has seen the lock may break it.
    pub fn check_id(&self, id: &str) -> Result<(), StoreError> {
        if self.owner.id == id {
            return Ok(());
        }
        Err(StoreError::OtherLock { asked: id.to_owned(), holder: Box::new(self.clone()) })
    }

    /// What to do for whoever wants the lock.
    pub fn help(&self) -> String {
        let id = &self.owner.id;
        if self.is_stale() {
            format!("nobody is there any more: type `unlock {id}`")
        } else {
            format!("wait for it to end, or let the command wait: `--lock-timeout 5m`; the lock's id is {id}")
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, ", self.owner)?;
        match self.standing {
            Standing::Running => f.write_str("live"),
            Standing::Seen(ago) => write!(f, "live, last seen {} s ago", ago.as_secs()),
            Standing::Stale { since: Some(since) } => write!(f, "stale since {}", TimeOfDay(since)),
            Standing::Stale { since: None } => f.write_str("stale: its process is gone"),
        }
    }
}

/// A moment, in milliseconds since 1970, as the time of its day.
struct TimeOfDay(u64);

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = self.0 / 1000 % 86_400;
        write!(f, "{:02}:{:02}:{:02} UTC", second / 3600, second / 60 % 60, second % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(standing: Standing, expect: &str) {
        let owner = LockOwner {
            id: "1f".to_owned(),
            owner: "me@here".to_owned(),
            pid: 7,
            command: "apply".to_owned(),
            since: 86_400_000 + 43_384_000,
            ..LockOwner::default()
        };
        assert_eq!(Holder { owner, standing }.to_string(), format!("`apply` by me@here (process 7), {expect}"));
    }

    #[test]
    fn a_holder_is_told_with_its_signs_of_life() {
        check(Standing::Running, "since 12:03:04 UTC, live");
        check(Standing::Seen(Duration::from_millis(4_900)), "since 12:03:04 UTC, live, last seen 4 s ago");
        check(Standing::Stale { since: Some(60_000) }, "since 12:03:04 UTC, stale since 00:01:00 UTC");
        check(Standing::Stale { since: None }, "since 12:03:04 UTC, stale: its process is gone");
    }
}
