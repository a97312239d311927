//! A saved plan applies as exactly what it was, or is refused with what moved (invariant I5); and no secret is in one.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use ironwright_core::secret::SecretText;
use ironwright_core::{App, Secret, Text};
use ironwright_engine::{
    Engine, Keyring, Moved, Plan, PlanOptions, SavedPlan, Settings, Silent, Stop, Vault, VaultError,
};
use serde_json::json;

use crate::files::Folder;
use crate::kills::mortal_run;
use crate::support::kill::Kill;
use crate::support::program::{Bucket, FIRST, Server, Version, shop};
use crate::support::{Place, VirtualClock};

/// Plans `app` and reads the plan back from what would be in its file.
async fn save(place: &Place, app: &App, options: &PlanOptions) -> SavedPlan {
    let plan = place.try_plan(app, options).await.expect("a plan");
    let graph = app.graph().expect("valid");
    let saved = place.engine().save_plan(&plan, Some(&graph), options).await.expect("saved");
    SavedPlan::read(saved.write().expect("plain data").as_bytes()).expect("readable")
}

/// The plan made again for `saved`, if it is still the same.
async fn again(place: &Place, app: &App, saved: &SavedPlan) -> Result<Plan, Moved> {
    let plan = place.try_plan(app, &saved.options(BTreeMap::new())).await.expect("a plan");
    saved.check(&plan, Some(&app.graph().expect("valid"))).map(|()| plan)
}

fn told(moved: &Moved) -> String {
    moved.differences.iter().flat_map(|(difference, _)| [difference.as_str(), "\n"]).collect()
}

#[tokio::test]
async fn what_did_not_move_applies_and_then_is_stale() {
    let place = Place::new();
    for version in [FIRST, Version { size: 2, ..FIRST }] {
        let saved = save(&place, &shop(version), &PlanOptions::default()).await;
        let plan = again(&place, &shop(version), &saved).await.expect("nothing moved");
        let report = place.engine().apply(&plan, &Stop::new(), Arc::new(Silent)).await.expect("a run");
        assert!(report.is_complete());
        let moved = again(&place, &shop(version), &saved).await.expect_err("it was applied");
        assert!(told(&moved).contains("state"), "{moved:?}");
    }
}

#[tokio::test]
async fn each_thing_that_moves_is_told() {
    let place = Place::new();
    place.apply(&shop(FIRST)).await;
    let changed = Version { size: 2, ..FIRST };
    let saved = save(&place, &shop(changed), &PlanOptions::default()).await;
    assert!(again(&place, &shop(changed), &saved).await.is_ok());

    let other = Version { size: 3, ..FIRST };
    let moved = again(&place, &shop(other), &saved).await.expect_err("the program changed");
    insta::assert_snapshot!(told(&moved), @r"
    the program changed: web/left/one: Size
    the program changed: web/left/two: Size
    the program changed: web/right/one: Size
    the program changed: web/right/two: Size
    ");
    assert!(moved.differences[0].1.is_some(), "the line of the program");

    let state = place.state().await;
    place.cloud.meddle(&state.resources[&"web/left/one".into()].physical_id, "Size", json!(9));
    place.cloud.lose(&state.resources[&"web/spare-key".into()].physical_id);
    let moved = again(&place, &shop(changed), &saved).await.expect_err("the cloud changed");
    insta::assert_snapshot!(told(&moved), @r"
    the cloud changed: web/left/one: Size
    the cloud changed: web/spare-key: it is missing now
    ");

    place.apply(&shop(FIRST)).await;
    let moved = again(&place, &shop(other), &saved).await.expect_err("state and program changed");
    insta::assert_snapshot!(told(&moved), @r"
    the state went from serial 2 to 3
    the program changed: web/left/one: Size
    the program changed: web/left/two: Size
    the program changed: web/right/one: Size
    the program changed: web/right/two: Size
    ");
}

#[tokio::test]
async fn what_comes_into_the_program_or_leaves_it_is_told() {
    let place = Place::new();
    let app = |buckets: &[&str], protect: bool| {
        let mut app = App::new("shop").region("here-1");
        for name in buckets {
            let bucket = Bucket::new().set("Name", *name);
            app.stack("web").add(name, if protect { ironwright_core::Resource::protect(bucket) } else { bucket });
        }
        app
    };
    let saved = save(&place, &app(&["a", "b"], false), &PlanOptions::default()).await;
    let check = async |app: App, expect: &str| {
        let moved = again(&place, &app, &saved).await.expect_err(expect);
        assert!(told(&moved).contains(expect), "{}", told(&moved));
    };
    check(app(&["a"], false), "the program changed: web/b: it is not there any more").await;
    check(app(&["a", "b", "c"], false), "the program changed: web/c: it is new").await;
    check(app(&["a", "b"], true), "the program changed: web/a: what it says of it").await;
    let mut elsewhere = app(&["a", "b"], false).region("there-2");
    check(elsewhere.clone(), "of the stack `web`").await;
    elsewhere.stack("web").output("x", 1);
    check(elsewhere, "the output `web/x`").await;
    assert!(again(&place, &app(&["b", "a"], false), &saved).await.is_ok(), "the order is no part of it");
}

#[tokio::test]
async fn a_state_that_came_or_was_begun_anew_is_told() {
    let place = Place::new();
    let first = save(&place, &shop(FIRST), &PlanOptions::default()).await;
    place.apply(&shop(FIRST)).await;
    let moved = again(&place, &shop(FIRST), &first).await.expect_err("applied by another");
    assert_eq!(told(&moved), "there was no state when the plan was made, and there is one now\n");

    let second = save(&place, &shop(FIRST), &PlanOptions::default()).await;
    let mut elsewhere = Place::new();
    let moved = again(&elsewhere, &shop(FIRST), &second).await.expect_err("no state");
    assert_eq!(told(&moved), "the state that the plan was made for is not there any more\n");
    elsewhere.entropy = Arc::new(ironwright_engine::SeededEntropy::new(2));
    elsewhere.apply(&shop(FIRST)).await;
    let moved = again(&elsewhere, &shop(FIRST), &second).await.expect_err("another state");
    assert_eq!(told(&moved), "the state is another one: it was begun anew\n");
}

#[tokio::test]
async fn killed_in_the_middle_it_is_stale_and_an_apply_without_it_goes_on() {
    let mut refused = 0;
    for point in 1.. {
        let place = Place::new();
        place.apply(&shop(FIRST)).await;
        let changed = shop(Version { size: 2, cidr: "10.1.0.0/16", ..FIRST });
        let saved = save(&place, &changed, &PlanOptions::default()).await;
        let kill = Kill::at(point);
        mortal_run(&place, Some(&changed), &kill).await;
        match again(&place, &changed, &saved).await {
            Ok(_) => assert_eq!(point, 1, "nothing was durable yet"),
            Err(moved) => {
                refused += 1;
                let interrupted = told(&moved).contains("was interrupted");
                assert!(interrupted || told(&moved).contains("from serial"), "killed at {point}: {}", told(&moved));
            }
        }
        assert!(place.try_apply(&changed).await.is_complete(), "killed at point {point}");
        place.assert_in_step().await;
        if !kill.happened() {
            break;
        }
    }
    assert!(refused > 20, "{refused}");
}

#[tokio::test]
async fn a_change_between_the_check_and_the_apply_is_caught_under_the_lock() {
    let place = Place::new();
    let saved = save(&place, &shop(FIRST), &PlanOptions::default()).await;
    let plan = again(&place, &shop(FIRST), &saved).await.expect("nothing moved");
    place.apply(&shop(Version { size: 4, ..FIRST })).await;
    let refused = place.engine().apply(&plan, &Stop::new(), Arc::new(Silent)).await.expect_err("another was faster");
    assert!(matches!(refused, ironwright_engine::EngineError::StalePlan), "{refused}");
}

#[tokio::test]
async fn it_takes_its_options_along() {
    let place = Place::new();
    place.apply(&shop(FIRST)).await;
    let options = PlanOptions { refresh: false, replace: vec!["web/spare-key".into()], ..PlanOptions::default() };
    let saved = save(&place, &shop(FIRST), &options).await;
    assert_eq!(saved.options(BTreeMap::new()), options);
    assert!(saved.preview().change("web/spare-key").is_some_and(|change| change.action.is_replace()));
    assert!(again(&place, &shop(FIRST), &saved).await.is_ok());
}

#[tokio::test]
async fn a_plan_that_destroys_is_saved_without_a_program() {
    let place = Place::new();
    place.apply(&shop(FIRST)).await;
    let options = PlanOptions::default();
    let engine = place.engine();
    let plan = engine.plan_destroy(&options, &Silent).await.expect("a plan");
    let saved = engine.save_plan(&plan, None, &options).await.expect("saved");
    assert!(saved.destroys());
    let plan = engine.plan_destroy(&saved.options(BTreeMap::new()), &Silent).await.expect("a plan");
    saved.check(&plan, None).expect("nothing moved");
    assert!(engine.apply(&plan, &Stop::new(), Arc::new(Silent)).await.expect("a run").is_complete());
    let plan = engine.plan_destroy(&options, &Silent).await.expect("a plan");
    assert!(saved.check(&plan, None).is_err());
}

#[tokio::test]
async fn one_for_another_app_stage_or_target_is_refused() {
    let saved = save(&Place::new(), &shop(FIRST), &PlanOptions::default()).await;
    let check = |app, stage, target| saved.check_place(app, stage, target).map_err(|problems| problems.to_string());
    assert_eq!(check("shop", "dev", "simulated"), Ok(()));
    let error = check("other", "prod", "aws").expect_err("elsewhere");
    for part in ["the app `shop`", "say `--stage dev`", "say `--target simulated`"] {
        assert!(error.contains(part), "{error}");
    }
}

/// A vault whose cipher is to turn the text around.
struct Mirror;

impl Vault for Mirror {
    fn found(&self) -> Result<Option<Keyring>, VaultError> {
        let (recipient, sealed_identity) = ("mirror".to_owned(), String::new());
        Ok(Some(Keyring { recipient, sealed_identity, recipients: vec!["me".to_owned()] }))
    }
    fn renew(&self, _: &Keyring) -> Result<Option<Keyring>, VaultError> {
        Ok(None)
    }
    fn seal(&self, _: &Keyring, plain: &SecretText) -> Result<Option<String>, VaultError> {
        Ok(Some(plain.expose().chars().rev().collect()))
    }
    fn open(&self, _: &Keyring, sealed: &str) -> Result<SecretText, VaultError> {
        Ok(SecretText::new(sealed.chars().rev().collect::<String>()))
    }
}

const PLAIN: &str = "hunter2-hunter2";

fn variables(variables: &[(&str, &str)]) -> BTreeMap<String, String> {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

async fn saved_with_variables(engine: &Engine) -> SavedPlan {
    let parameters = variables(&[("size", "2"), ("password", PLAIN)]);
    let options = PlanOptions { parameters, ..PlanOptions::default() };
    let graph = shop(FIRST).graph().expect("valid");
    let plan = engine.plan(&graph, &options, &Silent).await.expect("a plan");
    let saved = engine.save_plan(&plan, Some(&graph), &options).await.expect("saved");
    assert!(!saved.write().expect("plain data").contains(PLAIN));
    saved
}

#[tokio::test]
async fn variables_must_be_given_again_and_be_the_same() {
    let engine = Place::new().engine();
    let saved = saved_with_variables(&engine).await;
    let all = variables(&[("size", "2"), ("password", PLAIN)]);
    assert_eq!(engine.variables(&saved, &all), Ok(all));
    let problems = engine.variables(&saved, &variables(&[("size", "3"), ("zone", "a")])).expect_err("not the same");
    insta::assert_snapshot!(problems, @r"
    the plan was made with the variable `password`, and it is not given now
      help: give it again, with the same value: `--var password=…`
    the variable `size` has another value than the plan was made with
      help: give the same value; for another one, make the plan again
    the plan was made without the variable `zone`
      help: leave `--var zone=…` out, or make the plan again
    ");
}

#[tokio::test]
async fn variables_that_are_sealed_need_not_be_given() {
    let engine = Place::new().engine().with_vault(Arc::new(Mirror));
    let saved = saved_with_variables(&engine).await;
    let all = variables(&[("size", "2"), ("password", PLAIN)]);
    assert_eq!(engine.variables(&saved, &variables(&[])), Ok(all.clone()));
    assert_eq!(engine.variables(&saved, &variables(&[("size", "2")])), Ok(all));
    let problems = Place::new().engine().variables(&saved, &variables(&[("size", "2")])).expect_err("no key");
    let problems = problems.to_string();
    assert!(problems.contains("`password` is sealed") && problems.contains("IRONWRIGHT_AGE_KEY_FILE"), "{problems}");
    assert!(engine.variables(&saved, &variables(&[("size", "3")])).is_err());
}

#[tokio::test]
async fn no_secret_is_in_the_file_or_in_a_refusal() {
    let place = Place::new();
    let app = |password: &str| {
        let mut app = App::new("shop").region("here-1");
        let secret = Secret::<Text>::new(password);
        let web = app.stack("web");
        web.add("server", Server::new().set("Password", secret.clone()).set("Note", secret.clone()));
        web.output("password", secret);
        app
    };
    for _ in 0..2 {
        let saved = save(&place, &app(PLAIN), &PlanOptions::default()).await;
        let document = saved.write().expect("plain data");
        assert!(document.contains("$secret") && !document.contains(PLAIN), "{document}");
        assert!(!format!("{saved:?}").contains(PLAIN));
        assert!(again(&place, &app(PLAIN), &saved).await.is_ok());
        let moved = again(&place, &app("another-password"), &saved).await.expect_err("the secret changed");
        assert!(told(&moved).contains("web/server"), "{}", told(&moved));
        assert!(!format!("{moved:?}").contains("another-password"));
        place.apply(&app(PLAIN)).await;
    }
}

#[tokio::test]
async fn the_salt_of_a_first_plan_is_drawn_for_the_file() {
    let place = Place::new();
    let document = async || save(&place, &shop(FIRST), &PlanOptions::default()).await.write().expect("plain data");
    let (one, other) = (document().await, document().await);
    let salt = |document: &str| document.split("\"salt\":\"").nth(1).map(|rest| rest[..32].to_owned());
    assert!(salt(&one).is_some());
    assert_ne!(salt(&one), salt(&other));
}

#[tokio::test]
async fn the_file_is_whole_and_for_its_owner_alone() {
    let folder = Folder::new();
    let saved = save(&Place::new(), &shop(FIRST), &PlanOptions::default()).await;
    let path = folder.file("x.plan");
    std::fs::create_dir_all(folder.path()).expect("a folder");
    std::fs::write(&path, "what was there before").expect("written");
    saved.write_file(&path).expect("written");
    assert_eq!(SavedPlan::read_file(&path).expect("readable"), saved);
    assert_eq!(folder.contents().len(), 1, "nothing is left beside it");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
    }
    let refused = |path: &Path| saved.write_file(path).expect_err("no place for a file").diagnostic("x").code;
    assert_eq!(refused(folder.path()), "plan-file-not-writable");
    assert_eq!(refused(&folder.file("not/there/x.plan")), "plan-file-not-writable");
    let unreadable = SavedPlan::read_file(&folder.file("no.plan")).expect_err("no file").diagnostic("no.plan");
    assert_eq!(unreadable.code, "plan-file-unreadable");
    assert!(unreadable.message.contains("`no.plan`"), "{unreadable}");
}

#[tokio::test]
async fn planning_and_saving_write_nothing_to_the_state() {
    let folder = Folder::new();
    let place = Place::new();
    let store = Arc::new(ironwright_engine::FileStore::new(folder.path().to_owned()));
    let settings = Settings { app: "shop".to_owned(), ..Settings::default() };
    let clock = Arc::new(VirtualClock::default());
    let engine = Engine::new(vec![Arc::new(place.cloud.clone())], store, clock, place.entropy.clone(), settings);
    saved_with_variables(&engine).await;
    assert!(!folder.path().exists());
}
