//! The document a template is: JSON's values with keys in the order they were put, written as JSON or as YAML.
//!
//! What the sections of a template are is in `template.rs`.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, Serializer};
use serde_json::Number;

/// Text of a program or of a document that was read, borrowed where it can be.
pub(crate) type Text<'a> = Cow<'a, str>;

/// A value of a template. Unlike `serde_json::Value`, a map keeps the order of its keys.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Document<'a> {
    Boolean(bool),
    Number(Number),
    Text(Text<'a>),
    List(Vec<Document<'a>>),
    Map(Vec<(Text<'a>, Document<'a>)>),
    /// `Ref` to a resource, a parameter or a pseudo parameter.
    Ref(Text<'a>),
    /// `Fn::GetAtt`: a resource and its attribute.
    GetAtt(Text<'a>, Text<'a>),
    /// Any other function and its argument.
    Call(&'static str, Box<Document<'a>>),
}

impl<'a> Document<'a> {
    pub(crate) fn text(text: impl Into<Text<'a>>) -> Self {
        Self::Text(text.into())
    }

    /// A function of one argument.
    pub(crate) fn call(function: &'static str, argument: Self) -> Self {
        Self::Call(function, Box::new(argument))
    }

    /// A function of several arguments.
    pub(crate) fn call_with<const N: usize>(function: &'static str, arguments: [Self; N]) -> Self {
        Self::call(function, Self::List(arguments.into()))
    }

    /// What `json` says.
    pub(crate) fn from_json(json: &'a str) -> serde_json::Result<Self> {
        serde_json::from_str(json)
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

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Boolean(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(entries) => serializer.collect_map(entries.iter().map(|(key, value)| (key, value))),
            Self::Ref(id) => serializer.collect_map([("Ref", id)]),
            Self::GetAtt(id, attribute) => serializer.collect_map([("Fn::GetAtt", [id, attribute])]),
            Self::Call(function, argument) => serializer.collect_map([(function, argument)]),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Document<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DocumentVisitor)
    }
}

/// Reads whatever comes, in order; functions come as maps.
struct DocumentVisitor;

impl<'de> Visitor<'de> for DocumentVisitor {
    type Value = Document<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of a template, which is never null")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Document::Boolean(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Document::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Document::Number(number.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Self::Value, E> {
        Number::from_f64(number).map(Document::Number).ok_or_else(|| E::custom("a number is not finite"))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Document::text(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Document::text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Document::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, value)) = access.next_entry::<String, _>()? {
            entries.push((key.into(), value));
        }
        Ok(Document::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use saphyr::{LoadableYamlNode, Scalar, Yaml};

    /// What an independent parser reads.
    fn parsed(yaml: &Yaml) -> Document<'static> {
        match yaml {
            Yaml::Value(Scalar::Boolean(flag)) => Document::Boolean(*flag),
            Yaml::Value(Scalar::Integer(number)) => Document::Number((*number).into()),
            Yaml::Value(Scalar::FloatingPoint(number)) => Document::Number(Number::from_f64(number.0).expect("finite")),
            Yaml::Value(Scalar::String(text)) => Document::text(text.to_string()),
            Yaml::Sequence(items) => Document::List(items.iter().map(parsed).collect()),
            Yaml::Mapping(entries) => Document::Map(
                entries
                    .iter()
                    .map(|(key, value)| (key.as_str().expect("keys are text").to_owned().into(), parsed(value)))
                    .collect(),
            ),
            other => panic!("a template holds no {other:?}"),
        }
    }

    fn read_back(document: &Document) -> Document<'static> {
        let yaml = document.to_yaml();
        let documents = Yaml::load_from_str(&yaml).unwrap_or_else(|error| panic!("{error} in\n{yaml}"));
        assert_eq!(documents.len(), 1, "{yaml}");
        parsed(&documents[0])
    }

    /// Text as templates hold it, and text that YAML could take for something else.
    fn texts() -> impl Strategy<Value = String> {
        let hard =
            ["", " ", "yes", "No", "~", "null", "012", "0x1F", "1e3", "2010-09-09", "12:30:45", "=", "<<", "*", "- a"];
        let hard = prop::sample::select(hard.to_vec()).prop_map(str::to_owned);
        prop_oneof![
            hard,
            "[ -~]{0,20}",
            "[a-z${}:#'\"|>&*!%@` \\n\\t-]{0,40}",
            "(  ?[a-z${}]{0,8}\\n){0,4}[a-z ]{0,3}",
            any::<String>(),
        ]
    }

    fn documents() -> impl Strategy<Value = Document<'static>> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Document::Boolean),
            any::<i64>().prop_map(|number| Document::Number(number.into())),
            (-1e15..1e15f64).prop_map(|number| Document::Number(Number::from_f64(number).expect("finite"))),
            texts().prop_map(Document::text),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            let map = prop::collection::btree_map(texts(), inner.clone(), 0..6);
            let entries = |map: std::collections::BTreeMap<String, Document<'static>>| {
                map.into_iter().map(|(key, value)| (key.into(), value))
            };
            prop_oneof![
                prop::collection::vec(inner, 0..6).prop_map(Document::List),
                map.prop_map(move |map| Document::Map(entries(map).collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn yaml_read_by_another_parser_is_the_document(document in documents()) {
            prop_assert_eq!(read_back(&document), document);
        }

        #[test]
        fn json_read_back_is_the_document(document in documents()) {
            for json in [document.to_json(), document.to_compact_json()] {
                prop_assert_eq!(&Document::from_json(&json).expect("JSON"), &document);
            }
        }

        #[test]
        fn json_is_the_document(document in documents()) {
            let expect = serde_json::to_value(&document).expect("keys are text");
            for text in [document.to_json(), document.to_compact_json()] {
                prop_assert_eq!(&serde_json::from_str::<serde_json::Value>(&text).expect("JSON"), &expect);
            }
        }
    }

    #[test]
    fn what_older_parsers_take_for_other_kinds_is_quoted() {
        for text in
            ["yes", "no", "on", "off", "y", "Y", "true", "null", "~", "012", "1_000", "1e3", "12:30:45", "2012-10-17"]
        {
            assert_eq!(Document::text(text).to_yaml(), format!("{text:?}\n"));
        }
    }

    #[test]
    fn scripts_are_literal_blocks_and_long_lines_are_not_folded() {
        let script = format!("#!/bin/bash\n\n  echo {}\n", "long ".repeat(40).trim_end());
        let yaml = Document::Map(vec![("Script".into(), Document::text(script.clone()))]).to_yaml();
        assert_eq!(yaml, format!("Script: |\n  #!/bin/bash\n\n    echo {}\n", "long ".repeat(40).trim_end()));
        let line = "word ".repeat(40) + "end";
        assert_eq!(Document::text(line.clone()).to_yaml(), format!("{line}\n"));
    }

    #[test]
    fn functions_are_maps_of_one_key() {
        let functions = Document::List(vec![
            Document::Ref("Server".into()),
            Document::GetAtt("Server".into(), "PublicIp".into()),
            Document::call("Fn::Base64", Document::text("x")),
        ]);
        let expect = r#"[{"Ref":"Server"},{"Fn::GetAtt":["Server","PublicIp"]},{"Fn::Base64":"x"}]"#;
        assert_eq!(functions.to_compact_json(), expect);
    }

    #[test]
    fn keys_keep_their_order() {
        let document = Document::Map(vec![("b".into(), Document::Boolean(true)), ("a".into(), Document::text("x"))]);
        assert_eq!(
            (document.to_compact_json().as_str(), document.to_yaml().as_str()),
            (r#"{"b":true,"a":"x"}"#, "b: true\na: x\n")
        );
    }
}
