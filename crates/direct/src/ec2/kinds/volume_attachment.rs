//! `AWS::EC2::VolumeAttachment`: a volume at an instance. Its physical id is the two of them.
//!
//! EC2 gives it neither a token nor tags. A volume is at an instance once at most: an attempt that went through is found by
//! the pair, and a second one is refused while it stands.

use async_trait::async_trait;
use aws_sdk_ec2::types::VolumeAttachmentState;
use ironwright_engine::{Create, Delete, Find, Live, ProviderError, Update};
use serde_json::Value as Json;

use crate::ec2::change;
use crate::ec2::document::{Model, Properties, text};
use crate::ec2::kind::{Ec2, Kind, Models, lives, pages};
use crate::ec2::tags;

pub(super) struct VolumeAttachment;

#[async_trait]
impl Kind for VolumeAttachment {
    fn type_name(&self) -> &'static str {
        "AWS::EC2::VolumeAttachment"
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let properties = Properties::new(request.properties.expose());
        let call = ec2
            .client
            .attach_volume()
            .set_volume_id(properties.text("VolumeId"))
            .set_instance_id(properties.text("InstanceId"))
            .set_device(properties.text("Device"))
            .set_ebs_card_index(properties.number("EbsCardIndex"));
        ec2.change(call.send()).await?;
        let is_attached = |model: &Json| Ok(text(model, "State").as_deref() == Some("attached"));
        ec2.until(self, &id(&properties), is_attached).await
    }

    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        let mut found = list(ec2, ids.iter().filter_map(|id| Some(id.split_once('|')?.0)).collect()).await?;
        found.retain(|id, _| ids.contains(&id.as_str()));
        Ok(found)
    }

    async fn update(&self, _: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        Err(change::of_nothing(request))
    }

    /// EC2 says of a volume that is at no instance that its state is wrong: then this has been done.
    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        let id = request.physical_id.as_str();
        let (volume, instance) = id.split_once('|').unwrap_or((id, ""));
        match ec2.look(ec2.client.detach_volume().volume_id(volume).instance_id(instance).send()).await {
            Err(error) if error.code != "IncorrectState" => return Err(error),
            Err(error) if self.read(ec2, &[id]).await?.contains_key(id) => return Err(error),
            _ => {}
        }
        ec2.until_gone(self, id, |_| false).await
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        let id = id(&Properties::new(request.properties.clone()));
        let mut found = self.read(ec2, &[&id]).await?;
        found.retain(|_, model| text(model, "State").as_deref() != Some("detaching"));
        Ok(lives(found))
    }
}

fn id(properties: &Properties) -> String {
    let end = |name: &str| properties.text(name).unwrap_or_default();
    format!("{}|{}", end("VolumeId"), end("InstanceId"))
}

/// The attachments of `volumes`.
async fn list(ec2: &Ec2, mut volumes: Vec<&str>) -> Result<Models, ProviderError> {
    volumes.sort_unstable();
    volumes.dedup();
    let filter = tags::filter("volume-id", volumes);
    let volumes = pages!(ec2, ec2.client.describe_volumes().filters(filter), volumes);
    Ok(volumes.iter().flat_map(aws_sdk_ec2::types::Volume::attachments).filter_map(model).collect())
}

fn model(attachment: &aws_sdk_ec2::types::VolumeAttachment) -> Option<(String, Json)> {
    let (volume, instance) = (attachment.volume_id()?, attachment.instance_id()?);
    let state = attachment.state().map(VolumeAttachmentState::as_str);
    let model = Model::new()
        .with("VolumeId", Some(volume))
        .with("InstanceId", Some(instance))
        .with("Device", attachment.device())
        .with("EbsCardIndex", attachment.ebs_card_index())
        .with("State", state);
    (state != Some("detached")).then(|| (format!("{volume}|{instance}"), model.json()))
}
