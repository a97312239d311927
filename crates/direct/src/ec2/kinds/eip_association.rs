//! `AWS::EC2::EIPAssociation`: a public address at an instance or interface.
//!
//! EC2 gives it neither a token nor tags. An address is in one place at most: an attempt that went through is found by the
//! address and where it was to go; one that stands elsewhere is not taken from there.

use async_trait::async_trait;
use aws_sdk_ec2::types::{Address, Filter};
use ironwright_engine::{Create, Delete, ErrorKind, Find, Live, ProviderError, Update};
use serde_json::Value as Json;

use crate::ec2::change;
use crate::ec2::document::{Model, Properties, text};
use crate::ec2::kind::{Ec2, Kind, Models, lives};
use crate::ec2::tags;

pub(super) struct EipAssociation;

#[async_trait]
impl Kind for EipAssociation {
    fn type_name(&self) -> &'static str {
        "AWS::EC2::EIPAssociation"
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let properties = Properties::new(request.properties.expose());
        let call = ec2
            .client
            .associate_address()
            .allocation_id(allocation(ec2, &properties).await?)
            .set_instance_id(properties.text("InstanceId"))
            .set_network_interface_id(properties.text("NetworkInterfaceId"))
            .set_private_ip_address(properties.text("PrivateIpAddress"))
            .allow_reassociation(false);
        let made = ec2.change(call.send()).await?;
        ec2.until(self, made.association_id().unwrap_or_default(), |_| Ok(true)).await
    }

    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        list(ec2, tags::filter("association-id", ids.iter().copied())).await
    }

    async fn update(&self, _: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        Err(change::of_nothing(request))
    }

    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        let call = ec2.client.disassociate_address().association_id(&request.physical_id);
        ec2.look(call.send()).await.map(drop)
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        let wanted = Properties::new(request.properties.clone());
        let mut found = list(ec2, address_filter(&wanted)).await?;
        let ends = ["InstanceId", "NetworkInterfaceId", "PrivateIpAddress"];
        found.retain(|_, model| {
            ends.iter().all(|name| wanted.text(name).is_none_or(|wanted| text(model, name) == Some(wanted)))
        });
        Ok(lives(found))
    }
}

/// What finds the address that is asked for.
fn address_filter(properties: &Properties) -> Filter {
    match properties.text("AllocationId") {
        Some(id) => tags::filter("allocation-id", [id.as_str()]),
        None => tags::filter("public-ip", [properties.text("EIP").unwrap_or_default().as_str()]),
    }
}

/// The allocation of the address: EC2 associates no address by itself any more.
async fn allocation(ec2: &Ec2, properties: &Properties) -> Result<String, ProviderError> {
    if let Some(id) = properties.text("AllocationId") {
        return Ok(id);
    }
    let answer = ec2.look(ec2.client.describe_addresses().filters(address_filter(properties)).send()).await?;
    let id = answer.addresses().first().and_then(Address::allocation_id).map(str::to_owned);
    id.ok_or_else(|| {
        let message = "the address is not one of this account and region";
        ProviderError::new(ErrorKind::NotReady, "InvalidAddress.NotFound", message)
    })
}

async fn list(ec2: &Ec2, filter: Filter) -> Result<Models, ProviderError> {
    let answer = ec2.look(ec2.client.describe_addresses().filters(filter).send()).await?;
    Ok(answer.addresses().iter().filter_map(model).collect())
}

fn model(address: &Address) -> Option<(String, Json)> {
    let set = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    let id = set(address.association_id())?;
    let model = Model::new()
        .with("Id", Some(id.as_str()))
        .with("AllocationId", set(address.allocation_id()))
        .with("EIP", set(address.public_ip()))
        .with("InstanceId", set(address.instance_id()))
        .with("NetworkInterfaceId", set(address.network_interface_id()))
        .with("PrivateIpAddress", set(address.private_ip_address()));
    Some((id, model.json()))
}
