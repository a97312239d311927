//! The kill matrix: a process that deploys is killed at every moment of its run, and the next run goes on (invariant I3).
//!
//! A moment is before, during or after a write to the state; or before a change is sent to the cloud, after it is sent,
//! and after it is carried out and before the answer is read. The cloud lives in this process, at the other end of a
//! socket. What dies and what it deploys is in `ironwright_tests::mortal`; what the matrix covers is told in
//! `docs/reliability.md`.
#![cfg(unix)]

use std::fmt;
use std::fs;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use ironwright::engine::{Action, Counts, Entropy as _, Plan, SeededEntropy};
use ironwright::simulated::SimulatedCloud;
use ironwright_tests::mortal::empty_cloud;
use ironwright_tests::mortal::program::{Goal, SECRET};
use ironwright_tests::mortal::remains::Remains;
use ironwright_tests::mortal::server::{Fate, serve};
use ironwright_tests::mortal::store::Loyalty;

/// The number of the signal that cannot be caught.
const SIGKILL: i32 = 9;

/// How many runs are killed twice.
const TWICE: usize = 60;

/// A state in a folder, and a cloud.
struct Place {
    folder: PathBuf,
    cloud: SimulatedCloud,
}

impl Place {
    /// A copy of this place with its state in `folder`.
    fn copied_to(&self, folder: &Path) -> Self {
        copy(&self.folder, folder);
        Self { folder: folder.to_owned(), cloud: self.cloud.fork().expect("it is in memory") }
    }

    fn remains(&self, goal: Goal) -> Result<Remains, String> {
        Remains::of(&self.folder, &self.cloud, goal)
    }

    /// Runs to `goal` in a process of its own, which dies at `moment`; what it has sent by then meets `fate`.
    fn run(&self, goal: Goal, seed: u64, moment: usize, fate: Fate, loyalty: Loyalty) -> Output {
        let (ours, theirs) = UnixStream::pair().expect("the system has sockets");
        let mut command = Command::new(env!("CARGO_BIN_EXE_mortal"));
        command.arg(&self.folder).arg(goal.name()).args([seed.to_string(), moment.to_string()]);
        if loyalty == Loyalty::Forgetful {
            command.arg("forgetful");
        }
        command.stdin(OwnedFd::from(theirs)).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().expect("it was built for this test");
        // Else this process would hold the other end, too, and never see it close.
        drop(command);
        std::thread::scope(|scope| {
            scope.spawn(|| serve(&self.cloud, ours, fate));
            child.wait_with_output().expect("it ends")
        })
    }

    /// No file holds the program's secret (invariant I6).
    fn check_secrets(&self) -> Result<(), String> {
        check_secrets(&self.folder)
    }
}

/// From one goal to the next, once without disturbance.
struct Phase {
    goal: Goal,
    /// How a run starts; nothing where there is nothing yet.
    start: Place,
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
    /// Goes from `start` to `goal`, in `folder`. The phase, and where it ends.
    fn prepare(start: Place, folder: &Path, goal: Goal, loyalty: Loyalty) -> (Self, Place) {
        let end = start.copied_to(folder);
        let seed = 1000 * (goal as u64 + 1);
        let plan = end.remains(goal).expect("an undisturbed start").next;
        let output = end.run(goal, seed, 0, Fate::Lost, loyalty);
        assert!(output.status.success(), "undisturbed, {} is not reached: {}", goal.name(), text(&output.stderr));
        let moments = text(&output.stdout).lines().map(str::to_owned).collect();
        let expected = end.remains(goal).expect("what an undisturbed run left");
        assert_eq!(expected.problems(), [""; 0], "undisturbed, to {}", goal.name());
        (Self { goal, start, moments, plan, expected, loyalty, seed }, end)
    }

    /// How many moments there are.
    fn count(&self) -> usize {
        self.moments.len()
    }

    /// Dies at `moment`, as it should, in a copy of the start in `folder`.
    fn die(&self, moment: usize, fate: Fate, folder: &Path) -> Result<Place, String> {
        let place = self.start.copied_to(folder);
        let output = place.run(self.goal, self.seed, moment, fate, self.loyalty);
        self.check_death(&output, moment)?;
        place.check_secrets().map(|()| place)
    }

    /// Goes on with the run, and dies again at `moment` if it comes that far.
    fn die_again(&self, moment: usize, fate: Fate, place: &Place) -> Result<(), String> {
        let output = place.run(self.goal, self.seed + 1, moment, fate, self.loyalty);
        if output.status.signal() != Some(SIGKILL) && !output.status.success() {
            return Err(format!("the second run does not go on: {} {}", output.status, text(&output.stderr)));
        }
        place.check_secrets()
    }

    /// Runs on to `goal`. What is wrong then.
    fn live_on(&self, goal: Goal, place: &Place) -> Vec<String> {
        let mut problems = Vec::new();
        let output = place.run(goal, self.seed + 2, 0, Fate::Lost, self.loyalty);
        if !output.status.success() {
            problems.push(format!("the next run does not go on: {} {}", output.status, text(&output.stderr)));
        }
        match place.remains(goal) {
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

    /// A point at every moment; where a change was just sent, one for each thing that may become of it.
    fn points(&self) -> impl Iterator<Item = Point<'_>> {
        let fates = |first: usize| {
            let was_sent = self.moments[first - 1].contains(" sent ");
            if was_sent { &[Fate::CarriedOut, Fate::Lost][..] } else { &[Fate::Lost] }
        };
        let point = |first, fate: &Fate| Point { phase: self, first, fate: *fate, second: None, then: self.goal };
        (1..=self.count()).flat_map(move |first| fates(first).iter().map(move |fate| point(first, fate)))
    }
}

/// Where a run is killed, where the next one is, and where the last one goes.
struct Point<'a> {
    phase: &'a Phase,
    first: usize,
    /// What becomes of changes that were under way when it was killed.
    fate: Fate,
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
        let place = self.phase.die(self.first, self.fate, folder)?;
        if let Some(second) = self.second {
            self.phase.die_again(second, self.fate, &place)?;
        }
        let problems = self.phase.live_on(self.then, &place);
        if problems.is_empty() { Ok(()) } else { Err(problems.join("\n    ")) }
    }
}

impl fmt::Display for Point<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { phase, first, fate, second, then } = self;
        write!(f, "to {}, killed at `{}`, under way: {fate:?}", phase.goal.name(), phase.moments[first - 1])?;
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

/// Nothing yet: no state, and an empty cloud.
fn nothing(folder: &Path) -> Place {
    Place { folder: folder.join("nothing"), cloud: empty_cloud() }
}

/// All phases, each from where the one before ended.
fn phases(folder: &Path) -> Vec<Phase> {
    let mut start = nothing(folder);
    let mut phases = Vec::new();
    for goal in Goal::ALL {
        let (phase, end) = Phase::prepare(start, &folder.join(goal.name()), goal, Loyalty::Faithful);
        phases.push(phase);
        start = end;
    }
    phases
}

/// The phases, and whether together they do all that a run can do.
fn checked_phases(folder: &Path) -> Vec<Phase> {
    let phases = phases(folder);
    let counts: Vec<_> = phases.iter().map(|phase| phase.plan.counts()).collect();
    let count = |add, change, destroy, forget| Counts { add, change, destroy, forget, ..Counts::default() };
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
        let points = phase.points().count();
        say(&format!("kill matrix, to {}: {} moments, {points} points", phase.goal.name(), phase.count()));
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
        let fate = if roll(2) == 0 { Fate::CarriedOut } else { Fate::Lost };
        Point { phase, first, fate, second: Some(1 + roll(left)), then: phase.goal }
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
    let (phase, _) = Phase::prepare(nothing(&folder), &folder.join("end"), Goal::Made, Loyalty::Forgetful);
    let is_made = |point: &Point<'_>| phase.moments[point.first - 1].contains("carried out create");
    let points: Vec<_> = phase.points().filter(is_made).collect();
    let failures = try_all(&points, &folder);
    assert_eq!((points.len(), failures.len()), (30, 30), "{failures:?}");
    for sign in ["does not go on", "orphan", "duplicate", "ids differ"] {
        assert!(failures.iter().any(|failure| failure.contains(sign)), "never {sign:?}: {failures:?}");
    }
}
