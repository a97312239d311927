//! `AWS::EC2::VPC`: usable once it is available. DNS support and host names are attributes that are read and set one by
//! one; the default group, network ACL and route table come with it and go with it.

use async_trait::async_trait;
use aws_sdk_ec2::types::{AttributeBooleanValue, Filter, ResourceType, Tenancy, VpcAttributeName};
use ironwright_engine::{Create, Delete, Find, Live, ProviderError, Update};
use serde_json::Value as Json;

use crate::ec2::document::{Model, Properties, flag, text};
use crate::ec2::kind::{Ec2, Kind, Models};
use crate::ec2::tags;

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
        set_dns(ec2, &id, &live.model, &properties).await.map_err(|mut error| {
            error.physical_id = Some(id.clone());
            error
        })?;
        ec2.until(self, &id, |model| Ok(has_dns(model, &properties))).await
    }

    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        list(ec2, tags::filter("vpc-id", ids.iter().copied())).await
    }

    async fn update(&self, ec2: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        let (id, wanted) = (&request.physical_id, Properties::new(request.properties.expose()));
        let live = ec2.until(self, id, |_| Ok(true)).await?;
        set_dns(ec2, id, &live.model, &wanted).await?;
        tags::update(ec2, id, &live.model, &wanted).await?;
        ec2.until(self, id, |model| Ok(has_dns(model, &wanted))).await
    }

    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        ec2.look(ec2.client.delete_vpc().vpc_id(&request.physical_id).send()).await.map(drop)
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        let found = list(ec2, tags::by_token(request)).await?;
        Ok(found.into_iter().map(|(physical_id, model)| Live { physical_id, model }).collect())
    }
}

async fn list(ec2: &Ec2, filter: Filter) -> Result<Models, ProviderError> {
    let mut found = Models::new();
    let mut page = None;
    loop {
        let call = ec2.client.describe_vpcs().filters(filter.clone()).set_next_token(page);
        let answer = ec2.look(call.send()).await?;
        for vpc in answer.vpcs() {
            let id = vpc.vpc_id().unwrap_or_default();
            let blocks = vpc.cidr_block_association_set().iter().filter_map(|block| block.association_id());
            let (support, names) =
                (dns(ec2, id, VpcAttributeName::EnableDnsSupport), dns(ec2, id, VpcAttributeName::EnableDnsHostnames));
            let model = Model::new()
                .with("VpcId", vpc.vpc_id())
                .with("CidrBlock", vpc.cidr_block())
                .with("InstanceTenancy", vpc.instance_tenancy().map(Tenancy::as_str))
                .with("State", vpc.state().map(aws_sdk_ec2::types::VpcState::as_str))
                .with("EnableDnsSupport", support.await?)
                .with("EnableDnsHostnames", names.await?)
                .list("CidrBlockAssociations", blocks.map(Json::from).collect())
                .list("Tags", tags::model(vpc.tags()));
            found.insert(id.to_owned(), model.json());
        }
        page = answer.next_token().map(str::to_owned);
        if page.is_none() {
            return Ok(found);
        }
    }
}

async fn dns(ec2: &Ec2, id: &str, attribute: VpcAttributeName) -> Result<Option<bool>, ProviderError> {
    let answer = ec2.look(ec2.client.describe_vpc_attribute().vpc_id(id).attribute(attribute).send()).await?;
    let value = answer.enable_dns_support().or(answer.enable_dns_hostnames());
    Ok(value.and_then(AttributeBooleanValue::value))
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
