//! `AWS::EC2::SecurityGroup`: the group and its own rules. Rules that stand-alone resources add to it are theirs.

use async_trait::async_trait;
use aws_sdk_ec2::types::ResourceType;
use ironwright_engine::{Create, Delete, ErrorKind, Find, Live, ProviderError, Update};
use serde_json::Value as Json;

use crate::ec2::batch::{self, Which};
use crate::ec2::change;
use crate::ec2::document::{Model, Properties};
use crate::ec2::kind::{Ec2, Kind, Models, about, lives, pages};
use crate::ec2::rules::{self, Direction, LiveRule};
use crate::ec2::tags;

/// The longest name of a group.
const LONGEST_NAME: usize = 255;

pub(super) struct SecurityGroup;

#[async_trait]
impl Kind for SecurityGroup {
    fn type_name(&self) -> &'static str {
        "AWS::EC2::SecurityGroup"
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let properties = Properties::new(request.properties.expose());
        let call = ec2
            .client
            .create_security_group()
            .group_name(properties.text("GroupName").unwrap_or_else(|| change::name(request, LONGEST_NAME)))
            .set_description(properties.text("GroupDescription"))
            .set_vpc_id(properties.text("VpcId"))
            .tag_specifications(tags::specification(ResourceType::SecurityGroup, &properties, request));
        let made = ec2.change(call.send()).await?;
        let id = made.group_id().unwrap_or_default().to_owned();
        self.fill(ec2, &id, &properties).await.map_err(about(&id))
    }

    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        list(ec2, tags::filter("group-id", ids.iter().copied())).await
    }

    async fn read_named(&self, ec2: &Ec2, ids: &[&str]) -> Option<Result<Models, ProviderError>> {
        Some(list(ec2, Which::named(ids)).await)
    }

    async fn update(&self, ec2: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        let wanted = Properties::new(request.properties.expose());
        let live = self.fill(ec2, &request.physical_id, &wanted).await?;
        tags::update(ec2, &request.physical_id, &live.model, &wanted).await?;
        ec2.until(self, &request.physical_id, |_| Ok(true)).await
    }

    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        ec2.look(ec2.client.delete_security_group().group_id(&request.physical_id).send()).await.map(drop)
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        list(ec2, tags::by_token(request)).await.map(lives)
    }
}

impl SecurityGroup {
    /// Brings the group's own rules to what is wanted. Rules that the program says nothing of stay as they are.
    async fn fill(&self, ec2: &Ec2, id: &str, wanted: &Properties) -> Result<Live, ProviderError> {
        ec2.until(self, id, |_| Ok(true)).await?;
        let live = rules::list(ec2, tags::filter("group-id", [id])).await?;
        for direction in Direction::BOTH {
            if wanted.get(direction.property()).is_some() {
                rules::bring(ec2, id, direction, &live, wanted.items(direction.property())).await?;
            }
        }
        ec2.until(self, id, |_| Ok(true)).await
    }
}

async fn list(ec2: &Ec2, which: impl Into<Which>) -> Result<Models, ProviderError> {
    let which = which.into();
    let groups = pages!(
        ec2,
        ec2.client.describe_security_groups().set_group_ids(which.ids()).set_filters(which.filters()),
        security_groups
    );
    let mut rules = Vec::new();
    for of_groups in batch::filters("group-id", groups.iter().filter_map(|group| group.group_id())) {
        match rules::list(ec2, of_groups).await {
            Err(error) if error.kind == ErrorKind::NotFound => {}
            found => rules.extend(found?),
        }
    }
    let model = |group: &aws_sdk_ec2::types::SecurityGroup| {
        let id = group.group_id().unwrap_or_default();
        let model = Model::new()
            .with("Id", group.group_id())
            .with("GroupId", group.group_id())
            .with("GroupName", group.group_name())
            .with("GroupDescription", group.description())
            .with("VpcId", group.vpc_id())
            .with("SecurityGroupIngress", Some(own(&rules, id, Direction::Ingress)))
            .with("SecurityGroupEgress", Some(own(&rules, id, Direction::Egress)))
            .list("Tags", tags::model(group.tags()));
        (id.to_owned(), model.json())
    };
    Ok(groups.iter().map(model).collect())
}

/// The group's own rules, in an order that does not depend on EC2's.
fn own(rules: &[LiveRule], group: &str, direction: Direction) -> Vec<Json> {
    let own = rules.iter().filter(|rule| rule.group == group && rule.direction == direction && !rule.stands_alone);
    let mut models: Vec<Json> = own.map(|rule| rule.model.clone()).collect();
    models.sort_by_key(rules::identity);
    models
}
