//! `AWS::EC2::SecurityGroupIngress` and `…Egress`: rules that stand alone. They are tagged with address and token though
//! their types have no tags: so they are found again, and are told from the rules of the group itself.

use async_trait::async_trait;
use ironwright_engine::{Create, Delete, ErrorKind, Find, Live, ProviderError, Update};
use serde_json::Value as Json;

use crate::ec2::batch::Which;
use crate::ec2::document::{Properties, text};
use crate::ec2::kind::{Ec2, Kind, Models, lives};
use crate::ec2::rules::{self, Direction, LiveRule};
use crate::ec2::tags;

pub(super) struct SecurityGroupRule(pub(super) Direction);

#[async_trait]
impl Kind for SecurityGroupRule {
    fn type_name(&self) -> &'static str {
        match self.0 {
            Direction::Ingress => "AWS::EC2::SecurityGroupIngress",
            Direction::Egress => "AWS::EC2::SecurityGroupEgress",
        }
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let document = request.properties.expose();
        let properties = Properties::new(document.clone());
        let group = group(ec2, &properties).await?;
        let tags = tags::specification(rules::TAGGED, &properties, request);
        let made = rules::authorize(ec2, &group, self.0, &[document], Some(tags)).await?;
        let id = made.first().map(String::as_str).unwrap_or_default();
        ec2.until(self, id, |_| Ok(true)).await
    }

    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        list(ec2, self.0, tags::filter("security-group-rule-id", ids.iter().copied())).await
    }

    async fn read_named(&self, ec2: &Ec2, ids: &[&str]) -> Option<Result<Models, ProviderError>> {
        Some(list(ec2, self.0, Which::named(ids)).await)
    }

    async fn update(&self, ec2: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        let wanted = Properties::new(request.properties.expose()).text("Description");
        let found = rules::list(ec2, tags::filter("security-group-rule-id", [request.physical_id.as_str()])).await?;
        let not_there = || ProviderError::new(ErrorKind::NotReady, "NotFoundYet", "the rule cannot be read yet");
        let rule = found.first().ok_or_else(not_there)?;
        rules::describe(ec2, rule, wanted.clone()).await?;
        let wanted = wanted.filter(|wanted| !wanted.is_empty());
        ec2.until(self, &request.physical_id, |model| Ok(text(model, "Description") == wanted)).await
    }

    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        let group = text(&request.model, "GroupId").unwrap_or_default();
        rules::revoke(ec2, &group, self.0, vec![request.physical_id.clone()]).await
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        list(ec2, self.0, tags::by_token(request)).await.map(lives)
    }
}

/// The id of the group that the rule is for. A name is one of the default VPC's groups.
async fn group(ec2: &Ec2, properties: &Properties) -> Result<String, ProviderError> {
    if let Some(id) = properties.text("GroupId") {
        return Ok(id);
    }
    let name = properties.text("GroupName").unwrap_or_default();
    let call = ec2.client.describe_security_groups().group_names(&name);
    let answer = ec2.change(call.send()).await?;
    let id = answer.security_groups().first().and_then(|group| group.group_id());
    id.map(str::to_owned).ok_or_else(|| {
        let message = format!("the default VPC has no security group named '{name}'");
        ProviderError::new(ErrorKind::Refused, "InvalidGroup.NotFound", message)
    })
}

async fn list(ec2: &Ec2, direction: Direction, which: impl Into<Which>) -> Result<Models, ProviderError> {
    let found = rules::list(ec2, which).await?;
    Ok(found.into_iter().filter(|rule| rule.direction == direction).map(model).collect())
}

fn model(rule: LiveRule) -> (String, Json) {
    let mut model = rule.model;
    if let Some(entries) = model.as_object_mut() {
        entries.insert("Id".to_owned(), rule.id.as_str().into());
        entries.insert("GroupId".to_owned(), rule.group.into());
    }
    (rule.id, model)
}
