//! What a partial plan covers, and what is told of it. How a program's coverage is found is in `spread`; a destroy's is
//! found here, since records alone decide it.

use std::collections::{BTreeMap, BTreeSet};

use ironwright_core::{Address, Graph, Tree};

use super::program::Inputs;
use super::selection::Selection;
use crate::action::{Inclusion, Reason};
use crate::journal::Book;
use crate::partial::{LeftOut, Omission, Partial};
use crate::plan::Recovering;
use crate::state::Record;
use crate::steps::Left;

/// What a partial plan covers. Everything else stays as the state has it.
#[derive(Debug)]
pub(crate) struct Coverage {
    only: Vec<Address>,
    exclude: Vec<Address>,
    /// The addresses, and why one came along that was not asked for.
    covered: BTreeMap<Address, Option<Reason>>,
    left_out: Vec<LeftOut>,
}

impl Coverage {
    pub(super) fn new(
        selection: Selection<'_>,
        covered: BTreeMap<Address, Option<Reason>>,
        left_out: Vec<LeftOut>,
    ) -> Self {
        Self { only: selection.only.to_vec(), exclude: selection.exclude.to_vec(), covered, left_out }
    }

    /// What a destroy covers: what depends on it comes along, what a resource that stays needs is left out.
    pub(crate) fn of_destroy(book: &Book, selection: Selection<'_>) -> Self {
        let kept = kept(book, selection);
        let (users, forgotten) = (users(book), forgotten(book));
        let asked = book.addresses().into_iter().filter(|address| selection.asks_for(address));
        let (stays, mut next): (Vec<_>, Vec<_>) = asked.partition(|address| kept.contains_key(address));
        let mut covered: BTreeMap<Address, Option<Reason>> =
            next.iter().map(|address| (address.clone(), None)).collect();
        while let Some(address) = next.pop() {
            let lose_it = users.get(&address).into_iter().flatten().filter(|_| !forgotten.contains(&address));
            for user in lose_it {
                if kept.contains_key(*user) || covered.contains_key(*user) {
                    continue;
                }
                let reason = Reason::Included { address: address.clone(), because: Inclusion::Deleted };
                covered.insert((*user).clone(), Some(reason));
                next.push((*user).clone());
            }
        }
        let needed = |address: Address| {
            let by = kept.get(&address)?.clone()?;
            Some(LeftOut { address, by, because: Omission::Needed })
        };
        Self::new(selection, covered, stays.into_iter().filter_map(needed).collect())
    }

    /// Whether the plan covers `address`.
    pub(super) fn covers(&self, address: &Address) -> bool {
        self.covered.contains_key(address)
    }

    /// Why `address` came along, where it was not asked for.
    pub(super) fn reason(&self, address: &Address) -> Option<&Reason> {
        self.covered.get(address)?.as_ref()
    }

    /// Whether an output of the program stays as it is: it refers to nothing that the plan covers.
    pub(super) fn leaves_output(&self, tree: &Tree) -> bool {
        let references = tree.references();
        if references.is_empty() { self.leaves_rest() } else { !references.iter().any(|it| self.covers(&it.address)) }
    }

    /// Whether what belongs to no resource stays as it is.
    pub(super) fn leaves_rest(&self) -> bool {
        !self.only.is_empty()
    }

    /// What the plan leaves of an interrupted run, and the outputs it leaves.
    pub(super) fn left(&self, book: &Book, outputs: BTreeSet<(String, String)>) -> Left {
        let pending = book.pending().iter().filter(|operation| !self.covers(&operation.record.address));
        Left { outputs, pending: pending.map(|operation| operation.token.clone()).collect() }
    }

    /// What is told of it. `graph` is nothing for a destroy.
    pub(super) fn partial(&self, graph: Option<&Graph>, book: &Book) -> Partial {
        let declared = graph.into_iter().flat_map(Graph::nodes).map(|node| &node.address);
        let all: BTreeSet<&Address> = declared.chain(book.state().resources.keys()).collect();
        let left = book.pending().iter().filter(|operation| !self.covers(&operation.record.address));
        let unsettled =
            left.map(|operation| Recovering { address: operation.record.address.clone(), action: operation.action });
        Partial {
            only: self.only.clone(),
            exclude: self.exclude.clone(),
            selected: all.iter().filter(|address| self.covers(address)).count(),
            total: all.len(),
            left_out: self.left_out.clone(),
            unsettled: unsettled.collect(),
        }
    }

    /// The records of the program's resources that decide the plan, as far as the cloud was not asked for them yet: what
    /// is covered, and all it needs.
    pub(crate) fn unread<'a>(&self, inputs: &Inputs<'a>) -> Vec<&'a Record> {
        let graph = inputs.graph;
        let mut next: Vec<usize> = self.covered.keys().filter_map(|address| graph.position(address)).collect();
        let mut wanted: BTreeSet<usize> = next.iter().copied().collect();
        while let Some(position) = next.pop() {
            next.extend(graph.dependencies(position).iter().filter(|needed| wanted.insert(**needed)));
        }
        let addresses = wanted.into_iter().map(|position| &graph.nodes()[position].address);
        let unread = addresses.filter(|address| !inputs.observed.contains_key(address));
        unread.filter_map(|address| inputs.book.state().resources.get(address)).collect()
    }
}

/// The operations of `recovering` that a plan settles which leaves those of `partial`.
pub(super) fn settled(mut recovering: Vec<Recovering>, partial: Option<&Partial>) -> Vec<Recovering> {
    recovering.retain(|operation| !partial.is_some_and(|partial| partial.unsettled.contains(operation)));
    recovering
}

/// Who uses each address: what is live, what is deposed, and what an interrupted run may have made or changed.
pub(super) fn users(book: &Book) -> BTreeMap<&Address, BTreeSet<&Address>> {
    let mut users = BTreeMap::<&Address, BTreeSet<&Address>>::new();
    for record in records(book) {
        for needed in record.dependencies.iter().filter(|needed| **needed != record.address) {
            users.entry(needed).or_default().insert(&record.address);
        }
    }
    users
}

fn records(book: &Book) -> impl Iterator<Item = &Record> {
    let state = book.state();
    let pending = book.pending().iter().map(|operation| &operation.record);
    state.resources.values().chain(&state.deposed).chain(pending)
}

/// The addresses at which a deletion only forgets, so that who uses them loses nothing.
pub(super) fn forgotten(book: &Book) -> BTreeSet<&Address> {
    let deleted: BTreeSet<&Address> =
        records(book).filter(|record| !record.retain).map(|record| &record.address).collect();
    let retained = records(book).filter(|record| record.retain).map(|record| &record.address);
    retained.filter(|address| !deleted.contains(address)).collect()
}

/// What a destroy leaves as it is: what is excluded, and what that needs, with who needs it.
fn kept(book: &Book, selection: Selection<'_>) -> BTreeMap<Address, Option<Address>> {
    let mut needs = BTreeMap::<&Address, BTreeSet<&Address>>::new();
    for record in records(book) {
        needs.entry(&record.address).or_default().extend(&record.dependencies);
    }
    let excluded = book.addresses().into_iter().filter(|address| selection.excludes(address));
    let mut kept: BTreeMap<Address, Option<Address>> = excluded.map(|address| (address, None)).collect();
    let mut next: Vec<(Address, Address)> = kept.keys().map(|address| (address.clone(), address.clone())).collect();
    while let Some((address, root)) = next.pop() {
        for needed in needs.get(&address).into_iter().flatten() {
            if !kept.contains_key(*needed) {
                kept.insert((*needed).clone(), Some(root.clone()));
                next.push(((*needed).clone(), root.clone()));
            }
        }
    }
    kept
}
