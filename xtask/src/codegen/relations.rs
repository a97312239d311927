//! Which kind of id every text property takes and every attribute gives.
//!
//! Three sources, in this order of trust: `data/relations.toml`, what cfn-lint states, and what the service specification
//! has seen in use, the last only where the property is named after its target.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde::Deserialize;

use super::CodegenError;
use super::model::{Definition, Kind, Relation, Shape, Type, namespace, short_name};
use super::names;
use super::services::Services;

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

struct CompiledRule {
    property: Regex,
    types: Option<Regex>,
    except: Option<Regex>,
    kinds: Vec<String>,
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
                let kinds = resolver.stated(of, attribute, shape);
                if let [kind] = &kinds[..]
                    && relations.kinds.contains_key(kind)
                {
                    relations.attributes.entry((of.name.clone(), attribute.clone())).or_insert_with(|| kind.clone());
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

struct Resolver<'a> {
    types: &'a BTreeMap<String, Type>,
    /// The kind of every attribute that identifies something.
    identities: BTreeMap<(&'a str, &'a str), String>,
    properties: BTreeMap<&'a str, &'a [String]>,
    rules: Vec<CompiledRule>,
}

impl<'a> Resolver<'a> {
    fn new(types: &'a BTreeMap<String, Type>, services: &Services, curated: &'a Curated) -> Result<Self, CodegenError> {
        let special: BTreeMap<&str, &str> =
            curated.kind.iter().map(|kind| (kind.attribute.as_str(), kind.kind.as_str())).collect();
        let mut identities = BTreeMap::new();
        for of in types.values() {
            let namespace = namespace(&of.name);
            let plain = curated.plain.iter().any(|plain| plain == namespace);
            let prefix = if plain { String::new() } else { services.prefix(namespace) };
            for attribute in of.attributes.keys() {
                let known = special.get(format!("{}.{attribute}", of.name).as_str()).map(|kind| (*kind).to_owned());
                if let Some(kind) = known.or_else(|| identity(&prefix, of, attribute)) {
                    identities.insert((of.name.as_str(), attribute.as_str()), kind);
                }
            }
        }
        let regex =
            |pattern: &str| Regex::new(pattern).map_err(|e| CodegenError::Data("relations.toml", e.to_string()));
        let optional = |pattern: &Option<String>| pattern.as_deref().map(regex).transpose();
        let compile = |rule: &Rule| -> Result<CompiledRule, CodegenError> {
            Ok(CompiledRule {
                property: regex(&rule.property)?,
                types: optional(&rule.types)?,
                except: optional(&rule.except)?,
                kinds: rule.kinds.clone(),
            })
        };
        Ok(Self {
            types,
            identities,
            properties: curated
                .property
                .iter()
                .map(|property| (property.property.as_str(), &property.kinds[..]))
                .collect(),
            rules: curated.rule.iter().map(compile).collect::<Result<_, _>>()?,
        })
    }

    fn property(&self, of: &Type, definition: Option<&str>, name: &str, shape: &Shape) -> BTreeSet<String> {
        let innermost = shape.innermost();
        if innermost.kind != Kind::Text || !innermost.limits.allowed.is_empty() {
            return BTreeSet::new();
        }
        let key = property_key(&of.name, definition, name);
        if let Some(kinds) = self.properties.get(key.as_str()) {
            return kinds.iter().cloned().collect();
        }
        let own = definition.is_none().then(|| self.identities.get(&(of.name.as_str(), name))).flatten();
        let stated: BTreeSet<String> = self.stated(of, name, innermost).into_iter().collect();
        let kinds = if stated.is_empty() { self.by_rule(of, name, shape) } else { stated };
        if own.is_some_and(|own| kinds.contains(own)) { BTreeSet::new() } else { kinds }
    }

    /// The kinds that the relations of a shape name.
    fn stated(&self, of: &Type, name: &str, shape: &Shape) -> Vec<String> {
        let relations = shape.innermost().relations.iter();
        let kinds: BTreeSet<String> = relations
            .filter_map(|relation| {
                let (attribute, kind) = self.giver(relation)?;
                (!relation.mined || is_named_after(name, &relation.target, attribute)).then(|| kind.to_owned())
            })
            .collect();
        debug_assert!(self.types.contains_key(&of.name));
        kinds.into_iter().collect()
    }

    /// The real attribute behind a relation: `Id` may stand for `VpcId`, or for whatever `Ref` returns.
    fn giver(&self, relation: &'a Relation) -> Option<(&str, &str)> {
        let target = self.types.get(&relation.target)?;
        let suffix = names::words(&relation.attribute).pop().unwrap_or_default().to_ascii_lowercase();
        let exact = target.attributes.contains_key(&relation.attribute).then_some(&relation.attribute);
        let by_suffix =
            || {
                target.attributes.keys().filter(|attribute| is_own(target, attribute)).find(|attribute| {
                    names::words(attribute).pop().is_some_and(|last| last.eq_ignore_ascii_case(&suffix))
                })
            };
        let attribute = exact.or_else(by_suffix).or(target.ref_attribute.as_ref().filter(|_| suffix == "id"))?;
        let kind = self.identities.get(&(relation.target.as_str(), attribute.as_str()))?;
        Some((attribute, kind))
    }

    /// What a rule says of a name. Text that is named in the plural is several ids in one, which no single id may be.
    fn by_rule(&self, of: &Type, name: &str, shape: &Shape) -> BTreeSet<String> {
        let is_plural = ["Ids", "IDs", "Arns", "ARNs", "Names", "List"].iter().any(|end| name.ends_with(end));
        if is_plural && shape.kind == Kind::Text {
            return BTreeSet::new();
        }
        let applies = |rule: &&CompiledRule| {
            rule.property.is_match(name)
                && rule.types.as_ref().is_none_or(|types| types.is_match(&of.name))
                && rule.except.as_ref().is_none_or(|except| !except.is_match(&of.name))
        };
        self.rules.iter().find(applies).map(|rule| rule.kinds.iter().cloned().collect()).unwrap_or_default()
    }

    /// Whether everything the data file speaks of exists.
    fn check(&self, used: &BTreeSet<String>, curated: &Curated) -> Result<(), CodegenError> {
        let kinds: BTreeSet<&String> = self.identities.values().collect();
        let properties: BTreeSet<String> = self.types.values().flat_map(property_keys).collect();
        let attribute =
            |key: &str| key.rsplit_once('.').is_some_and(|(of, name)| self.identities.contains_key(&(of, name)));
        let no_kind =
            used.iter().filter(|kind| !kinds.contains(kind)).map(|kind| format!("no attribute has the kind `{kind}`"));
        let no_property =
            self.properties.keys().filter(|key| !properties.contains(**key)).map(|key| format!("no property `{key}`"));
        let no_attribute = curated
            .kind
            .iter()
            .filter(|kind| !attribute(&kind.attribute))
            .map(|kind| format!("no attribute `{}`", kind.attribute));
        let problems: Vec<String> = no_kind.chain(no_property).chain(no_attribute).collect();
        if problems.is_empty() { Ok(()) } else { Err(CodegenError::Data("relations.toml", problems.join("; "))) }
    }

    /// The attributes that give each used kind, the one that `Ref` returns first.
    fn givers(&self, used: &BTreeSet<String>) -> BTreeMap<String, Vec<Relation>> {
        let mut givers: BTreeMap<String, Vec<Relation>> = BTreeMap::new();
        for ((type_name, attribute), kind) in &self.identities {
            if used.contains(kind) {
                givers.entry(kind.clone()).or_default().push(Relation::new(type_name, attribute));
            }
        }
        for all in givers.values_mut() {
            let is_ref = |giver: &Relation| self.types[&giver.target].ref_attribute.as_ref() == Some(&giver.attribute);
            all.sort_by_key(|giver| (giver.target.clone(), !is_ref(giver), giver.attribute.clone()));
        }
        givers
    }
}

/// The kind of an attribute that identifies its own resource: the type's name and the attribute's last word.
fn identity(prefix: &str, of: &Type, attribute: &str) -> Option<String> {
    let shape = of.attributes.get(attribute)?;
    if shape.kind != Kind::Text {
        return None;
    }
    let own = names::pascal(short_name(&of.name));
    let stem = if own.starts_with(prefix) { own } else { format!("{prefix}{own}") };
    if is_own(of, attribute) {
        let last = names::words(attribute).pop()?;
        let suffix = if last.eq_ignore_ascii_case("Identifier") { "Id".to_owned() } else { names::pascal(&last) };
        return Some(if stem.ends_with(&suffix) { stem } else { stem + &suffix });
    }
    let is_ref = of.ref_attribute.as_deref() == Some(attribute);
    let is_id = ["Id", "Arn", "ARN", "DomainName"].iter().any(|suffix| attribute.ends_with(suffix));
    let is_settable = of.body.properties.get(attribute).is_some_and(|property| !property.read_only);
    let is_given = is_id && !is_settable && !attribute.contains('.');
    (is_ref || is_given).then(|| stem + &names::pascal(attribute))
}

/// Whether an attribute is the id, ARN, name or URL of its own resource: what is in front of that word is in the type's name.
fn is_own(of: &Type, attribute: &str) -> bool {
    let mut attribute = names::words(attribute);
    let suffix = attribute.pop().unwrap_or_default().to_ascii_lowercase();
    if !["id", "arn", "name", "url", "identifier"].contains(&suffix.as_str()) {
        return false;
    }
    let own: Vec<String> = names::words(short_name(&of.name)).iter().map(|word| word.to_ascii_lowercase()).collect();
    attribute.iter().all(|word| own.contains(&word.to_ascii_lowercase()))
}

/// Whether a property's name says that it is `attribute` of `target`.
fn is_named_after(property: &str, target: &str, attribute: &str) -> bool {
    let lower = |name: &str| -> Vec<String> {
        names::words(name).iter().map(|word| singular(&word.to_ascii_lowercase())).collect()
    };
    let (words, target) = (lower(property), lower(short_name(target)));
    let ends = |suffix: &str| words.last().is_some_and(|last| last == suffix);
    let gives = |suffix: &str| attribute.to_ascii_lowercase().ends_with(suffix);
    let suffixes_agree = (!ends("arn") || gives("arn")) && (!ends("name") || !(gives("arn") || gives("id")));
    let noun = target.iter().rev().find(|word| *word != "name");
    suffixes_agree && noun.is_some_and(|noun| words.contains(noun))
}

fn singular(word: &str) -> String {
    word.strip_suffix('s').filter(|stem| stem.len() > 1 && !stem.ends_with('s')).unwrap_or(word).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codegen::model::Property;

    const NO_DATA: &str = "plain = ['EC2']\nkind = []\nunion = []\nproperty = []\nrule = []\n";

    /// A type whose attribute is `attribute` and whose text properties have the given relations.
    fn of(name: &str, attribute: &str, properties: &[(&str, Vec<Relation>)]) -> (String, Type) {
        let mut of = Type { name: name.to_owned(), ref_attribute: Some(attribute.to_owned()), ..Type::default() };
        of.attributes.insert(attribute.to_owned(), Shape::of(Kind::Text));
        for (property, relations) in properties {
            let shape = Shape { relations: relations.clone(), ..Shape::of(Kind::Text) };
            let property_of = Property { shape, read_only: false, deprecated: false, update: Default::default() };
            of.body.properties.insert((*property).to_owned(), property_of);
        }
        (name.to_owned(), of)
    }

    /// The kind of `AWS::EKS::Addon.<property>` where that has `relations`, among a VPC, an EKS and an ECR type.
    fn kind(data: &str, property: &str, relations: Vec<Relation>) -> Result<Option<String>, CodegenError> {
        let types: BTreeMap<String, Type> = [
            of("AWS::EC2::VPC", "VpcId", &[]),
            of("AWS::ECR::Repository", "RepositoryName", &[]),
            of("AWS::EKS::Cluster", "Name", &[]),
            of("AWS::EKS::Addon", "AddonName", &[(property, relations), ("AddonName", Vec::new())]),
        ]
        .into();
        let services = Services::of(&types)?;
        let resolved = Relations::resolve_with(data, &types, &services)?;
        Ok(resolved.of_property("AWS::EKS::Addon", None, property).map(str::to_owned))
    }

    fn check(data: &str, property: &str, relations: Vec<Relation>, expect: Option<&str>) {
        assert_eq!(kind(data, property, relations).unwrap().as_deref(), expect, "{property}");
    }

    #[test]
    fn a_stated_relation_is_believed_and_its_attribute_found() {
        check(NO_DATA, "Network", vec![Relation::new("AWS::EC2::VPC", "Id")], Some("VpcId"));
        check(NO_DATA, "Network", vec![Relation::new("AWS::No::Such", "Id")], None);
    }

    #[test]
    fn a_mined_relation_is_believed_where_the_name_says_the_same() {
        let cluster = Relation::mined("AWS::EKS::Cluster", "Name");
        let repository = Relation::mined("AWS::ECR::Repository", "RepositoryName");
        check(NO_DATA, "ClusterName", vec![cluster.clone(), repository.clone()], Some("EksClusterName"));
        check(NO_DATA, "Target", vec![cluster], None);
        check(NO_DATA, "RepositoryArn", vec![repository], None);
    }

    #[test]
    fn several_kinds_have_a_name_together() {
        let both =
            vec![Relation::new("AWS::EKS::Cluster", "Name"), Relation::new("AWS::ECR::Repository", "RepositoryName")];
        check(NO_DATA, "Target", both.clone(), Some("EcrRepositoryNameOrEksClusterName"));
        let named = NO_DATA
            .replace("union = []", "union = [{ name = 'Named', kinds = ['EksClusterName', 'EcrRepositoryName'] }]");
        check(&named, "Target", both, Some("Named"));
    }

    #[test]
    fn the_data_file_overrules_every_source() {
        let wrong = vec![Relation::new("AWS::ECR::Repository", "RepositoryName")];
        let line = |kinds: &str| {
            let line =
                format!("property = [{{ property = 'AWS::EKS::Addon.ClusterName', kinds = [{kinds}], reason = 'r' }}]");
            NO_DATA.replace("property = []", &line)
        };
        check(&line("'EksClusterName'"), "ClusterName", wrong.clone(), Some("EksClusterName"));
        check(&line(""), "ClusterName", wrong, None);
    }

    #[test]
    fn rules_fill_in_where_no_source_says_anything() {
        let rule = NO_DATA.replace("rule = []", "rule = [{ property = '^VpcIds?$', kinds = ['VpcId'], reason = 'r' }]");
        check(&rule, "VpcId", Vec::new(), Some("VpcId"));
        check(&rule, "VpcIds", Vec::new(), None);
        check(&rule, "VpcId", vec![Relation::new("AWS::EKS::Cluster", "Name")], Some("EksClusterName"));
    }

    #[test]
    fn what_names_the_resource_itself_is_plain_text() {
        let own = NO_DATA
            .replace("rule = []", "rule = [{ property = '^AddonName$', kinds = ['EksAddonName'], reason = 'r' }]");
        check(&own, "AddonName", Vec::new(), None);
    }

    #[test]
    fn a_line_about_nothing_is_an_error() {
        let data = NO_DATA
            .replace("property = []", "property = [{ property = 'AWS::EKS::Addon.Gone', kinds = [], reason = 'r' }]");
        let error = kind(&data, "ClusterName", Vec::new()).unwrap_err().to_string();
        assert!(error.contains("no property `AWS::EKS::Addon.Gone`"), "{error}");
    }
}
