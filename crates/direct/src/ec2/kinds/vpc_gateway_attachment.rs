//! `AWS::EC2::VPCGatewayAttachment`: an internet or VPN gateway at a VPC. Its physical id is the kind of gateway and the VPC.
//!
//! EC2 gives it neither a token nor tags. A VPC has one gateway of a kind at most, so the pair that was asked for is found
//! by its ends, and a second attempt is refused as long as the first one stands: nothing is doubled, nothing is lost.

use async_trait::async_trait;
use aws_sdk_ec2::types::AttachmentStatus;
use ironwright_engine::{Create, Delete, Find, Live, ProviderError, Update};
use serde_json::Value as Json;

use crate::ec2::document::{Model, text};
use crate::ec2::kind::{Ec2, Kind, Models, lives, pages};
use crate::ec2::tags;

pub(super) struct VpcGatewayAttachment;

/// A gateway that can be attached.
enum Gateway {
    Internet(String),
    Vpn(String),
}

impl Gateway {
    fn of(document: &Json) -> Option<Self> {
        let internet = text(document, "InternetGatewayId").map(Self::Internet);
        internet.or_else(|| text(document, "VpnGatewayId").map(Self::Vpn))
    }

    fn physical_id(&self, vpc: &str) -> String {
        match self {
            Self::Internet(_) => format!("IGW|{vpc}"),
            Self::Vpn(_) => format!("VGW|{vpc}"),
        }
    }

    fn is_in(&self, model: &Json) -> bool {
        match self {
            Self::Internet(id) => text(model, "InternetGatewayId").as_ref() == Some(id),
            Self::Vpn(id) => text(model, "VpnGatewayId").as_ref() == Some(id),
        }
    }

    async fn attach(&self, ec2: &Ec2, vpc: &str) -> Result<(), ProviderError> {
        match self {
            Self::Internet(id) => {
                let call = ec2.client.attach_internet_gateway().internet_gateway_id(id).vpc_id(vpc);
                ec2.change(call.send()).await.map(drop)
            }
            Self::Vpn(id) => {
                let call = ec2.client.attach_vpn_gateway().vpn_gateway_id(id).vpc_id(vpc);
                ec2.change(call.send()).await.map(drop)
            }
        }
    }

    async fn detach(&self, ec2: &Ec2, vpc: &str) -> Result<(), ProviderError> {
        match self {
            Self::Internet(id) => {
                let call = ec2.client.detach_internet_gateway().internet_gateway_id(id).vpc_id(vpc);
                ec2.look(call.send()).await.map(drop)
            }
            Self::Vpn(id) => {
                let call = ec2.client.detach_vpn_gateway().vpn_gateway_id(id).vpc_id(vpc);
                ec2.look(call.send()).await.map(drop)
            }
        }
    }
}

#[async_trait]
impl Kind for VpcGatewayAttachment {
    fn type_name(&self) -> &'static str {
        "AWS::EC2::VPCGatewayAttachment"
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let (vpc, gateway) = ends(&request.properties.expose())?;
        gateway.attach(ec2, &vpc).await?;
        ec2.until(self, &gateway.physical_id(&vpc), |model| Ok(gateway.is_in(model) && is_attached(model))).await
    }

    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        list(ec2, ids).await
    }

    /// Another gateway takes the place of the one before.
    async fn update(&self, ec2: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        let (vpc, gateway) = ends(&request.properties.expose())?;
        let live = list(ec2, &[&request.physical_id]).await?.remove(&request.physical_id).unwrap_or_default();
        if !gateway.is_in(&live) {
            if let Some(before) = Gateway::of(&live) {
                before.detach(ec2, &vpc).await?;
                ec2.until_gone(self, &request.physical_id, |model| !before.is_in(model)).await?;
            }
            gateway.attach(ec2, &vpc).await?;
        }
        ec2.until(self, &gateway.physical_id(&vpc), |model| Ok(gateway.is_in(model) && is_attached(model))).await
    }

    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        let (vpc, gateway) = ends(&request.model)?;
        gateway.detach(ec2, &vpc).await?;
        ec2.until_gone(self, &request.physical_id, |model| !gateway.is_in(model)).await
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        let (vpc, gateway) = ends(&request.properties)?;
        let mut found = list(ec2, &[&gateway.physical_id(&vpc)]).await?;
        found.retain(|_, model| gateway.is_in(model));
        Ok(lives(found))
    }
}

fn ends(document: &Json) -> Result<(String, Gateway), ProviderError> {
    let missing = || {
        let message = "the request must contain VpcId, and InternetGatewayId or VpnGatewayId";
        ProviderError::new(ironwright_engine::ErrorKind::Refused, "MissingParameter", message)
    };
    text(document, "VpcId").zip(Gateway::of(document)).ok_or_else(missing)
}

async fn list(ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
    let vpcs = |kind: &str| ids.iter().filter_map(|id| id.strip_prefix(kind)).collect::<Vec<_>>();
    let mut found = Models::new();
    let of_internet = vpcs("IGW|");
    if !of_internet.is_empty() {
        let call = ec2.client.describe_internet_gateways().filters(tags::filter("attachment.vpc-id", of_internet));
        for gateway in pages!(ec2, call, internet_gateways) {
            for attachment in gateway.attachments().iter().filter(|attachment| is_there(attachment.state())) {
                let end = ("InternetGatewayId", gateway.internet_gateway_id());
                found.extend(model("IGW", attachment.vpc_id(), end, attachment.state()));
            }
        }
    }
    let of_vpn = vpcs("VGW|");
    if !of_vpn.is_empty() {
        let call = ec2.client.describe_vpn_gateways().filters(tags::filter("attachment.vpc-id", of_vpn));
        for gateway in ec2.look(call.send()).await?.vpn_gateways() {
            for attachment in gateway.vpc_attachments().iter().filter(|attachment| is_there(attachment.state())) {
                let end = ("VpnGatewayId", gateway.vpn_gateway_id());
                found.extend(model("VGW", attachment.vpc_id(), end, attachment.state()));
            }
        }
    }
    Ok(found)
}

fn is_there(state: Option<&AttachmentStatus>) -> bool {
    state.is_none_or(|state| !matches!(state.as_str(), "detached" | "detaching"))
}

fn is_attached(model: &Json) -> bool {
    matches!(text(model, "State").as_deref(), None | Some("attached" | "available"))
}

fn model(
    kind: &str,
    vpc: Option<&str>,
    end: (&str, Option<&str>),
    state: Option<&AttachmentStatus>,
) -> Option<(String, Json)> {
    let vpc = vpc?;
    let model = Model::new()
        .with("AttachmentType", Some(kind))
        .with("VpcId", Some(vpc))
        .with(end.0, end.1)
        .with("State", state.map(AttachmentStatus::as_str));
    Some((format!("{kind}|{vpc}"), model.json()))
}
