//! A history as it is played: the program, the disk and the cloud, from step to step.

use std::fmt;

use ironwright_core::{Address, Planned, Resolved};
use ironwright_engine::{Create, Provider, Record, Token};

use crate::clock::VirtualClock;
use crate::dice::{Dice, at};
use crate::disk::Disk;
use crate::history::{Aim, History, Run, Step, Telling, Weather};
use crate::program::{Program, REGION};
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
            Step::Move { choice, how, run } => self.move_one(*choice, *how, *run),
            Step::Import { seed, run } => self.import_one(*seed, *run),
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

    /// A resource gets another address, and is still the same one when all has settled.
    fn move_one(&mut self, choice: u32, how: Telling, run: Run) {
        self.settle();
        let before = self.ids();
        self.totals.moves += 1;
        let moved = self.program.move_over(at(choice, self.program.resources.len()), how == Telling::Said);
        if let Some((from, to)) = moved.filter(|_| how == Telling::ByHand && self.violations.is_empty()) {
            self.move_by_hand(&from, &to);
        }
        if self.violations.is_empty() {
            drop(self.run(run));
            self.settle();
        }
        let after = self.ids();
        if self.violations.is_empty() && before != after {
            self.violated("I3-moved", format!("a move has changed what is live from {before:?} to {after:?}"));
        }
    }

    /// The types and ids of what is live.
    fn ids(&self) -> Vec<(String, String)> {
        let content = self.disk.content();
        let mut ids: Vec<_> =
            content.ledger.live.values().map(Record::clone).map(|it| (it.type_name, it.physical_id)).collect();
        ids.sort();
        ids
    }

    /// Somebody makes a resource elsewhere, the program takes it over, and it is managed when all has settled.
    fn import_one(&mut self, seed: u32, run: Run) {
        self.settle();
        if !self.violations.is_empty() {
            return;
        }
        self.totals.imports += 1;
        let address = self.program.add_lonely(&Dice::new(u64::from(seed), 9));
        let id = self.make_elsewhere(&address, seed);
        self.note(format!("  {id} is made elsewhere"));
        self.program.import(Some((address.clone(), id.clone())));
        drop(self.run(run));
        if self.violations.is_empty() {
            self.settle();
        }
        self.program.import(None);
        self.disk.content().forgotten.retain(|(_, forgotten)| *forgotten != id);
        let imported = self.disk.content().ledger.live.get(&address).map(|record| record.physical_id.clone());
        if self.violations.is_empty() && imported.as_ref() != Some(&id) {
            self.violated("I3-import", format!("{address} was to be {id} and is {imported:?}"));
        }
    }

    /// Makes what `address` is to be, but for what can change in place, behind the engine's back.
    fn make_elsewhere(&mut self, address: &Address, seed: u32) -> String {
        let declared = self.program.resources.iter().find(|resource| resource.address() == *address);
        let declared = declared.expect("it was just added");
        let label = if seed.is_multiple_of(2) { declared.label_text() } else { "made elsewhere".to_owned() };
        let text = |name: &str, text: String| (name.to_owned(), Planned::Text(text));
        let properties = Planned::Map([text("Label", label), text("Core", declared.core_text())].into());
        let request = Create {
            address: Address::new("elsewhere"),
            type_name: declared.kind().type_name.to_owned(),
            region: REGION.to_owned(),
            properties: Resolved::new(properties).expect("all is known"),
            token: Token::new(u128::from(seed) << 64 | u128::from(self.runs)),
        };
        let type_name = request.type_name.clone();
        let made = self.clock.run(self.place.truth.create(request)).expect("nothing ends this");
        let id = made.expect("the cloud refuses nothing of this").physical_id;
        self.disk.content().forgotten.insert((type_name, id.clone()));
        id
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
