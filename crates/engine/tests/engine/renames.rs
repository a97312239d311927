//! Renames that nobody declared: found by equal content where there is one way to see it, else a question.

use ironwright_core::{App, Secret, Stack, Text};
use ironwright_engine::{Action, AmbiguousRename, EngineError, PlanOptions, Reason};

use crate::kills::mortal_run;
use crate::support::Place;
use crate::support::kill::Kill;
use crate::support::program::{Blob, Bucket, Key, Network, Server, Subnet, Vault, id};
use crate::support::show::show;

fn app(build: impl FnOnce(&mut Stack)) -> App {
    let mut app = App::new("shop").region("here-1");
    let web = app.stack("web");
    web.add("anchor", Key::new().set("For", "anchor"));
    build(web);
    app
}

fn blobs(names: &'static [&'static str]) -> App {
    app(|web| {
        for name in names {
            let (scope, name) = name.split_once('/').unwrap_or(("loose", name));
            web.scope(scope).add(name, Blob::new().set("Text", "same"));
        }
    })
}

/// A network with a subnet, a server with a secret and a key of it, all in the scope `scope`.
fn group(scope: &'static str, image: &'static str) -> App {
    app(|web| {
        let zone = web.scope(scope);
        let network = zone.add("network", Network::new().set("Cidr", "10.0.0.0/16"));
        let subnet = zone.add("subnet", Subnet::new().set("Network", id(&network)).set("Cidr", "10.0.1.0/24"));
        let secret = Secret::<Text>::new("hunter2hunter2");
        let vault = zone.add("vault", Vault::new().set("Label", "v").set("Password", secret));
        let server = Server::new().set("Subnet", id(&subnet)).set("Image", image).set("Note", id(&vault));
        let server = zone.add("server", server);
        zone.add("key", Key::new().set("For", server.get("Ip")));
    })
}

/// The renames in the plan of `after` where `before` is applied, as `old -> new`; or the question.
async fn check(before: &App, after: &App, options: &PlanOptions, expect: &str) {
    let place = Place::new();
    place.apply(before).await;
    let ids = place.cloud.ids();
    let plan = match place.try_plan(after, options).await {
        Ok(plan) => plan,
        Err(EngineError::AmbiguousRenames(renames)) => {
            let question = |rename: &AmbiguousRename| {
                let new: Vec<String> = rename.new.iter().map(|(address, _)| address.to_string()).collect();
                let old: Vec<String> = rename.old.iter().map(ToString::to_string).collect();
                format!("{} or {}?", old.join(" "), new.join(" "))
            };
            let questions: Vec<String> = renames.iter().map(question).collect();
            return assert_eq!(questions.join("; "), expect);
        }
        Err(other) => panic!("{other}"),
    };
    let moved = plan.changes.iter().filter_map(|change| {
        let from = change.moved_from.as_ref()?;
        assert!(change.reasons.contains(&Reason::Renamed));
        Some(format!("{from} -> {}", change.address))
    });
    assert_eq!(moved.collect::<Vec<_>>().join(", "), expect);
    let recreated = plan.changes.iter().any(|change| matches!(change.action, Action::Create | Action::Delete));
    if !recreated {
        place.apply_plan(&plan).await;
        assert_eq!(place.cloud.ids(), ids);
        place.assert_in_step().await;
        assert!(place.plan(after).await.is_empty());
    }
}

async fn check_plainly(before: &'static [&'static str], after: &'static [&'static str], expect: &str) {
    check(&blobs(before), &blobs(after), &PlanOptions::default(), expect).await;
}

#[tokio::test]
async fn one_of_each_is_a_rename() {
    check_plainly(&["old"], &["new"], "web/loose/old -> web/loose/new").await;
    check_plainly(&["old"], &["old", "new"], "").await;
    check_plainly(&["old", "new"], &["old"], "").await;
}

#[tokio::test]
async fn equal_names_decide_where_they_are_the_only_ones() {
    check_plainly(&["a/x", "a/y"], &["b/x", "b/y"], "web/a/x -> web/b/x, web/a/y -> web/b/y").await;
    check_plainly(&["a/x"], &["b/x", "b/z"], "web/a/x -> web/b/x").await;
    check_plainly(&["a/x", "c/x"], &["b/x"], "web/a/x web/c/x or web/b/x?").await;
}

#[tokio::test]
async fn everything_else_is_a_question() {
    check_plainly(&["a", "b"], &["c"], "web/loose/a web/loose/b or web/loose/c?").await;
    check_plainly(&["a"], &["b", "c"], "web/loose/a or web/loose/b web/loose/c?").await;
    check_plainly(&["a/x", "a/y"], &["b/x", "b/z"], "web/a/y or web/b/z?").await;
}

#[tokio::test]
async fn a_scope_is_found_as_a_whole_with_what_refers_to_what_and_its_secret() {
    let expect = "web/left/network -> web/right/network, web/left/subnet -> web/right/subnet, \
                  web/left/vault -> web/right/vault, web/left/server -> web/right/server, web/left/key -> web/right/key";
    check(&group("left", "one"), &group("right", "one"), &PlanOptions::default(), expect).await;
}

#[tokio::test]
async fn other_content_is_no_rename() {
    let place = Place::new();
    place.apply(&group("left", "one")).await;
    let plan = place.plan(&group("right", "two")).await;
    let shown = show(&plan);
    let resources: Vec<&str> = shown.lines().filter(|line| line.contains("web/")).collect();
    insta::assert_snapshot!(resources.join("\n"), @r"
        web/anchor ()
        web/right/network (renamed) from web/left/network
        web/right/subnet (renamed) from web/left/subnet
        web/right/vault (renamed) from web/left/vault
      + web/right/server (new)
      + web/right/key (new)
      - web/left/key (removed)
      - web/left/server (removed)
    ");
}

#[tokio::test]
async fn it_can_be_said_that_nothing_was_renamed() {
    let really_new = |address: &str| PlanOptions { not_moved: vec![address.into()], ..PlanOptions::default() };
    let (before, after) = (blobs(&["old"]), blobs(&["new"]));
    check(&before, &after, &really_new("web/loose/new"), "").await;
    check(&before, &after, &really_new("web/loose/old"), "").await;
    let (before, after) = (blobs(&["a", "b"]), blobs(&["c"]));
    check(&before, &after, &really_new("web/loose/c"), "").await;
    check(&before, &after, &really_new("web/loose/a"), "web/loose/b -> web/loose/c").await;
}

#[tokio::test]
async fn a_name_that_the_program_chose_makes_no_difference() {
    let bucket = |name: &'static str| app(move |web| drop(web.add(name, Bucket::new().set("Name", "logs"))));
    check(&bucket("old"), &bucket("new"), &PlanOptions::default(), "web/old -> web/new").await;
}

#[tokio::test]
async fn the_question_names_the_lines_to_add() {
    let place = Place::new();
    place.apply(&blobs(&["a", "b"])).await;
    let error = place.try_plan(&blobs(&["c"]), &PlanOptions::default()).await.expect_err("a question");
    let text = error.diagnostics().to_string();
    let parts = [
        "web/loose/c: the program has `web/loose/a`, `web/loose/b` no longer",
        "renames.rs:",
        "--no-rename web/loose/c",
    ];
    for part in parts.into_iter().chain(["stack.moved(\"web/loose/a\", \"web/loose/c\");"]) {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}

/// Nothing that an interrupted run was at work on is taken for renamed: what it made is settled first.
#[tokio::test]
async fn renamed_after_a_kill() {
    for point in 0..40 {
        let place = Place::new();
        mortal_run(&place, Some(&group("left", "one")), &Kill::at(point)).await;
        let after = group("right", "one");
        assert!(place.try_apply(&after).await.failed.is_empty(), "killed at point {point}");
        place.apply(&after).await;
        place.assert_in_step().await;
        assert_eq!(place.cloud.ids().len(), 6, "killed at point {point}: {:?}", place.cloud.ids());
        assert!(place.plan(&after).await.is_empty(), "killed at point {point}");
    }
}
