//! What becomes of one resource of the program: its properties on three sides (program, state, cloud) give an action.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use ironwright_core::facts::TypeFacts;
use ironwright_core::options::Removal;
use ironwright_core::{Address, Node, Planned};
use serde_json::Value as Json;

use super::compare::{Comparer, covers, same};
use super::diff::{Sides, diff};
use super::replace;
use crate::action::{Action, Reason};
use crate::journal::Operation;
use crate::plan::PropertyChange;
use crate::provider::Live;
use crate::state::Record;

/// What the planner knows of one resource when its turn comes.
pub(super) struct Subject<'a> {
    pub(super) node: &'a Node,
    pub(super) region: &'a str,
    pub(super) facts: &'a TypeFacts,
    /// The properties as far as they are known.
    pub(super) desired: &'a Planned,
    pub(super) record: Option<&'a Record>,
    /// What the cloud has; nothing where it was not asked.
    pub(super) observed: Option<&'a Option<Live>>,
    /// An operation of an interrupted run on this address.
    pub(super) interrupted: Option<&'a Operation>,
    /// The command line asks for its replacement.
    pub(super) requested: bool,
    /// Its making was not waited for, and has failed.
    pub(super) has_failed: bool,
    pub(super) salt: &'a str,
    /// Resources that a property refers to and that are made or changed by this plan.
    pub(super) unsettled: &'a dyn Fn(&str) -> Vec<Address>,
}

/// What becomes of it.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) action: Action,
    pub(super) reasons: Vec<Reason>,
    pub(super) properties: Vec<PropertyChange>,
    /// The record changes, though nothing in the cloud does.
    pub(super) record_only: bool,
}

impl Verdict {
    fn new(action: Action, reason: Reason, properties: Vec<PropertyChange>) -> Self {
        Self { action, reasons: vec![reason], properties, record_only: false }
    }

    /// It stays as it is, to the letter of its record.
    pub(super) fn nothing() -> Self {
        Self { action: Action::NoOp, reasons: Vec::new(), properties: Vec::new(), record_only: false }
    }
}

impl Subject<'_> {
    /// What becomes of it. A replacement is always `CreateThenDestroy` here; the order is decided later.
    pub(super) fn verdict(&self) -> Verdict {
        let Some(record) = self.record else {
            let reason = if self.interrupted.is_some() { Reason::Interrupted } else { Reason::New };
            return Verdict::new(Action::Create, reason, self.all_new());
        };
        if self.observed.is_some_and(Option::is_none) {
            return Verdict::new(Action::Create, Reason::Missing, self.all_new());
        }
        if record.type_name != *self.node.type_name {
            return Verdict::new(Action::CreateThenDestroy, Reason::TypeChanged, self.all_new());
        }
        if self.is_settled(record) {
            let record_only = self.options_differ(record);
            return Verdict { action: Action::NoOp, reasons: Vec::new(), properties: Vec::new(), record_only };
        }
        self.changed(record)
    }

    /// The common case, told without looking at single properties: neither program nor cloud has changed anything.
    fn is_settled(&self, record: &Record) -> bool {
        let cloud = |observed: &Live| observed.model == record.model;
        !self.requested
            && !record.incomplete
            && !self.has_failed
            && self.interrupted.is_none()
            && record.region == self.region
            && same(self.desired, &record.properties, self.salt)
            && self.live().is_none_or(cloud)
    }

    fn live(&self) -> Option<&Live> {
        self.observed.and_then(Option::as_ref)
    }

    fn changed(&self, record: &Record) -> Verdict {
        let mut causes = Causes::default();
        let mut properties = Vec::new();
        for name in self.property_names(record) {
            let found = self.property(record, name);
            causes.add(&found, self.program_changed(record, name), || (self.unsettled)(name));
            properties.extend(found);
        }
        if record.region != self.region {
            properties.push(moved(&record.region, self.region));
        }
        let may = replace::mark(self.facts, &mut properties);
        let mut reasons = causes.reasons();
        let forced: Vec<String> = forcing(&properties);
        let whole = [(record.incomplete || self.has_failed, Reason::Interrupted), (self.requested, Reason::Requested)];
        let whole: Vec<Reason> = whole.into_iter().filter(|(holds, _)| *holds).map(|(_, reason)| reason).collect();
        let replaced = !forced.is_empty() || !whole.is_empty();
        reasons.extend(whole);
        if !forced.is_empty() {
            reasons.push(Reason::ForcedBy { properties: forced });
        } else if !may.is_empty() && !replaced {
            reasons.push(Reason::MayBeForcedBy { properties: may });
        }
        // An update whose outcome is unknown may have left what cannot be read back; made again it does no harm.
        let half_done = self.interrupted.is_some_and(|operation| operation.action == Action::Update);
        let action = match (replaced, properties.is_empty() && !half_done) {
            (true, _) => Action::CreateThenDestroy,
            (false, false) => Action::Update,
            (false, true) => Action::NoOp,
        };
        if action == Action::Update && properties.is_empty() {
            reasons.push(Reason::Interrupted);
        }
        let record_only = !same(self.desired, &record.properties, self.salt) || self.options_differ(record);
        Verdict { action, reasons, properties, record_only: action == Action::NoOp && record_only }
    }

    fn property_names<'a>(&'a self, record: &'a Record) -> BTreeSet<&'a str> {
        let desired = self.desired.as_map().into_iter().flat_map(BTreeMap::keys);
        let prior = record.properties.as_object().into_iter().flat_map(|entries| entries.keys());
        desired.chain(prior).map(String::as_str).collect()
    }

    fn program_changed(&self, record: &Record, name: &str) -> bool {
        match (self.desired.as_map().and_then(|entries| entries.get(name)), record.properties.get(name)) {
            (Some(desired), Some(prior)) => !same(desired, prior, self.salt),
            (None, None) => false,
            _ => true,
        }
    }

    /// The differences of one property.
    fn property(&self, record: &Record, name: &str) -> Vec<PropertyChange> {
        let desired = self.desired.as_map().and_then(|entries| entries.get(name));
        let prior = record.properties.get(name);
        let shape = self.facts.properties.get(name);
        let comparer = Comparer { facts: self.facts, salt: self.salt };
        if !self.program_changed(record, name) {
            let Some(live) = self.live().filter(|_| !self.is_write_only(name)) else {
                return Vec::new();
            };
            let (before, now) = (record.model.get(name), live.model.get(name));
            if before == now || is_same_model(comparer, before, now, shape) {
                return Vec::new();
            }
        }
        let current = self.current(record, name);
        if desired.is_none() && current.is_none() {
            return Vec::new();
        }
        if let (Some(desired), Some(current)) = (desired, current.as_deref())
            && covers(comparer, desired, current, prior, shape)
        {
            return Vec::new();
        }
        let raw = self.node.property(name).is_some_and(|entry| entry.raw);
        diff(self.facts, self.salt, name, Sides { desired, current: current.as_deref(), prior }, shape, raw)
    }

    /// What the cloud has of a property; what it never returns is as it was last applied.
    fn current<'a>(&self, record: &'a Record, name: &str) -> Option<Cow<'a, Json>>
    where
        Self: 'a,
    {
        let prior = record.properties.get(name);
        let Some(live) = self.live().filter(|_| !self.is_write_only(name)) else {
            return prior.map(Cow::Borrowed);
        };
        match (live.model.get(name), prior) {
            (Some(now), Some(prior)) => {
                let mut now = now.clone();
                fill(&mut now, record.model.get(name), prior);
                Some(Cow::Owned(now))
            }
            (Some(now), None) => Some(Cow::Owned(now.clone())),
            (None, _) if record.model.get(name).is_some() => None,
            (None, prior) => prior.map(Cow::Borrowed),
        }
    }

    fn is_write_only(&self, name: &str) -> bool {
        self.facts.write_only.iter().any(|path| path == name)
    }

    /// Every property as new.
    fn all_new(&self) -> Vec<PropertyChange> {
        let entries = self.desired.as_map().into_iter().flatten();
        let new = entries.map(|(name, value)| PropertyChange {
            path: name.clone(),
            before: None,
            after: Some(value.clone()),
            forces_replacement: false,
            raw: self.node.property(name).is_some_and(|entry| entry.raw),
            sensitive: value.has_secret(),
        });
        new.collect()
    }

    fn options_differ(&self, record: &Record) -> bool {
        let options = &self.node.options;
        record.retain != (options.removal == Removal::Retain)
            || record.snapshot != (options.removal == Removal::Snapshot)
            || record.protect != options.protect
    }
}

/// Why properties differ.
#[derive(Default)]
struct Causes {
    changed: Vec<String>,
    drifted: Vec<String>,
    dependencies: Vec<Address>,
}

impl Causes {
    fn add(&mut self, found: &[PropertyChange], by_program: bool, unsettled: impl FnOnce() -> Vec<Address>) {
        let is_unknown = |change: &&PropertyChange| change.after.as_ref().is_some_and(Planned::has_unknown);
        let (unknown, known): (Vec<_>, Vec<_>) = found.iter().partition(is_unknown);
        if !unknown.is_empty() {
            let new = unsettled().into_iter().filter(|address| !self.dependencies.contains(address));
            let new: BTreeSet<Address> = new.collect();
            self.dependencies.extend(new);
        }
        let paths = known.into_iter().map(|change| change.path.clone());
        if by_program { self.changed.extend(paths) } else { self.drifted.extend(paths) }
    }

    fn reasons(self) -> Vec<Reason> {
        let mut reasons = Vec::new();
        if !self.changed.is_empty() {
            reasons.push(Reason::Changed { properties: self.changed });
        }
        if !self.drifted.is_empty() {
            reasons.push(Reason::Drifted { properties: self.drifted });
        }
        reasons.extend(self.dependencies.into_iter().map(|address| Reason::Dependency { address }));
        reasons
    }
}

fn forcing(properties: &[PropertyChange]) -> Vec<String> {
    properties.iter().filter(|change| change.forces_replacement).map(|change| change.path.clone()).collect()
}

/// A resource cannot move between regions.
fn moved(from: &str, to: &str) -> PropertyChange {
    PropertyChange {
        path: "region".to_owned(),
        before: Some(Json::from(from)),
        after: Some(Planned::Text(to.to_owned())),
        forces_replacement: true,
        raw: false,
        sensitive: false,
    }
}

/// Whether two models of a property say the same, order and formats without meaning aside.
fn is_same_model(
    comparer: Comparer<'_>,
    before: Option<&Json>,
    now: Option<&Json>,
    shape: Option<&ironwright_core::facts::Shape>,
) -> bool {
    let (Some(before), Some(now)) = (before, now) else {
        return false;
    };
    let within = |left: &Json, right: &Json| covers(comparer, &left.clone().into(), right, None, shape);
    within(before, now) && within(now, before)
}

/// Fills into `now` what the cloud returns neither now nor before, from what was applied.
fn fill(now: &mut Json, before: Option<&Json>, applied: &Json) {
    match (now, applied) {
        (Json::Object(now), Json::Object(applied)) => {
            for (key, value) in applied {
                let before = before.and_then(|before| before.get(key));
                match now.get_mut(key) {
                    Some(now) => fill(now, before, value),
                    None if before.is_none() => drop(now.insert(key.clone(), value.clone())),
                    None => {}
                }
            }
        }
        (Json::Array(now), Json::Array(applied)) if now.len() == applied.len() => {
            for (index, (now, value)) in now.iter_mut().zip(applied).enumerate() {
                fill(now, before.and_then(|before| before.get(index)), value);
            }
        }
        _ => {}
    }
}
