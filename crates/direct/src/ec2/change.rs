//! What types share in making and changing: names for what has none, changes of tags and nothing else, of nothing at all,
//! and of what cannot be changed.

use aws_sdk_ec2::types::UnsuccessfulItem;
use ironwright_engine::{Create, ErrorKind, Live, ProviderError, Update};
use serde_json::Value as Json;

use crate::codes;
use crate::error::Intent;

use super::document::Properties;
use super::kind::{Ec2, Kind};
use super::tags;

/// A name that no other resource has: the address, and the token, which is the same when the create is sent again.
pub(super) fn name(request: &Create, longest: usize) -> String {
    let token = &request.token.as_str()[..12];
    let address: String = request.address.as_str().chars().take(longest - token.len() - 1).collect();
    format!("{}-{token}", address.replace('/', "-"))
}

/// Changes a resource that has nothing but tags to change.
pub(super) async fn tags_alone(kind: &dyn Kind, ec2: &Ec2, request: &Update) -> Result<Live, ProviderError> {
    let (id, wanted) = (&request.physical_id, Properties::new(request.properties.expose()));
    let live = ec2.until(kind, id, |_| Ok(true)).await?;
    tags::update(ec2, id, &live.model, &wanted).await?;
    ec2.until(kind, id, |model| Ok(tags::agree(model, &wanted))).await
}

/// The answer of a type of which nothing changes in place: all its properties are create-only by the facts.
pub(super) fn of_nothing(request: &Update) -> ProviderError {
    refused(&format!("nothing of {} changes in place", request.type_name), request)
}

/// Refuses changes of `names`, which EC2 does not change in place though the facts do not say so.
pub(super) fn refuse(request: &Update, wanted: &Properties, names: &[&str]) -> Result<(), ProviderError> {
    let before = |name: &str| request.prior.get(name).filter(|value| !value.is_null());
    match names.iter().find(|name| wanted.get(name) != before(name)) {
        Some(name) => Err(refused(&format!("EC2 does not change {name} of {} in place", request.type_name), request)),
        None => Ok(()),
    }
}

fn refused(problem: &str, request: &Update) -> ProviderError {
    let message = format!("{problem}; replace it: `apply --replace {}`", request.address);
    ProviderError::new(ErrorKind::Refused, "NotChangedInPlace", message)
}

/// Refuses properties that the SDK of this build does not know: leaving them out in silence would be worse.
pub(super) fn refuse_unknown(request: &Create, properties: &Properties, names: &[&str]) -> Result<(), ProviderError> {
    let Some(name) = names.iter().find(|name| properties.get(name).is_some()) else { return Ok(()) };
    let message = format!(
        "{name} of {} is not known to EC2's API as it is used here; deploy it through CloudFormation: `--target \
         cloudformation`",
        request.type_name
    );
    Err(ProviderError::new(ErrorKind::Refused, "PropertyNotServed", message))
}

/// The error of a call on many resources that failed for some.
pub(super) fn unsuccessful(items: &[UnsuccessfulItem], intent: Intent) -> Result<(), ProviderError> {
    let Some(error) = items.iter().find_map(UnsuccessfulItem::error) else { return Ok(()) };
    let (code, message) = (error.code().unwrap_or_default(), error.message().unwrap_or("AWS gave no message"));
    let kind = match intent {
        Intent::Look => codes::kind(code, 400),
        Intent::Change => codes::kind_of_change(code, 400, message),
    };
    Err(ProviderError::new(kind, code, message))
}

/// What is in `wanted` and not in `live`.
pub(super) fn added(live: &[String], wanted: &[String]) -> Option<Vec<String>> {
    let added: Vec<String> = wanted.iter().filter(|item| !live.contains(item)).cloned().collect();
    Some(added).filter(|added| !added.is_empty())
}

/// The texts of the list `name` in a model, sorted; none where it is not there.
pub(super) fn sorted(model: &Json, name: &str) -> Vec<String> {
    let mut items = super::document::texts(model, name).unwrap_or_default();
    items.sort_unstable();
    items
}
