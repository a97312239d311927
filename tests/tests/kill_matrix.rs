//! The kill matrix: a process that deploys is killed at every moment of its run, and the next run goes on (invariant I3).
//!
//! A moment is before, during or after a write to the state, or before or after a call that changes the cloud. What dies
//! and what it deploys is in `ironwright_tests::mortal`; what the matrix covers is told in `docs/reliability.md`.
#![cfg(unix)]

use std::fmt;
use std::fs;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use ironwright::engine::{Action, Counts, Entropy as _, Plan, SeededEntropy};
use ironwright_tests::mortal::program::{Goal, SECRET};
use ironwright_tests::mortal::remains::Remains;
use ironwright_tests::mortal::store::Loyalty;

/// The number of the signal that cannot be caught.
const SIGKILL: i32 = 9;

/// How many runs are killed twice.
const TWICE: usize = 60;

/// From one goal to the next, once without disturbance.
struct Phase {
    goal: Goal,
    /// How a run starts; nothing where there is nothing yet.
    start: PathBuf,
    /// The moments of the undisturbed run, in order.
    moments: Vec<String>,
    /// What it planned.
    plan: Plan,
    /// What it left.
    expected: Remains,
    loyalty: Loyalty,
    seed: u64,
}

impl Phase {
    /// Goes from what is in `start` to `goal` in `end`.
    fn prepare(start: &Path, end: &Path, goal: Goal, loyalty: Loyalty) -> Self {
        copy(start, end);
        let seed = 1000 * (goal as u64 + 1);
        let plan = Remains::of(end, goal).expect("an undisturbed start").next;
        let output = mortal(end, goal, seed, 0, loyalty);
        assert!(output.status.success(), "undisturbed, {} is not reached: {}", goal.name(), text(&output.stderr));
        let moments = text(&output.stdout).lines().map(str::to_owned).collect();
        let expected = Remains::of(end, goal).expect("what an undisturbed run left");
        assert_eq!(expected.problems(), [""; 0], "undisturbed, to {}", goal.name());
        Self { goal, start: start.to_owned(), moments, plan, expected, loyalty, seed }
    }

    /// How many moments there are.
    fn count(&self) -> usize {
        self.moments.len()
    }

    /// Dies at `moment`, as it should.
    fn die(&self, moment: usize, folder: &Path) -> Result<(), String> {
        copy(&self.start, folder);
        let output = mortal(folder, self.goal, self.seed, moment, self.loyalty);
        self.check_death(&output, moment)?;
        check_secrets(folder)
    }

    /// Goes on with the run, and dies again at `moment` if it comes that far.
    fn die_again(&self, moment: usize, folder: &Path) -> Result<(), String> {
        let output = mortal(folder, self.goal, self.seed + 1, moment, self.loyalty);
        if output.status.signal() != Some(SIGKILL) && !output.status.success() {
            return Err(format!("the second run does not go on: {} {}", output.status, text(&output.stderr)));
        }
        check_secrets(folder)
    }

    /// Runs on to `goal`. What is wrong then.
    fn live_on(&self, goal: Goal, folder: &Path) -> Vec<String> {
        let mut problems = Vec::new();
        let output = mortal(folder, goal, self.seed + 2, 0, self.loyalty);
        if !output.status.success() {
            problems.push(format!("the next run does not go on: {} {}", output.status, text(&output.stderr)));
        }
        match Remains::of(folder, goal) {
            Ok(remains) => {
                problems.extend(remains.problems());
                // On the way to another goal, what was being made may be made anew.
                problems.extend(if goal == self.goal { remains.differences(&self.expected) } else { Vec::new() });
            }
            Err(problem) => problems.push(problem),
        }
        problems
    }

    /// It was killed, and where it should be: else the matrix has a hole there.
    fn check_death(&self, output: &Output, moment: usize) -> Result<(), String> {
        if output.status.signal() != Some(SIGKILL) {
            return Err(format!("it was not killed: {} {}", output.status, text(&output.stderr)));
        }
        let lived: Vec<_> = text(&output.stdout).lines().map(str::to_owned).collect();
        if lived == self.moments[..moment] { Ok(()) } else { Err(format!("it lived otherwise: {lived:?}")) }
    }

    /// A point at every moment.
    fn points(&self) -> impl Iterator<Item = Point<'_>> {
        (1..=self.count()).map(|first| Point { phase: self, first, second: None, then: self.goal })
    }
}

/// Where a run is killed, where the next one is, and where the last one goes.
struct Point<'a> {
    phase: &'a Phase,
    first: usize,
    second: Option<usize>,
    then: Goal,
}

impl Point<'_> {
    /// The same death, after which the next run goes elsewhere: by turns the program is edited, or all is destroyed.
    fn elsewhere(self) -> Self {
        let next = Goal::ALL.into_iter().find(|goal| *goal > self.phase.goal);
        let then = next.filter(|_| self.first.is_multiple_of(2)).unwrap_or(Goal::Destroyed);
        Self { then, ..self }
    }

    fn survive(&self, folder: &Path) -> Result<(), String> {
        self.phase.die(self.first, folder)?;
        if let Some(second) = self.second {
            self.phase.die_again(second, folder)?;
        }
        let problems = self.phase.live_on(self.then, folder);
        if problems.is_empty() { Ok(()) } else { Err(problems.join("\n    ")) }
    }
}

impl fmt::Display for Point<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { phase, first, second, then } = self;
        write!(f, "to {}, killed at `{}`", phase.goal.name(), phase.moments[first - 1])?;
        second.map_or(Ok(()), |second| write!(f, ", again at {second}"))?;
        write!(f, ", then to {}", then.name())
    }
}

/// Tries every point, two at a time. The failures.
fn try_all(points: &[Point], folder: &Path) -> Vec<String> {
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = |worker: usize| {
        let scratch = folder.join(format!("scratch-{worker}"));
        while let Some(point) = points.get(next.fetch_add(1, Ordering::SeqCst)) {
            if let Err(problem) = point.survive(&scratch) {
                let failure = format!("{point}:\n    {problem}");
                failures.lock().unwrap_or_else(PoisonError::into_inner).push(failure);
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| work(1));
        work(2);
    });
    failures.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn mortal(folder: &Path, goal: Goal, seed: u64, moment: usize, loyalty: Loyalty) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mortal"));
    command.arg(folder).arg(goal.name()).args([seed.to_string(), moment.to_string()]);
    if loyalty == Loyalty::Forgetful {
        command.arg("forgetful");
    }
    command.output().expect("it was built for this test")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("it prints text")
}

/// An empty folder for one test.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the target folder is writable");
    folder
}

/// Puts a copy of the folder `from` in the place of `to`.
fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to).expect("the target folder is writable");
    for entry in fs::read_dir(from).into_iter().flatten().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("the target folder is writable");
        }
    }
}

/// No file in `folder` holds the program's secret (invariant I6).
fn check_secrets(folder: &Path) -> Result<(), String> {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            check_secrets(&path)?;
        } else if fs::read(&path).is_ok_and(|bytes| bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes())) {
            return Err(format!("the secret is in {}", path.display()));
        }
    }
    Ok(())
}

/// All phases, each from where the one before ended.
fn phases(folder: &Path) -> Vec<Phase> {
    let mut start = folder.join("nothing");
    let mut phases = Vec::new();
    for goal in Goal::ALL {
        let end = folder.join(goal.name());
        phases.push(Phase::prepare(&start, &end, goal, Loyalty::Faithful));
        start = end;
    }
    phases
}

/// The phases, and whether together they do all that a run can do.
fn checked_phases(folder: &Path) -> Vec<Phase> {
    let phases = phases(folder);
    let counts: Vec<_> = phases.iter().map(|phase| phase.plan.counts()).collect();
    let count = |add, change, destroy, forget| Counts { add, change, destroy, forget };
    assert_eq!(counts, [count(30, 0, 0, 0), count(0, 11, 0, 0), count(14, 1, 13, 1), count(0, 0, 30, 0)]);
    let replaced = |action| phases[2].plan.changes.iter().any(|change| change.action == action);
    assert!(replaced(Action::CreateThenDestroy) && replaced(Action::DestroyThenCreate));
    phases
}

/// Prints a line even where the test harness keeps what passing tests print.
fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("standard output is there");
}

fn report(name: &str, points: &[Point], failures: &[String]) {
    say(&format!("{name}: {} points, {} failures", points.len(), failures.len()));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn killed_at_any_moment_the_next_run_goes_on() {
    let folder = folder("kill-matrix");
    let phases = checked_phases(&folder);
    let points: Vec<_> = phases.iter().flat_map(Phase::points).collect();
    let failures = try_all(&points, &folder);
    for phase in &phases {
        say(&format!("kill matrix, to {}: {} points", phase.goal.name(), phase.count()));
    }
    report("kill matrix", &points, &failures);
}

#[test]
fn killed_again_while_it_goes_on_the_run_after_goes_on() {
    const SEED: u64 = 20_261_123;
    let folder = folder("kill-matrix-twice");
    let phases = phases(&folder);
    let dice = SeededEntropy::new(SEED);
    let roll = |sides: usize| usize::try_from(dice.next() % sides as u64).expect("below a usize");
    let point = |_| {
        let phase = &phases[roll(phases.len())];
        let first = 1 + roll(phase.count());
        // Half of the second deaths come early, where the next run looks at what was left.
        let left = if roll(2) == 0 { 8 } else { phase.count() - first + 8 };
        Point { phase, first, second: Some(1 + roll(left)), then: phase.goal }
    };
    let points: Vec<_> = (0..TWICE).map(point).collect();
    let failures = try_all(&points, &folder);
    report(&format!("killed twice, seed {SEED}"), &points, &failures);
}

#[test]
fn killed_at_any_moment_the_next_run_may_go_elsewhere() {
    let folder = folder("kill-matrix-elsewhere");
    let phases = phases(&folder);
    let points: Vec<_> = phases[..3].iter().flat_map(Phase::points).map(Point::elsewhere).collect();
    let failures = try_all(&points, &folder);
    report("killed, then elsewhere", &points, &failures);
}

#[test]
fn a_journal_that_forgets_is_found_out() {
    let folder = folder("kill-matrix-forgetful");
    let phase = Phase::prepare(&folder.join("nothing"), &folder.join("end"), Goal::Made, Loyalty::Forgetful);
    let is_made = |point: &Point<'_>| phase.moments[point.first - 1].contains("after create");
    let points: Vec<_> = phase.points().filter(is_made).collect();
    let failures = try_all(&points, &folder);
    assert_eq!((points.len(), failures.len()), (30, 30), "{failures:?}");
    for sign in ["does not go on", "orphan", "duplicate", "ids differ"] {
        assert!(failures.iter().any(|failure| failure.contains(sign)), "never {sign:?}: {failures:?}");
    }
}
