//! How far a partial plan of a program has to go: from what is asked for to what must come along, and to what must be left
//! out because of what is excluded.
//!
//! A draft decides about every resource as a whole plan would, those that are to stay as they are aside. What is covered
//! is then what is asked for; what that refers to, where holding it back would give another value than the whole plan
//! has; and who uses what is replaced or deleted. So a covered resource becomes what the whole plan makes of it. Where
//! this runs into what stays as it is, it ends: the resource that leads there stays too, and the draft is made anew.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ironwright_core::tree::Reference;
use ironwright_core::{Address, Node};

use super::coverage::{Coverage, forgotten, users};
use super::program::{Inputs, Planner, topological};
use super::selection::Selection;
use crate::action::{Action, Inclusion, Reason};
use crate::partial::{LeftOut, Omission};

/// What stays as it is: what is excluded, and what is left out because of it.
type Barred = BTreeMap<Address, Option<LeftOut>>;

/// What a partial plan of the program in `inputs` covers.
pub(crate) fn cover(inputs: &Inputs<'_>, selection: Selection<'_>) -> Coverage {
    let ties = Ties::of(inputs);
    let excluded = ties.addresses.iter().filter(|address| selection.excludes(address));
    let mut barred: Barred = excluded.map(|address| (address.clone(), None)).collect();
    loop {
        let mut draft = Draft::new(inputs, &ties, barred);
        draft.spread(selection);
        if draft.conflicts.is_empty() {
            return draft.into_coverage(selection);
        }
        barred = draft.barred;
        barred.extend(draft.conflicts.into_iter().map(|(address, why)| (address, Some(why))));
    }
}

/// Who is there, and who uses whom, by state and journal.
struct Ties<'a> {
    /// All addresses in program, state and journal.
    addresses: BTreeSet<Address>,
    users: BTreeMap<&'a Address, BTreeSet<&'a Address>>,
    /// Where something deposed waits for its deletion.
    deposed: BTreeSet<&'a Address>,
    forgotten: BTreeSet<&'a Address>,
}

impl<'a> Ties<'a> {
    fn of(inputs: &Inputs<'a>) -> Self {
        let book = inputs.book;
        let mut addresses = book.addresses();
        addresses.extend(inputs.graph.nodes().iter().map(|node| node.address.clone()));
        let deposed = book.state().deposed.iter().map(|record| &record.address).collect();
        Self { addresses, users: users(book), deposed, forgotten: forgotten(book) }
    }
}

/// One try: the decisions, and what they make the plan cover.
struct Draft<'a, 'i> {
    inputs: &'a Inputs<'i>,
    ties: &'a Ties<'i>,
    planner: Planner<'a>,
    barred: Barred,
    covered: BTreeMap<Address, Option<Reason>>,
    next: VecDeque<Address>,
    /// What cannot be covered, since something that stays as it is would have to come along.
    conflicts: BTreeMap<Address, LeftOut>,
}

impl<'a, 'i> Draft<'a, 'i> {
    /// Decides about every resource that does not stay as it is. What cannot be made without one that does, stays too.
    fn new(inputs: &'a Inputs<'i>, ties: &'a Ties<'i>, mut barred: Barred) -> Self {
        let (graph, mut planner) = (inputs.graph, Planner::new(inputs));
        for position in topological(graph) {
            let address = &graph.nodes()[position].address;
            if !barred.contains_key(address)
                && let Some(why) = lacking(&planner, &barred, position)
            {
                barred.insert(address.clone(), Some(why));
            }
            if barred.contains_key(address) {
                planner.hold(position);
            } else {
                drop(planner.decide(position));
            }
        }
        let (covered, next, conflicts) = (BTreeMap::new(), VecDeque::new(), BTreeMap::new());
        Self { inputs, ties, planner, barred, covered, next, conflicts }
    }

    /// Covers what is asked for, and all that has to come along.
    fn spread(&mut self, selection: Selection<'_>) {
        let ties = self.ties;
        for address in ties.addresses.iter().filter(|address| selection.asks_for(address)) {
            if !self.barred.contains_key(address) {
                self.covered.insert(address.clone(), None);
                self.next.push_back(address.clone());
            }
        }
        loop {
            while let Some(address) = self.next.pop_front() {
                self.include_needed(&address);
                self.include_users(&address);
            }
            if !self.include_circles() {
                return;
            }
        }
    }

    fn include(&mut self, address: &Address, of: &Address, because: Inclusion) {
        let reason = Reason::Included { address: of.clone(), because };
        self.covered.insert(address.clone(), Some(reason));
        self.next.push_back(address.clone());
    }

    /// What `address` needs, where it is not live, or where the whole plan changes what `address` refers to.
    fn include_needed(&mut self, address: &Address) {
        let graph = self.inputs.graph;
        let Some(position) = graph.position(address) else {
            return;
        };
        for needed in graph.dependencies(position) {
            let other = &graph.nodes()[*needed].address;
            let open = !self.covered.contains_key(other) && !self.barred.contains_key(other);
            if open && self.must_come(*needed, &graph.nodes()[position]) {
                self.include(other, address, Inclusion::NeedsIt);
            }
        }
    }

    fn must_come(&self, needed: usize, by: &Node) -> bool {
        let address = &self.inputs.graph.nodes()[needed].address;
        let decision = self.planner.decisions[needed].as_ref();
        let changes = decision.is_some_and(|decision| decision.verdict.action.is_change());
        let differs = |reference: &Reference| {
            let held = self.planner.held(needed, reference);
            changes && held.has_unknown() || held != self.planner.attribute(reference)
        };
        !self.inputs.is_live(needed) || references(by, address).any(differs)
    }

    /// Who uses `address`, where that is replaced or deleted.
    fn include_users(&mut self, address: &Address) {
        let ties = self.ties;
        let Some(fate) = self.fate(address) else {
            return;
        };
        for user in ties.users.get(address).into_iter().flatten() {
            if self.barred.contains_key(*user) {
                if fate != Inclusion::MadeAnew {
                    self.conflict(address, user, Omission::Needed);
                }
            } else if !self.covered.contains_key(*user) {
                self.include(user, address, fate);
            }
        }
    }

    /// What becomes of what is at `address` now, where its users cannot stay as they are.
    fn fate(&self, address: &Address) -> Option<Inclusion> {
        let deposed = self.ties.deposed.contains(address);
        let Some(position) = self.inputs.graph.position(address) else {
            return (!self.ties.forgotten.contains(address)).then_some(Inclusion::Deleted);
        };
        match self.planner.decisions[position].as_ref()?.verdict.action {
            action if action.is_replace() || deposed => Some(Inclusion::Replaced),
            Action::Create => Some(Inclusion::MadeAnew),
            _ => None,
        }
    }

    /// A resource that is to need another, while the state still has it the other way round: both have to change, or the
    /// state would hold a circle. True where something came along.
    fn include_circles(&mut self) -> bool {
        let graph = self.inputs.graph;
        let turned = self.turned();
        if turned.is_empty() {
            return false;
        }
        let covered = self.covered.keys().filter_map(|address| graph.position(address));
        let mut next: Vec<(usize, usize)> = covered.map(|position| (position, position)).collect();
        let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
        while let Some((position, start)) = next.pop() {
            for needed in graph.dependencies(position) {
                let open = !self.covered.contains_key(&graph.nodes()[*needed].address) && seen.insert(*needed);
                if open && turned.contains(needed) {
                    found.push((*needed, start));
                } else if open {
                    next.push((*needed, start));
                }
            }
        }
        for (position, start) in &found {
            let (address, of) = (&graph.nodes()[*position].address, &graph.nodes()[*start].address);
            if self.barred.contains_key(address) {
                self.conflict(of, address, Omission::Circle);
            } else {
                self.include(address, of, Inclusion::NeedsIt);
            }
        }
        !self.next.is_empty()
    }

    /// The positions of those that are not covered, need other resources than the state says, and by the state stand on
    /// something that is covered.
    fn turned(&self) -> BTreeSet<usize> {
        let graph = self.inputs.graph;
        let differs = |position: &usize| {
            !self.covered.contains_key(&graph.nodes()[*position].address) && self.planner.dependencies_differ(*position)
        };
        let differing: BTreeSet<usize> = (0..graph.nodes().len()).filter(differs).collect();
        if differing.is_empty() {
            return differing;
        }
        let mut next: Vec<&Address> = self.covered.keys().collect();
        let mut above = BTreeSet::new();
        while let Some(address) = next.pop() {
            let users = self.ties.users.get(address).into_iter().flatten();
            next.extend(users.filter(|user| above.insert(**user)));
        }
        differing.into_iter().filter(|position| above.contains(&graph.nodes()[*position].address)).collect()
    }

    fn conflict(&mut self, address: &Address, by: &Address, because: Omission) {
        let root = self.barred.get(by).and_then(Option::as_ref).map_or(by, |why| &why.by);
        let why = LeftOut { address: address.clone(), by: root.clone(), because };
        self.conflicts.entry(address.clone()).or_insert(why);
    }

    fn into_coverage(self, selection: Selection<'_>) -> Coverage {
        let told = |why: &LeftOut| why.because != Omission::NeedsMissing || selection.asks_for(&why.address);
        let left_out = self.barred.into_values().flatten().filter(told).collect();
        Coverage::new(selection, self.covered, left_out)
    }
}

/// Why the resource at `position` cannot be made or changed: it needs one that stays as it is, and that does not exist, or
/// has not what is asked of it.
fn lacking(planner: &Planner<'_>, barred: &Barred, position: usize) -> Option<LeftOut> {
    let (inputs, graph) = (planner.inputs, planner.inputs.graph);
    let node = &graph.nodes()[position];
    let lacks = |needed: usize| {
        let unknown = |reference: &Reference| planner.held(needed, reference).has_unknown();
        !inputs.is_live(needed) || references(node, &graph.nodes()[needed].address).any(unknown)
    };
    let needed = graph.dependencies(position).iter().map(|needed| (*needed, &graph.nodes()[*needed].address));
    let mut barred = needed.filter_map(|(needed, address)| Some((needed, address, barred.get(address)?)));
    let (_, address, why) = barred.find(|(needed, ..)| lacks(*needed))?;
    let by = why.as_ref().map_or(address, |why| &why.by).clone();
    Some(LeftOut { address: node.address.clone(), by, because: Omission::NeedsMissing })
}

/// What `node` refers to of the resource at `address`.
fn references<'a>(node: &'a Node, address: &'a Address) -> impl Iterator<Item = &'a Reference> {
    let references = node.properties.iter().flat_map(|entry| entry.tree.references());
    references.filter(move |reference| reference.address == *address)
}
