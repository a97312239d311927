//! Partial plans: what `only` and `exclude` cover, what comes along, what is left out, and that nothing else is touched.
//! Random programs and selections are in `parts`.

use std::collections::BTreeMap;

use ironwright_core::{Address, App, Resource, Stack};
use ironwright_engine::{Action, EngineError, Inclusion, LeftOut, Omission, Plan, PlanOptions, Reason, Report, Silent};
use serde_json::json;

use crate::support::Place;
use crate::support::program::{Bucket, FIRST, Key, Network, Server, Subnet, Version, id, shop};

fn addresses(texts: &[&str]) -> Vec<Address> {
    texts.iter().map(|text| Address::new(*text)).collect()
}

fn part(only: &[&str], exclude: &[&str]) -> PlanOptions {
    PlanOptions { only: addresses(only), exclude: addresses(exclude), ..PlanOptions::default() }
}

async fn plan(place: &Place, app: &App, only: &[&str], exclude: &[&str]) -> Plan {
    place.try_plan(app, &part(only, exclude)).await.expect("a plan")
}

/// Plans and applies a part; all must go well.
async fn apply(place: &Place, app: &App, only: &[&str], exclude: &[&str]) -> Report {
    let report = place.apply_plan(&plan(place, app, only, exclude).await).await;
    assert!(report.is_complete(), "{:?} {:?}", report.failed, report.not_started);
    place.assert_in_step().await;
    report
}

/// What changes, a line each, with why it came along: `+ web/network (web/server needs it)`.
fn changes(plan: &Plan) -> Vec<String> {
    let included = |reason: &Reason| match reason {
        Reason::Included { address, because: Inclusion::NeedsIt } => Some(format!(" ({address} needs it)")),
        Reason::Included { address, because } => Some(format!(" (uses {address}, {because:?})")),
        _ => None,
    };
    let line = |change: &ironwright_engine::Change| {
        let why: String = change.reasons.iter().filter_map(included).collect();
        format!("{} {}{why}", change.action.symbol(), change.address)
    };
    plan.changes.iter().filter(|change| change.action != Action::NoOp).map(line).collect()
}

fn left_out(plan: &Plan) -> Vec<LeftOut> {
    plan.partial.clone().expect("a partial plan").left_out
}

fn because(address: &str, by: &str, because: Omission) -> LeftOut {
    LeftOut { address: address.into(), by: by.into(), because }
}

fn app(resources: impl FnOnce(&mut Stack)) -> App {
    let mut app = App::new("shop").region("here-1");
    resources(app.stack("web"));
    app
}

/// A network, a subnet on it, a server in that, a key for the server.
fn chain(range: &'static str, size: i32) -> App {
    app(|web| {
        let network = web.add("network", Network::new().set("Cidr", range));
        let subnet = web.add("subnet", Subnet::new().set("Network", id(&network)));
        let server = web.add("server", Server::new().set("Subnet", id(&subnet)).set("Size", size));
        web.add("key", Key::new().set("For", server.get("Ip")));
        web.output("ip", server.get("Ip"));
        web.output("range", network.get("Cidr"));
    })
}

async fn placed(app: &App) -> Place {
    let place = Place::new();
    place.apply(app).await;
    place.cloud.calls();
    place
}

fn code(result: Result<Plan, EngineError>) -> Vec<String> {
    let Err(EngineError::Diagnostics(problems)) = result else {
        panic!("expected diagnostics, not {result:?}");
    };
    problems.iter().map(|problem| format!("{}: {}", problem.code, problem.message)).collect()
}

#[tokio::test]
async fn only_what_is_asked_for_changes_and_only_that_and_what_it_needs_is_read() {
    let place = placed(&shop(FIRST)).await;
    let before = place.state().await;
    let changed = shop(Version { size: 2, policy: "closed", ..FIRST });
    let plan = plan(&place, &changed, &["web/left/one"], &[]).await;
    assert_eq!(changes(&plan), ["~ web/left/one"]);
    let partial = plan.partial.clone().expect("partial");
    assert_eq!((partial.selected, partial.total, partial.only), (1, 12, addresses(&["web/left/one"])));
    let reads = place.cloud.calls();
    assert_eq!(reads.len(), 3, "the server, its subnet, its network: {reads:?}");
    place.apply_plan(&plan).await;
    let mut after = place.state().await;
    let one = Address::new("web/left/one");
    assert_eq!(after.resources[&one].properties["Size"], 2);
    after.resources.insert(one.clone(), before.resources[&one].clone());
    assert_eq!(after.resources, before.resources, "the others are as they were");
    place.apply(&changed).await;
    assert!(place.plan(&changed).await.is_empty());
}

#[tokio::test]
async fn a_scope_or_a_stack_may_be_asked_for() {
    let place = placed(&shop(FIRST)).await;
    let changed = shop(Version { size: 2, policy: "closed", ..FIRST });
    assert_eq!(changes(&plan(&place, &changed, &["web/right"], &[]).await), ["~ web/right/one", "~ web/right/two"]);
    assert_eq!(changes(&plan(&place, &changed, &["web"], &["web/left", "web/right"]).await).len(), 2);
    let whole = plan(&place, &changed, &["web"], &[]).await;
    assert_eq!(changes(&whole), changes(&place.plan(&changed).await));
}

#[tokio::test]
async fn what_is_needed_and_not_live_comes_along() {
    let place = Place::new();
    let plan = plan(&place, &chain("a", 1), &["web/server"], &[]).await;
    let expect = ["+ web/network (web/subnet needs it)", "+ web/subnet (web/server needs it)", "+ web/server"];
    assert_eq!(changes(&plan), expect);
    place.apply_plan(&plan).await;
    place.assert_in_step().await;
    assert!(place.state().await.output("ip").is_some());
    assert_eq!(changes(&place.plan(&chain("a", 1)).await), ["+ web/key"]);
}

#[tokio::test]
async fn what_is_gone_from_the_cloud_comes_along_where_it_is_needed() {
    let place = placed(&chain("a", 1)).await;
    place.cloud.meddle("sub-002", "Network", json!("other"));
    place.cloud.lose("net-001");
    let expect = [
        "+ web/network (web/subnet needs it)",
        "+/- web/subnet (web/server needs it)",
        "+/- web/server",
        "~ web/key (uses web/server, Replaced)",
    ];
    assert_eq!(changes(&plan(&place, &chain("a", 1), &["web/server"], &[]).await), expect);
}

#[tokio::test]
async fn a_pending_change_comes_along_only_where_the_value_asked_of_it_changes() {
    let place = placed(&chain("a", 1)).await;
    let resized = chain("a", 2);
    assert!(plan(&place, &resized, &["web/key"], &[]).await.is_empty(), "the address of the server stays");
    let moved = chain("b", 1);
    let expect = [
        "+/- web/network (web/subnet needs it)",
        "+/- web/subnet (web/server needs it)",
        "+/- web/server (web/key needs it)",
        "~ web/key",
    ];
    assert_eq!(changes(&plan(&place, &moved, &["web/key"], &[]).await), expect);
}

#[tokio::test]
async fn who_uses_what_is_replaced_comes_along() {
    let place = placed(&chain("a", 1)).await;
    let expect = [
        "+/- web/network",
        "+/- web/subnet (uses web/network, Replaced)",
        "+/- web/server (uses web/subnet, Replaced)",
        "~ web/key (uses web/server, Replaced)",
    ];
    let moved = chain("b", 1);
    assert_eq!(changes(&plan(&place, &moved, &["web/network"], &[]).await), expect);
    apply(&place, &moved, &["web/network"], &[]).await;
    assert!(place.plan(&moved).await.is_empty());
}

#[tokio::test]
async fn who_uses_what_is_removed_comes_along_be_it_in_the_program_or_not() {
    let full = |more: bool| {
        app(|web| {
            let network = web.add("network", Network::new().set("Cidr", "a"));
            let key = Key::new();
            if more {
                let subnet = web.add("subnet", Subnet::new().set("Network", id(&network)));
                web.add("gone", Server::new().set("Subnet", id(&subnet)));
                web.add("key", key.set("For", id(&subnet)));
                web.add("other", Network::new().set("Cidr", "b"));
            } else {
                web.add("key", key);
            }
        })
    };
    let place = placed(&full(true)).await;
    let plan = plan(&place, &full(false), &["web/subnet"], &[]).await;
    let expect = ["~ web/key (uses web/subnet, Deleted)", "- web/gone (uses web/subnet, Deleted)", "- web/subnet"];
    assert_eq!(changes(&plan), expect);
    apply(&place, &full(false), &["web/subnet"], &[]).await;
    assert_eq!(changes(&place.plan(&full(false)).await), ["- web/other"]);
}

#[tokio::test]
async fn drift_of_what_is_left_is_not_taken_over() {
    let place = placed(&shop(FIRST)).await;
    let network = place.cloud.ids().into_iter().find(|id| id.starts_with("net-")).expect("a network");
    place.cloud.meddle(&network, "Tags", json!(["x"]));
    place.cloud.meddle("shop-logs", "Policy", json!("meddled"));
    apply(&place, &shop(Version { size: 2, ..FIRST }), &["web/left/one"], &[]).await;
    let plan = place.plan(&shop(Version { size: 2, ..FIRST })).await;
    assert!(changes(&plan).contains(&"~ web/logs".to_owned()), "{:?}", changes(&plan));
}

#[tokio::test]
async fn outputs_change_with_what_they_refer_to() {
    let place = placed(&chain("a", 1)).await;
    let ip = |state: &ironwright_engine::State| state.output("ip").cloned();
    let before = place.state().await;
    let renamed = |more: bool| {
        app(|web| {
            let network = web.add("network", Network::new().set("Cidr", "a"));
            let subnet = web.add("subnet", Subnet::new().set("Network", id(&network)).set("Cidr", "new"));
            let server = web.add("server", Server::new().set("Subnet", id(&subnet)).set("Size", 1));
            web.output("ip", server.get("Ip"));
            if more {
                let late = web.add("late", Network::new().set("Cidr", "z"));
                web.output("late", id(&late));
            }
        })
    };
    apply(&place, &renamed(true), &["web/network"], &[]).await;
    let state = place.state().await;
    assert_eq!((ip(&state), state.output("late")), (ip(&before), None));
    assert!(state.output("range").is_some(), "what the program outputs no longer stays too");
    apply(&place, &renamed(true), &["web/server"], &[]).await;
    assert_ne!(ip(&place.state().await), ip(&before));
    let plan = plan(&place, &renamed(true), &[], &["web/late"]).await;
    assert!(plan.outputs.iter().all(|output| output.name != "late"), "{:?}", plan.outputs);
    apply(&place, &renamed(true), &[], &["web/late"]).await;
    let state = place.state().await;
    assert!(state.output("late").is_none() && state.output("range").is_none(), "{:?}", state.outputs);
}

#[tokio::test]
async fn what_needs_an_excluded_resource_that_is_not_live_is_left_out() {
    let place = Place::new();
    let plan = plan(&place, &chain("a", 1), &[], &["web/subnet"]).await;
    assert_eq!(changes(&plan), ["+ web/network"]);
    let expect = ["web/key", "web/server"].map(|address| because(address, "web/subnet", Omission::NeedsMissing));
    assert_eq!(left_out(&plan), expect);
    place.apply_plan(&plan).await;
    place.assert_in_step().await;
    assert!(place.state().await.output("ip").is_none());
    place.apply(&chain("a", 1)).await;
}

#[tokio::test]
async fn what_an_excluded_resource_needs_is_neither_replaced_nor_deleted() {
    let place = placed(&chain("a", 1)).await;
    let plan = plan(&place, &chain("b", 2), &[], &["web/server"]).await;
    assert_eq!(changes(&plan), Vec::<String>::new());
    let expect = ["web/network", "web/subnet"].map(|address| because(address, "web/server", Omission::Needed));
    assert_eq!(left_out(&plan), expect);
    let without = app(|web| drop(web.add("other", Network::new().set("Cidr", "c"))));
    let plan = self::plan(&place, &without, &[], &["web/server"]).await;
    assert_eq!(changes(&plan), ["+ web/other", "- web/key"]);
    place.apply_plan(&plan).await;
    place.assert_in_step().await;
    place.apply(&without).await;
    assert_eq!(place.cloud.ids().len(), 1);
}

#[tokio::test]
async fn what_is_excluded_gives_the_values_it_has() {
    let named = |name: &'static str, note: &'static str| {
        app(|web| {
            let bucket = web.add("bucket", Bucket::new().set("Name", name).set("Policy", note));
            web.add("key", Key::new().set("For", bucket.get("Policy")).set("Bucket", note));
        })
    };
    let place = placed(&named("x", "one")).await;
    let plan = plan(&place, &named("x", "two"), &["web/key"], &["web/bucket"]).await;
    assert_eq!(changes(&plan), ["~ web/key"]);
    let paths: Vec<&str> =
        plan.change("web/key").expect("planned").properties.iter().map(|p| p.path.as_str()).collect();
    assert_eq!(paths, ["Bucket"], "what it asks of the bucket stays");
    place.apply_plan(&plan).await;
    assert_eq!(place.state().await.resources[&Address::new("web/key")].properties["For"], "one");
}

#[tokio::test]
async fn a_turned_dependency_never_makes_a_circle_of_the_state() {
    let turned = |turned: bool| {
        app(|web| {
            let (first, second) = if turned { ("b", "a") } else { ("a", "b") };
            let lower = web.add(first, Key::new().set("Bucket", "x"));
            web.add("between", Key::new().set("For", id(&lower)));
            web.add(second, Key::new().set("For", id(&lower)));
        })
    };
    let place = placed(&turned(false)).await;
    let plan = plan(&place, &turned(true), &["web/a"], &[]).await;
    assert_eq!(changes(&plan), ["~ web/b (web/a needs it)", "~ web/a"]);
    apply(&place, &turned(true), &["web/a"], &[]).await;
    place.apply(&turned(true)).await;

    let place = placed(&turned(false)).await;
    let plan = self::plan(&place, &turned(true), &["web/a"], &["web/b"]).await;
    assert_eq!((changes(&plan), left_out(&plan)), (vec![], vec![because("web/a", "web/b", Omission::Circle)]));
}

#[tokio::test]
async fn protection_is_spoken_of_only_where_it_is_in_the_way() {
    let guarded = |range: &'static str, size: i32| {
        app(|web| {
            web.add("network", Network::new().set("Cidr", range).protect());
            web.add("server", Server::new().set("Size", size));
        })
    };
    let place = placed(&guarded("a", 1)).await;
    assert_eq!(changes(&plan(&place, &guarded("b", 2), &["web/server"], &[]).await), ["~ web/server"]);
    let refused = code(place.try_plan(&guarded("b", 2), &part(&["web/network"], &[])).await);
    assert!(refused[0].starts_with("protected"), "{refused:?}");
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused() {
    let place = placed(&chain("a", 1)).await;
    let check = async |options: PlanOptions, expect: &str| {
        let problems = code(place.try_plan(&chain("b", 1), &options).await);
        assert!(problems.len() == 1 && problems[0].starts_with(expect), "{problems:?}");
    };
    check(part(&["web/servr"], &[]), "unknown-address: `--only web/servr`").await;
    check(part(&[], &["web/nothing"]), "unknown-address: `--exclude web/nothing`").await;
    check(part(&["web/server"], &["web"]), "contradiction").await;
    let replace = PlanOptions { replace: addresses(&["web/server"]), ..part(&[], &["web/server"]) };
    check(replace, "not-covered").await;
}

/// What of [`chain`] a destroy of a part leaves, and what it says is left out.
async fn destroyed(only: &[&str], exclude: &[&str]) -> (Vec<String>, BTreeMap<String, String>) {
    let place = placed(&chain("a", 1)).await;
    let plan = place.engine().plan_destroy(&part(only, exclude), &Silent).await.expect("a plan");
    let left = left_out(&plan).into_iter().map(|left| (left.address.to_string(), left.by.to_string())).collect();
    let report = place.apply_plan(&plan).await;
    assert!(report.is_complete(), "{:?}", report.failed);
    place.assert_in_step().await;
    let state = place.state().await;
    assert_eq!(state.outputs.is_empty(), state.resources.is_empty());
    place.apply(&chain("a", 1)).await;
    (state.resources.into_keys().map(|address| address.to_string()).collect(), left)
}

#[tokio::test]
async fn a_destroy_takes_what_depends_on_it_and_keeps_what_the_rest_needs() {
    let check = async |only: &[&str], exclude: &[&str], live: &[&str], left: &[(&str, &str)]| {
        let (found, told) = destroyed(only, exclude).await;
        assert_eq!(found, live, "--only {only:?} --exclude {exclude:?}");
        let left: BTreeMap<String, String> =
            left.iter().map(|(one, by)| ((*one).to_owned(), (*by).to_owned())).collect();
        assert_eq!(told, left, "--only {only:?} --exclude {exclude:?}");
    };
    check(&["web/server"], &[], &["web/network", "web/subnet"], &[]).await;
    check(&["web"], &[], &[], &[]).await;
    let needed = [("web/network", "web/subnet")];
    check(&[], &["web/subnet"], &["web/network", "web/subnet"], &needed).await;
    check(
        &["web/subnet"],
        &["web/key"],
        &["web/key", "web/network", "web/server", "web/subnet"],
        &[("web/subnet", "web/key")],
    )
    .await;
}

#[tokio::test]
async fn a_destroy_says_why_something_comes_along() {
    let place = placed(&chain("a", 1)).await;
    let plan = place.engine().plan_destroy(&part(&["web/server"], &[]), &Silent).await.expect("a plan");
    assert_eq!(changes(&plan), ["- web/key (uses web/server, Deleted)", "- web/server"]);
    let unknown = place.engine().plan_destroy(&part(&["web/servr"], &[]), &Silent).await;
    assert!(code(unknown)[0].contains("web/servr"));
}
