//! Services: their module and feature names, and which names of the packages are no resource types. The data is in
//! `data/services.toml`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::CodegenError;
use super::model::{Type, namespace};
use super::names;

const DATA: &str = include_str!("../../data/services.toml");

/// The feature that services of a single type share.
const SMALL: &str = "small-services";

#[derive(Debug, Deserialize)]
struct Data {
    default: Vec<String>,
    alone: Vec<String>,
    names: BTreeMap<String, String>,
    families: BTreeMap<String, Vec<String>>,
    excluded: BTreeMap<String, String>,
}

/// One service: a module, a file of facts, and the feature that turns both on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Service {
    /// `ec2`.
    pub(crate) module: String,
    /// `ec2`, or the name of a family.
    pub(crate) feature: String,
}

/// All services by namespace (`EC2`).
#[derive(Debug)]
pub(crate) struct Services {
    by_namespace: BTreeMap<String, Service>,
    default: Vec<String>,
    names: BTreeMap<String, String>,
}

/// Removes what is no resource type.
pub(crate) fn without_excluded(mut schemas: BTreeMap<String, Value>) -> Result<BTreeMap<String, Value>, CodegenError> {
    let data = data()?;
    schemas.retain(|name, _| !data.excluded.keys().any(|prefix| name.starts_with(prefix)));
    Ok(schemas)
}

impl Services {
    /// The services of `types`.
    pub(crate) fn of(types: &BTreeMap<String, Type>) -> Result<Self, CodegenError> {
        let data = data()?;
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for name in types.keys() {
            *counts.entry(namespace(name)).or_default() += 1;
        }
        let service = |(namespace, count): (&str, usize)| {
            let module = data.names.get(namespace).cloned().unwrap_or_else(|| namespace.to_ascii_lowercase());
            let feature = data.feature(namespace, &module, count);
            (namespace.to_owned(), Service { module, feature })
        };
        let services = Self {
            by_namespace: counts.into_iter().map(service).collect(),
            default: data.default.clone(),
            names: data.names.clone(),
        };
        Ok(services)
    }

    /// Whether the services that are on by default exist, and the features are not too many for a registry.
    pub(crate) fn check(&self) -> Result<(), CodegenError> {
        let features = self.features();
        let unknown = self.default.iter().find(|name| !features.contains(name.as_str()));
        match unknown {
            Some(name) => {
                Err(CodegenError::Data("services.toml", format!("the default feature `{name}` has no service")))
            }
            None if features.len() > 280 => {
                Err(CodegenError::Data("services.toml", format!("{} features are too many", features.len())))
            }
            None => Ok(()),
        }
    }

    /// What names of a service start with where they could be another's: `Ecs`, `CloudWatch`, `Acm`.
    pub(crate) fn prefix(&self, namespace: &str) -> String {
        names::pascal(self.names.get(namespace).map_or(namespace, String::as_str))
    }

    /// All services, by module.
    pub(crate) fn all(&self) -> Vec<(&str, &Service)> {
        let mut all: Vec<_> =
            self.by_namespace.iter().map(|(namespace, service)| (namespace.as_str(), service)).collect();
        all.sort_by(|(_, a), (_, b)| a.module.cmp(&b.module));
        all
    }

    /// The names of all features.
    pub(crate) fn features(&self) -> BTreeSet<&str> {
        self.by_namespace.values().map(|service| service.feature.as_str()).collect()
    }

    /// The features that are on by default.
    pub(crate) fn default_features(&self) -> &[String] {
        &self.default
    }
}

impl Data {
    fn feature(&self, namespace: &str, module: &str, count: usize) -> String {
        if let Some((family, _)) =
            self.families.iter().find(|(_, members)| members.iter().any(|member| member == namespace))
        {
            return family.clone();
        }
        let own = count > 1 || self.default.iter().chain(&self.alone).any(|known| known == module);
        if own { module.to_owned() } else { SMALL.to_owned() }
    }
}

fn data() -> Result<Data, CodegenError> {
    toml::from_str(DATA).map_err(|e| CodegenError::Data("services.toml", e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_share_a_feature_and_single_types_too() {
        let data = data().unwrap();
        assert_eq!(data.feature("IoTWireless", "iotwireless", 11), "iot");
        assert_eq!(data.feature("Braket", "braket", 1), "small-services");
        assert_eq!(data.feature("Pipes", "pipes", 1), "pipes");
        assert_eq!(data.feature("EC2", "ec2", 124), "ec2");
    }

    #[test]
    fn transforms_are_no_types() {
        let schemas =
            ["AWS::Serverless::Api", "AWS::Lambda::Function"].map(|name| (name.to_owned(), Value::Null)).into();
        assert_eq!(without_excluded(schemas).unwrap().into_keys().collect::<Vec<_>>(), ["AWS::Lambda::Function"]);
    }
}
