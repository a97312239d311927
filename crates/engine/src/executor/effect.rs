//! The effects: one create, update or delete each, written to the journal before and after, tried again where that is
//! safe (invariants I2 and I3).

use std::collections::BTreeSet;

use ironwright_core::facts::TypeFacts;
use ironwright_core::secret::SecretText;
use ironwright_core::{Planned, Resolved};
use serde_json::Value as Json;

use super::job::Job;
use super::{doubles, half_made};
use crate::journal::{Entry, Operation, Outcome};
use crate::planner::{Comparer, covers};
use crate::provider::{Accepted, Create, Delete, ErrorKind, Find, Live, ProviderError, Read, Update};
use crate::state::Record;
use crate::store::StoreError;

/// How often a create without a token is sent again after look-ups have found nothing.
const CREATES_AFTER_LOOK_UP: usize = 2;

/// How one effect ended.
pub(super) type Ended = Result<Option<String>, Trouble>;

/// Why an effect did not succeed.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The cloud did not do it, or it is not known whether it did.
    Provider(ProviderError),
    /// The journal cannot be written.
    Store(StoreError),
}

impl From<ProviderError> for Trouble {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Makes the resource of `operation`, and returns its physical id.
pub(super) async fn create(job: &Job, operation: Operation, properties: Resolved) -> Ended {
    let secrets = crate::secrets::secrets_in(properties.value());
    job.ready_to_seal(&operation).await?;
    job.write_sealed(&secrets, Entry::Begin { operation: Box::new(operation.clone()) }).await?;
    match call_create(job, &operation, &properties).await? {
        Made::Whole(live, mut doubles) => {
            doubles::depose(job, &operation, &mut doubles, &secrets).await?;
            let ended = end_live(job, &operation, live, &secrets, Ending::Whole).await?;
            doubles::delete(job, &operation, doubles).await?;
            Ok(ended)
        }
        Made::Found(live, mut doubles) => {
            doubles::depose(job, &operation, &mut doubles, &secrets).await?;
            let (found, lacking) = end_found(job, &operation, live, &secrets).await?;
            doubles::delete(job, &operation, doubles).await?;
            half_made::complete(job, &operation.record, found, properties, lacking).await
        }
        Made::Half(live, error) => {
            end_live(job, &operation, live.into(), &secrets, Ending::Incomplete).await?;
            Err(Trouble::Provider(error))
        }
        Made::Not(error) => {
            job.slot.free();
            job.write(Entry::End { token: operation.token, outcome: Outcome::Nothing }).await?;
            Err(Trouble::Provider(error))
        }
        Made::Unknown(error) => Err(Trouble::Provider(error)),
    }
}

/// What came of a create.
enum Made {
    /// It is there; and what was made besides, where the cloud was asked more than once.
    Whole(Accepted, Vec<Live>),
    /// The same, by a look, and not by the answer of the create: something of it may not be done.
    Found(Live, Vec<Live>),
    /// It is there, and the cloud says that making it failed.
    Half(Live, ProviderError),
    Not(ProviderError),
    /// Nobody knows; the operation stays pending.
    Unknown(ProviderError),
}

async fn call_create(job: &Job, operation: &Operation, properties: &Resolved) -> Result<Made, StoreError> {
    let record = &operation.record;
    let request = Create {
        address: operation.sent_as().clone(),
        type_name: record.type_name.clone(),
        region: record.region.clone(),
        properties: properties.clone(),
        token: operation.token.clone(),
    };
    let can = job.provider.capabilities(&record.type_name);
    let (mut backoff, mut absent, mut in_doubt) = (job.backoff(), 0, job.again);
    loop {
        let error = match sent(job, request.clone()).await {
            Ok(live) if absent == 0 || !can.tag_look_up => return Ok(Made::Whole(live, Vec::new())),
            Ok(live) => return Ok(doubles_of(job, operation, live).await),
            Err(error) => error,
        };
        if let Some(physical_id) = error.physical_id.clone() {
            let known = Entry::Known { token: operation.token.clone(), physical_id: physical_id.clone() };
            job.write(known).await?;
            if error.kind == ErrorKind::Expired && can.client_token && job.wait(&mut backoff, &error).await {
                continue;
            }
            return Ok(read_back(job, operation, physical_id, error).await);
        }
        if error.kind == ErrorKind::OutcomeUnknown && !can.client_token {
            match look_up(job, operation).await {
                Ok(mut found) if !found.is_empty() => return Ok(Made::Found(found.remove(0), found)),
                Ok(_) if absent < CREATES_AFTER_LOOK_UP => absent += 1,
                _ => return Ok(Made::Unknown(error)),
            }
        }
        in_doubt |= error.kind == ErrorKind::OutcomeUnknown && can.client_token;
        if !job.wait(&mut backoff, &error).await {
            let settles = matches!(error.kind, ErrorKind::Refused | ErrorKind::NotFound | ErrorKind::InUse);
            let unknown = !error.nothing_was_done() || (in_doubt && !settles);
            return Ok(if unknown { Made::Unknown(error) } else { Made::Not(error) });
        }
    }
}

/// Sends the request, and waits for what it makes unless nothing else does.
async fn sent(job: &Job, request: Create) -> Result<Accepted, ProviderError> {
    if job.waits { job.provider.create(request).await.map(Accepted::from) } else { job.provider.accept(request).await }
}

/// A create that was sent again after a look-up found nothing has made `live`: what had the earlier ones made?
async fn doubles_of(job: &Job, operation: &Operation, made: Accepted) -> Made {
    match find(job, operation).await {
        Ok(mut found) => {
            found.retain(|other| other.physical_id != made.live.physical_id);
            Made::Whole(made, found)
        }
        Err(error) => Made::Unknown(error),
    }
}

/// A create failed after the cloud had said an id: what is there now?
async fn read_back(job: &Job, operation: &Operation, physical_id: String, error: ProviderError) -> Made {
    let record = &operation.record;
    let request = Read { type_name: record.type_name.clone(), region: record.region.clone(), physical_id };
    match job.read(request).await {
        Ok(Some(live)) if error.kind == ErrorKind::OutcomeUnknown => Made::Found(live, Vec::new()),
        Ok(Some(live)) => Made::Half(live, error),
        Ok(None) if error.kind != ErrorKind::OutcomeUnknown => Made::Not(error),
        _ => Made::Unknown(error),
    }
}

/// What a create whose outcome is unknown has left, by whatever its type promises: the first is the one to keep, further
/// ones are doubles. Nothing promised is an error.
pub(super) async fn look_up(job: &Job, operation: &Operation) -> Result<Vec<Live>, ProviderError> {
    let one = |live: Option<Live>| live.into_iter().collect();
    let record = &operation.record;
    let can = job.provider.capabilities(&record.type_name);
    if !record.physical_id.is_empty() {
        return read_at(job, operation, record.physical_id.clone()).await.map(one);
    }
    if can.kept_in_state {
        return Ok(Vec::new());
    }
    if can.tag_look_up {
        return find(job, operation).await;
    }
    let name = job.provider.facts(&record.type_name).and_then(|facts| chosen_id(&facts, &record.properties));
    match name.filter(|_| can.caller_chosen_name) {
        Some(physical_id) => read_at(job, operation, physical_id).await.map(one),
        None => Err(untold(operation)),
    }
}

async fn read_at(job: &Job, operation: &Operation, physical_id: String) -> Result<Option<Live>, ProviderError> {
    let record = &operation.record;
    job.read(Read { type_name: record.type_name.clone(), region: record.region.clone(), physical_id }).await
}

async fn find(job: &Job, operation: &Operation) -> Result<Vec<Live>, ProviderError> {
    let request = find_request(operation);
    let (mut backoff, mut absent) = (job.backoff(), job.backoff());
    loop {
        match job.provider.find(&request).await {
            Ok(found) if !found.is_empty() => return Ok(in_order(found)),
            Ok(_) => {
                let lagging = ProviderError::new(ErrorKind::OutcomeUnknown, "NotFoundYet", "nothing found by its tags");
                if !job.wait(&mut absent, &lagging).await {
                    return Ok(Vec::new());
                }
            }
            Err(error) => {
                if !job.wait(&mut backoff, &error).await {
                    return Err(error);
                }
            }
        }
    }
}

/// By their ids, so that each run keeps the same one.
pub(super) fn in_order(mut found: Vec<Live>) -> Vec<Live> {
    found.sort_by(|left, right| left.physical_id.cmp(&right.physical_id));
    found
}

pub(super) fn find_request(operation: &Operation) -> Find {
    let record = &operation.record;
    Find {
        address: operation.sent_as().clone(),
        type_name: record.type_name.clone(),
        region: record.region.clone(),
        token: operation.token.clone(),
        properties: record.properties.clone(),
    }
}

/// The physical id that `properties` choose, where they choose all of it.
pub(super) fn chosen_id(facts: &TypeFacts, properties: &Json) -> Option<String> {
    let part = |property: &String| Some(crate::planner::in_model(properties, property)?.as_str()?.to_owned());
    let parts: Option<Vec<String>> = facts.primary_identifier.iter().map(part).collect();
    parts.filter(|parts| !parts.is_empty()).map(|parts| parts.join("|"))
}

/// The error for a create of which nobody can tell what it left.
pub(super) fn untold(operation: &Operation) -> ProviderError {
    let address = &operation.record.address;
    let message = format!(
        "whether an interrupted create made this is unknown, and the cloud cannot be asked; look for it there, delete it \
         if it exists, then type `state rm {address}`"
    );
    ProviderError::new(ErrorKind::OutcomeUnknown, "OutcomeUnknown", message)
}

/// How an effect ends that has made or changed something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Whole,
    /// It has an id, and its making failed.
    Incomplete,
}

async fn end_live(job: &Job, operation: &Operation, made: Accepted, secrets: &[SecretText], ending: Ending) -> Ended {
    let Accepted { mut live, ticket: accepted } = made;
    let hidden = job.hide(&mut live, operation, secrets);
    let Live { physical_id, model } = live;
    let incomplete = ending == Ending::Incomplete;
    let lacking = BTreeSet::new();
    let outcome = Outcome::Live { physical_id: physical_id.clone(), model, incomplete, accepted, lacking };
    job.slot.free();
    job.write_sealed(&hidden, Entry::End { token: operation.token.clone(), outcome }).await?;
    Ok(Some(physical_id))
}

/// Ends the create of `operation`, which is found to have made `live`: the record of that, and what it lacks. The slot
/// stays taken where something is left to do.
async fn end_found(
    job: &Job,
    operation: &Operation,
    mut live: Live,
    secrets: &[SecretText],
) -> Result<(Record, BTreeSet<String>), Trouble> {
    let hidden = job.hide(&mut live, operation, secrets);
    let lacking = half_made::lacking(&*job.provider, &operation.record, &live.model, &job.salt);
    let Live { physical_id, model } = live;
    let mut record = Record { physical_id: physical_id.clone(), model: model.clone(), ..operation.record.clone() };
    record.concede(&lacking);
    if lacking.is_empty() {
        job.slot.free();
    }
    let outcome = Outcome::Live { physical_id, model, incomplete: false, accepted: None, lacking: lacking.clone() };
    job.write_sealed(&hidden, Entry::End { token: operation.token.clone(), outcome }).await?;
    Ok((record, lacking))
}

/// What a resource is changed from and to.
pub(super) struct Change {
    /// What was applied before.
    pub(super) prior: Json,
    pub(super) properties: Resolved,
    /// The names of the properties that differ, where they are known.
    pub(super) changed: Option<BTreeSet<String>>,
}

/// Changes the resource of `operation` in place.
pub(super) async fn update(job: &Job, operation: Operation, change: Change) -> Ended {
    let Change { prior, properties, changed } = change;
    let secrets = crate::secrets::secrets_in(properties.value());
    job.write_sealed(&secrets, Entry::Begin { operation: Box::new(operation.clone()) }).await?;
    let record = &operation.record;
    let request = Update {
        address: record.address.clone(),
        type_name: record.type_name.clone(),
        region: record.region.clone(),
        physical_id: record.physical_id.clone(),
        prior,
        properties,
        changed,
        token: operation.token.clone(),
    };
    let (mut backoff, mut in_doubt) = (job.backoff(), job.again);
    loop {
        let error = match job.provider.update(request.clone()).await {
            Ok(live) => return end_live(job, &operation, live.into(), &secrets, Ending::Whole).await,
            Err(error) => error,
        };
        if error.kind == ErrorKind::OutcomeUnknown
            && let Ok(Some(live)) = read_at(job, &operation, record.physical_id.clone()).await
            && is_reached(job, &request, &live.model)
        {
            return end_live(job, &operation, live.into(), &secrets, Ending::Whole).await;
        }
        in_doubt |= !error.nothing_was_done();
        if !job.wait(&mut backoff, &error).await {
            // An earlier attempt may have been made, whatever the last one says: it stays pending.
            return if in_doubt { Err(Trouble::Provider(error)) } else { failed(job, &operation, error).await };
        }
    }
}

/// Whether the cloud has all that was asked for, and nothing that was asked for before and is no longer.
fn is_reached(job: &Job, request: &Update, model: &Json) -> bool {
    let (Some(facts), Some(desired)) = (job.provider.facts(&request.type_name), request.properties.value().as_map())
    else {
        return false;
    };
    let comparer = Comparer { facts: &facts, salt: &job.salt };
    let reached = |(name, value): (&String, &Planned)| {
        let (prior, shape) = (request.prior.get(name), facts.properties.get(name));
        model.get(name).is_some_and(|now| covers(comparer, value, now, prior, shape))
    };
    let left = |name: &String| !desired.contains_key(name) && model.get(name).is_some();
    desired.iter().all(reached) && !request.prior.as_object().is_some_and(|prior| prior.keys().any(left))
}

/// Deletes the resource of `operation`.
pub(super) async fn delete(job: &Job, operation: Operation) -> Ended {
    job.write(Entry::Begin { operation: Box::new(operation.clone()) }).await?;
    let record = &operation.record;
    let request = Delete {
        address: record.address.clone(),
        type_name: record.type_name.clone(),
        region: record.region.clone(),
        physical_id: record.physical_id.clone(),
        model: record.model.clone(),
        snapshot: record.snapshot,
        token: operation.token.clone(),
    };
    let mut backoff = job.backoff();
    loop {
        let error = match job.provider.delete(request.clone()).await {
            Ok(()) => break,
            Err(error) if error.kind == ErrorKind::NotFound => break,
            Err(error) => error,
        };
        if !job.wait(&mut backoff, &error).await {
            return failed(job, &operation, error).await;
        }
    }
    job.slot.free();
    job.write(Entry::End { token: operation.token.clone(), outcome: Outcome::Gone }).await?;
    Ok(Some(operation.record.physical_id))
}

/// An update or delete did not succeed. Where its outcome is unknown it stays pending.
async fn failed(job: &Job, operation: &Operation, error: ProviderError) -> Ended {
    if error.nothing_was_done() {
        job.slot.free();
        job.write(Entry::End { token: operation.token.clone(), outcome: Outcome::Nothing }).await?;
    }
    Err(Trouble::Provider(error))
}
