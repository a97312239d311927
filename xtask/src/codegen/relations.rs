//! Which kind of id every text property takes and every attribute gives.
//!
//! Three sources, in this order of trust: `data/relations.toml`, what cfn-lint states, and what the service specification
//! has seen in use, the last only where the property is named after its target.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::CodegenError;
use super::model::{Definition, Relation, Type};
use super::names;
use super::services::Services;

mod resolver;

use resolver::Resolver;

const DATA: &str = include_str!("../../data/relations.toml");

/// `data/relations.toml`.
#[derive(Debug, Deserialize)]
struct Curated {
    /// Namespaces whose kinds carry no service name: `VpcId`, not `Ec2VpcId`.
    plain: Vec<String>,
    kind: Vec<CuratedKind>,
    union: Vec<Union>,
    property: Vec<CuratedProperty>,
    rule: Vec<Rule>,
}

/// The kind of one attribute, where the rule of names would give another.
#[derive(Debug, Deserialize)]
struct CuratedKind {
    attribute: String,
    kind: String,
    #[expect(dead_code, reason = "for the reader of the data file; a line without one does not parse")]
    reason: String,
}

/// A name for a set of kinds that some properties take.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Union {
    pub(crate) name: String,
    pub(crate) kinds: Vec<String>,
    #[serde(rename = "reason")]
    _reason: Option<String>,
}

/// What one property takes; no kinds switches off what the sources say.
#[derive(Debug, Deserialize)]
struct CuratedProperty {
    /// `AWS::EC2::Route.GatewayId`, or `AWS::EC2::Instance.Ebs.KmsKeyId` through a nested type.
    property: String,
    kinds: Vec<String>,
    #[expect(dead_code, reason = "for the reader of the data file; a line without one does not parse")]
    reason: String,
}

/// What all properties of a name take, where no source says anything.
#[derive(Debug, Deserialize)]
struct Rule {
    property: String,
    types: Option<String>,
    except: Option<String>,
    kinds: Vec<String>,
    #[expect(dead_code, reason = "for the reader of the data file; a line without one does not parse")]
    reason: String,
}

/// All kinds of ids, and who takes and gives them.
#[derive(Debug, Default)]
pub(crate) struct Relations {
    /// The attributes that have a kind, by kind: `SecurityGroupId` is `AWS::EC2::SecurityGroup` `.GroupId` and `.Id`.
    pub(crate) kinds: BTreeMap<String, Vec<Relation>>,
    /// Sets of kinds that some property takes.
    pub(crate) unions: BTreeMap<String, Vec<String>>,
    attributes: BTreeMap<(String, String), String>,
    properties: BTreeMap<(String, Option<String>, String), String>,
    /// How many properties have a kind.
    pub(crate) typed: usize,
}

impl Relations {
    /// Resolves the relations of all types.
    pub(crate) fn resolve(types: &BTreeMap<String, Type>, services: &Services) -> Result<Self, CodegenError> {
        Self::resolve_with(DATA, types, services)
    }

    fn resolve_with(data: &str, types: &BTreeMap<String, Type>, services: &Services) -> Result<Self, CodegenError> {
        let curated: Curated = toml::from_str(data).map_err(|e| CodegenError::Data("relations.toml", e.to_string()))?;
        let resolver = Resolver::new(types, services, &curated)?;
        let mut relations = Self::default();
        let mut used = BTreeSet::new();
        for of in types.values() {
            for (definition, body) in bodies(of) {
                for (name, property) in &body.properties {
                    let kinds = resolver.property(of, definition, name, &property.shape);
                    if kinds.is_empty() || property.read_only {
                        continue;
                    }
                    used.extend(kinds.iter().cloned());
                    let kind = relations.name_of(kinds, &curated.union);
                    relations.properties.insert((of.name.clone(), definition.map(str::to_owned), name.clone()), kind);
                    relations.typed += 1;
                }
            }
        }
        used.extend(relations.unions.values().flatten().cloned());
        resolver.check(&used, &curated)?;
        relations.kinds = resolver.givers(&used);
        for (kind, givers) in &relations.kinds {
            for giver in givers {
                relations.attributes.insert((giver.target.clone(), giver.attribute.clone()), kind.clone());
            }
        }
        for of in types.values() {
            for (attribute, shape) in &of.attributes {
                if let Some(kind) = resolver.attribute(of, attribute, shape).filter(|kind| used.contains(kind)) {
                    relations.attributes.entry((of.name.clone(), attribute.clone())).or_insert(kind);
                }
            }
        }
        Ok(relations)
    }

    /// The kind that a property takes, if it is an id.
    pub(crate) fn of_property(&self, type_name: &str, definition: Option<&str>, property: &str) -> Option<&str> {
        let key = (type_name.to_owned(), definition.map(str::to_owned), property.to_owned());
        self.properties.get(&key).map(String::as_str)
    }

    /// The kind that an attribute has, if it is an id that some property takes.
    pub(crate) fn of_attribute(&self, type_name: &str, attribute: &str) -> Option<&str> {
        self.attributes.get(&(type_name.to_owned(), attribute.to_owned())).map(String::as_str)
    }

    /// One attribute for each kind that `kind` accepts, as `AWS::EC2::VPC.VpcId`.
    pub(crate) fn targets(&self, kind: &str) -> Vec<String> {
        let members = self.unions.get(kind).cloned().unwrap_or_else(|| vec![kind.to_owned()]);
        let givers = members.iter().filter_map(|member| self.kinds.get(member));
        let mut targets: BTreeMap<(&str, &str), &Relation> = BTreeMap::new();
        for (member, giver) in givers.enumerate().flat_map(|(at, givers)| givers.iter().map(move |giver| (at, giver))) {
            let member = members[member].as_str();
            targets.entry((member, &giver.target)).or_insert(giver);
        }
        let all: BTreeSet<String> =
            targets.values().map(|giver| format!("{}.{}", giver.target, giver.attribute)).collect();
        all.into_iter().collect()
    }

    fn name_of(&mut self, kinds: BTreeSet<String>, curated: &[Union]) -> String {
        if kinds.len() == 1 {
            return kinds.into_iter().next().unwrap_or_default();
        }
        let known = curated
            .iter()
            .filter(|union| kinds.iter().all(|kind| union.kinds.contains(kind)))
            .min_by_key(|union| union.kinds.len());
        let (name, members) = match known {
            Some(union) => (union.name.clone(), union.kinds.clone()),
            None => (joined_name(&kinds), kinds.into_iter().collect()),
        };
        self.unions.insert(name.clone(), members);
        name
    }
}

/// The keys of all properties of a type, as the data file writes them.
fn property_keys(of: &Type) -> Vec<String> {
    let keys = |(definition, body): (Option<&str>, &Definition)| -> Vec<String> {
        body.properties.keys().map(|name| property_key(&of.name, definition, name)).collect()
    };
    bodies(of).flat_map(keys).collect()
}

/// `AWS::EC2::Route.GatewayId`, or `AWS::EC2::Instance.Ebs.KmsKeyId` through a nested type.
fn property_key(type_name: &str, definition: Option<&str>, property: &str) -> String {
    [Some(type_name), definition, Some(property)].into_iter().flatten().collect::<Vec<_>>().join(".")
}

/// The body and the nested types of a type.
fn bodies(of: &Type) -> impl Iterator<Item = (Option<&str>, &Definition)> {
    [(None, &of.body)]
        .into_iter()
        .chain(of.definitions.iter().map(|(name, definition)| (Some(name.as_str()), definition)))
}

/// `RoleArnOrName` for `RoleArn` and `RoleName`.
fn joined_name(kinds: &BTreeSet<String>) -> String {
    let words: Vec<Vec<String>> = kinds.iter().map(|kind| names::words(kind)).collect();
    let shortest = words.iter().map(Vec::len).min().unwrap_or_default();
    let common =
        (0..shortest.saturating_sub(1)).take_while(|at| words.iter().all(|other| other[*at] == words[0][*at])).count();
    let rests: Vec<String> =
        words.iter().enumerate().map(|(at, words)| words[if at == 0 { 0 } else { common }..].concat()).collect();
    rests.join("Or")
}

#[cfg(test)]
mod tests;
