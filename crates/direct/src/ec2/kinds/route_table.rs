//! `AWS::EC2::RouteTable`: its routes and associations are resources of their own.

use async_trait::async_trait;
use aws_sdk_ec2::types::ResourceType;
use ironwright_engine::{Create, Delete, Find, Live, ProviderError, Update};

use crate::ec2::batch::Which;
use crate::ec2::change;
use crate::ec2::document::{Model, Properties};
use crate::ec2::kind::{Ec2, Kind, Models, lives, pages};
use crate::ec2::tags;

pub(super) struct RouteTable;

#[async_trait]
impl Kind for RouteTable {
    fn type_name(&self) -> &'static str {
        "AWS::EC2::RouteTable"
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let properties = Properties::new(request.properties.expose());
        let call = ec2
            .client
            .create_route_table()
            .client_token(request.token.as_str())
            .set_vpc_id(properties.text("VpcId"))
            .tag_specifications(tags::specification(ResourceType::RouteTable, &properties, request));
        let made = ec2.change(call.send()).await?;
        let id = made.route_table().and_then(|table| table.route_table_id()).unwrap_or_default();
        ec2.until(self, id, |_| Ok(true)).await
    }

    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        list(ec2, tags::filter("route-table-id", ids.iter().copied())).await
    }

    async fn read_named(&self, ec2: &Ec2, ids: &[&str]) -> Option<Result<Models, ProviderError>> {
        Some(list(ec2, Which::named(ids)).await)
    }

    async fn update(&self, ec2: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        change::tags_alone(self, ec2, request).await
    }

    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        ec2.look(ec2.client.delete_route_table().route_table_id(&request.physical_id).send()).await.map(drop)
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        list(ec2, tags::by_token(request)).await.map(lives)
    }
}

async fn list(ec2: &Ec2, which: impl Into<Which>) -> Result<Models, ProviderError> {
    let which = which.into();
    let tables = pages!(
        ec2,
        ec2.client.describe_route_tables().set_route_table_ids(which.ids()).set_filters(which.filters()),
        route_tables
    );
    let model = |table: &aws_sdk_ec2::types::RouteTable| {
        let id = table.route_table_id().unwrap_or_default();
        let model = Model::new()
            .with("RouteTableId", Some(id))
            .with("VpcId", table.vpc_id())
            .list("Tags", tags::model(table.tags()));
        (id.to_owned(), model.json())
    };
    Ok(tables.iter().map(model).collect())
}
