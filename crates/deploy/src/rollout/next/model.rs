//! A host in memory on which steps are done, and what must hold whatever it has and wherever a run is killed.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use serde_json::json;

use super::super::release::{NO_RESTART, Status};
use super::*;
use crate::edge::NETWORK;

/// The longest way there may be to the end of a rollout.
const LONGEST: usize = 80;

/// How a version turns out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quality {
    Good,
    Sick,
    Crashes,
}

#[derive(Clone, Debug)]
struct Model {
    observed: Observed,
    quality: BTreeMap<u32, Quality>,
    wanted: Wanted,
    edge_runs: bool,
    time: u32,
}

fn name(number: u32) -> String {
    format!("app-r{number}")
}

impl Model {
    fn quality(&self, release: &Release) -> Quality {
        self.quality.get(&release.number).copied().unwrap_or(Quality::Good)
    }

    fn get(&mut self, name: &str) -> &mut Release {
        self.observed.releases.iter_mut().find(|release| release.name == name).expect("the container is there")
    }

    fn serves(&self, name: &str) -> bool {
        let mut found = self.observed.releases.iter().filter(|release| release.name == name);
        found.next().is_some_and(|release| release.runs() && self.quality(release) == Quality::Good)
    }

    fn runs(&self) -> Vec<&str> {
        let running = self.observed.releases.iter().filter(|release| release.runs());
        running.map(|release| release.name.as_str()).collect()
    }

    fn create(&mut self, name: String, is_trial: bool) {
        assert!(self.observed.releases.iter().all(|release| release.name != name), "two containers are called {name}");
        let publishes = !is_trial && matches!(self.wanted.order, Order::Trial | Order::Instead);
        self.observed.releases.push(Release {
            name,
            number: self.wanted.number,
            is_trial,
            restart: NO_RESTART.to_owned(),
            token: self.wanted.token.clone(),
            properties: json!({"Restart": self.wanted.restart}),
            networks: [(self.wanted.networks[0].clone(), String::new())].into(),
            published: publishes.then_some(80).into_iter().collect(),
            ..Release::default()
        });
    }

    /// Starts a container. It fails where another one has its ports.
    fn start(&mut self, name: &str, restart: &str) -> bool {
        let release = self.get(name).clone();
        let has = |other: &Release| other.runs() && other.name != name && !other.published.is_empty();
        if !release.published.is_empty() && self.wanted.order == Order::Edge {
            self.unroute();
        }
        if !release.published.is_empty() && (self.observed.releases.iter().any(has) || self.edge_runs) {
            return false;
        }
        self.time += 1;
        let crashes = self.quality(&release) == Quality::Crashes;
        let time = self.time;
        let release = self.get(name);
        release.restart = restart.to_owned();
        release.status = if crashes { Status::Stopped } else { Status::Running };
        if crashes {
            release.finished_at = format!("{time:05}");
        }
        true
    }

    fn stop(&mut self, name: &str) {
        self.time += 1;
        let time = self.time;
        let release = self.get(name);
        release.restart = NO_RESTART.to_owned();
        if release.runs() {
            release.status = Status::Stopped;
            release.finished_at = format!("{time:05}");
        }
    }

    fn unroute(&mut self) {
        (self.observed.upstream, self.edge_runs) = (None, false);
    }

    fn stand_edge(&mut self) {
        let published = |release: &Release| release.runs() && !release.published.is_empty();
        assert!(!self.observed.releases.iter().any(published), "the edge cannot have its ports");
        self.edge_runs = true;
    }

    /// Does a step, as the worker does: what it finds out is known from then on.
    fn step(&mut self, step: &Step, known: &mut Known) {
        match step {
            Step::RemoveEnvironment => self.observed.leftovers = false,
            Step::BringImage => known.image = Some("image".to_owned()),
            Step::EnsureNetwork(network) => assert!(known.networks.insert(network.clone())),
            Step::EnsureEdge => {
                self.stand_edge();
                known.edge_stands = true;
            }
            Step::Create(name) => self.create(name.clone(), false),
            Step::CreateTrial(name) => self.create(name.clone(), true),
            Step::Connect { container, network } => {
                assert!(known.networks.contains(network));
                assert!(self.get(container).networks.insert(network.clone(), String::new()).is_none());
            }
            Step::Start { container, restart } => {
                known.failed |= !self.start(container, restart);
                known.started.insert(container.clone());
                known.verdicts.remove(container);
            }
            Step::Gate(container) => {
                let healthy = self.serves(container);
                let verdict = if healthy { Verdict::Healthy } else { Verdict::Failed };
                known.failed |= !healthy;
                known.verdicts.insert(container.clone(), verdict);
            }
            Step::Restart { container, restart } => self.get(container).restart.clone_from(restart),
            Step::Switch(container) => {
                assert!(self.get(container).runs() && self.edge_runs);
                self.observed.upstream = Some(container.clone());
            }
            Step::Unroute => self.unroute(),
            Step::Reroute(container) => {
                assert!(self.get(container).runs(), "nothing is there to send traffic to");
                self.stand_edge();
                self.observed.upstream = Some(container.clone());
            }
            Step::Drain(container) => assert!(known.drained.insert(container.clone())),
            Step::Retire(container) => self.stop(container),
            Step::Remove(container) => self.observed.releases.retain(|release| release.name != *container),
            Step::Sweep => known.swept = true,
            Step::Done | Step::Failed => unreachable!("the end"),
        }
    }

    /// Goes on to the end. At the numbered steps the run is killed, and another takes over.
    fn run(&mut self, kills: &BTreeSet<usize>, holds: impl FnMut(&Self, &Step)) -> Step {
        self.run_with(kills, None, holds)
    }

    /// The same; the step `fails` does nothing but fail.
    fn run_with(&mut self, kills: &BTreeSet<usize>, fails: Option<usize>, mut holds: impl FnMut(&Self, &Step)) -> Step {
        let mut known = Known::default();
        for count in 0..LONGEST {
            let step = next(&self.observed, &known, &self.wanted);
            if matches!(step, Step::Done | Step::Failed) {
                return step;
            }
            match (fails == Some(count), known.failed) {
                (true, true) => return Step::Failed,
                (true, false) => known.failed = true,
                (false, _) => self.step(&step, &mut known),
            }
            holds(self, &step);
            if kills.contains(&count) {
                known = Known::default();
            }
        }
        panic!("no end: {self:#?}");
    }
}

fn quality() -> impl Strategy<Value = Quality> {
    prop_oneof![3 => Just(Quality::Good), 1 => Just(Quality::Sick), 1 => Just(Quality::Crashes)]
}

/// A container of a release, as some run may have left it: whether it was stopped, runs, or was only made; by this attempt.
fn left() -> impl Strategy<Value = (Status, bool, bool, bool)> {
    let status =
        prop_oneof![Just(Status::Created), Just(Status::Running), Just(Status::Stopped), Just(Status::Restarting)];
    (status, any::<bool>(), any::<bool>(), any::<bool>())
}

prop_compose! {
    fn host(orders: &'static [Order])(
        order in prop::sample::select(orders),
        left in btree_map(1_u32..12, left(), 0..9),
        qualities in vec(quality(), 12),
        quality in quality(),
        again in any::<prop::sample::Index>(),
        anew in any::<bool>(),
        trial in prop::option::of(left()),
        networks in 0_usize..3,
        there in any::<bool>(),
        leftovers in any::<bool>(),
        upstream in prop::option::of(any::<prop::sample::Index>()),
        restart in prop::sample::select(vec!["no", "always", "unless-stopped"]),
    ) -> Model {
        let numbers: Vec<u32> = left.keys().copied().collect();
        let number = match (anew, numbers.as_slice()) {
            (true, _) | (_, []) => numbers.last().copied().unwrap_or(0) + 1,
            (false, numbers) => numbers[again.index(numbers.len())],
        };
        let mut qualities: BTreeMap<u32, Quality> = (1..).zip(qualities).collect();
        qualities.insert(number, quality);
        let wanted_networks: Vec<String> = [NETWORK, "data", "cache"][..=networks].iter().map(ToString::to_string).collect();
        let wanted = Wanted {
            number, name: name(number), trial: format!("{}-try", name(number)), order, token: "this".to_owned(),
            restart: restart.to_owned(), networks: wanted_networks.clone(),
        };
        let mut ports_taken = upstream.is_some();
        let mut releases = Vec::new();
        let containers = left.into_iter().map(|(number, left)| (number, false, left));
        for (number, is_trial, (mut status, settled, ours, publishes)) in
            containers.chain(trial.map(|left| (number, true, left)))
        {
            let in_place = matches!(order, Order::Trial | Order::Instead);
            let publishes = !is_trial && if number == wanted.number { in_place } else { publishes };
            let runs = matches!(status, Status::Running | Status::Restarting);
            if runs && publishes && std::mem::replace(&mut ports_taken, true) {
                status = Status::Stopped;
            }
            let runs = matches!(status, Status::Running | Status::Restarting);
            let restart = if settled && runs { restart } else { NO_RESTART };
            releases.push(Release {
                name: format!("{}{}", name(number), if is_trial { "-try" } else { "" }),
                number, is_trial, status,
                restart: restart.to_owned(),
                properties: json!({"Restart": wanted.restart}),
                token: if ours && number == wanted.number { "this".to_owned() } else { format!("attempt {number}") },
                networks: wanted_networks.iter().take(if there { 3 } else { 1 }).map(|name| (name.clone(), String::new())).collect(),
                published: publishes.then_some(80).into_iter().collect(),
                finished_at: if status == Status::Stopped { format!("{:05}", number * 7 % 11) } else { String::new() },
                ..Release::default()
            });
        }
        let upstream = upstream.map(|index| name(u32::try_from(index.index(12)).expect("small") + 1));
        let observed = Observed { releases, leftovers, upstream: upstream.clone() };
        Model { observed, quality: qualities, wanted, edge_runs: upstream.is_some(), time: 100 }
    }
}

const ALL: &[Order] = &[Order::Edge, Order::Beside, Order::Trial, Order::Instead];

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_ends_in_what_is_wanted_or_says_that_it_failed(mut host in host(ALL), kills in btree_set(0_usize..40, 0..4)) {
        let end = host.run(&kills, |_, _| {});
        let candidate = host.observed.releases.iter().find(|release| release.name == host.wanted.name);
        prop_assert!(host.observed.releases.iter().all(|release| !release.is_trial));
        if end == Step::Done {
            let candidate = candidate.expect("it was made");
            prop_assert!(host.serves(&candidate.name) && candidate.restart == host.wanted.restart);
            prop_assert_eq!(host.runs(), vec![candidate.name.as_str()]);
            prop_assert!(host.observed.releases.len() <= KEPT + 1);
            prop_assert_eq!(candidate.networks.keys().cloned().collect::<BTreeSet<_>>().is_superset(&host.wanted.networks.iter().cloned().collect()), true);
            let upstream = (host.wanted.order == Order::Edge).then_some(candidate.name.clone());
            prop_assert_eq!(&host.observed.upstream, &upstream);
        } else {
            prop_assert!(host.quality[&host.wanted.number] != Quality::Good, "{host:#?}");
        }
        prop_assert!(!host.observed.leftovers);
    }

    #[test]
    fn behind_the_edge_something_serves_all_the_time(mut host in host(&[Order::Edge]), kills in btree_set(0_usize..40, 0..4), fails in prop::option::of(0_usize..30)) {
        // Ports that containers publish are in the way of an edge; nothing behind it publishes any.
        host.observed.releases.iter_mut().for_each(|release| release.published.clear());
        let served = host.observed.upstream.clone().is_some_and(|upstream| host.serves(&upstream));
        let before = host.observed.upstream.clone();
        let end = host.run_with(&kills, fails, |host, step| {
            let upstream = host.observed.upstream.as_deref();
            assert!(!served || upstream.is_some_and(|name| host.serves(name)), "nothing serves after {step:?}: {host:#?}");
        });
        if end == Step::Failed && served && before.as_deref() != Some(host.wanted.name.as_str()) {
            // What went wrong after the switch undoes nothing.
            let won = fails.is_some() && host.observed.upstream.as_ref() == Some(&host.wanted.name);
            prop_assert!(won || host.observed.upstream == before);
        }
    }

    #[test]
    fn one_behind_the_edge_has_its_traffic_when_another_fails_in_its_place(
        mut host in host(&[Order::Trial, Order::Instead]), kills in btree_set(0_usize..40, 0..4), fails in prop::option::of(0_usize..30),
    ) {
        if host.wanted.restart == NO_RESTART {
            return Ok(());
        }
        let wanted = host.wanted.name.clone();
        let properties = json!({
            "Restart": host.wanted.restart, "Health": {"Kind": "http", "Path": "/"}, "Publish": [{"Host": 80, "Container": 8000}],
        });
        // One other release runs, behind the edge; what is tried was not begun yet.
        host.observed.releases.retain(|release| release.name != wanted && !release.is_trial);
        let Some(first) = host.observed.releases.first_mut() else { return Ok(()) };
        *first = Release { status: Status::Running, properties, published: BTreeSet::new(), ..first.clone() };
        first.restart.clone_from(&host.wanted.restart);
        let before = first.name.clone();
        host.quality.insert(first.number, Quality::Good);
        host.observed.releases.iter_mut().skip(1).filter(|release| release.runs()).for_each(|release| release.status = Status::Created);
        (host.observed.upstream, host.edge_runs) = (Some(before.clone()), true);
        host.run_with(&kills, fails, |_, _| {});
        // Where a step of the way back failed, the next run goes it.
        if host.run(&BTreeSet::new(), |_, _| {}) == Step::Failed {
            prop_assert_eq!(host.observed.upstream.as_deref(), Some(before.as_str()));
            prop_assert!(host.serves(&before));
        }
    }

    #[test]
    fn a_version_that_fails_in_place_gives_it_back(
        mut host in host(&[Order::Trial, Order::Instead]), kills in btree_set(0_usize..40, 0..4),
    ) {
        // With this policy, one that was left unproved cannot be told from one that serves, and is left alone.
        if host.wanted.restart == NO_RESTART {
            return Ok(());
        }
        host.observed.upstream = None;
        host.edge_runs = false;
        let running = |release: &&Release| !release.is_trial && release.runs();
        let before: Vec<Release> = host.observed.releases.iter().filter(running).cloned().collect();
        host.quality.extend(before.iter().filter(|release| release.name != host.wanted.name).map(|release| (release.number, Quality::Good)));
        let served = !before.is_empty() && before.iter().all(|release| release.name != host.wanted.name);
        if host.run(&kills, |_, _| {}) == Step::Failed && served {
            prop_assert!(host.runs().iter().any(|name| *name != host.wanted.name), "nothing runs: {host:#?}");
        }
    }
}
