//! The kill matrix on EC2's API: a program of twenty-five resources is applied and destroyed on moto, through a proxy that
//! lets one call go wrong, for every call and every fault. What is there in the end is asked of boto3.
//!
//! What a point is, is told in `point`; the program is `estate`. The figures are in `docs/reliability.md`.
#![cfg(unix)]

mod inventory;
mod place;
mod point;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use ironwright_tests::proxy::call::Call;
use place::{APPLY, Place};
use point::{Passed, Phase, Point, Sort};

/// How many resources the program has.
const RESOURCES: usize = 25;

/// How many runs go on at once, each on a moto of its own.
const WORKERS: usize = 2;

/// The run without faults: what it called, and what it left.
struct Undisturbed {
    apply: Vec<Call>,
    destroy: Vec<Call>,
    made: Vec<String>,
}

impl Undisturbed {
    fn run(place: &mut Place) -> Self {
        place.clear();
        assert_eq!(place.look(), [""; 0], "a new account has nothing of ours");
        let apply = place.run(Phase::Apply.arguments(), None);
        apply.ran.ended(0);
        let made = place.look();
        assert_eq!(made.len(), RESOURCES, "{made:#?}");
        place.check_plan().expect("the second plan changes nothing");
        let destroy = place.run(Phase::Destroy.arguments(), None);
        destroy.ran.ended(0);
        assert_eq!(place.look(), [""; 0], "what a destroy leaves");
        Self { apply: apply.calls, destroy: destroy.calls, made }
    }

    fn points(&self, phase: Phase) -> Vec<Point> {
        phase.points(if phase == Phase::Apply { &self.apply } else { &self.destroy })
    }
}

/// An apply that meets a fault, and a destroy of what it made that does. One of them may be undisturbed.
type Round = (Option<Point>, Option<Point>);

/// What came of the points.
#[derive(Default)]
struct Results {
    passed: BTreeMap<(Phase, Sort), Vec<Passed>>,
    failures: Vec<String>,
}

impl Results {
    fn add(&mut self, point: Point, result: Result<Passed, String>) {
        match result {
            Ok(passed) => self.passed.entry((point.phase, point.sort)).or_default().push(passed),
            Err(failure) => self.failures.push(failure),
        }
    }
}

/// One round on an empty account.
fn go(round: Round, place: &mut Place, undisturbed: &Undisturbed, results: &Mutex<Results>) {
    let tell = |point, result| results.lock().unwrap_or_else(PoisonError::into_inner).add(point, result);
    place.clear();
    let (apply, destroy) = round;
    let is_made = apply.is_some_and(|point| {
        let result = point.pass(place, &undisturbed.made);
        let is_made = result.is_ok();
        tell(point, result);
        is_made
    });
    let Some(destroy) = destroy else { return };
    if !is_made {
        place.clear();
        place.run(APPLY, None).ran.ended(0);
    }
    tell(destroy, destroy.pass(place, &[]));
}

/// Goes through all rounds, some at once.
fn go_through(rounds: &[Round], places: Vec<Place>, undisturbed: &Undisturbed) -> Results {
    let (next, results) = (AtomicUsize::new(0), Mutex::default());
    std::thread::scope(|scope| {
        for mut place in places {
            let (next, results) = (&next, &results);
            scope.spawn(move || {
                while let Some(round) = rounds.get(next.fetch_add(1, Ordering::SeqCst)) {
                    go(*round, &mut place, undisturbed, results);
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Prints a line even where the test harness keeps what passing tests print.
fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("standard output is there");
}

/// The table of `docs/reliability.md`.
fn say_table(results: &Results) {
    say("| run | fault | points | by itself | by the next run | not met |");
    say("|---|---|---|---|---|---|");
    for ((phase, sort), passed) in &results.passed {
        let count = |how| passed.iter().filter(|passed| **passed == how).count();
        let (itself, next, not_met) = (count(Passed::ByItself), count(Passed::ByTheNextRun), count(Passed::NotMet));
        say(&format!("| {phase} | {sort} | {} | {itself} | {next} | {not_met} |", passed.len()));
    }
}

#[test]
fn whatever_happens_to_any_call_all_is_there_once_or_gone() {
    let places: Option<Vec<_>> = (1..=WORKERS).map(|worker| Place::new(&format!("estate-{worker}"))).collect();
    let Some(mut places) = places else { return };
    let undisturbed = Undisturbed::run(&mut places[0]);
    let [applies, destroys] = Phase::ALL.map(|phase| undisturbed.points(phase));
    say(&format!(
        "moto kill matrix: {} calls of an apply, {} of a destroy; {} points",
        undisturbed.apply.len(),
        undisturbed.destroy.len(),
        applies.len() + destroys.len(),
    ));
    let count = applies.len().max(destroys.len());
    let rounds: Vec<_> = (0..count).map(|at| (applies.get(at).copied(), destroys.get(at).copied())).collect();
    let results = go_through(&rounds, places, &undisturbed);
    say_table(&results);
    assert!(results.failures.is_empty(), "{} failures:\n{}", results.failures.len(), results.failures.join("\n"));
    let passed: Vec<_> = results.passed.values().flatten().collect();
    assert_eq!(passed.len(), applies.len() + destroys.len());
    // Reads may be fewer where several are asked for in one; but not many.
    let not_met = passed.iter().filter(|passed| ***passed == Passed::NotMet).count();
    assert!(not_met * 20 <= passed.len(), "{not_met} faults were not met");
}
