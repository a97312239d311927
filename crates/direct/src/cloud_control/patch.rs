//! The patch (RFC 6902) that leads from what is live to what is wanted. Pure.

use ironwright_core::facts::TypeFacts;
use ironwright_engine::Update;
use serde_json::{Value as Json, json};

/// The operations, by top-level property: what is to change and is wanted otherwise than it is `live` is put, what was applied
/// before and is wanted no longer is removed. What the cloud never returns is always put: it would be lost otherwise.
pub(super) fn patch(facts: &TypeFacts, live: &Json, wanted: &Json, update: &Update) -> Vec<Json> {
    let entries = |document: &'_ Json| document.as_object().cloned().unwrap_or_default();
    let (live, prior, wanted) = (entries(live), entries(&update.prior), entries(wanted));
    let is_write_only = |name: &str| facts.write_only.iter().any(|path| path.split('.').next() == Some(name));
    // A change of one of these is a replacement, and no update.
    let is_fixed = |name: &str| facts.create_only.iter().any(|path| path == name);
    let differs = |name: &str, value: &Json| live.get(name) != Some(value) && update.may_change(name);
    let put = wanted.iter().filter(|(name, value)| differs(name, value) || is_write_only(name));
    let put = put.filter(|(name, _)| !is_fixed(name) && facts.is_settable(name));
    let put = put.map(|(name, value)| json!({"op": "add", "path": pointer(name), "value": value}));
    let gone = prior.keys().filter(|name| !wanted.contains_key(*name) && live.contains_key(*name));
    let gone = gone.map(|name| json!({"op": "remove", "path": pointer(name)}));
    put.chain(gone).collect()
}

/// A JSON pointer to a top-level property.
fn pointer(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ironwright_core::facts::Shape;
    use ironwright_core::{Address, Resolved};
    use ironwright_engine::Token;

    fn check(live: &Json, prior: &Json, wanted: &Json, expect: &Json) {
        assert_eq!(operations(live, prior, wanted, None), *expect);
    }

    fn operations(live: &Json, prior: &Json, wanted: &Json, changed: Option<&[&str]>) -> Json {
        let facts = TypeFacts {
            properties: ["Name", "Size", "Password", "Tags"].map(|name| (name.to_owned(), Shape::default())).into(),
            create_only: vec!["Name".to_owned()],
            write_only: vec!["Password".to_owned()],
            ..TypeFacts::default()
        };
        let update = Update {
            address: Address::new("stack/name"),
            type_name: "AWS::Test::Thing".to_owned(),
            region: String::new(),
            physical_id: "id".to_owned(),
            prior: prior.clone(),
            properties: Resolved::default(),
            changed: changed.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
            token: Token::new(1),
        };
        Json::Array(patch(&facts, live, wanted, &update))
    }

    #[test]
    fn only_what_differs_is_sent() {
        let live = json!({"Name": "a", "Size": 1, "Arn": "x"});
        check(&live, &json!({"Name": "a", "Size": 1}), &json!({"Name": "a", "Size": 1}), &json!([]));
        let put = json!([{"op": "add", "path": "/Size", "value": 2}]);
        check(&live, &json!({"Name": "a", "Size": 1}), &json!({"Name": "a", "Size": 2}), &put);
    }

    #[test]
    fn what_was_applied_and_is_not_wanted_is_removed_if_it_is_there() {
        let prior = json!({"Size": 1, "Tags": []});
        check(&json!({"Size": 1}), &prior, &json!({}), &json!([{"op": "remove", "path": "/Size"}]));
    }

    #[test]
    fn what_cannot_be_read_is_always_sent() {
        let put = json!([{"op": "add", "path": "/Password", "value": "p"}]);
        check(&json!({}), &json!({}), &json!({"Password": "p"}), &put);
    }

    /// The cloud writes the tags in an order of its own, and the plan has found that they are no other.
    #[test]
    fn what_the_plan_does_not_change_is_not_sent() {
        let (live, wanted) = (json!({"Size": 1, "Tags": ["b", "a"]}), json!({"Size": 2, "Tags": ["a", "b"]}));
        let put = json!([{"op": "add", "path": "/Size", "value": 2}]);
        assert_eq!(operations(&live, &json!({}), &wanted, Some(&["Size"])), put);
    }
}
