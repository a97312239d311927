//! The model of an instance, as `DescribeInstances` tells it. User data, credit and API termination are not in that answer:
//! they count as last applied.

use aws_sdk_ec2::types::{Instance, InstanceMetadataOptionsResponse};
use serde_json::{Value as Json, json};

use crate::ec2::document::Model;
use crate::ec2::tags;

pub(super) fn model(instance: &Instance) -> Json {
    let placement = instance.placement();
    let state = instance.state().map(|state| {
        let name = state.name().map(aws_sdk_ec2::types::InstanceStateName::as_str);
        json!({"Code": state.code().map(|code| code.to_string()), "Name": name})
    });
    let mut groups: Vec<&str> = instance.security_groups().iter().filter_map(|group| group.group_id()).collect();
    groups.sort_unstable();
    let set = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    let monitoring = instance.monitoring().and_then(|monitoring| monitoring.state());
    let monitoring = monitoring.map(|state| matches!(state.as_str(), "enabled" | "pending"));
    let placed = |part: Option<&str>| set(part);
    Model::new()
        .with("InstanceId", set(instance.instance_id()))
        .with("ImageId", set(instance.image_id()))
        .with("InstanceType", set(instance.instance_type().map(aws_sdk_ec2::types::InstanceType::as_str)))
        .with("KeyName", set(instance.key_name()))
        .with("SubnetId", set(instance.subnet_id()))
        .with("VpcId", set(instance.vpc_id()))
        .with("PrivateIp", set(instance.private_ip_address()))
        .with("PrivateIpAddress", set(instance.private_ip_address()))
        .with("PrivateDnsName", set(instance.private_dns_name()))
        .with("PublicIp", set(instance.public_ip_address()))
        .with("PublicDnsName", set(instance.public_dns_name()))
        .with("AvailabilityZone", placed(placement.and_then(|placement| placement.availability_zone())))
        .with("PlacementGroupName", placed(placement.and_then(|placement| placement.group_name())))
        .with("HostId", placed(placement.and_then(|placement| placement.host_id())))
        .with(
            "Tenancy",
            set(placement.and_then(|placement| placement.tenancy()).map(aws_sdk_ec2::types::Tenancy::as_str)),
        )
        .with("IamInstanceProfile", instance.iam_instance_profile().and_then(|profile| profile.arn()).map(profile_name))
        .with("EbsOptimized", instance.ebs_optimized())
        .with("SourceDestCheck", instance.source_dest_check())
        .with("Monitoring", monitoring)
        .with("MetadataOptions", instance.metadata_options().map(metadata))
        .with("State", state)
        .with("SecurityGroupIds", Some(groups.into_iter().map(Json::from).collect::<Vec<_>>()))
        .list("Tags", tags::model(instance.tags()))
        .json()
}

/// CloudFormation takes and shows a profile by its name.
fn profile_name(arn: &str) -> String {
    arn.rsplit('/').next().unwrap_or(arn).to_owned()
}

fn metadata(options: &InstanceMetadataOptionsResponse) -> Json {
    Model::new()
        .with("HttpTokens", options.http_tokens().map(aws_sdk_ec2::types::HttpTokensState::as_str))
        .with("HttpEndpoint", options.http_endpoint().map(aws_sdk_ec2::types::InstanceMetadataEndpointState::as_str))
        .with(
            "HttpProtocolIpv6",
            options.http_protocol_ipv6().map(aws_sdk_ec2::types::InstanceMetadataProtocolState::as_str),
        )
        .with("HttpPutResponseHopLimit", options.http_put_response_hop_limit())
        .with(
            "InstanceMetadataTags",
            options.instance_metadata_tags().map(aws_sdk_ec2::types::InstanceMetadataTagsState::as_str),
        )
        .json()
}
