//! Types that only what was applied leads to: providers are told it when a run begins, with its secrets as far as the program
//! says them or a key opens them; what cannot be got to is believed to be as it was.

use std::sync::Arc;

use ironwright_core::resource::Resource;
use ironwright_core::value::IntoTree;
use ironwright_core::{App, Bag, Secret, Source, Text};
use ironwright_engine::{
    Action, Engine, EngineError, ErrorKind, NoVault, Observer, Plan, PlanOptions, Provider, Report, Silent, Stop,
    Store, Vault,
};

use crate::sealing::{FULL, NO_KEY};
use crate::support::kill::{Kill, MortalCaller, MortalStore};
use crate::support::program::{Bucket, Key, Known};
use crate::support::units::{PASSWORD, Sites, Units};
use crate::support::{Notes, Place, VirtualClock};

#[derive(Default)]
struct Unit(Bag);

impl Unit {
    #[track_caller]
    fn set(mut self, property: &'static str, value: impl IntoTree) -> Self {
        self.0.put(property.into(), value.into_tree(), Source { file: "main.rs".into(), line: 7 }, false);
        self
    }
}

impl Resource for Unit {
    const TYPE: &'static str = "Fake::Unit";
    type Attributes = Known;
    fn into_bag(self) -> Bag {
        self.0
    }
    fn bag_mut(&mut self) -> &mut Bag {
        &mut self.0
    }
}

const NEVER: usize = usize::MAX;

/// A bucket, and a unit of `size` and `kind` on `sites`; none where there are no sites.
fn app(sites: &[&str], size: i32, kind: &str) -> App {
    let mut app = App::new("shop").region("here-1");
    let web = app.stack("web");
    web.add("bucket", Bucket::new().set("Name", "b"));
    if !sites.is_empty() {
        let sites: Vec<String> = sites.iter().map(|site| (*site).to_owned()).collect();
        let unit = Unit::default().set("Sites", sites).set("Size", size).set("Kind", kind.to_owned());
        web.add("unit", unit.set("Password", Secret::<Text>::new(PASSWORD)));
    }
    app
}

/// Where units are deployed from: runs of their own, which share state and sites.
struct Run {
    place: Place,
    sites: Sites,
}

impl Run {
    fn new() -> Self {
        Self { place: Place::new(), sites: Sites::default() }
    }

    fn engine(&self, vault: impl Vault + 'static) -> Engine {
        self.engine_over(Units::new(&self.sites, Kill::at(NEVER)), Arc::new(self.place.store.clone()), Arc::new(vault))
    }

    fn engine_over(&self, units: impl Provider + 'static, store: Arc<dyn Store>, vault: Arc<dyn Vault>) -> Engine {
        let (clock, entropy) = (Arc::new(VirtualClock::default()), self.place.entropy.clone());
        let providers: Vec<Arc<dyn Provider>> = vec![Arc::new(self.place.cloud.clone()), Arc::new(units)];
        Engine::new(providers, store, clock, entropy, self.place.settings.clone()).with_vault(vault)
    }

    /// A run of `app`, or a destroy, by a process that is killed at a point.
    async fn mortal(&self, app: Option<&App>, kill: &Kill, vault: Arc<dyn Vault>) {
        let units = MortalCaller(Units::new(&self.sites, kill.clone()), kill.clone());
        let store = MortalStore(self.place.store.clone(), kill.clone());
        let engine = self.engine_over(units, Arc::new(store), vault);
        let plan = match app {
            Some(app) => plan(&engine, app).await,
            None => engine.plan_destroy(&PlanOptions::default(), &Silent).await.expect("a plan"),
        };
        let _ = engine.apply(&plan, &Stop::new(), Arc::new(Silent)).await;
        self.place.store.kill_holder();
    }
}

async fn plan(engine: &Engine, app: &App) -> Plan {
    engine.plan(&app.graph().expect("valid"), &PlanOptions::default(), &Silent).await.expect("a plan")
}

async fn carry_out(engine: &Engine, plan: &Plan) -> Report {
    engine.apply(plan, &Stop::new(), Arc::new(Silent)).await.expect("a run")
}

async fn apply(engine: &Engine, app: &App) -> Report {
    carry_out(engine, &plan(engine, app).await).await
}

async fn destroy(engine: &Engine) -> Report {
    let plan = engine.plan_destroy(&PlanOptions::default(), &Silent).await.expect("a plan");
    carry_out(engine, &plan).await
}

fn actions(plan: &Plan) -> Vec<Action> {
    plan.changes.iter().map(|change| change.action).filter(|action| *action != Action::NoOp).collect()
}

#[tokio::test]
async fn what_the_program_says_needs_no_key_and_all_else_is_opened() {
    let run = Run::new();
    assert!(apply(&run.engine(FULL), &app(&["a", "b"], 1, "x")).await.is_complete());
    assert_eq!(run.sites.all(), ["a: web/unitx 1", "b: web/unitx 1"]);
    // The program says the password itself.
    assert_eq!(actions(&plan(&run.engine(NO_KEY), &app(&["a", "b"], 1, "x")).await), []);
    run.sites.clear("b");
    let drifted = plan(&run.engine(NO_KEY), &app(&["a", "b"], 1, "x")).await;
    assert_eq!(actions(&drifted), [Action::Update]);
    // Nobody says it where there is no program.
    let report = destroy(&run.engine(NO_KEY)).await;
    assert_eq!(report.failed.len(), 1, "{report:?}");
    let error = &report.failed[0].error;
    assert!(error.kind == ErrorKind::Unreachable && error.message.contains("IRONWRIGHT_AGE_KEY_FILE"), "{error}");
    assert_eq!(run.engine(NO_KEY).state().await.expect("a state").resources.len(), 1);
    assert!(run.engine(FULL).refresh(&Silent).await.is_ok_and(|drift| drift.len() == 1));
    assert!(destroy(&run.engine(FULL)).await.is_complete());
    assert_eq!(run.sites.all(), [""; 0]);
}

#[tokio::test]
async fn every_run_begins_with_it() {
    let run = Run::new();
    let units = Units::new(&run.sites, Kill::at(NEVER));
    let count = units.preparations.clone();
    let engine = run.engine_over(units, Arc::new(run.place.store.clone()), Arc::new(FULL));
    let told = || std::mem::take(&mut *count.lock().expect("no test panics here"));
    let first = app(&["a"], 1, "x");
    let plan = plan(&engine, &first).await;
    assert_eq!(told(), 1, "a plan");
    carry_out(&engine, &plan).await;
    assert_eq!(told(), 1, "an apply");
    engine.refresh(&Silent).await.expect("no drift");
    engine.accept(&Silent).await.expect("no drift");
    assert_eq!(told(), 2, "a refresh, and one that is accepted");
    apply(&engine, &app(&["a"], 2, "x")).await;
    told();
    engine.plan_rollback(None, &PlanOptions::default(), &Silent).await.expect("a plan");
    assert!(told() > 0, "a rollback");
    engine.plan_destroy(&PlanOptions::default(), &Silent).await.expect("a plan");
    assert_eq!(told(), 1, "a destroy");
}

#[tokio::test]
async fn what_cannot_be_got_to_is_believed_and_not_changed() {
    let run = Run::new();
    let (first, second) = (app(&["a", "b"], 1, "x"), app(&["a", "b"], 2, "x"));
    assert!(apply(&run.engine(NoVault), &first).await.is_complete());
    run.sites.cut("b");
    let notes = Notes::default();
    let engine = run.engine(NoVault);
    let unchanged = engine.plan(&first.graph().expect("valid"), &PlanOptions::default(), &notes).await.expect("a plan");
    assert_eq!((actions(&unchanged), notes.count("Unread"), notes.count("b does not answer")), (vec![], 1, 1));
    assert!(engine.refresh(&Silent).await.is_ok_and(|drift| drift.is_empty()));
    let report = apply(&engine, &second).await;
    assert_eq!(report.failed.len(), 1, "{report:?}");
    assert_eq!(report.failed[0].error.kind, ErrorKind::Unreachable);
    let state = engine.state().await.expect("a state");
    assert_eq!(state.resources[&"web/unit".into()].properties["Size"], 1, "nothing is said to be done");
    run.sites.restore("b");
    assert!(apply(&run.engine(NoVault), &second).await.is_complete());
    assert_eq!(run.sites.all(), ["a: web/unitx 2", "b: web/unitx 2"]);
    assert!(plan(&run.engine(NoVault), &second).await.is_empty());
}

#[tokio::test]
async fn what_is_imported_is_not_believed() {
    let run = Run::new();
    let second = app(&["a"], 1, "x");
    let import = ironwright_core::Import { address: "web/unit".into(), physical_id: "web/unitx".into(), source: None };
    let options = PlanOptions { imports: vec![import], ..PlanOptions::default() };
    let told = run.engine(NoVault).plan(&second.graph().expect("valid"), &options, &Silent).await;
    assert!(matches!(told, Err(EngineError::Diagnostics(problems)) if problems.to_string().contains("NotTold")));
}

#[tokio::test]
async fn progress_repeats_no_secret() {
    let run = Run::new();
    let notes = Arc::new(Notes::default());
    let engine = run.engine(NoVault);
    let plan = plan(&engine, &app(&["a"], 1, "x")).await;
    let observer: Arc<dyn Observer> = notes.clone();
    engine.apply(&plan, &Stop::new(), observer).await.expect("a run");
    assert_eq!((notes.count("a has let us in with (sensitive)"), notes.count(PASSWORD)), (1, 0));
}

/// What comes after a kill.
async fn go_on(point: usize, run: &Run, vault: impl Vault + 'static, then: &App, expect: &[&str]) {
    let engine = run.engine(vault);
    let report = apply(&engine, then).await;
    assert!(report.is_complete(), "killed at point {point}: {:?}", report.failed);
    assert_eq!(run.sites.all(), expect, "killed at point {point}");
    let next = plan(&engine, then).await;
    assert!(next.is_empty() && next.recovering.is_empty(), "killed at point {point}: {next:#?}");
    let state = engine.state().await.expect("a state");
    let known = state.resources.len() + state.deposed.len();
    assert_eq!(known, 1 + usize::from(!expect.is_empty()), "killed at point {point}");
}

/// Kills an apply of `after` at every point, and goes on with `then`, which leads to `expect`.
async fn check<V: Vault + 'static>(vault: fn() -> V, before: Option<&App>, after: &App, then: &App, expect: &[&str]) {
    for point in 0.. {
        let run = Run::new();
        if let Some(before) = before {
            assert!(apply(&run.engine(vault()), before).await.is_complete());
        }
        let kill = Kill::at(point);
        run.mortal(Some(after), &kill, Arc::new(vault())).await;
        go_on(point, &run, vault(), then, expect).await;
        if !kill.happened() {
            assert!(point > 8, "{point}");
            return;
        }
    }
}

#[tokio::test]
async fn a_killed_create_is_sent_again_where_it_is_still_wanted() {
    let wanted = app(&["a", "b"], 1, "x");
    let expect = ["a: web/unitx 1", "b: web/unitx 1"];
    check(|| NoVault, None, &wanted, &wanted, &expect).await;
    check(|| FULL, None, &wanted, &wanted, &expect).await;
}

#[tokio::test]
async fn a_killed_create_that_is_not_wanted_any_more_leaves_nothing() {
    let (first, nothing) = (app(&["a", "b"], 1, "x"), app(&[], 1, "x"));
    check(|| FULL, None, &first, &nothing, &[]).await;
    check(|| FULL, None, &first, &app(&["b", "c"], 2, "y"), &["b: web/unity 2", "c: web/unity 2"]).await;
    check(|| FULL, None, &first, &app(&["b", "c"], 2, "x"), &["b: web/unitx 2", "c: web/unitx 2"]).await;
}

#[tokio::test]
async fn a_killed_update_or_replacement_is_gone_on_with_or_taken_back() {
    let (first, second) = (app(&["a", "b"], 1, "x"), app(&["b", "c"], 2, "x"));
    let replaced = app(&["b", "c"], 2, "y");
    let (was, is) = (["a: web/unitx 1", "b: web/unitx 1"], ["b: web/unitx 2", "c: web/unitx 2"]);
    check(|| FULL, Some(&first), &second, &second, &is).await;
    check(|| FULL, Some(&first), &second, &first, &was).await;
    check(|| FULL, Some(&first), &replaced, &replaced, &["b: web/unity 2", "c: web/unity 2"]).await;
    check(|| FULL, Some(&first), &replaced, &app(&[], 1, "x"), &[]).await;
}

/// A site is cut off when the next run plans, and back when it applies: the create is not asked about before.
#[tokio::test]
async fn a_killed_create_is_looked_for_when_its_site_is_back() {
    for point in 0.. {
        let run = Run::new();
        let kill = Kill::at(point);
        run.mortal(Some(&app(&["a", "b"], 1, "x")), &kill, Arc::new(FULL)).await;
        run.sites.cut("a");
        let engine = run.engine(FULL);
        let other = app(&["b"], 2, "y");
        let plan = plan(&engine, &other).await;
        run.sites.restore("a");
        let report = carry_out(&engine, &plan).await;
        assert!(report.is_complete(), "killed at point {point}: {:?}", report.failed);
        go_on(point, &run, FULL, &other, &["b: web/unity 2"]).await;
        if !kill.happened() {
            return;
        }
    }
}

/// Whether the create is still wanted is known when its turn comes.
#[tokio::test]
async fn a_killed_create_that_turns_out_to_be_of_another_is_looked_for() {
    let other = || {
        let mut other = app(&[], 1, "x");
        let web = other.stack("web");
        let key = web.add("key", Key::new());
        let unit = Unit::default().set("Sites", vec!["b".to_owned()]).set("Size", 2).set("Kind", key.get("Id"));
        web.add("unit", unit.set("Password", Secret::<Text>::new(PASSWORD)));
        other
    };
    for point in 0.. {
        let run = Run::new();
        let kill = Kill::at(point);
        run.mortal(Some(&app(&["a", "b"], 1, "x")), &kill, Arc::new(FULL)).await;
        run.sites.cut("a");
        let engine = run.engine(FULL);
        let plan = plan(&engine, &other()).await;
        run.sites.restore("a");
        let report = carry_out(&engine, &plan).await;
        assert!(report.is_complete(), "killed at point {point}: {:?}", report.failed);
        assert_eq!(run.sites.all().len(), 1, "killed at point {point}: {:?}", run.sites.all());
        assert!(run.sites.all()[0].starts_with("b: web/unitkey-"), "killed at point {point}: {:?}", run.sites.all());
        if !kill.happened() {
            return;
        }
    }
}

/// A run that comes to nothing, since a site is cut off, says nothing of what the killed one has done.
#[tokio::test]
async fn what_a_killed_run_may_have_done_stays_on_record_until_somebody_can_look() {
    let (none, first) = (app(&[], 1, "x"), app(&["a", "b"], 1, "x"));
    let second = app(&["b", "c"], 2, "x");
    for (before, after, then, expect) in [
        (None, &first, &none, vec![]),
        (Some(&first), &second, &first, vec!["a: web/unitx 1", "b: web/unitx 1"]),
        (Some(&first), &second, &none, vec![]),
    ] {
        for point in 0.. {
            let run = Run::new();
            if let Some(before) = before {
                assert!(apply(&run.engine(FULL), before).await.is_complete());
            }
            let kill = Kill::at(point);
            run.mortal(Some(after), &kill, Arc::new(FULL)).await;
            run.sites.cut("b");
            let engine = run.engine(FULL);
            let plan = plan(&engine, after).await;
            let report = carry_out(&engine, &plan).await;
            assert!(report.is_complete() != kill.happened() || plan.is_empty(), "killed at point {point}: {report:?}");
            run.sites.restore("b");
            go_on(point, &run, FULL, then, &expect).await;
            if !kill.happened() {
                break;
            }
        }
    }
}
