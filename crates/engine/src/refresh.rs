//! Reading the cloud: what it has of the resources in the state, in few calls, and drift: what differs from the state.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ironwright_core::facts::{FactSource, TypeFacts};
use ironwright_core::{Address, Diagnostic, Diagnostics, Planned};
use serde_json::Value as Json;
use tokio::task::JoinSet;

use crate::engine::Drift;
use crate::error::EngineError;
use crate::events::{Event, Observer};
use crate::executor::Backoff;
use crate::parts::Parts;
use crate::planner::{Sides, diff, holds_secret};
use crate::provider::{ErrorKind, Live, Provider, ProviderError, Read};
use crate::sealing::Sealer;
use crate::secrets::{hide, scrub_again};
use crate::state::Record;

/// How many resources one call of a provider is asked for, where it reads many at once.
const RESOURCES_A_CALL: usize = 1_000;

/// How soon the cloud's "not there" is believed: reads lag behind writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Belief {
    /// After a second read: nothing is done about what is not there.
    Soon,
    /// After five reads in three seconds: it may be made anew, or leave the state.
    Slow,
}

impl Belief {
    /// How often a resource is asked for.
    fn reads(self) -> u32 {
        match self {
            Self::Soon => 2,
            Self::Slow => 5,
        }
    }
}

/// What the cloud has of each resource; nothing where it has said that there is none.
pub(crate) type Observed = BTreeMap<Address, Option<Live>>;

/// Reads `records`. A read that fails is an error, never "gone". `sealer` is told of the secrets in what is read.
pub(crate) async fn observe(
    parts: &Parts,
    records: &[&Record],
    belief: Belief,
    sealer: &Sealer,
    observer: &dyn Observer,
) -> Result<Observed, EngineError> {
    let mut reading = Reading { parts, observer, total: records.len(), observed: Observed::new() };
    let is_kept = |record: &&Record| kept_in_state(parts, record);
    let (kept, mut open): (Vec<&Record>, Vec<&Record>) = records.iter().copied().partition(is_kept);
    reading.observed.extend(kept.into_iter().map(|record| (record.address.clone(), Some(as_recorded(record)))));
    let provider = |record: &Record| parts.providers.of(&record.type_name).map(|provider| provider.name());
    open.sort_by_key(|record| (provider(record), &record.type_name, &record.region));
    let mut backoff = Backoff::new(parts.settings.patience);
    let mut absences = 0;
    while !open.is_empty() {
        let round = reading.round(&open).await?;
        let errors = round.passing.first().map(|(_, error)| error.kind);
        if !round.absent.is_empty() {
            absences += 1;
        }
        let believed = absences >= belief.reads();
        if believed {
            reading.observed.extend(round.absent.iter().map(|record| (record.address.clone(), None)));
        }
        let pause = match errors {
            Some(kind) => backoff.pause(kind, &*parts.entropy).ok_or_else(|| failures(&round.passing))?,
            None => Duration::from_millis(100 << absences),
        };
        open = round.passing.into_iter().map(|(record, _)| record).collect();
        open.extend(round.absent.into_iter().filter(|_| !believed));
        if !open.is_empty() {
            parts.clock.sleep(pause).await;
        }
    }
    let mut seen = reading.observed;
    for record in records {
        let Some(Some(live)) = seen.get_mut(&record.address) else { continue };
        let facts = parts.providers.facts(&record.type_name);
        sealer.note(hide(&mut live.model, facts.as_deref(), sealer.salt()));
        if holds_secret(&record.properties) || holds_secret(&record.model) {
            sealer.note(scrub_again(&mut live.model, &record.properties, &record.model, sealer.salt()));
        }
    }
    Ok(seen)
}

/// What the state has of a resource.
fn as_recorded(record: &Record) -> Live {
    Live { physical_id: record.physical_id.clone(), model: record.model.clone() }
}

/// Whether it was made or read before: what is to be imported was not.
fn is_known(record: &Record) -> bool {
    !record.model.is_null()
}

/// Whether the state alone knows of it.
fn kept_in_state(parts: &Parts, record: &Record) -> bool {
    let provider = parts.providers.of(&record.type_name);
    provider.is_some_and(|provider| provider.capabilities(&record.type_name).kept_in_state)
}

struct Reading<'a> {
    parts: &'a Parts,
    observer: &'a dyn Observer,
    total: usize,
    observed: Observed,
}

/// A call: the position of its first record, whom it asks, and for what.
type Call = (usize, Arc<dyn Provider>, Vec<Read>);

/// What a provider said of one record.
type Answer = Result<Option<Live>, ProviderError>;

/// What one round of reading has left open.
struct Round<'a> {
    absent: Vec<&'a Record>,
    passing: Vec<(&'a Record, ProviderError)>,
}

impl Reading<'_> {
    /// Asks once for each of `records`.
    async fn round<'a>(&mut self, records: &[&'a Record]) -> Result<Round<'a>, EngineError> {
        let mut calls = self.calls(records)?.into_iter();
        let mut tasks = JoinSet::new();
        let mut answers: Vec<Option<Answer>> = records.iter().map(|_| None).collect();
        loop {
            while tasks.len() < self.parts.settings.parallelism.max(1) {
                let Some((first, provider, requests)) = calls.next() else {
                    break;
                };
                tasks.spawn(async move { (first, provider.read(&requests).await) });
            }
            let Some(done) = tasks.join_next().await else {
                break;
            };
            let Ok((first, results)) = done else {
                continue;
            };
            for (slot, result) in answers[first..].iter_mut().zip(results) {
                *slot = Some(result);
            }
            let done = self.observed.len() + answers.iter().flatten().count();
            self.observer.event(&Event::Refreshing { done: done.min(self.total), total: self.total });
        }
        self.sort_out(records, answers)
    }

    fn sort_out<'a>(&mut self, records: &[&'a Record], answers: Vec<Option<Answer>>) -> Result<Round<'a>, EngineError> {
        let mut round = Round { absent: Vec::new(), passing: Vec::new() };
        let mut failed = Vec::new();
        for (record, answer) in records.iter().zip(answers) {
            match answer.unwrap_or_else(|| Err(no_answer())) {
                Ok(Some(live)) => drop(self.observed.insert(record.address.clone(), Some(live))),
                Ok(None) => round.absent.push(record),
                Err(error) if passes(error.kind) => round.passing.push((record, error)),
                Err(error) if error.kind == ErrorKind::Unreachable && is_known(record) => self.believe(record, error),
                Err(error) => failed.push((*record, error)),
            }
        }
        if failed.is_empty() { Ok(round) } else { Err(failures(&failed)) }
    }

    /// Goes by what the state has of `record`: nobody can be asked.
    fn believe(&mut self, record: &Record, error: ProviderError) {
        self.observed.insert(record.address.clone(), Some(as_recorded(record)));
        self.observer.event(&Event::Unread { address: record.address.clone(), error });
    }

    /// The type of `record`, who reads it, and how many at once.
    fn reader<'a>(&'a self, record: &'a Record) -> Result<(&'a str, &'a Arc<dyn Provider>, usize), EngineError> {
        let provider = self.parts.providers.of(&record.type_name).ok_or_else(|| not_served(record))?;
        let is_batched = provider.capabilities(&record.type_name).batched_reads;
        Ok((&record.type_name, provider, if is_batched { RESOURCES_A_CALL } else { 1 }))
    }

    /// The calls that ask for `records`: of a type that is not read many at once, one for each.
    fn calls(&self, records: &[&Record]) -> Result<Vec<Call>, EngineError> {
        let mut calls = Vec::<Call>::new();
        let mut of_type: Option<(&str, &Arc<dyn Provider>, usize)> = None;
        for (position, record) in records.iter().enumerate() {
            let (_, provider, most) = match of_type.filter(|(name, ..)| *name == record.type_name) {
                Some(known) => known,
                None => *of_type.insert(self.reader(record)?),
            };
            let request = Read {
                type_name: record.type_name.clone(),
                region: record.region.clone(),
                physical_id: record.physical_id.clone(),
            };
            match calls.last_mut() {
                Some((_, other, requests)) if requests.len() < most && Arc::ptr_eq(other, provider) => {
                    requests.push(request);
                }
                _ => calls.push((position, provider.clone(), vec![request])),
            }
        }
        Ok(calls)
    }
}

/// Whether the same read may succeed soon.
fn passes(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Throttled
            | ErrorKind::Unavailable
            | ErrorKind::NotReady
            | ErrorKind::OutcomeUnknown
            | ErrorKind::InUse
    )
}

fn no_answer() -> ProviderError {
    ProviderError::new(ErrorKind::Refused, "NoAnswer", "the provider did not answer this read")
}

fn failures(failed: &[(&Record, ProviderError)]) -> EngineError {
    let diagnostic = |(record, error): &(&Record, ProviderError)| {
        let message = format!("cannot be read, so nothing is planned: {error}");
        let help = match error.kind {
            ErrorKind::Expired => "the credentials have run out: get new ones, and type the command again",
            _ => "try again, or plan with `--refresh=false`",
        };
        Diagnostic::error("read-failed", message).at(&record.address).help(help)
    };
    EngineError::Diagnostics(failed.iter().map(diagnostic).collect())
}

fn not_served(record: &Record) -> EngineError {
    let message = format!("no provider of this build serves the type {}", record.type_name);
    let error = Diagnostic::error("type-not-served", message).at(&record.address);
    EngineError::Diagnostics(Diagnostics::from(error.help("switch on the cargo feature of its service")))
}

/// What of `records` differs from `observed`, in the order of `records`.
pub(crate) fn drift(records: &[&Record], observed: &Observed, facts: &dyn FactSource, salt: &str) -> Vec<Drift> {
    let of = |record: &&Record| {
        let drift = |missing, properties| Drift {
            address: record.address.clone(),
            type_name: record.type_name.clone(),
            physical_id: record.physical_id.clone(),
            missing,
            properties,
        };
        match observed.get(&record.address)? {
            None => Some(drift(true, Vec::new())),
            Some(live) => {
                let facts = facts.facts(&record.type_name).unwrap_or_default();
                let properties = drifted(record, &live.model, &facts, salt);
                (!properties.is_empty()).then(|| drift(false, properties))
            }
        }
    };
    records.iter().filter_map(of).collect()
}

/// The properties that were applied and that the cloud has otherwise now. Before = the state, after = the cloud.
fn drifted(record: &Record, model: &Json, facts: &TypeFacts, salt: &str) -> Vec<crate::plan::PropertyChange> {
    let applied = record.properties.as_object().into_iter().flatten();
    let readable = applied.filter(|(name, _)| !facts.write_only.contains(*name));
    let moved = readable.filter(|(name, _)| record.model.get(*name) != model.get(*name));
    let changes = moved.flat_map(|(name, applied)| {
        let now = model.get(name).map(|now| Planned::from(now.clone()));
        let before = record.model.get(name).unwrap_or(applied);
        let sides = Sides { desired: now.as_ref(), current: Some(before), prior: Some(before) };
        diff(facts, salt, name, sides, facts.properties.get(name), false)
    });
    changes.collect()
}

/// The record after it took over what the cloud has.
pub(crate) fn accepted(record: &Record, live: Live, drift: &Drift) -> Record {
    let mut record = record.clone();
    if let Json::Object(properties) = &mut record.properties {
        let top = |path: &str| path.split(['.', '[']).next().unwrap_or_default().to_owned();
        for name in drift.properties.iter().map(|change| top(&change.path)) {
            match live.model.get(&name) {
                Some(value) => drop(properties.insert(name, value.clone())),
                None => drop(properties.remove(&name)),
            }
        }
    }
    record.model = live.model;
    record
}
