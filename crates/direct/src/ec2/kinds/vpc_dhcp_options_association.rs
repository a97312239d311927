//! `AWS::EC2::VPCDHCPOptionsAssociation`: which DHCP options a VPC uses. Without one they are Amazon's. Its physical id is
//! the options and the VPC.
//!
//! EC2 gives it neither a token nor tags. A VPC uses exactly one set, and associating it again changes nothing: an attempt
//! that went through is found by the pair.

use async_trait::async_trait;
use ironwright_engine::{Create, Delete, Find, Live, ProviderError, Update};
use serde_json::Value as Json;

use crate::ec2::change;
use crate::ec2::document::{Model, text};
use crate::ec2::kind::{Ec2, Kind, Models, lives, pages};
use crate::ec2::tags;

/// What EC2 calls Amazon's own options.
const DEFAULT: &str = "default";

pub(super) struct VpcDhcpOptionsAssociation;

#[async_trait]
impl Kind for VpcDhcpOptionsAssociation {
    fn type_name(&self) -> &'static str {
        "AWS::EC2::VPCDHCPOptionsAssociation"
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let (options, vpc) = ends(&request.properties.expose());
        ec2.change(ec2.client.associate_dhcp_options().dhcp_options_id(&options).vpc_id(&vpc).send()).await?;
        ec2.until(self, &format!("{options}|{vpc}"), |_| Ok(true)).await
    }

    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        let pairs: Vec<(&str, &str)> = ids.iter().filter_map(|id| id.split_once('|')).collect();
        let filter = tags::filter("vpc-id", pairs.iter().map(|(_, vpc)| *vpc));
        let vpcs = pages!(ec2, ec2.client.describe_vpcs().filters(filter), vpcs);
        let is_used = |(options, vpc): &&(&str, &str)| {
            vpcs.iter().any(|live| live.vpc_id() == Some(*vpc) && live.dhcp_options_id() == Some(*options))
        };
        let model = |(options, vpc): &(&str, &str)| {
            let model = Model::new().with("DhcpOptionsId", Some(*options)).with("VpcId", Some(*vpc));
            (format!("{options}|{vpc}"), model.json())
        };
        Ok(pairs.iter().filter(is_used).map(model).collect())
    }

    async fn update(&self, _: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        Err(change::of_nothing(request))
    }

    /// Amazon's options take over, unless the VPC uses others by now.
    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        let id = request.physical_id.as_str();
        let (options, vpc) = id.split_once('|').unwrap_or((id, ""));
        if options == DEFAULT || !self.read(ec2, &[id]).await?.contains_key(id) {
            return Ok(());
        }
        ec2.look(ec2.client.associate_dhcp_options().dhcp_options_id(DEFAULT).vpc_id(vpc).send()).await?;
        ec2.until_gone(self, id, |_| false).await
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        let (options, vpc) = ends(&request.properties);
        self.read(ec2, &[&format!("{options}|{vpc}")]).await.map(lives)
    }
}

fn ends(document: &Json) -> (String, String) {
    let end = |name: &str| text(document, name).unwrap_or_default();
    (end("DhcpOptionsId"), end("VpcId"))
}
