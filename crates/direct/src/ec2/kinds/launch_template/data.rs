//! The data of a launch template as EC2 takes it. What is not served here is refused by its name, never left out in silence.

use aws_sdk_ec2::types::builders::RequestLaunchTemplateDataBuilder;
use aws_sdk_ec2::types::{
    CapacityReservationTarget, ConnectionTrackingSpecificationRequest, CreditSpecificationRequest,
    InstanceIpv6AddressRequest, Ipv4PrefixSpecificationRequest, Ipv6PrefixSpecificationRequest,
    LaunchTemplateBlockDeviceMappingRequest, LaunchTemplateCapacityReservationSpecificationRequest,
    LaunchTemplateCpuOptionsRequest, LaunchTemplateEbsBlockDeviceRequest, LaunchTemplateEnclaveOptionsRequest,
    LaunchTemplateHibernationOptionsRequest, LaunchTemplateIamInstanceProfileSpecificationRequest,
    LaunchTemplateInstanceMaintenanceOptionsRequest, LaunchTemplateInstanceMarketOptionsRequest,
    LaunchTemplateInstanceMetadataOptionsRequest, LaunchTemplateInstanceNetworkInterfaceSpecificationRequest,
    LaunchTemplateLicenseConfigurationRequest, LaunchTemplateNetworkPerformanceOptionsRequest,
    LaunchTemplatePlacementRequest, LaunchTemplatePrivateDnsNameOptionsRequest, LaunchTemplateSpotMarketOptionsRequest,
    LaunchTemplateTagSpecificationRequest, LaunchTemplatesMonitoringRequest, PrivateIpAddressSpecification,
    RequestLaunchTemplateData, Tag,
};
use ironwright_engine::{ErrorKind, ProviderError};
use serde_json::Value as Json;

use crate::ec2::document::{flag, number, text, texts, word};

/// What is served of each part of the data: `""` is the data itself.
const SERVED: [(&str, &str); 19] = [
    (
        "",
        "BlockDeviceMappings CapacityReservationSpecification CpuOptions CreditSpecification DisableApiStop \
         DisableApiTermination EbsOptimized EnclaveOptions HibernationOptions IamInstanceProfile ImageId \
         InstanceInitiatedShutdownBehavior InstanceMarketOptions InstanceType KernelId KeyName LicenseSpecifications \
         MaintenanceOptions MetadataOptions Monitoring NetworkInterfaces NetworkPerformanceOptions Placement \
         PrivateDnsNameOptions RamDiskId SecurityGroupIds SecurityGroups TagSpecifications UserData",
    ),
    ("BlockDeviceMappings", "DeviceName Ebs NoDevice VirtualName"),
    (
        "Ebs",
        "DeleteOnTermination EbsCardIndex Encrypted Iops KmsKeyId SnapshotId Throughput VolumeInitializationRate VolumeSize \
         VolumeType",
    ),
    ("CapacityReservationSpecification", "CapacityReservationPreference CapacityReservationTarget"),
    ("CapacityReservationTarget", "CapacityReservationId CapacityReservationResourceGroupArn"),
    ("CpuOptions", "AmdSevSnp CoreCount NestedVirtualization ThreadsPerCore"),
    ("CreditSpecification", "CpuCredits"),
    ("EnclaveOptions", "Enabled"),
    ("HibernationOptions", "Configured"),
    ("IamInstanceProfile", "Arn Name"),
    ("InstanceMarketOptions", "MarketType SpotOptions"),
    ("SpotOptions", "BlockDurationMinutes InstanceInterruptionBehavior MaxPrice SpotInstanceType"),
    ("MaintenanceOptions", "AutoRecovery"),
    ("MetadataOptions", "HttpEndpoint HttpProtocolIpv6 HttpPutResponseHopLimit HttpTokens InstanceMetadataTags"),
    (
        "NetworkInterfaces",
        "AssociateCarrierIpAddress AssociatePublicIpAddress ConnectionTrackingSpecification DeleteOnTermination Description \
         DeviceIndex EnaQueueCount Groups InterfaceType Ipv4PrefixCount Ipv4Prefixes Ipv6AddressCount Ipv6Addresses \
         Ipv6PrefixCount Ipv6Prefixes NetworkCardIndex NetworkInterfaceId PrimaryIpv6 PrivateIpAddress PrivateIpAddresses \
         SecondaryPrivateIpAddressCount SubnetId",
    ),
    ("ConnectionTrackingSpecification", "TcpEstablishedTimeout UdpStreamTimeout UdpTimeout"),
    ("NetworkPerformanceOptions", "BandwidthWeighting"),
    (
        "Placement",
        "Affinity AvailabilityZone AvailabilityZoneId GroupId GroupName HostId HostResourceGroupArn PartitionNumber \
         SpreadDomain Tenancy",
    ),
    ("PrivateDnsNameOptions", "EnableResourceNameDnsAAAARecord EnableResourceNameDnsARecord HostnameType"),
];

/// The data as a request has it.
pub(super) fn request(type_name: &str, data: Option<&Json>) -> Result<RequestLaunchTemplateData, ProviderError> {
    let none = Json::Null;
    let data = data.unwrap_or(&none);
    if let Some(name) = unserved("", data) {
        let message = format!(
            "{name} in the data of {type_name} is not known to EC2's API as it is used here; deploy it through \
             CloudFormation: `--target cloudformation`"
        );
        return Err(ProviderError::new(ErrorKind::Refused, "PropertyNotServed", message));
    }
    let builder = RequestLaunchTemplateData::builder()
        .set_block_device_mappings(list(data, "BlockDeviceMappings", block_device))
        .set_disable_api_stop(flag(data, "DisableApiStop"))
        .set_disable_api_termination(flag(data, "DisableApiTermination"))
        .set_ebs_optimized(flag(data, "EbsOptimized"))
        .set_image_id(text(data, "ImageId"))
        .set_instance_initiated_shutdown_behavior(word(data, "InstanceInitiatedShutdownBehavior"))
        .set_instance_type(word(data, "InstanceType"))
        .set_kernel_id(text(data, "KernelId"))
        .set_key_name(text(data, "KeyName"))
        .set_license_specifications(list(data, "LicenseSpecifications", |license| {
            let arn = text(license, "LicenseConfigurationArn");
            LaunchTemplateLicenseConfigurationRequest::builder().set_license_configuration_arn(arn).build()
        }))
        .set_network_interfaces(list(data, "NetworkInterfaces", interface))
        .set_placement(data.get("Placement").map(placement))
        .set_ram_disk_id(text(data, "RamDiskId"))
        .set_security_group_ids(texts(data, "SecurityGroupIds"))
        .set_security_groups(texts(data, "SecurityGroups"))
        .set_tag_specifications(list(data, "TagSpecifications", tagged))
        .set_user_data(text(data, "UserData"));
    Ok(with_options(builder, data).build())
}

/// The first property that is set and not served, at any depth.
fn unserved(part: &str, value: &Json) -> Option<String> {
    let (_, served) = SERVED.iter().find(|(name, _)| *name == part)?;
    let objects = match value {
        Json::Array(items) => items.iter().collect(),
        other => vec![other],
    };
    let mut entries = objects.into_iter().filter_map(Json::as_object).flatten().filter(|(_, value)| !value.is_null());
    let is_served = |name: &str| served.split(' ').any(|served| served == name);
    entries.find_map(|(name, value)| if is_served(name) { unserved(name, value) } else { Some(name.clone()) })
}

fn with_options(builder: RequestLaunchTemplateDataBuilder, data: &Json) -> RequestLaunchTemplateDataBuilder {
    let cpu = |options: &Json| {
        LaunchTemplateCpuOptionsRequest::builder()
            .set_core_count(number(options, "CoreCount"))
            .set_threads_per_core(number(options, "ThreadsPerCore"))
            .set_amd_sev_snp(word(options, "AmdSevSnp"))
            .set_nested_virtualization(word(options, "NestedVirtualization"))
            .build()
    };
    let names = |options: &Json| {
        LaunchTemplatePrivateDnsNameOptionsRequest::builder()
            .set_hostname_type(word(options, "HostnameType"))
            .set_enable_resource_name_dns_a_record(flag(options, "EnableResourceNameDnsARecord"))
            .set_enable_resource_name_dns_aaaa_record(flag(options, "EnableResourceNameDnsAAAARecord"))
            .build()
    };
    let credit =
        |options: &Json| CreditSpecificationRequest::builder().set_cpu_credits(text(options, "CpuCredits")).build();
    let enclave =
        |options: &Json| LaunchTemplateEnclaveOptionsRequest::builder().set_enabled(flag(options, "Enabled")).build();
    let hibernation = |options: &Json| {
        LaunchTemplateHibernationOptionsRequest::builder().set_configured(flag(options, "Configured")).build()
    };
    let profile = |profile: &Json| {
        let builder = LaunchTemplateIamInstanceProfileSpecificationRequest::builder();
        builder.set_arn(text(profile, "Arn")).set_name(text(profile, "Name")).build()
    };
    let maintenance = |options: &Json| {
        let builder = LaunchTemplateInstanceMaintenanceOptionsRequest::builder();
        builder.set_auto_recovery(word(options, "AutoRecovery")).build()
    };
    let monitoring =
        |options: &Json| LaunchTemplatesMonitoringRequest::builder().set_enabled(flag(options, "Enabled")).build();
    let performance = |options: &Json| {
        let builder = LaunchTemplateNetworkPerformanceOptionsRequest::builder();
        builder.set_bandwidth_weighting(word(options, "BandwidthWeighting")).build()
    };
    builder
        .set_capacity_reservation_specification(data.get("CapacityReservationSpecification").map(reservation))
        .set_cpu_options(data.get("CpuOptions").map(cpu))
        .set_credit_specification(data.get("CreditSpecification").map(credit))
        .set_enclave_options(data.get("EnclaveOptions").map(enclave))
        .set_hibernation_options(data.get("HibernationOptions").map(hibernation))
        .set_iam_instance_profile(data.get("IamInstanceProfile").map(profile))
        .set_instance_market_options(data.get("InstanceMarketOptions").map(market))
        .set_maintenance_options(data.get("MaintenanceOptions").map(maintenance))
        .set_metadata_options(data.get("MetadataOptions").map(metadata))
        .set_monitoring(data.get("Monitoring").map(monitoring))
        .set_network_performance_options(data.get("NetworkPerformanceOptions").map(performance))
        .set_private_dns_name_options(data.get("PrivateDnsNameOptions").map(names))
}

fn list<T>(document: &Json, name: &str, item: impl Fn(&Json) -> T) -> Option<Vec<T>> {
    let items = document.get(name)?.as_array()?;
    Some(items.iter().map(item).collect::<Vec<T>>()).filter(|items| !items.is_empty())
}

fn block_device(device: &Json) -> LaunchTemplateBlockDeviceMappingRequest {
    let ebs = |ebs: &Json| {
        LaunchTemplateEbsBlockDeviceRequest::builder()
            .set_delete_on_termination(flag(ebs, "DeleteOnTermination"))
            .set_ebs_card_index(number(ebs, "EbsCardIndex"))
            .set_encrypted(flag(ebs, "Encrypted"))
            .set_iops(number(ebs, "Iops"))
            .set_kms_key_id(text(ebs, "KmsKeyId"))
            .set_snapshot_id(text(ebs, "SnapshotId"))
            .set_throughput(number(ebs, "Throughput"))
            .set_volume_initialization_rate(number(ebs, "VolumeInitializationRate"))
            .set_volume_size(number(ebs, "VolumeSize"))
            .set_volume_type(word(ebs, "VolumeType"))
            .build()
    };
    LaunchTemplateBlockDeviceMappingRequest::builder()
        .set_device_name(text(device, "DeviceName"))
        .set_ebs(device.get("Ebs").map(ebs))
        .set_no_device(text(device, "NoDevice"))
        .set_virtual_name(text(device, "VirtualName"))
        .build()
}

fn interface(interface: &Json) -> LaunchTemplateInstanceNetworkInterfaceSpecificationRequest {
    let tracking = |document: &Json| {
        ConnectionTrackingSpecificationRequest::builder()
            .set_tcp_established_timeout(number(document, "TcpEstablishedTimeout"))
            .set_udp_stream_timeout(number(document, "UdpStreamTimeout"))
            .set_udp_timeout(number(document, "UdpTimeout"))
            .build()
    };
    let private = |one: &Json| {
        let builder = PrivateIpAddressSpecification::builder().set_primary(flag(one, "Primary"));
        builder.set_private_ip_address(text(one, "PrivateIpAddress")).build()
    };
    LaunchTemplateInstanceNetworkInterfaceSpecificationRequest::builder()
        .set_associate_carrier_ip_address(flag(interface, "AssociateCarrierIpAddress"))
        .set_associate_public_ip_address(flag(interface, "AssociatePublicIpAddress"))
        .set_connection_tracking_specification(interface.get("ConnectionTrackingSpecification").map(tracking))
        .set_delete_on_termination(flag(interface, "DeleteOnTermination"))
        .set_description(text(interface, "Description"))
        .set_device_index(number(interface, "DeviceIndex"))
        .set_ena_queue_count(number(interface, "EnaQueueCount"))
        .set_groups(texts(interface, "Groups"))
        .set_interface_type(text(interface, "InterfaceType"))
        .set_ipv4_prefix_count(number(interface, "Ipv4PrefixCount"))
        .set_ipv4_prefixes(list(interface, "Ipv4Prefixes", |one| {
            Ipv4PrefixSpecificationRequest::builder().set_ipv4_prefix(text(one, "Ipv4Prefix")).build()
        }))
        .set_ipv6_address_count(number(interface, "Ipv6AddressCount"))
        .set_ipv6_addresses(list(interface, "Ipv6Addresses", |one| {
            InstanceIpv6AddressRequest::builder().set_ipv6_address(text(one, "Ipv6Address")).build()
        }))
        .set_ipv6_prefix_count(number(interface, "Ipv6PrefixCount"))
        .set_ipv6_prefixes(list(interface, "Ipv6Prefixes", |one| {
            Ipv6PrefixSpecificationRequest::builder().set_ipv6_prefix(text(one, "Ipv6Prefix")).build()
        }))
        .set_network_card_index(number(interface, "NetworkCardIndex"))
        .set_network_interface_id(text(interface, "NetworkInterfaceId"))
        .set_primary_ipv6(flag(interface, "PrimaryIpv6"))
        .set_private_ip_address(text(interface, "PrivateIpAddress"))
        .set_private_ip_addresses(list(interface, "PrivateIpAddresses", private))
        .set_secondary_private_ip_address_count(number(interface, "SecondaryPrivateIpAddressCount"))
        .set_subnet_id(text(interface, "SubnetId"))
        .build()
}

fn market(options: &Json) -> LaunchTemplateInstanceMarketOptionsRequest {
    let spot = |spot: &Json| {
        LaunchTemplateSpotMarketOptionsRequest::builder()
            .set_block_duration_minutes(number(spot, "BlockDurationMinutes"))
            .set_instance_interruption_behavior(word(spot, "InstanceInterruptionBehavior"))
            .set_max_price(text(spot, "MaxPrice"))
            .set_spot_instance_type(word(spot, "SpotInstanceType"))
            .build()
    };
    LaunchTemplateInstanceMarketOptionsRequest::builder()
        .set_market_type(word(options, "MarketType"))
        .set_spot_options(options.get("SpotOptions").map(spot))
        .build()
}

fn metadata(options: &Json) -> LaunchTemplateInstanceMetadataOptionsRequest {
    LaunchTemplateInstanceMetadataOptionsRequest::builder()
        .set_http_endpoint(word(options, "HttpEndpoint"))
        .set_http_protocol_ipv6(word(options, "HttpProtocolIpv6"))
        .set_http_put_response_hop_limit(number(options, "HttpPutResponseHopLimit"))
        .set_http_tokens(word(options, "HttpTokens"))
        .set_instance_metadata_tags(word(options, "InstanceMetadataTags"))
        .build()
}

fn placement(placement: &Json) -> LaunchTemplatePlacementRequest {
    LaunchTemplatePlacementRequest::builder()
        .set_affinity(text(placement, "Affinity"))
        .set_availability_zone(text(placement, "AvailabilityZone"))
        .set_availability_zone_id(text(placement, "AvailabilityZoneId"))
        .set_group_id(text(placement, "GroupId"))
        .set_group_name(text(placement, "GroupName"))
        .set_host_id(text(placement, "HostId"))
        .set_host_resource_group_arn(text(placement, "HostResourceGroupArn"))
        .set_partition_number(number(placement, "PartitionNumber"))
        .set_spread_domain(text(placement, "SpreadDomain"))
        .set_tenancy(word(placement, "Tenancy"))
        .build()
}

fn reservation(document: &Json) -> LaunchTemplateCapacityReservationSpecificationRequest {
    let target = |target: &Json| {
        CapacityReservationTarget::builder()
            .set_capacity_reservation_id(text(target, "CapacityReservationId"))
            .set_capacity_reservation_resource_group_arn(text(target, "CapacityReservationResourceGroupArn"))
            .build()
    };
    LaunchTemplateCapacityReservationSpecificationRequest::builder()
        .set_capacity_reservation_preference(word(document, "CapacityReservationPreference"))
        .set_capacity_reservation_target(document.get("CapacityReservationTarget").map(target))
        .build()
}

/// Tags of what is launched.
fn tagged(document: &Json) -> LaunchTemplateTagSpecificationRequest {
    let tag = |tag: &Json| Tag::builder().set_key(text(tag, "Key")).set_value(text(tag, "Value")).build();
    LaunchTemplateTagSpecificationRequest::builder()
        .set_resource_type(word(document, "ResourceType"))
        .set_tags(list(document, "Tags", tag))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_served_is_refused_by_its_name_at_any_depth() {
        let check = |data: Json, expect: Option<&str>| assert_eq!(unserved("", &data).as_deref(), expect);
        check(json!({"ImageId": "ami-1", "BlockDeviceMappings": [{"Ebs": {"VolumeSize": 8}}]}), None);
        check(json!({"InstanceRequirements": {}}), Some("InstanceRequirements"));
        check(json!({"InstanceRequirements": null}), None);
        check(
            json!({"NetworkInterfaces": [{"DeviceIndex": 0}, {"EnaSrdSpecification": {}}]}),
            Some("EnaSrdSpecification"),
        );
        check(json!({"InstanceMarketOptions": {"SpotOptions": {"ValidUntil": "x"}}}), Some("ValidUntil"));
    }
}
