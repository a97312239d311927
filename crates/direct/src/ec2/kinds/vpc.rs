//! `AWS::EC2::VPC`: usable once it is available. DNS support and host names are attributes that are read and set one by
//! one; the default group, network ACL and route table come with it and go with it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_ec2::types::{AttributeBooleanValue, Filter, ResourceType, Tenancy, VpcAttributeName};
use ironwright_engine::{Create, Delete, Find, Live, ProviderError, Update};
use serde_json::Value as Json;
use tokio::task::JoinSet;

use crate::ec2::document::{Model, Properties, flag, text};
use crate::ec2::kind::{Ec2, Kind, Models, about, lives, pages};
use crate::ec2::{no_answer, tags};

pub(super) struct Vpc;

#[async_trait]
impl Kind for Vpc {
    fn type_name(&self) -> &'static str {
        "AWS::EC2::VPC"
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let properties = Properties::new(request.properties.expose());
        let call = ec2
            .client
            .create_vpc()
            .set_cidr_block(properties.text("CidrBlock"))
            .set_instance_tenancy(properties.text("InstanceTenancy").map(|tenancy| Tenancy::from(tenancy.as_str())))
            .set_ipv4_ipam_pool_id(properties.text("Ipv4IpamPoolId"))
            .set_ipv4_netmask_length(properties.number("Ipv4NetmaskLength"))
            .tag_specifications(tags::specification(ResourceType::Vpc, &properties, request));
        let made = ec2.change(call.send()).await?;
        let id = made.vpc().and_then(|vpc| vpc.vpc_id()).unwrap_or_default().to_owned();
        let live = ec2.until(self, &id, |model| Ok(text(model, "State").as_deref() == Some("available"))).await?;
        if has_dns(&live.model, &properties) {
            return Ok(live);
        }
        set_dns(ec2, &id, &live.model, &properties).await.map_err(about(&id))?;
        ec2.until(self, &id, |model| Ok(has_dns(model, &properties))).await
    }

    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        list(ec2, tags::filter("vpc-id", ids.iter().copied())).await
    }

    async fn update(&self, ec2: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        let (id, wanted) = (&request.physical_id, Properties::new(request.properties.expose()));
        let live = ec2.until(self, id, |_| Ok(true)).await?;
        set_tenancy(ec2, id, &live.model, &wanted).await?;
        set_dns(ec2, id, &live.model, &wanted).await?;
        tags::update(ec2, id, &live.model, &wanted).await?;
        ec2.until(self, id, |model| Ok(has_dns(model, &wanted) && tags::agree(model, &wanted))).await
    }

    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        ec2.look(ec2.client.delete_vpc().vpc_id(&request.physical_id).send()).await.map(drop)
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        list(ec2, tags::by_token(request)).await.map(lives)
    }
}

async fn list(ec2: &Ec2, filter: Filter) -> Result<Models, ProviderError> {
    let vpcs = pages!(ec2, ec2.client.describe_vpcs().filters(filter), vpcs);
    let ids: Vec<&str> = vpcs.iter().filter_map(|vpc| vpc.vpc_id()).collect();
    if ids.is_empty() {
        return Ok(Models::new());
    }
    let of_vpcs = tags::filter("vpc-id", ids);
    let groups = ec2.client.describe_security_groups().filters(of_vpcs.clone());
    let groups = pages!(ec2, groups.filters(tags::filter("group-name", ["default"])), security_groups);
    let acls = ec2.client.describe_network_acls().filters(of_vpcs).filters(tags::filter("default", ["true"]));
    let acls = pages!(ec2, acls, network_acls);
    let attributes = attributes(ec2, &vpcs).await?;
    let mut found = Models::new();
    for vpc in &vpcs {
        let id = vpc.vpc_id().unwrap_or_default();
        let [support, names] = attributes.get(id).copied().unwrap_or_default();
        let group = groups.iter().find(|group| group.vpc_id() == Some(id));
        let acl = acls.iter().find(|acl| acl.vpc_id() == Some(id));
        let model = model(vpc)
            .with("EnableDnsSupport", support)
            .with("EnableDnsHostnames", names)
            .with("DefaultSecurityGroup", group.and_then(|group| group.group_id()))
            .with("DefaultNetworkAcl", acl.and_then(|acl| acl.network_acl_id()));
        found.insert(id.to_owned(), model.json());
    }
    Ok(found)
}

fn model(vpc: &aws_sdk_ec2::types::Vpc) -> Model {
    let blocks = vpc.cidr_block_association_set().iter().filter_map(|block| block.association_id());
    let ipv6 = vpc.ipv6_cidr_block_association_set().iter().filter_map(|block| block.ipv6_cidr_block());
    Model::new()
        .with("VpcId", vpc.vpc_id())
        .with("CidrBlock", vpc.cidr_block())
        .with("InstanceTenancy", vpc.instance_tenancy().map(Tenancy::as_str))
        .with("State", vpc.state().map(aws_sdk_ec2::types::VpcState::as_str))
        .with("Ipv6CidrBlocks", Some(ipv6.map(Json::from).collect::<Vec<_>>()))
        .list("CidrBlockAssociations", blocks.map(Json::from).collect())
        .list("Tags", tags::model(vpc.tags()))
}

/// The DNS attributes of VPCs, support and host names. EC2 tells one of one VPC a call: all are asked for at once.
async fn attributes(
    ec2: &Ec2,
    vpcs: &[aws_sdk_ec2::types::Vpc],
) -> Result<BTreeMap<String, [Option<bool>; 2]>, ProviderError> {
    let mut asked = JoinSet::new();
    for id in vpcs.iter().filter_map(|vpc| vpc.vpc_id()) {
        let names = [VpcAttributeName::EnableDnsSupport, VpcAttributeName::EnableDnsHostnames];
        for (place, name) in names.into_iter().enumerate() {
            let (ec2, id) = (ec2.clone(), id.to_owned());
            asked.spawn(async move { dns(&ec2, &id, name).await.map(|value| (id, place, value)) });
        }
    }
    let mut found = BTreeMap::<String, [Option<bool>; 2]>::new();
    while let Some(told) = asked.join_next().await {
        let (id, place, value) = told.unwrap_or_else(|_| Err(no_answer()))?;
        found.entry(id).or_default()[place] = value;
    }
    Ok(found)
}

async fn dns(ec2: &Ec2, id: &str, attribute: VpcAttributeName) -> Result<Option<bool>, ProviderError> {
    let answer = ec2.look(ec2.client.describe_vpc_attribute().vpc_id(id).attribute(attribute).send()).await?;
    let value = answer.enable_dns_support().or(answer.enable_dns_hostnames());
    Ok(value.and_then(AttributeBooleanValue::value))
}

/// EC2 takes dedicated tenancy back, and refuses what else changes it.
async fn set_tenancy(ec2: &Ec2, id: &str, live: &Json, wanted: &Properties) -> Result<(), ProviderError> {
    let tenancy =
        wanted.text("InstanceTenancy").filter(|tenancy| text(live, "InstanceTenancy").as_ref() != Some(tenancy));
    let Some(tenancy) = tenancy else { return Ok(()) };
    let call = ec2.client.modify_vpc_tenancy().vpc_id(id).instance_tenancy(tenancy.as_str().into());
    ec2.change(call.send()).await.map(drop)
}

/// Sets what differs. Support goes first: names need it.
async fn set_dns(ec2: &Ec2, id: &str, live: &Json, wanted: &Properties) -> Result<(), ProviderError> {
    let differs = |name: &str| wanted.flag(name).filter(|wanted| flag(live, name) != Some(*wanted));
    let value = |value| AttributeBooleanValue::builder().value(value).build();
    if let Some(support) = differs("EnableDnsSupport") {
        ec2.change(ec2.client.modify_vpc_attribute().vpc_id(id).enable_dns_support(value(support)).send()).await?;
    }
    if let Some(names) = differs("EnableDnsHostnames") {
        ec2.change(ec2.client.modify_vpc_attribute().vpc_id(id).enable_dns_hostnames(value(names)).send()).await?;
    }
    Ok(())
}

fn has_dns(model: &Json, wanted: &Properties) -> bool {
    let agrees = |name: &str| wanted.flag(name).is_none_or(|wanted| flag(model, name) == Some(wanted));
    agrees("EnableDnsSupport") && agrees("EnableDnsHostnames")
}
