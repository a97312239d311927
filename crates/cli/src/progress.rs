//! Who tells of a run while it goes on: lines in a pipe, a live view in a terminal, JSON for programs.
//!
//! What the lines say is `render::progress`'s business.

mod live;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ironwright_core::Address;
use ironwright_engine::{Action, Clock, Event, Observer};

use crate::render::json::Line;
use crate::render::progress as words;
use crate::terminal::Terminal;
use live::Live;

/// After this long without news of an operation, a sign of life is given.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How often a run looks whether a sign of life is due, and a live view is redrawn.
pub(crate) const TICK: Duration = Duration::from_millis(100);

/// An operation in flight.
#[derive(Clone, Copy)]
struct Running {
    action: Action,
    since: Duration,
    last_sign: Duration,
}

/// Tells of a run while it goes on.
pub(crate) struct Progress {
    clock: Arc<dyn Clock>,
    running: Mutex<BTreeMap<Address, Running>>,
    teller: Teller,
    /// What begins a session anew, where credentials have run out.
    login: String,
}

enum Teller {
    Lines(Arc<Terminal>),
    Json(Arc<Terminal>),
    Live(Box<Live>),
}

impl Progress {
    /// Tells of a run of `total` operations on `terminal`, in the way that suits it.
    pub(crate) fn new(terminal: &Arc<Terminal>, clock: Arc<dyn Clock>, json: bool, total: usize) -> Self {
        let teller = match (json, terminal.features().live) {
            (true, _) => Teller::Json(Arc::clone(terminal)),
            (false, true) => {
                Teller::Live(Box::new(Live::new(terminal.features().output_color, clock.elapsed(), total)))
            }
            (false, false) => Teller::Lines(Arc::clone(terminal)),
        };
        Self { clock, running: Mutex::default(), teller, login: String::new() }
    }

    /// The same, which says `login` where credentials have run out.
    pub(crate) fn with_login(self, login: String) -> Self {
        Self { login, ..self }
    }

    /// Gives the signs of life that are due.
    pub(crate) fn tick(&self) {
        let now = self.clock.elapsed();
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        for (address, operation) in running.iter_mut() {
            if now.saturating_sub(operation.last_sign) >= HEARTBEAT {
                operation.last_sign = now;
                self.still(address, operation.action, now.saturating_sub(operation.since));
            }
        }
        if let Teller::Live(live) = &self.teller {
            live.tick(now);
        }
    }

    /// Waits for `work` and gives signs of life meanwhile. A live view is gone when it returns.
    pub(crate) async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        let result = loop {
            tokio::select! {
                result = &mut work => break result,
                () = self.clock.sleep(TICK) => self.tick(),
            }
        };
        if let Teller::Live(live) = &self.teller {
            live.clear();
        }
        result
    }

    fn still(&self, address: &Address, action: Action, since: Duration) {
        match &self.teller {
            Teller::Lines(terminal) => terminal.line(&words::still(address, action, since)),
            Teller::Json(terminal) => {
                terminal.line(&Line::Heartbeat { address, action, elapsed_ms: since.as_millis() }.text());
            }
            Teller::Live(_) => {}
        }
    }

    fn note(&self, event: &Event) {
        let now = self.clock.elapsed();
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Started { address, action, .. } => {
                running.insert(address.clone(), Running { action: *action, since: now, last_sign: now });
            }
            Event::Finished { address, .. } | Event::Failed { address, .. } => {
                running.remove(address);
            }
            Event::Retrying { address, .. } | Event::Progress { address, .. } => {
                running.entry(address.clone()).and_modify(|operation| operation.last_sign = now);
            }
            _ => {}
        }
    }
}

impl Observer for Progress {
    fn event(&self, event: &Event) {
        self.note(event);
        match &self.teller {
            Teller::Lines(terminal) => words::line(event, &self.login).iter().for_each(|line| terminal.line(line)),
            Teller::Json(terminal) => Line::event(event).iter().for_each(|line| terminal.line(&line.text())),
            Teller::Live(live) => live.event(event, self.clock.elapsed(), &self.login),
        }
    }
}

#[cfg(test)]
mod tests {
    use async_trait_free::Stopped;

    use super::*;
    use crate::terminal::captured::terminal;

    /// A clock that is set by hand.
    mod async_trait_free {
        use std::pin::Pin;
        use std::sync::Mutex;
        use std::time::Duration;

        use ironwright_engine::Clock;

        #[derive(Default)]
        pub(super) struct Stopped(pub(super) Mutex<Duration>);

        impl Clock for Stopped {
            fn now(&self) -> u64 {
                0
            }
            fn elapsed(&self) -> Duration {
                *self.0.lock().unwrap()
            }
            fn sleep<'a, 'b>(&'a self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'b>>
            where
                'a: 'b,
                Self: 'b,
            {
                Box::pin(std::future::ready(()))
            }
        }
    }

    fn at(clock: &Stopped, seconds: u64) {
        *clock.0.lock().unwrap() = Duration::from_secs(seconds);
    }

    fn started(name: &str) -> Event {
        Event::Started { address: Address::new(name), action: Action::Create, physical_id: None }
    }

    #[test]
    fn a_sign_of_life_comes_every_ten_seconds_and_only_while_it_runs() {
        let (terminal, output, _) = terminal(None);
        let clock = Arc::new(Stopped::default());
        let progress = Progress::new(&Arc::new(terminal), clock.clone(), false, 1);
        progress.event(&started("web/db"));
        for second in [3, 11, 15, 22] {
            at(&clock, second);
            progress.tick();
        }
        let elapsed = Duration::from_secs(30);
        let id = Some("db-1".to_owned());
        progress.event(&Event::Finished { address: "web/db".into(), action: Action::Create, physical_id: id, elapsed });
        at(&clock, 60);
        progress.tick();
        insta::assert_snapshot!(output.text(), @r"
        web/db: creating…
        web/db: still creating… (11s)
        web/db: still creating… (22s)
        web/db: created [db-1] (30s)
        ");
    }

    #[test]
    fn json_has_heartbeats_too() {
        let (terminal, output, _) = terminal(None);
        let clock = Arc::new(Stopped::default());
        let progress = Progress::new(&Arc::new(terminal), clock.clone(), true, 1);
        progress.event(&started("web/db"));
        at(&clock, 12);
        progress.tick();
        insta::assert_snapshot!(output.text(), @r#"
        {"type":"started","address":"web/db","action":"create","physical_id":null}
        {"type":"heartbeat","address":"web/db","action":"create","elapsed_ms":12000}
        "#);
    }
}
