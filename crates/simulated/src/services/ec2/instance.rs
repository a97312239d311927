//! Instances: where they are launched, which addresses they get, and what EC2 refuses to launch.

use std::sync::Arc;

use ironwright_engine::ProviderError;
use serde_json::{Value as Json, json};

use super::{address, default_network};
use crate::account::Account;
use crate::draft::Draft;
use crate::entry::{Entry, at};
use crate::refusal::refused;
use crate::services::Subject;

/// User data may have this many bytes before it is encoded.
const MOST_USER_DATA: usize = 16 * 1024;

pub(super) fn refuse(subject: &Subject) -> Result<(), ProviderError> {
    if let Some(image) = subject.text("ImageId").filter(|image| !is_image(image)) {
        return Err(refused("InvalidAMIID.Malformed", format!("invalid id: '{image}' (expecting 'ami-…')")));
    }
    if subject.text("ImageId").is_none() && subject.desired.get("LaunchTemplate").is_none() {
        return Err(refused("MissingParameter", "the request must contain ImageId or LaunchTemplate"));
    }
    if let Some(kind) = subject.text("InstanceType").filter(|kind| !is_instance_type(kind)) {
        return Err(refused("InvalidParameterValue", format!("invalid value '{kind}' for InstanceType")));
    }
    refuse_user_data(subject)?;
    refuse_networks(subject)
}

fn is_image(id: &str) -> bool {
    let digits = id.strip_prefix("ami-").or_else(|| id.strip_prefix("resolve:")).unwrap_or_default();
    !digits.is_empty() && (id.starts_with("resolve:") || digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// `t2.micro`, `u7in-24tb.224xlarge`
fn is_instance_type(kind: &str) -> bool {
    let is_part =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    kind.split_once('.').is_some_and(|(family, size)| is_part(family) && is_part(size))
}

fn refuse_user_data(subject: &Subject) -> Result<(), ProviderError> {
    let Some(encoded) = subject.text("UserData") else { return Ok(()) };
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=\r\n".contains(&byte);
    if !encoded.bytes().all(is_letter) {
        return Err(refused("InvalidUserData.Malformed", "invalid BASE64 encoding of user data"));
    }
    if encoded.trim_end_matches('=').len() * 3 / 4 > MOST_USER_DATA {
        return Err(refused("InvalidParameterValue", format!("user data is limited to {MOST_USER_DATA} bytes")));
    }
    Ok(())
}

/// Security groups must be of the VPC that the instance is launched in.
fn refuse_networks(subject: &Subject) -> Result<(), ProviderError> {
    let account = subject.account;
    let Some(subnet) = subnet(subject.desired, account, subject.region) else { return Ok(()) };
    let vpc = subnet.text("VpcId");
    let interfaces = crate::entry::all_at(subject.desired, "NetworkInterfaces.*.GroupSet");
    let lists = subject.desired.get("SecurityGroupIds").into_iter().chain(interfaces);
    let ids = lists.filter_map(Json::as_array).flatten().filter_map(Json::as_str);
    let mut groups = ids.filter_map(|id| account.find("AWS::EC2::SecurityGroup", subject.region, id));
    match groups.find(|group| group.text("VpcId") != vpc) {
        Some(group) => {
            let (group, subnet) = (&group.key.id, &subnet.key.id);
            let message = format!("security group {group} and subnet {subnet} belong to different networks");
            Err(refused("InvalidParameter", message))
        }
        None => Ok(()),
    }
}

/// The subnet that `desired` asks for, or a default one.
fn subnet<'a>(desired: &Json, account: &'a Account, region: &str) -> Option<&'a Arc<Entry>> {
    let interface = || desired.get("NetworkInterfaces")?.get(0)?.get("SubnetId");
    match desired.get("SubnetId").or_else(interface).and_then(Json::as_str) {
        Some(id) => account.find("AWS::EC2::Subnet", region, id),
        None => {
            default_network::default_subnet(account, region, at(desired, "AvailabilityZone").and_then(Json::as_str))
        }
    }
}

pub(super) fn fill(draft: &mut Draft, account: &Account) -> Result<(), ProviderError> {
    let id = draft.ec2_id("i");
    draft.set("InstanceId", id);
    draft.set("State", json!({"Code": "16", "Name": "running"}));
    draft.set("InstanceType", "m1.small");
    draft.set("Tenancy", "default");
    draft.set("SourceDestCheck", true);
    draft.set("Monitoring", false);
    let Some(subnet) = subnet(draft.model(), account, draft.region).cloned() else { return Ok(()) };
    place(draft, account, &subnet)?;
    publish(draft, account, &subnet);
    Ok(())
}

fn place(draft: &mut Draft, account: &Account, subnet: &Entry) -> Result<(), ProviderError> {
    let vpc = subnet.text("VpcId").unwrap_or_default().to_owned();
    let wanted = draft.text("PrivateIpAddress").map(str::to_owned);
    let address = address::private(draft, account, subnet, wanted.as_deref())?;
    draft.set("PrivateDnsName", address::private_name(&address, draft.region));
    draft.set("PrivateIp", address.as_str());
    draft.put("PrivateIpAddress", address);
    draft.set("AvailabilityZone", subnet.text("AvailabilityZone").map(str::to_owned));
    if draft.get("NetworkInterfaces").is_none() {
        draft.put("SubnetId", &*subnet.key.id);
        let group = account.find("AWS::EC2::VPC", draft.region, &vpc).and_then(|vpc| vpc.text("DefaultSecurityGroup"));
        if draft.get("SecurityGroups").is_none() {
            draft.set("SecurityGroupIds", group.map_or_else(|| json!([]), |group| json!([group])));
        }
    }
    draft.set("VpcId", vpc);
    Ok(())
}

/// Gives a public address where the subnet or the interface says so.
fn publish(draft: &mut Draft, account: &Account, subnet: &Entry) {
    let of_interface =
        draft.get("NetworkInterfaces").and_then(|all| all.get(0)?.get("AssociatePublicIpAddress")).cloned();
    let of_subnet = subnet.model.get("MapPublicIpOnLaunch").cloned();
    let is_public = of_interface.or(of_subnet).is_some_and(|flag| flag == true || flag == "true");
    if !is_public {
        draft.withhold("PublicIp");
        draft.withhold("PublicDnsName");
        return;
    }
    let address = address::public(draft, account);
    let vpc = subnet.text("VpcId").and_then(|id| account.find("AWS::EC2::VPC", draft.region, id));
    let has_names =
        vpc.is_some_and(|vpc| at(&vpc.model, "EnableDnsHostnames").is_some_and(|on| *on == true || *on == "true"));
    let name = if has_names { address::public_name(&address, draft.region) } else { String::new() };
    draft.set("PublicDnsName", name);
    draft.set("PublicIp", address);
}
