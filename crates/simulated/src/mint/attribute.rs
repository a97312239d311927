//! Values for attributes that no table knows: guessed from the attribute's name, and made to fit its shape.

use ironwright_core::facts::{Form, Shape};
use serde_json::{Map, Value as Json};

use super::{arn, name, pattern};
use crate::draft::Draft;
use crate::entry::is_global;
use crate::refusal::short_name;
use crate::surroundings::{ACCOUNT, url_suffix, zones};

/// The time at which everything in a simulated cloud was made: no clock is read.
pub(crate) const CREATED: &str = "2026-01-01T00:00:00Z";

/// The deepest that nested attributes are made: definitions may contain themselves.
const DEEPEST: usize = 6;

/// A plausible value for the attribute at `path`.
pub(super) fn mint(draft: &mut Draft, path: &str, shape: &Shape) -> Json {
    value(draft, path, shape, 0)
}

fn value(draft: &mut Draft, path: &str, shape: &Shape, depth: usize) -> Json {
    let facts = draft.facts;
    let shape = facts.follow(shape);
    if let Some(default) = &shape.default {
        return default.clone();
    }
    match &shape.form {
        Form::Boolean => Json::Bool(false),
        Form::Integer | Form::Number => number(shape),
        Form::List if depth < DEEPEST => {
            let item = shape.items.as_deref().map(|item| value(draft, singular(path), item, depth + 1));
            item.into_iter().collect()
        }
        Form::List => Json::Array(Vec::new()),
        Form::Object if depth < DEEPEST => {
            let inner = shape.properties.iter();
            inner
                .map(|(name, shape)| (name.clone(), value(draft, name, shape, depth + 1)))
                .collect::<Map<_, _>>()
                .into()
        }
        Form::Map | Form::Object | Form::Json => Json::Object(Map::new()),
        Form::Any | Form::Text | Form::Definition(_) | Form::AnyOf(_) => text(draft, path, shape).into(),
    }
}

/// `Arns` are each an `Arn`.
fn singular(path: &str) -> &str {
    path.strip_suffix('s').filter(|path| !path.ends_with('s')).unwrap_or(path)
}

fn number(shape: &Shape) -> Json {
    let least = shape.minimum.unwrap_or(1.0).max(1.0).min(shape.maximum.unwrap_or(f64::MAX));
    #[expect(clippy::cast_possible_truncation, reason = "the least number of a range, rounded up, is what is wanted")]
    let whole = least.ceil() as i64;
    Json::from(whole)
}

fn text(draft: &mut Draft, path: &str, shape: &Shape) -> String {
    if !shape.allowed.is_empty() {
        return settled_state(&shape.allowed);
    }
    match shape.format.as_deref() {
        Some("ipv4-network") => return format!("10.{}.0.0/24", draft.dice.below(256)),
        Some("ipv6-network") => return "2001:db8::/56".to_owned(),
        _ => {}
    }
    let guess = guess(draft, path, shape);
    if name::fits(shape, &guess) {
        return guess;
    }
    pattern::sample(shape, &mut draft.dice).unwrap_or(guess)
}

/// Of the states a resource may be in, the one it ends up in.
fn settled_state(allowed: &[String]) -> String {
    const SETTLED: [&str; 10] = [
        "active",
        "available",
        "ready",
        "running",
        "enabled",
        "completed",
        "deployed",
        "create_complete",
        "created",
        "ok",
    ];
    let find = |state: &&str| allowed.iter().find(|allowed| allowed.eq_ignore_ascii_case(state));
    SETTLED.iter().find_map(find).or(allowed.first()).cloned().unwrap_or_default()
}

/// Whether an attribute of this name holds an ARN.
pub(super) fn is_arn(path: &str) -> bool {
    path.ends_with("Arn") || path.ends_with("ARN")
}

fn guess(draft: &mut Draft, path: &str, shape: &Shape) -> String {
    let leaf = path.rsplit('.').next().unwrap_or(path);
    let ends = |endings: &[&str]| endings.iter().any(|ending| leaf.ends_with(ending));
    let region = draft.region;
    if is_arn(leaf) {
        return arn::mint(draft);
    }
    if shape.format.as_deref() == Some("date-time") || ends(&["Time", "Date", "Timestamp", "At", "On"]) {
        return CREATED.to_owned();
    }
    match leaf {
        "OwnerId" | "AccountId" | "AwsAccountId" | "AWSAccountId" | "Owner" => return ACCOUNT.to_owned(),
        "Region" => return region.to_owned(),
        "AvailabilityZone" => return zones(region).swap_remove(0),
        "VpcId" => return draft.ec2_id("vpc"),
        _ => {}
    }
    if ends(&["Url", "URL", "Uri", "URI"]) {
        return format!("https://{}", domain(draft));
    }
    if ends(&["Endpoint", "DomainName", "DnsName", "DNSName", "Address", "Domain", "HostName"]) {
        return domain(draft);
    }
    if ends(&["Status", "State"]) {
        return "ACTIVE".to_owned();
    }
    if ends(&["Version", "Revision", "VersionNumber"]) {
        return "1".to_owned();
    }
    if ends(&["Ip", "IpAddress"]) {
        return format!("10.{}.{}.{}", draft.dice.below(256), draft.dice.below(256), 4 + draft.dice.below(250));
    }
    if ends(&["Port"]) {
        return "443".to_owned();
    }
    if ends(&["Name"]) {
        return name::named(draft, 63);
    }
    id(draft, leaf)
}

fn domain(draft: &mut Draft) -> String {
    let label = draft.dice.letters("abcdefghijklmnopqrstuvwxyz0123456789", 12);
    let region = if is_global(&draft.facts.type_name) { String::new() } else { format!(".{}", draft.region) };
    format!("{label}.{}{region}.{}", draft.service(), url_suffix(draft.region))
}

/// An id: in EC2's form for EC2's types, else a UUID where the service is known for them, else letters and digits.
fn id(draft: &mut Draft, leaf: &str) -> String {
    const UUIDS: [&str; 5] =
        ["AWS::KMS::", "AWS::Lambda::", "AWS::CertificateManager::", "AWS::Batch::", "AWS::Glue::"];
    let type_name = &draft.facts.type_name;
    if type_name.starts_with("AWS::EC2::") {
        let prefix = ec2_prefix(short_name(type_name));
        return draft.ec2_id(&prefix);
    }
    if UUIDS.iter().any(|service| type_name.starts_with(service)) && leaf.ends_with("Id") {
        return draft.dice.uuid();
    }
    draft.dice.letters("abcdefghijklmnopqrstuvwxyz0123456789", 12)
}

/// The prefixes of EC2's ids, by type; where none is listed, the type's name with hyphens, `verified-access-group`.
#[rustfmt::skip]
const EC2_PREFIXES: &[(&str, &str)] = &[
    ("CapacityReservation", "cr"), ("CarrierGateway", "cagw"), ("CustomerGateway", "cgw"), ("DHCPOptions", "dopt"),
    ("EgressOnlyInternetGateway", "eigw"), ("EIP", "eipalloc"), ("EIPAssociation", "eipassoc"), ("FlowLog", "fl"),
    ("Host", "h"), ("Instance", "i"), ("InternetGateway", "igw"), ("IPAM", "ipam"), ("IPAMPool", "ipam-pool"),
    ("KeyPair", "key"), ("LaunchTemplate", "lt"), ("LocalGatewayRoute", "lgw-rtb"), ("NatGateway", "nat"),
    ("NetworkAcl", "acl"), ("NetworkInterface", "eni"), ("NetworkInterfaceAttachment", "eni-attach"),
    ("NetworkInsightsPath", "nip"), ("PlacementGroup", "pg"), ("PrefixList", "pl"), ("RouteTable", "rtb"),
    ("SecurityGroup", "sg"), ("SecurityGroupEgress", "sgr"), ("SecurityGroupIngress", "sgr"), ("Snapshot", "snap"),
    ("SpotFleet", "sfr"), ("Subnet", "subnet"), ("SubnetCidrBlock", "subnet-cidr-assoc"),
    ("SubnetNetworkAclAssociation", "aclassoc"), ("SubnetRouteTableAssociation", "rtbassoc"),
    ("TransitGateway", "tgw"), ("TransitGatewayAttachment", "tgw-attach"), ("TransitGatewayRouteTable", "tgw-rtb"),
    ("TransitGatewayVpcAttachment", "tgw-attach"), ("Volume", "vol"), ("VPC", "vpc"),
    ("VPCCidrBlock", "vpc-cidr-assoc"), ("VPCEndpoint", "vpce"), ("VPCEndpointService", "vpce-svc"),
    ("VPCPeeringConnection", "pcx"), ("VPNConnection", "vpn"), ("VPNGateway", "vgw"),
];

fn ec2_prefix(short_name: &str) -> String {
    if let Some((_, prefix)) = EC2_PREFIXES.iter().find(|(known, _)| *known == short_name) {
        return (*prefix).to_owned();
    }
    let mut prefix = String::new();
    for letter in short_name.chars() {
        if letter.is_uppercase() && prefix.ends_with(|before: char| before.is_lowercase()) {
            prefix.push('-');
        }
        prefix.push(letter);
    }
    prefix.to_lowercase()
}
