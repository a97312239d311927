//! One property or attribute at a time: which kinds the data file, the relations and the rules of names give it.
//! Which of them are used, and what sets of them are called, is decided by [`Relations`](super::Relations).

use std::collections::{BTreeMap, BTreeSet};

use regex::{Regex, RegexSet};

use super::{Curated, Rule, property_key, property_keys};
use crate::codegen::CodegenError;
use crate::codegen::model::{Kind, Relation, Shape, Type, namespace, short_name};
use crate::codegen::names;
use crate::codegen::services::Services;

struct CompiledRule {
    types: Option<Regex>,
    except: Option<Regex>,
    kinds: Vec<String>,
}

/// The facts and the data file, ready to be asked.
pub(super) struct Resolver<'a> {
    types: &'a BTreeMap<String, Type>,
    /// The kind of every attribute that identifies something.
    identities: BTreeMap<(&'a str, &'a str), String>,
    properties: BTreeMap<&'a str, &'a [String]>,
    rules: Vec<CompiledRule>,
    /// The patterns of the rules' properties, in the same order: matched at once, since there are many properties.
    rule_properties: RegexSet,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(
        types: &'a BTreeMap<String, Type>,
        services: &Services,
        curated: &'a Curated,
    ) -> Result<Self, CodegenError> {
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
                types: optional(&rule.types)?,
                except: optional(&rule.except)?,
                kinds: rule.kinds.clone(),
            })
        };
        let rule_properties = RegexSet::new(curated.rule.iter().map(|rule| &rule.property));
        Ok(Self {
            rule_properties: rule_properties.map_err(|e| CodegenError::Data("relations.toml", e.to_string()))?,
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

    /// The kinds that a property takes: by the data file, by what the sources say, by a rule of names.
    pub(super) fn property(&self, of: &Type, definition: Option<&str>, name: &str, shape: &Shape) -> BTreeSet<String> {
        let innermost = shape.innermost();
        if innermost.kind != Kind::Text || !innermost.limits.allowed.is_empty() {
            return BTreeSet::new();
        }
        let key = property_key(&of.name, definition, name);
        if let Some(kinds) = self.properties.get(key.as_str()) {
            return kinds.iter().cloned().collect();
        }
        let own = definition.is_none().then(|| self.identities.get(&(of.name.as_str(), name))).flatten();
        let stated = self.stated(name, innermost);
        let kinds = if stated.is_empty() { self.by_rule(of, name, shape) } else { stated };
        if own.is_some_and(|own| kinds.contains(own)) { BTreeSet::new() } else { kinds }
    }

    /// The kind of an attribute that is the id of something else: the VPC of a subnet.
    pub(super) fn attribute(&self, of: &Type, name: &str, shape: &Shape) -> Option<String> {
        let innermost = shape.innermost();
        let last = name.rsplit('.').next().unwrap_or(name);
        let stated = self.stated(last, innermost);
        let is_text = innermost.kind == Kind::Text;
        let kinds = if stated.is_empty() && is_text { self.by_rule(of, last, shape) } else { stated };
        kinds.first().filter(|_| kinds.len() == 1).cloned()
    }

    /// The kinds that the relations of a shape name.
    fn stated(&self, name: &str, shape: &Shape) -> BTreeSet<String> {
        let believed = shape.relations.iter().filter_map(|relation| {
            let (attribute, kind) = self.giver(relation)?;
            (!relation.mined || is_named_after(name, &relation.target, attribute)).then(|| kind.to_owned())
        });
        believed.collect()
    }

    /// The real attribute behind a relation: `Id` may stand for `VpcId`, or for whatever `Ref` returns.
    fn giver(&self, relation: &'a Relation) -> Option<(&str, &str)> {
        let target = self.types.get(&relation.target)?;
        let suffix = names::words(&relation.attribute).pop().unwrap_or_default().to_ascii_lowercase();
        let exact = target.attributes.contains_key(&relation.attribute).then_some(&relation.attribute);
        let ends_alike =
            |attribute: &&String| names::words(attribute).pop().is_some_and(|last| last.eq_ignore_ascii_case(&suffix));
        let by_suffix =
            || target.attributes.keys().find(|attribute| is_own(target, attribute) && ends_alike(attribute));
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
            rule.types.as_ref().is_none_or(|types| types.is_match(&of.name))
                && rule.except.as_ref().is_none_or(|except| !except.is_match(&of.name))
        };
        let fitting = self.rule_properties.matches(name);
        let mut rules = fitting.iter().map(|at| &self.rules[at]);
        rules.find(applies).map(|rule| rule.kinds.iter().cloned().collect()).unwrap_or_default()
    }

    /// Whether everything the data file speaks of exists.
    pub(super) fn check(&self, used: &BTreeSet<String>, curated: &Curated) -> Result<(), CodegenError> {
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
    pub(super) fn givers(&self, used: &BTreeSet<String>) -> BTreeMap<String, Vec<Relation>> {
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
