//! Addresses: private ones out of a subnet's range, public ones out of a few of Amazon's, and the names that go with
//! them.

use std::net::{IpAddr, Ipv4Addr};

use ironwright_core::facts::check::Network;
use ironwright_engine::ProviderError;

use crate::account::Account;
use crate::draft::Draft;
use crate::entry::Entry;
use crate::refusal::{self, refused};
use crate::services::Subject;

/// The addresses at the start of a subnet that AWS keeps for itself; it keeps the last one too.
const RESERVED: u128 = 4;

/// A free address of `subnet`, or the one asked for.
pub(super) fn private(
    draft: &mut Draft,
    account: &Account,
    subnet: &Entry,
    wanted: Option<&str>,
) -> Result<String, ProviderError> {
    let Some(network) = subnet.text("CidrBlock").and_then(Network::parse) else {
        return Ok(format!("10.0.{}.{}", draft.dice.below(256), 4 + draft.dice.below(250)));
    };
    if let Some(wanted) = wanted {
        return asked_for(account, subnet, network, wanted);
    }
    let usable = (1usize << (32 - network.prefix().min(32))).saturating_sub(5);
    let start = draft.dice.below(usable);
    let nth = |offset: usize| network.address(RESERVED + ((start + offset) % usable) as u128);
    let free = (0..usable).filter_map(nth).find(|address| !account.is_taken(&subnet.key.id, *address));
    let full = || {
        let message = format!("the subnet '{}' has no free addresses", subnet.key.id);
        refused("InsufficientFreeAddressesInSubnet", message)
    };
    free.map(|address| address.to_string()).ok_or_else(full)
}

fn asked_for(account: &Account, subnet: &Entry, network: Network, wanted: &str) -> Result<String, ProviderError> {
    let address: IpAddr =
        wanted.parse().map_err(|_| refused("InvalidParameterValue", format!("'{wanted}' is not an IPv4 address")))?;
    if !network.holds(address) {
        let message = format!("the address '{wanted}' is not in the range of the subnet '{}'", subnet.key.id);
        return Err(refused("InvalidParameterValue", message));
    }
    if account.is_taken(&subnet.key.id, address) {
        return Err(refused("InvalidIPAddress.InUse", format!("the address '{wanted}' is in use")));
    }
    Ok(wanted.to_owned())
}

/// A public address that no one has.
pub(super) fn public(draft: &mut Draft, account: &Account) -> String {
    const POOLS: [u8; 6] = [3, 18, 35, 44, 52, 54];
    loop {
        let pool = POOLS[draft.dice.below(POOLS.len())];
        let [.., a, b, c] = draft.dice.next().to_be_bytes();
        let address = Ipv4Addr::new(pool, a, b, c.max(1));
        if !account.is_taken("", address.into()) {
            return address.to_string();
        }
    }
}

/// `ip-10-0-1-23.us-west-2.compute.internal`
pub(super) fn private_name(address: &str, region: &str) -> String {
    let label = address.replace('.', "-");
    match region {
        "us-east-1" => format!("ip-{label}.ec2.internal"),
        _ => format!("ip-{label}.{region}.compute.internal"),
    }
}

/// `ec2-54-1-2-3.us-west-2.compute.amazonaws.com`
pub(super) fn public_name(address: &str, region: &str) -> String {
    let (label, suffix) = (address.replace('.', "-"), crate::surroundings::url_suffix(region));
    match region {
        "us-east-1" => format!("ec2-{label}.compute-1.{suffix}"),
        _ => format!("ec2-{label}.{region}.compute.{suffix}"),
    }
}

pub(super) fn fill_elastic(draft: &mut Draft, account: &Account) {
    let address = public(draft, account);
    draft.set("PublicIp", address);
    let id = draft.ec2_id("eipalloc");
    draft.set("AllocationId", id);
    draft.set("Domain", "vpc");
}

pub(super) fn refuse_nat_gateway(subject: &Subject) -> Result<(), ProviderError> {
    let is_private = subject.text("ConnectivityType") == Some("private");
    let Some(id) = subject.text("AllocationId") else {
        let is_zonal = subject.text("SubnetId").is_some();
        let missing = || refused("MissingParameter", "a public NAT gateway needs AllocationId");
        return if is_private || !is_zonal { Ok(()) } else { Err(missing()) };
    };
    match subject.account.find("AWS::EC2::EIP", subject.region, id) {
        Some(_) => Ok(()),
        None => Err(refusal::dangling("AWS::EC2::EIP", "AllocationId", id)),
    }
}

pub(super) fn fill_interface(draft: &mut Draft, account: &Account) -> Result<(), ProviderError> {
    let subnet = draft.text("SubnetId").and_then(|id| account.find("AWS::EC2::Subnet", draft.region, id)).cloned();
    let Some(subnet) = subnet else { return Ok(()) };
    let wanted = draft.text("PrivateIpAddress").map(str::to_owned);
    let address = private(draft, account, &subnet, wanted.as_deref())?;
    draft.set("PrimaryPrivateIpAddress", address.as_str());
    draft.put("PrivateIpAddress", address);
    let vpc = subnet.text("VpcId").map(str::to_owned);
    draft.set("VpcId", vpc);
    draft.set("SecondaryPrivateIpAddresses", serde_json::json!([]));
    draft.set("SourceDestCheck", true);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_region() {
        assert_eq!(private_name("10.0.1.23", "us-west-2"), "ip-10-0-1-23.us-west-2.compute.internal");
        assert_eq!(private_name("10.0.1.23", "us-east-1"), "ip-10-0-1-23.ec2.internal");
        assert_eq!(public_name("54.1.2.3", "us-east-1"), "ec2-54-1-2-3.compute-1.amazonaws.com");
        assert_eq!(public_name("54.1.2.3", "cn-north-1"), "ec2-54-1-2-3.cn-north-1.compute.amazonaws.com.cn");
    }
}
