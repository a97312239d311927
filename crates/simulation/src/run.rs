//! One run: an engine over this history's disk and cloud, made anew as a new process would be, and what came of it.

use std::iter;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use ironwright_core::{Address, Graph};
use ironwright_engine::{
    Clock, Engine, EngineError, Plan, PlanOptions, Report, SavedPlan, SeededEntropy, Settings, Stop,
};
use ironwright_simulated::Faults;

use crate::clock::Over;
use crate::dice::{Dice, at};
use crate::disk::SessionStore;
use crate::history::{Aim, Blow, Run, Weather};
use crate::program::Declared;
use crate::session::Session;
use crate::witness::Witness;
use crate::world::World;

/// How a run ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// It was killed.
    Killed,
    /// It only looked.
    Looked,
    /// It only planned: what, and whether that is nothing.
    Planned { is_empty: bool, changes: String },
    /// It changed the state and nothing else.
    Accepted,
    /// It carried out a plan.
    Applied(Box<Report>),
    /// It could not plan, or not go on.
    Failed(EngineError),
}

/// The parts of one run.
struct Parts {
    engine: Engine,
    session: Arc<Session>,
    graph: Graph,
    run: Run,
    options: PlanOptions,
}

impl World {
    /// Carries out a run, and checks all that must hold after any run.
    pub(crate) fn run(&mut self, run: Run) -> Ended {
        let parts = self.parts(run);
        let beside = (run.aim == Aim::Twice).then(|| self.parts(Run { aim: Aim::Apply, blow: None, ..run }));
        let sessions: Vec<_> = iter::once(&parts).chain(&beside).map(|parts| parts.session.clone()).collect();
        let (session, clock) = (sessions[0].clone(), self.clock.clone());
        let ended = match catch_unwind(AssertUnwindSafe(|| clock.run(parts.carry_out_beside(beside)))) {
            Ok(Ok(Ok(ended))) => ended,
            Ok(Ok(Err(error))) => Ended::Failed(error),
            Ok(Err(Over::Killed)) => Ended::Killed,
            Ok(Err(Over::Stuck)) => {
                session.violated("stuck", "the run waits for what will never come".to_owned());
                Ended::Killed
            }
            Err(_) => {
                session.violated("panic", "a panic has reached the command".to_owned());
                Ended::Killed
            }
        };
        for session in &sessions {
            self.take_in(session);
        }
        self.note(format!("  ended: {}", told(&ended)));
        if matches!(ended, Ended::Killed) {
            self.disk.content().crash(&self.dice);
        }
        if self.violations.is_empty() {
            self.check_run(run, &ended);
        }
        ended
    }

    fn parts(&mut self, run: Run) -> Parts {
        self.runs += 1;
        self.totals.runs += 1;
        self.totals.rollbacks += u64::from(run.aim == Aim::Rollback);
        self.totals.partial += u64::from(matches!(run.aim, Aim::Part { .. } | Aim::DestroyPart { .. }));
        let dice = Dice::new(self.seed, 100 + self.runs);
        let faults = faults(run.weather, &dice);
        let session = Arc::new(Session::new(dice, run.blow, self.sabotage, self.clock.clone(), self.traced));
        let cloud = self
            .place
            .truth
            .clone()
            .with_faults(faults.latency(Duration::from_millis(50), Arc::new(self.clock.clone())));
        let witness = Witness::new(self.place.clone(), cloud, run.weather, session.clone(), self.disk.clone());
        let store = SessionStore { disk: self.disk.clone(), session: session.clone() };
        let settings = Settings {
            app: "simulation".to_owned(),
            parallelism: self.parallelism,
            owner: "simulation".to_owned(),
            ..Settings::default()
        };
        let entropy = Arc::new(SeededEntropy::new(self.seed.rotate_left(32) ^ self.runs));
        let engine =
            Engine::new(vec![Arc::new(witness)], Arc::new(store), Arc::new(self.clock.clone()), entropy, settings);
        let app = self.program.app(self.sabotage);
        let graph = app.graph().expect("a drawn program is well formed");
        Parts { engine, session, graph, run, options: self.options(run.aim) }
    }

    /// Edits the state, in peace.
    pub(crate) fn move_by_hand(&mut self, from: &Address, to: &Address) {
        let parts = self.parts(Run { aim: Aim::Plan, weather: Weather::default(), blow: None });
        parts.session.rewrites();
        let saved = self.clock.run(async {
            let draft = parts.engine.draft_move(from, to).await?;
            parts.engine.save(draft).await
        });
        if !matches!(saved, Ok(Ok(_))) {
            parts.session.violated("error", format!("{from} could not be moved to {to}: {saved:?}"));
        }
        self.take_in(&parts.session);
    }

    fn options(&self, aim: Aim) -> PlanOptions {
        let mut options = PlanOptions::default();
        let resources = &self.program.resources;
        let one = |choice| resources.get(at(choice, resources.len())).map(Declared::address);
        match aim {
            Aim::Replace(choice) => options.replace.extend(one(choice)),
            Aim::Part { only, choice } | Aim::DestroyPart { only, choice } => {
                let known = self.disk.content().ledger.live.keys().cloned().collect::<Vec<_>>();
                let destroys = matches!(aim, Aim::DestroyPart { .. });
                let one = if destroys { known.get(at(choice, known.len())).cloned() } else { one(choice) };
                // By one choice in four, the whole stack.
                let place = one.map(|address| match choice % 4 {
                    0 => Address::new(address.as_str().split('/').next().unwrap_or_default()),
                    _ => address,
                });
                if only { &mut options.only } else { &mut options.exclude }.extend(place);
            }
            _ => {}
        }
        options
    }

    fn take_in(&mut self, session: &Session) {
        let mut notes = session.notes();
        self.totals += notes.totals;
        self.trace.extend(notes.trace.take().into_iter().flatten());
        self.violations.append(&mut notes.violations);
    }
}

fn faults(weather: Weather, dice: &Dice) -> Faults {
    let share = |percent: u32| f64::from(percent) / 100.0;
    Faults::new(u64::from(dice.bits()))
        .throttle(share(weather.throttled))
        .server_error(share(weather.server_errors))
        .lost_response(share(weather.lost_responses))
        .not_found_first_reads(weather.unseen)
        .slow_states(weather.slow)
}

impl Parts {
    /// Carries out this run and, where there is another, that one at the same time.
    async fn carry_out_beside(self, other: Option<Self>) -> Result<Ended, EngineError> {
        let Some(other) = other else {
            return self.carry_out().await;
        };
        let session = other.session.clone();
        let pause = Duration::from_millis(u64::from(self.session.dice().below(150)));
        let second = tokio::spawn(async move {
            other.session.clock.sleep(pause).await;
            other.session.notes().totals.meetings += 1;
            other.carry_out().await
        });
        let first = self.carry_out().await;
        match second.await.expect("a panic in a run stays there") {
            Ok(_) | Err(EngineError::LockHeld(_) | EngineError::StalePlan) => {}
            Err(error) if error.diagnostics().to_string().contains("cannot be read") => {}
            Err(error) => session.violated("error", format!("a run beside another failed: {error:?}")),
        }
        first
    }

    async fn carry_out(self) -> Result<Ended, EngineError> {
        match self.run.aim {
            Aim::Plan => {
                let plan = self.plan().await?;
                let changes = format!("{:?} {:?}", plan.counts(), plan.state_only);
                Ok(Ended::Planned { is_empty: plan.is_empty(), changes })
            }
            Aim::Refresh => {
                self.looks(async { self.engine.refresh(&*self.session).await.map(drop) }).await?;
                Ok(Ended::Looked)
            }
            Aim::Accept => {
                self.session.rewrites();
                self.engine.accept(&*self.session).await?;
                Ok(Ended::Accepted)
            }
            Aim::Stale => {
                let stale = self.plan().await?;
                let report = self.apply(&self.plan().await?).await?;
                if report.counts().add + report.counts().change + report.counts().destroy > 0 {
                    self.apply_stale(&stale).await;
                }
                Ok(Ended::Applied(Box::new(report)))
            }
            Aim::Saved(choice) => self.save_and_apply(choice).await,
            Aim::Rollback
            | Aim::Apply
            | Aim::Replace(_)
            | Aim::Destroy
            | Aim::Twice
            | Aim::Part { .. }
            | Aim::DestroyPart { .. } => {
                let plan = self.plan().await?;
                let report = self.apply(&plan).await?;
                self.check_part(&report).await?;
                Ok(Ended::Applied(Box::new(report)))
            }
        }
    }

    async fn plan(&self) -> Result<Plan, EngineError> {
        let plan = match self.plan_with(&self.options).await {
            // A person is asked, and says that what is new is new.
            Err(EngineError::AmbiguousRenames(questions)) => {
                let new = questions.into_iter().flat_map(|question| question.new).map(|(address, _)| address);
                let options = PlanOptions { not_moved: new.collect(), ..self.options.clone() };
                self.plan_with(&options).await?
            }
            plan => plan?,
        };
        self.session.read_aloud("a plan", &plan);
        self.session.note(|| format!("  plan: {:?}{}", plan.counts(), if plan.is_empty() { ", empty" } else { "" }));
        Ok(plan)
    }

    async fn plan_with(&self, options: &PlanOptions) -> Result<Plan, EngineError> {
        let session = &*self.session;
        self.looks(Box::pin(async {
            match self.run.aim {
                Aim::Destroy | Aim::DestroyPart { .. } => self.engine.plan_destroy(options, session).await,
                Aim::Rollback => self.engine.plan_rollback(None, options, session).await,
                _ => self.engine.plan(&self.graph, options, session).await,
            }
        }))
        .await
    }

    /// Saves a plan and applies it from what was saved: it is carried out as it was, or refused (invariant I5).
    async fn save_and_apply(&self, choice: u32) -> Result<Ended, EngineError> {
        self.session.notes().totals.saved += 1;
        let plan = self.plan().await?;
        let saved = self.looks(self.engine.save_plan(&plan, Some(&self.graph), &self.options)).await?;
        let document = saved.write().expect("a plan can be written");
        self.session.read_aloud("a saved plan", &document);
        let saved = SavedPlan::read(document.as_bytes()).expect("a saved plan is as it was written");
        let mut moved = false;
        if !choice.is_multiple_of(2) {
            let report = self.apply(&self.plan().await?).await?;
            moved = report.counts().add + report.counts().change + report.counts().destroy > 0;
        }
        let fresh = self.plan().await?;
        match saved.check(&fresh, Some(&self.graph)) {
            Ok(()) if moved => {
                self.session.violated("I5-saved-plan", "a saved plan is taken though the state has moved".to_owned());
                Ok(Ended::Looked)
            }
            Ok(()) => Ok(Ended::Applied(Box::new(self.apply(&fresh).await?))),
            Err(refused) => {
                if !moved && choice.is_multiple_of(2) && self.run.is_fair() {
                    let what = format!("nothing has moved, and a saved plan is refused: {refused:?}");
                    self.session.violated("I5-saved-plan", what);
                }
                Ok(Ended::Looked)
            }
        }
    }

    /// A part that is applied in fair weather, again where it could not go all the way, comes to where nothing is left to
    /// do in it.
    async fn check_part(&self, report: &Report) -> Result<(), EngineError> {
        if !matches!(self.run.aim, Aim::Part { .. }) || !self.run.is_fair() || !report.is_complete() {
            return Ok(());
        }
        for _ in 0..3 {
            let plan = self.plan().await?;
            if plan.is_empty() {
                return Ok(());
            }
            self.apply(&plan).await?;
        }
        let what = format!("{:?} was applied four times, and is not done", self.options);
        self.session.violated("I3-not-converged", what);
        Ok(())
    }

    /// Does what must write nothing, anywhere (invariant I4).
    async fn looks<T>(&self, look: impl Future<Output = T>) -> T {
        let marks = || {
            let notes = self.session.notes();
            (notes.writes, notes.changes)
        };
        let before = marks();
        let seen = look.await;
        if marks() != before {
            self.session.violated("I4-plan-writes", "looking has written something".to_owned());
        }
        seen
    }

    async fn apply(&self, plan: &Plan) -> Result<Report, EngineError> {
        let report = self.engine.apply(plan, &self.session.stop, self.session.clone()).await?;
        self.session.read_aloud("a report", &report);
        Ok(report)
    }

    /// A plan for a state that is no more must be refused (invariant I5).
    async fn apply_stale(&self, plan: &Plan) {
        let applied = self.engine.apply(plan, &Stop::new(), self.session.clone()).await;
        if !matches!(applied, Err(EngineError::StalePlan)) {
            self.session.violated("I5-stale-plan", format!("a plan for another state was applied: {applied:?}"));
        }
    }
}

impl Run {
    /// Whether nothing can have gone wrong in it.
    pub(crate) fn is_fair(&self) -> bool {
        self.weather == Weather::default() && self.blow.is_none()
    }

    /// The blow that may have hit it.
    pub(crate) fn blow(&self) -> Option<Blow> {
        self.blow
    }
}

fn told(ended: &Ended) -> String {
    match ended {
        Ended::Applied(report) => {
            let failed = report.failed.iter().map(|failure| format!("{} ({})", failure.address, failure.error.code));
            let failed: Vec<String> = failed.collect();
            format!("{:?}, failed: {failed:?}, not started: {}", report.counts(), report.not_started.len())
        }
        Ended::Failed(error) => format!("error: {error}"),
        other => format!("{other:?}"),
    }
}
