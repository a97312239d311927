//! Resources, their handles and attributes.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::bag::Bag;
use crate::options::Removal;
use crate::source::Source;
use crate::tree::{Name, Reference, Tree};
use crate::value::{IntoValue, Value};
use crate::{Address, Text};

/// A resource that is described but not added yet: its type, and the properties set on it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a resource",
    label = "this cannot be added to a stack",
    note = "add a resource such as `Instance::new()`; a builder needs `.build()` first, and a handle stands for what is added already"
)]
pub trait Resource: Sized {
    /// The type, `AWS::EC2::Instance`.
    const TYPE: &'static str;
    /// The attributes its handle has.
    type Attributes: Attributes;

    /// The properties, taken out.
    fn into_bag(self) -> Bag;
    /// The properties, to change.
    fn bag_mut(&mut self) -> &mut Bag;

    /// Sets a property that the typed setters do not know. It is sent as it is, and the plan shows it as raw.
    #[track_caller]
    #[must_use]
    fn raw(mut self, property: impl Into<Name>, value: impl Into<serde_json::Value>) -> Self {
        let source = Source::caller();
        self.bag_mut().put(property.into(), Tree::from(value.into()), source, true);
        self
    }

    /// Makes the resource of `handle` come first, where no property refers to it.
    #[must_use]
    fn depends_on<R: Resource>(mut self, handle: &Handle<R>) -> Self {
        self.bag_mut().options_mut().depends_on.push(handle.address().clone());
        self
    }

    /// Leaves it in the cloud when it is removed from the program.
    #[must_use]
    fn retain(mut self) -> Self {
        self.bag_mut().options_mut().removal = Removal::Retain;
        self
    }

    /// Takes a snapshot before it is deleted, where its type can.
    #[must_use]
    fn snapshot(mut self) -> Self {
        self.bag_mut().options_mut().removal = Removal::Snapshot;
        self
    }

    /// Refuses every plan that would delete or replace it.
    #[must_use]
    fn protect(mut self) -> Self {
        self.bag_mut().options_mut().protect = true;
        self
    }
}

/// The attributes of one resource type, made from the [`Origin`] of a handle.
pub trait Attributes {
    /// The attributes of the resource at `origin`.
    fn new(origin: Origin) -> Self;
    /// The resource they belong to.
    fn origin(&self) -> &Origin;
}

/// The attributes of a machine that has a public address.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no public address",
    label = "this is not a machine that can be reached",
    note = "give an instance or an elastic IP, or say the address: `Host::at(\"192.0.2.10\")`"
)]
pub trait PublicAddress {
    /// The address, known after apply.
    fn public_address(&self) -> Value<Text>;
}

/// Which resource a handle stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    app: Arc<str>,
    address: Address,
}

impl Origin {
    /// The resource at `address` of the app named `app`.
    pub fn new(app: Arc<str>, address: Address) -> Self {
        Self { app, address }
    }

    /// The attribute `name`, known after apply.
    pub fn attribute<T>(&self, name: &'static str) -> Value<T> {
        let reference =
            Reference { app: self.app.clone(), address: self.address.clone(), attribute: Name::Borrowed(name) };
        Value::from_tree(Tree::Reference(reference))
    }
}

/// A resource that was added. Its methods are the attributes that AWS returns.
pub struct Handle<R: Resource>(R::Attributes);

impl<R: Resource> Handle<R> {
    pub(crate) fn new(origin: Origin) -> Self {
        Self(R::Attributes::new(origin))
    }

    /// The address, `web/server`.
    pub fn address(&self) -> &Address {
        &self.0.origin().address
    }
}

impl<R: Resource> Deref for Handle<R> {
    type Target = R::Attributes;
    fn deref(&self) -> &R::Attributes {
        &self.0
    }
}

impl<R: Resource> Clone for Handle<R> {
    fn clone(&self) -> Self {
        Self::new(self.0.origin().clone())
    }
}

impl<R: Resource> fmt::Debug for Handle<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({} {})", R::TYPE, self.address())
    }
}

/// How a type keeps its tags; each names the property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagStyle {
    /// A list of `{Key, Value}`.
    KeyValueList(&'static str),
    /// A map of key to value.
    Map(&'static str),
    /// A list of `{Key, Value, PropagateAtLaunch: true}`, as Auto Scaling groups have.
    AutoScaling(&'static str),
}

/// A resource that can be tagged.
pub trait Taggable: Resource {
    /// How the tags are kept.
    const TAGS: TagStyle;

    /// Adds a tag.
    #[track_caller]
    #[must_use]
    fn tag(mut self, key: impl Into<Name>, value: impl IntoValue<Text>) -> Self {
        let (key, value) = (key.into(), value.into_value().into_tree());
        match Self::TAGS {
            TagStyle::Map(property) => self.bag_mut().insert(property, key, value),
            TagStyle::KeyValueList(property) => put_tag(self.bag_mut(), property, &key, value, None),
            TagStyle::AutoScaling(property) => {
                let propagate = ("PropagateAtLaunch".into(), Tree::Boolean(true));
                put_tag(self.bag_mut(), property, &key, value, Some(propagate));
            }
        }
        self
    }
}

/// Adds a tag to a list of tags; one of the same key is replaced, since AWS refuses a key twice.
#[track_caller]
fn put_tag(bag: &mut Bag, property: &'static str, key: &Name, value: Tree, more: Option<(Name, Tree)>) {
    let same_key =
        |tag: &Tree| matches!(tag, Tree::Map(pairs) if pairs.contains(&("Key".into(), Tree::Text(key.clone()))));
    bag.remove_items(property, same_key);
    let pair = [("Key".into(), Tree::Text(key.clone())), ("Value".into(), value)];
    bag.push(property, Tree::Map(pair.into_iter().chain(more).collect()));
}
