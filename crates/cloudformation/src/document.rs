//! The document a template is: JSON's values with keys in the order they were put, written as JSON or as YAML.
//!
//! What the sections of a template are is in `template.rs`.

use serde::{Serialize, Serializer};

use ironwright_core::Name;

/// A value of a template. Unlike `serde_json::Value`, a map keeps the order of its keys.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Document {
    Boolean(bool),
    Number(serde_json::Number),
    Text(Name),
    List(Vec<Document>),
    Map(Vec<(Name, Document)>),
}

impl Document {
    pub(crate) fn text(text: impl Into<Name>) -> Self {
        Self::Text(text.into())
    }

    /// A map of one key, as every intrinsic function is written.
    pub(crate) fn call(function: &'static str, argument: Self) -> Self {
        Self::Map(vec![(function.into(), argument)])
    }

    /// The value under `key` of a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.iter().find(|(known, _)| known == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// How many items or keys it has; none for a single value.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::List(items) => items.len(),
            Self::Map(entries) => entries.len(),
            _ => 0,
        }
    }

    /// JSON, indented by two spaces, with a line end.
    pub(crate) fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("keys are text and writing to memory cannot fail");
        text.push('\n');
        text
    }

    /// JSON without any space.
    pub(crate) fn to_compact_json(&self) -> String {
        serde_json::to_string(self).expect("keys are text and writing to memory cannot fail")
    }

    /// YAML: lines of text as literal blocks, nothing folded, anything that could be read as another kind quoted.
    pub(crate) fn to_yaml(&self) -> String {
        let options = serde_saphyr::ser_options! { folded_wrap_chars: usize::MAX };
        serde_saphyr::to_string_with_options(self, options).expect("keys are text and writing to memory cannot fail")
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Boolean(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(entries) => serializer.collect_map(entries.iter().map(|(key, value)| (key, value))),
        }
    }
}
