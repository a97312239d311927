//! The client of Cloud Control through the engine, against the simulated cloud as it is served over HTTP: undisturbed,
//! disturbed, and killed at every moment of a run. Without the feature `ec2`: with it, types of EC2 go another way.
#![cfg(not(feature = "ec2"))]

mod mortal;
mod place;
mod program;
mod together;

use std::io::Write as _;

use place::{Place, Ran};
use program::Goal;

/// Everything that can go wrong at once, each rarely enough that a run ends.
const STORM: &str = "throttle=0.05,error=0.1,lost=0.1,reset=0.05,fail=0.1,slow=2,unseen=1,delay=2";

/// What goes wrong alone, as often as a run bears it.
const EACH: [&str; 7] =
    ["lost=0.3", "throttle=0.3", "delay=5", "reset=0.3", "error=0.3", "fail=0.3", "slow=3,unseen=2"];

/// How many runs it may take to come to a goal after a death.
const RUNS: u64 = 4;

/// Runs until nothing is left to do. What is wrong then.
fn live_on(place: &Place, goal: Goal, seed: u64, disturbances: &str) -> Vec<String> {
    live_on_after(0, place, goal, seed, disturbances)
}

/// The same so many hours later.
fn live_on_after(hours: u64, place: &Place, goal: Goal, seed: u64, disturbances: &str) -> Vec<String> {
    let mut last = Vec::new();
    for run in 1..=RUNS {
        match place.run_after(hours, goal, seed + run, 0, disturbances) {
            Ran::Done(_) => {
                let mut problems = place.problems(goal);
                match place.run_after(hours, goal, seed + RUNS + run, 0, "") {
                    Ran::Done(0) => {}
                    Ran::Done(changes) => problems.push(format!("the next plan has {changes} changes")),
                    Ran::Killed => problems.push("nobody is to kill it".to_owned()),
                    Ran::Failed(why) => problems.push(why),
                }
                return problems;
            }
            Ran::Killed => return vec!["nobody is to kill it".to_owned()],
            Ran::Failed(why) => last = vec![why],
        }
    }
    last
}

/// What the runs to a goal draw from: no two runs may draw the same tokens.
fn seed(goal: Goal) -> u64 {
    1000 * (goal as u64 + 1)
}

/// From nothing through every goal; the places where each begins.
fn starts(folder: &std::path::Path) -> Vec<(Goal, Place)> {
    let mut place = Place::empty(folder.join("nothing"));
    let mut starts = Vec::new();
    for goal in Goal::ALL {
        let end = place.copied_to(&folder.join(goal.name()));
        let problems = live_on(&end, goal, seed(goal), "");
        assert_eq!(problems, [""; 0], "undisturbed, to {}", goal.name());
        starts.push((goal, std::mem::replace(&mut place, end)));
    }
    starts
}

#[test]
fn made_changed_replaced_and_destroyed_in_a_storm() {
    let folder = tempfile::tempdir().expect("a folder");
    for round in 0..4 {
        let place = Place::empty(folder.path().join(round.to_string()));
        for goal in Goal::ALL {
            let problems = live_on(&place, goal, 100 * (round + 1) + 10 * goal as u64, STORM);
            assert_eq!(problems, [""; 0], "round {round}, to {}", goal.name());
        }
    }
}

#[test]
fn made_changed_replaced_and_destroyed_under_each_fault() {
    let folder = tempfile::tempdir().expect("a folder");
    for (number, fault) in EACH.into_iter().enumerate() {
        let place = Place::empty(folder.path().join(number.to_string()));
        for goal in Goal::ALL {
            let problems = live_on(&place, goal, 1000 * (number as u64 + 1) + 10 * goal as u64, fault);
            assert_eq!(problems, [""; 0], "{fault}, to {}", goal.name());
        }
    }
}

/// Somebody logs in again when the run says that the credentials have run out; it goes on by itself, and nothing is lost.
#[test]
fn credentials_that_run_out_are_waited_for_and_read_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    for calls in [2, 9, 17, 30] {
        let place = Place::empty(folder.path().join(calls.to_string()));
        match place.run(Goal::Made, calls, 0, &format!("expire={calls},slow=1")) {
            Ran::Done(12) => assert_eq!(place.problems(Goal::Made), [""; 0], "after {calls} calls"),
            Ran::Done(other) => panic!("after {calls} calls: {other} changes"),
            Ran::Killed => panic!("nobody is to kill it"),
            Ran::Failed(why) => panic!("after {calls} calls: {why}"),
        }
    }
}

#[test]
fn killed_at_any_moment_the_next_run_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut deaths, mut failures) = (0, Vec::new());
    for (goal, start) in starts(folder.path()) {
        for moment in 1.. {
            let place = start.copied_to(&folder.path().join("scratch"));
            match place.run(goal, seed(goal) + 50, moment, "slow=1") {
                Ran::Killed => {}
                Ran::Done(_) => break,
                Ran::Failed(why) => panic!("to {}, moment {moment}: {why}", goal.name()),
            }
            deaths += 1;
            let problems = live_on(&place, goal, seed(goal) + 60, "slow=1");
            if !problems.is_empty() {
                failures.push(format!("to {}, killed at moment {moment}: {problems:?}", goal.name()));
            }
        }
    }
    writeln!(std::io::stdout(), "Cloud Control: {deaths} deaths, {} failures", failures.len()).expect("it is there");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(deaths > 60, "{deaths}");
}

/// Forty hours later AWS knows no token any more: what was made is found by its tags, or as the only one that is as it was
/// asked for.
#[test]
fn killed_at_any_moment_the_next_run_goes_on_forty_hours_later() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut deaths, mut failures) = (0, Vec::new());
    for moment in 1.. {
        let place = Place::empty(folder.path().join(moment.to_string()));
        match place.run(Goal::Made, 50, moment, "slow=1") {
            Ran::Killed => {}
            Ran::Done(_) => break,
            Ran::Failed(why) => panic!("moment {moment}: {why}"),
        }
        deaths += 1;
        let problems = live_on_after(40, &place, Goal::Made, 60, "slow=1,throttle=0.05");
        if !problems.is_empty() {
            failures.push(format!("killed at moment {moment}: {problems:?}"));
        }
    }
    writeln!(std::io::stdout(), "Cloud Control, 40 hours: {deaths} deaths, {} failures", failures.len())
        .expect("it is there");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(deaths > 30, "{deaths}");
}

/// What the other tests run, as a process that may die.
#[test]
#[ignore = "started by the other tests, with an environment of its own"]
fn a_run_in_a_process_of_its_own() {
    let goal = Goal::ALL.into_iter().find(|goal| goal.name() == variable("SERVED_GOAL")).expect("a goal");
    let number = |name| variable(name).parse::<u64>().expect("a number");
    let death = usize::try_from(number("SERVED_DEATH")).expect("a small number");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("an event loop");
    let folder = variable("SERVED_FOLDER");
    let deployed = mortal::deploy(folder.as_ref(), goal, number("SERVED_SEED"), death, number("SERVED_HOURS"));
    match runtime.block_on(deployed) {
        Ok(changes) => println!("CHANGES {changes}"),
        Err(why) => panic!("{why}"),
    }
}

#[expect(clippy::disallowed_methods, reason = "what a process is told by the test that starts it")]
fn variable(name: &str) -> String {
    std::env::var(name).expect("the other tests set it")
}
