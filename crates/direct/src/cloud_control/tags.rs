//! Our tags on what Cloud Control makes: the address and the token of the create, where the type takes tags. A model does
//! not show them, and a change of the program's own tags keeps them. Pure.

use std::collections::BTreeMap;

use ironwright_core::Planned;
use ironwright_core::facts::TypeFacts;
use ironwright_core::facts::check::check;
use serde_json::{Value as Json, json};

const ADDRESS: &str = "ironwright:address";
const TOKEN: &str = "ironwright:token";
const OURS: &str = "ironwright:";

/// How a type holds its tags.
pub(super) struct Tagging<'a> {
    property: &'a str,
    is_map: bool,
    /// What its items have besides key and value.
    extra: Option<(&'static str, Json)>,
}

impl<'a> Tagging<'a> {
    /// How the type of `facts` holds tags that a create may give.
    pub(super) fn of(facts: &'a TypeFacts) -> Option<Self> {
        let tags = facts.tags.as_ref().filter(|tags| facts.is_settable(&tags.property))?;
        let shape = facts.shape(&tags.property)?;
        let (property, is_map) = (tags.property.as_str(), tags.map);
        if is_map {
            return Some(Self { property, is_map, extra: None });
        }
        let item = facts.follow(shape.items.as_deref()?);
        let extra = item.required.iter().any(|name| name == "PropagateAtLaunch");
        let extra = extra.then_some(("PropagateAtLaunch", Json::Bool(false)));
        let is_known = |name: &&String| ["Key", "Value", "PropagateAtLaunch"].contains(&name.as_str());
        let takes = ["Key", "Value"].iter().all(|name| item.properties.contains_key(*name));
        (takes && item.required.iter().all(|name| is_known(&name))).then_some(Self { property, is_map, extra })
    }

    /// Whether a read tells the tags, so that what has none of ours was not made by us.
    pub(super) fn is_told(&self, facts: &TypeFacts) -> bool {
        let is_hidden = |path: &String| path.split('.').next() == Some(self.property);
        !facts.write_only.iter().any(is_hidden)
    }

    /// Adds our tags to `desired`, unless the type would not take them beside the program's.
    pub(super) fn give(&self, facts: &TypeFacts, desired: &mut Json, address: &str, token: &str) {
        let mut given = desired.clone();
        self.add(&mut given, &[(ADDRESS, address), (TOKEN, token)]);
        let tags = BTreeMap::from([(self.property.to_owned(), Planned::from(given[self.property].clone()))]);
        let refused = check(facts, &Planned::Map(tags));
        let is_about_tags = |path: &str| path.split(['.', '[']).next() == Some(self.property);
        if !refused.iter().any(|violation| is_about_tags(&violation.path)) {
            *desired = given;
        }
    }

    /// Adds what of our tags `live` has to `desired`, which is to be put in its place. Where the program takes all of its
    /// tags back, ours alone are left.
    pub(super) fn keep(&self, live: &Json, had: &Json, desired: &mut Json) {
        let ours: Vec<(String, String)> = pairs(live.get(self.property)).filter(|(key, _)| is_ours(key)).collect();
        let is_said = desired.get(self.property).is_some() || had.get(self.property).is_some();
        if is_said && !ours.is_empty() {
            let ours: Vec<(&str, &str)> = ours.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
            self.add(desired, &ours);
        }
    }

    /// Takes our tags out of `model`.
    pub(super) fn hide(&self, model: &mut Json) {
        let Some(tags) = model.get_mut(self.property) else { return };
        let before = size(tags);
        match tags {
            Json::Array(items) => items.retain(|item| !item["Key"].as_str().is_some_and(is_ours)),
            Json::Object(entries) => entries.retain(|key, _| !is_ours(key)),
            _ => {}
        }
        if size(tags) == 0
            && before > 0
            && let Some(entries) = model.as_object_mut()
        {
            entries.remove(self.property);
        }
    }

    /// Whether a create under `token` made what has this `model`, as far as that shows its tags.
    pub(super) fn is_of(&self, model: &Json, token: &str) -> bool {
        pairs(model.get(self.property)).any(|(key, value)| key == TOKEN && value == token)
    }

    fn add(&self, document: &mut Json, tags: &[(&str, &str)]) {
        let Some(entries) = document.as_object_mut() else { return };
        let empty = if self.is_map { json!({}) } else { json!([]) };
        let held = entries.entry(self.property).or_insert(empty);
        for (key, value) in tags {
            match held {
                Json::Object(held) => drop(held.insert((*key).to_owned(), Json::from(*value))),
                Json::Array(held) => {
                    let mut item = json!({"Key": key, "Value": value});
                    if let Some((name, value)) = &self.extra {
                        item[*name] = value.clone();
                    }
                    held.push(item);
                }
                _ => {}
            }
        }
    }
}

fn size(tags: &Json) -> usize {
    tags.as_array().map(Vec::len).or(tags.as_object().map(serde_json::Map::len)).unwrap_or_default()
}

fn is_ours(key: &str) -> bool {
    key.starts_with(OURS)
}

/// Keys and values, in either form.
fn pairs(tags: Option<&Json>) -> impl Iterator<Item = (String, String)> + '_ {
    let text = |value: &Json| value.as_str().map(str::to_owned);
    let listed = tags.and_then(Json::as_array).into_iter().flatten();
    let listed = listed.filter_map(move |item| Some((text(&item["Key"])?, text(&item["Value"]).unwrap_or_default())));
    let mapped = tags.and_then(Json::as_object).into_iter().flatten();
    listed.chain(mapped.filter_map(move |(key, value)| Some((key.clone(), text(value)?))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(type_name: &str) -> std::sync::Arc<TypeFacts> {
        ironwright_aws::facts().facts(type_name).expect("a known type")
    }

    fn round(type_name: &str, desired: &Json, expect: &Json) {
        let facts = facts(type_name);
        let tagging = Tagging::of(&facts).expect("it takes tags");
        let mut sent = desired.clone();
        tagging.give(&facts, &mut sent, "web/a", "t-1");
        assert_eq!(sent[tagging.property], *expect, "{type_name}");
        assert!(tagging.is_of(&sent, "t-1") && !tagging.is_of(&sent, "t-2") && !tagging.is_of(desired, "t-1"));
        tagging.hide(&mut sent);
        assert_eq!(sent, *desired, "{type_name}: a model does not show them");
    }

    #[test]
    fn tags_are_given_in_each_form_and_hidden_again() {
        let ours = json!([{"Key": ADDRESS, "Value": "web/a"}, {"Key": TOKEN, "Value": "t-1"}]);
        round("AWS::SQS::Queue", &json!({}), &ours);
        round("AWS::SSM::Parameter", &json!({}), &json!({ADDRESS: "web/a", TOKEN: "t-1"}));
        let tags =
            json!([{"Key": "k", "Value": "v"}, {"Key": ADDRESS, "Value": "web/a"}, {"Key": TOKEN, "Value": "t-1"}]);
        round("AWS::SNS::Topic", &json!({"Tags": [{"Key": "k", "Value": "v"}]}), &tags);
        assert!(Tagging::of(&facts("AWS::SNS::Subscription")).is_none());
    }

    #[test]
    fn a_type_that_wants_more_of_a_tag_gets_it() {
        let facts = facts("AWS::AutoScaling::AutoScalingGroup");
        let mut sent = json!({});
        Tagging::of(&facts).expect("it takes tags").give(&facts, &mut sent, "web/a", "t-1");
        assert_eq!(sent["Tags"][1], json!({"Key": TOKEN, "Value": "t-1", "PropagateAtLaunch": false}));
    }

    #[test]
    fn a_change_of_tags_keeps_ours() {
        let facts = facts("AWS::SQS::Queue");
        let tagging = Tagging::of(&facts).expect("it takes tags");
        let live = json!({"Tags": [{"Key": "a", "Value": "1"}, {"Key": TOKEN, "Value": "t-1"}]});
        let check = |had: Json, mut wanted: Json, expect: Json| {
            tagging.keep(&live, &had, &mut wanted);
            assert_eq!(wanted, expect);
        };
        let token = json!({"Key": TOKEN, "Value": "t-1"});
        check(
            json!({}),
            json!({"Tags": [{"Key": "b", "Value": "2"}]}),
            json!({"Tags": [{"Key": "b", "Value": "2"}, token]}),
        );
        check(json!({"Tags": [{"Key": "a", "Value": "1"}]}), json!({}), json!({"Tags": [token]}));
        check(json!({}), json!({"DelaySeconds": 1}), json!({"DelaySeconds": 1}));
    }

    /// What AWS's schemas say of tags lets ours in nearly everywhere.
    #[test]
    fn nearly_every_type_with_tags_takes_ours() {
        let (mut takes, mut refuses) = (0, Vec::new());
        for type_name in ironwright_aws::type_names() {
            let facts = facts(type_name);
            let Some(tagging) = Tagging::of(&facts) else { continue };
            let mut sent = json!({});
            tagging.give(&facts, &mut sent, "web/a", "0123456789abcdef0123456789abcdef");
            if tagging.is_of(&sent, "0123456789abcdef0123456789abcdef") {
                takes += 1;
            } else {
                refuses.push(type_name);
            }
        }
        assert!(takes > 1200 && refuses.len() < 40, "{takes} take them, these do not: {refuses:?}");
    }
}
