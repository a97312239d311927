//! `AWS::EC2::NatGateway`: usable once it is available, which takes minutes; gone once it is deleted, and only then is its
//! address free.

use async_trait::async_trait;
use aws_sdk_ec2::types::{AvailabilityZoneAddress, Filter, NatGatewayAddress, ResourceType};
use ironwright_engine::{Create, Delete, ErrorKind, Find, Live, ProviderError, Update};
use serde_json::Value as Json;

use crate::ec2::change;
use crate::ec2::document::{Model, Properties, text, texts};
use crate::ec2::kind::{Ec2, Kind, Models, lives, pages};
use crate::ec2::tags;

pub(super) struct NatGateway;

#[async_trait]
impl Kind for NatGateway {
    fn type_name(&self) -> &'static str {
        "AWS::EC2::NatGateway"
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let properties = Properties::new(request.properties.expose());
        let zones: Vec<AvailabilityZoneAddress> =
            properties.items("AvailabilityZoneAddresses").iter().map(zone).collect();
        let call = ec2
            .client
            .create_nat_gateway()
            .client_token(request.token.as_str())
            .set_subnet_id(properties.text("SubnetId"))
            .set_vpc_id(properties.text("VpcId"))
            .set_allocation_id(properties.text("AllocationId"))
            .set_connectivity_type(properties.word("ConnectivityType"))
            .set_availability_mode(properties.word("AvailabilityMode"))
            .set_availability_zone_addresses(Some(zones).filter(|zones| !zones.is_empty()))
            .set_private_ip_address(properties.text("PrivateIpAddress"))
            .set_secondary_allocation_ids(properties.texts("SecondaryAllocationIds"))
            .set_secondary_private_ip_addresses(properties.texts("SecondaryPrivateIpAddresses"))
            .set_secondary_private_ip_address_count(properties.number("SecondaryPrivateIpAddressCount"))
            .tag_specifications(tags::specification(ResourceType::Natgateway, &properties, request));
        let made = ec2.change(call.send()).await?;
        let id = made.nat_gateway().and_then(|gateway| gateway.nat_gateway_id()).unwrap_or_default();
        ec2.until_ready(self, id).await
    }

    fn is_ready(&self, model: &Json) -> Result<bool, ProviderError> {
        is_available(model)
    }

    /// What is on its way out is gone: it cannot be kept, and is listed for an hour more.
    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        let mut found = list(ec2, tags::filter("nat-gateway-id", ids.iter().copied())).await?;
        found.retain(|_, model| !is_ending(model));
        Ok(found)
    }

    async fn update(&self, ec2: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        let (id, wanted) = (&request.physical_id, Properties::new(request.properties.expose()));
        let fixed = ["AvailabilityZoneAddresses", "SecondaryPrivateIpAddresses", "SecondaryPrivateIpAddressCount"];
        change::refuse(request, &wanted, &fixed)?;
        let live = ec2.until(self, id, is_available).await?;
        bring_addresses(ec2, id, &live.model, &request.prior, &wanted).await?;
        tags::update(ec2, id, &live.model, &wanted).await?;
        ec2.until(self, id, |model| Ok(is_available(model)? && tags::agree(model, &wanted))).await
    }

    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        let id = request.physical_id.as_str();
        ec2.look(ec2.client.delete_nat_gateway().nat_gateway_id(id).send()).await?;
        ec2.until_deleted(id, || list(ec2, tags::filter("nat-gateway-id", [id])), |model| state(model) == "deleted")
            .await
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        let mut found = list(ec2, tags::by_token(request)).await?;
        found.retain(|_, model| !is_ending(model));
        Ok(lives(found))
    }
}

async fn list(ec2: &Ec2, filter: Filter) -> Result<Models, ProviderError> {
    let gateways = pages!(ec2, ec2.client.describe_nat_gateways().filter(filter), nat_gateways);
    Ok(gateways.iter().map(model).collect())
}

fn model(gateway: &aws_sdk_ec2::types::NatGateway) -> (String, Json) {
    let id = gateway.nat_gateway_id().unwrap_or_default();
    let addresses = gateway.nat_gateway_addresses();
    // Until EC2 says which is the first, the order does.
    let primary = addresses.iter().find(|address| address.is_primary() == Some(true)).or(addresses.first());
    let is_secondary = |address: &&NatGatewayAddress| Some(*address) != primary;
    let secondary = |of: fn(&NatGatewayAddress) -> Option<&str>| {
        let mut items: Vec<&str> = addresses.iter().filter(is_secondary).filter_map(of).collect();
        items.sort_unstable();
        items.into_iter().map(Json::from).collect::<Vec<_>>()
    };
    let model = Model::new()
        .with("NatGatewayId", Some(id))
        .with("State", gateway.state().map(aws_sdk_ec2::types::NatGatewayState::as_str))
        .with("FailureMessage", gateway.failure_message())
        .with("SubnetId", gateway.subnet_id())
        .with("VpcId", gateway.vpc_id())
        .with("ConnectivityType", gateway.connectivity_type().map(aws_sdk_ec2::types::ConnectivityType::as_str))
        .with("AvailabilityMode", gateway.availability_mode().map(aws_sdk_ec2::types::AvailabilityMode::as_str))
        .with("AutoScalingIps", gateway.auto_scaling_ips().map(aws_sdk_ec2::types::AutoScalingIpsState::as_str))
        .with(
            "AutoProvisionZones",
            gateway.auto_provision_zones().map(aws_sdk_ec2::types::AutoProvisionZonesState::as_str),
        )
        .with("RouteTableId", gateway.route_table_id())
        .with("AllocationId", primary.and_then(|address| address.allocation_id()))
        .with("EniId", primary.and_then(|address| address.network_interface_id()))
        .with("PrivateIpAddress", primary.and_then(|address| address.private_ip()))
        .list("SecondaryAllocationIds", secondary(NatGatewayAddress::allocation_id))
        .list("SecondaryPrivateIpAddresses", secondary(NatGatewayAddress::private_ip))
        .list("Tags", tags::model(gateway.tags()));
    (id.to_owned(), model.json())
}

fn zone(document: &Json) -> AvailabilityZoneAddress {
    AvailabilityZoneAddress::builder()
        .set_availability_zone(text(document, "AvailabilityZone"))
        .set_availability_zone_id(text(document, "AvailabilityZoneId"))
        .set_allocation_ids(texts(document, "AllocationIds"))
        .build()
}

/// Gives it the further addresses that are wanted, and takes those away that are not wanted any more.
async fn bring_addresses(
    ec2: &Ec2,
    id: &str,
    live: &Json,
    prior: &Json,
    wanted: &Properties,
) -> Result<(), ProviderError> {
    let after = wanted.texts("SecondaryAllocationIds");
    let Some(after) = after.or_else(|| prior.get("SecondaryAllocationIds").map(|_| Vec::new())) else { return Ok(()) };
    let before = change::sorted(live, "SecondaryAllocationIds");
    if let Some(new) = change::added(&before, &after) {
        let call = ec2.client.associate_nat_gateway_address().nat_gateway_id(id).set_allocation_ids(Some(new));
        ec2.change(call.send()).await?;
    }
    let Some(gone) = change::added(&after, &before) else { return Ok(()) };
    let call = ec2.client.describe_nat_gateways().filter(tags::filter("nat-gateway-id", [id]));
    let gateways = pages!(ec2, call, nat_gateways);
    let is_gone =
        |address: &&NatGatewayAddress| address.allocation_id().is_some_and(|id| gone.iter().any(|gone| gone == id));
    let addresses = gateways.iter().flat_map(aws_sdk_ec2::types::NatGateway::nat_gateway_addresses).filter(is_gone);
    let associations: Vec<String> =
        addresses.filter_map(|address| address.association_id().map(str::to_owned)).collect();
    let call = ec2.client.disassociate_nat_gateway_address().nat_gateway_id(id).set_association_ids(Some(associations));
    ec2.change(call.send()).await.map(drop)
}

fn state(model: &Json) -> String {
    text(model, "State").unwrap_or_default()
}

fn is_ending(model: &Json) -> bool {
    matches!(state(model).as_str(), "deleting" | "deleted")
}

fn is_available(model: &Json) -> Result<bool, ProviderError> {
    match state(model).as_str() {
        "available" => Ok(true),
        "failed" => {
            let message =
                text(model, "FailureMessage").unwrap_or_else(|| "it failed, and EC2 gives no reason".to_owned());
            Err(ProviderError::new(ErrorKind::Refused, "NatGatewayFailed", message))
        }
        _ => Ok(false),
    }
}
