//! What changes of a network interface in place: one attribute a call, and its further addresses by what comes and goes.

use aws_sdk_ec2::types::{AttributeBooleanValue, AttributeValue};
use ironwright_engine::{ProviderError, Update};
use serde_json::Value as Json;

use super::tracking;
use crate::ec2::change::{added, refuse, sorted};
use crate::ec2::document::{Properties, flag, text};
use crate::ec2::kind::Ec2;

/// Prefixes are as they were given.
const FIXED: [&str; 4] = ["Ipv4PrefixCount", "Ipv4Prefixes", "Ipv6PrefixCount", "Ipv6Prefixes"];

/// Sets what a create does not take.
pub(super) async fn after_create(ec2: &Ec2, id: &str, live: &Json, wanted: &Properties) -> Result<(), ProviderError> {
    check(ec2, id, live, wanted.flag("SourceDestCheck")).await?;
    names(ec2, id, &Json::Null, wanted).await
}

/// Whether `model` has what changes one by one.
pub(super) fn is_done(model: &Json, wanted: &Properties) -> bool {
    let check = wanted.flag("SourceDestCheck");
    let groups = wanted.get("GroupSet").map(|_| groups(wanted));
    check.is_none_or(|check| flag(model, "SourceDestCheck") == Some(check))
        && groups.is_none_or(|groups| sorted(model, "GroupSet") == groups)
}

/// Brings the interface from `live` to `wanted`.
pub(super) async fn bring(ec2: &Ec2, live: &Json, request: &Update, wanted: &Properties) -> Result<(), ProviderError> {
    refuse(request, wanted, &FIXED)?;
    let (id, prior) = (request.physical_id.as_str(), &request.prior);
    let call = || ec2.client.modify_network_interface_attribute().network_interface_id(id);
    let description = wanted.text("Description").or_else(|| text(prior, "Description").map(|_| String::new()));
    let before = text(live, "Description").unwrap_or_default();
    if let Some(description) = description.filter(|description| *description != before) {
        ec2.change(call().description(AttributeValue::builder().value(description).build()).send()).await?;
    }
    if wanted.get("GroupSet").is_some() && sorted(live, "GroupSet") != groups(wanted) {
        ec2.change(call().set_groups(Some(groups(wanted))).send()).await?;
    }
    // EC2 checks unless it is told not to.
    let checked = wanted.flag("SourceDestCheck").or_else(|| flag(prior, "SourceDestCheck").map(|_| true));
    check(ec2, id, live, checked).await?;
    if wanted.flag("EnablePrimaryIpv6") == Some(true) && flag(live, "EnablePrimaryIpv6") != Some(true) {
        ec2.change(call().enable_primary_ipv6(true).send()).await?;
    }
    let tracked = wanted.get("ConnectionTrackingSpecification");
    if let Some(tracked) = tracked.filter(|tracked| prior.get("ConnectionTrackingSpecification") != Some(tracked)) {
        ec2.change(call().connection_tracking_specification(tracking(tracked)).send()).await?;
    }
    names(ec2, id, prior, wanted).await?;
    private_addresses(ec2, id, live, prior, wanted).await?;
    ipv6_addresses(ec2, id, live, prior, wanted).await
}

fn groups(wanted: &Properties) -> Vec<String> {
    let mut groups = wanted.texts("GroupSet").unwrap_or_default();
    groups.sort_unstable();
    groups
}

async fn check(ec2: &Ec2, id: &str, live: &Json, wanted: Option<bool>) -> Result<(), ProviderError> {
    let Some(checked) = wanted.filter(|wanted| flag(live, "SourceDestCheck") != Some(*wanted)) else { return Ok(()) };
    let value = AttributeBooleanValue::builder().value(checked).build();
    let call = ec2.client.modify_network_interface_attribute().network_interface_id(id).source_dest_check(value);
    ec2.change(call.send()).await.map(drop)
}

async fn names(ec2: &Ec2, id: &str, prior: &Json, wanted: &Properties) -> Result<(), ProviderError> {
    let name = "PublicIpDnsHostnameTypeSpecification";
    let Some(kind) = wanted.text(name).filter(|kind| text(prior, name).as_ref() != Some(kind)) else { return Ok(()) };
    let call = ec2.client.modify_public_ip_dns_name_options().network_interface_id(id);
    ec2.change(call.hostname_type(kind.as_str().into()).send()).await.map(drop)
}

/// The further private addresses: those that are named, or as many as are wanted.
async fn private_addresses(
    ec2: &Ec2,
    id: &str,
    live: &Json,
    prior: &Json,
    wanted: &Properties,
) -> Result<(), ProviderError> {
    let before = sorted(live, "SecondaryPrivateIpAddresses");
    let named = wanted.get("PrivateIpAddresses").or_else(|| prior.get("PrivateIpAddresses").map(|_| &Json::Null));
    let named = named.map(|_| {
        let secondary = wanted.items("PrivateIpAddresses").iter().filter(|one| flag(one, "Primary") != Some(true));
        secondary.filter_map(|one| text(one, "PrivateIpAddress")).collect::<Vec<_>>()
    });
    let step = Step::of(&before, named, count(wanted, prior, "SecondaryPrivateIpAddressCount"));
    if step.named.is_some() || step.more.is_some() {
        let call = ec2.client.assign_private_ip_addresses().network_interface_id(id);
        let call = call.set_private_ip_addresses(step.named).set_secondary_private_ip_address_count(step.more);
        ec2.change(call.send()).await?;
    }
    if step.gone.is_some() {
        let call = ec2.client.unassign_private_ip_addresses().network_interface_id(id);
        ec2.change(call.set_private_ip_addresses(step.gone).send()).await?;
    }
    Ok(())
}

async fn ipv6_addresses(
    ec2: &Ec2,
    id: &str,
    live: &Json,
    prior: &Json,
    wanted: &Properties,
) -> Result<(), ProviderError> {
    let all = |items: &[Json]| items.iter().filter_map(|one| text(one, "Ipv6Address")).collect::<Vec<_>>();
    let before = all(live.get("Ipv6Addresses").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default());
    let is_named = wanted.get("Ipv6Addresses").is_some() || prior.get("Ipv6Addresses").is_some();
    let named = is_named.then(|| all(wanted.items("Ipv6Addresses")));
    let step = Step::of(&before, named, count(wanted, prior, "Ipv6AddressCount"));
    if step.named.is_some() || step.more.is_some() {
        let call = ec2.client.assign_ipv6_addresses().network_interface_id(id);
        ec2.change(call.set_ipv6_addresses(step.named).set_ipv6_address_count(step.more).send()).await?;
    }
    if step.gone.is_some() {
        let call = ec2.client.unassign_ipv6_addresses().network_interface_id(id);
        ec2.change(call.set_ipv6_addresses(step.gone).send()).await?;
    }
    Ok(())
}

/// How many addresses are wanted; none any more where `prior` had some.
fn count(wanted: &Properties, prior: &Json, name: &str) -> Option<usize> {
    let count = wanted.number(name).or_else(|| prior.get(name).map(|_| 0));
    count.and_then(|count| usize::try_from(count).ok())
}

/// What leads from some addresses to others.
#[derive(Debug, Default, PartialEq)]
struct Step {
    named: Option<Vec<String>>,
    more: Option<i32>,
    gone: Option<Vec<String>>,
}

impl Step {
    fn of(before: &[String], named: Option<Vec<String>>, count: Option<usize>) -> Self {
        match (named, count) {
            (Some(named), _) => Self { named: added(before, &named), more: None, gone: added(&named, before) },
            (None, Some(count)) => {
                let more = i32::try_from(count.saturating_sub(before.len())).ok().filter(|more| *more > 0);
                let gone = before.get(count..).map(<[String]>::to_vec).filter(|gone| !gone.is_empty());
                Self { named: None, more, gone }
            }
            (None, None) => Self::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_and_go_by_name_or_by_number() {
        let texts = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>();
        let before = texts(&["10.0.0.5", "10.0.0.6"]);
        let check = |named: Option<&[&str]>, count, expect: (&[&str], Option<i32>, &[&str])| {
            let some = |items: &[&str]| Some(texts(items)).filter(|items| !items.is_empty());
            let expect = Step { named: some(expect.0), more: expect.1, gone: some(expect.2) };
            assert_eq!(Step::of(&before, named.map(texts), count), expect);
        };
        check(Some(&["10.0.0.6", "10.0.0.7"]), None, (&["10.0.0.7"], None, &["10.0.0.5"]));
        check(Some(&[]), None, (&[], None, &["10.0.0.5", "10.0.0.6"]));
        check(None, Some(3), (&[], Some(1), &[]));
        check(None, Some(1), (&[], None, &["10.0.0.6"]));
        check(None, None, (&[], None, &[]));
    }
}
