//! Facts about the resource types of the services that are on, read from the embedded lines when first asked for.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, RwLock};

use ironwright_core::facts::{FactSource, TypeFacts};

use crate::exclusive::held_alone;
use crate::generated::{FACTS, FEATURES};

/// The facts about every type of the services whose features are on.
pub fn facts() -> &'static dyn FactSource {
    static EMBEDDED: OnceLock<Embedded> = OnceLock::new();
    EMBEDDED.get_or_init(|| Embedded {
        services: FACTS
            .iter()
            .map(|(namespace, lines)| (*namespace, Service { lines, index: OnceLock::new() }))
            .collect(),
        parsed: RwLock::default(),
    })
}

/// The cargo feature that has the service of `type_name`, whether it is on or off; `None` for a service that is unknown.
pub fn feature_of(type_name: &str) -> Option<&'static str> {
    let namespace = namespace(type_name);
    let at = FEATURES.binary_search_by(|(known, _)| (*known).cmp(namespace)).ok()?;
    Some(FEATURES[at].1)
}

/// The names of all types whose facts are embedded, service by service.
pub fn type_names() -> impl Iterator<Item = &'static str> {
    FACTS.iter().flat_map(|(_, lines)| lines.lines()).filter_map(|line| line.split_once('\t')).map(|(name, _)| name)
}

struct Embedded {
    services: HashMap<&'static str, Service>,
    parsed: RwLock<HashMap<&'static str, Arc<TypeFacts>>>,
}

struct Service {
    lines: &'static str,
    /// Where each type's document lies; made when the service is first asked for.
    index: OnceLock<HashMap<&'static str, &'static str>>,
}

impl FactSource for Embedded {
    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        if let Some(known) = self.parsed.read().ok()?.get(type_name) {
            return Some(known.clone());
        }
        let (name, document) = self.services.get(namespace(type_name))?.document(type_name)?;
        let mut facts: TypeFacts = serde_json::from_str(document).expect("a test parses every embedded line");
        facts.additional_identifiers.extend(held_alone(name));
        Some(self.parsed.write().ok()?.entry(name).or_insert_with(|| Arc::new(facts)).clone())
    }
}

impl Service {
    fn document(&self, type_name: &str) -> Option<(&'static str, &'static str)> {
        let index = self.index.get_or_init(|| self.lines.lines().filter_map(|line| line.split_once('\t')).collect());
        index.get_key_value(type_name).map(|(name, document)| (*name, *document))
    }
}

/// `EC2` of `AWS::EC2::Subnet`.
fn namespace(type_name: &str) -> &str {
    type_name.split("::").nth(1).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use ironwright_core::facts::{Form, Shape};

    use super::*;

    #[test]
    fn the_facts_of_every_type_parse() {
        let mut count = 0;
        for name in type_names() {
            let facts = facts().facts(name).unwrap_or_else(|| panic!("{name} has no facts"));
            assert_eq!(facts.type_name, name);
            count += 1;
        }
        assert_eq!(count, FACTS.iter().map(|(_, lines)| lines.lines().count()).sum::<usize>());
    }

    #[test]
    fn every_definition_that_a_type_names_is_there() {
        for name in type_names() {
            let facts = facts().facts(name).unwrap_or_else(|| panic!("{name} has no facts"));
            let mut work: Vec<&Shape> = facts.properties.values().chain(facts.definitions.values()).collect();
            while let Some(shape) = work.pop() {
                if let Form::Definition(definition) = &shape.form {
                    assert!(facts.definitions.contains_key(definition), "{name} names {definition}");
                }
                work.extend(shape.items.as_deref());
                work.extend(shape.properties.values());
            }
        }
    }

    #[test]
    fn a_feature_is_known_for_every_service_on_or_off() {
        assert_eq!(feature_of("AWS::EC2::Subnet"), Some("ec2"));
        assert_eq!(feature_of("AWS::ElasticLoadBalancingV2::Listener"), Some("elbv2"));
        assert_eq!(feature_of("AWS::IoTWireless::FuotaTask"), Some("iot"));
        assert_eq!(feature_of("AWS::NoSuch::Thing"), None);
    }

    #[test]
    #[cfg(feature = "ec2")]
    fn what_the_planner_asks_is_there() {
        let subnet = facts().facts("AWS::EC2::Subnet").unwrap();
        assert!(subnet.create_only.contains(&"VpcId".to_owned()));
        assert!(subnet.required.contains(&"VpcId".to_owned()));
        assert_eq!(subnet.ref_attribute.as_deref(), Some("SubnetId"));
        assert_eq!(subnet.properties["VpcId"].relations, ["AWS::EC2::VPC.VpcId"]);
        assert!(facts().facts("AWS::EC2::SecurityGroup").unwrap().attributes.contains_key("GroupId"));
        assert!(facts().facts("AWS::EC2::Instance").unwrap().attributes.contains_key("PublicIp"));
    }
}
