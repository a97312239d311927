//! Tags: given at creation, so that a create can be found again by its token; changed in place; hidden from models where
//! they are ours or AWS's own.

use aws_sdk_ec2::types::{Filter, ResourceType, Tag, TagSpecification};
use ironwright_core::Address;
use ironwright_engine::{Create, Find, ProviderError, Token};
use serde_json::{Value as Json, json};

use super::document::Properties;
use super::kind::Ec2;

const ADDRESS: &str = "ironwright:address";
const TOKEN: &str = "ironwright:token";

/// The tags of a resource that is made: the program's, its address and its token.
pub(super) fn specification(kind: ResourceType, properties: &Properties, request: &Create) -> TagSpecification {
    specification_of(kind, properties.items("Tags"), request)
}

/// The tags of a resource that is made, the program's in `items`.
pub(super) fn specification_of(kind: ResourceType, items: &[Json], request: &Create) -> TagSpecification {
    let ours = [(ADDRESS, request.address.as_str()), (TOKEN, request.token.as_str())];
    let ours = ours.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
    let all = pairs(items).chain(ours).map(|(key, value)| tag(key, value)).collect();
    TagSpecification::builder().resource_type(kind).set_tags(Some(all)).build()
}

/// The tags of what is made beside a resource: its address and a token.
pub(super) fn own(kind: ResourceType, address: &Address, token: &Token) -> TagSpecification {
    let tags = [(ADDRESS, address.as_str()), (TOKEN, token.as_str())];
    let tags = tags.into_iter().map(|(key, value)| tag(key.to_owned(), value.to_owned())).collect();
    TagSpecification::builder().resource_type(kind).set_tags(Some(tags)).build()
}

/// What finds a resource by the token of its create.
pub(super) fn by_token(request: &Find) -> Filter {
    by(&request.token)
}

/// What finds a resource by a token.
pub(super) fn by(token: &Token) -> Filter {
    filter(&format!("tag:{TOKEN}"), [token.as_str()])
}

/// A filter on `name`.
pub(super) fn filter<'a>(name: &str, values: impl IntoIterator<Item = &'a str>) -> Filter {
    Filter::builder().name(name).set_values(Some(values.into_iter().map(str::to_owned).collect())).build()
}

/// Whether a create of ours gave these tags.
pub(super) fn are_ours(tags: &[Tag]) -> bool {
    tags.iter().any(|tag| tag.key() == Some(TOKEN))
}

/// The tags of a model, sorted by key, without ours and AWS's own.
pub(super) fn model(tags: &[Tag]) -> Vec<Json> {
    let pairs = tags.iter().filter_map(|tag| Some((tag.key()?, tag.value().unwrap_or_default())));
    let mut shown: Vec<(&str, &str)> = pairs.filter(|(key, _)| !is_hidden(key)).collect();
    shown.sort_unstable();
    shown.into_iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

/// Changes the tags of `id` from those in `live`, a model, to those in `wanted`.
pub(super) async fn update(ec2: &Ec2, id: &str, live: &Json, wanted: &Properties) -> Result<(), ProviderError> {
    let before: Vec<_> =
        pairs(live.get("Tags").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()).collect();
    let after: Vec<_> = pairs(wanted.items("Tags")).collect();
    let put = after.iter().filter(|pair| !before.contains(pair)).cloned().map(|(key, value)| tag(key, value));
    let put: Vec<Tag> = put.collect();
    if !put.is_empty() {
        ec2.change(ec2.client.create_tags().resources(id).set_tags(Some(put)).send()).await?;
    }
    let gone = before.iter().filter(|(key, _)| !after.iter().any(|(kept, _)| kept == key));
    let gone: Vec<Tag> = gone.map(|(key, _)| Tag::builder().key(key).build()).collect();
    if !gone.is_empty() {
        ec2.change(ec2.client.delete_tags().resources(id).set_tags(Some(gone)).send()).await?;
    }
    Ok(())
}

/// Whether the tags in `live`, a model, are those in `wanted`.
pub(super) fn agree(live: &Json, wanted: &Properties) -> bool {
    let of_live = live.get("Tags").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let sorted = |items: &[Json]| {
        let mut pairs: Vec<_> = pairs(items).filter(|(key, _)| !is_hidden(key)).collect();
        pairs.sort_unstable();
        pairs
    };
    sorted(of_live) == sorted(wanted.items("Tags"))
}

fn pairs(items: &[Json]) -> impl Iterator<Item = (String, String)> + '_ {
    items.iter().filter_map(|item| Some((super::document::text(item, "Key")?, super::document::text(item, "Value")?)))
}

fn tag(key: String, value: String) -> Tag {
    Tag::builder().key(key).value(value).build()
}

fn is_hidden(key: &str) -> bool {
    key.starts_with("ironwright:") || key.starts_with("aws:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_shows_the_program_s_tags_alone() {
        let tags = [("b", "2"), (TOKEN, "t"), ("a", "1"), ("aws:cloudformation:stack-name", "s")];
        let tags: Vec<Tag> = tags.into_iter().map(|(key, value)| tag(key.to_owned(), value.to_owned())).collect();
        assert_eq!(model(&tags), [json!({"Key": "a", "Value": "1"}), json!({"Key": "b", "Value": "2"})]);
    }
}
