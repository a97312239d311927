//! One run: an engine over this history's disk and cloud, made anew as a new process would be, and what came of it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use ironwright_core::{Address, Graph};
use ironwright_engine::{Engine, EngineError, Plan, PlanOptions, Report, SeededEntropy, Settings, Stop};
use ironwright_simulated::Faults;

use crate::clock::Over;
use crate::dice::{Dice, at};
use crate::disk::{Disk, SessionStore};
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
    replace: Option<Address>,
    disk: Disk,
}

impl World {
    /// Carries out a run, and checks all that must hold after any run.
    pub(crate) fn run(&mut self, run: Run) -> Ended {
        self.runs += 1;
        self.totals.runs += 1;
        let parts = self.parts(run);
        let (session, clock) = (parts.session.clone(), self.clock.clone());
        let ended = match catch_unwind(AssertUnwindSafe(|| clock.run(parts.carry_out()))) {
            Ok(Ok(Ok(ended))) => ended,
            Ok(Ok(Err(error))) => Ended::Failed(error),
            Ok(Err(Over::Killed)) => Ended::Killed,
            Ok(Err(Over::Stuck)) => {
                session.violated("stuck", "the run waits for what will never come".to_owned());
                Ended::Killed
            }
            // A panic that reaches the command ends the process.
            Err(_) if session.has_panicked() => Ended::Killed,
            Err(_) => {
                session.violated("panic", "the engine panicked".to_owned());
                Ended::Killed
            }
        };
        self.take_in(&session);
        self.note(format!("  ended: {}", told(&ended)));
        if matches!(ended, Ended::Killed) {
            self.disk.content().crash(&self.dice);
        }
        if self.violations.is_empty() {
            self.check_run(run, &ended);
        }
        ended
    }

    fn parts(&self, run: Run) -> Parts {
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
        let replace = match run.aim {
            Aim::Replace(choice) => {
                let resource = self.program.resources.get(at(choice, self.program.resources.len()));
                resource.map(Declared::address)
            }
            _ => None,
        };
        Parts { engine, session, graph, run, replace, disk: self.disk.clone() }
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
            Aim::Apply | Aim::Replace(_) | Aim::Destroy => {
                let plan = self.plan().await?;
                Ok(Ended::Applied(Box::new(self.apply(&plan).await?)))
            }
        }
    }

    async fn plan(&self) -> Result<Plan, EngineError> {
        let options = PlanOptions { replace: self.replace.iter().cloned().collect(), ..PlanOptions::default() };
        let destroys = self.run.aim == Aim::Destroy;
        let plan = self
            .looks(async {
                if destroys {
                    self.engine.plan_destroy(&options, &*self.session).await
                } else {
                    self.engine.plan(&self.graph, &options, &*self.session).await
                }
            })
            .await?;
        self.session.read_aloud("a plan", &format!("{plan:?}"));
        self.session.note(|| format!("  plan: {:?}{}", plan.counts(), if plan.is_empty() { ", empty" } else { "" }));
        Ok(plan)
    }

    /// Does what must write nothing, anywhere (invariant I4).
    async fn looks<T>(&self, look: impl Future<Output = T>) -> T {
        let marks = || (self.disk.content().writes, self.session.notes().changes);
        let before = marks();
        let seen = look.await;
        if marks() != before {
            self.session.violated("I4-plan-writes", "looking has written something".to_owned());
        }
        seen
    }

    async fn apply(&self, plan: &Plan) -> Result<Report, EngineError> {
        let report = self.engine.apply(plan, &self.session.stop, self.session.clone()).await?;
        self.session.read_aloud("a report", &format!("{report:?}"));
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
