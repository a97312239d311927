//! `Value<T>` and the one trait through which setters take literals and references.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use crate::function::{DynamicReference, DynamicService, Function, Pseudo};
use crate::kinds::{Boolean, Integer, Json, List, Literal, Map, Number, StandsFor, Text, TextKind};
use crate::secret::Secret;
use crate::tree::{Name, Tree};

/// A literal or a reference, of kind `T`.
pub struct Value<T> {
    tree: Tree,
    kind: PhantomData<fn() -> T>,
}

impl<T> Value<T> {
    /// The value that `tree` says, taken to be of kind `T`.
    pub fn from_tree(tree: Tree) -> Self {
        Self { tree, kind: PhantomData }
    }

    /// The tree inside.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The tree inside, taken out.
    pub fn into_tree(self) -> Tree {
        self.tree
    }

    /// The same value under another kind: the way out where the facts know less than you do.
    #[must_use]
    pub fn cast<U>(self) -> Value<U> {
        Value::from_tree(self.tree)
    }

    fn function(function: Function) -> Self {
        Self::from_tree(Tree::Function(Box::new(function)))
    }
}

impl<T> Value<List<T>> {
    /// One item of this list, counted from 0.
    #[must_use]
    pub fn select(self, index: usize) -> Value<T> {
        Value::function(Function::Select { index, list: self.tree })
    }

    /// The items as text with `separator` between them.
    #[must_use]
    pub fn join(self, separator: impl Into<String>) -> Value<Text> {
        Value::function(Function::Join { separator: separator.into(), parts: self.tree })
    }
}

impl Value<Text> {
    /// The text split at `separator`.
    #[must_use]
    pub fn split(self, separator: impl Into<String>) -> Value<List<Text>> {
        Value::function(Function::Split { separator: separator.into(), text: self.tree })
    }

    /// The text in base 64.
    #[must_use]
    pub fn base64(self) -> Value<Text> {
        Self::function(Function::Base64(self.tree))
    }
}

impl Value<Json> {
    /// A document with these entries, each a literal or a reference.
    pub fn object<K: Into<Name>, V: IntoTree>(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::from_tree(Tree::Map(entries.into_iter().map(|(key, value)| (key.into(), value.into_tree())).collect()))
    }
}

/// The region of the stack.
pub fn region() -> Value<Text> {
    Value::function(Function::Pseudo(Pseudo::Region))
}

/// The number of the account that is deployed to.
pub fn account_id() -> Value<Text> {
    Value::function(Function::Pseudo(Pseudo::AccountId))
}

/// The partition that is deployed to: `aws`, `aws-cn` or `aws-us-gov`.
pub fn partition() -> Value<Text> {
    Value::function(Function::Pseudo(Pseudo::Partition))
}

/// The availability zones of the stack's region, in order.
pub fn availability_zones() -> Value<List<Text>> {
    Value::function(Function::AvailabilityZones)
}

/// The value of an SSM parameter, read at deployment.
pub fn ssm_parameter(name: impl Into<Name>) -> Value<Text> {
    let reference = DynamicReference { service: DynamicService::Ssm, key: name.into() };
    Value::function(Function::Dynamic(reference))
}

/// Text with values in it: `text!("http://{}:8000", server.public_ip())`. Placeholders are `{}`; `{{` is a brace.
#[macro_export]
macro_rules! text {
    ($template:literal $(, $value:expr)* $(,)?) => {
        $crate::value::interpolate($template, ::std::vec![$($crate::IntoTree::into_tree($value)),*])
    };
}

/// What [`text!`](crate::text) calls. A template with another number of placeholders than values is an invalid value.
#[doc(hidden)]
pub fn interpolate(template: &'static str, values: Vec<Tree>) -> Value<Text> {
    let literals = literals_between_placeholders(template);
    if literals.len() != values.len() + 1 {
        let problem =
            format!("the text {template:?} has {} placeholders and {} values", literals.len() - 1, values.len());
        return Value::from_tree(Tree::Invalid(Box::new(crate::Problem::new("invalid-value", problem))));
    }
    let mut values = values.into_iter();
    let mut parts = Vec::new();
    for literal in literals {
        if !literal.is_empty() {
            parts.push(Tree::text(literal));
        }
        parts.extend(values.next());
    }
    Value::function(Function::Join { separator: String::new(), parts: Tree::List(parts) })
}

fn literals_between_placeholders(template: &str) -> Vec<String> {
    let mut literals = vec![String::new()];
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, after) = rest.split_at(at);
        let last = literals.len() - 1;
        literals[last].push_str(before);
        rest = if let Some(after) = after.strip_prefix("{}") {
            literals.push(String::new());
            after
        } else {
            literals[last].push_str(&after[..1]);
            after[1..].strip_prefix(&after[..1]).unwrap_or(&after[1..])
        };
    }
    if let Some(last) = literals.last_mut() {
        last.push_str(rest);
    }
    literals
}

impl<T> Clone for Value<T> {
    fn clone(&self) -> Self {
        Self::from_tree(self.tree.clone())
    }
}

impl<T> fmt::Debug for Value<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tree.fmt(f)
    }
}

impl<T> PartialEq for Value<T> {
    fn eq(&self, other: &Self) -> bool {
        self.tree == other.tree
    }
}

/// What a setter of kind `T` takes: a literal, a value of that kind, or lists and maps of them.
#[diagnostic::on_unimplemented(
    message = "expected a value of kind `{T}`, found `{Self}`",
    label = "this is not of kind `{T}`",
    note = "a setter takes a literal, or an attribute of the same kind: `vpc.vpc_id()`; `.cast()` overrules the check"
)]
pub trait IntoValue<T> {
    /// The value.
    fn into_value(self) -> Value<T>;
}

#[diagnostic::do_not_recommend]
impl<T, K: StandsFor<T>> IntoValue<T> for Value<K> {
    fn into_value(self) -> Value<T> {
        self.cast()
    }
}

#[diagnostic::do_not_recommend]
impl<T, K: StandsFor<T>> IntoValue<T> for &Value<K> {
    fn into_value(self) -> Value<T> {
        self.clone().cast()
    }
}

#[diagnostic::do_not_recommend]
impl<L: Literal> IntoValue<L> for L {
    fn into_value(self) -> Value<L> {
        Value::from_tree(self.lower())
    }
}

#[diagnostic::do_not_recommend]
impl<T: TextKind> IntoValue<T> for Secret<T> {
    fn into_value(self) -> Value<T> {
        Value::from_tree(Tree::Secret(self.into_text()))
    }
}

#[diagnostic::do_not_recommend]
impl<T: TextKind> IntoValue<T> for &str {
    fn into_value(self) -> Value<T> {
        Value::from_tree(Tree::text(self.to_owned()))
    }
}

#[diagnostic::do_not_recommend]
impl<T: TextKind> IntoValue<T> for String {
    fn into_value(self) -> Value<T> {
        Value::from_tree(Tree::text(self))
    }
}

#[diagnostic::do_not_recommend]
impl<T: TextKind> IntoValue<T> for &String {
    fn into_value(self) -> Value<T> {
        Value::from_tree(Tree::text(self.clone()))
    }
}

#[diagnostic::do_not_recommend]
impl IntoValue<Boolean> for bool {
    fn into_value(self) -> Value<Boolean> {
        Value::from_tree(Tree::Boolean(self))
    }
}

#[diagnostic::do_not_recommend]
impl IntoValue<Json> for &str {
    fn into_value(self) -> Value<Json> {
        Value::from_tree(Tree::text(self.to_owned()))
    }
}

#[diagnostic::do_not_recommend]
impl IntoValue<Json> for serde_json::Value {
    fn into_value(self) -> Value<Json> {
        Value::from_tree(self.into())
    }
}

#[diagnostic::do_not_recommend]
impl<T, E: IntoValue<T>, const N: usize> IntoValue<List<T>> for [E; N] {
    fn into_value(self) -> Value<List<T>> {
        list(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T, E: IntoValue<T>> IntoValue<List<T>> for Vec<E> {
    fn into_value(self) -> Value<List<T>> {
        list(self)
    }
}

fn list<T, E: IntoValue<T>>(items: impl IntoIterator<Item = E>) -> Value<List<T>> {
    Value::from_tree(Tree::List(items.into_iter().map(|item| item.into_value().tree).collect()))
}

#[diagnostic::do_not_recommend]
impl<T, K: Into<Name>, E: IntoValue<T>, const N: usize> IntoValue<Map<T>> for [(K, E); N] {
    fn into_value(self) -> Value<Map<T>> {
        map(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T, K: Into<Name>, E: IntoValue<T>> IntoValue<Map<T>> for BTreeMap<K, E> {
    fn into_value(self) -> Value<Map<T>> {
        map(self)
    }
}

fn map<T, K: Into<Name>, E: IntoValue<T>>(entries: impl IntoIterator<Item = (K, E)>) -> Value<Map<T>> {
    Value::from_tree(Tree::Map(entries.into_iter().map(|(key, value)| (key.into(), value.into_value().tree)).collect()))
}

/// Anything that stands for a tree, where no particular kind is asked for: outputs, interpolated text, free documents.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a value",
    label = "this is neither a literal nor an attribute",
    note = "give a literal, or an attribute of a handle: `server.public_ip()`"
)]
pub trait IntoTree {
    /// The tree.
    fn into_tree(self) -> Tree;
}

#[diagnostic::do_not_recommend]
impl<T> IntoTree for Value<T> {
    fn into_tree(self) -> Tree {
        self.tree
    }
}

#[diagnostic::do_not_recommend]
impl<T> IntoTree for &Value<T> {
    fn into_tree(self) -> Tree {
        self.tree.clone()
    }
}

#[diagnostic::do_not_recommend]
impl IntoTree for Tree {
    fn into_tree(self) -> Tree {
        self
    }
}

#[diagnostic::do_not_recommend]
impl IntoTree for serde_json::Value {
    fn into_tree(self) -> Tree {
        self.into()
    }
}

#[diagnostic::do_not_recommend]
impl IntoTree for &str {
    fn into_tree(self) -> Tree {
        Tree::text(self.to_owned())
    }
}

#[diagnostic::do_not_recommend]
impl IntoTree for String {
    fn into_tree(self) -> Tree {
        Tree::text(self)
    }
}

#[diagnostic::do_not_recommend]
impl IntoTree for bool {
    fn into_tree(self) -> Tree {
        Tree::Boolean(self)
    }
}

#[diagnostic::do_not_recommend]
impl IntoTree for f64 {
    fn into_tree(self) -> Tree {
        number(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T: TextKind> IntoTree for Secret<T> {
    fn into_tree(self) -> Tree {
        Tree::Secret(self.into_text())
    }
}

#[diagnostic::do_not_recommend]
impl<E: IntoTree> IntoTree for Vec<E> {
    fn into_tree(self) -> Tree {
        Tree::List(self.into_iter().map(IntoTree::into_tree).collect())
    }
}

#[diagnostic::do_not_recommend]
impl<E: IntoTree, const N: usize> IntoTree for [E; N] {
    fn into_tree(self) -> Tree {
        Tree::List(self.into_iter().map(IntoTree::into_tree).collect())
    }
}

fn number(number: f64) -> Tree {
    match serde_json::Number::from_f64(number) {
        Some(number) => Tree::Number(number),
        None => Tree::Invalid(Box::new(crate::Problem::new(
            "invalid-value",
            format!("{number} is not a number AWS can take"),
        ))),
    }
}

macro_rules! whole_numbers {
    ($($type:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl IntoValue<Integer> for $type {
            fn into_value(self) -> Value<Integer> {
                Value::from_tree(Tree::Number(self.into()))
            }
        }
        #[diagnostic::do_not_recommend]
        impl IntoValue<Number> for $type {
            fn into_value(self) -> Value<Number> {
                Value::from_tree(Tree::Number(self.into()))
            }
        }
        #[diagnostic::do_not_recommend]
        impl IntoTree for $type {
            fn into_tree(self) -> Tree {
                Tree::Number(self.into())
            }
        }
    )*};
}
whole_numbers!(u8, u16, u32, u64, usize, i8, i16, i32, i64);

#[diagnostic::do_not_recommend]
impl IntoValue<Number> for f64 {
    fn into_value(self) -> Value<Number> {
        Value::from_tree(number(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::id_kind! {
        /// A test id.
        #[expect(unreachable_pub, reason = "the macro declares kinds that other crates use")]
        TestId
    }

    fn text(value: impl IntoValue<Text>) -> Tree {
        value.into_value().into_tree()
    }

    fn ids(value: impl IntoValue<List<TestId>>) -> Tree {
        value.into_value().into_tree()
    }

    #[test]
    fn ids_are_text_and_lists_mix_literals_and_values() {
        let id: Value<TestId> = "x-1".into_value();
        assert_eq!(text(id.clone()), Tree::text("x-1"));
        assert_eq!(ids([id]), ids(["x-1"]));
        assert_eq!(ids(vec!["x-1".to_owned()]), ids(["x-1"]));
    }

    #[test]
    fn text_stands_where_any_document_may() {
        let documents = |value: Value<Map<Json>>| value.into_tree();
        let id: Value<TestId> = "x-1".into_value();
        assert_eq!(documents([("A", id)].into_value()), documents([("A", "x-1")].into_value()));
    }

    #[test]
    fn interpolation_keeps_literals_and_values_in_order() {
        let expected = Function::Join {
            separator: String::new(),
            parts: Tree::List(vec![Tree::text("a"), Tree::Number(1.into()), Tree::text("{b}")]),
        };
        assert_eq!(text!("a{}{{b}}", 1).into_tree(), Tree::Function(Box::new(expected)));
        assert!(matches!(interpolate("{} {}", vec![Tree::Null]).into_tree(), Tree::Invalid(_)));
    }

    #[test]
    fn not_a_number_is_reported_and_not_lost() {
        assert!(matches!(number(f64::NAN), Tree::Invalid(_)));
    }
}
