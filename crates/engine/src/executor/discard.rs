//! Deletes what interrupted creates have made where another is wanted in its place.

use std::sync::Arc;

use super::doubles;
use super::effect::{Trouble, delete, look_up};
use super::job::Job;
use crate::action::Action;
use crate::journal::{Entry, Operation, Outcome};
use crate::provider::Live;
use crate::state::Record;

/// Deletes what the interrupted create `made` is found to have made: another is wanted in its place.
pub(super) async fn discard(job: &Job, made: Operation, live: Live) -> Result<(), Trouble> {
    let Live { physical_id, model } = live;
    let record = Record { physical_id: physical_id.clone(), model: model.clone(), ..made.record };
    job.write(Entry::End { token: made.token, outcome: Outcome::Found { physical_id, model } }).await?;
    let operation = Operation::new(job.parts.draw_token(), Action::Delete, record);
    // Its end is not that of the step: the slot stays taken for what comes next.
    let job = Job { slot: Arc::default(), ..job.clone() };
    delete(&job, operation).await.map(drop)
}

/// Deletes what the interrupted create `made` left, where it left something: it is looked for now, and another is wanted in
/// its place.
pub(super) async fn clear(job: &Job, made: Operation) -> Result<(), Trouble> {
    let mut doubles = look_up(job, &made).await?;
    if doubles.is_empty() {
        return Ok(job.write(Entry::End { token: made.token, outcome: Outcome::Nothing }).await?);
    }
    let live = doubles.remove(0);
    doubles::depose(job, &made, &mut doubles, &[]).await?;
    discard(job, made.clone(), live).await?;
    doubles::delete(job, &made, doubles).await
}
