//! `AWS::EC2::InternetGateway`: what attaches it to a VPC is a resource of its own.

use async_trait::async_trait;
use aws_sdk_ec2::types::{Filter, ResourceType};
use ironwright_engine::{Create, Delete, Find, Live, ProviderError, Update};

use crate::ec2::change;
use crate::ec2::document::{Model, Properties};
use crate::ec2::kind::{Ec2, Kind, Models, lives, pages};
use crate::ec2::tags;

pub(super) struct InternetGateway;

#[async_trait]
impl Kind for InternetGateway {
    fn type_name(&self) -> &'static str {
        "AWS::EC2::InternetGateway"
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let properties = Properties::new(request.properties.expose());
        let tags = tags::specification(ResourceType::InternetGateway, &properties, request);
        let made = ec2.change(ec2.client.create_internet_gateway().tag_specifications(tags).send()).await?;
        let id = made.internet_gateway().and_then(|gateway| gateway.internet_gateway_id()).unwrap_or_default();
        ec2.until(self, id, |_| Ok(true)).await
    }

    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        list(ec2, tags::filter("internet-gateway-id", ids.iter().copied())).await
    }

    async fn update(&self, ec2: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        change::tags_alone(self, ec2, request).await
    }

    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        let call = ec2.client.delete_internet_gateway().internet_gateway_id(&request.physical_id);
        ec2.look(call.send()).await.map(drop)
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        list(ec2, tags::by_token(request)).await.map(lives)
    }
}

async fn list(ec2: &Ec2, filter: Filter) -> Result<Models, ProviderError> {
    let gateways = pages!(ec2, ec2.client.describe_internet_gateways().filters(filter), internet_gateways);
    let model = |gateway: &aws_sdk_ec2::types::InternetGateway| {
        let id = gateway.internet_gateway_id().unwrap_or_default();
        let model = Model::new().with("InternetGatewayId", Some(id)).list("Tags", tags::model(gateway.tags()));
        (id.to_owned(), model.json())
    };
    Ok(gateways.iter().map(model).collect())
}
