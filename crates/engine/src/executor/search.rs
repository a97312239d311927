//! Creates whose token says nothing any more and that have neither tags nor a name to be found by: what there is of their
//! type is looked through. What is found so is proved by its tags, or it is only alike, which may be somebody else's.

use std::time::Duration;

use super::effect;
use super::job::Job;
use super::recover::{Asked, has_create_step};
use super::schedule::Scheduler;
use crate::action::Action;
use crate::journal::Operation;
use crate::parts::Parts;
use crate::provider::{ErrorKind, Provider, ProviderError, Trace};
use crate::steps::{Steps, Work};

/// Whether the create of `operation`, sent again to `provider` under its token, makes no second resource.
pub(super) fn honours_token(parts: &Parts, provider: &dyn Provider, operation: &Operation) -> bool {
    let type_name = &operation.record.type_name;
    let age = Duration::from_millis(parts.clock.now().saturating_sub(operation.begun));
    let is_young = operation.begun == 0 || provider.token_life(type_name).is_none_or(|life| age < life);
    provider.capabilities(type_name).client_token && is_young
}

/// Whether all there is of its type has to be looked through for what the create of `operation` made.
pub(crate) fn is_searched(parts: &Parts, operation: &Operation) -> bool {
    let record = &operation.record;
    let Some(provider) = parts.providers.of(&record.type_name) else { return false };
    let can = provider.capabilities(&record.type_name);
    let is_named = || {
        let facts = provider.facts(&record.type_name);
        can.caller_chosen_name && facts.is_some_and(|facts| effect::chosen_id(&facts, &record.properties).is_some())
    };
    operation.action == Action::Create
        && record.physical_id.is_empty()
        && !honours_token(parts, &**provider, operation)
        && !can.tag_look_up
        && !can.kept_in_state
        && !is_named()
}

/// Whether the plan imports something at the address of `operation`: somebody has said what it made.
pub(super) fn is_imported(plan: &Steps, operation: &Operation) -> bool {
    let is_it = |work: &Work| matches!(work, Work::Import { .. });
    plan.list.iter().any(|step| step.address == operation.record.address && is_it(&step.work))
}

/// Looks through what there is. What is alike and not proved counts only where a step wants it as it is.
pub(super) async fn ask(scheduler: &mut Scheduler, job: &Job, operation: &Operation) -> Asked {
    let error = match trace(scheduler, job, operation).await {
        Ok(None) => return Asked::Absent,
        Ok(Some(Trace { live, certain: true })) => return Asked::Found(live, Vec::new()),
        Ok(Some(Trace { live, certain: false })) => {
            let error = undecided(operation, &format!("{} is as it was asked for, and may be it", live.physical_id));
            scheduler.unproved.insert(operation.token.clone(), error.clone());
            if scheduler.plan.list.iter().any(|step| scheduler.may_adopt(step, &operation.record)) {
                return Asked::Found(live, Vec::new());
            }
            error
        }
        Err(error) if error.code == "NoLookUp" => effect::untold(operation),
        Err(error) => undecided(operation, &error.message),
    };
    scheduler.unproved.insert(operation.token.clone(), error.clone());
    if has_create_step(scheduler, operation) { Asked::Later } else { Asked::Unknown(error) }
}

async fn trace(scheduler: &Scheduler, job: &Job, operation: &Operation) -> Result<Option<Trace>, ProviderError> {
    let (state, made) = (scheduler.book.state(), &operation.record);
    let records = state.resources.values().chain(&state.deposed);
    let same = records.filter(|record| record.type_name == made.type_name && record.region == made.region);
    let known: Vec<String> = same.map(|record| record.physical_id.clone()).collect();
    let (request, mut backoff) = (effect::find_request(operation), job.backoff());
    loop {
        match job.provider.trace(&request, &known).await {
            Err(error) if job.wait(&mut backoff, &error).await => {}
            told => return told,
        }
    }
}

/// The error for a create of which a person has to say what it made.
fn undecided(operation: &Operation, why: &str) -> ProviderError {
    let address = &operation.record.address;
    let message = format!(
        "a create was interrupted, and its token has expired; {why}. Where one of them is what it made, type `import \
         {address} ID`; where none is, type `state rm {address}`"
    );
    ProviderError::new(ErrorKind::OutcomeUnknown, "OutcomeUnknown", message)
}
