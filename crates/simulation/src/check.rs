//! What must hold after every run, and what must hold once a history has settled.

use std::collections::BTreeSet;

use ironwright_core::secret::SecretText;
use ironwright_engine::{Action, EngineError, ErrorKind, Failure, Report};

use crate::history::{Aim, BlowKind, Run, Weather};
use crate::kinds::{Needs, SHADOW};
use crate::program::{Declared, PLANTED};
use crate::run::Ended;
use crate::witness::shadow_of;
use crate::world::World;

impl World {
    /// What must hold after every run, however it ended.
    pub(crate) fn check_run(&mut self, run: Run, ended: &Ended) {
        self.check_nothing_is_unknown();
        if self.disk.content().owner.is_some() {
            self.violated("lock", "the run has ended and holds the lock".to_owned());
        }
        match ended {
            Ended::Failed(error) => self.check_error(run, error),
            Ended::Applied(report) => self.check_report(run, report),
            Ended::Killed | Ended::Looked | Ended::Planned { .. } | Ended::Accepted => {}
        }
        if run.aim == Aim::Destroy && run.is_fair() && matches!(ended, Ended::Applied(_)) {
            self.check_empty();
        }
    }

    /// Everything live in the cloud is in the state, or an operation is pending under whose token it was made, or it was
    /// forgotten on purpose (invariant I3).
    fn check_nothing_is_unknown(&mut self) {
        let mut known = self.known();
        let pending = self.disk.content().ledger.pending.clone();
        for operation in pending.iter().filter(|operation| operation.action == Action::Create) {
            let record = &operation.record;
            let made = self.clock.run(self.place.made_with(&record.type_name, &record.region, &operation.token));
            known.extend(made.unwrap_or_default().into_iter().map(|id| (record.type_name.clone(), id)));
        }
        let resources = self.place.truth.resources().unwrap_or_default();
        for resource in resources {
            if !known.contains(&(resource.type_name.clone(), resource.physical_id.clone())) {
                let what = format!("{} {} is live and unknown to the state", resource.address, resource.physical_id);
                return self.violated("I3-unknown", what);
            }
        }
    }

    /// The types and ids of what the state has, or has let go of on purpose.
    fn known(&self) -> BTreeSet<(String, String)> {
        let content = self.disk.content();
        let owned = |(type_name, id): (&str, &str)| (type_name.to_owned(), id.to_owned());
        let ids = content.ledger.ids().into_iter().map(owned);
        ids.chain(content.forgotten.iter().cloned()).collect()
    }

    fn check_error(&mut self, run: Run, error: &EngineError) {
        let text = error.diagnostics().to_string();
        if text.contains(PLANTED) {
            self.violated("I6-secret", format!("a secret is in an error: {text}"));
        }
        let beside = run.aim == Aim::Twice;
        let is_full = run.blow().is_some_and(|blow| blow.kind == BlowKind::Full);
        let panicked = run.blow().is_some_and(|blow| blow.kind == BlowKind::Panic);
        let expected = match error {
            EngineError::Store(_) | EngineError::BrokenOff { .. } => is_full,
            EngineError::LockHeld(_) | EngineError::StalePlan => beside,
            EngineError::Diagnostics(_) if text.contains("protected") => self.may_be_refused(run),
            EngineError::Diagnostics(_) if text.contains("no run to take back") => run.aim == Aim::Rollback,
            EngineError::Diagnostics(_) if text.contains("cannot be read") => !run.is_fair() || panicked,
            _ => false,
        };
        if !expected {
            self.violated("error", format!("the run failed: {error:?}"));
        }
    }

    /// Whether a run may be refused since something is protected.
    fn may_be_refused(&self, run: Run) -> bool {
        let content = self.disk.content();
        let pending = content.ledger.pending.iter().map(|operation| &operation.record);
        let protected = content.ledger.live.values().chain(pending).any(|record| record.protect);
        protected && matches!(run.aim, Aim::Destroy | Aim::DestroyPart { .. } | Aim::Replace(_) | Aim::Rollback)
    }

    fn check_report(&mut self, run: Run, report: &Report) {
        let held = |failure: &Failure| failure.error.code == "AlreadyExists";
        // What holds the name may be no part of what is applied.
        let excused = matches!(run.aim, Aim::Part { .. }) && report.failed.iter().all(held);
        if run.is_fair() && !report.is_complete() && !excused {
            let failures = report
                .failed
                .iter()
                .map(|failure| format!("{} {}: {}", failure.action, failure.address, failure.error));
            let failures: Vec<String> = failures.collect();
            return self.violated("I3-incomplete", format!("in fair weather: {failures:?}, {:?}", report.not_started));
        }
        if run.aim == Aim::Twice {
            // The other run may have settled it since.
            return;
        }
        let unknown = report.failed.iter().filter(|failure| failure.error.kind == ErrorKind::OutcomeUnknown);
        let pending: Vec<_> =
            self.disk.content().ledger.pending.iter().map(|operation| operation.record.address.clone()).collect();
        let forgotten: Vec<_> = unknown.filter(|failure| !pending.contains(&failure.address)).collect();
        if let Some(failure) = forgotten.first() {
            let what =
                format!("the outcome of {} {} is unknown and nothing is pending", failure.action, failure.address);
            self.violated("I3-unknown-outcome", what);
        }
    }

    /// After a destroy in fair weather nothing is left.
    fn check_empty(&mut self) {
        let content = self.disk.content().ledger.clone();
        if !content.live.is_empty() || !content.deposed.is_empty() || !content.pending.is_empty() {
            self.violated("I3-not-empty", format!("after a destroy the state holds {:?}", content.ids()));
        }
        self.check_no_orphans();
    }

    fn check_no_orphans(&mut self) {
        let known = self.known();
        let resources = self.place.truth.resources().unwrap_or_default();
        let mut ids = resources.into_iter().map(|resource| (resource.type_name, resource.physical_id));
        if let Some((type_name, id)) = ids.find(|id| !known.contains(id)) {
            self.violated("I3-orphan", format!("{type_name} {id} is live and the state does not know it"));
        }
    }

    /// Program, state and cloud say the same, nothing is left over, and a plan finds nothing to do.
    pub(crate) fn check_settled(&mut self) {
        self.totals.settled += 1;
        let ledger = self.disk.content().ledger.clone();
        if let Some(record) = ledger.deposed.first() {
            return self.violated("I3-deposed", format!("{} {} is still deposed", record.address, record.physical_id));
        }
        if let Some(operation) = ledger.pending.first() {
            let what = format!("{} {} is still pending", operation.action, operation.record.address);
            return self.violated("I3-pending", what);
        }
        self.check_no_orphans();
        let program = self.program.clone();
        for resource in &program.resources {
            if let Err(what) = self.check_resource(resource) {
                return self.violated("I3-not-converged", what);
            }
        }
        if ledger.live.len() != program.resources.len() {
            let what =
                format!("{} resources are in the state, {} in the program", ledger.live.len(), program.resources.len());
            return self.violated("I3-not-converged", what);
        }
        self.check_no_changes();
    }

    /// A plan finds nothing to do.
    fn check_no_changes(&mut self) {
        let run = Run { aim: Aim::Plan, weather: Weather::default(), blow: None };
        if let Ended::Planned { is_empty: false, changes } = self.run(run) {
            self.violated("I3-not-converged", format!("the next plan has changes: {changes}"));
        }
    }

    /// The cloud has of `resource` what the program says.
    fn check_resource(&self, resource: &Declared) -> Result<(), String> {
        let ledger = self.disk.content().ledger.clone();
        let address = resource.address();
        let id_of = |resource: &Declared| ledger.live.get(&resource.address()).map(|record| record.physical_id.clone());
        let id = id_of(resource).ok_or_else(|| format!("{address} is not in the state"))?;
        let live = self.place.truth.get(resource.kind().type_name, &id).ok().flatten();
        let model = live.ok_or_else(|| format!("{address} {id} is not in the cloud"))?.model;
        let needed: Vec<String> =
            resource.needs.iter().filter_map(|number| id_of(self.program.by_number(*number)?)).collect();
        let copied = self.program.copied(resource).map(Declared::label_text);
        let shadow = resource.secret_text().map(|secret| shadow_of(&SecretText::new(secret)));
        let mut wanted = vec![
            ("Label", Some(resource.label_text().into())),
            ("Core", Some(resource.core_text().into())),
            ("Copy", copied.map(Into::into)),
            (SHADOW, shadow.map(Into::into)),
        ];
        match resource.kind().needs {
            Needs::Parent => wanted.push(("Parent", needed.first().cloned().map(Into::into))),
            Needs::Others => wanted.push(("Needs", (!needed.is_empty()).then(|| needed.into()))),
            Needs::Nothing => {}
        }
        let wrong = wanted.into_iter().find(|(name, value)| model.get(*name) != value.as_ref());
        match wrong {
            None => Ok(()),
            Some((name, value)) => Err(format!("{address} {id}: {name} is {:?} and not {value:?}", model.get(name))),
        }
    }
}
