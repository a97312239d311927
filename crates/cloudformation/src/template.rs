//! A template: one stack, ready to be written.

use serde_json::Value;

use crate::document::Document;
use crate::limits;
use crate::sections::Section;

/// The CloudFormation template of one stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    stack: String,
    region: Option<String>,
    needs: Vec<String>,
    json: String,
}

/// What a template is made of, section by section.
pub(crate) struct Sections<'a> {
    pub(crate) parameters: Section<'a>,
    pub(crate) mappings: Section<'a>,
    pub(crate) conditions: Section<'a>,
    pub(crate) resources: Section<'a>,
    pub(crate) outputs: Section<'a>,
}

impl<'a> Sections<'a> {
    pub(crate) fn is_empty(&self) -> bool {
        let Self { parameters, mappings, conditions, resources, outputs } = self;
        [parameters, mappings, conditions, resources, outputs].iter().all(|section| section.is_empty())
    }

    /// The template of these sections, in the order that CloudFormation's own documents have.
    fn into_document(self, description: String) -> Document<'a> {
        let mut document: Section = vec![
            ("AWSTemplateFormatVersion".into(), Document::text("2010-09-09")),
            ("Description".into(), Document::text(description)),
        ];
        let named = [
            ("Parameters", self.parameters),
            ("Mappings", self.mappings),
            ("Conditions", self.conditions),
            ("Resources", self.resources),
            ("Outputs", self.outputs),
        ];
        let present = named.into_iter().filter(|(_, section)| !section.is_empty());
        document.extend(present.map(|(name, section)| (name.into(), Document::Map(section))));
        Document::Map(document)
    }
}

impl Template {
    pub(crate) fn new(app: &str, stack: &str, region: Option<&str>, needs: Vec<String>, sections: Sections) -> Self {
        let description = format!("The stack {stack} of {app}. Made by Ironwright; change the program, not this file.");
        let document = sections.into_document(description);
        let json = within_limit(document.to_json(), &document);
        Self { stack: stack.to_owned(), region: region.map(str::to_owned), needs, json }
    }

    /// The stack's name.
    pub fn stack(&self) -> &str {
        &self.stack
    }

    /// The region it is to be deployed in, if the program names one.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// The stacks that must be deployed before this one, in the app's order.
    pub fn needs(&self) -> &[String] {
        &self.needs
    }

    /// JSON: indented, or without any space where only that keeps it under CloudFormation's 1,000,000 bytes.
    pub fn to_json(&self) -> String {
        self.json.clone()
    }

    /// YAML, the same document as [`Template::to_json`]; beyond 1,000,000 bytes the JSON without spaces, which is YAML.
    pub fn to_yaml(&self) -> String {
        let document = Document::from_json(&self.json).expect("a template is written as JSON by this type alone");
        within_limit(document.to_yaml(), &document)
    }

    /// The whole template, to assert on. Keys are sorted, as `serde_json` keeps them.
    pub fn to_value(&self) -> Value {
        serde_json::from_str(&self.json).expect("a template is written as JSON by this type alone")
    }

    /// The resources by logical id, `template.resources()["Server"]["Type"]`.
    pub fn resources(&self) -> Value {
        self.section("Resources")
    }

    /// The outputs by logical id.
    pub fn outputs(&self) -> Value {
        self.section("Outputs")
    }

    /// The parameters by logical id.
    pub fn parameters(&self) -> Value {
        self.section("Parameters")
    }

    fn section(&self, name: &str) -> Value {
        let empty = || Value::Object(serde_json::Map::new());
        self.to_value().get_mut(name).map_or_else(empty, Value::take)
    }

    /// How many bytes [`Template::to_json`] has.
    pub(crate) fn size(&self) -> usize {
        self.json.len()
    }
}

/// `text`, or where that is more than CloudFormation takes, the shortest way to write `document`.
fn within_limit(text: String, document: &Document) -> String {
    if text.len() <= limits::BODY { text } else { document.to_compact_json() }
}
