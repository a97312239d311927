//! `AWS::EC2::SubnetNetworkAclAssociation`: which network ACL guards a subnet. Without one it is the VPC's own.
//!
//! EC2 gives it neither a token nor tags. A subnet has exactly one association, which each attempt replaces: the last one is
//! found by subnet and ACL, and a second attempt leaves no other behind.

use async_trait::async_trait;
use aws_sdk_ec2::types::{Filter, NetworkAclAssociation};
use ironwright_engine::{Create, Delete, ErrorKind, Find, Live, ProviderError, Update};
use serde_json::Value as Json;

use crate::ec2::change;
use crate::ec2::document::{Model, Properties, text};
use crate::ec2::kind::{Ec2, Kind, Models, lives, pages};
use crate::ec2::tags;

pub(super) struct SubnetNetworkAclAssociation;

#[async_trait]
impl Kind for SubnetNetworkAclAssociation {
    fn type_name(&self) -> &'static str {
        "AWS::EC2::SubnetNetworkAclAssociation"
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let properties = Properties::new(request.properties.expose());
        let subnet = properties.text("SubnetId").unwrap_or_default();
        let before = list(ec2, tags::filter("association.subnet-id", [subnet.as_str()])).await?;
        let mut before = before.into_iter().filter(|(_, model)| text(model, "SubnetId").as_ref() == Some(&subnet));
        let (before, _) = before.next().ok_or_else(|| {
            let message = format!("the subnet '{subnet}' has no network ACL yet");
            ProviderError::new(ErrorKind::NotReady, "InvalidSubnetID.NotFound", message)
        })?;
        let acl = properties.text("NetworkAclId").unwrap_or_default();
        let call = ec2.client.replace_network_acl_association().association_id(before).network_acl_id(acl);
        let made = ec2.change(call.send()).await?;
        ec2.until(self, made.new_association_id().unwrap_or_default(), |_| Ok(true)).await
    }

    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        let mut found = list(ec2, tags::filter("association.association-id", ids.iter().copied())).await?;
        found.retain(|id, _| ids.contains(&id.as_str()));
        Ok(found)
    }

    async fn update(&self, _: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        Err(change::of_nothing(request))
    }

    /// The VPC's own ACL takes over.
    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        let acl = text(&request.model, "NetworkAclId").unwrap_or_default();
        let acls = ec2.client.describe_network_acls();
        let own = ec2.look(acls.clone().network_acl_ids(acl).send()).await?;
        let vpc = own.network_acls().first().and_then(|acl| acl.vpc_id()).unwrap_or_default();
        let filters = [tags::filter("vpc-id", [vpc]), tags::filter("default", ["true"])];
        let default = ec2.look(acls.set_filters(Some(filters.to_vec())).send()).await?;
        let default = default.network_acls().first().and_then(|acl| acl.network_acl_id()).unwrap_or_default();
        let call = ec2.client.replace_network_acl_association().association_id(&request.physical_id);
        ec2.look(call.network_acl_id(default).send()).await?;
        ec2.until_gone(self, &request.physical_id, |_| false).await
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        let wanted = Properties::new(request.properties.clone());
        let subnet = wanted.text("SubnetId").unwrap_or_default();
        let mut found = list(ec2, tags::filter("association.subnet-id", [subnet.as_str()])).await?;
        let has = |model: &Json, name: &str| text(model, name) == wanted.text(name);
        found.retain(|_, model| has(model, "SubnetId") && has(model, "NetworkAclId"));
        Ok(lives(found))
    }
}

/// The associations of the ACLs that `filter` lets through.
async fn list(ec2: &Ec2, filter: Filter) -> Result<Models, ProviderError> {
    let acls = pages!(ec2, ec2.client.describe_network_acls().filters(filter), network_acls);
    Ok(acls.iter().flat_map(aws_sdk_ec2::types::NetworkAcl::associations).filter_map(model).collect())
}

fn model(association: &NetworkAclAssociation) -> Option<(String, Json)> {
    let id = association.network_acl_association_id()?;
    let model = Model::new()
        .with("AssociationId", Some(id))
        .with("NetworkAclId", association.network_acl_id())
        .with("SubnetId", association.subnet_id());
    Some((id.to_owned(), model.json()))
}
