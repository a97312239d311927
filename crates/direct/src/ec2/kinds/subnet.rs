//! `AWS::EC2::Subnet`: usable once it is available. What it gives to those launched in it are attributes, set one by one.

use async_trait::async_trait;
use aws_sdk_ec2::operation::modify_subnet_attribute::builders::ModifySubnetAttributeFluentBuilder;
use aws_sdk_ec2::types::{
    AttributeBooleanValue, HostnameType, ResourceType, SubnetCidrBlockStateCode, SubnetIpv6CidrBlockAssociation,
};
use ironwright_engine::{Create, Delete, Find, Live, ProviderError, Update};
use serde_json::Value as Json;

use crate::ec2::batch::{self, Which};
use crate::ec2::change;
use crate::ec2::document::{Model, Properties, flag, number, text, word};
use crate::ec2::kind::{Ec2, Kind, Models, about, lives, pages};
use crate::ec2::tags;

pub(super) struct Subnet;

#[async_trait]
impl Kind for Subnet {
    fn type_name(&self) -> &'static str {
        "AWS::EC2::Subnet"
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let properties = Properties::new(request.properties.expose());
        let call = ec2
            .client
            .create_subnet()
            .set_vpc_id(properties.text("VpcId"))
            .set_cidr_block(properties.text("CidrBlock"))
            .set_availability_zone(properties.text("AvailabilityZone"))
            .set_availability_zone_id(properties.text("AvailabilityZoneId"))
            .set_ipv6_cidr_block(properties.text("Ipv6CidrBlock"))
            .set_ipv6_native(properties.flag("Ipv6Native"))
            .set_ipv4_ipam_pool_id(properties.text("Ipv4IpamPoolId"))
            .set_ipv4_netmask_length(properties.number("Ipv4NetmaskLength"))
            .set_ipv6_ipam_pool_id(properties.text("Ipv6IpamPoolId"))
            .set_ipv6_netmask_length(properties.number("Ipv6NetmaskLength"))
            .set_outpost_arn(properties.text("OutpostArn"))
            .tag_specifications(tags::specification(ResourceType::Subnet, &properties, request));
        let made = ec2.change(call.send()).await?;
        let id = made.subnet().and_then(|subnet| subnet.subnet_id()).unwrap_or_default();
        let live = ec2.until(self, id, |model| Ok(text(model, "State").as_deref() == Some("available"))).await?;
        if SET_AFTERWARDS.iter().all(|name| properties.get(name).is_none()) {
            return Ok(live);
        }
        set(ec2, id, &live.model, &Json::Null, &properties).await.map_err(about(id))?;
        ec2.until(self, id, |model| Ok(has(model, &properties))).await
    }

    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        list(ec2, tags::filter("subnet-id", ids.iter().copied())).await
    }

    async fn read_named(&self, ec2: &Ec2, ids: &[&str]) -> Option<Result<Models, ProviderError>> {
        Some(list(ec2, Which::named(ids)).await)
    }

    async fn update(&self, ec2: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        let (id, wanted) = (&request.physical_id, Properties::new(request.properties.expose()));
        change::refuse(request, &wanted, &["Ipv6CidrBlock"])?;
        let live = ec2.until(self, id, |_| Ok(true)).await?;
        set(ec2, id, &live.model, &request.prior, &wanted).await?;
        tags::update(ec2, id, &live.model, &wanted).await?;
        ec2.until(self, id, |model| Ok(has(model, &wanted) && tags::agree(model, &wanted))).await
    }

    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        ec2.look(ec2.client.delete_subnet().subnet_id(&request.physical_id).send()).await.map(drop)
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        list(ec2, tags::by_token(request)).await.map(lives)
    }
}

async fn list(ec2: &Ec2, which: impl Into<Which>) -> Result<Models, ProviderError> {
    let which = which.into();
    let subnets =
        pages!(ec2, ec2.client.describe_subnets().set_subnet_ids(which.ids()).set_filters(which.filters()), subnets);
    let mut acls = Vec::new();
    for of_vpcs in batch::filters("vpc-id", subnets.iter().filter_map(|subnet| subnet.vpc_id())) {
        acls.extend(pages!(ec2, ec2.client.describe_network_acls().filters(of_vpcs), network_acls));
    }
    let associations: Vec<_> = acls.iter().flat_map(aws_sdk_ec2::types::NetworkAcl::associations).collect();
    let model = |subnet: &aws_sdk_ec2::types::Subnet| {
        let id = subnet.subnet_id().unwrap_or_default();
        let association = associations.iter().find(|association| association.subnet_id() == Some(id));
        let blocks: Vec<&str> = subnet.ipv6_cidr_block_association_set().iter().filter_map(block).collect();
        let public_access = subnet.block_public_access_states().and_then(|states| states.internet_gateway_block_mode());
        let public_access = public_access.map(aws_sdk_ec2::types::BlockPublicAccessMode::as_str);
        let model = Model::new()
            .with("SubnetId", Some(id))
            .with("VpcId", subnet.vpc_id())
            .with("State", subnet.state().map(aws_sdk_ec2::types::SubnetState::as_str))
            .with("CidrBlock", subnet.cidr_block())
            .with("AvailabilityZone", subnet.availability_zone())
            .with("AvailabilityZoneId", subnet.availability_zone_id())
            .with("MapPublicIpOnLaunch", subnet.map_public_ip_on_launch())
            .with("AssignIpv6AddressOnCreation", subnet.assign_ipv6_address_on_creation())
            .with("EnableDns64", subnet.enable_dns64())
            .with("EnableLniAtDeviceIndex", subnet.enable_lni_at_device_index())
            .with("Ipv6Native", subnet.ipv6_native())
            .with("Ipv6CidrBlock", blocks.first().copied())
            .with("Ipv6CidrBlocks", Some(blocks.into_iter().map(Json::from).collect::<Vec<_>>()))
            .with("NetworkAclAssociationId", association.and_then(|found| found.network_acl_association_id()))
            .with("OutpostArn", subnet.outpost_arn())
            .with("PrivateDnsNameOptionsOnLaunch", subnet.private_dns_name_options_on_launch().map(names))
            .with(
                "BlockPublicAccessStates",
                public_access.map(|mode| serde_json::json!({"InternetGatewayBlockMode": mode})),
            )
            .list("Tags", tags::model(subnet.tags()));
        (id.to_owned(), model.json())
    };
    Ok(subnets.iter().map(model).collect())
}

/// The block of an association that is there to stay.
fn block(association: &SubnetIpv6CidrBlockAssociation) -> Option<&str> {
    let state = association.ipv6_cidr_block_state().and_then(|state| state.state());
    let is_there = |state: &SubnetCidrBlockStateCode| matches!(state.as_str(), "associated" | "associating");
    association.ipv6_cidr_block().filter(|_| state.is_none_or(is_there))
}

fn names(options: &aws_sdk_ec2::types::PrivateDnsNameOptionsOnLaunch) -> Json {
    Model::new()
        .with("HostnameType", options.hostname_type().map(HostnameType::as_str))
        .with("EnableResourceNameDnsARecord", options.enable_resource_name_dns_a_record())
        .with("EnableResourceNameDnsAAAARecord", options.enable_resource_name_dns_aaaa_record())
        .json()
}

/// The flags that are attributes of their own, with what sets each.
type SetFlag = fn(ModifySubnetAttributeFluentBuilder, AttributeBooleanValue) -> ModifySubnetAttributeFluentBuilder;
const FLAGS: [(&str, SetFlag); 3] = [
    ("MapPublicIpOnLaunch", ModifySubnetAttributeFluentBuilder::map_public_ip_on_launch),
    ("AssignIpv6AddressOnCreation", ModifySubnetAttributeFluentBuilder::assign_ipv6_address_on_creation),
    ("EnableDns64", ModifySubnetAttributeFluentBuilder::enable_dns64),
];

/// All that a create does not take.
const SET_AFTERWARDS: [&str; 5] = [
    "MapPublicIpOnLaunch",
    "AssignIpv6AddressOnCreation",
    "EnableDns64",
    "EnableLniAtDeviceIndex",
    "PrivateDnsNameOptionsOnLaunch",
];

/// Sets the attributes that differ, and takes back what `prior` had set: EC2 takes one attribute a call.
async fn set(ec2: &Ec2, id: &str, live: &Json, prior: &Json, wanted: &Properties) -> Result<(), ProviderError> {
    let call = || ec2.client.modify_subnet_attribute().subnet_id(id);
    for (name, put) in FLAGS {
        let value = wanted.flag_after(prior, name);
        if let Some(value) = value.filter(|value| *value != flag(live, name).unwrap_or_default()) {
            ec2.change(put(call(), boolean(value)).send()).await?;
        }
    }
    let index = wanted.number("EnableLniAtDeviceIndex");
    if index.is_some() && index != number(live, "EnableLniAtDeviceIndex") {
        ec2.change(call().set_enable_lni_at_device_index(index).send()).await?;
    } else if index.is_none() && prior.get("EnableLniAtDeviceIndex").is_some() {
        ec2.change(call().disable_lni_at_device_index(boolean(true)).send()).await?;
    }
    let Some(options) = wanted.get("PrivateDnsNameOptionsOnLaunch") else { return Ok(()) };
    let now = live.get("PrivateDnsNameOptionsOnLaunch").unwrap_or(&Json::Null);
    let hostname = word::<HostnameType>(options, "HostnameType");
    if let Some(hostname) = hostname.filter(|wanted| text(now, "HostnameType").as_deref() != Some(wanted.as_str())) {
        ec2.change(call().private_dns_hostname_type_on_launch(hostname).send()).await?;
    }
    let differs = |name: &str| flag(options, name).filter(|wanted| flag(now, name) != Some(*wanted));
    if let Some(record) = differs("EnableResourceNameDnsARecord") {
        ec2.change(call().enable_resource_name_dns_a_record_on_launch(boolean(record)).send()).await?;
    }
    if let Some(record) = differs("EnableResourceNameDnsAAAARecord") {
        ec2.change(call().enable_resource_name_dns_aaaa_record_on_launch(boolean(record)).send()).await?;
    }
    Ok(())
}

fn boolean(value: bool) -> AttributeBooleanValue {
    AttributeBooleanValue::builder().value(value).build()
}

fn has(model: &Json, wanted: &Properties) -> bool {
    let agrees = |(name, _): &(&str, SetFlag)| wanted.flag(name).is_none_or(|wanted| flag(model, name) == Some(wanted));
    FLAGS.iter().all(agrees)
}
