//! `AWS::EC2::PlacementGroup`: usable once it is available. EC2 knows it by its name, which is made here.

use async_trait::async_trait;
use aws_sdk_ec2::types::{Filter, PlacementGroupState, PlacementStrategy, ResourceType, SpreadLevel};
use ironwright_engine::{Create, Delete, Find, Live, ProviderError, Update};
use serde_json::Value as Json;

use crate::ec2::change;
use crate::ec2::document::{Model, Properties, text};
use crate::ec2::kind::{Ec2, Kind, Models, lives};
use crate::ec2::tags;

/// The longest name of a group.
const LONGEST_NAME: usize = 255;

pub(super) struct PlacementGroup;

#[async_trait]
impl Kind for PlacementGroup {
    fn type_name(&self) -> &'static str {
        "AWS::EC2::PlacementGroup"
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let (properties, name) = (Properties::new(request.properties.expose()), change::name(request, LONGEST_NAME));
        change::refuse_unknown(request, &properties, &["ParentGroupId"])?;
        let call = ec2
            .client
            .create_placement_group()
            .group_name(&name)
            .strategy(properties.word("Strategy").unwrap_or(PlacementStrategy::Cluster))
            .set_partition_count(properties.number("PartitionCount"))
            .set_spread_level(properties.word("SpreadLevel"))
            .tag_specifications(tags::specification(ResourceType::PlacementGroup, &properties, request));
        ec2.change(call.send()).await?;
        ec2.until(self, &name, |model| Ok(text(model, "State").as_deref() == Some("available"))).await
    }

    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        list(ec2, tags::filter("group-name", ids.iter().copied())).await
    }

    async fn update(&self, _: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        Err(change::of_nothing(request))
    }

    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        ec2.look(ec2.client.delete_placement_group().group_name(&request.physical_id).send()).await?;
        ec2.until_gone(self, &request.physical_id, |_| false).await
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        list(ec2, tags::by_token(request)).await.map(lives)
    }
}

/// EC2 does not page placement groups.
async fn list(ec2: &Ec2, filter: Filter) -> Result<Models, ProviderError> {
    let answer = ec2.look(ec2.client.describe_placement_groups().filters(filter).send()).await?;
    let mut found: Models = answer.placement_groups().iter().map(model).collect();
    found.retain(|_, model| text(model, "State").as_deref() != Some("deleted"));
    Ok(found)
}

fn model(group: &aws_sdk_ec2::types::PlacementGroup) -> (String, Json) {
    let name = group.group_name().unwrap_or_default();
    let model = Model::new()
        .with("GroupName", Some(name))
        .with("GroupId", group.group_id())
        .with("State", group.state().map(PlacementGroupState::as_str))
        .with("Strategy", group.strategy().map(PlacementStrategy::as_str))
        .with("PartitionCount", group.partition_count())
        .with("SpreadLevel", group.spread_level().map(SpreadLevel::as_str))
        .list("Tags", tags::model(group.tags()));
    (name.to_owned(), model.json())
}
