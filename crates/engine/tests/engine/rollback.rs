//! Rollback: the cloud is as it was before the last run, and what cannot be so again is said first.

use std::collections::BTreeMap;
use std::sync::Arc;

use ironwright_core::function::Function;
use ironwright_core::{Address, App, Resource as _, Secret, Text, Tree};
use ironwright_engine::{
    Action, EngineError, Entropy as _, ErrorKind, Plan, PlanOptions, Report, SeededEntropy, Silent, Stop, Store as _,
};
use serde_json::{Value as Json, json};

use crate::sealing::FULL;
use crate::support::Place;
use crate::support::cloud::Fault;
use crate::support::kill::{Kill, MortalCaller, MortalStore};
use crate::support::program::{Bucket, FIRST, Key, Network, Server, Subnet, Vault, Version, id, shop};
use crate::support::show::show;

impl Place {
    /// The same place, as `command` sees it.
    fn typed(&self, command: &str) -> Self {
        let mut place = self.clone();
        command.clone_into(&mut place.settings.command);
        place
    }

    async fn plan_rollback(&self, to: Option<u64>) -> Result<Plan, EngineError> {
        self.typed("rollback").engine().plan_rollback(to, &PlanOptions::default(), &Silent).await
    }

    /// Rolls back; all must go well.
    async fn roll_back(&self) -> Plan {
        let plan = self.plan_rollback(None).await.expect("a plan");
        let report = self.finish(&plan).await;
        assert!(report.is_complete(), "{:?} {:?}", report.failed, report.not_started);
        plan
    }

    async fn finish(&self, plan: &Plan) -> Report {
        self.typed("rollback").engine().apply(plan, &Stop::new(), Arc::new(Silent)).await.expect("a run")
    }

    /// What the state has, by address, with the addresses of resources in the place of their ids: what two states share
    /// whose resources were made at different times.
    async fn essence(&self) -> BTreeMap<String, Json> {
        let state = self.state().await;
        let ids: BTreeMap<&str, &Address> =
            state.resources.values().map(|record| (record.physical_id.as_str(), &record.address)).collect();
        let named = |record: &ironwright_engine::Record| {
            let mut text = record.properties.to_string();
            for (id, address) in &ids {
                text = text.replace(&format!("\"{id}\""), &format!("\"<{address}>\""));
                text = text
                    .replace(&format!("\"192.0.2.{}\"", id.get(4..).unwrap_or("-")), &format!("\"<ip {address}>\""));
            }
            let dependencies: Vec<&str> = record.dependencies.iter().map(Address::as_str).collect();
            json!({"type": record.type_name, "properties": text, "needs": dependencies, "protect": record.protect})
        };
        state.resources.values().map(|record| (record.address.to_string(), named(record))).collect()
    }
}

/// What is told that cannot be undone, a line each.
fn told(plan: &Plan) -> Vec<String> {
    let told = plan.warnings.iter().filter(|warning| warning.code == "cannot-undo");
    told.map(|warning| warning.to_string().lines().next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn an_update_is_taken_back() {
    let place = Place::new();
    place.apply(&shop(FIRST)).await;
    let before = place.state().await;
    place.apply(&shop(Version { size: 2, policy: "closed", ..FIRST })).await;
    let plan = place.plan_rollback(None).await.expect("a plan");
    assert_eq!(plan.rollback_to, Some(before.serial));
    assert!(
        plan.changes.iter().all(|change| matches!(change.action, Action::Update | Action::NoOp)),
        "{}",
        show(&plan)
    );
    assert_eq!(told(&plan), Vec::<String>::new());
    assert_eq!(place.state().await.serial, before.serial + 1, "a plan writes nothing");
    assert!(place.finish(&plan).await.is_complete());
    let now = place.state().await;
    assert_eq!((now.resources, now.outputs), (before.resources, before.outputs));
    assert!(place.plan(&shop(FIRST)).await.is_empty());
    place.assert_in_step().await;
}

#[tokio::test]
async fn a_first_apply_and_a_destroy_are_taken_back() {
    let place = Place::new();
    place.apply(&shop(FIRST)).await;
    let before = place.essence().await;
    place.roll_back().await;
    assert!(place.cloud.ids().is_empty(), "nothing had been there");
    place.apply(&shop(FIRST)).await;
    place.typed("destroy").destroy().await;
    let plan = place.roll_back().await;
    assert_eq!(place.essence().await, before);
    assert_eq!(told(&plan).len(), 12, "all is new and empty");
    assert!(place.plan(&shop(FIRST)).await.is_empty(), "{}", show(&place.plan(&shop(FIRST)).await));
    place.assert_in_step().await;
}

#[tokio::test]
async fn a_replacement_is_taken_back_with_all_that_refers_to_it() {
    let place = Place::new();
    place.apply(&shop(FIRST)).await;
    let before = place.essence().await;
    place.apply(&shop(Version { cidr: "10.9.0.0/16", ..FIRST })).await;
    let plan = place.roll_back().await;
    assert_eq!(place.essence().await, before);
    assert!(told(&plan).iter().any(|line| line.starts_with("web/network: ") && line.contains("is gone")), "{plan:?}");
    assert!(place.plan(&shop(FIRST)).await.is_empty());
    place.assert_in_step().await;
}

#[tokio::test]
async fn a_rollback_is_taken_back_by_another() {
    let place = Place::new();
    place.apply(&shop(FIRST)).await;
    place.apply(&shop(Version { size: 2, ..FIRST })).await;
    let second = place.essence().await;
    place.roll_back().await;
    place.roll_back().await;
    assert_eq!(place.essence().await, second);
    let error = Place::new().plan_rollback(None).await.expect_err("nothing there");
    assert!(error.diagnostics().to_string().contains("there is no run to take back"), "{error}");
}

#[tokio::test]
async fn any_version_that_is_kept_can_be_gone_back_to() {
    let place = Place::new();
    for size in 1..=3 {
        place.apply(&shop(Version { size, ..FIRST })).await;
    }
    let plan = place.plan_rollback(Some(2)).await.expect("a plan");
    assert_eq!(plan.rollback_to, Some(2));
    place.finish(&plan).await;
    assert!(place.plan(&shop(FIRST)).await.is_empty());
    let error = place.plan_rollback(Some(77)).await.expect_err("not kept");
    assert!(error.diagnostics().to_string().contains("there is no version 77"), "{error}");
}

#[tokio::test]
async fn edits_of_the_state_are_no_runs() {
    let place = Place::new();
    place.apply(&shop(FIRST)).await;
    place.apply(&shop(Version { size: 2, ..FIRST })).await;
    let engine = place.typed("state mv").engine();
    let draft = engine.draft_move(&"web/data".into(), &"web/files".into()).await.expect("a draft");
    engine.save(draft).await.expect("saved");
    let plan = place.plan_rollback(None).await.expect("a plan");
    assert_eq!(plan.rollback_to, Some(2), "the version before the last run");
    assert!(told(&plan)[0].contains("edited by `state mv` (version 4)"), "{:?}", told(&plan));
    assert!(
        plan.warnings.iter().next().and_then(|it| it.help.clone()).is_some_and(|it| it.contains("state restore 3"))
    );
    place.finish(&plan).await;
    assert!(place.plan(&shop(FIRST)).await.is_empty(), "the address is the one before, and nothing is made anew");
}

fn one_server(password: Option<&str>, size: i32, note: &str) -> App {
    let mut app = App::new("shop").region("here-1");
    let web = app.stack("web");
    let server = Server::new().set("Size", size).set("Image", "one").set("Kind", note);
    web.add(
        "server",
        match password {
            Some(password) => server.set("Password", Secret::<Text>::new(password)),
            None => server,
        },
    );
    app
}

#[tokio::test]
async fn a_secret_of_which_only_a_digest_is_known_is_left_with_its_resource() {
    let place = Place::new();
    place.apply(&one_server(Some("hunter22"), 1, "t2.micro")).await;
    place.apply(&one_server(Some("hunter23"), 2, "t2.micro")).await;
    place.cloud.calls();
    let plan = place.plan_rollback(None).await.expect("a plan");
    assert_eq!(
        told(&plan),
        ["web/server: it is left as it is now: of Password the state holds a digest alone, so it cannot be sent"]
    );
    assert!(plan.changes.iter().all(|change| change.action == Action::NoOp), "{}", show(&plan));
    place.finish(&plan).await;
    assert!(!place.cloud.calls().iter().any(|call| call.starts_with("update")));
}

#[tokio::test]
async fn a_secret_that_is_sealed_in_the_state_is_put_back() {
    let program = |password: &str| {
        let mut app = App::new("shop").region("here-1");
        let safe = app.stack("web").add("safe", Vault::new().set("Password", Secret::<Text>::new(password)));
        app.stack("web").output("password", Secret::<Text>::new(password));
        app.stack("web").add("key", Key::new().set("For", safe.get("Id")));
        app
    };
    let place = Place::new();
    let engine = |command: &str| place.typed(command).engine().with_vault(Arc::new(FULL));
    for password in ["first-password", "second-password"] {
        let graph = program(password).graph().expect("valid");
        let plan = engine("apply").plan(&graph, &PlanOptions::default(), &Silent).await.expect("a plan");
        engine("apply").apply(&plan, &Stop::new(), Arc::new(Silent)).await.expect("a run");
    }
    let plan = engine("rollback").plan_rollback(None, &PlanOptions::default(), &Silent).await.expect("a plan");
    assert_eq!(told(&plan), ["web/safe: Password: the cloud never tells it: it is set to what was last applied"]);
    let report = engine("rollback").apply(&plan, &Stop::new(), Arc::new(Silent)).await.expect("a run");
    assert!(report.is_complete() && report.done.len() == 1, "{report:?}");
    let graph = program("first-password").graph().expect("valid");
    let plan = engine("plan").plan(&graph, &PlanOptions::default(), &Silent).await.expect("a plan");
    assert!(plan.is_empty(), "{}", show(&plan));
}

#[tokio::test]
async fn a_secret_that_has_not_changed_keeps_nothing_from_being_taken_back() {
    let program = |size: i32| {
        let mut app = one_server(None, size, "t2.micro");
        app.stack("safe").add("vault", Vault::new().set("Label", "x").set("Password", Secret::<Text>::new("hunter22")));
        app
    };
    let place = Place::new();
    place.apply(&program(1)).await;
    place.apply(&program(2)).await;
    let plan = place.roll_back().await;
    assert_eq!(told(&plan), Vec::<String>::new());
    assert!(place.plan(&program(1)).await.is_empty());
}

#[tokio::test]
async fn what_needs_a_lost_secret_is_not_made_again_and_neither_is_what_needs_that() {
    let mut app = App::new("shop").region("here-1");
    let web = app.stack("web");
    let server = web.add("server", Server::new().set("Size", 1).set("Password", Secret::<Text>::new("hunter22")));
    web.add("key", Key::new().set("For", server.get("Ip")));
    web.add("net", Network::new().set("Cidr", "10.0.0.0/16"));
    let place = Place::new();
    place.apply(&app).await;
    place.typed("destroy").destroy().await;
    let plan = place.roll_back().await;
    let told = told(&plan);
    assert!(told.iter().any(|it| it.starts_with("web/server: it is not made again: of Password")), "{told:?}");
    assert!(told.iter().any(|it| it.starts_with("web/key: it is not made again: it needs `web/server`")), "{told:?}");
    assert_eq!(place.state().await.resources.len(), 1, "the network alone");
    place.assert_in_step().await;
}

#[tokio::test]
async fn what_referred_to_a_replaced_resource_refers_to_its_successor() {
    let program = |image: &str| {
        let mut app = App::new("shop").region("here-1");
        let server = app.stack("web").add("server", Server::new().set("Size", 1).set("Image", image.to_owned()));
        app.stack("web").add("key", Key::new().set("For", server.get("Id")));
        app
    };
    let place = Place::new();
    place.apply(&program("one")).await;
    place.cloud.fault("update", "web/key", Fault::Fails(ErrorKind::Refused));
    assert!(!place.try_apply(&program("two")).await.is_complete());
    place.apply(&program("two")).await;
    place.roll_back().await;
    assert_eq!(place.record("web/key").await.properties["For"], place.record("web/server").await.physical_id.as_str());
    place.assert_in_step().await;
}

#[tokio::test]
async fn what_a_partial_run_left_with_a_dead_reference_refers_to_what_stands_there_now() {
    let mut app = App::new("shop").region("here-1");
    let server = app.stack("web").add("server", Server::new().set("Size", 1));
    app.stack("web").add("key", Key::new().set("For", server.get("Id")));
    let place = Place::new();
    place.apply(&app).await;
    place.cloud.lose(&place.record("web/server").await.physical_id);
    let without_key = PlanOptions { exclude: vec!["web/key".into()], ..PlanOptions::default() };
    let plan = place.try_plan(&app, &without_key).await.expect("a plan");
    assert!(place.apply_plan(&plan).await.is_complete());
    place.apply(&app).await;
    place.roll_back().await;
    assert_eq!(place.record("web/key").await.properties["For"], place.record("web/server").await.physical_id.as_str());
    place.assert_in_step().await;
}

#[tokio::test]
async fn what_used_a_lost_secret_then_and_another_resource_now_stays_as_it_is() {
    let program = |name: &'static str, server: Server, cidr: &'static str| {
        let mut app = App::new("shop").region("here-1");
        let web = app.stack("web");
        let server = web.add(name, server);
        web.add("key", Key::new().set("For", server.get("Id")));
        web.add("net", Network::new().set("Cidr", cidr));
        app
    };
    let secret = Server::new().set("Size", 1).set("Password", Secret::<Text>::new("hunter22"));
    let open = program("other", Server::new().set("Size", 2), "10.1.0.0/16");
    let place = Place::new();
    place.apply(&program("server", secret, "10.0.0.0/16")).await;
    place.apply(&open).await;
    let plan = place.roll_back().await;
    let told = told(&plan);
    for expect in [
        "web/key: it is left as it is now: it needed `web/server`, which is not made again",
        "web/other: it is left as it is now, since `web/key` is",
        "web/server: it is not made again: of Password the state holds a digest alone",
    ] {
        assert!(told.iter().any(|line| line == expect), "{expect}: {told:#?}");
    }
    let state = place.state().await;
    assert_eq!(state.resources[&Address::new("web/net")].properties["Cidr"], "10.0.0.0/16", "the rest goes back");
    assert_eq!(place.plan(&open).await.changes.iter().filter(|change| change.action.is_change()).count(), 1);
    place.assert_in_step().await;
}

#[tokio::test]
async fn what_was_left_in_the_cloud_is_not_made_twice() {
    let program = |with: bool| {
        let mut app = App::new("shop").region("here-1");
        let web = app.stack("web");
        web.add("net", Network::new().set("Cidr", "10.0.0.0/16"));
        if with {
            web.add("logs", Bucket::new().set("Name", "shop-logs").retain());
        }
        app
    };
    let place = Place::new();
    place.apply(&program(true)).await;
    place.apply(&program(false)).await;
    let plan = place.roll_back().await;
    let warning = plan.warnings.iter().next().expect("told").to_string();
    assert!(
        warning.contains("web/logs: shop-logs was left in the cloud") && warning.contains("import web/logs shop-logs")
    );
    assert_eq!(place.cloud.ids().len(), 2);
}

#[tokio::test]
async fn what_was_imported_is_forgotten_and_not_deleted() {
    let program = |with: bool| {
        let mut app = App::new("shop").region("here-1");
        let web = app.stack("web");
        web.add("net", Network::new().set("Cidr", "10.0.0.0/16"));
        if with {
            web.add("logs", Bucket::new().set("Name", "old-logs"));
            web.import("web/logs", "old-logs");
        }
        app
    };
    let place = Place::new();
    let entropy = Arc::new(SeededEntropy::new(2));
    let elsewhere = Place { cloud: place.cloud.clone(), entropy, ..Place::new() };
    let mut old = App::new("old").region("here-1");
    old.stack("web").add("logs", Bucket::new().set("Name", "old-logs"));
    elsewhere.apply(&old).await;
    place.apply(&program(false)).await;
    place.apply(&program(true)).await;
    assert_eq!(place.state().await.resources.len(), 2);
    let plan = place.roll_back().await;
    assert_eq!(plan.change("web/logs").map(|change| change.action), Some(Action::Forget), "{}", show(&plan));
    assert_eq!(place.cloud.ids().len(), 2, "it was there before");
    assert_eq!(place.state().await.resources.len(), 1);
}

#[tokio::test]
async fn a_move_is_taken_back_as_a_move() {
    let program = |name: &str| {
        let mut app = App::new("shop").region("here-1");
        let web = app.stack("web");
        let network = web.add(name, Network::new().set("Cidr", "10.0.0.0/16"));
        web.add("subnet", Subnet::new().set("Network", id(&network)).set("Cidr", "10.0.1.0/24"));
        if name == "main" {
            web.moved("web/network", "web/main");
        }
        app
    };
    let place = Place::new();
    place.apply(&program("network")).await;
    place.apply(&program("main")).await;
    place.cloud.calls();
    place.roll_back().await;
    let changes = place.cloud.calls().into_iter().filter(|call| !call.starts_with("read")).collect::<Vec<_>>();
    assert_eq!(changes, Vec::<String>::new());
    assert!(place.plan(&program("network")).await.is_empty());
}

#[tokio::test]
async fn a_computed_value_is_put_back_as_it_was_and_that_is_told() {
    let program = |cidr: &str| {
        let mut app = App::new("shop").region("here-1");
        let web = app.stack("web");
        let network = web.add("net", Network::new().set("Cidr", cidr));
        let parts = Tree::List(vec![Tree::text("for"), id(&network).into_tree()]);
        let joined = Tree::Function(Box::new(Function::Join { separator: "-".to_owned(), parts }));
        web.add("key", Key::new().set("For", joined));
        app
    };
    let place = Place::new();
    place.apply(&program("10.0.0.0/16")).await;
    place.apply(&program("10.1.0.0/16")).await;
    let plan = place.roll_back().await;
    let told = told(&plan);
    assert!(told.iter().any(|it| it.starts_with("web/key: For: it holds a value computed from `web/net`")), "{told:?}");
}

#[tokio::test]
async fn an_interrupted_run_is_settled_and_taken_back() {
    let (first, second) = (shop(FIRST), shop(Version { cidr: "10.9.0.0/16", size: 2, policy: "closed", ..FIRST }));
    for point in 0..200 {
        let place = Place::new();
        place.apply(&first).await;
        let (before, serial) = (place.essence().await, place.state().await.serial);
        let kill = Kill::at(point);
        let store = MortalStore(place.store.clone(), kill.clone());
        let engine = place.engine_over(Arc::new(MortalCaller(place.cloud.clone(), kill.clone())), Arc::new(store));
        let plan = place.plan(&second).await;
        let _ = engine.apply(&plan, &Stop::new(), Arc::new(Silent)).await;
        place.store.kill_holder();
        if !kill.happened() {
            assert!(point > 50, "the run has more points than that");
            return;
        }
        let stored = place.store.load().await.expect("a state");
        if stored.journal.is_empty() && stored.snapshot.is_some_and(|snapshot| snapshot.state.serial == serial) {
            continue;
        }
        place.roll_back().await;
        assert_eq!(place.essence().await, before, "killed at {point}");
        assert!(place.plan(&first).await.is_empty(), "killed at {point}: {}", show(&place.plan(&first).await));
        place.assert_in_step().await;
    }
    panic!("the run has too many points");
}

#[tokio::test]
async fn a_rollback_that_is_killed_goes_on_where_it_was() {
    let (first, second) = (shop(FIRST), shop(Version { cidr: "10.9.0.0/16", size: 2, policy: "closed", ..FIRST }));
    for point in 0..200 {
        let place = Place::new();
        place.apply(&first).await;
        let before = place.essence().await;
        place.apply(&second).await;
        let kill = Kill::at(point);
        let store = MortalStore(place.store.clone(), kill.clone());
        let plan = place.plan_rollback(None).await.expect("a plan");
        let mortal = Arc::new(MortalCaller(place.cloud.clone(), kill.clone()));
        let engine = place.typed("rollback").engine_over(mortal, Arc::new(store));
        let _ = engine.apply(&plan, &Stop::new(), Arc::new(Silent)).await;
        place.store.kill_holder();
        if !kill.happened() {
            assert!(point > 50, "the run has more points than that");
            return;
        }
        if point % 2 == 0 && place.essence().await != before {
            place.roll_back().await;
        } else {
            place.apply(&first).await;
        }
        assert_eq!(place.essence().await, before, "killed at {point}");
        let plan = place.plan(&first).await;
        assert!(plan.is_empty(), "killed at {point}: {} {:?}", show(&plan), plan.outputs);
        place.assert_in_step().await;
    }
    panic!("the run has too many points");
}

/// Numbers that follow from a seed.
struct Dice(SeededEntropy);

impl Dice {
    fn below(&self, most: usize) -> usize {
        usize::try_from(self.0.next() % u64::try_from(most).expect("small")).expect("small")
    }

    fn one_in(&self, many: usize) -> bool {
        self.below(many) == 0
    }
}

/// A program of up to thirteen resources, each there or not, with properties of a few values each.
fn random_program(dice: &Dice) -> App {
    let mut app = App::new("shop").region("here-1");
    let web = app.stack("web");
    let mut servers = Vec::new();
    for zone in 0..2 {
        if dice.one_in(4) {
            continue;
        }
        let cidr = ["10.0.0.0/16", "10.1.0.0/16"][dice.below(2)];
        let network = web.add(&format!("net-{zone}"), Network::new().set("Cidr", cidr));
        let subnet = Subnet::new().set("Network", id(&network)).set("Cidr", ["a", "b"][dice.below(2)]);
        let subnet = web.add(&format!("sub-{zone}"), subnet);
        for server in 0..dice.below(3) {
            let size = i32::try_from(dice.below(3)).expect("small");
            let resource = Server::new().set("Size", size).set("Image", ["one", "two"][dice.below(2)]);
            let resource = if dice.one_in(3) { resource } else { resource.set("Subnet", id(&subnet)) };
            servers.push(web.add(&format!("srv-{zone}-{server}"), resource));
        }
    }
    for name in ["logs", "data"].into_iter().filter(|_| !dice.one_in(3)) {
        let bucket = Bucket::new().set("Name", name).set("Class", ["hot", "cold"][dice.below(2)]);
        let bucket = if dice.one_in(2) { bucket } else { bucket.set("Policy", "open") };
        let bucket = web.add(name, bucket);
        if let Some(server) = servers.get(dice.below(4)) {
            web.add(&format!("{name}-key"), Key::new().set("For", server.get("Ip")).set("Bucket", bucket.get("Name")));
            web.output(format!("{name}-ip"), server.get("Ip"));
        }
    }
    web.add("always", Network::new().set("Cidr", "10.9.0.0/16"));
    app
}

#[tokio::test]
async fn after_a_rollback_everything_is_as_the_run_before_made_it() {
    let mut taken_back = 0;
    for seed in 0..300 {
        let dice = Dice(SeededEntropy::new(seed));
        let (first, second) = (random_program(&dice), random_program(&dice));
        let place = Place::new();
        place.apply(&first).await;
        let before = place.essence().await;
        if let Err(EngineError::AmbiguousRenames(_)) = place.try_plan(&second, &PlanOptions::default()).await {
            continue;
        }
        place.apply(&second).await;
        if place.essence().await == before {
            continue;
        }
        taken_back += 1;
        place.roll_back().await;
        assert_eq!(place.essence().await, before, "seed {seed}");
        place.assert_in_step().await;
        let plan = place.plan(&first).await;
        assert!(plan.is_empty(), "seed {seed}: {} {:?}", show(&plan), plan.outputs);
    }
    println!("{taken_back} runs taken back");
    assert!(taken_back > 200);
}
