//! One run as its surroundings see it: the moments it passes, the blow that hits it at one of them, and what was noted.

use std::fmt::{self, Debug, Write};
use std::future::pending;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ironwright_engine::{Event, LockOwner, Observer, Stop};

use crate::clock::VirtualClock;
use crate::dice::Dice;
use crate::history::{Blow, BlowKind};
use crate::program::PLANTED;
use crate::sabotage::Sabotage;
use crate::totals::Totals;
use crate::world::Violation;

/// More moments than any honest run needs.
const ENDLESS: u32 = 20_000;

/// One run.
pub(crate) struct Session {
    pub(crate) clock: VirtualClock,
    pub(crate) stop: Stop,
    dice: Dice,
    blow: Option<Blow>,
    sabotage: Option<Sabotage>,
    notes: Mutex<Notes>,
}

/// What was noted in a run.
#[derive(Default)]
pub(crate) struct Notes {
    moment: u32,
    dead: bool,
    full: bool,
    /// The state is rewritten without entries: drift is accepted.
    rewriting: bool,
    /// How many changes were asked of the cloud.
    pub(crate) changes: u64,
    /// How many writes were asked of the disk.
    pub(crate) writes: u64,
    /// The lock that was taken.
    lock: Option<String>,
    pub(crate) violations: Vec<Violation>,
    pub(crate) totals: Totals,
    /// What happened, a line each, where anybody wants to read it.
    pub(crate) trace: Option<Vec<String>>,
}

impl Session {
    pub(crate) fn new(
        dice: Dice,
        blow: Option<Blow>,
        sabotage: Option<Sabotage>,
        clock: VirtualClock,
        traced: bool,
    ) -> Self {
        let notes = Notes { trace: traced.then(Vec::new), ..Notes::default() };
        Self { clock, stop: Stop::new(), dice, blow, sabotage, notes: Mutex::new(notes) }
    }

    pub(crate) fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn dice(&self) -> &Dice {
        &self.dice
    }

    pub(crate) fn sabotage(&self) -> Option<Sabotage> {
        self.sabotage
    }

    pub(crate) fn is_full(&self) -> bool {
        self.notes().full
    }

    pub(crate) fn rewrites(&self) {
        self.notes().rewriting = true;
    }

    pub(crate) fn is_rewriting(&self) -> bool {
        self.notes().rewriting
    }

    /// Notes a line of the trace.
    pub(crate) fn note(&self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.notes().trace {
            trace.push(line());
        }
    }

    pub(crate) fn violated(&self, code: &'static str, what: String) {
        self.note(|| format!("VIOLATED {code}: {what}"));
        self.notes().violations.push(Violation { code, what });
    }

    /// Searches what the engine says for secrets.
    pub(crate) fn read_aloud(&self, place: &str, said: &impl Debug) {
        let mut search = Search::default();
        // A search that ends early ends with an error.
        let _ = write!(search, "{said:?}");
        if search.found {
            self.violated("I6-secret", format!("a secret is in {place}: {said:?}"));
        }
    }

    /// The run has taken the lock of `owner`.
    pub(crate) fn locks(&self, owner: &LockOwner) {
        self.notes().lock = Some(owner.id.clone());
    }

    /// The lock that is held is this run's, or it must not do `what`.
    pub(crate) fn check_lock(&self, holder: Option<&LockOwner>, what: &str) {
        let ours = self.notes().lock.clone();
        match holder {
            None => self.violated("lock", format!("{what} without the lock")),
            Some(holder) if ours.as_ref() != Some(&holder.id) => {
                self.violated("lock", format!("{what} while another run holds the lock"));
            }
            Some(_) => {}
        }
    }

    /// Never returns in a run that is dead.
    pub(crate) async fn alive(&self) {
        if self.notes().dead {
            pending::<()>().await;
        }
    }

    /// Passes a moment before its effect, and returns its number.
    pub(crate) async fn before(&self, what: &str) -> u32 {
        self.alive().await;
        let moment = {
            let mut notes = self.notes();
            notes.moment += 1;
            notes.moment
        };
        self.note(|| format!("{moment}. {what}"));
        if moment == ENDLESS {
            self.violated("endless", format!("the run goes on for more than {ENDLESS} moments"));
            self.kill();
            self.alive().await;
        }
        match self.blow.filter(|blow| blow.moment == moment).map(|blow| blow.kind) {
            Some(BlowKind::KillBefore) => {
                self.kill();
                self.alive().await;
            }
            Some(BlowKind::Stop) => {
                self.note(|| "  asked to stop".to_owned());
                self.notes().totals.stops += 1;
                self.stop.request();
            }
            Some(BlowKind::Full) => {
                let mut notes = self.notes();
                (notes.full, notes.totals.full_disks) = (true, notes.totals.full_disks + 1);
            }
            _ => {}
        }
        moment
    }

    /// Passes the same moment after its effect.
    pub(crate) async fn after(&self, moment: u32) {
        if self.is_hit(moment, BlowKind::KillAfter) {
            self.kill();
        }
        self.alive().await;
    }

    /// Panics, where that is what the moment brings.
    pub(crate) fn panic_at(&self, moment: u32) {
        if self.is_hit(moment, BlowKind::Panic) {
            self.note(|| "  the provider panics".to_owned());
            self.notes().totals.panics += 1;
            std::panic::resume_unwind(Box::new("a provider that panics"));
        }
    }

    fn is_hit(&self, moment: u32, kind: BlowKind) -> bool {
        self.blow.is_some_and(|blow| blow.moment == moment && blow.kind == kind)
    }

    fn kill(&self) {
        self.note(|| "  killed".to_owned());
        {
            let mut notes = self.notes();
            (notes.dead, notes.totals.kills) = (true, notes.totals.kills + 1);
        }
        self.clock.kill();
    }
}

/// Searches text for planted secrets as it is written, and keeps none of it. A secret is always written in one piece.
#[derive(Default)]
struct Search {
    found: bool,
}

impl Write for Search {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.found |= text.contains(PLANTED);
        if self.found { Err(fmt::Error) } else { Ok(()) }
    }
}

impl Observer for Session {
    fn event(&self, event: &Event) {
        if matches!(event, Event::Refreshing { .. }) {
            return;
        }
        self.read_aloud("an event", event);
        if let Event::Recovered { address, action, outcome } = event {
            self.notes().totals.recoveries += 1;
            self.note(|| format!("  recovered: {action} {address} {outcome}"));
        }
    }
}
