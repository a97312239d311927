//! One run: the lock, what an interrupted run left, the steps, the outputs, and the snapshot that holds it all.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::outputs;
use super::recover;
use super::schedule::Scheduler;
use crate::engine::Stop;
use crate::error::EngineError;
use crate::events::Observer;
use crate::journal::Book;
use crate::parts::Parts;
use crate::plan::Plan;
use crate::report::Report;
use crate::state::State;
use crate::steps::{Base, Steps};
use crate::store::StoreError;

/// What a run needs of its plan.
pub(crate) struct Order {
    app: String,
    stage: String,
    destroy: bool,
    empty: bool,
    /// The version it goes back to, where it takes back a run.
    rollback_to: Option<u64>,
    pub(super) steps: Arc<Steps>,
}

impl From<&Plan> for Order {
    fn from(plan: &Plan) -> Self {
        let (app, stage) = (plan.app.clone(), plan.stage.clone());
        // One of a single resource that is interrupted is an interrupted update: nothing else is to be taken back.
        let rollback_to = plan.rollback_to.filter(|_| plan.rollback_of.is_none());
        let empty = plan.is_empty();
        Self { app, stage, destroy: plan.destroy, empty, rollback_to, steps: plan.steps.clone() }
    }
}

/// Carries out `order` under the lock.
pub(crate) async fn apply(
    parts: Arc<Parts>,
    order: Order,
    stop: Stop,
    observer: Arc<dyn Observer>,
) -> Result<Report, EngineError> {
    let run = under_lock(&parts, &order, stop.clone(), observer.clone());
    parts.locked_telling(&*observer, &stop, run).await
}

async fn under_lock(
    parts: &Arc<Parts>,
    order: &Order,
    stop: Stop,
    observer: Arc<dyn Observer>,
) -> Result<Report, EngineError> {
    let mut book = parts.open().await?;
    if Base::of(&book) != order.steps.base {
        return Err(EngineError::StalePlan);
    }
    if order.empty && order.steps.refreshed.is_empty() && order.steps.ready.is_empty() {
        return Ok(Report { live: live(book.state()), ..Report::default() });
    }
    if !book.exists {
        found_state(parts, order, &mut book).await?;
    }
    let mut scheduler = Scheduler::new(parts.clone(), book, stop, observer, order.steps.clone());
    scheduler.prepare();
    let ended = carry_out(&mut scheduler, order).await;
    let Scheduler { mut book, mut report, writer, .. } = scheduler;
    report.live = live(book.state());
    let ended = match ended {
        Ok(()) => parts.save(&mut book, writer.last()).await,
        Err(error) => Err(error),
    };
    match ended {
        Ok(()) => Ok(report),
        Err(error) => Err(EngineError::BrokenOff { error, report: Box::new(report) }),
    }
}

async fn carry_out(scheduler: &mut Scheduler, order: &Order) -> Result<(), StoreError> {
    scheduler.tell_rollback(order.rollback_to).await?;
    scheduler.move_addresses().await?;
    let overtaken = recover::settle(scheduler).await?;
    scheduler.take_over_refreshed();
    scheduler.delete_unwanted().await?;
    scheduler.carry_out(order.steps.clone()).await?;
    // What was to be done about an interrupted update or delete and was not, the next run has to know of.
    let report = &scheduler.report;
    let failed = report.failed.iter().map(|failure| &failure.address);
    let undone: BTreeSet<_> = failed.chain(report.not_started.iter().map(|step| &step.address)).cloned().collect();
    let settled: Vec<_> =
        overtaken.into_iter().filter(|operation| !undone.contains(&operation.record.address)).collect();
    scheduler.book.drop_pending(|operation| settled.iter().any(|settled| settled.token == operation.token));
    outputs::record(&mut scheduler.book, &order.steps, &scheduler.sealer, order.destroy);
    scheduler.report.unsealed = scheduler.sealer.finish(&mut scheduler.book);
    if scheduler.report.is_complete() {
        scheduler.book.rolled_back();
    }
    Ok(())
}

/// Saves an empty state with a lineage of its own, before anything is done in the cloud: it shows that the place can be
/// written to, and what is written to the journal needs the lineage.
async fn found_state(parts: &Parts, order: &Order, book: &mut Book) -> Result<(), StoreError> {
    *book.state_mut() = State {
        app: order.app.clone(),
        stage: order.stage.clone(),
        target: parts.settings.target.clone(),
        account: parts.settings.account.clone(),
        lineage: parts.draw_id(),
        ..State::default()
    };
    let sequence = book.sequence();
    parts.save(book, sequence).await
}

fn live(state: &State) -> usize {
    state.resources.len() + state.deposed.len()
}
