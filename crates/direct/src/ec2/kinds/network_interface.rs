//! `AWS::EC2::NetworkInterface`: usable once it is available, gone once EC2 does not list it. What stands at an instance
//! cannot be deleted: the instance goes first. What changes in place is in `change`.

mod change;

use async_trait::async_trait;
use aws_sdk_ec2::types::{
    ConnectionTrackingSpecificationRequest, InstanceIpv6Address, Ipv4PrefixSpecificationRequest,
    Ipv6PrefixSpecificationRequest, NetworkInterfaceType, PrivateIpAddressSpecification, PublicIpDnsNameOptions,
    ResourceType,
};
use ironwright_engine::{Create, Delete, Find, Live, ProviderError, Update};
use serde_json::{Value as Json, json};

use crate::ec2::batch::Which;
use crate::ec2::document::{Model, Properties, flag, number, text};
use crate::ec2::kind::{Ec2, Kind, Models, about, lives, pages};
use crate::ec2::tags;

pub(super) struct NetworkInterface;

#[async_trait]
impl Kind for NetworkInterface {
    fn type_name(&self) -> &'static str {
        "AWS::EC2::NetworkInterface"
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let properties = Properties::new(request.properties.expose());
        let call = ec2
            .client
            .create_network_interface()
            .client_token(request.token.as_str())
            .set_subnet_id(properties.text("SubnetId"))
            .set_description(properties.text("Description"))
            .set_groups(properties.texts("GroupSet"))
            .set_interface_type(properties.word("InterfaceType"))
            .set_private_ip_address(properties.text("PrivateIpAddress"))
            .set_private_ip_addresses(list_of(&properties, "PrivateIpAddresses", private_address))
            .set_secondary_private_ip_address_count(properties.number("SecondaryPrivateIpAddressCount"))
            .set_ipv4_prefixes(list_of(&properties, "Ipv4Prefixes", |prefix| {
                Ipv4PrefixSpecificationRequest::builder().set_ipv4_prefix(text(prefix, "Ipv4Prefix")).build()
            }))
            .set_ipv4_prefix_count(properties.number("Ipv4PrefixCount"))
            .set_ipv6_addresses(list_of(&properties, "Ipv6Addresses", |address| {
                InstanceIpv6Address::builder().set_ipv6_address(text(address, "Ipv6Address")).build()
            }))
            .set_ipv6_address_count(properties.number("Ipv6AddressCount"))
            .set_ipv6_prefixes(list_of(&properties, "Ipv6Prefixes", |prefix| {
                Ipv6PrefixSpecificationRequest::builder().set_ipv6_prefix(text(prefix, "Ipv6Prefix")).build()
            }))
            .set_ipv6_prefix_count(properties.number("Ipv6PrefixCount"))
            .set_enable_primary_ipv6(properties.flag("EnablePrimaryIpv6"))
            .set_connection_tracking_specification(properties.get("ConnectionTrackingSpecification").map(tracking))
            .tag_specifications(tags::specification(ResourceType::NetworkInterface, &properties, request));
        let made = ec2.change(call.send()).await?;
        let id = made.network_interface().and_then(|interface| interface.network_interface_id()).unwrap_or_default();
        let live = ec2.until(self, id, |model| Ok(text(model, "Status").as_deref() != Some("pending"))).await?;
        change::after_create(ec2, id, &live.model, &properties).await.map_err(about(id))?;
        ec2.until(self, id, |model| Ok(change::is_done(model, &properties))).await
    }

    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        list(ec2, tags::filter("network-interface-id", ids.iter().copied())).await
    }

    async fn read_named(&self, ec2: &Ec2, ids: &[&str]) -> Option<Result<Models, ProviderError>> {
        Some(list(ec2, Which::named(ids)).await)
    }

    async fn update(&self, ec2: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        let (id, wanted) = (&request.physical_id, Properties::new(request.properties.expose()));
        let live = ec2.until(self, id, |_| Ok(true)).await?;
        change::bring(ec2, &live.model, request, &wanted).await?;
        tags::update(ec2, id, &live.model, &wanted).await?;
        ec2.until(self, id, |model| Ok(change::is_done(model, &wanted) && tags::agree(model, &wanted))).await
    }

    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        let call = ec2.client.delete_network_interface().network_interface_id(&request.physical_id);
        ec2.look(call.send()).await?;
        ec2.until_gone(self, &request.physical_id, |_| false).await
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        list(ec2, tags::by_token(request)).await.map(lives)
    }
}

async fn list(ec2: &Ec2, which: impl Into<Which>) -> Result<Models, ProviderError> {
    let which = which.into();
    let interfaces = pages!(
        ec2,
        ec2.client.describe_network_interfaces().set_network_interface_ids(which.ids()).set_filters(which.filters()),
        network_interfaces
    );
    Ok(interfaces.iter().map(model).collect())
}

fn model(interface: &aws_sdk_ec2::types::NetworkInterface) -> (String, Json) {
    let id = interface.network_interface_id().unwrap_or_default();
    let mut groups: Vec<&str> = interface.groups().iter().filter_map(|group| group.group_id()).collect();
    groups.sort_unstable();
    let addresses = interface.private_ip_addresses();
    let address = |address: &aws_sdk_ec2::types::NetworkInterfacePrivateIpAddress| json!({"PrivateIpAddress": address.private_ip_address(), "Primary": address.primary()});
    let secondary = addresses.iter().filter(|address| address.primary() != Some(true));
    let secondary: Vec<Json> = secondary.filter_map(|address| address.private_ip_address().map(Json::from)).collect();
    let ipv6 = interface.ipv6_addresses();
    let primary_ipv6 = ipv6.iter().find(|address| address.is_primary_ipv6() == Some(true));
    let ipv4_prefixes = interface.ipv4_prefixes().iter().map(|prefix| json!({"Ipv4Prefix": prefix.ipv4_prefix()}));
    let ipv6_prefixes = interface.ipv6_prefixes().iter().map(|prefix| json!({"Ipv6Prefix": prefix.ipv6_prefix()}));
    let model = Model::new()
        .with("Id", Some(id))
        .with("Status", interface.status().map(aws_sdk_ec2::types::NetworkInterfaceStatus::as_str))
        .with("SubnetId", interface.subnet_id())
        .with("VpcId", interface.vpc_id())
        .with("Description", interface.description().filter(|text| !text.is_empty()))
        .with("InterfaceType", interface.interface_type().map(NetworkInterfaceType::as_str))
        .with("GroupSet", Some(groups.into_iter().map(Json::from).collect::<Vec<_>>()))
        .with("SourceDestCheck", interface.source_dest_check())
        .with("PrivateIpAddress", interface.private_ip_address())
        .with("PrimaryPrivateIpAddress", interface.private_ip_address())
        .with("SecondaryPrivateIpAddressCount", Some(secondary.len()))
        .with("SecondaryPrivateIpAddresses", Some(secondary))
        .with("PrimaryIpv6Address", primary_ipv6.and_then(|address| address.ipv6_address()))
        .with("EnablePrimaryIpv6", primary_ipv6.map(|_| true))
        .with("Ipv6AddressCount", Some(ipv6.len()))
        .with("Ipv4PrefixCount", Some(interface.ipv4_prefixes().len()))
        .with("Ipv6PrefixCount", Some(interface.ipv6_prefixes().len()))
        .with("PublicIpDnsNameOptions", interface.public_ip_dns_name_options().map(names))
        .with("ConnectionTrackingSpecification", interface.connection_tracking_configuration().map(tracked))
        .list("PrivateIpAddresses", addresses.iter().map(address).collect())
        .list("Ipv6Addresses", ipv6.iter().map(|one| json!({"Ipv6Address": one.ipv6_address()})).collect())
        .list("Ipv4Prefixes", ipv4_prefixes.collect())
        .list("Ipv6Prefixes", ipv6_prefixes.collect())
        .list("Tags", tags::model(interface.tag_set()));
    (id.to_owned(), model.json())
}

fn names(options: &PublicIpDnsNameOptions) -> Json {
    Model::new()
        .with("DnsHostnameType", options.dns_hostname_type())
        .with("PublicDualStackDnsName", options.public_dual_stack_dns_name())
        .with("PublicIpv4DnsName", options.public_ipv4_dns_name())
        .with("PublicIpv6DnsName", options.public_ipv6_dns_name())
        .json()
}

fn tracked(configuration: &aws_sdk_ec2::types::ConnectionTrackingConfiguration) -> Json {
    Model::new()
        .with("TcpEstablishedTimeout", configuration.tcp_established_timeout())
        .with("UdpStreamTimeout", configuration.udp_stream_timeout())
        .with("UdpTimeout", configuration.udp_timeout())
        .json()
}

fn tracking(document: &Json) -> ConnectionTrackingSpecificationRequest {
    ConnectionTrackingSpecificationRequest::builder()
        .set_tcp_established_timeout(number(document, "TcpEstablishedTimeout"))
        .set_udp_stream_timeout(number(document, "UdpStreamTimeout"))
        .set_udp_timeout(number(document, "UdpTimeout"))
        .build()
}

fn private_address(document: &Json) -> PrivateIpAddressSpecification {
    PrivateIpAddressSpecification::builder()
        .set_private_ip_address(text(document, "PrivateIpAddress"))
        .set_primary(flag(document, "Primary"))
        .build()
}

fn list_of<T>(properties: &Properties, name: &str, item: impl Fn(&Json) -> T) -> Option<Vec<T>> {
    Some(properties.items(name).iter().map(item).collect::<Vec<T>>()).filter(|items| !items.is_empty())
}
