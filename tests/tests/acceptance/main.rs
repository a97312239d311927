//! The whole main job on real parts: the example `python_app` on an emulated AWS whose machine boots, is set up by its user data,
//! and serves what is shipped to it, through changes, a version that is broken, a rollback, and the end.
#![cfg(feature = "aws-ec2")]

#[path = "../moto/others.rs"]
#[expect(dead_code, reason = "this test looks at less of it")]
mod others;
mod place;

use std::time::{Duration, Instant};

use ironwright::docker::edge::DEFAULT_IMAGE;
use ironwright_tests::testbed::{Cloud, Figures, Load, caddy_available, edge_root, faithful_available};

use place::Place;

/// Users: six clients, four of which keep their connections.
fn users(place: &Place) -> Load {
    let load = Load::on(place.server(), 4, 2);
    load.goes_on(20);
    load
}

#[test]
fn the_whole_story() {
    if !faithful_available() || !caddy_available() {
        return;
    }
    let Some(cloud) = Cloud::with_image(DEFAULT_IMAGE, edge_root()) else { return };
    let mut place = Place::new(cloud);
    place.run("plan --detailed-exitcode").ended(2).says("Plan: 7 to add, 0 to change, 0 to destroy.");

    let from_nothing = timed(|| place.first_apply());
    assert_eq!(place.curl(), r#"{"message": "Hello from Python"}"#);
    place.run("plan --detailed-exitcode").ended(0).says("No changes.");
    place.run("status").ended(0).says("web/app");

    let load = users(&place);
    place.edit("Hello from Python", "Hello again");
    let change = timed(|| place.run("apply --yes").ended(0));
    assert_eq!(place.curl(), r#"{"message": "Hello again"}"#);
    load.goes_on(100);
    let of_change = load.end();
    saw(&of_change, &["Hello from Python", "Hello again"]);

    let load = users(&place);
    place.edit("def main():\n", "def main():\n    raise SystemExit(\"no database\")\n");
    let refusal = timed(|| {
        let refused = place.run("apply --yes");
        assert_ne!(refused.code, 0, "{}", refused.stdout);
        refused.complains("no database").complains("web/app");
    });
    load.goes_on(100);
    let of_refusal = load.end();
    saw(&of_refusal, &["Hello again"]);
    place.edit("    raise SystemExit(\"no database\")\n", "");
    place.run("apply --yes").ended(0);
    place.run("plan --detailed-exitcode").ended(0).says("No changes.");

    let load = users(&place);
    let return_ = timed(|| place.run("rollback web/app --yes").ended(0));
    assert_eq!(place.curl(), r#"{"message": "Hello from Python"}"#);
    load.goes_on(100);
    let of_rollback = load.end();
    saw(&of_rollback, &["Hello again", "Hello from Python"]);

    let end = timed(|| place.run("destroy --yes").ended(0).says("Destroy complete! Resources: 7 destroyed."));
    place.holds_nothing();
    println!("from nothing to an answer: {from_nothing:.1} s; a change: {change:.1} s; refused: {refusal:.1} s");
    println!("rolled back: {return_:.1} s; destroyed: {end:.1} s");
    for (what, figures) in [("change", of_change), ("refusal", of_refusal), ("rollback", of_rollback)] {
        let (answered, reconnected, slowest) = (figures.answered, figures.reconnected, figures.slowest.as_millis());
        println!("{what}: {answered} requests, 0 failed, {reconnected} reconnected, slowest {slowest} ms");
    }
}

/// How many seconds `work` takes.
#[expect(clippy::disallowed_methods, reason = "users wait in real time")]
fn timed<T>(work: impl FnOnce() -> T) -> f64 {
    let begun = Instant::now();
    work();
    Duration::as_secs_f64(&begun.elapsed())
}

/// No request failed, and the answers were `messages`, of which the last came last.
#[track_caller]
fn saw(figures: &Figures, messages: &[&str]) {
    let message = |message: &&str| format!(r#"{{"message": "{message}"}}"#);
    let messages: Vec<_> = messages.iter().map(message).collect();
    let figures = figures.without_failure();
    assert!(figures.answers.iter().all(|answer| messages.contains(answer)), "{figures:?}");
    assert_eq!((figures.answers.first(), figures.answers.last()), (messages.first(), messages.last()), "{figures:?}");
}
