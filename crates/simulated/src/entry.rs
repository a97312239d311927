//! One resource of the simulated cloud, and the key it is found by.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// What a resource is found by. Types of services that span all regions have an empty region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Key {
    #[serde(rename = "t")]
    pub(crate) type_name: Arc<str>,
    #[serde(rename = "r")]
    pub(crate) region: Arc<str>,
    #[serde(rename = "i")]
    pub(crate) id: Arc<str>,
}

impl Key {
    /// The key of a resource of `type_name` that was asked for in `region`.
    pub(crate) fn new(type_name: &str, region: &str, id: &str) -> Self {
        let region = if is_global(type_name) { "" } else { region };
        Self { type_name: type_name.into(), region: region.into(), id: id.into() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.type_name, self.id)
    }
}

/// Whether one namespace of names and ids spans all regions.
pub(crate) fn is_global(type_name: &str) -> bool {
    const SERVICES: [&str; 10] = [
        "AWS::IAM::",
        "AWS::CloudFront::",
        "AWS::Route53::",
        "AWS::Organizations::",
        "AWS::GlobalAccelerator::",
        "AWS::Budgets::",
        "AWS::CE::",
        "AWS::Shield::",
        "Docker::",
        "SSH::",
    ];
    type_name == "AWS::S3::Bucket" || SERVICES.iter().any(|service| type_name.starts_with(service))
}

/// A live resource. Nothing in it is a plain secret: a digest stands wherever one was given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    #[serde(rename = "k")]
    pub(crate) key: Key,
    /// The address it was created for.
    #[serde(rename = "a")]
    pub(crate) address: Arc<str>,
    /// The token it was created with.
    #[serde(rename = "c")]
    pub(crate) token: Arc<str>,
    /// What was asked for last.
    #[serde(rename = "d")]
    pub(crate) desired: Arc<Json>,
    /// What a read returns.
    #[serde(rename = "m")]
    pub(crate) model: Arc<Json>,
    /// The resources that it refers to.
    #[serde(rename = "u", default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) uses: Vec<Key>,
    /// How many more observations find it pending.
    #[serde(rename = "p", default, skip_serializing_if = "is_zero")]
    pub(crate) pending: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Entry {
    /// What a read returns at the dotted `path`, if it is text.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        at(&self.model, path)?.as_str()
    }
}

/// The value at a dotted path of object keys.
pub(crate) fn at<'a>(document: &'a Json, path: &str) -> Option<&'a Json> {
    path.split('.').try_fold(document, |value, key| value.get(key))
}

/// All values at a dotted path; `*` is every item of a list or every value of an object, and may be left out for lists.
pub(crate) fn all_at<'a>(document: &'a Json, path: &str) -> Vec<&'a Json> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let next: Vec<&Json> = match document {
        Json::Array(items) if first == "*" => items.iter().collect(),
        Json::Array(items) => return items.iter().flat_map(|item| all_at(item, path)).collect(),
        Json::Object(entries) if first == "*" => entries.values().collect(),
        Json::Object(entries) => entries.get(first).into_iter().collect(),
        _ => Vec::new(),
    };
    match rest {
        Some(rest) => next.into_iter().flat_map(|value| all_at(value, rest)).collect(),
        None => next,
    }
}

/// Puts `value` at a dotted path of object keys, making objects on the way where there is nothing yet.
pub(crate) fn put_at(document: &mut Map<String, Json>, path: &str, value: Json) {
    match path.split_once('.') {
        None => {
            document.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            let next = document.entry(first).or_insert_with(|| Json::Object(Map::new()));
            if let Json::Object(entries) = next {
                put_at(entries, rest, value);
            }
        }
    }
}

/// Removes what stands at a dotted path, with `*` as in [`all_at`].
pub(crate) fn remove_at(document: &mut Json, path: &str) {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    match (document, rest) {
        (Json::Array(items), Some(rest)) if first == "*" => items.iter_mut().for_each(|item| remove_at(item, rest)),
        (Json::Array(items), _) if first != "*" => items.iter_mut().for_each(|item| remove_at(item, path)),
        (Json::Object(entries), Some(rest)) if first == "*" => {
            entries.values_mut().for_each(|value| remove_at(value, rest));
        }
        (Json::Object(entries), Some(rest)) => {
            if let Some(next) = entries.get_mut(first) {
                remove_at(next, rest);
            }
        }
        (Json::Object(entries), None) => {
            entries.remove(first);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_reach_through_lists_with_a_star_and_without() {
        let document = json!({"L": [{"K": 1, "V": 2}, {"K": 3}], "M": {"a": {"K": 4}}});
        assert_eq!(all_at(&document, "L.*.K"), [&json!(1), &json!(3)]);
        assert_eq!(all_at(&document, "L.K"), [&json!(1), &json!(3)]);
        assert_eq!(all_at(&document, "M.*.K"), [&json!(4)]);
        let mut removed = document;
        remove_at(&mut removed, "L.*.K");
        remove_at(&mut removed, "M.*.K");
        assert_eq!(removed, json!({"L": [{"V": 2}, {}], "M": {"a": {}}}));
    }

    #[test]
    fn putting_makes_the_objects_on_the_way() {
        let mut document = Map::new();
        put_at(&mut document, "Endpoint.Port", json!(80));
        put_at(&mut document, "Endpoint.Address", json!("x"));
        assert_eq!(Json::Object(document), json!({"Endpoint": {"Port": 80, "Address": "x"}}));
    }
}
