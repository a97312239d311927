//! What changes of an instance in place. The type, the user data and the optimisation for EBS change only while it is
//! stopped: the plan says that they may interrupt it.

use aws_sdk_ec2::primitives::Blob;
use aws_sdk_ec2::types::{
    AttributeBooleanValue, AttributeValue, BlobAttributeValue, HttpTokensState, InstanceAttributeName,
    InstanceCreditSpecificationRequest, InstanceMetadataEndpointState, InstanceMetadataProtocolState,
    InstanceMetadataTagsState,
};
use ironwright_engine::{ProviderError, Update};
use serde_json::Value as Json;

use super::{Instance, launch, state};
use crate::ec2::document::{Properties, flag, number, text, texts};
use crate::ec2::kind::Ec2;

/// Brings the instance of `request` from `live`, and from what was applied and EC2 does not return, to `wanted`.
pub(super) async fn bring(
    kind: &Instance,
    ec2: &Ec2,
    live: &Json,
    request: &Update,
    wanted: &Properties,
) -> Result<(), ProviderError> {
    let (id, prior) = (request.physical_id.as_str(), &request.prior);
    running(ec2, id, live, prior, wanted).await?;
    profile(ec2, id, live, wanted).await?;
    options(ec2, live, request, wanted).await?;
    let mut stopped = Stopped::of(live, request, wanted);
    stopped.keep(ec2, id).await?;
    if stopped.is_empty() {
        return Ok(());
    }
    let was_running = state(live).as_deref() == Some("running");
    if was_running {
        ec2.change(ec2.client.stop_instances().instance_ids(id).send()).await?;
        ec2.until(kind, id, |model| Ok(state(model).as_deref() == Some("stopped"))).await?;
    }
    let changed = stopped.apply(ec2, id).await;
    if was_running {
        ec2.change(ec2.client.start_instances().instance_ids(id).send()).await?;
        ec2.until(kind, id, |model| Ok(state(model).as_deref() == Some("running"))).await?;
    }
    changed
}

/// Sets whether traffic must be its own.
pub(super) async fn source_dest_check(ec2: &Ec2, id: &str, check: bool) -> Result<(), ProviderError> {
    let call = ec2.client.modify_instance_attribute().instance_id(id).source_dest_check(boolean(check));
    ec2.change(call.send()).await.map(drop)
}

/// What changes while it runs, one call each.
async fn running(ec2: &Ec2, id: &str, live: &Json, prior: &Json, wanted: &Properties) -> Result<(), ProviderError> {
    let call = || ec2.client.modify_instance_attribute().instance_id(id);
    let mut groups = wanted.texts("SecurityGroupIds");
    if let Some(groups) = &mut groups {
        groups.sort_unstable();
    }
    if let Some(groups) = groups.filter(|groups| texts(live, "SecurityGroupIds").as_ref() != Some(groups)) {
        ec2.change(call().set_groups(Some(groups)).send()).await?;
    }
    let check = wanted.flag("SourceDestCheck");
    if let Some(check) = check.filter(|check| flag(live, "SourceDestCheck") != Some(*check)) {
        source_dest_check(ec2, id, check).await?;
    }
    let guard = wanted.flag("DisableApiTermination").unwrap_or_default();
    if guard != flag(prior, "DisableApiTermination").unwrap_or_default() {
        ec2.change(call().disable_api_termination(boolean(guard)).send()).await?;
    }
    let end = wanted.text("InstanceInitiatedShutdownBehavior").unwrap_or_else(|| "stop".to_owned());
    if end != text(prior, "InstanceInitiatedShutdownBehavior").unwrap_or_else(|| "stop".to_owned()) {
        let value = AttributeValue::builder().value(end).build();
        ec2.change(call().instance_initiated_shutdown_behavior(value).send()).await?;
    }
    Ok(())
}

async fn profile(ec2: &Ec2, id: &str, live: &Json, wanted: &Properties) -> Result<(), ProviderError> {
    let name = |text: String| text.rsplit('/').next().unwrap_or_default().to_owned();
    let (before, after) = (text(live, "IamInstanceProfile").map(name), wanted.text("IamInstanceProfile"));
    if before == after.clone().map(name) {
        return Ok(());
    }
    let filters =
        [("instance-id", id), ("state", "associated")].map(|(name, value)| crate::ec2::tags::filter(name, [value]));
    let call = ec2.client.describe_iam_instance_profile_associations().set_filters(Some(filters.to_vec()));
    let answer = ec2.look(call.send()).await?;
    let association = answer.iam_instance_profile_associations().first();
    let association = association.and_then(|association| association.association_id()).map(str::to_owned);
    match (association, after.map(launch::profile)) {
        (Some(association), Some(profile)) => {
            let call = ec2.client.replace_iam_instance_profile_association().association_id(association);
            ec2.change(call.iam_instance_profile(profile).send()).await.map(drop)
        }
        (None, Some(profile)) => {
            let call = ec2.client.associate_iam_instance_profile().instance_id(id).iam_instance_profile(profile);
            ec2.change(call.send()).await.map(drop)
        }
        (Some(association), None) => {
            let call = ec2.client.disassociate_iam_instance_profile().association_id(association);
            ec2.change(call.send()).await.map(drop)
        }
        (None, None) => Ok(()),
    }
}

/// Monitoring, metadata service and credit.
async fn options(ec2: &Ec2, live: &Json, request: &Update, wanted: &Properties) -> Result<(), ProviderError> {
    let id = request.physical_id.as_str();
    let monitoring = wanted.flag("Monitoring").unwrap_or_default();
    if monitoring != flag(live, "Monitoring").unwrap_or_default() {
        if monitoring {
            ec2.change(ec2.client.monitor_instances().instance_ids(id).send()).await?;
        } else {
            ec2.change(ec2.client.unmonitor_instances().instance_ids(id).send()).await?;
        }
    }
    if let Some(options) = wanted.get("MetadataOptions").filter(|options| live.get("MetadataOptions") != Some(options))
    {
        let word = |name: &str| text(options, name);
        let call = ec2
            .client
            .modify_instance_metadata_options()
            .instance_id(id)
            .set_http_tokens(word("HttpTokens").map(|text| HttpTokensState::from(text.as_str())))
            .set_http_endpoint(word("HttpEndpoint").map(|text| InstanceMetadataEndpointState::from(text.as_str())))
            .set_http_protocol_ipv6(
                word("HttpProtocolIpv6").map(|text| InstanceMetadataProtocolState::from(text.as_str())),
            )
            .set_http_put_response_hop_limit(number(options, "HttpPutResponseHopLimit"))
            .set_instance_metadata_tags(
                word("InstanceMetadataTags").map(|text| InstanceMetadataTagsState::from(text.as_str())),
            );
        ec2.change(call.send()).await?;
    }
    let credit = wanted.get("CreditSpecification").filter(|_| request.may_change("CreditSpecification"));
    if let Some(credit) = credit {
        let change = InstanceCreditSpecificationRequest::builder().instance_id(id);
        let change = change.set_cpu_credits(text(credit, "CPUCredits")).build();
        let call = ec2.client.modify_instance_credit_specification().instance_credit_specifications(change);
        ec2.change(call.send()).await?;
    }
    Ok(())
}

/// What changes only while it is stopped.
struct Stopped {
    instance_type: Option<String>,
    user_data: Option<String>,
    ebs_optimized: Option<bool>,
}

impl Stopped {
    fn of(live: &Json, request: &Update, wanted: &Properties) -> Self {
        // EC2 does not tell it with the rest, and it may hold a secret, of which the state has a digest.
        let was_given = request.prior.get("UserData").is_some();
        let user_data = wanted.text("UserData").or_else(|| was_given.then(String::new));
        Self {
            instance_type: wanted.text("InstanceType").filter(|kind| text(live, "InstanceType").as_ref() != Some(kind)),
            user_data: user_data.filter(|_| request.may_change("UserData")),
            ebs_optimized: wanted.flag("EbsOptimized").filter(|flagged| flag(live, "EbsOptimized") != Some(*flagged)),
        }
    }

    /// Leaves out the user data that it has already, as one that was imported may: that is no reason to stop it.
    async fn keep(&mut self, ec2: &Ec2, id: &str) -> Result<(), ProviderError> {
        if self.user_data.is_some() {
            let attribute = InstanceAttributeName::UserData;
            let call = ec2.client.describe_instance_attribute().instance_id(id).attribute(attribute);
            let has = ec2.look(call.send()).await?;
            let has = has.user_data().and_then(AttributeValue::value).unwrap_or_default();
            self.user_data.take_if(|data| data == has);
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.instance_type.is_none() && self.user_data.is_none() && self.ebs_optimized.is_none()
    }

    async fn apply(self, ec2: &Ec2, id: &str) -> Result<(), ProviderError> {
        let call = || ec2.client.modify_instance_attribute().instance_id(id);
        if let Some(kind) = self.instance_type {
            ec2.change(call().instance_type(AttributeValue::builder().value(kind).build()).send()).await?;
        }
        if let Some(data) = self.user_data {
            let data = BlobAttributeValue::builder().value(Blob::new(decoded(&data)?)).build();
            ec2.change(call().user_data(data).send()).await?;
        }
        if let Some(optimized) = self.ebs_optimized {
            ec2.change(call().ebs_optimized(boolean(optimized)).send()).await?;
        }
        Ok(())
    }
}

/// The SDK encodes user data itself in this call, and in no other.
fn decoded(data: &str) -> Result<Vec<u8>, ProviderError> {
    aws_smithy_types::base64::decode(data).map_err(|_| {
        let message = "the user data is not base 64";
        ProviderError::new(ironwright_engine::ErrorKind::Refused, "InvalidUserData.Malformed", message)
    })
}

fn boolean(value: bool) -> AttributeBooleanValue {
    AttributeBooleanValue::builder().value(value).build()
}
