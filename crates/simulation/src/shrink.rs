//! Shrinking: a history that fails is made smaller for as long as it fails in the same way.

use std::fmt;

use crate::history::{History, Run, Step, Weather};
use crate::program::Declared;
use crate::sabotage::Sabotage;
use crate::world::{Violation, play, play_traced};

/// How many smaller histories are tried.
const TRIES: usize = 3_000;

/// A history that breaks a promise, made small.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed it was drawn from.
    pub seed: u64,
    /// The small history.
    pub history: History,
    /// What it breaks.
    pub violation: Violation,
    /// What happens in it, a line each.
    pub trace: Vec<String>,
}

/// A small history that fails as `history` does; nothing where that does not fail.
pub fn shrunk(mut history: History, sabotage: Option<Sabotage>) -> Option<Failure> {
    let seed = history.seed;
    let violation = play(&history, sabotage).violation?;
    let mut tries = 0;
    let mut fails = |candidate: &History| {
        tries += 1;
        tries <= TRIES && play(candidate, sabotage).violation.is_some_and(|found| found.code == violation.code)
    };
    loop {
        let Some(less) = smaller(&history).find(|candidate| fails(candidate)) else {
            break;
        };
        history = less;
    }
    let outcome = play_traced(&history, sabotage);
    Some(Failure { seed, history, violation: outcome.violation?, trace: outcome.trace })
}

/// Histories with a little less in them, those that lose most first.
fn smaller(history: &History) -> impl Iterator<Item = History> + '_ {
    let steps = history.steps.len();
    let halves = (0..2).filter(move |_| steps > 3).map(move |half| without(history, half * steps / 2, steps / 2));
    let single = (0..steps).map(|step| without(history, step, 1));
    let count = history.program.resources.len();
    let resources = (0..count).filter(move |_| count > 1).map(|position| {
        let mut candidate = history.clone();
        candidate.program.remove(position);
        candidate
    });
    let calmer = (0..steps).flat_map(|step| calmer(history, step));
    let simpler = (0..history.program.resources.len()).flat_map(|position| simpler(history, position));
    let one_at_once = (history.parallelism > 1).then(|| History { parallelism: 1, ..history.clone() });
    halves.chain(single).chain(resources).chain(calmer).chain(simpler).chain(one_at_once)
}

fn without(history: &History, first: usize, count: usize) -> History {
    let mut candidate = history.clone();
    candidate.steps.drain(first..(first + count).min(history.steps.len()));
    candidate
}

/// The history with less that goes wrong in a run.
fn calmer(history: &History, step: usize) -> Vec<History> {
    let (Step::Run(run) | Step::Move { run, .. } | Step::Import { run, .. }) = history.steps[step] else {
        return Vec::new();
    };
    let mut runs = Vec::new();
    if run.blow.is_some() {
        runs.push(Run { blow: None, ..run });
    }
    let weather = run.weather;
    let calm = [
        Weather::default(),
        Weather { throttled: 0, ..weather },
        Weather { server_errors: 0, ..weather },
        Weather { lost_responses: 0, ..weather },
        Weather { unseen: 0, ..weather },
        Weather { slow: 0, ..weather },
        Weather { refused: 0, ..weather },
        Weather { half_made: 0, ..weather },
        Weather { not_ready: 0, ..weather },
    ];
    runs.extend(calm.into_iter().filter(|calm| *calm != weather).map(|weather| Run { weather, ..run }));
    let candidate = |run| {
        let mut candidate = history.clone();
        match &mut candidate.steps[step] {
            Step::Run(before) | Step::Move { run: before, .. } | Step::Import { run: before, .. } => *before = run,
            _ => {}
        }
        candidate
    };
    runs.into_iter().map(candidate).collect()
}

/// The history with less to say of a resource.
fn simpler(history: &History, position: usize) -> Vec<History> {
    let resource = &history.program.resources[position];
    let mut candidates = Vec::new();
    let mut with = |change: &dyn Fn(&mut Declared)| {
        let mut candidate = history.clone();
        change(&mut candidate.program.resources[position]);
        candidates.push(candidate);
    };
    for index in 0..resource.needs.len() {
        with(&|resource| {
            resource.needs.remove(index);
        });
    }
    if resource.copies {
        with(&|resource| resource.copies = false);
    }
    if resource.second_stack {
        with(&|resource| resource.second_stack = false);
    }
    candidates
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {} breaks {}", self.seed, self.violation)?;
        writeln!(f, "shrunk to {}", self.history)?;
        self.trace.iter().try_for_each(|line| writeln!(f, "{line}"))?;
        write!(f, "repeat it: cargo xtask simulate --seed {} --runs 1 --verbose", self.seed)
    }
}
