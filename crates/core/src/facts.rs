//! Facts about resource types: what the planner, the checker and the simulated cloud need to know of each.
//!
//! They are data, read from one compact document a type; where they come from is `ironwright-aws`'s business. What no data
//! can tell of types that are written by hand is in [`ByHand`].

mod by_hand;
pub mod check;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use by_hand::ByHand;

/// Where facts are looked up.
pub trait FactSource: Send + Sync {
    /// The facts about `type_name`, `AWS::EC2::Instance`.
    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>>;
}

/// Several sources, the first that knows a type answers.
///
/// ```
/// use ironwright_core::facts::{Chained, FactSource};
///
/// static FACTS: Chained<0> = Chained([]);
/// assert!(FACTS.facts("AWS::EC2::Instance").is_none());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Chained<const N: usize>(pub [fn() -> &'static dyn FactSource; N]);

impl<const N: usize> FactSource for Chained<N> {
    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        self.0.iter().find_map(|source| source().facts(type_name))
    }
}

/// What is known of one resource type. Paths are dotted property names, `Tags` or `Endpoint.Port`; `*` stands for any
/// item of a list or any key of a map.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, absent from the document where false")]
pub struct TypeFacts {
    /// The type, `AWS::EC2::Instance`.
    #[serde(rename = "t")]
    pub type_name: String,
    /// Every property, settable or read-only, by name.
    #[serde(rename = "p", skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, Shape>,
    /// Shapes that properties name by [`Form::Definition`].
    #[serde(rename = "d", skip_serializing_if = "BTreeMap::is_empty")]
    pub definitions: BTreeMap<String, Shape>,
    /// Properties that must be set.
    #[serde(rename = "r", skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<String>,
    /// Exactly one of each group must be set.
    #[serde(rename = "rx", skip_serializing_if = "Vec::is_empty")]
    pub required_xor: Vec<Vec<String>>,
    /// At least one of each group must be set.
    #[serde(rename = "ro", skip_serializing_if = "Vec::is_empty")]
    pub required_or: Vec<Vec<String>>,
    /// Where the key is set, the others must be.
    #[serde(rename = "dr", skip_serializing_if = "BTreeMap::is_empty")]
    pub dependent_required: BTreeMap<String, Vec<String>>,
    /// Where the key is set, the others must not be.
    #[serde(rename = "dx", skip_serializing_if = "BTreeMap::is_empty")]
    pub dependent_excluded: BTreeMap<String, Vec<String>>,
    /// A change of these replaces the resource.
    #[serde(rename = "co", skip_serializing_if = "Vec::is_empty")]
    pub create_only: Vec<String>,
    /// A change of these may replace the resource.
    #[serde(rename = "cc", skip_serializing_if = "Vec::is_empty")]
    pub conditional_create_only: Vec<String>,
    /// The cloud sets these; a program cannot.
    #[serde(rename = "ra", skip_serializing_if = "Vec::is_empty")]
    pub read_only: Vec<String>,
    /// The cloud never returns these.
    #[serde(rename = "wo", skip_serializing_if = "Vec::is_empty")]
    pub write_only: Vec<String>,
    /// What the cloud returns at these is a secret. A state keeps it as a digest, and the text only where it is sealed.
    #[serde(rename = "se", skip_serializing_if = "Vec::is_empty")]
    pub sensitive: Vec<String>,
    /// Attributes that an update of the resource may change, whatever it changes: not known before it.
    #[serde(rename = "mu", skip_serializing_if = "Vec::is_empty")]
    pub moved_by_updates: Vec<String>,
    /// The properties that together are the physical id.
    #[serde(rename = "id", skip_serializing_if = "Vec::is_empty")]
    pub primary_identifier: Vec<String>,
    /// Other sets of properties that identify one resource.
    #[serde(rename = "ai", skip_serializing_if = "Vec::is_empty")]
    pub additional_identifiers: Vec<Vec<String>>,
    /// The attribute that CloudFormation's `Ref` returns.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub ref_attribute: Option<String>,
    /// What the cloud returns, by attribute name (dotted where nested).
    #[serde(rename = "at", skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Shape>,
    /// How it is tagged, if it can be.
    #[serde(rename = "tg", skip_serializing_if = "Option::is_none")]
    pub tags: Option<TagFacts>,
    /// The ARN's template, `arn:${Partition}:ec2:${Region}:${Account}:subnet/${SubnetId}`.
    #[serde(rename = "arn", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// Properties that are not listed are taken too.
    #[serde(rename = "o", skip_serializing_if = "is_false")]
    pub open: bool,
    /// No property can change in place.
    #[serde(rename = "im", skip_serializing_if = "is_false")]
    pub immutable: bool,
    /// The old one must be gone before its replacement can be made.
    #[serde(rename = "df", skip_serializing_if = "is_false")]
    pub delete_before_create: bool,
    /// It holds data that is lost with it.
    #[serde(rename = "sf", skip_serializing_if = "is_false")]
    pub stateful: bool,
    /// What else there is to know of a type that is written by hand.
    #[serde(skip)]
    pub by_hand: Option<ByHand>,
}

/// How a type is tagged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagFacts {
    /// The property that holds the tags.
    #[serde(rename = "p")]
    pub property: String,
    /// Whether it is a map of key to value, rather than a list of `{Key, Value}`.
    #[serde(rename = "m", default, skip_serializing_if = "is_false")]
    pub map: bool,
}

/// What a value must look like.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "four independent facts, as AWS states them")]
pub struct Shape {
    /// The form.
    #[serde(rename = "f")]
    pub form: Form,
    /// The values that are allowed, if they are few.
    #[serde(rename = "e", skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<String>,
    /// Allowed values match without regard to case.
    #[serde(rename = "ei", skip_serializing_if = "is_false")]
    pub ignore_case: bool,
    /// The values known when the facts were made, sorted, where AWS adds to them all the time: others may exist.
    #[serde(rename = "kn", with = "words", skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<String>,
    /// A regular expression that text must match somewhere.
    #[serde(rename = "pa", skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The smallest number.
    #[serde(rename = "mi", skip_serializing_if = "Option::is_none")]
    pub minimum: Option<f64>,
    /// The largest number.
    #[serde(rename = "ma", skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
    /// The least number of characters, items or keys.
    #[serde(rename = "lo", skip_serializing_if = "Option::is_none")]
    pub shortest: Option<u64>,
    /// The greatest number of characters, items or keys.
    #[serde(rename = "hi", skip_serializing_if = "Option::is_none")]
    pub longest: Option<u64>,
    /// No item may occur twice.
    #[serde(rename = "u", skip_serializing_if = "is_false")]
    pub unique: bool,
    /// The order of items has no meaning: compare as a set.
    #[serde(rename = "un", skip_serializing_if = "is_false")]
    pub unordered: bool,
    /// The items of a list, or the values of a map.
    #[serde(rename = "i", skip_serializing_if = "Option::is_none")]
    pub items: Option<Box<Shape>>,
    /// The properties of an object.
    #[serde(rename = "p", skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, Shape>,
    /// The properties that an object must have.
    #[serde(rename = "r", skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<String>,
    /// Of an object: exactly one of each group must be set.
    #[serde(rename = "rx", skip_serializing_if = "Vec::is_empty")]
    pub required_xor: Vec<Vec<String>>,
    /// Of an object: at least one of each group must be set.
    #[serde(rename = "ro", skip_serializing_if = "Vec::is_empty")]
    pub required_or: Vec<Vec<String>>,
    /// Of an object: where the key is set, the others must be.
    #[serde(rename = "dr", skip_serializing_if = "BTreeMap::is_empty")]
    pub dependent_required: BTreeMap<String, Vec<String>>,
    /// Of an object: where the key is set, the others must not be.
    #[serde(rename = "dx", skip_serializing_if = "BTreeMap::is_empty")]
    pub dependent_excluded: BTreeMap<String, Vec<String>>,
    /// The object takes properties that are not listed.
    #[serde(rename = "o", skip_serializing_if = "is_false")]
    pub open: bool,
    /// What the value is where nothing is set.
    #[serde(rename = "de", skip_serializing_if = "Option::is_none")]
    pub default: Option<serde_json::Value>,
    /// The text's format: `ipv4-network`, `date-time`.
    #[serde(rename = "fo", skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// The attributes of other types it may hold, each as `AWS::EC2::VPC.VpcId`.
    #[serde(rename = "re", skip_serializing_if = "Vec::is_empty")]
    pub relations: Vec<String>,
}

/// The form of a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// Any value at all.
    #[default]
    #[serde(rename = "*")]
    Any,
    /// Text.
    #[serde(rename = "s")]
    Text,
    /// A whole number.
    #[serde(rename = "i")]
    Integer,
    /// A number.
    #[serde(rename = "n")]
    Number,
    /// True or false.
    #[serde(rename = "b")]
    Boolean,
    /// A list of [`Shape::items`].
    #[serde(rename = "l")]
    List,
    /// A map of text to [`Shape::items`].
    #[serde(rename = "m")]
    Map,
    /// An object with [`Shape::properties`].
    #[serde(rename = "o")]
    Object,
    /// A document, given as an object or as text.
    #[serde(rename = "j")]
    Json,
    /// The shape of this name in [`TypeFacts::definitions`].
    #[serde(rename = "d")]
    Definition(String),
    /// Any one of several forms, as written by AWS.
    #[serde(rename = "a")]
    AnyOf(Vec<Form>),
}

impl TypeFacts {
    /// The shape itself, definitions followed.
    pub fn follow<'a>(&'a self, shape: &'a Shape) -> &'a Shape {
        match &shape.form {
            Form::Definition(name) => self.definitions.get(name).map_or(shape, |target| self.follow(target)),
            _ => shape,
        }
    }

    /// The shape at a dotted path from the top, list items and map values by `*` or an index.
    pub fn shape(&self, path: &str) -> Option<&Shape> {
        let mut segments = path.split('.');
        let mut shape = self.follow(self.properties.get(segments.next()?)?);
        for segment in segments {
            let next = match shape.form {
                Form::List | Form::Map => shape.items.as_deref()?,
                _ => shape.properties.get(segment)?,
            };
            shape = self.follow(next);
        }
        Some(shape)
    }

    /// Whether a program may set `property` at the top level.
    pub fn is_settable(&self, property: &str) -> bool {
        self.properties.contains_key(property) && !self.read_only.iter().any(|path| path == property)
    }
}

/// Many words as one text, `"t2.micro t2.small"`: shorter in the document than a list of texts.
mod words {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(words: &[String], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&words.join(" "))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(text.split_whitespace().map(str::to_owned).collect())
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}
