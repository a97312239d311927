//! The types of simulated programs, chosen so that every way of naming, replacing and recovering occurs, and their facts.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use ironwright_core::facts::{FactSource, Form, Shape, TypeFacts};
use ironwright_core::resource::{Attributes, Origin, Resource};
use ironwright_core::{Bag, Stack};
use ironwright_engine::Capabilities;

/// One type: who names it, what can change in place, and what its provider promises.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent traits of a type")]
pub(crate) struct Kind {
    pub(crate) type_name: &'static str,
    /// The program chooses the physical id.
    pub(crate) caller_named: bool,
    pub(crate) client_token: bool,
    pub(crate) tag_look_up: bool,
    /// No property can change in place.
    pub(crate) immutable: bool,
    /// The old one must be gone before the new one is made.
    pub(crate) delete_first: bool,
    pub(crate) needs: Needs,
    pub(crate) secret: Secrecy,
}

/// How a type refers to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Not at all; so it may be retained and protected.
    Nothing,
    /// To one, for its whole life.
    Parent,
    /// To several, which may change in place.
    Others,
}

/// Whether a type holds a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secrecy {
    Open,
    /// The cloud never returns it.
    WriteOnly,
    /// The cloud returns a digest in its place.
    Redacted,
}

const PLAIN: Kind = Kind {
    type_name: "AWS::Simulation::Network",
    caller_named: false,
    client_token: true,
    tag_look_up: true,
    immutable: false,
    delete_first: false,
    needs: Needs::Nothing,
    secret: Secrecy::Open,
};

/// All of them. A resource of a program names its kind by position.
#[rustfmt::skip]
pub(crate) const KINDS: [Kind; 8] = [
    PLAIN,
    Kind { type_name: "AWS::Simulation::Archive", client_token: false, ..PLAIN },
    Kind { type_name: "AWS::Simulation::Subnet", needs: Needs::Parent, client_token: false, ..PLAIN },
    Kind { type_name: "AWS::Simulation::Bucket", needs: Needs::Others, caller_named: true, client_token: false, tag_look_up: false, ..PLAIN },
    Kind { type_name: "AWS::Simulation::Key", needs: Needs::Parent, tag_look_up: false, immutable: true, ..PLAIN },
    Kind { type_name: "AWS::Simulation::Database", needs: Needs::Others, delete_first: true, secret: Secrecy::WriteOnly, ..PLAIN },
    Kind { type_name: "AWS::Simulation::Account", needs: Needs::Others, caller_named: true, tag_look_up: false, secret: Secrecy::Redacted, ..PLAIN },
    Kind { type_name: "AWS::Simulation::Server", needs: Needs::Others, client_token: false, secret: Secrecy::WriteOnly, ..PLAIN },
];

/// The property that tells the checks what secret the cloud was sent: a digest of it, which the engine does not know of.
pub(crate) const SHADOW: &str = "Shadow";

impl Kind {
    /// The kind of a type; all types of a simulated program have one.
    pub(crate) fn of(type_name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.type_name == type_name)
    }

    /// Whether the cloud refuses to delete it while others refer to it. Not where the old one must go before the new one
    /// comes: that could never be replaced while it is in use, here as with every other tool.
    pub(crate) fn is_kept_by_users(&self) -> bool {
        !self.caller_named && !self.delete_first && self.needs != Needs::Others
    }

    /// Whether it may refer to one of `other`. What its users keep refers only to what is kept likewise: else its own
    /// replacement would have to destroy it first, which they would not allow.
    pub(crate) fn may_need(&self, other: &Self) -> bool {
        other.is_kept_by_users() || !self.is_kept_by_users()
    }

    /// The attribute that others refer to it by.
    pub(crate) fn identifier(&self) -> &'static str {
        if self.caller_named { "Name" } else { "Id" }
    }

    /// What its provider promises.
    pub(crate) fn capabilities(&self) -> Capabilities {
        Capabilities {
            client_token: self.client_token,
            tag_look_up: self.tag_look_up,
            caller_chosen_name: self.caller_named,
            batched_reads: true,
            kept_in_state: false,
            needs_applied: false,
        }
    }

    fn facts(&self) -> TypeFacts {
        let text = || Shape { form: Form::Text, ..Shape::default() };
        let kept = KINDS.iter().filter(|kind| kind.is_kept_by_users());
        let relations = kept.map(|kind| format!("{}.{}", kind.type_name, kind.identifier())).collect();
        let reference = Shape { relations, ..text() };
        let list = Shape { form: Form::List, items: Some(Box::new(reference.clone())), ..Shape::default() };
        let mut properties: BTreeMap<String, Shape> =
            ["Label", "Core", "Copy", "Secret", SHADOW].into_iter().map(|name| (name.to_owned(), text())).collect();
        properties.insert(self.identifier().to_owned(), text());
        properties.insert("Parent".to_owned(), reference);
        properties.insert("Needs".to_owned(), list);
        let mut create_only = vec!["Core".to_owned(), "Parent".to_owned()];
        create_only.extend(self.caller_named.then(|| "Name".to_owned()));
        TypeFacts {
            type_name: self.type_name.to_owned(),
            properties,
            create_only,
            read_only: (!self.caller_named).then(|| "Id".to_owned()).into_iter().collect(),
            write_only: (self.secret == Secrecy::WriteOnly).then(|| "Secret".to_owned()).into_iter().collect(),
            primary_identifier: vec![self.identifier().to_owned()],
            attributes: [(self.identifier().to_owned(), text())].into(),
            immutable: self.immutable,
            delete_before_create: self.delete_first,
            ..TypeFacts::default()
        }
    }
}

/// The facts of all kinds.
pub(crate) struct Facts;

static FACTS: LazyLock<BTreeMap<&str, Arc<TypeFacts>>> =
    LazyLock::new(|| KINDS.iter().map(|kind| (kind.type_name, Arc::new(kind.facts()))).collect());

impl FactSource for Facts {
    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        FACTS.get(type_name).cloned()
    }
}

/// A resource of the kind at position `KIND`.
struct Thing<const KIND: usize>(Bag);

struct NoAttributes(Origin);

impl Attributes for NoAttributes {
    fn new(origin: Origin) -> Self {
        Self(origin)
    }
    fn origin(&self) -> &Origin {
        &self.0
    }
}

impl<const KIND: usize> Resource for Thing<KIND> {
    const TYPE: &'static str = KINDS[KIND].type_name;
    type Attributes = NoAttributes;
    fn into_bag(self) -> Bag {
        self.0
    }
    fn bag_mut(&mut self) -> &mut Bag {
        &mut self.0
    }
}

/// Adds a resource of the kind at position `kind` to `stack`.
pub(crate) fn add(kind: usize, stack: &mut Stack, name: &str, bag: Bag) {
    fn add<const KIND: usize>(stack: &mut Stack, name: &str, bag: Bag) {
        stack.add(name, Thing::<KIND>(bag));
    }
    const ADD: [fn(&mut Stack, &str, Bag); KINDS.len()] =
        [add::<0>, add::<1>, add::<2>, add::<3>, add::<4>, add::<5>, add::<6>, add::<7>];
    ADD[kind](stack, name, bag);
}
