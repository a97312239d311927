//! A history as it is played: the program, the disk and the cloud, from step to step.

use std::fmt;

use crate::clock::VirtualClock;
use crate::dice::{Dice, at};
use crate::disk::Disk;
use crate::history::{Aim, History, Run, Step, Weather};
use crate::program::Program;
use crate::sabotage::Sabotage;
use crate::totals::Totals;
use crate::witness::Place;

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which: `I2-begin`.
    pub code: &'static str,
    /// How.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.what)
    }
}

/// What came of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What was counted.
    pub totals: Totals,
    /// The first promise that was broken, if any.
    pub violation: Option<Violation>,
    /// What happened, a line each; empty where it was not asked for.
    pub trace: Vec<String>,
}

/// Plays `history`, with a defect built in where `sabotage` says so.
pub fn play(history: &History, sabotage: Option<Sabotage>) -> Outcome {
    World::new(history, sabotage, false).play(history)
}

/// The same, and tells what happened.
pub fn play_traced(history: &History, sabotage: Option<Sabotage>) -> Outcome {
    World::new(history, sabotage, true).play(history)
}

/// The program, the disk and the cloud.
pub(crate) struct World {
    pub(crate) program: Program,
    pub(crate) disk: Disk,
    pub(crate) place: Place,
    pub(crate) clock: VirtualClock,
    pub(crate) dice: Dice,
    pub(crate) parallelism: usize,
    pub(crate) sabotage: Option<Sabotage>,
    pub(crate) traced: bool,
    pub(crate) totals: Totals,
    pub(crate) trace: Vec<String>,
    pub(crate) violations: Vec<Violation>,
    pub(crate) runs: u64,
    pub(crate) seed: u64,
}

impl World {
    fn new(history: &History, sabotage: Option<Sabotage>, traced: bool) -> Self {
        Self {
            program: history.program.clone(),
            disk: Disk::default(),
            place: Place::new(history.seed),
            clock: VirtualClock::default(),
            dice: Dice::new(history.seed, 1),
            parallelism: history.parallelism,
            sabotage,
            traced,
            totals: Totals { histories: 1, ..Totals::default() },
            trace: Vec::new(),
            violations: Vec::new(),
            runs: 0,
            seed: history.seed,
        }
    }

    fn play(mut self, history: &History) -> Outcome {
        for (number, step) in history.steps.iter().enumerate() {
            self.note(format!("== {number}. {step}"));
            self.step(step);
            if !self.violations.is_empty() {
                break;
            }
        }
        self.totals.writes = self.disk.content().writes;
        Outcome { totals: self.totals, violation: self.violations.into_iter().next(), trace: self.trace }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Edit(edit) => edit.carry_out(&mut self.program),
            Step::Drift { choice, deletes } => self.drift(*choice, *deletes),
            Step::Run(run) => drop(self.run(*run)),
            Step::Settle => self.settle(),
        }
    }

    /// Somebody changes or deletes a resource behind the program's back.
    fn drift(&mut self, choice: u32, deletes: bool) {
        let mut resources = self.place.truth.resources().unwrap_or_default();
        if !deletes {
            // What is found after an interrupted create counts as what that create has made: nothing tells drift from it.
            let content = self.disk.content();
            let known = content.ledger.ids();
            let pending = &content.ledger.pending;
            resources.retain(|resource| pending.iter().all(|it| it.record.address.as_str() != resource.address));
            resources.retain(|resource| known.contains(&(resource.type_name.as_str(), resource.physical_id.as_str())));
        }
        let Some(resource) = resources.get(at(choice, resources.len())) else {
            return;
        };
        self.totals.drifts += 1;
        let (type_name, id) = (&resource.type_name, &resource.physical_id);
        self.note(format!("  {} {id} drifts", resource.address));
        let changed = if deletes {
            self.place.truth.remove(type_name, id)
        } else {
            self.place.truth.set(type_name, id, "Label", "drifted")
        };
        assert!(changed.is_ok(), "the cloud is in memory: {changed:?}");
    }

    /// An apply in fair weather: after it, all must be as the program says (invariant I3).
    fn settle(&mut self) {
        let _ = self.run(Run { aim: Aim::Apply, weather: Weather::default(), blow: None });
        if self.violations.is_empty() {
            self.check_settled();
        }
    }

    pub(crate) fn note(&mut self, line: String) {
        if self.traced {
            self.trace.push(line);
        }
    }

    pub(crate) fn violated(&mut self, code: &'static str, what: String) {
        self.note(format!("VIOLATED {code}: {what}"));
        self.violations.push(Violation { code, what });
    }
}
