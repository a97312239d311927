//! The scheduler: starts steps when what they wait for is done, so many at a time, and takes in how they end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ironwright_core::Address;
use tokio::sync::Notify;
use tokio::task::{Id, JoinSet};

use super::effect::{Ended, Trouble};
use super::renewal::Renewal;
use super::slot::Slot;
use super::start::Started;
use crate::action::Action;
use crate::engine::Stop;
use crate::events::{Event, Observer};
use crate::journal::{Book, Entry, Line, Operation, Outcome, Writer};
use crate::parts::Parts;
use crate::preparation::{self, Discreet};
use crate::provider::{ErrorKind, Live, ProviderError};
use crate::report::{Done, Failure, NotStarted, Report};
use crate::sealing::Sealer;
use crate::steps::{Step, Steps, Work};
use crate::store::StoreError;
use crate::token::Token;

/// Carries out steps and keeps the book of it.
pub(super) struct Scheduler {
    pub(super) parts: Arc<Parts>,
    pub(super) book: Book,
    pub(super) writer: Arc<Writer>,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) stop: Stop,
    pub(super) report: Report,
    pub(super) salt: Arc<str>,
    pub(super) sealer: Arc<Sealer>,
    /// The plan's steps: what trees are evaluated against.
    pub(super) plan: Arc<Steps>,
    /// What pending creates of an interrupted run are found to have made and no step has adopted yet.
    pub(super) recovered: BTreeMap<Token, Live>,
    /// Why it cannot be told what a pending create made, by its token. Where something was found all the same, that may be
    /// somebody else's: it is adopted where it is wanted as it is, and never deleted.
    pub(super) unproved: BTreeMap<Token, ProviderError>,
    /// The steps that delete what interrupted creates made besides what is kept, where the plan has not seen it.
    pub(super) doubles: Vec<Step>,
    /// Told when a slot becomes free.
    pub(super) freed: Arc<Notify>,
    pub(super) renewal: Arc<Renewal>,
    /// Why the journal cannot be written any more.
    broken: Option<StoreError>,
}

/// An effect in flight.
struct InFlight {
    step: usize,
    since: Duration,
    lines: Arc<Mutex<Vec<Line>>>,
    slot: Arc<Slot>,
}

/// The progress of one set of steps.
struct Progress {
    steps: Arc<Steps>,
    /// How many steps each still waits for.
    waiting: Vec<usize>,
    followers: Vec<Vec<usize>>,
    ready: BTreeSet<usize>,
    /// Steps that will not be started, with the address whose failure is why.
    blocked: BTreeMap<usize, Address>,
    /// Steps that were started.
    started: Vec<bool>,
    tasks: JoinSet<Ended>,
    in_flight: BTreeMap<Id, InFlight>,
}

impl Progress {
    fn new(steps: Arc<Steps>) -> Self {
        let count = steps.list.len();
        let waiting: Vec<usize> = steps.list.iter().map(|step| step.waits_for.len()).collect();
        let mut followers = vec![Vec::new(); count];
        for (index, step) in steps.list.iter().enumerate() {
            step.waits_for.iter().for_each(|other| followers[*other].push(index));
        }
        let ready = (0..count).filter(|index| waiting[*index] == 0).collect();
        Self {
            steps,
            waiting,
            followers,
            ready,
            blocked: BTreeMap::new(),
            started: vec![false; count],
            tasks: JoinSet::new(),
            in_flight: BTreeMap::new(),
        }
    }

    /// How many slots are taken.
    fn calls(&self) -> usize {
        self.in_flight.values().filter(|flight| !flight.slot.is_free()).count()
    }

    fn done(&mut self, step: usize) {
        for follower in &self.followers[step] {
            self.waiting[*follower] -= 1;
            if self.waiting[*follower] == 0 && !self.blocked.contains_key(follower) {
                self.ready.insert(*follower);
            }
        }
    }

    /// Blocks all that waits for `step`, directly or not.
    fn failed(&mut self, step: usize, address: &Address) {
        let mut next = vec![step];
        while let Some(step) = next.pop() {
            for follower in &self.followers[step] {
                if self.blocked.insert(*follower, address.clone()).is_none() {
                    next.push(*follower);
                }
            }
        }
    }
}

impl Scheduler {
    pub(super) fn new(
        parts: Arc<Parts>,
        book: Book,
        stop: Stop,
        observer: Arc<dyn Observer>,
        plan: Arc<Steps>,
    ) -> Self {
        let writer = Arc::new(Writer::new(parts.store.clone(), book.sequence()));
        let salt = Arc::from(book.state().lineage.as_str());
        let sealer = Arc::new(parts.sealer(&book));
        sealer.note(plan.met.iter().cloned());
        let (report, recovered) = (Report::default(), BTreeMap::new());
        let freed = Arc::<Notify>::default();
        let renewal = Arc::new(Renewal::new(freed.clone()));
        Self {
            parts,
            book,
            writer,
            observer,
            stop,
            report,
            salt,
            sealer,
            plan,
            recovered,
            unproved: BTreeMap::new(),
            doubles: Vec::new(),
            freed,
            renewal,
            broken: None,
        }
    }

    /// Tells the providers that a run begins.
    pub(super) fn prepare(&self) {
        let observer: Arc<dyn Observer> = Arc::new(Discreet::new(self.observer.clone(), self.sealer.clone()));
        preparation::prepare(&self.parts, &self.book, &self.sealer, Some(&observer));
    }

    /// Journals where a rollback goes, so that the next one goes on with it; and that an unfinished one is over.
    pub(super) async fn tell_rollback(&mut self, to: Option<u64>) -> Result<(), StoreError> {
        if self.book.saved().rolling_back != to {
            let line = self.writer.append(Entry::Rollback { to }).await?;
            self.book.enter(&line);
        }
        Ok(())
    }

    /// Moves what the plan found at other addresses than the program has it at.
    pub(super) async fn move_addresses(&mut self) -> Result<(), StoreError> {
        let addresses = self.plan.moves.clone();
        if !addresses.is_empty() {
            let line = self.writer.append(Entry::Moved { addresses }).await?;
            self.book.enter(&line);
        }
        Ok(())
    }

    /// Models that were read while planning, of resources that do not change; and what has become ready.
    pub(super) fn take_over_refreshed(&mut self) {
        let plan = self.plan.clone();
        for (address, model) in &plan.refreshed {
            if let Some(record) = self.book.state_mut().resources.get_mut(address) {
                record.model.clone_from(model);
            }
        }
        for address in &plan.ready {
            if let Some(record) = self.book.state_mut().resources.get_mut(address) {
                record.accepted = None;
            }
        }
    }

    /// Deletes what an interrupted run made twice, or no step can adopt: it may use what the steps delete, so it goes first.
    pub(super) async fn delete_unwanted(&mut self) -> Result<(), StoreError> {
        if self.stop.is_requested() {
            return Ok(());
        }
        let is_unwanted = |operation: &&Operation| {
            let mut steps = self.plan.list.iter();
            let is_ours =
                self.recovered.contains_key(&operation.token) && !self.unproved.contains_key(&operation.token);
            is_ours && !steps.any(|step| self.may_adopt(step, &operation.record))
        };
        let unwanted: Vec<Operation> = self.book.pending().iter().filter(is_unwanted).cloned().collect();
        let mut list = std::mem::take(&mut self.doubles);
        for Operation { token, record, .. } in unwanted {
            let Some(Live { physical_id, model }) = self.recovered.remove(&token) else {
                continue;
            };
            let outcome = Outcome::Found { physical_id: physical_id.clone(), model };
            let line = self.writer.append(Entry::End { token, outcome }).await?;
            self.book.enter(&line);
            list.push(Step {
                address: record.address,
                type_name: record.type_name,
                source: None,
                work: Work::Delete { physical_id },
                waits_for: Vec::new(),
            });
        }
        self.carry_out(Arc::new(Steps { list, ..Steps::default() })).await
    }

    /// Carries out `steps`; returns when nothing is in flight any more.
    pub(super) async fn carry_out(&mut self, steps: Arc<Steps>) -> Result<(), StoreError> {
        let mut progress = Progress::new(steps);
        let mut told = false;
        loop {
            self.start_ready(&mut progress);
            if self.stop.is_requested() && !told && !progress.in_flight.is_empty() {
                self.observer.event(&Event::Stopping { in_flight: progress.in_flight.len() });
                told = true;
            }
            let ended = tokio::select! {
                biased;
                ended = progress.tasks.join_next_with_id() => ended,
                () = self.freed.notified() => continue,
            };
            let Some(ended) = ended else {
                break;
            };
            let (id, ended) = match ended {
                Ok((id, ended)) => (id, ended),
                Err(panic) => (panic.id(), Err(Trouble::Provider(panicked()))),
            };
            if let Some(flight) = progress.in_flight.remove(&id) {
                self.take_in(&mut progress, &flight, ended);
            }
        }
        self.not_started(&progress);
        self.broken.take().map_or(Ok(()), Err)
    }

    fn start_ready(&mut self, progress: &mut Progress) {
        while progress.calls() < self.parts.settings.parallelism.max(1) {
            let is_halted = self.renewal.is_paused() || self.renewal.is_over();
            if self.broken.is_some() || self.stop.is_requested() || is_halted {
                return;
            }
            let Some(index) = progress.ready.pop_first() else {
                return;
            };
            progress.started[index] = true;
            let steps = progress.steps.clone();
            let step = &steps.list[index];
            let since = self.parts.clock.elapsed();
            self.observer.event(&Event::Started {
                address: step.address.clone(),
                action: step.work.action(),
                physical_id: self.live_id(step),
            });
            let is_last = progress.followers[index].is_empty();
            match self.start(step, is_last) {
                Started::Effect { lines, slot, effect } => {
                    let id = progress.tasks.spawn(effect).id();
                    progress.in_flight.insert(id, InFlight { step: index, since, lines, slot });
                }
                Started::Done(physical_id) => self.succeeded(progress, index, since, physical_id),
                Started::Failed(error) => self.failed(progress, index, since, error),
            }
        }
    }

    fn take_in(&mut self, progress: &mut Progress, flight: &InFlight, ended: Ended) {
        let lines = std::mem::take(&mut *flight.lines.lock().unwrap_or_else(PoisonError::into_inner));
        for line in &lines {
            self.book.enter(line);
        }
        match ended {
            Ok(physical_id) => self.succeeded(progress, flight.step, flight.since, physical_id),
            Err(Trouble::Provider(error)) => self.failed(progress, flight.step, flight.since, error),
            Err(Trouble::Store(error)) => {
                let failure = ProviderError::new(ErrorKind::OutcomeUnknown, "JournalNotWritable", error.to_string());
                self.broken.get_or_insert(error);
                self.failed(progress, flight.step, flight.since, failure);
            }
        }
    }

    fn succeeded(&mut self, progress: &mut Progress, index: usize, since: Duration, physical_id: Option<String>) {
        progress.done(index);
        let step = &progress.steps.list[index];
        let (address, action) = (step.address.clone(), step.work.action());
        if action != Action::NoOp {
            let record = self.book.state().resources.get(&address);
            if action == Action::Create && record.is_some_and(|record| record.accepted.is_some()) {
                self.report.not_waited_for.push(address.clone());
            }
            let done = Done { address: address.clone(), action, physical_id: physical_id.clone() };
            self.report.done.push(done);
        }
        let elapsed = self.parts.clock.elapsed().saturating_sub(since);
        self.observer.event(&Event::Finished { address, action, physical_id, elapsed });
    }

    fn failed(&mut self, progress: &mut Progress, index: usize, since: Duration, error: ProviderError) {
        let steps = progress.steps.clone();
        let step = &steps.list[index];
        progress.failed(index, &step.address);
        let (address, action) = (step.address.clone(), step.work.action());
        let elapsed = self.parts.clock.elapsed().saturating_sub(since);
        self.observer.event(&Event::Failed { address: address.clone(), action, error: error.clone(), elapsed });
        let (type_name, source, live) = (step.type_name.clone(), step.source.clone(), self.live_id(step));
        self.report.failed.push(Failure { address, type_name, action, error, source, live });
    }

    fn not_started(&mut self, progress: &Progress) {
        if self.renewal.is_over() {
            self.report.interrupted |= self.stop.is_requested();
            self.report.expired = !self.report.interrupted;
        }
        for (index, step) in progress.steps.list.iter().enumerate().filter(|(index, _)| !progress.started[*index]) {
            let (address, action) = (step.address.clone(), step.work.action());
            let because_of = progress.blocked.get(&index).cloned();
            self.report.interrupted |= because_of.is_none() && self.stop.is_requested();
            self.report.not_started.push(NotStarted { address, action, because_of });
        }
    }

    /// The physical id of what is live at a step's address.
    fn live_id(&self, step: &Step) -> Option<String> {
        match &step.work {
            Work::Delete { physical_id } | Work::Forget { physical_id } => Some(physical_id.clone()),
            Work::Import { goal, .. } => Some(goal.record.physical_id.clone()),
            _ => self.book.state().resources.get(&step.address).map(|record| record.physical_id.clone()),
        }
    }
}

fn panicked() -> ProviderError {
    let message = "the provider panicked; whether anything was done is unknown until the next apply looks";
    ProviderError::new(ErrorKind::OutcomeUnknown, "Panic", message)
}
