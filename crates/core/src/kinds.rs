//! Kinds: what a value is, as far as the compiler checks it. `Value<VpcId>` and `Value<Text>` hold the same tree.

use std::marker::PhantomData;

use crate::tree::Tree;

/// Text of any content.
#[derive(Debug)]
pub enum Text {}
/// A whole number.
#[derive(Debug)]
pub enum Integer {}
/// A number, whole or not.
#[derive(Debug)]
pub enum Number {}
/// True or false.
#[derive(Debug)]
pub enum Boolean {}
/// A document of any shape.
#[derive(Debug)]
pub enum Json {}
/// Values of kind `K`, in order.
#[derive(Debug)]
pub struct List<K>(PhantomData<fn() -> K>);
/// Named values of kind `K`.
#[derive(Debug)]
pub struct Map<K>(PhantomData<fn() -> K>);

/// A kind that a text literal may stand for: text, ids, enumerated strings.
#[diagnostic::on_unimplemented(message = "`{Self}` is not text, so a text literal cannot stand for it")]
pub trait TextKind {}
impl TextKind for Text {}

/// A kind of id. Its values are also accepted where plain text is; plain text is never accepted as an id.
pub trait IdKind: TextKind {}

/// A kind whose values will do where a `T` is asked for: every kind for itself, an id for text, text for a document.
pub trait StandsFor<T> {}
impl<T> StandsFor<T> for T {}
impl<K: IdKind> StandsFor<Text> for K {}
impl<K: TextKind> StandsFor<Json> for K {}
impl StandsFor<Number> for Integer {}

/// A type that is its own kind: nested property types and enumerated strings.
pub trait Literal {
    /// The tree it stands for.
    fn lower(self) -> Tree;
}

/// A required property is given; see [`Missing`].
#[derive(Debug)]
pub enum Set {}

/// A required property `P` is not given yet, in the type of a builder.
#[derive(Debug)]
pub struct Missing<P>(PhantomData<fn() -> P>);

/// Held by [`Set`] alone: what `build()` asks of every required property `P`.
#[diagnostic::on_unimplemented(
    message = "the required property `{P}` is not set",
    label = "call the setter of this property before `build()`"
)]
pub trait Provided<P> {}
#[diagnostic::do_not_recommend]
impl<P> Provided<P> for Set {}

/// Declares kinds of ids: `id_kind! { /// Id of a VPC. VpcId }`.
#[macro_export]
macro_rules! id_kind {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}
        impl $crate::kinds::TextKind for $name {}
        impl $crate::kinds::IdKind for $name {}
    )*};
}

/// Declares enumerated strings, open to values that are newer than the facts.
///
/// `text_enum! { /// Where instances run. Tenancy { Default = "default", Dedicated = "dedicated" } }`
#[macro_export]
macro_rules! text_enum {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = concat!("`", $text, "`")] $variant,)*
            /// A value that the facts do not list.
            Other(String),
        }
        impl $name {
            /// The text AWS knows it by.
            pub fn as_str(&self) -> &str {
                match self { $(Self::$variant => $text,)* Self::Other(text) => text }
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text { $($text => Self::$variant,)* _ => Self::Other(text.to_owned()) }
            }
        }
        impl $crate::kinds::TextKind for $name {}
        impl $crate::kinds::Literal for $name {
            fn lower(self) -> $crate::Tree {
                match self { $(Self::$variant => $crate::Tree::text($text),)* Self::Other(text) => $crate::Tree::text(text) }
            }
        }
    )*};
}
