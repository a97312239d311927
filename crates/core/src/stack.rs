//! Stacks: units of deployment, each in one region, with outputs, parameters, mappings and conditions.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use crate::directives::{Import, Move};
use crate::function::{Condition, Function};
use crate::scope::Scope;
use crate::source::Source;
use crate::tree::{Name, Reference, Tree};
use crate::value::{IntoTree, IntoValue, Value};
use crate::{Address, Text};

/// A unit of deployment: its resources live in one region; it becomes one CloudFormation template.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    root: Scope,
    app: Arc<str>,
    name: String,
    pub(crate) region: Option<String>,
    pub(crate) parts: StackParts,
    pub(crate) imports: Vec<Import>,
    pub(crate) moves: Vec<Move>,
}

/// What a stack holds besides resources.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StackParts {
    /// Its outputs, in order.
    pub outputs: Vec<Output>,
    /// Its parameters, in order.
    pub parameters: Vec<(Name, Parameter)>,
    /// Its mappings: name, first key, second key, value.
    pub mappings: BTreeMap<Name, BTreeMap<String, BTreeMap<String, String>>>,
    /// Its conditions, in order.
    pub conditions: Vec<(Name, Condition)>,
}

/// A named value to show after apply.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// The name.
    pub name: String,
    /// The value.
    pub tree: Tree,
    /// Where it was declared.
    pub source: Source,
}

/// A value given at deployment, by `--var name=value` or as a CloudFormation parameter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameter {
    /// The value where none is given.
    pub default: Option<String>,
    /// The values that may be given; empty for any.
    pub allowed: Vec<String>,
    /// Whether the value must never be shown.
    pub secret: bool,
}

impl Parameter {
    /// A text parameter that must be given.
    pub fn new() -> Self {
        <Self as Default>::default()
    }

    /// The value where none is given.
    #[must_use]
    pub fn default(mut self, value: impl Into<String>) -> Self {
        self.default = Some(value.into());
        self
    }

    /// The values that may be given.
    #[must_use]
    pub fn allowed<S: Into<String>>(mut self, values: impl IntoIterator<Item = S>) -> Self {
        self.allowed = values.into_iter().map(Into::into).collect();
        self
    }

    /// Never shows the value; `NoEcho` in CloudFormation.
    #[must_use]
    pub fn secret(mut self) -> Self {
        self.secret = true;
        self
    }
}

/// A condition that was declared, to choose values by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionHandle(Name);

impl ConditionHandle {
    /// `then` where the condition holds, else `otherwise`.
    pub fn choose<T>(&self, then: impl IntoValue<T>, otherwise: impl IntoValue<T>) -> Value<T> {
        let (then, otherwise) = (then.into_value().into_tree(), otherwise.into_value().into_tree());
        Value::from_tree(Tree::Function(Box::new(Function::If { condition: self.0.clone(), then, otherwise })))
    }
}

/// A mapping that was declared, to look values up in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingHandle(Name);

impl MappingHandle {
    /// The value under two keys, each a literal or a value such as [`region()`](crate::value::region).
    pub fn find(&self, first: impl IntoValue<Text>, second: impl IntoValue<Text>) -> Value<Text> {
        let (first, second) = (first.into_value().into_tree(), second.into_value().into_tree());
        Value::from_tree(Tree::Function(Box::new(Function::FindInMap { mapping: self.0.clone(), first, second })))
    }
}

impl Stack {
    pub(crate) fn new(app: Arc<str>, name: &str) -> Self {
        Self {
            root: Scope::new(app.clone(), Address::new(name)),
            app,
            name: name.to_owned(),
            region: None,
            parts: StackParts::default(),
            imports: Vec::new(),
            moves: Vec::new(),
        }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Puts this stack in another region than the app's.
    pub fn region(&mut self, region: impl Into<String>) -> &mut Self {
        self.region = Some(region.into());
        self
    }

    /// Declares an output: shown after apply, read by `output NAME`.
    #[track_caller]
    pub fn output(&mut self, name: impl Into<String>, value: impl IntoTree) {
        let output = Output { name: name.into(), tree: value.into_tree(), source: Source::caller() };
        self.parts.outputs.push(output);
    }

    /// Takes over what the cloud has already under `physical_id`, as the resource that the program adds at `address`
    /// (`stack/name`). Nothing is made: the next apply changes in place what the two say differently, or refuses.
    ///
    /// ```
    /// # use ironwright_core::{App, Bag, Resource, resource::{Attributes, Origin}};
    /// # struct Topic(Bag); struct TopicAttributes(Origin);
    /// # impl Attributes for TopicAttributes { fn new(origin: Origin) -> Self { Self(origin) } fn origin(&self) -> &Origin { &self.0 } }
    /// # impl Resource for Topic { const TYPE: &'static str = "AWS::SNS::Topic"; type Attributes = TopicAttributes;
    /// #   fn into_bag(self) -> Bag { self.0 } fn bag_mut(&mut self) -> &mut Bag { &mut self.0 } }
    /// let mut app = App::new("shop").region("us-west-2");
    /// let web = app.stack("web");
    /// web.add("orders", Topic(Bag::new()));
    /// web.import("web/orders", "arn:aws:sns:us-west-2:123456789012:orders");
    /// assert_eq!(app.graph()?.imports().len(), 1);
    /// # Ok::<(), ironwright_core::Diagnostics>(())
    /// ```
    #[track_caller]
    pub fn import(&mut self, address: impl Into<Address>, physical_id: impl Into<String>) {
        let source = Some(Source::caller());
        self.imports.push(Import { address: address.into(), physical_id: physical_id.into(), source });
    }

    /// Says that the resource at `to` had the address `from` before, so that nothing is recreated; both in full,
    /// `stack/name`. Of a scope it says so of all below it. May stay for ever: what is not at `from` does not move.
    #[track_caller]
    pub fn moved(&mut self, from: impl Into<Address>, to: impl Into<Address>) {
        self.moves.push(Move { from: from.into(), to: to.into(), source: Some(Source::caller()) });
    }

    /// Declares a parameter and returns its value.
    pub fn parameter(&mut self, name: impl Into<Name>, parameter: Parameter) -> Value<Text> {
        let name = name.into();
        self.parts.parameters.push((name.clone(), parameter));
        Value::from_tree(Tree::Function(Box::new(Function::Parameter(name))))
    }

    /// Declares a condition over parameters.
    pub fn condition(&mut self, name: impl Into<Name>, condition: Condition) -> ConditionHandle {
        let name = name.into();
        self.parts.conditions.push((name.clone(), condition));
        ConditionHandle(name)
    }

    /// Declares a mapping: rows of first key, second key and value.
    pub fn mapping<'a>(
        &mut self,
        name: impl Into<Name>,
        rows: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>,
    ) -> MappingHandle {
        let name = name.into();
        let mapping = self.parts.mappings.entry(name.clone()).or_default();
        for (first, second, value) in rows {
            mapping.entry(first.to_owned()).or_default().insert(second.to_owned(), value.to_owned());
        }
        MappingHandle(name)
    }

    /// An attribute of a resource of this app by its address: the untyped way, where no handle is at hand.
    pub fn attribute<T>(&self, address: impl Into<Address>, attribute: impl Into<Name>) -> Value<T> {
        let reference = Reference { app: self.app.clone(), address: address.into(), attribute: attribute.into() };
        Value::from_tree(Tree::Reference(reference))
    }

    pub(crate) fn root(&self) -> &Scope {
        &self.root
    }
}

impl Deref for Stack {
    type Target = Scope;
    fn deref(&self) -> &Scope {
        &self.root
    }
}

impl DerefMut for Stack {
    fn deref_mut(&mut self) -> &mut Scope {
        &mut self.root
    }
}
