//! From decisions to steps: which step waits for which.
//!
//! A create or update waits for those of what it needs; a delete for those of what needed it. A replacement that creates
//! first deletes last, after its dependents have moved over. Where a delete would like to wait for a dependent to let go
//! and the dependent waits for the delete, the wish is dropped and the cloud's "in use" is met by trying again.

use std::collections::{BTreeMap, BTreeSet};

use ironwright_core::{Address, Node, Source, Tree};

use super::removal::{Removals, dependents};
use crate::action::Action;
use crate::journal::Book;
use crate::state::Record;
use crate::steps::{Goal, Imported, Step, Work};

/// A resource of the program that is made, changed, or recorded anew.
pub(super) struct Forward<'a> {
    pub(super) position: usize,
    pub(super) node: &'a Node,
    pub(super) action: Action,
    pub(super) goal: Goal,
    /// The positions of what it needs.
    pub(super) needs: Vec<usize>,
    /// What it replaces.
    pub(super) replaced: Option<&'a Record>,
    /// Of an import: what the cloud has. What else is done to the resource comes behind it, as a forward of its own.
    pub(super) imported: Option<Imported>,
    /// The names of the properties that differ; nothing where an interrupted update may have changed more.
    pub(super) changed: Option<BTreeSet<String>>,
}

/// The steps of these resources and `removals`, each after those it waits for.
pub(super) fn steps(forwards: Vec<Forward<'_>>, removals: &Removals<'_>, book: &Book) -> Vec<Step> {
    let mut draft = Draft::default();
    let forward_at: BTreeMap<usize, usize> =
        forwards.iter().enumerate().map(|(step, forward)| (forward.position, step)).collect();
    let import_at: BTreeMap<usize, usize> = forwards
        .iter()
        .enumerate()
        .filter(|(_, forward)| forward.imported.is_some())
        .map(|(step, forward)| (forward.position, step))
        .collect();
    let mut replaced = Vec::new();
    let mut users = BTreeMap::<Address, Vec<usize>>::new();
    for (step, forward) in forwards.into_iter().enumerate() {
        let needs = forward.needs.iter().filter_map(|needed| forward_at.get(needed));
        let import = import_at.get(&forward.position).filter(|import| **import != step);
        draft.hard.push(needs.chain(import).copied().collect());
        draft.soft.push(BTreeSet::new());
        for needed in &forward.goal.record.dependencies {
            users.entry(needed.clone()).or_default().push(step);
        }
        replaced.extend(forward.replaced.map(|record| (step, forward.action, record, import.copied())));
        draft.steps.push(forward_step(forward));
    }
    draft.removals(&replaced, removals);
    draft.let_go(&users, book);
    draft.into_order()
}

fn forward_step(forward: Forward<'_>) -> Step {
    let goal = Box::new(forward.goal);
    let work = match (forward.imported, forward.action) {
        (Some(imported), _) => Work::Import { goal, imported },
        (None, Action::NoOp) => Work::Record { goal },
        (None, Action::Update) => Work::Update { goal, changed: forward.changed },
        (None, action) => Work::Create { goal, deposes: action == Action::CreateThenDestroy },
    };
    let address = forward.node.address.clone();
    let source = Some(forward.node.source.clone()).filter(Source::is_somewhere);
    Step { address, type_name: forward.node.type_name.to_string(), source, work, waits_for: Vec::new() }
}

/// Whether `step` makes a resource under the physical id of `deposed`, since the program chooses it.
fn takes_name_of(step: &Step, deposed: &Record) -> bool {
    let Work::Create { goal, .. } = &step.work else {
        return false;
    };
    let is_set =
        |part: &str| goal.properties.iter().any(|entry| matches!(&entry.tree, Tree::Text(text) if text == part));
    step.type_name == deposed.type_name && deposed.physical_id.split('|').all(is_set)
}

fn removal_step(record: &Record) -> Step {
    let physical_id = record.physical_id.clone();
    let work = if record.retain { Work::Forget { physical_id } } else { Work::Delete { physical_id } };
    let (address, type_name) = (record.address.clone(), record.type_name.clone());
    Step { address, type_name, source: None, work, waits_for: Vec::new() }
}

/// Steps with their edges, in no particular order yet.
#[derive(Default)]
struct Draft<'a> {
    steps: Vec<Step>,
    /// Which steps each must wait for.
    hard: Vec<BTreeSet<usize>>,
    /// Which steps each had better wait for.
    soft: Vec<BTreeSet<usize>>,
    /// The steps that remove a record: the record, and whether it is deposed already.
    removing: Vec<(usize, &'a Record, bool)>,
}

impl<'a> Draft<'a> {
    fn removals(&mut self, replaced: &[(usize, Action, &'a Record, Option<usize>)], removals: &Removals<'a>) {
        for (forward, action, record, import) in replaced {
            let step = self.remove(record, false);
            self.hard[step].extend(import);
            match action {
                Action::DestroyThenCreate => self.hard[*forward].insert(step),
                _ => self.hard[step].insert(*forward),
            };
        }
        for (records, deposed) in [(&removals.live, false), (&removals.deposed, true)] {
            for record in records {
                let step = self.remove(record, deposed);
                self.free_name(record, step);
            }
        }
    }

    /// What takes the name of `record` waits for the `step` that removes it.
    fn free_name(&mut self, record: &Record, step: usize) {
        let takes_its_name = |forward: &usize| takes_name_of(&self.steps[*forward], record);
        let successors: Vec<usize> = (0..step).filter(takes_its_name).collect();
        for forward in successors {
            self.hard[forward].insert(step);
        }
    }

    fn remove(&mut self, record: &'a Record, deposed: bool) -> usize {
        let step = self.steps.len();
        self.steps.push(removal_step(record));
        self.hard.push(BTreeSet::new());
        self.soft.push(BTreeSet::new());
        self.removing.push((step, record, deposed));
        step
    }

    /// A delete waits for the deletes of what needed it, and had better wait until the others have let go.
    fn let_go(&mut self, users: &BTreeMap<Address, Vec<usize>>, book: &Book) {
        if self.removing.is_empty() {
            return;
        }
        let on_record = dependents(book.state().resources.values().chain(&book.state().deposed));
        // What an interrupted run may have made of a resource: it may use more than its record says.
        let in_doubt = dependents(book.pending().iter().map(|operation| &operation.record));
        let forward: BTreeMap<Address, usize> = self
            .steps
            .iter()
            .enumerate()
            .filter(|(_, step)| !matches!(step.work, Work::Delete { .. } | Work::Forget { .. }))
            .map(|(index, step)| (step.address.clone(), index))
            .collect();
        let removing: BTreeMap<(&Address, &str), (usize, bool)> = self
            .removing
            .iter()
            .map(|(step, record, deposed)| ((&record.address, record.physical_id.as_str()), (*step, *deposed)))
            .collect();
        for (step, record, deposed) in &self.removing {
            let (hard, soft) = (&mut self.hard[*step], &mut self.soft[*step]);
            for dependent in on_record.get(&record.address).into_iter().flatten() {
                let removed = removing.get(&(&dependent.address, dependent.physical_id.as_str()));
                match removed {
                    Some((other, false)) if !deposed => drop(hard.insert(*other)),
                    Some((other, _)) => drop(soft.insert(*other)),
                    None => soft.extend(forward.get(&dependent.address)),
                }
            }
            for user in in_doubt.get(&record.address).into_iter().flatten() {
                soft.extend(removing.get(&(&user.address, user.physical_id.as_str())).map(|(other, _)| other));
                // What an interrupted create has made goes, or is taken over, in the step that makes it now.
                soft.extend(forward.get(&user.address));
            }
            soft.extend(users.get(&record.address).into_iter().flatten());
            soft.remove(step);
        }
    }

    /// The steps in an order in which each comes after those it waits for.
    fn into_order(mut self) -> Vec<Step> {
        let count = self.steps.len();
        let mut waiting: Vec<BTreeSet<usize>> =
            (0..count).map(|step| self.hard[step].union(&self.soft[step]).copied().collect()).collect();
        let mut followers = vec![Vec::new(); count];
        for (step, waits_for) in waiting.iter().enumerate() {
            for other in waits_for {
                followers[*other].push(step);
            }
        }
        let mut free: BTreeSet<usize> = (0..count).filter(|step| waiting[*step].is_empty()).collect();
        let mut stuck: BTreeSet<usize> = (0..count).filter(|step| !waiting[*step].is_empty()).collect();
        let (mut order, mut place) = (Vec::with_capacity(count), vec![None; count]);
        while order.len() < count {
            let Some(step) = free.pop_first() else {
                self.drop_wish(&mut waiting, &mut stuck, &mut free);
                continue;
            };
            place[step] = Some(order.len());
            order.push(step);
            for follower in &followers[step] {
                if waiting[*follower].remove(&step) && waiting[*follower].is_empty() && stuck.remove(follower) {
                    free.insert(*follower);
                }
            }
        }
        let mut steps: Vec<Option<Step>> = self.steps.into_iter().map(Some).collect();
        let ordered = order.iter().filter_map(|index| {
            let mut step = steps[*index].take()?;
            let waits_for = self.hard[*index].union(&self.soft[*index]);
            step.waits_for = waits_for.filter_map(|other| place[*other]).collect();
            Some(step)
        });
        ordered.collect()
    }

    /// Opens one circle of steps that wait for each other, by dropping a wish in it; the musts alone are in no circle.
    fn drop_wish(&mut self, waiting: &mut [BTreeSet<usize>], stuck: &mut BTreeSet<usize>, free: &mut BTreeSet<usize>) {
        let circle = circle(waiting, stuck);
        let next = circle.iter().skip(1).chain(circle.first());
        let wish = circle.iter().zip(next).find(|(step, other)| !self.hard[**step].contains(*other));
        let Some((step, other)) = wish.or_else(|| circle.first().zip(circle.get(1).or(circle.first()))) else {
            return;
        };
        waiting[*step].remove(other);
        self.soft[*step].remove(other);
        self.hard[*step].remove(other);
        if waiting[*step].is_empty() && stuck.remove(step) {
            free.insert(*step);
        }
    }
}

/// Steps that wait for each other in a circle: each for the next, the last for the first. Every stuck step waits for
/// another that is stuck, so that following them comes back to one.
fn circle(waiting: &[BTreeSet<usize>], stuck: &BTreeSet<usize>) -> Vec<usize> {
    let (mut path, mut place) = (Vec::new(), BTreeMap::new());
    let mut next = stuck.first().copied();
    while let Some(step) = next {
        if let Some(start) = place.insert(step, path.len()) {
            return path.split_off(start);
        }
        path.push(step);
        next = waiting[step].first().copied();
    }
    path
}
