//! Reading the cloud for a plan: everything the program has, or what a partial plan covers and needs, and no more.

use std::collections::BTreeSet;

use ironwright_core::Address;

use crate::engine::PlanOptions;
use crate::error::EngineError;
use crate::events::Observer;
use crate::journal::Book;
use crate::parts::Parts;
use crate::planner::{self, Inputs, Listed, Selection, Wanted};
use crate::provider::{Readiness, Ticket};
use crate::refresh::{self, Belief, Observed};
use crate::sealing::{self, Sealer};
use crate::state::Record;

/// Fills in what the cloud has, and what the plan covers where `options` ask for a partial one. What is read may change
/// what has to come along, so that goes on until nothing is left to read.
pub(crate) async fn look(
    parts: &Parts,
    inputs: &mut Inputs<'_>,
    options: &PlanOptions,
    sealer: &Sealer,
    observer: &dyn Observer,
) -> Result<(), EngineError> {
    let under_way: BTreeSet<Address> = inputs.recovering.iter().map(|operation| operation.address.clone()).collect();
    let belief = if options.only_shown { Belief::Soon } else { Belief::Slow };
    let is_read = |record: &&Record| options.refresh || under_way.contains(&record.address);
    let Some(selection) = Selection::new(&options.only, &options.exclude) else {
        let resources = inputs.book.state().resources.values();
        let declared = resources.filter(|record| inputs.graph.node(&record.address).is_some());
        let records: Vec<&Record> = declared.filter(is_read).collect();
        return read(parts, inputs, &records, belief, sealer, observer).await;
    };
    let mut known = inputs.book.addresses();
    known.extend(inputs.graph.nodes().iter().map(|node| node.address.clone()));
    let problems = selection.problems(&known);
    if problems.has_errors() {
        return Err(EngineError::Diagnostics(problems));
    }
    loop {
        let coverage = planner::cover(inputs, selection);
        let records: Vec<&Record> = coverage.unread(inputs).into_iter().filter(is_read).collect();
        if records.is_empty() {
            inputs.coverage = Some(coverage);
            return Ok(());
        }
        read(parts, inputs, &records, belief, sealer, observer).await?;
    }
}

/// Fills in what is to be imported.
pub(crate) async fn look_for(
    parts: &Parts,
    inputs: &mut Inputs<'_>,
    wanted: Wanted,
    sealer: &Sealer,
    observer: &dyn Observer,
) -> Result<(), EngineError> {
    if wanted.records.is_empty() {
        return Ok(());
    }
    let records: Vec<&Record> = wanted.records.iter().collect();
    let mut seen = refresh::observe(parts, &records, Belief::Slow, sealer, observer).await?;
    let listed = list(parts, inputs.book, &wanted, &seen).await;
    let found = wanted.found(inputs.graph, &inputs.context, sealer.salt(), &mut seen, &listed);
    inputs.imported = found.map_err(EngineError::Diagnostics)?;
    inputs.observed.extend(seen);
    Ok(())
}

/// How those of `records` stand that are there and were not waited for.
async fn readiness(
    parts: &Parts,
    records: &[&Record],
    observed: &Observed,
) -> Result<Vec<(Address, Readiness)>, EngineError> {
    let mut told = Vec::new();
    let is_there = |record: &&&Record| observed.get(&record.address).is_some_and(Option::is_some);
    for record in records.iter().filter(is_there) {
        let Some(ticket) = record.accepted.clone() else { continue };
        let Some(provider) = parts.providers.of(&record.type_name) else { continue };
        let Record { address, type_name, region, physical_id, .. } = (*record).clone();
        let standing = provider.standing(&Ticket { type_name, region, physical_id, ticket }).await;
        let standing = standing.map_err(|error| EngineError::Provider { address: Some(address.clone()), error })?;
        told.push((address, standing));
    }
    Ok(told)
}

/// What there is of the types of which something is to be imported that is not there.
async fn list(parts: &Parts, book: &Book, wanted: &Wanted, seen: &Observed) -> Listed {
    let mut listed = Listed::new();
    for record in wanted.records.iter().filter(|record| seen.get(&record.address).is_some_and(Option::is_none)) {
        let (kind, region) = (record.type_name.as_str(), record.region.as_str());
        let place = (kind.to_owned(), region.to_owned());
        let Some(provider) = parts.providers.of(kind).filter(|_| !listed.contains_key(&place)) else { continue };
        // It is there to help: where it cannot be told, the error says less.
        let Ok(mut ids) = provider.list(kind, region).await else { continue };
        let managed = |id: &String| book.state().resources.values().any(|other| other.physical_id == *id);
        ids.retain(|id| !managed(id));
        listed.insert(place, ids);
    }
    listed
}

async fn read(
    parts: &Parts,
    inputs: &mut Inputs<'_>,
    records: &[&Record],
    belief: Belief,
    sealer: &Sealer,
    observer: &dyn Observer,
) -> Result<(), EngineError> {
    inputs.observed.extend(refresh::observe(parts, records, belief, sealer, observer).await?);
    inputs.readiness.extend(readiness(parts, records, &inputs.observed).await?);
    inputs.opened = sealing::opened(sealer, inputs.graph, inputs.book.state(), &inputs.observed);
    inputs.met = sealer.met();
    Ok(())
}
