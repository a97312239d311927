//! A template: one stack, ready to be written.

use serde_json::Value;

use crate::document::Document;
use crate::limits;
use crate::sections::Section;

/// The CloudFormation template of one stack.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    stack: String,
    region: Option<String>,
    needs: Vec<String>,
    document: Document,
    /// The document as JSON, written once: its size is also what limits are checked on.
    json: String,
}

/// What a template is made of, section by section.
#[derive(Default)]
pub(crate) struct Sections {
    pub(crate) parameters: Section,
    pub(crate) mappings: Section,
    pub(crate) conditions: Section,
    pub(crate) resources: Section,
    pub(crate) outputs: Section,
}

impl Sections {
    pub(crate) fn is_empty(&self) -> bool {
        let Self { parameters, mappings, conditions, resources, outputs } = self;
        [parameters, mappings, conditions, resources, outputs].iter().all(|section| section.is_empty())
    }
}

impl Template {
    pub(crate) fn new(app: &str, stack: &str, region: Option<&str>, needs: Vec<String>, sections: Sections) -> Self {
        let description = format!("The stack {stack} of {app}. Made by Ironwright; change the program, not this file.");
        let mut document: Section = vec![
            ("AWSTemplateFormatVersion".into(), Document::text("2010-09-09")),
            ("Description".into(), Document::text(description)),
        ];
        let named = [
            ("Parameters", sections.parameters),
            ("Mappings", sections.mappings),
            ("Conditions", sections.conditions),
            ("Resources", sections.resources),
            ("Outputs", sections.outputs),
        ];
        let present = named.into_iter().filter(|(_, section)| !section.is_empty());
        document.extend(present.map(|(name, section)| (name.into(), Document::Map(section))));
        let document = Document::Map(document);
        let json = within_limit(&document, document.to_json());
        Self { stack: stack.to_owned(), region: region.map(str::to_owned), needs, document, json }
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
        within_limit(&self.document, self.document.to_yaml())
    }

    /// The whole template, to assert on. Keys are sorted, as `serde_json` keeps them.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(&self.document).expect("keys of a template are text")
    }

    /// The resources by logical id, `template.resources()["Server"]["Type"]`.
    pub fn resources(&self) -> Value {
        self.values("Resources")
    }

    /// The outputs by logical id.
    pub fn outputs(&self) -> Value {
        self.values("Outputs")
    }

    /// The parameters by logical id.
    pub fn parameters(&self) -> Value {
        self.values("Parameters")
    }

    fn values(&self, section: &str) -> Value {
        let values = self.section(section).map(|section| serde_json::to_value(section).expect("keys are text"));
        values.unwrap_or_else(|| Value::Object(serde_json::Map::new()))
    }

    pub(crate) fn section(&self, name: &str) -> Option<&Document> {
        self.document.get(name)
    }

    /// How many bytes [`Template::to_json`] has.
    pub(crate) fn size(&self) -> usize {
        self.json.len()
    }
}

/// `text`, or where that is more than CloudFormation takes, the shortest way to write `document`.
fn within_limit(document: &Document, text: String) -> String {
    if text.len() <= limits::BODY { text } else { document.to_compact_json() }
}
