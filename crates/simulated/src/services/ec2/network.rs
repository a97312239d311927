//! VPCs, subnets, routes and what is attached to them: CIDR arithmetic, and what can be only once.

use ironwright_core::facts::check::Network;
use ironwright_engine::ProviderError;
use serde_json::{Value as Json, json};

use crate::draft::Draft;
use crate::entry::Entry;
use crate::refusal::{self, refused};
use crate::services::Subject;
use crate::surroundings::{zone_id, zones};

pub(super) fn refuse_vpc(subject: &Subject) -> Result<(), ProviderError> {
    match subject.text("CidrBlock") {
        Some(cidr) => block(cidr, "InvalidVpc.Range").map(drop),
        None => Ok(()),
    }
}

/// A block of IPv4 addresses as EC2 allows them: /16 to /28.
fn block(cidr: &str, code: &str) -> Result<Network, ProviderError> {
    let network = Network::parse(cidr).filter(Network::is_ipv4);
    let network =
        network.ok_or_else(|| refused("InvalidParameterValue", format!("'{cidr}' is not a valid CIDR block")))?;
    if !(16..=28).contains(&network.prefix()) {
        return Err(refused(code, format!("the CIDR '{cidr}' is invalid: its size must be between /16 and /28")));
    }
    Ok(network)
}

pub(super) fn refuse_subnet(subject: &Subject) -> Result<(), ProviderError> {
    let (Some(cidr), Some(vpc)) = (subject.text("CidrBlock"), subject.text("VpcId")) else { return Ok(()) };
    let network = block(cidr, "InvalidSubnet.Range")?;
    let Some(vpc) = subject.account.find("AWS::EC2::VPC", subject.region, vpc) else { return Ok(()) };
    let blocks = blocks_of(subject, vpc);
    if !blocks.is_empty() && !blocks.iter().any(|block| block.contains(&network)) {
        let message = format!("the CIDR '{cidr}' is outside the CIDR of the VPC '{}'", vpc.key.id);
        return Err(refused("InvalidSubnet.Range", message));
    }
    if let Some(zone) = subject.text("AvailabilityZone").filter(|zone| !zone.starts_with(subject.region)) {
        let message = format!("the availability zone '{zone}' is not in the region {}", subject.region);
        return Err(refused("InvalidParameterValue", message));
    }
    let siblings = subject.account.users(&vpc.key).filter(|user| *user.key.type_name == *"AWS::EC2::Subnet");
    let taken = siblings.filter(|sibling| !subject.is_own(&sibling.key)).find(|sibling| {
        let other = sibling.text("CidrBlock").and_then(Network::parse);
        other.is_some_and(|other| other.overlaps(&network))
    });
    match taken {
        Some(other) => {
            let message = format!("the CIDR '{cidr}' conflicts with the subnet '{}'", other.key.id);
            Err(refused("InvalidSubnet.Conflict", message))
        }
        None => Ok(()),
    }
}

/// The IPv4 blocks of a VPC: its own, and those associated with it.
fn blocks_of(subject: &Subject, vpc: &Entry) -> Vec<Network> {
    let more = subject.account.users(&vpc.key).filter(|user| *user.key.type_name == *"AWS::EC2::VPCCidrBlock");
    let more = more.filter_map(|user| user.text("CidrBlock")).filter_map(Network::parse);
    vpc.text("CidrBlock").and_then(Network::parse).into_iter().chain(more).collect()
}

/// Where the traffic of a route goes: one of these.
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

/// Which traffic a route is for: one of these.
const DESTINATIONS: [&str; 3] = ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"];

pub(super) fn refuse_route(subject: &Subject) -> Result<(), ProviderError> {
    let Some(destination) = DESTINATIONS.iter().find_map(|path| subject.text(path)) else {
        return Err(refused("MissingParameter", "the request must contain a destination"));
    };
    match TARGETS.iter().filter(|path| subject.text(path).is_some()).count() {
        1 => {}
        0 => return Err(refused("MissingParameter", "the request must contain a target of the route")),
        _ => return Err(refused("InvalidParameterCombination", "a route has exactly one target")),
    }
    let Some(table) = subject.text("RouteTableId") else { return Ok(()) };
    let Some(table) = subject.account.find("AWS::EC2::RouteTable", subject.region, table) else { return Ok(()) };
    let same = |user: &&std::sync::Arc<Entry>| {
        *user.key.type_name == *"AWS::EC2::Route"
            && user.text("CidrBlock") == Some(destination)
            && user.text("RouteTableId") == Some(&*table.key.id)
            && !subject.is_own(&user.key)
    };
    match subject.account.users(&table.key).find(same) {
        Some(_) => Err(refusal::exists(subject.type_name, destination)),
        None => Ok(()),
    }
}

pub(super) fn fill_route(draft: &mut Draft) {
    let destination = DESTINATIONS.iter().find_map(|path| draft.text(path)).map(str::to_owned);
    draft.set("CidrBlock", destination);
}

pub(super) fn refuse_attachment(subject: &Subject) -> Result<(), ProviderError> {
    const GATEWAYS: [(&str, &str); 2] =
        [("InternetGatewayId", "AWS::EC2::InternetGateway"), ("VpnGatewayId", "AWS::EC2::VPNGateway")];
    for (path, type_name) in GATEWAYS {
        let Some(gateway) = subject.text(path) else { continue };
        let Some(gateway) = subject.account.find(type_name, subject.region, gateway) else { continue };
        let attached =
            |user: &&std::sync::Arc<Entry>| *user.key.type_name == *subject.type_name && !subject.is_own(&user.key);
        if let Some(other) = subject.account.users(&gateway.key).find(attached) {
            let message =
                format!("'{}' is already attached to '{}'", gateway.key.id, other.text("VpcId").unwrap_or_default());
            return Err(refused("Resource.AlreadyAssociated", message));
        }
    }
    if GATEWAYS.iter().any(|(path, _)| subject.text(path).is_some()) {
        return Ok(());
    }
    Err(refused("MissingParameter", "the request must contain InternetGatewayId or VpnGatewayId"))
}

pub(super) fn fill_attachment(draft: &mut Draft) {
    let kind = if draft.text("InternetGatewayId").is_some() { "IGW" } else { "VGW" };
    draft.set("AttachmentType", kind);
}

pub(super) fn refuse_association(subject: &Subject) -> Result<(), ProviderError> {
    let Some(subnet) = subject.text("SubnetId") else { return Ok(()) };
    let Some(subnet) = subject.account.find("AWS::EC2::Subnet", subject.region, subnet) else { return Ok(()) };
    let associated =
        |user: &&std::sync::Arc<Entry>| *user.key.type_name == *subject.type_name && !subject.is_own(&user.key);
    match subject.account.users(&subnet.key).find(associated) {
        Some(_) => Err(refusal::exists(subject.type_name, &subnet.key.id)),
        None => Ok(()),
    }
}

pub(super) fn fill_vpc(draft: &mut Draft) {
    let association = draft.ec2_id("vpc-cidr-assoc");
    let (group, acl) = (draft.ec2_id("sg"), draft.ec2_id("acl"));
    draft.set("CidrBlockAssociations", json!([association]));
    draft.set("DefaultSecurityGroup", group);
    draft.set("DefaultNetworkAcl", acl);
    draft.set("Ipv6CidrBlocks", json!([]));
    draft.set("EnableDnsSupport", true);
    draft.set("EnableDnsHostnames", false);
    draft.set("InstanceTenancy", "default");
}

pub(super) fn fill_subnet(draft: &mut Draft) {
    let id = draft.text("AvailabilityZoneId").map(str::to_owned);
    let known = zones(draft.region);
    let zone = id.and_then(|id| known.iter().find(|zone| zone_id(zone) == id)).or(known.first()).cloned();
    draft.set("AvailabilityZone", zone);
    let zone = draft.text("AvailabilityZone").map(zone_id);
    draft.set("AvailabilityZoneId", zone);
    let association = draft.ec2_id("aclassoc");
    draft.set("NetworkAclAssociationId", association);
    let six: Json = draft.text("Ipv6CidrBlock").map_or_else(|| json!([]), |block| json!([block]));
    draft.set("Ipv6CidrBlocks", six);
    for flag in ["MapPublicIpOnLaunch", "AssignIpv6AddressOnCreation", "EnableDns64", "Ipv6Native"] {
        draft.set(flag, false);
    }
    draft.withhold("OutpostArn");
    draft.withhold("BlockPublicAccessStates");
}
