//! What one create has made besides what is kept of it: a cloud without client tokens that was asked twice, or got one
//! request twice. The doubles are deposed before the create ends, so that the state knows them, and then deleted.

use std::sync::Arc;

use ironwright_core::secret::SecretText;

use super::effect::{self, Trouble};
use super::job::Job;
use super::schedule::Scheduler;
use crate::action::Action;
use crate::events::Event;
use crate::journal::{Book, Entry, Operation};
use crate::provider::{Live, ProviderError};
use crate::state::Record;
use crate::steps::{Step, Work};
use crate::store::StoreError;

/// Drops of `found`, which a look-up for `operation` gave, what `book` has already: as deposed, which is on its way out, or
/// at another address, where it was found under a name that both chose.
pub(super) fn without_known(book: &Book, operation: &Operation, mut found: Vec<Live>) -> Vec<Live> {
    let (state, made) = (book.state(), &operation.record);
    let is_known = |live: &Live| {
        let same = |other: &Record| other.physical_id == live.physical_id && other.type_name == made.type_name;
        let elsewhere = |other: &Record| other.address != made.address && other.region == made.region && same(other);
        state.deposed.iter().any(same) || state.resources.values().any(elsewhere)
    };
    found.retain(|live| !is_known(live));
    found
}

/// Puts `doubles` of an interrupted create on record, and returns the steps that delete them.
pub(super) async fn depose_in_recovery(
    scheduler: &mut Scheduler,
    operation: &Operation,
    doubles: &[Live],
) -> Result<Vec<Step>, StoreError> {
    let mut steps = Vec::new();
    for live in doubles {
        let writer = Arc::clone(&scheduler.writer);
        let line = writer.append(doubled(operation, live.clone())).await?;
        scheduler.book.enter(&line);
        scheduler.observer.event(&told(operation, &live.physical_id));
        steps.push(Step {
            address: operation.record.address.clone(),
            type_name: operation.record.type_name.clone(),
            source: None,
            work: Work::Delete { physical_id: live.physical_id.clone() },
            waits_for: Vec::new(),
        });
    }
    Ok(steps)
}

/// Puts `doubles` on record, of a create that is still under way.
pub(super) async fn depose(
    job: &Job,
    operation: &Operation,
    doubles: &mut [Live],
    secrets: &[SecretText],
) -> Result<(), Trouble> {
    for live in doubles {
        let hidden = job.hide(live, operation, secrets);
        job.write_sealed(&hidden, doubled(operation, live.clone())).await?;
        job.observer.event(&told(operation, &live.physical_id));
    }
    Ok(())
}

/// Deletes `doubles`, which are on record.
pub(super) async fn delete(job: &Job, operation: &Operation, doubles: Vec<Live>) -> Result<(), Trouble> {
    for Live { physical_id, model } in doubles {
        let record = Record { physical_id: physical_id.clone(), model, snapshot: false, ..operation.record.clone() };
        let delete = Operation::new(job.parts.draw_token(), Action::Delete, record);
        effect::delete(job, delete).await.map_err(|trouble| match trouble {
            Trouble::Provider(error) => Trouble::Provider(left_over(&physical_id, error)),
            store @ Trouble::Store(_) => store,
        })?;
    }
    Ok(())
}

fn doubled(operation: &Operation, live: Live) -> Entry {
    let Live { physical_id, model } = live;
    Entry::Doubled { token: operation.token.clone(), physical_id, model }
}

fn told(operation: &Operation, physical_id: &str) -> Event {
    Event::Recovered {
        address: operation.record.address.clone(),
        action: operation.action,
        outcome: format!("had been made twice: {physical_id} is deleted"),
    }
}

/// The one that is kept is live; this one is on record, and the next apply deletes it.
fn left_over(physical_id: &str, error: ProviderError) -> ProviderError {
    let message = format!(
        "it was made twice, and the second, {physical_id}, could not be deleted; the next `apply` does: {}",
        error.message
    );
    ProviderError { message, ..error }
}
