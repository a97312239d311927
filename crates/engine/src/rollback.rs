//! Rollback: the plan that takes back the last run. The resources of an earlier version of the state become a graph, which
//! goes through the ordinary planner and executor, so that all their rules hold. What cannot be undone is told first.

mod one;
mod told;
mod version;
mod wanted;

use std::collections::{BTreeMap, BTreeSet};

use ironwright_core::{Address, Diagnostics};

use crate::action::Action;
use crate::engine::{Engine, PlanOptions};
use crate::error::EngineError;
use crate::events::Observer;
use crate::journal::{Book, Moves};
use crate::parts::panics_told;
use crate::plan::{Change, Plan};
use crate::planner::Identity;
use crate::sealing;
use crate::state::{Record, State};
use told::Told;
use wanted::Wanted;

impl Engine {
    /// What takes back the last run: the plan that leads to the version of the state before it, or to the version `to`.
    /// Where that run was interrupted, or a rollback was, it is settled first. Needs no program; writes nothing.
    ///
    /// Of `options`, only `refresh` counts.
    pub async fn plan_rollback(
        &self,
        to: Option<u64>,
        options: &PlanOptions,
        observer: &dyn Observer,
    ) -> Result<Plan, EngineError> {
        panics_told(self.go_back(to, options, observer)).await
    }

    async fn go_back(
        &self,
        to: Option<u64>,
        options: &PlanOptions,
        observer: &dyn Observer,
    ) -> Result<Plan, EngineError> {
        self.wait_for_lock(observer).await?;
        let stored = self.0.store.load().await?;
        let mut book = self.0.book(stored.clone())?;
        let version = version::chosen(&self.0, &book, stored.snapshot, to).await?;
        let base = &version.snapshot.state;
        let identity = Identity::exactly(moved_back(base, book.state()), &mut book);
        keep_what_was_imported(base, &mut book);
        let open = |digest: &str| sealing::open(&*self.0.vault, base, digest).ok();
        let wanted = Wanted::of(&self.0, base, book.state(), &open).map_err(EngineError::Diagnostics)?;
        let mut options = ours(&wanted, &book, options.refresh);
        loop {
            let plan = self.plan_from(book.clone(), identity.clone(), &wanted.graph, &options, observer).await?;
            let unsendable: Vec<Address> =
                plan.changes.iter().filter(|it| needs_secrets(it, &wanted)).map(at).collect();
            if unsendable.iter().all(|address| options.exclude.contains(address)) {
                let told = Told { version: &version, wanted: &wanted, state: book.state(), left: &options.exclude };
                let told = told.diagnostics(&self.0, &plan);
                return Ok(finished(plan, base.serial, told));
            }
            options.exclude.extend(unsendable);
        }
    }
}

fn at(change: &Change) -> Address {
    change.address.clone()
}

/// What the planner is asked: nothing is a rename by its content, since it is known what is what; and what needed
/// something that does not come back is left as it is.
fn ours(wanted: &Wanted, book: &Book, refresh: bool) -> PlanOptions {
    let nodes = wanted.graph.nodes().iter().map(|node| node.address.clone());
    let not_moved = nodes.chain(book.addresses()).collect();
    let exclude = wanted.bereft.keys().cloned().collect();
    PlanOptions { refresh, exclude, not_moved, ..PlanOptions::default() }
}

/// Whether a change would have to send a secret of which only a digest is known.
fn needs_secrets(change: &Change, wanted: &Wanted) -> bool {
    let sends = matches!(change.action, Action::Create | Action::Update) || change.action.is_replace();
    sends && wanted.locked.contains_key(&change.address)
}

/// The moves of addresses that lead back: a resource that stands in both states, at different addresses.
fn moved_back(base: &State, state: &State) -> Moves {
    let identity = |record: &Record| (record.type_name.clone(), record.region.clone(), record.physical_id.clone());
    let before: BTreeMap<_, &Address> =
        base.resources.values().map(|record| (identity(record), &record.address)).collect();
    let back = state.resources.values().filter_map(|record| {
        let to = before.get(&identity(record)).filter(|to| ***to != record.address)?;
        Some((record.address.clone(), (*to).clone()))
    });
    let moves: Moves = back.collect();
    let leaving: BTreeSet<&Address> = moves.keys().collect();
    let is_free = |to: &Address| !state.resources.contains_key(to) || leaving.contains(to);
    if moves.values().all(is_free) { moves } else { Moves::new() }
}

/// What the run took over from the cloud is managed no longer, and not deleted: it was there before.
fn keep_what_was_imported(base: &State, book: &mut Book) {
    let imported = |record: &&mut Record| record.imported && !base.resources.contains_key(&record.address);
    book.state_mut().resources.values_mut().filter(imported).for_each(|record| record.retain = true);
}

fn finished(mut plan: Plan, serial: u64, told: Diagnostics) -> Plan {
    let further = std::mem::take(&mut plan.preview.warnings);
    plan.preview.warnings = told.into_iter().chain(further).collect();
    plan.preview.rollback_to = Some(serial);
    plan.preview.partial = None;
    plan
}
