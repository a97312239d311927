//! A resource in the making: what was asked for, and what the cloud adds to it.

use ironwright_core::facts::TypeFacts;
use serde_json::{Map, Value as Json};

use crate::dice::Dice;
use crate::entry::{at, put_at};
use crate::surroundings::{ACCOUNT, partition};

/// A resource in the making.
pub(crate) struct Draft<'a> {
    pub(crate) facts: &'a TypeFacts,
    pub(crate) region: &'a str,
    /// The address it is made for, `web/server`.
    pub(crate) address: &'a str,
    /// Ids and names are drawn from these.
    pub(crate) dice: Dice,
    model: Json,
    withheld: Vec<&'static str>,
}

impl<'a> Draft<'a> {
    /// A draft of what was asked for in `model`.
    pub(crate) fn new(
        facts: &'a TypeFacts,
        region: &'a str,
        address: &'a str,
        dice: Dice,
        model: Map<String, Json>,
    ) -> Self {
        Self { facts, region, address, dice, model: Json::Object(model), withheld: Vec::new() }
    }

    /// What there is so far.
    pub(crate) fn model(&self) -> &Json {
        &self.model
    }

    /// What there is, taken out.
    pub(crate) fn into_model(self) -> Json {
        self.model
    }

    /// Whether something stands at the dotted `path`, or must not.
    pub(crate) fn is_settled(&self, path: &str) -> bool {
        let is_below =
            |withheld: &&str| path.strip_prefix(withheld).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.withheld.iter().any(is_below) || at(&self.model, path).is_some()
    }

    /// The value at the dotted `path`.
    pub(crate) fn get(&self, path: &str) -> Option<&Json> {
        at(&self.model, path)
    }

    /// The text at the dotted `path`.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.get(path)?.as_str()
    }

    /// Whether the dotted `path` says true.
    pub(crate) fn flag(&self, path: &str) -> bool {
        self.get(path).is_some_and(|value| *value == Json::Bool(true) || *value == "true")
    }

    /// Puts `value` at the dotted `path`, whatever stood there; null is no value.
    pub(crate) fn put(&mut self, path: &str, value: impl Into<Json>) {
        let value = value.into();
        if let (Json::Object(entries), false) = (&mut self.model, value.is_null()) {
            put_at(entries, path, value);
        }
    }

    /// Puts `value` at the dotted `path` if nothing stands there and something may.
    pub(crate) fn set(&mut self, path: &str, value: impl Into<Json>) {
        if !self.is_settled(path) {
            self.put(path, value);
        }
    }

    /// This resource has nothing at `path` and below, though others of its type may.
    pub(crate) fn withhold(&mut self, path: &'static str) {
        self.withheld.push(path);
    }

    /// The service in ARNs and domain names, `ec2`.
    pub(crate) fn service(&self) -> String {
        self.facts.type_name.split("::").nth(1).unwrap_or_default().to_lowercase()
    }

    /// An ARN in this account and region.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{ACCOUNT}:{resource}", partition(self.region), self.region)
    }

    /// An id as EC2 gives them: the prefix and 17 hexadecimal digits.
    pub(crate) fn ec2_id(&mut self, prefix: &str) -> String {
        format!("{prefix}-0{}", self.dice.hex(16))
    }

    /// The physical id, once every part of it is there.
    pub(crate) fn physical_id(&self) -> Option<String> {
        let parts = self.facts.primary_identifier.iter().map(|path| match self.get(path)? {
            Json::String(text) => Some(text.clone()),
            Json::Number(number) => Some(number.to_string()),
            Json::Bool(flag) => Some(flag.to_string()),
            _ => None,
        });
        parts.collect::<Option<Vec<_>>>().map(|parts| parts.join("|")).filter(|id| !id.is_empty())
    }
}
