//! Partial plans where it is hardest: after kills, and of random programs. Nothing may be lost, made twice or left in a way
//! from which a whole plan does not come to rest.

use std::collections::BTreeSet;

use ironwright_core::{Address, App, Text, Value};
use ironwright_engine::{Action, EngineError, Entropy, ErrorKind, Plan, PlanOptions, SeededEntropy, Silent};

use crate::kills::mortal_run;
use crate::support::Place;
use crate::support::cloud::Fault;
use crate::support::kill::Kill;
use crate::support::program::{Bucket, FIRST, Key, Network, Server, Subnet, Version, shop};

fn part(only: &[&str], exclude: &[&str]) -> PlanOptions {
    let addresses = |texts: &[&str]| texts.iter().map(|text| Address::new(*text)).collect();
    PlanOptions { only: addresses(only), exclude: addresses(exclude), ..PlanOptions::default() }
}

/// What partial runs come in between, by `--only` and `--exclude`.
const PARTS: [(&[&str], &[&str]); 6] = [
    (&["web/network"], &[]),
    (&["web/logs-key"], &[]),
    (&["web/data"], &[]),
    (&["web/right"], &[]),
    (&[], &["web/left"]),
    (&["web"], &["web/logs", "web/right/one"]),
];

/// Kills a run of `after` at one point after the other, carries out a part of `after`, and then all of it.
async fn check(before: Option<&App>, after: &App) -> usize {
    for point in 0.. {
        let (only, exclude) = PARTS[point % PARTS.len()];
        let place = Place::new();
        if let Some(before) = before {
            place.apply(before).await;
        }
        let kill = Kill::at(point);
        mortal_run(&place, Some(after), &kill).await;
        let plan = place.try_plan(after, &part(only, exclude)).await.expect("a plan");
        let report = place.apply_plan(&plan).await;
        assert!(report.is_complete(), "killed at point {point}, --only {only:?}: {:?}", report.failed);
        place.apply(after).await;
        place.assert_in_step().await;
        assert_eq!(place.cloud.ids().len(), 12, "killed at point {point}, --only {only:?}");
        assert!(place.plan(after).await.is_empty(), "killed at point {point}, --only {only:?}");
        if !kill.happened() {
            return point;
        }
    }
    unreachable!("a run passes a finite number of points")
}

#[tokio::test]
async fn a_part_after_a_kill_loses_nothing() {
    let first = shop(FIRST);
    let mut points = check(None, &first).await;
    for version in [
        Version { size: 2, policy: "closed", ..FIRST },
        Version { image: "two", bucket_class: "cold", ..FIRST },
        Version { cidr: "10.1.0.0/16", ..FIRST },
    ] {
        points += check(Some(&first), &shop(version)).await;
    }
    println!("killed at {points} points");
    assert!(points > 150, "{points}");
}

#[tokio::test]
async fn a_part_of_a_destroy_after_a_killed_destroy_loses_nothing() {
    for point in 0..60 {
        let place = Place::new();
        place.apply(&shop(FIRST)).await;
        mortal_run(&place, None, &Kill::at(point)).await;
        for options in [part(&["web/right"], &[]), part(&[], &["web/network"])] {
            match place.engine().plan_destroy(&options, &Silent).await {
                Ok(plan) => assert!(place.apply_plan(&plan).await.is_complete(), "killed at point {point}"),
                Err(error) => assert!(is_refused(&error), "killed at point {point}: {error:?}"),
            }
        }
        place.apply(&shop(FIRST)).await;
        place.assert_in_step().await;
        assert_eq!(place.cloud.ids().len(), 12, "killed at point {point}");
    }
}

/// The selection cannot be meant: nothing of it is there, or nothing is left.
fn is_refused(error: &EngineError) -> bool {
    let EngineError::Diagnostics(problems) = error else {
        return false;
    };
    problems.iter().all(|problem| matches!(problem.code.as_ref(), "unknown-address" | "contradiction"))
}

/// The operations of an interrupted run that a whole plan would recover.
async fn recovering(place: &Place, app: &App) -> Vec<(String, Action)> {
    let recovering = place.plan(app).await.recovering.clone();
    recovering.into_iter().map(|operation| (operation.address.to_string(), operation.action)).collect()
}

/// Plans and applies a part, and says which interrupted operations that leaves.
async fn leaves(place: &Place, app: &App, only: &[&str]) -> Vec<(String, Action)> {
    let plan = place.try_plan(app, &part(only, &[])).await.expect("a plan");
    assert!(place.apply_plan(&plan).await.is_complete());
    let unsettled = plan.partial.clone().expect("partial").unsettled;
    unsettled.into_iter().map(|operation| (operation.address.to_string(), operation.action)).collect()
}

/// A type with a client token can be looked for only by making it again: that waits for a plan that covers it.
#[tokio::test]
async fn an_interrupted_create_that_cannot_be_looked_up_stays_on_record() {
    let place = Place::new();
    for _ in 0..100 {
        place.cloud.fault("create", "web/network", Fault::Lost);
    }
    let report = place.try_apply(&shop(FIRST)).await;
    assert_eq!(report.failed.len(), 1);
    place.cloud.forgive();
    let (network, create) = (place.cloud.ids(), vec![("web/network".to_owned(), Action::Create)]);
    let network: Vec<_> = network.into_iter().filter(|id| id.starts_with("net-")).collect();
    assert_eq!(leaves(&place, &shop(FIRST), &["web/logs"]).await, create);
    assert_eq!(leaves(&place, &shop(FIRST), &["web/data"]).await, create);
    assert_eq!(recovering(&place, &shop(FIRST)).await, create);
    place.apply(&shop(FIRST)).await;
    place.assert_in_step().await;
    let now: Vec<_> = place.cloud.ids().into_iter().filter(|id| id.starts_with("net-")).collect();
    assert_eq!((now, place.cloud.ids().len()), (network, 12));
}

/// A type that can be looked up is recorded as live, whether or not the plan covers it.
#[tokio::test]
async fn an_interrupted_create_that_is_found_is_recorded_and_not_deleted() {
    let mut found = 0;
    for point in 0..60 {
        let place = Place::new();
        mortal_run(&place, Some(&shop(FIRST)), &Kill::at(point)).await;
        let before = place.state().await.resources.len();
        let plan = place.try_plan(&shop(FIRST), &part(&["web/network"], &[])).await.expect("a plan");
        place.cloud.calls();
        place.apply_plan(&plan).await;
        let calls = place.cloud.calls();
        assert!(!calls.iter().any(|call| call.starts_with("delete")), "killed at point {point}: {calls:?}");
        let recovered = plan.recovering.iter().filter(|it| it.address.as_str() != "web/network");
        let recovered: BTreeSet<Address> = recovered.map(|operation| operation.address.clone()).collect();
        let state = place.state().await;
        assert!(recovered.iter().all(|address| state.resources.contains_key(address)), "killed at point {point}");
        found += recovered.len();
        assert!(state.resources.len() >= before);
    }
    assert!(found > 5, "{found}");
}

fn network_alone() -> App {
    let mut app = App::new("shop").region("here-1");
    app.stack("web").add("network", Network::new().set("Cidr", FIRST.cidr));
    app
}

#[tokio::test]
async fn an_interrupted_update_or_delete_of_what_is_left_stays_on_record() {
    for (verb, address, action) in
        [("update", "web/left/one", Action::Update), ("delete", "web/spare-key", Action::Delete)]
    {
        let place = Place::new();
        place.apply(&shop(FIRST)).await;
        for _ in 0..100 {
            place.cloud.fault(verb, address, Fault::Fails(ErrorKind::OutcomeUnknown));
        }
        let after = match action {
            Action::Update => shop(Version { size: 2, ..FIRST }),
            _ => network_alone(),
        };
        let report = place.try_apply(&after).await;
        assert!(report.failed.iter().any(|failure| failure.address.as_str() == address), "{:?}", report.failed);
        place.cloud.forgive();
        let expect = vec![(address.to_owned(), action)];
        assert_eq!(recovering(&place, &after).await, expect);
        let again = shop(Version { size: 2, policy: "closed", ..FIRST });
        assert_eq!(leaves(&place, &again, &["web/data"]).await, expect);
        assert_eq!(recovering(&place, &again).await, expect);
        place.apply(&again).await;
        assert_eq!(recovering(&place, &again).await, Vec::new());
        place.assert_in_step().await;
    }
}

/// Random numbers, all from one seed.
struct Draw(SeededEntropy);

impl Draw {
    fn below(&self, count: usize) -> usize {
        let count = u64::try_from(count).expect("small");
        usize::try_from(self.0.next() % count).expect("small")
    }

    fn chance(&self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn some(&self, names: &[&'static str], most: usize) -> Vec<&'static str> {
        (0..self.below(most + 1)).map(|_| names[self.below(names.len())]).collect()
    }
}

const NAMES: [&str; 9] = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
const PLACES: [&str; 10] = ["web/a", "web/b", "web/c", "web/d", "web/e", "web/f", "web/g", "web/h", "web/i", "web"];

/// A random program: up to nine resources in random order, each referring to some before it. Nobody refers to buckets:
/// they are destroyed before they are made anew, which a resource in use does not survive in any plan.
fn program(draw: &Draw) -> App {
    let mut app = App::new("shop").region("here-1");
    let web = app.stack("web");
    let mut names = NAMES.to_vec();
    let mut ids: Vec<Value<Text>> = Vec::new();
    while !names.is_empty() {
        let name = names.remove(draw.below(names.len()));
        if draw.chance(20) {
            continue;
        }
        let some = || (!ids.is_empty() && draw.chance(75)).then(|| ids[draw.below(ids.len().max(1))].clone());
        let (first, second) = (some(), some());
        let fixed = format!("{name}{}", draw.below(3));
        let index = NAMES.iter().position(|other| *other == name).expect("one of them");
        let kind = if draw.chance(5) { draw.below(5) } else { index % 5 };
        let id = match kind {
            0 => web.add(name, Network::new().set("Cidr", fixed)).get("Id"),
            1 => {
                let subnet = Subnet::new().set("Cidr", fixed);
                web.add(name, first.into_iter().fold(subnet, |it, id| it.set("Network", id))).get("Id")
            }
            2 => {
                let server =
                    Server::new().set("Image", fixed).set("Size", i32::try_from(draw.below(3)).expect("small"));
                let server = first.into_iter().fold(server, |it, id| it.set("Subnet", id));
                web.add(name, second.into_iter().fold(server, |it, id| it.set("Note", id))).get("Id")
            }
            3 => {
                let bucket = Bucket::new().set("Name", format!("bucket-{name}")).set("Class", fixed);
                web.add(name, first.into_iter().fold(bucket, |it, id| it.set("Policy", id))).get("Arn")
            }
            _ => {
                let key = Key::new().set("Bucket", fixed);
                web.add(name, first.into_iter().fold(key, |it, id| it.set("For", id))).get("Id")
            }
        };
        web.output(name, id.clone());
        if kind != 3 {
            ids.push(id);
        }
    }
    app
}

/// One history: a program is applied, edited, perhaps killed in mid-run, and carried out in parts before the whole.
async fn history(seed: u64) {
    let draw = Draw(SeededEntropy::new(seed));
    let (before, after) = (program(&draw), program(&draw));
    let place = Place::new();
    place.apply(&before).await;
    let lost = draw.chance(25) && !place.cloud.ids().is_empty();
    if lost {
        let ids = place.cloud.ids();
        place.cloud.lose(&ids[draw.below(ids.len())]);
    }
    let killed = draw.chance(40);
    if killed {
        mortal_run(&place, Some(&after), &Kill::at(draw.below(60))).await;
    }
    for _ in 0..=draw.below(3) {
        let options = part(&draw.some(&PLACES, 2), &draw.some(&PLACES[..9], 2));
        let planned = if draw.chance(20) {
            place.engine().plan_destroy(&options, &Silent).await
        } else {
            place.try_plan(&after, &options).await
        };
        let what = || format!("seed {seed}, --only {:?} --exclude {:?}", options.only, options.exclude);
        let plan = match planned {
            Ok(plan) => plan,
            Err(error) => {
                assert!(is_refused(&error), "{}: {error:?}", what());
                continue;
            }
        };
        let report = place.apply_plan(&plan).await;
        assert!(report.is_complete(), "{}: {:?} {:?}", what(), report.failed, plan.changes);
        place.state().await;
        if !lost && !killed {
            place.assert_in_step().await;
            assert_covered_is_settled(&place, &after, &plan, &options).await;
        }
    }
    let report = place.try_apply(&after).await;
    assert!(report.is_complete(), "seed {seed}: {:?} {:?}", report.failed, report.not_started);
    place.assert_in_step().await;
    let plan = place.plan(&after).await;
    assert!(plan.is_empty(), "seed {seed}: {:?}", plan.changes);
    let graph = after.graph().expect("valid");
    assert_eq!(place.cloud.ids().len(), graph.nodes().len(), "seed {seed}");
}

/// The same part again has nothing to do, unless it was a destroy.
async fn assert_covered_is_settled(place: &Place, app: &App, plan: &Plan, options: &PlanOptions) {
    if plan.destroy {
        return;
    }
    match place.try_plan(app, options).await {
        Ok(again) => assert!(again.is_empty(), "{options:?}: {:?}", again.changes),
        Err(error) => assert!(is_refused(&error), "{error:?}"),
    }
}

#[tokio::test]
async fn random_parts_of_random_programs() {
    for seed in 0..300 {
        history(seed).await;
    }
}
