//! `AWS::EC2::VPCEndpoint`: usable once it is available, or once it waits for its service's owner to accept it; gone once EC2
//! does not list it, since its interfaces keep subnets and groups until then.

use async_trait::async_trait;
use aws_sdk_ec2::types::{DnsEntry, DnsOptions, DnsOptionsSpecification, DnsRecordIpType, Filter, ResourceType};
use ironwright_engine::{Create, Delete, ErrorKind, Find, Live, ProviderError, Update};
use serde_json::Value as Json;

use crate::ec2::change::{self, added, sorted};
use crate::ec2::document::{Model, Properties, flag, text, texts, word};
use crate::ec2::kind::{Ec2, Kind, Models, lives, pages};
use crate::ec2::tags;
use crate::error::Intent;

pub(super) struct VpcEndpoint;

#[async_trait]
impl Kind for VpcEndpoint {
    fn type_name(&self) -> &'static str {
        "AWS::EC2::VPCEndpoint"
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let properties = Properties::new(request.properties.expose());
        let call = ec2
            .client
            .create_vpc_endpoint()
            .client_token(request.token.as_str())
            .set_vpc_id(properties.text("VpcId"))
            .set_service_name(properties.text("ServiceName"))
            .set_service_region(properties.text("ServiceRegion"))
            .set_service_network_arn(properties.text("ServiceNetworkArn"))
            .set_resource_configuration_arn(properties.text("ResourceConfigurationArn"))
            .set_vpc_endpoint_type(properties.word("VpcEndpointType"))
            .set_policy_document(policy(&properties))
            .set_route_table_ids(properties.texts("RouteTableIds"))
            .set_subnet_ids(properties.texts("SubnetIds"))
            .set_security_group_ids(properties.texts("SecurityGroupIds"))
            .set_ip_address_type(properties.word("IpAddressType"))
            .set_private_dns_enabled(properties.flag("PrivateDnsEnabled"))
            .set_dns_options(properties.get("DnsOptions").map(dns_options))
            .tag_specifications(tags::specification(ResourceType::VpcEndpoint, &properties, request));
        let made = ec2.change(call.send()).await?;
        let id = made.vpc_endpoint().and_then(|endpoint| endpoint.vpc_endpoint_id()).unwrap_or_default();
        ec2.until_ready(self, id).await
    }

    fn is_ready(&self, model: &Json) -> Result<bool, ProviderError> {
        is_usable(model)
    }

    /// What is on its way out is gone: it cannot be kept.
    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        let mut found = list(ec2, tags::filter("vpc-endpoint-id", ids.iter().copied())).await?;
        found.retain(|_, model| !is_ending(model));
        Ok(found)
    }

    async fn update(&self, ec2: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        let (id, wanted) = (&request.physical_id, Properties::new(request.properties.expose()));
        let live = ec2.until(self, id, is_usable).await?;
        bring(ec2, &live.model, request, &wanted).await?;
        tags::update(ec2, id, &live.model, &wanted).await?;
        ec2.until(self, id, |model| Ok(is_usable(model)? && has_members(model, &wanted) && tags::agree(model, &wanted)))
            .await
    }

    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        let id = request.physical_id.as_str();
        let answer = ec2.look(ec2.client.delete_vpc_endpoints().vpc_endpoint_ids(id).send()).await?;
        change::unsuccessful(answer.unsuccessful(), Intent::Look)?;
        let is_over = |model: &Json| state(model) == "deleted";
        ec2.until_deleted(id, || list(ec2, tags::filter("vpc-endpoint-id", [id])), is_over).await
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        let mut found = list(ec2, tags::by_token(request)).await?;
        found.retain(|_, model| !is_ending(model));
        Ok(lives(found))
    }
}

/// The policy as EC2 takes it, a document as text.
fn policy(properties: &Properties) -> Option<String> {
    properties.get("PolicyDocument").map(|policy| policy.as_str().map_or_else(|| policy.to_string(), str::to_owned))
}

fn dns_options(document: &Json) -> DnsOptionsSpecification {
    DnsOptionsSpecification::builder()
        .set_dns_record_ip_type(word(document, "DnsRecordIpType"))
        .set_private_dns_only_for_inbound_resolver_endpoint(
            text(document, "PrivateDnsOnlyForInboundResolverEndpoint")
                .map(|only| only != "AllResolvers" && only != "false"),
        )
        .set_private_dns_preference(text(document, "PrivateDnsPreference"))
        .set_private_dns_specified_domains(texts(document, "PrivateDnsSpecifiedDomains"))
        .build()
}

async fn list(ec2: &Ec2, filter: Filter) -> Result<Models, ProviderError> {
    let endpoints = pages!(ec2, ec2.client.describe_vpc_endpoints().filters(filter), vpc_endpoints);
    Ok(endpoints.iter().map(model).collect())
}

fn model(endpoint: &aws_sdk_ec2::types::VpcEndpoint) -> (String, Json) {
    let id = endpoint.vpc_endpoint_id().unwrap_or_default();
    let in_order = |mut items: Vec<&str>| {
        items.sort_unstable();
        items.into_iter().map(Json::from).collect::<Vec<_>>()
    };
    let all = |items: &[String]| in_order(items.iter().map(String::as_str).collect());
    let groups = endpoint.groups().iter().filter_map(|group| group.group_id()).collect();
    let entry = |entry: &DnsEntry| {
        Some(Json::from(format!("{}:{}", entry.hosted_zone_id().unwrap_or_default(), entry.dns_name()?)))
    };
    let model = Model::new()
        .with("Id", Some(id))
        .with("State", endpoint.state().map(|state| state.as_str().to_lowercase()))
        .with("FailureMessage", endpoint.last_error().and_then(|error| error.message()))
        .with("VpcId", endpoint.vpc_id())
        .with("ServiceName", endpoint.service_name())
        .with("ServiceRegion", endpoint.service_region())
        .with("ServiceNetworkArn", endpoint.service_network_arn())
        .with("ResourceConfigurationArn", endpoint.resource_configuration_arn())
        .with("VpcEndpointType", endpoint.vpc_endpoint_type().map(aws_sdk_ec2::types::VpcEndpointType::as_str))
        .with("PolicyDocument", endpoint.policy_document())
        .with("IpAddressType", endpoint.ip_address_type().map(aws_sdk_ec2::types::IpAddressType::as_str))
        .with("PrivateDnsEnabled", endpoint.private_dns_enabled())
        .with("DnsOptions", endpoint.dns_options().map(shown))
        .with("CreationTimestamp", endpoint.creation_timestamp().map(ToString::to_string))
        .with("RouteTableIds", Some(all(endpoint.route_table_ids())))
        .with("SubnetIds", Some(all(endpoint.subnet_ids())))
        .with("SecurityGroupIds", Some(in_order(groups)))
        .with("NetworkInterfaceIds", Some(all(endpoint.network_interface_ids())))
        .with("DnsEntries", Some(endpoint.dns_entries().iter().filter_map(entry).collect::<Vec<_>>()))
        .list("Tags", tags::model(endpoint.tags()));
    (id.to_owned(), model.json())
}

fn shown(options: &DnsOptions) -> Json {
    let only = options.private_dns_only_for_inbound_resolver_endpoint();
    Model::new()
        .with("DnsRecordIpType", options.dns_record_ip_type().map(DnsRecordIpType::as_str))
        .with(
            "PrivateDnsOnlyForInboundResolverEndpoint",
            only.map(|only| if only { "OnlyInboundResolver" } else { "AllResolvers" }),
        )
        .with("PrivateDnsPreference", options.private_dns_preference())
        .list(
            "PrivateDnsSpecifiedDomains",
            options.private_dns_specified_domains().iter().cloned().map(Json::from).collect(),
        )
        .json()
}

fn state(model: &Json) -> String {
    text(model, "State").unwrap_or_default()
}

fn is_ending(model: &Json) -> bool {
    matches!(state(model).as_str(), "deleting" | "deleted")
}

fn is_usable(model: &Json) -> Result<bool, ProviderError> {
    match state(model).as_str() {
        "available" | "pendingacceptance" => Ok(true),
        "failed" | "rejected" | "expired" => {
            let message = text(model, "FailureMessage").unwrap_or_else(|| format!("the endpoint is {}", state(model)));
            Err(ProviderError::new(ErrorKind::Refused, "EndpointFailed", message))
        }
        _ => Ok(false),
    }
}

/// The lists of what belongs to an endpoint.
const MEMBERS: [&str; 3] = ["RouteTableIds", "SubnetIds", "SecurityGroupIds"];

fn has_members(model: &Json, wanted: &Properties) -> bool {
    MEMBERS.iter().all(|name| {
        wanted.texts(name).is_none_or(|mut members| {
            members.sort_unstable();
            sorted(model, name) == members
        })
    })
}

/// Brings the endpoint from `live` to `wanted` in one call.
async fn bring(ec2: &Ec2, live: &Json, request: &Update, wanted: &Properties) -> Result<(), ProviderError> {
    let (id, prior) = (request.physical_id.as_str(), &request.prior);
    let step = |name: &str| {
        let after = wanted.texts(name).or_else(|| prior.get(name).map(|_| Vec::new()));
        let before = sorted(live, name);
        after.map_or((None, None), |after| (added(&before, &after), added(&after, &before)))
    };
    let [tables, subnets, groups] = MEMBERS.map(step);
    let differs = |name: &str| wanted.get(name).is_some() && request.may_change(name);
    let dns = wanted.flag_after(prior, "PrivateDnsEnabled");
    let dns = dns.filter(|dns| flag(live, "PrivateDnsEnabled").unwrap_or_default() != *dns);
    let reset = wanted.get("PolicyDocument").is_none() && prior.get("PolicyDocument").is_some();
    let members = [&tables, &subnets, &groups].iter().any(|(more, gone)| more.is_some() || gone.is_some());
    let others = ["PolicyDocument", "IpAddressType", "DnsOptions"].into_iter().any(differs);
    if !members && !others && dns.is_none() && !reset {
        return Ok(());
    }
    let call = ec2
        .client
        .modify_vpc_endpoint()
        .vpc_endpoint_id(id)
        .set_reset_policy(reset.then_some(true))
        .set_policy_document(policy(wanted).filter(|_| differs("PolicyDocument")))
        .set_add_route_table_ids(tables.0)
        .set_remove_route_table_ids(tables.1)
        .set_add_subnet_ids(subnets.0)
        .set_remove_subnet_ids(subnets.1)
        .set_add_security_group_ids(groups.0)
        .set_remove_security_group_ids(groups.1)
        .set_ip_address_type(wanted.word("IpAddressType").filter(|_| differs("IpAddressType")))
        .set_dns_options(wanted.get("DnsOptions").filter(|_| differs("DnsOptions")).map(dns_options))
        .set_private_dns_enabled(dns);
    ec2.change(call.send()).await.map(drop)
}
