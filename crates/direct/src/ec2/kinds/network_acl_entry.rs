//! `AWS::EC2::NetworkAclEntry`: one rule of a network ACL. Its physical id is the ACL, the direction and the number.
//!
//! EC2 gives it neither a token nor tags. An ACL has one rule of a number and direction at most: an attempt that went
//! through is found by them, and a second one is refused while it stands.

use async_trait::async_trait;
use aws_sdk_ec2::types::{IcmpTypeCode, PortRange, RuleAction};
use ironwright_engine::{Create, Delete, ErrorKind, Find, Live, ProviderError, Update};
use serde_json::Value as Json;

use crate::ec2::document::{Model, Properties, number, text};
use crate::ec2::kind::{Ec2, Kind, Models, lives, pages};
use crate::ec2::tags;

/// Sends a request about an entry with all it says: that of a create and that of a change look the same.
macro_rules! send {
    ($ec2:expr, $call:expr, $id:expr, $properties:expr) => {{
        let call = $call
            .network_acl_id(&$id.acl)
            .egress($id.egress)
            .rule_number($id.number)
            .set_protocol($properties.text("Protocol"))
            .set_rule_action(
                $properties.text("RuleAction").map(|action| RuleAction::from(action.to_lowercase().as_str())),
            )
            .set_cidr_block($properties.text("CidrBlock"))
            .set_ipv6_cidr_block($properties.text("Ipv6CidrBlock"))
            .set_icmp_type_code($properties.get("Icmp").map(icmp))
            .set_port_range($properties.get("PortRange").map(ports));
        $ec2.change(call.send()).await
    }};
}

pub(super) struct NetworkAclEntry;

#[async_trait]
impl Kind for NetworkAclEntry {
    fn type_name(&self) -> &'static str {
        "AWS::EC2::NetworkAclEntry"
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let properties = Properties::new(request.properties.expose());
        let id = Id::of(&properties);
        send!(ec2, ec2.client.create_network_acl_entry(), id, properties)?;
        ec2.until(self, &id.physical(), |_| Ok(true)).await
    }

    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        list(ec2, ids).await
    }

    async fn update(&self, ec2: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        let properties = Properties::new(request.properties.expose());
        let id = Id::parse(&request.physical_id)?;
        send!(ec2, ec2.client.replace_network_acl_entry(), id, properties)?;
        ec2.until(self, &request.physical_id, |model| Ok(is_same(model, &properties))).await
    }

    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        let id = Id::parse(&request.physical_id)?;
        let call = ec2.client.delete_network_acl_entry().network_acl_id(&id.acl);
        ec2.look(call.egress(id.egress).rule_number(id.number).send()).await.map(drop)
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        let wanted = Properties::new(request.properties.clone());
        let mut found = list(ec2, &[&Id::of(&wanted).physical()]).await?;
        found.retain(|_, model| is_same(model, &wanted));
        Ok(lives(found))
    }
}

/// An ACL, and which of its rules.
struct Id {
    acl: String,
    egress: bool,
    number: i32,
}

impl Id {
    fn of(properties: &Properties) -> Self {
        Self {
            acl: properties.text("NetworkAclId").unwrap_or_default(),
            egress: properties.flag("Egress").unwrap_or_default(),
            number: properties.number("RuleNumber").unwrap_or_default(),
        }
    }

    fn parse(physical: &str) -> Result<Self, ProviderError> {
        let parts: Vec<&str> = physical.split('|').collect();
        let id = match parts[..] {
            [acl, direction @ ("ingress" | "egress"), number] => {
                let number = number.parse().ok();
                number.map(|number| Self { acl: acl.to_owned(), egress: direction == "egress", number })
            }
            _ => None,
        };
        id.ok_or_else(|| {
            let message =
                format!("`{physical}` is no entry; its id is `<acl>|ingress|<number>` or `<acl>|egress|<number>`");
            ProviderError::new(ErrorKind::Refused, "InvalidId", message)
        })
    }

    fn physical(&self) -> String {
        format!("{}|{}|{}", self.acl, if self.egress { "egress" } else { "ingress" }, self.number)
    }
}

async fn list(ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
    let ids: Vec<Id> = ids.iter().filter_map(|id| Id::parse(id).ok()).collect();
    let mut acls: Vec<&str> = ids.iter().map(|id| id.acl.as_str()).collect();
    acls.sort_unstable();
    acls.dedup();
    let filter = tags::filter("network-acl-id", acls);
    let acls = pages!(ec2, ec2.client.describe_network_acls().filters(filter), network_acls);
    let entry = |id: &Id| {
        let acl = acls.iter().find(|acl| acl.network_acl_id() == Some(&id.acl))?;
        let mut entries = acl.entries().iter();
        entries.find(|entry| entry.rule_number() == Some(id.number) && entry.egress() == Some(id.egress))
    };
    Ok(ids.iter().filter_map(|id| Some((id.physical(), model(id, entry(id)?)))).collect())
}

fn model(id: &Id, entry: &aws_sdk_ec2::types::NetworkAclEntry) -> Json {
    let range = entry.port_range();
    let range = range.map(|range| Model::new().with("From", range.from()).with("To", range.to()).json());
    let icmp = entry.icmp_type_code();
    let icmp = icmp.map(|icmp| Model::new().with("Code", icmp.code()).with("Type", icmp.r#type()).json());
    Model::new()
        .with("Id", Some(id.physical()))
        .with("NetworkAclId", Some(id.acl.as_str()))
        .with("Egress", Some(id.egress))
        .with("RuleNumber", Some(id.number))
        .with("Protocol", entry.protocol().and_then(|protocol| protocol.parse::<i32>().ok()))
        .with("RuleAction", entry.rule_action().map(RuleAction::as_str))
        .with("CidrBlock", entry.cidr_block())
        .with("Ipv6CidrBlock", entry.ipv6_cidr_block())
        .with("PortRange", range)
        .with("Icmp", icmp)
        .json()
}

fn icmp(document: &Json) -> IcmpTypeCode {
    IcmpTypeCode::builder().set_code(number(document, "Code")).set_type(number(document, "Type")).build()
}

fn ports(document: &Json) -> PortRange {
    PortRange::builder().set_from(number(document, "From")).set_to(number(document, "To")).build()
}

fn is_same(model: &Json, wanted: &Properties) -> bool {
    let agrees = |name: &str| {
        wanted.text(name).is_none_or(|wanted| text(model, name).is_some_and(|now| now.eq_ignore_ascii_case(&wanted)))
    };
    ["Protocol", "RuleAction", "CidrBlock", "Ipv6CidrBlock"].into_iter().all(agrees)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_what_it_was_made_of() {
        for id in ["acl-1|ingress|100", "acl-1|egress|32766"] {
            assert_eq!(Id::parse(id).expect("an id").physical(), id);
        }
        for id in ["acl-1", "acl-1|inwards|100", "acl-1|egress|many"] {
            assert!(Id::parse(id).is_err(), "{id}");
        }
    }
}
