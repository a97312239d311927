//! `AWS::EC2::Volume`: usable once it is available. Size, type and speed change while it is in use; where it is and how it is
//! encrypted do not.

use async_trait::async_trait;
use aws_sdk_ec2::types::{AttributeBooleanValue, ResourceType, SnapshotState, VolumeType};
use ironwright_engine::{Create, Delete, ErrorKind, Find, Live, ProviderError, Update};
use serde_json::Value as Json;

use crate::ec2::batch::Which;
use crate::ec2::change;
use crate::ec2::document::{Model, Properties, flag, number, text};
use crate::ec2::kind::{Ec2, Kind, Models, Poll, about, lives, pages};
use crate::ec2::tags;

/// What the facts do not say of it: these are as they were made.
const FIXED: [&str; 8] = [
    "AvailabilityZone",
    "AvailabilityZoneId",
    "Encrypted",
    "KmsKeyId",
    "OutpostArn",
    "SnapshotId",
    "SourceVolumeId",
    "VolumeInitializationRate",
];

pub(super) struct Volume;

#[async_trait]
impl Kind for Volume {
    fn type_name(&self) -> &'static str {
        "AWS::EC2::Volume"
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let properties = Properties::new(request.properties.expose());
        let id = match properties.text("SourceVolumeId") {
            Some(source) => copy(ec2, source, &properties, request).await?,
            None => make(ec2, &properties, request).await?,
        };
        let live = ec2.until(self, &id, is_usable).await?;
        if properties.flag("AutoEnableIO") == Some(true) {
            enable_io(ec2, &id, true).await.map_err(about(&id))?;
        }
        Ok(live)
    }

    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        list(ec2, tags::filter("volume-id", ids.iter().copied())).await
    }

    async fn read_named(&self, ec2: &Ec2, ids: &[&str]) -> Option<Result<Models, ProviderError>> {
        Some(list(ec2, Which::named(ids)).await)
    }

    async fn update(&self, ec2: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        let (id, wanted) = (&request.physical_id, Properties::new(request.properties.expose()));
        change::refuse(request, &wanted, &FIXED)?;
        let live = ec2.until(self, id, |_| Ok(true)).await?;
        modify(ec2, id, &live.model, &wanted).await?;
        let enabled = wanted.flag("AutoEnableIO").unwrap_or_default();
        if enabled != flag(&request.prior, "AutoEnableIO").unwrap_or_default() {
            enable_io(ec2, id, enabled).await?;
        }
        tags::update(ec2, id, &live.model, &wanted).await?;
        ec2.until(self, id, |model| Ok(Modified::of(model, &wanted).is_none() && tags::agree(model, &wanted))).await
    }

    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        if request.snapshot {
            snapshot(ec2, request).await?;
        }
        ec2.look(ec2.client.delete_volume().volume_id(&request.physical_id).send()).await?;
        ec2.until_gone(self, &request.physical_id, |_| false).await
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        list(ec2, tags::by_token(request)).await.map(lives)
    }
}

async fn make(ec2: &Ec2, properties: &Properties, request: &Create) -> Result<String, ProviderError> {
    let call = ec2
        .client
        .create_volume()
        .client_token(request.token.as_str())
        .set_availability_zone(properties.text("AvailabilityZone"))
        .set_availability_zone_id(properties.text("AvailabilityZoneId"))
        .set_encrypted(properties.flag("Encrypted"))
        .set_iops(properties.number("Iops"))
        .set_kms_key_id(properties.text("KmsKeyId"))
        .set_multi_attach_enabled(properties.flag("MultiAttachEnabled"))
        .set_outpost_arn(properties.text("OutpostArn"))
        .set_size(properties.number("Size"))
        .set_snapshot_id(properties.text("SnapshotId"))
        .set_throughput(properties.number("Throughput"))
        .set_volume_initialization_rate(properties.number("VolumeInitializationRate"))
        .set_volume_type(properties.word("VolumeType"))
        .tag_specifications(tags::specification(ResourceType::Volume, properties, request));
    Ok(ec2.change(call.send()).await?.volume_id().unwrap_or_default().to_owned())
}

async fn copy(ec2: &Ec2, source: String, properties: &Properties, request: &Create) -> Result<String, ProviderError> {
    let call = ec2
        .client
        .copy_volumes()
        .client_token(request.token.as_str())
        .source_volume_id(source)
        .set_iops(properties.number("Iops"))
        .set_multi_attach_enabled(properties.flag("MultiAttachEnabled"))
        .set_size(properties.number("Size"))
        .set_throughput(properties.number("Throughput"))
        .set_volume_type(properties.word("VolumeType"))
        .tag_specifications(tags::specification(ResourceType::Volume, properties, request));
    let made = ec2.change(call.send()).await?;
    Ok(made.volumes().first().and_then(|volume| volume.volume_id()).unwrap_or_default().to_owned())
}

async fn list(ec2: &Ec2, which: impl Into<Which>) -> Result<Models, ProviderError> {
    let which = which.into();
    let volumes =
        pages!(ec2, ec2.client.describe_volumes().set_volume_ids(which.ids()).set_filters(which.filters()), volumes);
    Ok(volumes.iter().map(model).collect())
}

fn model(volume: &aws_sdk_ec2::types::Volume) -> (String, Json) {
    let id = volume.volume_id().unwrap_or_default();
    let set = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    let model = Model::new()
        .with("VolumeId", Some(id))
        .with("State", volume.state().map(aws_sdk_ec2::types::VolumeState::as_str))
        .with("AvailabilityZone", volume.availability_zone())
        .with("AvailabilityZoneId", volume.availability_zone_id())
        .with("Encrypted", volume.encrypted())
        .with("Iops", volume.iops())
        .with("KmsKeyId", set(volume.kms_key_id()))
        .with("MultiAttachEnabled", volume.multi_attach_enabled())
        .with("OutpostArn", set(volume.outpost_arn()))
        .with("Size", volume.size())
        .with("SnapshotId", set(volume.snapshot_id()))
        .with("SourceVolumeId", set(volume.source_volume_id()))
        .with("Throughput", volume.throughput())
        .with("VolumeInitializationRate", volume.volume_initialization_rate())
        .with("VolumeType", volume.volume_type().map(VolumeType::as_str))
        .list("Tags", tags::model(volume.tags()));
    (id.to_owned(), model.json())
}

fn is_usable(model: &Json) -> Result<bool, ProviderError> {
    match text(model, "State").as_deref() {
        Some("available" | "in-use") => Ok(true),
        Some("error") => {
            let message = "the volume could not be made: its snapshot or its key cannot be read";
            Err(ProviderError::new(ErrorKind::Refused, "VolumeFailed", message))
        }
        _ => Ok(false),
    }
}

/// What of a volume differs from what is wanted, and changes in place.
struct Modified {
    size: Option<i32>,
    kind: Option<VolumeType>,
    iops: Option<i32>,
    throughput: Option<i32>,
    multi_attach: Option<bool>,
}

impl Modified {
    fn of(live: &Json, wanted: &Properties) -> Option<Self> {
        let differs = |name: &str| wanted.number(name).filter(|value| number(live, name) != Some(*value));
        let kind = wanted.text("VolumeType").filter(|kind| text(live, "VolumeType").as_ref() != Some(kind));
        let attach = wanted.flag("MultiAttachEnabled");
        let modified = Self {
            size: differs("Size"),
            kind: kind.map(|kind| VolumeType::from(kind.as_str())),
            iops: differs("Iops"),
            throughput: differs("Throughput"),
            multi_attach: attach.filter(|value| flag(live, "MultiAttachEnabled").unwrap_or_default() != *value),
        };
        let numbers = [modified.size, modified.iops, modified.throughput];
        let is_any = numbers.iter().any(Option::is_some) || modified.kind.is_some() || modified.multi_attach.is_some();
        is_any.then_some(modified)
    }
}

async fn modify(ec2: &Ec2, id: &str, live: &Json, wanted: &Properties) -> Result<(), ProviderError> {
    let Some(modified) = Modified::of(live, wanted) else { return Ok(()) };
    let call = ec2
        .client
        .modify_volume()
        .volume_id(id)
        .set_size(modified.size)
        .set_volume_type(modified.kind)
        .set_iops(modified.iops)
        .set_throughput(modified.throughput)
        .set_multi_attach_enabled(modified.multi_attach);
    ec2.change(call.send()).await.map(drop)
}

async fn enable_io(ec2: &Ec2, id: &str, enabled: bool) -> Result<(), ProviderError> {
    let value = AttributeBooleanValue::builder().value(enabled).build();
    ec2.change(ec2.client.modify_volume_attribute().volume_id(id).auto_enable_io(value).send()).await.map(drop)
}

/// Takes the last snapshot, once: a delete that is sent again finds it by its token.
async fn snapshot(ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
    let mut poll = Poll::new();
    let mut is_taken = false;
    loop {
        let of_token = tags::by(&request.token);
        let snapshots = pages!(ec2, ec2.client.describe_snapshots().filters(of_token), snapshots);
        match snapshots.first().and_then(|snapshot| snapshot.state()) {
            Some(SnapshotState::Completed) => return Ok(()),
            Some(SnapshotState::Error) => {
                let message = "the last snapshot failed, so the volume was kept";
                return Err(ProviderError::new(ErrorKind::Refused, "SnapshotFailed", message));
            }
            None if !is_taken => {
                let tags = tags::own(ResourceType::Snapshot, &request.address, &request.token);
                let call = ec2.client.create_snapshot().volume_id(&request.physical_id).tag_specifications(tags);
                ec2.look(call.send()).await?;
                is_taken = true;
            }
            _ => {}
        }
        if !ec2.pause(&mut poll).await {
            let message = "the last snapshot is not complete after ten minutes; the volume is kept until it is";
            return Err(ProviderError::new(ErrorKind::OutcomeUnknown, "NotReady", message));
        }
    }
}
