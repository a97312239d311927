//! The checker: properties against the facts of their type. Pure; the planner makes diagnostics of what it finds, the
//! simulated cloud makes AWS's errors of the same.
//!
//! Objects, lists and maps are walked here; what a single value must look like is in `leaf`.

mod format;
mod leaf;
mod pattern;
mod place;

use std::collections::{BTreeMap, BTreeSet};

use super::{Form, Shape, TypeFacts};
use crate::nearest::nearest;
use crate::{Planned, Problem};

pub use format::{Network, is_date_time};
pub use pattern::Pattern;
use place::Place;

/// Something in the properties that the facts of the type forbid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The property, `Tags[0].Key`; for a rule about several properties the object that holds them, empty at the top.
    pub path: String,
    /// What is wrong, and what to do about it. A secret's value is never in it.
    pub problem: Problem,
    /// Which rule is broken.
    pub kind: ViolationKind,
}

/// The rule that a [`Violation`] breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ViolationKind {
    /// The type has no such property.
    UnknownProperty,
    /// A property that must be set is not.
    MissingProperty,
    /// Properties are set that exclude each other.
    ExcludedProperty,
    /// The cloud sets this property, not the program.
    ReadOnly,
    /// Text where a list belongs, and the like.
    WrongKind,
    /// Not one of the values that are allowed.
    NotAllowed,
    /// Not one of the values known when the facts were made: a slip, or newer than they are. A warning, no error.
    NotKnown,
    /// Text that does not match the pattern.
    Pattern,
    /// A number below the smallest or above the largest.
    Range,
    /// Text that is too short or too long.
    Length,
    /// Too few or too many items or keys.
    ItemCount,
    /// An item that occurs twice.
    Duplicate,
    /// Not in the format: no network in CIDR notation, no date.
    Format,
}

/// All that the facts forbid in `properties`, the map of a resource's properties. What is unknown passes.
///
/// ```
/// use ironwright_core::facts::{check::check, TypeFacts};
///
/// let facts: TypeFacts = serde_json::from_str(r#"{"t": "AWS::X::Y", "p": {"Size": {"f": "i", "ma": 9}}, "r": ["Size"]}"#)?;
/// let found = check(&facts, &serde_json::json!({"Size": 10, "Sise": 1}).into());
/// assert_eq!(found.iter().map(|violation| violation.path.as_str()).collect::<Vec<_>>(), ["Sise", "Size"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn check(facts: &TypeFacts, properties: &Planned) -> Vec<Violation> {
    let mut checker = Checker { facts, found: Vec::new() };
    match properties {
        Planned::Map(entries) => {
            checker.object(&facts.properties, facts.open, entries, Place::Top);
            checker.required(&facts.required, entries, Place::Top);
            checker.groups(&Groups::of_type(facts), entries, Place::Top);
        }
        Planned::Null => checker.required(&facts.required, &BTreeMap::new(), Place::Top),
        _ => {}
    }
    checker.found.extend(facts.by_hand.iter().flat_map(|by_hand| (by_hand.rules)(properties)));
    checker.found
}

struct Checker<'a> {
    facts: &'a TypeFacts,
    found: Vec<Violation>,
}

impl<'a> Checker<'a> {
    fn report(&mut self, place: Place, kind: ViolationKind, problem: Problem) {
        self.found.push(Violation { path: place.to_string(), problem, kind });
    }

    /// The entries of an object; those that are not listed only where it is not open.
    fn object(
        &mut self,
        shapes: &'a BTreeMap<String, Shape>,
        open: bool,
        entries: &BTreeMap<String, Planned>,
        place: Place,
    ) {
        if open {
            let known = entries.iter().filter(|(key, _)| shapes.contains_key(*key));
            self.entries(shapes, &known.map(|(key, value)| (key.clone(), value.clone())).collect(), place);
        } else {
            self.entries(shapes, entries, place);
        }
    }

    fn entries(&mut self, shapes: &'a BTreeMap<String, Shape>, entries: &BTreeMap<String, Planned>, place: Place) {
        for (key, value) in entries.iter().filter(|(_, value)| **value != Planned::Null) {
            let here = Place::Key(&place, key);
            match shapes.get(key) {
                None => self.unknown(shapes, key, here),
                Some(_) if self.is_read_only(key, here) => self.read_only(key, here),
                Some(shape) => self.value(shape, value, here),
            }
        }
    }

    fn is_read_only(&self, key: &str, place: Place) -> bool {
        let ends_here = |path: &&String| path.rsplit('.').next() == Some(key);
        self.facts.read_only.iter().filter(ends_here).any(|path| place.is(path))
    }

    fn unknown(&mut self, shapes: &BTreeMap<String, Shape>, key: &str, place: Place) {
        let problem = Problem::new("unknown-property", format!("`{}` has no property `{key}`", self.facts.type_name));
        let problem = match nearest(key, shapes.keys().map(String::as_str)) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem,
        };
        self.report(place, ViolationKind::UnknownProperty, problem);
    }

    fn read_only(&mut self, key: &str, place: Place) {
        let problem =
            Problem::new("read-only-property", format!("`{key}` is set by AWS and cannot be set by a program"));
        self.report(place, ViolationKind::ReadOnly, problem.help("remove it; its value is an attribute of the handle"));
    }

    fn value(&mut self, shape: &'a Shape, value: &Planned, place: Place) {
        let shape = self.facts.follow(shape);
        if matches!(value, Planned::Unknown | Planned::Sealed(_) | Planned::Null) {
            return;
        }
        if !leaf::is_of_form(&shape.form, value) {
            let problem = leaf::wrong_kind(&shape.form, value);
            return self.report(place, ViolationKind::WrongKind, problem);
        }
        match value {
            Planned::List(items) => self.list(shape, items, place),
            Planned::Map(entries) => self.map(shape, entries, place),
            scalar => {
                if let Some((kind, problem)) = leaf::check(shape, scalar) {
                    self.report(place, kind, problem);
                }
            }
        }
    }

    fn list(&mut self, shape: &'a Shape, items: &[Planned], place: Place) {
        self.count(shape, items.len(), "item", place);
        if shape.unique {
            self.unique(items, place);
        }
        if let Some(inner) = &shape.items {
            for (index, item) in items.iter().enumerate() {
                self.value(inner, item, Place::Index(&place, index));
            }
        }
    }

    fn unique(&mut self, items: &[Planned], place: Place) {
        let mut seen = BTreeSet::new();
        for (index, item) in items.iter().enumerate().filter(|(_, item)| !item.has_unknown()) {
            if !seen.insert(item.to_json("").to_string()) {
                let message = format!("the item {} occurs twice", leaf::describe(item));
                let problem = Problem::new("invalid-value", message).help("every item must differ from the others");
                self.report(Place::Index(&place, index), ViolationKind::Duplicate, problem);
            }
        }
    }

    fn map(&mut self, shape: &'a Shape, entries: &BTreeMap<String, Planned>, place: Place) {
        match shape.form {
            Form::Object => {
                if shape.properties.is_empty() {
                    return;
                }
                self.object(&shape.properties, shape.open, entries, place);
                self.required(&shape.required, entries, place);
                self.groups(&Groups::of_shape(shape), entries, place);
            }
            Form::Map => {
                self.count(shape, entries.len(), "key", place);
                if let Some(inner) = &shape.items {
                    for (key, value) in entries {
                        self.value(inner, value, Place::Key(&place, key));
                    }
                }
            }
            _ => {}
        }
    }

    fn count(&mut self, shape: &Shape, count: usize, what: &str, place: Place) {
        let Some(bound) = leaf::outside(shape, count) else { return };
        let plural = if count == 1 { "" } else { "s" };
        let problem = Problem::new("invalid-value", format!("{count} {what}{plural} given, {bound} {what}s allowed"));
        self.report(place, ViolationKind::ItemCount, problem);
    }

    fn required(&mut self, required: &[String], entries: &BTreeMap<String, Planned>, place: Place) {
        for name in required.iter().filter(|name| !is_set(entries, name)) {
            let problem = Problem::new("missing-property", format!("`{name}` is required and not set"));
            self.report(Place::Key(&place, name), ViolationKind::MissingProperty, problem);
        }
    }

    /// The rules between the properties of one object.
    fn groups(&mut self, rules: &Groups<'_>, entries: &BTreeMap<String, Planned>, place: Place) {
        let set = |group: &[String]| group.iter().filter(|name| is_set(entries, name)).count();
        for group in rules.required_xor.iter().filter(|group| set(group) != 1) {
            let kind = if set(group) == 0 { ViolationKind::MissingProperty } else { ViolationKind::ExcludedProperty };
            let message = format!("exactly one of {} must be set, and {} are", quoted(group), set(group));
            self.report(place, kind, Problem::new(code(kind), message));
        }
        for group in rules.required_or.iter().filter(|group| set(group) == 0) {
            let message = format!("at least one of {} must be set", quoted(group));
            let kind = ViolationKind::MissingProperty;
            self.report(place, kind, Problem::new(code(kind), message));
        }
        for (name, others) in rules.dependent_required.iter().filter(|(name, _)| is_set(entries, name)) {
            for other in others.iter().filter(|other| !is_set(entries, other)) {
                let message = format!("`{other}` is required where `{name}` is set");
                let kind = ViolationKind::MissingProperty;
                self.report(Place::Key(&place, other), kind, Problem::new(code(kind), message));
            }
        }
        for (name, others) in rules.dependent_excluded.iter().filter(|(name, _)| is_set(entries, name)) {
            for other in others.iter().filter(|other| is_set(entries, other)) {
                let is_reported_already = rules.dependent_excluded.get(other).is_some_and(|back| back.contains(name));
                if is_reported_already && other < name {
                    continue;
                }
                let message = format!("`{other}` cannot be set beside `{name}`");
                let kind = ViolationKind::ExcludedProperty;
                self.report(Place::Key(&place, other), kind, Problem::new(code(kind), message));
            }
        }
    }
}

/// The rules between the properties of one object: a resource, or a nested one.
struct Groups<'a> {
    required_xor: &'a [Vec<String>],
    required_or: &'a [Vec<String>],
    dependent_required: &'a BTreeMap<String, Vec<String>>,
    dependent_excluded: &'a BTreeMap<String, Vec<String>>,
}

impl<'a> Groups<'a> {
    fn of_type(facts: &'a TypeFacts) -> Self {
        Self {
            required_xor: &facts.required_xor,
            required_or: &facts.required_or,
            dependent_required: &facts.dependent_required,
            dependent_excluded: &facts.dependent_excluded,
        }
    }

    fn of_shape(shape: &'a Shape) -> Self {
        Self {
            required_xor: &shape.required_xor,
            required_or: &shape.required_or,
            dependent_required: &shape.dependent_required,
            dependent_excluded: &shape.dependent_excluded,
        }
    }
}

fn code(kind: ViolationKind) -> &'static str {
    if kind == ViolationKind::MissingProperty { "missing-property" } else { "excluded-property" }
}

fn is_set(entries: &BTreeMap<String, Planned>, name: &str) -> bool {
    entries.get(name).is_some_and(|value| *value != Planned::Null)
}

/// `A`, `B` and `C`.
fn quoted(names: &[String]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

#[cfg(test)]
mod tests;
