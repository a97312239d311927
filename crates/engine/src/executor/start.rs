//! The start of a step: its properties are evaluated with what is known by now, and its effect is made ready.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use ironwright_core::tree::Reference;
use ironwright_core::{Address, Planned, Resolved};
use serde_json::Value as Json;

use super::discard;
use super::effect::{self, Change, Ended};
use super::half_made;
use super::job::Job;
use super::outputs::attribute;
use super::schedule::Scheduler;
use super::slot::Slot;
use crate::action::Action;
use crate::journal::{Entry, Line, Operation};
use crate::origin::origins;
use crate::provider::{ErrorKind, Live, ProviderError};
use crate::recipe::{Recipes, recipes, stand_in};
use crate::secrets::{scrub, secrets_in};
use crate::state::Record;
use crate::steps::{Goal, Imported, Step, Work};
use crate::token::Token;
use crate::vault::VaultError;

/// What has become of a step that was started.
pub(super) enum Started {
    /// Its effect, where that keeps what it writes, and the slot it takes.
    Effect { lines: Arc<Mutex<Vec<Line>>>, slot: Arc<Slot>, effect: Pin<Box<dyn Future<Output = Ended> + Send>> },
    /// Nothing was left to do.
    Done(Option<String>),
    /// It cannot be done.
    Failed(ProviderError),
}

impl From<ProviderError> for Started {
    fn from(error: ProviderError) -> Self {
        Self::Failed(error)
    }
}

impl Scheduler {
    /// Starts `step`; nothing else of the run waits for it where it `is_last`.
    pub(super) fn start(&mut self, step: &Step, is_last: bool) -> Started {
        let started = match &step.work {
            Work::Create { goal, deposes } => self.start_create(goal, *deposes, is_last),
            Work::Update { goal, changed } => self.start_update(goal, changed.as_ref()),
            Work::Import { goal, imported } => self.start_import(goal, imported),
            Work::Record { goal } => self.start_record(goal),
            Work::Delete { physical_id } => self.start_delete(step, physical_id),
            Work::Forget { physical_id } => self.start_forget(step, physical_id),
        };
        started.unwrap_or_else(Started::Failed)
    }

    fn start_create(&mut self, goal: &Goal, deposes: bool, is_last: bool) -> Result<Started, ProviderError> {
        let (properties, mut record) = self.reach(goal)?;
        record.physical_id.clear();
        record.imported = false;
        if let Some(token) = self.adoptable(&record) {
            return self.adopt(record, properties, token, deposes);
        }
        if let Some(error) = self.in_doubt(&record.address) {
            return Err(error);
        }
        let waits = !(self.parts.settings.no_wait && is_last);
        let job = Job { waits, ..self.job(&record)? };
        let (attempt, left) = self.attempt(&job, &record)?;
        let unwanted = self.unwanted(&record.address);
        let job = Job { again: self.book.pending().iter().any(|operation| operation.token == attempt.token), ..job };
        let operation = Operation { deposes, ..attempt };
        Ok(effect_of(job, |job| async move {
            for (made, live) in unwanted {
                discard::discard(&job, made, live).await?;
            }
            if let Some(left) = left {
                discard::clear(&job, left).await?;
            }
            effect::create(&job, operation, properties).await
        }))
    }

    /// The attempt to make `record`: that of an interrupted run, where it asked for the same; else a new one, and what is to
    /// be looked for and deleted before it.
    fn attempt(&self, job: &Job, record: &Record) -> Result<(Operation, Option<Operation>), ProviderError> {
        let begun = self.parts.clock.now();
        let anew = || Operation { begun, ..Operation::new(self.parts.draw_token(), Action::Create, record.clone()) };
        let Some(operation) = self.unsettled_create(record) else { return Ok((anew(), None)) };
        match reusable_token(job, operation, record) {
            Ok(token) => Ok((Operation { token, record: record.clone(), ..operation.clone() }, None)),
            Err(_) if job.provider.capabilities(&record.type_name).needs_applied => {
                Ok((anew(), Some(operation.clone())))
            }
            Err(error) => Err(self.unproved.get(&operation.token).cloned().unwrap_or(error)),
        }
    }

    /// The token under which an interrupted run made exactly this, if it did.
    fn adoptable(&self, record: &Record) -> Option<Token> {
        let mut made = self.book.pending().iter().filter(|operation| self.recovered.contains_key(&operation.token));
        made.find(|operation| is_same_make(&operation.record, record)).map(|operation| operation.token.clone())
    }

    /// Why what a pending create at `address` is found to have made may be somebody else's.
    fn in_doubt(&self, address: &Address) -> Option<ProviderError> {
        let mut here = self.book.pending().iter().filter(|operation| operation.record.address == *address);
        let found = here.find(|operation| self.recovered.contains_key(&operation.token));
        found.and_then(|operation| self.unproved.get(&operation.token)).cloned()
    }

    /// Takes out what else an interrupted run made at `address`: it is not wanted.
    fn unwanted(&mut self, address: &Address) -> Vec<(Operation, Live)> {
        let here = self.book.pending().iter().filter(|operation| operation.record.address == *address);
        here.filter_map(|operation| Some((operation.clone(), self.recovered.remove(&operation.token)?))).collect()
    }

    /// Whether `step` may turn out to ask for exactly what `made` is.
    pub(super) fn may_adopt(&self, step: &Step, made: &Record) -> bool {
        match &step.work {
            Work::Create { goal, .. } if step.address == made.address => {
                self.reach(goal).map_or(true, |(_, wanted)| is_same_make(&wanted, made))
            }
            _ => false,
        }
    }

    fn adopt(
        &mut self,
        mut record: Record,
        properties: Resolved,
        token: Token,
        deposes: bool,
    ) -> Result<Started, ProviderError> {
        let job = self.job(&record)?;
        if let Some(live) = self.recovered.remove(&token) {
            (record.physical_id, record.model) = (live.physical_id, live.model);
        }
        let lacking = half_made::lacking(&*job.provider, &record, &record.model, &self.salt);
        let wanted = record.clone();
        record.concede(&lacking);
        let entry = Entry::Adopted { token, record: Box::new(record.clone()), deposes };
        Ok(effect_of(job, |job| async move {
            job.write(entry).await?;
            half_made::complete(&job, &wanted, record, properties, lacking).await
        }))
    }

    fn unsettled_create(&self, record: &Record) -> Option<&Operation> {
        let is_it = |operation: &&Operation| {
            operation.action == Action::Create
                && operation.record.address == record.address
                && !self.recovered.contains_key(&operation.token)
        };
        self.book.pending().iter().find(is_it)
    }

    fn start_update(&mut self, goal: &Goal, planned: Option<&BTreeSet<String>>) -> Result<Started, ProviderError> {
        let before = self.live(goal)?.clone();
        let (properties, mut record) = self.reach(goal)?;
        record.physical_id = before.physical_id;
        record.model = before.model;
        let is_begun = |older: &Operation| older.action == Action::Update && older.record.address == record.address;
        let again = self.book.pending().iter().any(is_begun);
        let job = Job { again, ..self.job(&record)? };
        let changed = planned.map(|planned| planned | &differing(&before.properties, &record.properties));
        let operation = Operation::new(self.parts.draw_token(), Action::Update, record);
        let change = Change { prior: before.properties, properties, changed };
        Ok(effect_of(job, |job| async move { effect::update(&job, operation, change).await }))
    }

    /// Records what the cloud has: the program's properties, but for those that an update behind this is to change.
    fn start_import(&mut self, goal: &Goal, imported: &Imported) -> Result<Started, ProviderError> {
        let (properties, mut record) = self.reach(goal)?;
        let secrets = secrets_in(properties.value());
        record.model.clone_from(&imported.model);
        self.sealer.note(scrub(&mut record.model, &secrets, &record.properties, &self.salt));
        record.concede(&imported.differing);
        let job = self.job(&record)?;
        let physical_id = record.physical_id.clone();
        let entry = Entry::Recorded { record: Box::new(record) };
        Ok(effect_of(job, |job| async move {
            job.write_sealed(&secrets, entry).await?;
            Ok(Some(physical_id))
        }))
    }

    fn start_record(&mut self, goal: &Goal) -> Result<Started, ProviderError> {
        let before = self.live(goal)?.clone();
        let (properties, mut record) = self.reach(goal)?;
        record.physical_id.clone_from(&before.physical_id);
        record.model = before.model;
        let job = self.job(&record)?;
        record.accepted.clone_from(&before.accepted);
        let entry = Entry::Recorded { record: Box::new(record) };
        Ok(effect_of(job, |job| async move {
            job.write_sealed(&secrets_in(properties.value()), entry).await?;
            Ok(Some(before.physical_id))
        }))
    }

    fn start_delete(&mut self, step: &Step, physical_id: &str) -> Result<Started, ProviderError> {
        let Some(record) = self.held(step, physical_id).cloned() else {
            return Ok(Started::Done(Some(physical_id.to_owned())));
        };
        let job = self.job(&record)?;
        let operation = Operation::new(self.parts.draw_token(), Action::Delete, record);
        Ok(effect_of(job, |job| async move { effect::delete(&job, operation).await }))
    }

    fn start_forget(&mut self, step: &Step, physical_id: &str) -> Result<Started, ProviderError> {
        let Some(record) = self.held(step, physical_id).cloned() else {
            return Ok(Started::Done(Some(physical_id.to_owned())));
        };
        let job = self.job(&record)?;
        let physical_id = record.physical_id.clone();
        let entry = Entry::Forgotten { record: Box::new(record) };
        Ok(effect_of(job, |job| async move {
            job.write(entry).await?;
            Ok(Some(physical_id))
        }))
    }

    /// The record of `physical_id` at a step's address, live or deposed.
    fn held(&self, step: &Step, physical_id: &str) -> Option<&Record> {
        let state = self.book.state();
        let mut records = state.resources.get(&step.address).into_iter().chain(&state.deposed);
        records.find(|record| record.address == step.address && record.physical_id == physical_id)
    }

    fn live(&self, goal: &Goal) -> Result<&Record, ProviderError> {
        self.book.state().resources.get(&goal.record.address).ok_or_else(|| {
            ProviderError::new(ErrorKind::Refused, "NotLive", "it is not live any more; type `plan` to see what to do")
        })
    }

    /// The properties of `goal` with all that is known by now, and the record it will be. An unknown is an error.
    fn reach(&self, goal: &Goal) -> Result<(Resolved, Record), ProviderError> {
        let attribute = |reference: &Reference| self.attribute(reference).unwrap_or(Planned::Unknown);
        let evaluated = goal.properties.iter().map(|entry| {
            let value = self.plan.context.evaluate(goal.stack, &entry.tree, &attribute);
            let name = &entry.name;
            if value.has_unknown() { Err(self.unknown(name, &entry.tree)) } else { Ok((name.to_string(), value)) }
        });
        let entries = evaluated.collect::<Result<Vec<_>, _>>()?;
        let known = entries.into_iter().filter(|(_, value)| *value != Planned::Null).collect();
        let raw = goal.properties.iter().filter(|entry| entry.raw).map(|entry| entry.name.to_string());
        let properties = Resolved::new(Planned::Map(known)).unwrap_or_default().with_raw(raw.collect());
        let origins = origins(&goal.properties);
        let recipes = self.recipes(goal, properties.value());
        let record = Record { properties: properties.to_json(&self.salt), origins, recipes, ..goal.record.clone() };
        Ok((properties, record))
    }

    /// How the secrets in `properties`, which are those of `goal`, are composed.
    fn recipes(&self, goal: &Goal, properties: &Planned) -> Recipes {
        if !properties.has_secret() {
            return Recipes::new();
        }
        let attribute =
            |reference: &Reference| stand_in(self.attribute(reference).unwrap_or(Planned::Unknown), &self.salt);
        let composed = goal
            .properties
            .iter()
            .map(|entry| (entry.name.to_string(), self.plan.context.evaluate(goal.stack, &entry.tree, &attribute)));
        recipes(properties, &Planned::Map(composed.collect()), &self.salt)
    }

    fn unknown(&self, name: &str, tree: &ironwright_core::Tree) -> ProviderError {
        let lost = |reference: &Reference| {
            let Reference { address, attribute, .. } = reference;
            match self.attribute(reference) {
                Ok(value) => value.has_unknown().then(|| format!("`{address}` has no {attribute}")),
                Err(error) => Some(format!("{attribute} of `{address}` is a secret: {}", not_opened(&error, address))),
            }
        };
        let missing: Vec<String> = tree.references().into_iter().filter_map(lost).collect();
        let why = if missing.is_empty() { "its value cannot be computed".to_owned() } else { missing.join(", ") };
        ProviderError::new(ErrorKind::Refused, "UnknownValue", format!("{name}: {why}"))
    }

    fn attribute(&self, reference: &Reference) -> Result<Planned, VaultError> {
        attribute(self.book.state(), &self.plan, &self.sealer, reference)
    }

    pub(super) fn job(&self, record: &Record) -> Result<Job, ProviderError> {
        let provider = self.parts.providers.of(&record.type_name).cloned().ok_or_else(|| {
            let message = format!("no provider of this build serves the type {}", record.type_name);
            ProviderError::new(ErrorKind::Refused, "TypeNotServed", message)
        })?;
        Ok(Job {
            parts: self.parts.clone(),
            writer: self.writer.clone(),
            observer: self.observer.clone(),
            stop: self.stop.clone(),
            provider,
            address: record.address.clone(),
            salt: self.salt.clone(),
            sealer: self.sealer.clone(),
            lines: Arc::default(),
            slot: Arc::new(Slot::new(self.freed.clone())),
            renewal: self.renewal.clone(),
            waits: true,
            again: false,
        })
    }
}

/// Why a secret that the state alone knows cannot be opened, and what to do.
fn not_opened(error: &VaultError, address: &Address) -> String {
    let help = error.diagnostic().help.unwrap_or_default();
    match error {
        VaultError::NotKept => format!(
            "{error}; {help}, with the feature `encryption`: where the cloud does not return it again, type \
             `apply --replace {address}`"
        ),
        _ => format!("{error}; {help}"),
    }
}

/// Whether a create of the one makes the other.
fn is_same_make(left: &Record, right: &Record) -> bool {
    left.address == right.address
        && left.type_name == right.type_name
        && left.region == right.region
        && left.properties == right.properties
}

/// A create whose outcome is unknown is sent again under its own token where that is the same create; else nobody can
/// tell what is there.
fn reusable_token(job: &Job, operation: &Operation, record: &Record) -> Result<Token, ProviderError> {
    let before = &operation.record;
    let same = before.properties == record.properties
        && before.type_name == record.type_name
        && before.region == record.region;
    if same && job.honours_token(operation) { Ok(operation.token.clone()) } else { Err(effect::untold(operation)) }
}

/// The names of the properties that one record has otherwise than the other; of secrets the digests are compared.
fn differing(before: &Json, after: &Json) -> BTreeSet<String> {
    let names = [before, after].into_iter().filter_map(Json::as_object).flat_map(|entries| entries.keys());
    names.filter(|name| before.get(name) != after.get(name)).cloned().collect()
}

fn effect_of<F>(job: Job, effect: impl FnOnce(Job) -> F) -> Started
where
    F: Future<Output = Ended> + Send + 'static,
{
    let (lines, slot) = (job.lines.clone(), job.slot.clone());
    Started::Effect { lines, slot, effect: Box::pin(effect(job)) }
}
