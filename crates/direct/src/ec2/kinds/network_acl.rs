//! `AWS::EC2::NetworkAcl`: its entries and associations are resources of their own.

use async_trait::async_trait;
use aws_sdk_ec2::types::{Filter, ResourceType};
use ironwright_engine::{Create, Delete, Find, Live, ProviderError, Update};

use crate::ec2::change;
use crate::ec2::document::{Model, Properties};
use crate::ec2::kind::{Ec2, Kind, Models, lives, pages};
use crate::ec2::tags;

pub(super) struct NetworkAcl;

#[async_trait]
impl Kind for NetworkAcl {
    fn type_name(&self) -> &'static str {
        "AWS::EC2::NetworkAcl"
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let properties = Properties::new(request.properties.expose());
        let call = ec2
            .client
            .create_network_acl()
            .client_token(request.token.as_str())
            .set_vpc_id(properties.text("VpcId"))
            .tag_specifications(tags::specification(ResourceType::NetworkAcl, &properties, request));
        let made = ec2.change(call.send()).await?;
        let id = made.network_acl().and_then(|acl| acl.network_acl_id()).unwrap_or_default();
        ec2.until(self, id, |_| Ok(true)).await
    }

    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        list(ec2, tags::filter("network-acl-id", ids.iter().copied())).await
    }

    async fn update(&self, ec2: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        change::tags_alone(self, ec2, request).await
    }

    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        ec2.look(ec2.client.delete_network_acl().network_acl_id(&request.physical_id).send()).await.map(drop)
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        list(ec2, tags::by_token(request)).await.map(lives)
    }
}

async fn list(ec2: &Ec2, filter: Filter) -> Result<Models, ProviderError> {
    let acls = pages!(ec2, ec2.client.describe_network_acls().filters(filter), network_acls);
    let model = |acl: &aws_sdk_ec2::types::NetworkAcl| {
        let id = acl.network_acl_id().unwrap_or_default();
        let model = Model::new().with("Id", Some(id)).with("VpcId", acl.vpc_id()).list("Tags", tags::model(acl.tags()));
        (id.to_owned(), model.json())
    };
    Ok(acls.iter().map(model).collect())
}
