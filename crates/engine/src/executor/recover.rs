//! Recovery: settles what an interrupted run left under way, by whatever the types promise. Looking is allowed while
//! planning; everything else happens in an apply, under the lock.

use std::sync::Arc;

use ironwright_core::secret::SecretText;

use super::schedule::Scheduler;
use super::{doubles, effect, half_made, search};
use crate::action::Action;
use crate::events::Event;
use crate::journal::{Book, Entry, Operation, Outcome};
use crate::parts::Parts;
use crate::planner::holds_secret;
use crate::provider::{Create, ErrorKind, Live, Provider, ProviderError, Read};
use crate::report::Failure;
use crate::sealing::Sealer;
use crate::secrets::{hide, scrub_again};
use crate::state::Record;
use crate::store::StoreError;
use crate::token::Token;

/// What the interrupted creates in `book` are found to have made; of one token the first is the one to keep, further
/// ones are doubles. Only looks (invariant I4); what is not found now may still be settled by the apply.
pub(crate) async fn look_up_pending(parts: &Parts, book: &Book, sealer: &Sealer) -> Vec<(Token, Live)> {
    let mut found = Vec::new();
    for operation in book.pending().iter().filter(|operation| operation.action == Action::Create) {
        let Some(provider) = parts.providers.of(&operation.record.type_name) else {
            continue;
        };
        let seen = look_once(&**provider, operation).await.unwrap_or_default();
        for mut live in doubles::without_known(book, operation, seen) {
            sealer.note(scrub_found(&**provider, operation, &mut live, sealer.salt()));
            found.push((operation.token.clone(), live));
        }
    }
    found
}

async fn look_once(provider: &dyn Provider, operation: &Operation) -> Option<Vec<Live>> {
    let record = &operation.record;
    let can = provider.capabilities(&record.type_name);
    let known = Some(record.physical_id.clone()).filter(|physical_id| !physical_id.is_empty());
    if known.is_none() && can.tag_look_up {
        return provider.find(&effect::find_request(operation)).await.ok().map(effect::in_order);
    }
    let chosen = || effect::chosen_id(&*provider.facts(&record.type_name)?, &record.properties);
    let physical_id = known.or_else(|| can.caller_chosen_name.then(chosen).flatten())?;
    let request = Read { type_name: record.type_name.clone(), region: record.region.clone(), physical_id };
    provider.read(&[request]).await.pop()?.ok()?.map(|live| vec![live])
}

fn scrub_found(facts: &dyn Provider, operation: &Operation, live: &mut Live, salt: &str) -> Vec<SecretText> {
    let applied = &operation.record.properties;
    let mut hidden = hide(&mut live.model, facts.facts(&operation.record.type_name).as_deref(), salt);
    hidden.extend(scrub_again(&mut live.model, applied, applied, salt));
    hidden
}

/// Settles what can be settled before the steps begin; what a partial plan leaves stays pending. Returns the updates and
/// deletes of the interrupted run: the
/// plan has looked at their resources and has steps for them where something is left to do.
pub(super) async fn settle(scheduler: &mut Scheduler) -> Result<Vec<Operation>, StoreError> {
    let left = &scheduler.plan.left.pending;
    let pending = scheduler.book.pending().iter().filter(|operation| !left.contains(&operation.token)).cloned();
    let (creates, others): (Vec<_>, Vec<_>) = pending.partition(|operation| operation.action == Action::Create);
    for operation in creates {
        settle_create(scheduler, &operation).await?;
    }
    for operation in &others {
        tell(scheduler, operation, "read again; the plan goes on from what is there");
    }
    Ok(others)
}

async fn settle_create(scheduler: &mut Scheduler, operation: &Operation) -> Result<(), StoreError> {
    let plan = scheduler.plan.clone();
    if search::is_imported(&plan, operation) {
        tell(scheduler, operation, "is given up: what is imported takes its place");
        return end(scheduler, operation, Outcome::Nothing).await;
    }
    let mut found = plan.found.iter().filter(|(token, _)| *token == operation.token).map(|(_, live)| live.clone());
    if let Some(live) = found.next() {
        let doubles: Vec<Live> = found.collect();
        // The plan has seen them, and has steps that delete them.
        doubles::depose_in_recovery(scheduler, operation, &doubles).await?;
        tell(scheduler, operation, &format!("had been made: {}", live.physical_id));
        let outcome = half_made::outcome(&scheduler.parts, operation, live, &scheduler.salt);
        return end(scheduler, operation, outcome).await;
    }
    match ask(scheduler, operation).await {
        Asked::Found(mut live, mut doubles) => {
            if let Some(provider) = scheduler.parts.providers.of(&operation.record.type_name) {
                for live in std::iter::once(&mut live).chain(&mut doubles) {
                    scheduler.sealer.note(scrub_found(&**provider, operation, live, &scheduler.salt));
                }
            }
            let steps = doubles::depose_in_recovery(scheduler, operation, &doubles).await?;
            scheduler.doubles.extend(steps);
            tell(scheduler, operation, &format!("had been made: {}", live.physical_id));
            if is_at_its_address(scheduler, operation, &live) {
                let outcome = half_made::outcome(&scheduler.parts, operation, live, &scheduler.salt);
                return end(scheduler, operation, outcome).await;
            }
            scheduler.recovered.insert(operation.token.clone(), live);
            Ok(())
        }
        Asked::Absent => {
            tell(scheduler, operation, "had not been made");
            end(scheduler, operation, Outcome::Nothing).await
        }
        Asked::Later => Ok(()),
        Asked::Unknown(error) => {
            report_unknown(scheduler, operation, error);
            Ok(())
        }
    }
}

/// Whether what was found is what the state has at the address already: under a name that the program chose, the plan has
/// read it as such.
fn is_at_its_address(scheduler: &Scheduler, operation: &Operation, live: &Live) -> bool {
    let made = &operation.record;
    scheduler.book.state().resources.get(&made.address).is_some_and(|record| {
        record.physical_id == live.physical_id && record.type_name == made.type_name && record.region == made.region
    })
}

/// What asking about an interrupted create has told.
pub(super) enum Asked {
    /// What is kept, and what was made besides.
    Found(Live, Vec<Live>),
    Absent,
    /// The step that makes it asks: it has what is needed to send it again.
    Later,
    Unknown(ProviderError),
}

async fn ask(scheduler: &mut Scheduler, operation: &Operation) -> Asked {
    let job = match scheduler.job(&operation.record) {
        Ok(job) => job,
        Err(error) => return Asked::Unknown(error),
    };
    if search::is_searched(&scheduler.parts, operation) {
        return search::ask(scheduler, &job, operation).await;
    }
    let can = job.provider.capabilities(&operation.record.type_name);
    let secret = holds_secret(&operation.record.properties);
    let is_looked_for = can.needs_applied || secret;
    if can.needs_applied && job.honours_token(operation) && is_wanted_again(scheduler, operation) {
        return Asked::Later;
    }
    let can_look = can.tag_look_up || can.caller_chosen_name;
    if job.honours_token(operation) && operation.record.physical_id.is_empty() && !(is_looked_for && can_look) {
        if secret {
            return if has_create_step(scheduler, operation) {
                Asked::Later
            } else {
                Asked::Unknown(effect::untold(operation))
            };
        }
        return match send_again(&job, operation).await {
            Asked::Unknown(_) if has_create_step(scheduler, operation) => Asked::Later,
            asked => asked,
        };
    }
    match effect::look_up(&job, operation).await {
        Ok(found) => {
            let mut found = doubles::without_known(&scheduler.book, operation, found).into_iter();
            found.next().map_or(Asked::Absent, |live| Asked::Found(live, found.collect()))
        }
        Err(_) if has_create_step(scheduler, operation) => Asked::Later,
        Err(error) => Asked::Unknown(error),
    }
}

/// Whether a step may turn out to make exactly what the create of `operation` was to make: it goes on with that, under its
/// token.
fn is_wanted_again(scheduler: &Scheduler, operation: &Operation) -> bool {
    scheduler.plan.list.iter().any(|step| scheduler.may_adopt(step, &operation.record))
}

pub(super) fn has_create_step(scheduler: &Scheduler, operation: &Operation) -> bool {
    let mut steps = scheduler.plan.list.iter();
    steps.any(|step| step.address == operation.record.address && step.work.action() == Action::Create)
}

/// Sends the create again under its own token: the cloud answers with what the first one made.
async fn send_again(job: &super::job::Job, operation: &Operation) -> Asked {
    let record = &operation.record;
    let properties = ironwright_core::Resolved::new(record.properties.clone().into()).unwrap_or_default();
    let request = Create {
        address: operation.sent_as().clone(),
        type_name: record.type_name.clone(),
        region: record.region.clone(),
        properties,
        token: operation.token.clone(),
    };
    let mut backoff = job.backoff();
    loop {
        let error = match job.provider.create(request.clone()).await {
            Ok(live) => return still_live(job, record, live).await,
            Err(error) => error,
        };
        if matches!(error.kind, ErrorKind::Refused | ErrorKind::NotFound) && error.physical_id.is_none() {
            return Asked::Absent;
        }
        if !job.wait(&mut backoff, &error).await {
            return Asked::Unknown(error);
        }
    }
}

/// A cloud answers a token with what it made even when that is gone: only a read tells.
async fn still_live(job: &super::job::Job, record: &Record, live: Live) -> Asked {
    let (type_name, region) = (record.type_name.clone(), record.region.clone());
    match job.read(Read { type_name, region, physical_id: live.physical_id.clone() }).await {
        Ok(None) => Asked::Absent,
        Ok(Some(live)) => Asked::Found(live, Vec::new()),
        Err(_) => Asked::Found(live, Vec::new()),
    }
}

async fn end(scheduler: &mut Scheduler, operation: &Operation, outcome: Outcome) -> Result<(), StoreError> {
    let writer = Arc::clone(&scheduler.writer);
    let line = writer.append(Entry::End { token: operation.token.clone(), outcome }).await?;
    scheduler.book.enter(&line);
    Ok(())
}

fn tell(scheduler: &Scheduler, operation: &Operation, outcome: &str) {
    scheduler.observer.event(&Event::Recovered {
        address: operation.record.address.clone(),
        action: operation.action,
        outcome: outcome.to_owned(),
    });
}

fn report_unknown(scheduler: &mut Scheduler, operation: &Operation, error: ProviderError) {
    scheduler.report.failed.push(Failure {
        address: operation.record.address.clone(),
        type_name: operation.record.type_name.clone(),
        action: operation.action,
        error,
        source: None,
        live: None,
    });
}
