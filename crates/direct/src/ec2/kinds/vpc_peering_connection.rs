//! `AWS::EC2::VPCPeeringConnection`: active once it is accepted. One to a VPC of the same account is accepted here, in the
//! region of that VPC; another account accepts by itself, and until then the connection waits for it.

use async_trait::async_trait;
use aws_sdk_ec2::types::{Filter, ResourceType};
use ironwright_engine::{Create, Delete, ErrorKind, Find, Live, ProviderError, Update};
use serde_json::Value as Json;

use crate::ec2::change;
use crate::ec2::document::{Model, Properties, text};
use crate::ec2::kind::{Ec2, Kind, Models, about, lives, pages};
use crate::ec2::tags;

pub(super) struct VpcPeeringConnection;

#[async_trait]
impl Kind for VpcPeeringConnection {
    fn type_name(&self) -> &'static str {
        "AWS::EC2::VPCPeeringConnection"
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let properties = Properties::new(request.properties.expose());
        refuse_role(&properties)?;
        let call = ec2
            .client
            .create_vpc_peering_connection()
            .set_vpc_id(properties.text("VpcId"))
            .set_peer_vpc_id(properties.text("PeerVpcId"))
            .set_peer_owner_id(properties.text("PeerOwnerId"))
            .set_peer_region(properties.text("PeerRegion"))
            .tag_specifications(tags::specification(ResourceType::VpcPeeringConnection, &properties, request));
        let made = ec2.change(call.send()).await?;
        let id = made.vpc_peering_connection().and_then(|peering| peering.vpc_peering_connection_id());
        let id = id.unwrap_or_default();
        let live = ec2.until(self, id, |model| Ok(state(model)? != "initiating-request")).await?;
        let is_own = properties.text("PeerOwnerId").is_none_or(|owner| owner == ec2.regions.account());
        if !is_own {
            return Ok(live);
        }
        if state(&live.model)? == "pending-acceptance" {
            accept(ec2, id, properties.text("PeerRegion")).await.map_err(about(id))?;
        }
        ec2.until(self, id, |model| Ok(state(model)? == "active")).await
    }

    /// What is over is gone: EC2 lists it for hours more.
    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        let mut found = list(ec2, tags::filter("vpc-peering-connection-id", ids.iter().copied())).await?;
        found.retain(|_, model| !is_ending(model));
        Ok(found)
    }

    async fn update(&self, ec2: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        change::tags_alone(self, ec2, request).await
    }

    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        let id = request.physical_id.as_str();
        ec2.look(ec2.client.delete_vpc_peering_connection().vpc_peering_connection_id(id).send()).await?;
        let is_over = |model: &Json| text(model, "State").as_deref() != Some("deleting") && is_ending(model);
        ec2.until_deleted(id, || list(ec2, tags::filter("vpc-peering-connection-id", [id])), is_over).await
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        let mut found = list(ec2, tags::by_token(request)).await?;
        found.retain(|_, model| !is_ending(model));
        Ok(lives(found))
    }
}

/// Another account's role is not assumed here.
fn refuse_role(properties: &Properties) -> Result<(), ProviderError> {
    if properties.get("PeerRoleArn").is_none() {
        return Ok(());
    }
    let message = "roles of other accounts are not assumed here: leave PeerRoleArn out and accept the connection in that \
                   account, or deploy it through CloudFormation (`--target cloudformation`)";
    Err(ProviderError::new(ErrorKind::Refused, "RoleNotAssumed", message))
}

async fn accept(ec2: &Ec2, id: &str, region: Option<String>) -> Result<(), ProviderError> {
    let region = region.unwrap_or_else(|| ec2.region.clone());
    let client = ec2.regions.ec2(&region);
    ec2.change(client.accept_vpc_peering_connection().vpc_peering_connection_id(id).send()).await.map(drop)
}

async fn list(ec2: &Ec2, filter: Filter) -> Result<Models, ProviderError> {
    let call = ec2.client.describe_vpc_peering_connections().filters(filter);
    let peerings = pages!(ec2, call, vpc_peering_connections);
    Ok(peerings.iter().map(model).collect())
}

fn model(peering: &aws_sdk_ec2::types::VpcPeeringConnection) -> (String, Json) {
    let id = peering.vpc_peering_connection_id().unwrap_or_default();
    let (own, peer) = (peering.requester_vpc_info(), peering.accepter_vpc_info());
    let state = peering.status().and_then(|status| status.code());
    let model = Model::new()
        .with("Id", Some(id))
        .with("State", state.map(aws_sdk_ec2::types::VpcPeeringConnectionStateReasonCode::as_str))
        .with("Reason", peering.status().and_then(|status| status.message()))
        .with("VpcId", own.and_then(|own| own.vpc_id()))
        .with("PeerVpcId", peer.and_then(|peer| peer.vpc_id()))
        .with("PeerOwnerId", peer.and_then(|peer| peer.owner_id()))
        .with("PeerRegion", peer.and_then(|peer| peer.region()))
        .list("Tags", tags::model(peering.tags()));
    (id.to_owned(), model.json())
}

fn is_ending(model: &Json) -> bool {
    let state = text(model, "State");
    matches!(state.as_deref(), Some("deleted" | "deleting" | "rejected" | "expired" | "failed"))
}

fn state(model: &Json) -> Result<String, ProviderError> {
    let state = text(model, "State").unwrap_or_default();
    if state != "failed" {
        return Ok(state);
    }
    let message = text(model, "Reason").unwrap_or_else(|| "the connection failed: do the networks overlap?".to_owned());
    Err(ProviderError::new(ErrorKind::Refused, "PeeringFailed", message))
}
