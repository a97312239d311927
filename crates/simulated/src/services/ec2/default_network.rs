//! What AWS puts into every region of every account: a default VPC with a subnet in each zone, and a security group.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use crate::account::DEFAULT;
use crate::dice::Dice;
use crate::entry::{Entry, Key};
use crate::surroundings::{zone_id, zones};

/// The default network of `region`.
pub(crate) fn default_network(region: &str, seed: u64) -> Vec<Entry> {
    let ids = Ids { region, seed };
    let (vpc, group, acl) = (ids.vpc(), ids.of("sg", "default"), ids.of("acl", "default"));
    let vpc_model = json!({
        "VpcId": vpc, "CidrBlock": "172.31.0.0/16", "EnableDnsHostnames": true, "EnableDnsSupport": true,
        "InstanceTenancy": "default", "DefaultSecurityGroup": group, "DefaultNetworkAcl": acl,
        "CidrBlockAssociations": [ids.of("vpc-cidr-assoc", "default")], "Ipv6CidrBlocks": [],
    });
    let group_model = json!({
        "Id": group, "GroupId": group, "GroupName": "default", "VpcId": vpc,
        "GroupDescription": "default VPC security group", "SecurityGroupIngress": [],
        "SecurityGroupEgress": [{"CidrIp": "0.0.0.0/0", "IpProtocol": "-1"}],
    });
    let vpc_key = Key::new("AWS::EC2::VPC", region, &vpc);
    let mut entries = vec![
        entry(vpc_key.clone(), vpc_model, Vec::new()),
        entry(Key::new("AWS::EC2::SecurityGroup", region, &group), group_model, vec![vpc_key.clone()]),
    ];
    for (index, zone) in zones(region).iter().enumerate() {
        let id = ids.of("subnet", zone);
        let model = json!({
            "SubnetId": id, "VpcId": vpc, "CidrBlock": format!("172.31.{}.0/20", index * 16), "AvailabilityZone": zone,
            "AvailabilityZoneId": zone_id(zone), "MapPublicIpOnLaunch": true, "Ipv6CidrBlocks": [],
            "AssignIpv6AddressOnCreation": false, "NetworkAclAssociationId": ids.of("aclassoc", zone),
        });
        entries.push(entry(Key::new("AWS::EC2::Subnet", region, &id), model, vec![vpc_key.clone()]));
    }
    entries
}

fn entry(key: Key, model: Json, uses: Vec<Key>) -> Entry {
    let model = Arc::new(model);
    Entry { key, address: DEFAULT.into(), token: "".into(), desired: model.clone(), model, uses, pending: 0 }
}

/// The ids of a region's default network.
struct Ids<'a> {
    region: &'a str,
    seed: u64,
}

impl Ids<'_> {
    fn vpc(&self) -> String {
        self.of("vpc", "default")
    }

    fn of(&self, prefix: &str, what: &str) -> String {
        format!("{prefix}-0{}", Dice::new(self.seed, &["default-network", self.region, prefix, what]).hex(16))
    }
}

/// The id of the default VPC of `region`.
pub(super) fn default_vpc(account: &crate::account::Account, region: &str) -> Option<String> {
    of_default(account, "AWS::EC2::VPC", region).map(|vpc| vpc.key.id.to_string())
}

/// The default subnet of `region` in `zone`, or in the first.
pub(super) fn default_subnet<'a>(
    account: &'a crate::account::Account,
    region: &str,
    zone: Option<&str>,
) -> Option<&'a Arc<Entry>> {
    let first = format!("{region}a");
    let zone = zone.unwrap_or(&first);
    let vpc = of_default(account, "AWS::EC2::VPC", region)?;
    let is_default = |user: &&Arc<Entry>| *user.address == *DEFAULT && user.text("AvailabilityZone") == Some(zone);
    account.users(&vpc.key).find(is_default)
}

fn of_default<'a>(account: &'a crate::account::Account, type_name: &str, region: &str) -> Option<&'a Arc<Entry>> {
    account.of_type(type_name, region).find(|entry| *entry.address == *DEFAULT)
}
