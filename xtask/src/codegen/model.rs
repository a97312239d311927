//! What the facts say of a resource type, merged from both packages and free of their formats.
//! Reading them is elsewhere, and so is everything about Rust.

use std::collections::BTreeMap;

/// One resource type, such as `AWS::EC2::Subnet`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Type {
    /// `AWS::EC2::Subnet`.
    pub(crate) name: String,
    /// The properties, read-only ones included.
    pub(crate) body: Definition,
    /// Nested object types by their name in the facts.
    pub(crate) definitions: BTreeMap<String, Definition>,
    /// Paths such as `Endpoint.Address`; `*` stands for an item of a list or map.
    pub(crate) create_only: Vec<String>,
    pub(crate) conditional_create_only: Vec<String>,
    pub(crate) read_only: Vec<String>,
    pub(crate) write_only: Vec<String>,
    pub(crate) primary_identifier: Vec<String>,
    pub(crate) additional_identifiers: Vec<Vec<String>>,
    /// The property or attribute that `Ref` returns, where that is a single one.
    pub(crate) ref_attribute: Option<String>,
    /// What `Ref` and `Fn::GetAtt` return, by name.
    pub(crate) attributes: BTreeMap<String, Shape>,
    pub(crate) tags: Option<Tags>,
    pub(crate) arn_template: Option<String>,
    /// No update handler: any change replaces.
    pub(crate) immutable: bool,
    /// The old one goes before the new one comes.
    pub(crate) delete_before_create: bool,
    pub(crate) stateful: bool,
}

impl Type {
    /// The same type with every tag of a tag list requiring its key and its value, as all services do in practice: so
    /// that the types of a service share one `Tag`.
    pub(crate) fn with_uniform_tags(mut self) -> Self {
        if let Some(key) = self.tag_definition().map(str::to_owned)
            && let Some(tag) = self.definitions.get_mut(&key)
        {
            tag.required = vec!["Key".to_owned(), "Value".to_owned()];
        }
        self
    }

    /// The nested type of one tag, if it has a key and a value and nothing else.
    fn tag_definition(&self) -> Option<&str> {
        let tags = self.tags.as_ref().filter(|tags| tags.style == TagStyle::KeyValueList)?;
        let Kind::Object(key) = &self.body.properties.get(&tags.property)?.shape.innermost().kind else { return None };
        let names: Vec<&String> = self.definitions.get(key)?.properties.keys().collect();
        (names == ["Key", "Value"]).then_some(key)
    }
}

/// How a type is tagged.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tags {
    pub(crate) property: String,
    pub(crate) style: TagStyle,
}

/// The shape of the tag property.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum TagStyle {
    KeyValueList,
    Map,
    AutoScaling,
}

/// An object: its properties and the rules between them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Definition {
    pub(crate) properties: BTreeMap<String, Property>,
    /// The required properties that can be set, in a stable order.
    pub(crate) required: Vec<String>,
    /// Exactly one of these sets is given.
    pub(crate) one_of: Vec<Vec<String>>,
    /// At least one of these sets is given.
    pub(crate) any_of: Vec<Vec<String>>,
    pub(crate) dependent_required: BTreeMap<String, Vec<String>>,
    pub(crate) dependent_excluded: BTreeMap<String, Vec<String>>,
    /// Properties that the facts do not name are accepted.
    pub(crate) open: bool,
}

/// One property.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Property {
    pub(crate) shape: Shape,
    pub(crate) read_only: bool,
    pub(crate) deprecated: bool,
    pub(crate) update: Update,
}

/// What a change of a property does.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Update {
    #[default]
    InPlace,
    MayReplace,
    Replaces,
}

/// What a value may be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shape {
    pub(crate) kind: Kind,
    pub(crate) limits: Limits,
    /// What it identifies, if it is an id of something.
    pub(crate) relations: Vec<Relation>,
}

impl Shape {
    /// A shape with no limits.
    pub(crate) fn of(kind: Kind) -> Self {
        Self { kind, limits: Limits::default(), relations: Vec::new() }
    }

    /// The shape of an item, however deep the lists and maps; the shape itself if it is neither.
    pub(crate) fn innermost(&self) -> &Self {
        match &self.kind {
            Kind::List(item) | Kind::Map(item) => item.innermost(),
            _ => self,
        }
    }

    /// [`Shape::innermost`], to change.
    pub(crate) fn innermost_mut(&mut self) -> &mut Self {
        if matches!(self.kind, Kind::List(_) | Kind::Map(_)) {
            match &mut self.kind {
                Kind::List(item) | Kind::Map(item) => item.innermost_mut(),
                _ => unreachable!("just matched"),
            }
        } else {
            self
        }
    }
}

/// The kind of a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Text,
    Integer,
    Number,
    Boolean,
    Json,
    List(Box<Shape>),
    Map(Box<Shape>),
    /// A definition of the same type.
    Object(String),
}

/// Bounds on a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Limits {
    pub(crate) pattern: Option<String>,
    pub(crate) format: Option<String>,
    pub(crate) allowed: Vec<String>,
    pub(crate) any_case: bool,
    /// The values known today, where AWS adds to them all the time.
    pub(crate) known: Vec<String>,
    pub(crate) length: (Option<u64>, Option<u64>),
    pub(crate) range: (Option<serde_json::Number>, Option<serde_json::Number>),
    pub(crate) items: (Option<u64>, Option<u64>),
    pub(crate) unique: bool,
    pub(crate) unordered: bool,
    pub(crate) default: Option<serde_json::Value>,
}

/// The attribute of another type that a value is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Relation {
    /// `AWS::EC2::VPC`.
    pub(crate) target: String,
    /// `VpcId`.
    pub(crate) attribute: String,
    /// Seen in use rather than stated: believed only where the property's name says the same.
    pub(crate) mined: bool,
}

impl Relation {
    /// A relation that the facts state.
    pub(crate) fn new(target: &str, attribute: &str) -> Self {
        Self { target: target.to_owned(), attribute: attribute.to_owned(), mined: false }
    }

    /// A relation that was only seen in use.
    pub(crate) fn mined(target: &str, attribute: &str) -> Self {
        Self { mined: true, ..Self::new(target, attribute) }
    }
}

/// `EC2` of `AWS::EC2::Subnet`.
pub(crate) fn namespace(type_name: &str) -> &str {
    type_name.split("::").nth(1).unwrap_or(type_name)
}

/// `Subnet` of `AWS::EC2::Subnet`.
pub(crate) fn short_name(type_name: &str) -> &str {
    type_name.rsplit("::").next().unwrap_or(type_name)
}
