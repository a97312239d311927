//! Virtual time: it stands still while anything can go on, and then jumps to the next that waits. And the runtime of a
//! run, which ends when the run does, when it is killed, or when nothing can go on any more.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use ironwright_engine::Clock;

/// Milliseconds since 1970 at the beginning of every history.
const BEGINNING: u64 = 1_750_000_000_000;

/// Virtual time. Clones are the same clock.
#[derive(Clone, Default)]
pub(crate) struct VirtualClock(Arc<Mutex<Time>>);

#[derive(Default)]
struct Time {
    now: Duration,
    sleepers: BTreeMap<(Duration, u64), Waker>,
    slept: u64,
    /// Wakes the run itself, so that it sees that it is over.
    run: Option<Waker>,
    over: Option<Over>,
}

/// Why a run ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// It was killed.
    Killed,
    /// Nothing in it could go on, and nothing waited for the time to pass.
    Stuck,
}

impl VirtualClock {
    fn time(&self) -> MutexGuard<'_, Time> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the run at once: nothing in it is heard of again.
    pub(crate) fn kill(&self) {
        let mut time = self.time();
        time.over = Some(Over::Killed);
        if let Some(run) = &time.run {
            run.wake_by_ref();
        }
    }

    /// Carries out `work` on a runtime of its own, on this thread. Whatever it has spawned ends with it.
    pub(crate) fn run<T>(&self, work: impl Future<Output = T>) -> Result<T, Over> {
        *self.time() = Time { now: self.time_of_day(), ..Time::default() };
        let clock = self.clone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .on_thread_park(move || clock.advance())
            .build()
            .expect("a runtime without IO needs nothing that can fail");
        runtime.block_on(async {
            let mut work = pin!(work);
            poll_fn(|context| {
                {
                    let mut time = self.time();
                    if let Some(over) = time.over {
                        return Poll::Ready(Err(over));
                    }
                    time.run = Some(context.waker().clone());
                }
                work.as_mut().poll(context).map(Ok)
            })
            .await
        })
    }

    fn time_of_day(&self) -> Duration {
        self.time().now
    }

    /// Nothing can go on: time passes until the next sleeper wakes.
    fn advance(&self) {
        let mut time = self.time();
        if time.over.is_none() {
            match time.sleepers.pop_first() {
                Some(((until, _), sleeper)) => {
                    time.now = time.now.max(until);
                    sleeper.wake();
                    return;
                }
                None => time.over = Some(Over::Stuck),
            }
        }
        if let Some(run) = &time.run {
            run.wake_by_ref();
        }
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> u64 {
        BEGINNING + u64::try_from(self.time().now.as_millis()).unwrap_or_default()
    }

    fn elapsed(&self) -> Duration {
        self.time().now
    }

    async fn sleep(&self, duration: Duration) {
        let (until, number) = {
            let mut time = self.time();
            time.slept += 1;
            (time.now + duration, time.slept)
        };
        poll_fn(|context| {
            let mut time = self.time();
            if time.now >= until {
                time.sleepers.remove(&(until, number));
                return Poll::Ready(());
            }
            time.sleepers.insert((until, number), context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_jumps_from_sleeper_to_sleeper_in_order() {
        let clock = VirtualClock::default();
        let woken = clock.run(async {
            let order = Arc::new(Mutex::new(Vec::new()));
            let tasks = [30, 10, 20].map(|seconds| {
                let (clock, order) = (clock.clone(), order.clone());
                tokio::spawn(async move {
                    clock.sleep(Duration::from_secs(seconds)).await;
                    order.lock().expect("not poisoned").push(clock.elapsed().as_secs());
                })
            });
            for task in tasks {
                task.await.expect("no panic");
            }
            let order = order.lock().expect("not poisoned");
            order.clone()
        });
        assert_eq!(woken, Ok(vec![10, 20, 30]));
    }

    #[test]
    fn a_run_that_can_never_go_on_is_told_and_not_waited_for() {
        let clock = VirtualClock::default();
        assert_eq!(clock.run(std::future::pending::<()>()), Err(Over::Stuck));
        let killer = clock.clone();
        let ended = clock.run(async move {
            killer.kill();
            std::future::pending::<()>().await;
        });
        assert_eq!(ended, Err(Over::Killed));
    }
}
