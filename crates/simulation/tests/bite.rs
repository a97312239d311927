//! The simulation itself is tested: with a defect built in on purpose, it must fail, soon and for the right reason.

use ironwright_simulation::{Failure, History, Sabotage, play, shrunk};

/// A defect must be found within so many histories.
const HISTORIES: u64 = 200;

fn check(sabotage: Sabotage, expect: &[&str]) -> Failure {
    let fails = |seed: &u64| play(&History::draw(*seed), Some(sabotage)).violation.is_some();
    let seed =
        (0..HISTORIES).find(fails).unwrap_or_else(|| panic!("{sabotage:?} is not found in {HISTORIES} histories"));
    let failure = shrunk(History::draw(seed), Some(sabotage)).expect("it fails each time");
    println!("{sabotage:?} is found by seed {seed}: {}", failure.violation);
    assert!(expect.contains(&failure.violation.code), "{failure}");
    failure
}

#[test]
fn a_store_that_loses_what_it_acknowledged() {
    check(Sabotage::LosesAppends, &["I2-begin", "I2-order", "replay", "I3-unknown"]);
}

#[test]
fn a_journal_that_is_durable_after_the_call() {
    check(Sabotage::NeverSyncs, &["I2-begin"]);
}

#[test]
fn a_plan_that_writes() {
    check(Sabotage::PlanWrites, &["I4-plan-writes"]);
}

#[test]
fn a_provider_that_forgets_tokens() {
    check(Sabotage::ForgetsTokens, &["I3-unknown", "I3-orphan", "I3-incomplete"]);
}

#[test]
fn a_delete_that_is_acknowledged_and_not_done() {
    check(Sabotage::KeepsDeleted, &["I3-unknown", "I3-incomplete"]);
}

#[test]
fn a_secret_that_is_no_secret_to_the_engine() {
    check(Sabotage::PlainSecrets, &["I6-secret"]);
}

#[test]
fn a_lock_that_is_given_to_two() {
    check(Sabotage::SharedLock, &["lock"]);
}

#[test]
fn a_failure_is_shrunk_and_says_how_to_repeat_it() {
    let failure = check(Sabotage::NeverSyncs, &["I2-begin"]);
    let text = failure.to_string();
    assert!(text.contains(&format!("cargo xtask simulate --seed {} --runs 1 --verbose", failure.seed)), "{text}");
    assert!(text.contains("create front/") || text.contains("create back/"), "{text}");
    assert!(failure.history.to_string().lines().count() <= 4, "not small: {}", failure.history);
}
