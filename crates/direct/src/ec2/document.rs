//! Reading the properties of a resource, and writing its model. Properties are the program's, checked against the facts
//! before; what is missing or has another form counts as not set.

use serde_json::{Map, Value as Json};

/// Properties by name, secrets in plain: never kept, only sent.
pub(super) struct Properties(Json);

impl Properties {
    pub(super) fn new(document: Json) -> Self {
        Self(document)
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        text(&self.0, name)
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        flag(&self.0, name)
    }

    pub(super) fn number(&self, name: &str) -> Option<i32> {
        number(&self.0, name)
    }

    pub(super) fn texts(&self, name: &str) -> Option<Vec<String>> {
        texts(&self.0, name)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Json> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// The items of a list of objects; none where it is not set.
    pub(super) fn items(&self, name: &str) -> &[Json] {
        self.get(name).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    /// The flag `name`; false where `prior` had it and it is not asked for any more.
    pub(super) fn flag_after(&self, prior: &Json, name: &str) -> Option<bool> {
        self.flag(name).or_else(|| prior.get(name).map(|_| false))
    }

    /// The word `name` as a type of the SDK.
    pub(super) fn word<T: for<'a> From<&'a str>>(&self, name: &str) -> Option<T> {
        self.text(name).map(|text| T::from(text.as_str()))
    }
}

/// The word `name` of a nested document as a type of the SDK.
pub(super) fn word<T: for<'a> From<&'a str>>(document: &Json, name: &str) -> Option<T> {
    text(document, name).map(|text| T::from(text.as_str()))
}

pub(super) fn text(document: &Json, name: &str) -> Option<String> {
    match document.get(name)? {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

pub(super) fn flag(document: &Json, name: &str) -> Option<bool> {
    match document.get(name)? {
        Json::Bool(flag) => Some(*flag),
        Json::String(text) => text.parse().ok(),
        _ => None,
    }
}

pub(super) fn number(document: &Json, name: &str) -> Option<i32> {
    match document.get(name)? {
        Json::Number(number) => number.as_i64().and_then(|number| i32::try_from(number).ok()),
        Json::String(text) => text.parse().ok(),
        _ => None,
    }
}

pub(super) fn texts(document: &Json, name: &str) -> Option<Vec<String>> {
    let items = document.get(name)?.as_array()?;
    Some(items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect())
}

/// A model under construction: what EC2 does not say is not in it.
#[derive(Default)]
pub(super) struct Model(Map<String, Json>);

impl Model {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// The same, with `name` where there is a value.
    #[must_use]
    pub(super) fn with(mut self, name: &str, value: Option<impl Into<Json>>) -> Self {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value.into());
        }
        self
    }

    /// The same, with the list `name` unless it is empty.
    #[must_use]
    pub(super) fn list(mut self, name: &str, items: Vec<Json>) -> Self {
        if !items.is_empty() {
            self.0.insert(name.to_owned(), items.into());
        }
        self
    }

    pub(super) fn json(self) -> Json {
        Json::Object(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn properties_are_read_in_the_forms_that_cloudformation_takes() {
        let properties = Properties::new(json!({"A": "x", "B": "true", "C": "7", "D": ["a"], "E": null}));
        assert_eq!(properties.text("A").as_deref(), Some("x"));
        assert_eq!((properties.flag("B"), properties.number("C")), (Some(true), Some(7)));
        assert_eq!(properties.texts("D"), Some(vec!["a".to_owned()]));
        assert!(properties.get("E").is_none() && properties.items("D").len() == 1);
    }
}
