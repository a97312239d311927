//! The request that launches an instance.

use aws_sdk_ec2::operation::run_instances::builders::RunInstancesFluentBuilder;
use aws_sdk_ec2::types::{
    BlockDeviceMapping, CpuOptionsRequest, CreditSpecificationRequest, EbsBlockDevice, EnclaveOptionsRequest,
    HibernationOptionsRequest, HttpTokensState, IamInstanceProfileSpecification, InstanceIpv6Address,
    InstanceMetadataEndpointState, InstanceMetadataOptionsRequest, InstanceMetadataProtocolState,
    InstanceMetadataTagsState, InstanceNetworkInterfaceSpecification, InstanceType, LaunchTemplateSpecification,
    LicenseConfigurationRequest, Placement, PrivateDnsNameOptionsRequest, PrivateIpAddressSpecification, ResourceType,
    RunInstancesMonitoringEnabled, ShutdownBehavior, Tenancy, VolumeType,
};
use ironwright_engine::Create;
use serde_json::Value as Json;

use crate::ec2::document::{Properties, flag, number, text, texts};
use crate::ec2::kind::Ec2;
use crate::ec2::tags;

/// What launches one instance with `properties`, under the token of `request`.
pub(super) fn request(ec2: &Ec2, properties: &Properties, request: &Create) -> RunInstancesFluentBuilder {
    let shutdown = properties.text("InstanceInitiatedShutdownBehavior");
    let tags = tags::specification(ResourceType::Instance, properties, request);
    let volumes = properties.flag("PropagateTagsToVolumeOnCreation") == Some(true);
    let volumes = volumes.then(|| tags::specification(ResourceType::Volume, properties, request));
    let call = ec2
        .client
        .run_instances()
        .min_count(1)
        .max_count(1)
        .client_token(request.token.as_str())
        .set_tag_specifications(Some([tags].into_iter().chain(volumes).collect()))
        .set_image_id(properties.text("ImageId"))
        .set_instance_type(properties.text("InstanceType").map(|kind| InstanceType::from(kind.as_str())))
        .set_key_name(properties.text("KeyName"))
        .set_user_data(properties.text("UserData"))
        .set_ebs_optimized(properties.flag("EbsOptimized"))
        .set_disable_api_termination(properties.flag("DisableApiTermination"))
        .set_instance_initiated_shutdown_behavior(shutdown.map(|text| ShutdownBehavior::from(text.as_str())))
        .set_kernel_id(properties.text("KernelId"))
        .set_ramdisk_id(properties.text("RamdiskId"))
        .set_additional_info(properties.text("AdditionalInfo"))
        .set_iam_instance_profile(properties.text("IamInstanceProfile").map(profile))
        .set_placement(placement(properties))
        .set_launch_template(properties.get("LaunchTemplate").map(launch_template))
        .set_block_device_mappings(list(properties, "BlockDeviceMappings", block_device))
        .set_license_specifications(list(properties, "LicenseSpecifications", license));
    networked(optional(call, properties), properties)
}

/// A profile, by its ARN or its name.
pub(super) fn profile(text: String) -> IamInstanceProfileSpecification {
    let is_arn = text.starts_with("arn:");
    let profile = IamInstanceProfileSpecification::builder();
    if is_arn { profile.arn(text) } else { profile.name(text) }.build()
}

fn optional(call: RunInstancesFluentBuilder, properties: &Properties) -> RunInstancesFluentBuilder {
    let monitoring = properties.flag("Monitoring");
    let cpu = |options: &Json| {
        let cpu = CpuOptionsRequest::builder().set_core_count(number(options, "CoreCount"));
        cpu.set_threads_per_core(number(options, "ThreadsPerCore")).build()
    };
    let credit =
        |options: &Json| CreditSpecificationRequest::builder().set_cpu_credits(text(options, "CPUCredits")).build();
    let enclave = |options: &Json| EnclaveOptionsRequest::builder().set_enabled(flag(options, "Enabled")).build();
    let hibernation =
        |options: &Json| HibernationOptionsRequest::builder().set_configured(flag(options, "Configured")).build();
    let names = |options: &Json| {
        PrivateDnsNameOptionsRequest::builder()
            .set_hostname_type(text(options, "HostnameType").map(|kind| kind.as_str().into()))
            .set_enable_resource_name_dns_a_record(flag(options, "EnableResourceNameDnsARecord"))
            .set_enable_resource_name_dns_aaaa_record(flag(options, "EnableResourceNameDnsAAAARecord"))
            .build()
    };
    call.set_monitoring(monitoring.map(|enabled| RunInstancesMonitoringEnabled::builder().enabled(enabled).build()))
        .set_cpu_options(properties.get("CpuOptions").map(cpu))
        .set_credit_specification(properties.get("CreditSpecification").map(credit))
        .set_enclave_options(properties.get("EnclaveOptions").map(enclave))
        .set_hibernation_options(properties.get("HibernationOptions").map(hibernation))
        .set_private_dns_name_options(properties.get("PrivateDnsNameOptions").map(names))
        .set_metadata_options(properties.get("MetadataOptions").map(metadata))
}

/// Groups and addresses stand in the interfaces where there are some; EC2 refuses both at once.
fn networked(call: RunInstancesFluentBuilder, properties: &Properties) -> RunInstancesFluentBuilder {
    let addresses = properties.items("Ipv6Addresses").iter().map(ipv6).collect::<Vec<_>>();
    call.set_network_interfaces(list(properties, "NetworkInterfaces", interface))
        .set_subnet_id(properties.text("SubnetId"))
        .set_security_group_ids(properties.texts("SecurityGroupIds"))
        .set_security_groups(properties.texts("SecurityGroups"))
        .set_private_ip_address(properties.text("PrivateIpAddress"))
        .set_ipv6_address_count(properties.number("Ipv6AddressCount"))
        .set_ipv6_addresses(Some(addresses).filter(|addresses| !addresses.is_empty()))
}

fn list<T>(properties: &Properties, name: &str, item: impl Fn(&Json) -> T) -> Option<Vec<T>> {
    Some(properties.items(name).iter().map(item).collect::<Vec<T>>()).filter(|items| !items.is_empty())
}

fn placement(properties: &Properties) -> Option<Placement> {
    let names = ["AvailabilityZone", "Tenancy", "PlacementGroupName", "HostId", "HostResourceGroupArn", "Affinity"];
    let is_placed = names.iter().any(|name| properties.get(name).is_some());
    is_placed.then(|| {
        Placement::builder()
            .set_availability_zone(properties.text("AvailabilityZone"))
            .set_tenancy(properties.text("Tenancy").map(|tenancy| Tenancy::from(tenancy.as_str())))
            .set_group_name(properties.text("PlacementGroupName"))
            .set_host_id(properties.text("HostId"))
            .set_host_resource_group_arn(properties.text("HostResourceGroupArn"))
            .set_affinity(properties.text("Affinity"))
            .build()
    })
}

fn launch_template(template: &Json) -> LaunchTemplateSpecification {
    LaunchTemplateSpecification::builder()
        .set_launch_template_id(text(template, "LaunchTemplateId"))
        .set_launch_template_name(text(template, "LaunchTemplateName"))
        .set_version(text(template, "Version"))
        .build()
}

fn license(license: &Json) -> LicenseConfigurationRequest {
    let arn = text(license, "LicenseConfigurationArn");
    LicenseConfigurationRequest::builder().set_license_configuration_arn(arn).build()
}

fn block_device(device: &Json) -> BlockDeviceMapping {
    let ebs = device.get("Ebs").map(|ebs| {
        EbsBlockDevice::builder()
            .set_delete_on_termination(flag(ebs, "DeleteOnTermination"))
            .set_encrypted(flag(ebs, "Encrypted"))
            .set_iops(number(ebs, "Iops"))
            .set_kms_key_id(text(ebs, "KmsKeyId"))
            .set_snapshot_id(text(ebs, "SnapshotId"))
            .set_volume_size(number(ebs, "VolumeSize"))
            .set_volume_type(text(ebs, "VolumeType").map(|kind| VolumeType::from(kind.as_str())))
            .build()
    });
    BlockDeviceMapping::builder()
        .set_device_name(text(device, "DeviceName"))
        .set_virtual_name(text(device, "VirtualName"))
        .set_no_device(device.get("NoDevice").map(|_| String::new()))
        .set_ebs(ebs)
        .build()
}

fn metadata(options: &Json) -> InstanceMetadataOptionsRequest {
    let word = |name: &str| text(options, name);
    InstanceMetadataOptionsRequest::builder()
        .set_http_tokens(word("HttpTokens").map(|text| HttpTokensState::from(text.as_str())))
        .set_http_endpoint(word("HttpEndpoint").map(|text| InstanceMetadataEndpointState::from(text.as_str())))
        .set_http_protocol_ipv6(word("HttpProtocolIpv6").map(|text| InstanceMetadataProtocolState::from(text.as_str())))
        .set_http_put_response_hop_limit(number(options, "HttpPutResponseHopLimit"))
        .set_instance_metadata_tags(
            word("InstanceMetadataTags").map(|text| InstanceMetadataTagsState::from(text.as_str())),
        )
        .build()
}

fn interface(interface: &Json) -> InstanceNetworkInterfaceSpecification {
    let items = |name: &str| interface.get(name).and_then(Json::as_array).into_iter().flatten();
    let ipv6: Vec<InstanceIpv6Address> = items("Ipv6Addresses").map(ipv6).collect();
    let private = items("PrivateIpAddresses").map(|address| {
        let address = (text(address, "PrivateIpAddress"), flag(address, "Primary"));
        PrivateIpAddressSpecification::builder().set_private_ip_address(address.0).set_primary(address.1).build()
    });
    let private: Vec<PrivateIpAddressSpecification> = private.collect();
    InstanceNetworkInterfaceSpecification::builder()
        .set_device_index(number(interface, "DeviceIndex"))
        .set_network_interface_id(text(interface, "NetworkInterfaceId"))
        .set_subnet_id(text(interface, "SubnetId"))
        .set_groups(texts(interface, "GroupSet"))
        .set_description(text(interface, "Description"))
        .set_associate_public_ip_address(flag(interface, "AssociatePublicIpAddress"))
        .set_associate_carrier_ip_address(flag(interface, "AssociateCarrierIpAddress"))
        .set_delete_on_termination(flag(interface, "DeleteOnTermination"))
        .set_private_ip_address(text(interface, "PrivateIpAddress"))
        .set_private_ip_addresses(Some(private).filter(|addresses| !addresses.is_empty()))
        .set_secondary_private_ip_address_count(number(interface, "SecondaryPrivateIpAddressCount"))
        .set_ipv6_address_count(number(interface, "Ipv6AddressCount"))
        .set_ipv6_addresses(Some(ipv6).filter(|addresses| !addresses.is_empty()))
        .build()
}

fn ipv6(address: &Json) -> InstanceIpv6Address {
    InstanceIpv6Address::builder().set_ipv6_address(text(address, "Ipv6Address")).build()
}
