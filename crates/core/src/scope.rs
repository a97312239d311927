//! Scopes: a stack's resources, and named groups of them. A reusable construct is a function that takes `&mut Scope`.

use std::sync::Arc;

use crate::address::segment_problem;
use crate::bag::Entry;
use crate::options::Options;
use crate::resource::{Handle, Origin, Resource};
use crate::source::Source;
use crate::{Address, Diagnostic};

/// A place to add resources to. A [`Stack`](crate::Stack) is one; `scope("api")` opens another inside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    app: Arc<str>,
    address: Address,
    items: Vec<Item>,
    problems: Vec<Diagnostic>,
}

#[derive(Clone, Debug, PartialEq)]
enum Item {
    Resource(Declared),
    Scope(Scope),
}

/// A resource as it was added.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Declared {
    pub(crate) address: Address,
    pub(crate) type_name: &'static str,
    pub(crate) entries: Vec<Entry>,
    pub(crate) options: Options,
    pub(crate) source: Source,
}

impl Scope {
    pub(crate) fn new(app: Arc<str>, address: Address) -> Self {
        Self { app, address, items: Vec::new(), problems: Vec::new() }
    }

    /// The address of this scope: `web`, or `web/api`.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Adds a resource under `name`, unique in this scope, and returns its handle.
    ///
    /// A name that is taken or is no plain word is reported when the graph is made.
    ///
    /// ```
    /// # use ironwright_core::{App, Bag, Resource, resource::{Attributes, Origin}};
    /// # struct Topic(Bag); struct TopicAttributes(Origin);
    /// # impl Attributes for TopicAttributes { fn new(origin: Origin) -> Self { Self(origin) } fn origin(&self) -> &Origin { &self.0 } }
    /// # impl Resource for Topic { const TYPE: &'static str = "AWS::SNS::Topic"; type Attributes = TopicAttributes;
    /// #   fn into_bag(self) -> Bag { self.0 } fn bag_mut(&mut self) -> &mut Bag { &mut self.0 } }
    /// let mut app = App::new("shop");
    /// let topic = app.stack("web").scope("api").add("orders", Topic(Bag::new()));
    /// assert_eq!(topic.address().as_str(), "web/api/orders");
    /// ```
    #[track_caller]
    pub fn add<R: Resource>(&mut self, name: &str, resource: R) -> Handle<R> {
        let source = Source::caller();
        self.check_name(name, &source);
        let address = self.address.join(name);
        let (entries, options) = resource.into_bag().into_parts();
        let declared = Declared { address: address.clone(), type_name: R::TYPE, entries, options, source };
        self.items.push(Item::Resource(declared));
        Handle::new(Origin::new(self.app.clone(), address))
    }

    /// Opens the scope `name` inside this one; the same scope again if it is there already.
    #[track_caller]
    pub fn scope(&mut self, name: &str) -> &mut Scope {
        let address = self.address.join(name);
        let known = self.items.iter().position(|item| matches!(item, Item::Scope(scope) if scope.address == address));
        let index = known.unwrap_or_else(|| {
            self.check_name(name, &Source::caller());
            self.items.push(Item::Scope(Scope::new(self.app.clone(), address)));
            self.items.len() - 1
        });
        match &mut self.items[index] {
            Item::Scope(scope) => scope,
            Item::Resource(_) => unreachable!("the index is that of a scope: found or pushed as one"),
        }
    }

    #[track_caller]
    fn check_name(&mut self, name: &str, source: &Source) {
        if let Some(problem) = segment_problem(name) {
            let address = self.address.clone();
            self.problems.push(Diagnostic::error("invalid-name", problem).at(&address).source(source));
        }
    }

    pub(crate) fn resources<'a>(&'a self, into: &mut Vec<&'a Declared>) {
        for item in &self.items {
            match item {
                Item::Resource(declared) => into.push(declared),
                Item::Scope(scope) => scope.resources(into),
            }
        }
    }

    pub(crate) fn problems(&self) -> Vec<Diagnostic> {
        let inner = self.items.iter().filter_map(|item| match item {
            Item::Scope(scope) => Some(scope.problems()),
            Item::Resource(_) => None,
        });
        self.problems.iter().cloned().chain(inner.flatten()).collect()
    }
}
