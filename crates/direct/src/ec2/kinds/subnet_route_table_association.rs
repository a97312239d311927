//! `AWS::EC2::SubnetRouteTableAssociation`: which table a subnet's traffic follows.
//!
//! EC2 gives it neither a token nor tags. A subnet has one explicit association at most: an attempt that went through is
//! found by subnet and table, and a second one is refused while it stands.

use async_trait::async_trait;
use aws_sdk_ec2::types::{Filter, RouteTableAssociation};
use ironwright_engine::{Create, Delete, Find, Live, ProviderError, Update};
use serde_json::Value as Json;

use crate::ec2::change;
use crate::ec2::document::{Model, Properties, text};
use crate::ec2::kind::{Ec2, Kind, Models, lives, pages};
use crate::ec2::tags;

pub(super) struct SubnetRouteTableAssociation;

#[async_trait]
impl Kind for SubnetRouteTableAssociation {
    fn type_name(&self) -> &'static str {
        "AWS::EC2::SubnetRouteTableAssociation"
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let properties = Properties::new(request.properties.expose());
        let call = ec2
            .client
            .associate_route_table()
            .set_subnet_id(properties.text("SubnetId"))
            .set_route_table_id(properties.text("RouteTableId"));
        let made = ec2.change(call.send()).await?;
        let id = made.association_id().unwrap_or_default();
        ec2.until(self, id, |model| Ok(text(model, "State").is_none_or(|state| state == "associated"))).await
    }

    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        let mut found = list(ec2, tags::filter("association.route-table-association-id", ids.iter().copied())).await?;
        found.retain(|id, _| ids.contains(&id.as_str()));
        Ok(found)
    }

    async fn update(&self, _: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        Err(change::of_nothing(request))
    }

    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        ec2.look(ec2.client.disassociate_route_table().association_id(&request.physical_id).send()).await?;
        ec2.until_gone(self, &request.physical_id, |_| false).await
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        let wanted = Properties::new(request.properties.clone());
        let subnet = wanted.text("SubnetId").unwrap_or_default();
        let mut found = list(ec2, tags::filter("association.subnet-id", [subnet.as_str()])).await?;
        let has = |model: &Json, name: &str| text(model, name) == wanted.text(name);
        found.retain(|_, model| has(model, "SubnetId") && has(model, "RouteTableId"));
        Ok(lives(found))
    }
}

/// The associations with subnets of the tables that `filter` lets through.
async fn list(ec2: &Ec2, filter: Filter) -> Result<Models, ProviderError> {
    let tables = pages!(ec2, ec2.client.describe_route_tables().filters(filter), route_tables);
    Ok(tables.iter().flat_map(aws_sdk_ec2::types::RouteTable::associations).filter_map(model).collect())
}

fn model(association: &RouteTableAssociation) -> Option<(String, Json)> {
    let (id, subnet) = (association.route_table_association_id()?, association.subnet_id()?);
    let state = association.association_state().and_then(|state| state.state());
    let state = state.map(aws_sdk_ec2::types::RouteTableAssociationStateCode::as_str);
    let model = Model::new()
        .with("Id", Some(id))
        .with("RouteTableId", association.route_table_id())
        .with("SubnetId", Some(subnet))
        .with("State", state);
    let is_ending = matches!(state, Some("disassociated" | "disassociating" | "failed"));
    (!is_ending).then(|| (id.to_owned(), model.json()))
}
