//! `AWS::EC2::Route`: one route of a table. Its physical id is the table and the destination.
//!
//! EC2 gives it neither a token nor tags. A table has one route for a destination at most: an attempt that went through is
//! found by table, destination and target, and a second one is refused while it stands.

use async_trait::async_trait;
use ironwright_core::facts::check::Network;
use ironwright_engine::{Create, Delete, ErrorKind, Find, Live, ProviderError, Update};
use serde_json::Value as Json;

use crate::ec2::document::{Model, Properties, text};
use crate::ec2::kind::{Ec2, Kind, Models, lives, pages};
use crate::ec2::tags;

/// What the traffic of a route goes to: one of these.
const TARGETS: [&str; 12] = [
    "CarrierGatewayId",
    "CoreNetworkArn",
    "EgressOnlyInternetGatewayId",
    "GatewayId",
    "InstanceId",
    "LocalGatewayId",
    "NatGatewayId",
    "NetworkInterfaceId",
    "OdbNetworkArn",
    "TransitGatewayId",
    "VpcEndpointId",
    "VpcPeeringConnectionId",
];

/// Sends a request about a route, with its destination and target: that of a create and that of a change look the same.
macro_rules! send {
    ($ec2:expr, $call:expr, $id:expr, $properties:expr) => {{
        let (ipv4, ipv6, list) = $id.destination();
        let call = $call
            .route_table_id(&$id.table)
            .set_destination_cidr_block(ipv4)
            .set_destination_ipv6_cidr_block(ipv6)
            .set_destination_prefix_list_id(list)
            .set_carrier_gateway_id($properties.text("CarrierGatewayId"))
            .set_core_network_arn($properties.text("CoreNetworkArn"))
            .set_egress_only_internet_gateway_id($properties.text("EgressOnlyInternetGatewayId"))
            .set_gateway_id($properties.text("GatewayId"))
            .set_instance_id($properties.text("InstanceId"))
            .set_local_gateway_id($properties.text("LocalGatewayId"))
            .set_nat_gateway_id($properties.text("NatGatewayId"))
            .set_network_interface_id($properties.text("NetworkInterfaceId"))
            .set_odb_network_arn($properties.text("OdbNetworkArn"))
            .set_transit_gateway_id($properties.text("TransitGatewayId"))
            .set_vpc_endpoint_id($properties.text("VpcEndpointId"))
            .set_vpc_peering_connection_id($properties.text("VpcPeeringConnectionId"));
        $ec2.change(call.send()).await
    }};
}

pub(super) struct Route;

#[async_trait]
impl Kind for Route {
    fn type_name(&self) -> &'static str {
        "AWS::EC2::Route"
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let document = request.properties.expose();
        let (id, properties) = (Id::of(&document)?, Properties::new(document));
        send!(ec2, ec2.client.create_route(), id, properties)?;
        ec2.until(self, &id.physical(), |model| Ok(has_target(model, &properties))).await
    }

    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        list(ec2, ids).await
    }

    async fn update(&self, ec2: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        let (id, properties) = (Id::parse(&request.physical_id)?, Properties::new(request.properties.expose()));
        send!(ec2, ec2.client.replace_route(), id, properties)?;
        ec2.until(self, &request.physical_id, |model| Ok(has_target(model, &properties))).await
    }

    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        let id = Id::parse(&request.physical_id)?;
        let (ipv4, ipv6, list) = id.destination();
        let call = ec2
            .client
            .delete_route()
            .route_table_id(&id.table)
            .set_destination_cidr_block(ipv4)
            .set_destination_ipv6_cidr_block(ipv6)
            .set_destination_prefix_list_id(list);
        ec2.look(call.send()).await.map(drop)
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        let (id, wanted) = (Id::of(&request.properties)?, Properties::new(request.properties.clone()));
        let mut found = list(ec2, &[&id.physical()]).await?;
        found.retain(|_, model| has_target(model, &wanted));
        Ok(lives(found))
    }
}

/// A table, and the destination of a route in it.
#[derive(Debug, PartialEq)]
struct Id {
    table: String,
    destination: String,
}

impl Id {
    fn of(document: &Json) -> Result<Self, ProviderError> {
        let names = ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"];
        let destination = names.iter().find_map(|name| text(document, name));
        let id = text(document, "RouteTableId").zip(destination);
        id.map(|(table, destination)| Self { table, destination }).ok_or_else(|| {
            ProviderError::new(
                ErrorKind::Refused,
                "MissingParameter",
                "the request must contain a table and a destination",
            )
        })
    }

    fn parse(physical: &str) -> Result<Self, ProviderError> {
        let parts = physical.split_once('|');
        parts.map(|(table, to)| Self { table: table.to_owned(), destination: to.to_owned() }).ok_or_else(|| {
            let message = format!("`{physical}` is no route; its id is `<table>|<destination>`");
            ProviderError::new(ErrorKind::Refused, "InvalidId", message)
        })
    }

    fn physical(&self) -> String {
        format!("{}|{}", self.table, self.destination)
    }

    /// The destination as the API takes it: an IPv4 block, an IPv6 block, or a prefix list.
    fn destination(&self) -> (Option<String>, Option<String>, Option<String>) {
        let to = Some(self.destination.clone());
        match self.destination.as_str() {
            list if list.starts_with("pl-") => (None, None, to),
            block if block.contains(':') => (None, to, None),
            _ => (to, None, None),
        }
    }

    /// Whether a live route goes there. EC2 sets the bits of a block that do not count to zero.
    fn leads(&self, route: &aws_sdk_ec2::types::Route) -> bool {
        let blocks = [route.destination_cidr_block(), route.destination_ipv6_cidr_block()];
        let is_block =
            |block: &str| Network::parse(block).is_some_and(|one| Some(one) == Network::parse(&self.destination));
        blocks.into_iter().flatten().any(is_block) || route.destination_prefix_list_id() == Some(&self.destination)
    }
}

async fn list(ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
    let ids: Vec<Id> = ids.iter().filter_map(|id| Id::parse(id).ok()).collect();
    let mut tables: Vec<&str> = ids.iter().map(|id| id.table.as_str()).collect();
    tables.sort_unstable();
    tables.dedup();
    let filter = tags::filter("route-table-id", tables);
    let tables = pages!(ec2, ec2.client.describe_route_tables().filters(filter), route_tables);
    let mut found = Models::new();
    for id in ids {
        let table = tables.iter().find(|table| table.route_table_id() == Some(&id.table));
        let route = table.and_then(|table| table.routes().iter().find(|route| id.leads(route)));
        found.extend(route.map(|route| (id.physical(), model(&id, route))));
    }
    Ok(found)
}

/// EC2 shows endpoints as gateways, and a route to an instance with the interface of that instance.
fn model(id: &Id, route: &aws_sdk_ec2::types::Route) -> Json {
    let (ipv4, ipv6, list) = id.destination();
    let is_endpoint = |id: &&str| id.starts_with("vpce-");
    Model::new()
        .with("RouteTableId", Some(id.table.as_str()))
        .with("CidrBlock", Some(id.destination.as_str()))
        .with("DestinationCidrBlock", ipv4)
        .with("DestinationIpv6CidrBlock", ipv6)
        .with("DestinationPrefixListId", list)
        .with("CarrierGatewayId", route.carrier_gateway_id())
        .with("CoreNetworkArn", route.core_network_arn())
        .with("EgressOnlyInternetGatewayId", route.egress_only_internet_gateway_id())
        .with("GatewayId", route.gateway_id().filter(|id| !is_endpoint(id)))
        .with("InstanceId", route.instance_id())
        .with("LocalGatewayId", route.local_gateway_id())
        .with("NatGatewayId", route.nat_gateway_id())
        .with("NetworkInterfaceId", route.network_interface_id())
        .with("OdbNetworkArn", route.odb_network_arn())
        .with("TransitGatewayId", route.transit_gateway_id())
        .with("VpcEndpointId", route.gateway_id().filter(is_endpoint))
        .with("VpcPeeringConnectionId", route.vpc_peering_connection_id())
        .json()
}

fn has_target(model: &Json, wanted: &Properties) -> bool {
    TARGETS.iter().all(|name| wanted.text(name).is_none_or(|wanted| text(model, name) == Some(wanted)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_what_kind_of_destination_it_has() {
        let check = |id: &str, expect: usize| {
            let (ipv4, ipv6, list) = Id::parse(id).expect("an id").destination();
            let kinds: Vec<bool> = [ipv4, ipv6, list].iter().map(Option::is_some).collect();
            assert_eq!(kinds.iter().position(|kind| *kind), Some(expect), "{id}");
        };
        check("rtb-1|0.0.0.0/0", 0);
        check("rtb-1|::/0", 1);
        check("rtb-1|pl-6da54004", 2);
        assert!(Id::parse("rtb-1").is_err());
    }

    #[test]
    fn a_block_is_found_however_it_is_written() {
        let id = Id::parse("rtb-1|10.0.0.7/16").expect("an id");
        let route = |block: &str| aws_sdk_ec2::types::Route::builder().destination_cidr_block(block).build();
        assert!(id.leads(&route("10.0.0.0/16")) && !id.leads(&route("10.1.0.0/16")));
    }
}
