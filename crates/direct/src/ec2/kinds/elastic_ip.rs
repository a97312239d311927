//! `AWS::EC2::EIP`: a public address. Its physical id is the address and the allocation.

use async_trait::async_trait;
use aws_sdk_ec2::types::{Address, DomainType, ResourceType};
use ironwright_engine::{Create, Delete, Find, Live, ProviderError, Update};
use serde_json::Value as Json;

use crate::ec2::batch::Which;
use crate::ec2::change;
use crate::ec2::document::{Model, Properties, text};
use crate::ec2::kind::{Ec2, Kind, Models, about, lives};
use crate::ec2::tags;

pub(super) struct ElasticIp;

#[async_trait]
impl Kind for ElasticIp {
    fn type_name(&self) -> &'static str {
        "AWS::EC2::EIP"
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let properties = Properties::new(request.properties.expose());
        let id = match properties.text("TransferAddress") {
            Some(address) => accept(ec2, &address, &properties, request).await?,
            None => allocate(ec2, &properties, request).await?,
        };
        ec2.until(self, &id, |_| Ok(true)).await?;
        if let Some(instance) = properties.text("InstanceId") {
            associate(ec2, &id, &instance).await.map_err(about(&id))?;
        }
        ec2.until(self, &id, |model| Ok(is_at(model, &properties))).await
    }

    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        list(ec2, tags::filter("allocation-id", ids.iter().map(|id| allocation(id)))).await
    }

    async fn read_named(&self, ec2: &Ec2, ids: &[&str]) -> Option<Result<Models, ProviderError>> {
        let allocations: Vec<&str> = ids.iter().map(|id| allocation(id)).collect();
        Some(list(ec2, Which::named(&allocations)).await)
    }

    async fn update(&self, ec2: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        let (id, wanted) = (&request.physical_id, Properties::new(request.properties.expose()));
        change::refuse(request, &wanted, &["PublicIpv4Pool"])?;
        let live = ec2.until(self, id, |_| Ok(true)).await?;
        let (before, after) = (text(&request.prior, "InstanceId"), wanted.text("InstanceId"));
        match &after {
            Some(instance) if text(&live.model, "InstanceId").as_ref() != Some(instance) => {
                associate(ec2, id, instance).await?;
            }
            None if before.is_some() => disassociate(ec2, id).await?,
            _ => {}
        }
        tags::update(ec2, allocation(id), &live.model, &wanted).await?;
        ec2.until(self, id, |model| Ok(is_at(model, &wanted) && tags::agree(model, &wanted))).await
    }

    /// An address that stands at an instance of its own accord is taken from it first.
    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        disassociate(ec2, &request.physical_id).await?;
        let call = ec2.client.release_address().allocation_id(allocation(&request.physical_id));
        ec2.look(call.send()).await.map(drop)
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        list(ec2, tags::by_token(request)).await.map(lives)
    }
}

/// The allocation in a physical id.
fn allocation(id: &str) -> &str {
    id.rsplit('|').next().unwrap_or(id)
}

async fn allocate(ec2: &Ec2, properties: &Properties, request: &Create) -> Result<String, ProviderError> {
    let call = ec2
        .client
        .allocate_address()
        .domain(properties.word("Domain").unwrap_or(DomainType::Vpc))
        .set_address(properties.text("Address"))
        .set_ipam_pool_id(properties.text("IpamPoolId"))
        .set_network_border_group(properties.text("NetworkBorderGroup"))
        .set_public_ipv4_pool(properties.text("PublicIpv4Pool"))
        .tag_specifications(tags::specification(ResourceType::ElasticIp, properties, request));
    let made = ec2.change(call.send()).await?;
    Ok(format!("{}|{}", made.public_ip().unwrap_or_default(), made.allocation_id().unwrap_or_default()))
}

/// Takes over an address that another account offers.
async fn accept(ec2: &Ec2, address: &str, properties: &Properties, request: &Create) -> Result<String, ProviderError> {
    let tags = tags::specification(ResourceType::ElasticIp, properties, request);
    let call = ec2.client.accept_address_transfer().address(address).tag_specifications(tags);
    let made = ec2.change(call.send()).await?;
    let id = made.address_transfer().and_then(|transfer| transfer.allocation_id()).unwrap_or_default();
    Ok(format!("{address}|{id}"))
}

async fn associate(ec2: &Ec2, id: &str, instance: &str) -> Result<(), ProviderError> {
    let call = ec2.client.associate_address().allocation_id(allocation(id)).instance_id(instance);
    ec2.change(call.allow_reassociation(true).send()).await.map(drop)
}

/// Takes the address from the instance it stands at, if it does. A NAT gateway gives it back by itself.
async fn disassociate(ec2: &Ec2, id: &str) -> Result<(), ProviderError> {
    let call = ec2.client.describe_addresses().filters(tags::filter("allocation-id", [allocation(id)]));
    let answer = ec2.look(call.send()).await?;
    let at_instance = |address: &&Address| address.instance_id().is_some_and(|instance| !instance.is_empty());
    let association = answer.addresses().iter().find(at_instance).and_then(Address::association_id);
    match association.filter(|association| !association.is_empty()) {
        Some(association) => {
            ec2.look(ec2.client.disassociate_address().association_id(association).send()).await.map(drop)
        }
        None => Ok(()),
    }
}

/// EC2 does not page addresses.
async fn list(ec2: &Ec2, which: impl Into<Which>) -> Result<Models, ProviderError> {
    let which = which.into();
    let call = ec2.client.describe_addresses().set_allocation_ids(which.ids()).set_filters(which.filters());
    let answer = ec2.look(call.send()).await?;
    Ok(answer.addresses().iter().map(model).collect())
}

fn model(address: &Address) -> (String, Json) {
    let (ip, allocation) = (address.public_ip().unwrap_or_default(), address.allocation_id().unwrap_or_default());
    let set = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    let model = Model::new()
        .with("PublicIp", Some(ip))
        .with("AllocationId", Some(allocation))
        .with("Domain", address.domain().map(DomainType::as_str))
        .with("InstanceId", set(address.instance_id()))
        .with("NetworkBorderGroup", set(address.network_border_group()))
        .with("PublicIpv4Pool", set(address.public_ipv4_pool()))
        .list("Tags", tags::model(address.tags()));
    (format!("{ip}|{allocation}"), model.json())
}

fn is_at(model: &Json, wanted: &Properties) -> bool {
    wanted.text("InstanceId").is_none_or(|instance| text(model, "InstanceId") == Some(instance))
}
