//! The nested types and enumerated strings of one service: which are the same, and what each is called.
//!
//! Two nested types are one if they have the same name and, all the way down, the same properties. Of several shapes with
//! one name, the one that most resources use keeps it, if it is at least three; the others get their owner's name in front.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Definition, Kind, Shape, Type, short_name};
use super::names;
use super::relations::Relations;

/// Property names that say too little to name an enum alone.
const GENERIC: &[&str] = &[
    "Action", "Effect", "Format", "Key", "Level", "Method", "Mode", "Name", "Operator", "Scope", "Source", "State",
    "Status", "Type", "Unit", "Value", "Version",
];

/// More values than this are a list, not an enum.
const MOST_VARIANTS: usize = 120;

/// A nested type of a type: type name and key of the definition.
type NestedKey = (String, String);

/// The owner of an enum (a type, or a nested type of it) and the property.
type EnumKey = (String, Option<String>, String);

/// The names of a service's nested types and enums.
#[derive(Debug, Default)]
pub(crate) struct Nested {
    names: BTreeMap<NestedKey, String>,
    enum_names: BTreeMap<EnumKey, String>,
    /// One definition for each name, with the type it was found in.
    pub(crate) types: BTreeMap<String, NestedKey>,
    /// The values of each enum, with the properties that take it.
    pub(crate) enums: BTreeMap<String, Enum>,
}

/// An enumerated string.
#[derive(Debug, Default)]
pub(crate) struct Enum {
    pub(crate) values: Vec<String>,
    pub(crate) property: String,
}

impl Nested {
    /// Names everything nested in the settable properties of `types`, which all belong to one service.
    pub(crate) fn of(types: &[&Type], relations: &Relations, reserved: &BTreeSet<String>) -> Self {
        let mut taken = reserved.clone();
        for of in types {
            let name = names::pascal(short_name(&of.name));
            taken.extend([format!("{name}Attributes"), format!("{name}Builder"), name]);
        }
        let nodes: Vec<NestedKey> = types.iter().flat_map(|of| reachable(of)).collect();
        let by_name: BTreeMap<&str, &Type> = types.iter().map(|of| (of.name.as_str(), *of)).collect();
        let classes = classes(&nodes, &by_name, relations);
        let mut nested = Self::default();
        nested.name_types(&nodes, &classes, &mut taken);
        nested.name_enums(types, relations, &mut taken);
        nested
    }

    /// The name of a nested type.
    pub(crate) fn type_name(&self, of: &Type, definition: &str) -> &str {
        self.names.get(&(of.name.clone(), definition.to_owned())).map_or("Json", String::as_str)
    }

    /// The name of the enum that a property takes.
    pub(crate) fn enum_name(&self, of: &Type, definition: Option<&str>, property: &str) -> Option<&str> {
        self.enum_names.get(&(of.name.clone(), definition.map(str::to_owned), property.to_owned())).map(String::as_str)
    }

    fn name_types(&mut self, nodes: &[NestedKey], classes: &[usize], taken: &mut BTreeSet<String>) {
        let mut members: BTreeMap<(String, usize), Vec<&NestedKey>> = BTreeMap::new();
        for (node, class) in nodes.iter().zip(classes) {
            members.entry((preferred(&node.1), *class)).or_default().push(node);
        }
        let mut wanted: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for ((name, _), nodes) in &members {
            wanted.entry(name).or_default().push(nodes.len());
        }
        for ((plain, _), nodes) in &members {
            let owned = format!("{}{plain}", names::pascal(short_name(&nodes[0].0)));
            let name = claim(keeps_name(nodes.len(), &wanted[plain.as_str()]).then_some(plain), &owned, taken);
            taken.insert(format!("{name}Builder"));
            self.types.insert(name.clone(), nodes[0].clone());
            for node in nodes {
                self.names.insert((*node).clone(), name.clone());
            }
        }
    }

    fn name_enums(&mut self, types: &[&Type], relations: &Relations, taken: &mut BTreeSet<String>) {
        let mut sets: BTreeMap<String, BTreeMap<Vec<String>, Vec<EnumKey>>> = BTreeMap::new();
        for of in types {
            for (definition, body) in self.bodies(of) {
                for (property, values) in enums_of(of, definition, body, relations) {
                    let key = (of.name.clone(), definition.map(str::to_owned), property.clone());
                    sets.entry(names::pascal(&property)).or_default().entry(values).or_default().push(key);
                }
            }
        }
        for (plain, sets) in sets {
            let alone = sets.len() == 1 && !GENERIC.contains(&plain.as_str());
            for (values, keys) in sets {
                if alone {
                    let owned = self.owner(&keys[0]) + &plain;
                    self.add_enum(claim(Some(&plain), &owned, taken), &values, &keys);
                    continue;
                }
                let mut by_owner: BTreeMap<String, Vec<EnumKey>> = BTreeMap::new();
                for key in keys {
                    by_owner.entry(self.owner(&key)).or_default().push(key);
                }
                for (owner, keys) in by_owner {
                    self.add_enum(claim(None, &(owner + &plain), taken), &values, &keys);
                }
            }
        }
    }

    fn add_enum(&mut self, name: String, values: &[String], keys: &[EnumKey]) {
        for key in keys {
            self.enum_names.insert(key.clone(), name.clone());
        }
        self.enums.insert(name, Enum { values: values.to_vec(), property: keys[0].2.clone() });
    }

    /// The name of the struct that a property sits in.
    fn owner(&self, (type_name, definition, _): &EnumKey) -> String {
        let nested =
            definition.as_ref().and_then(|definition| self.names.get(&(type_name.clone(), definition.clone())));
        nested.cloned().unwrap_or_else(|| names::pascal(short_name(type_name)))
    }

    /// The body of a type, and of those of its nested types that stand for their class.
    fn bodies<'a>(&self, of: &'a Type) -> Vec<(Option<&'a str>, &'a Definition)> {
        let nested =
            of.definitions.iter().filter(|(key, _)| self.names.contains_key(&(of.name.clone(), (*key).clone())));
        [(None, &of.body)].into_iter().chain(nested.map(|(key, definition)| (Some(key.as_str()), definition))).collect()
    }
}

/// Whether a shape with `members` keeps the plain name: it is the only one that wants it, or by far the most common.
fn keeps_name(members: usize, all: &[usize]) -> bool {
    all.len() == 1 || (members >= 3 && all.iter().filter(|other| **other >= members).count() == 1)
}

/// The first name that is free: the plain one, the owned one, that as a property, or with a number.
fn claim(plain: Option<&str>, owned: &str, taken: &mut BTreeSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{owned}{number}"));
    let property = format!("{owned}Property");
    let mut candidates = plain.into_iter().chain([owned, &property]).map(str::to_owned).chain(numbered);
    let name = candidates.find(|name| !taken.contains(name)).expect("the candidates never end");
    taken.insert(name.clone());
    name
}

fn preferred(key: &str) -> String {
    names::pascal(key.trim_end_matches(".Inline").rsplit('.').next().unwrap_or(key))
}

/// The nested types that the settable properties of a type lead to.
fn reachable(of: &Type) -> BTreeSet<NestedKey> {
    let mut found = BTreeSet::new();
    let mut work = vec![&of.body];
    while let Some(definition) = work.pop() {
        for property in definition.properties.values().filter(|property| !property.read_only) {
            let Kind::Object(key) = &property.shape.innermost().kind else { continue };
            let Some(next) = of.definitions.get(key) else { continue };
            if found.insert((of.name.clone(), key.clone())) {
                work.push(next);
            }
        }
    }
    found
}

/// A class for each node, equal where nodes are one type: refined until nothing splits any more.
fn classes(nodes: &[NestedKey], types: &BTreeMap<&str, &Type>, relations: &Relations) -> Vec<usize> {
    let index: BTreeMap<&NestedKey, usize> = nodes.iter().zip(0..).collect();
    let mut classes = number(nodes.iter().map(|node| preferred(&node.1)));
    loop {
        let signature = |(at, node): (usize, &NestedKey)| {
            let of = types[node.0.as_str()];
            let properties = of.definitions[&node.1].properties.iter().filter(|(_, property)| !property.read_only);
            let class_of =
                |key: &str| index.get(&(of.name.clone(), key.to_owned())).map_or(usize::MAX, |at| classes[*at]);
            let all: Vec<String> = properties
                .map(|(name, property)| {
                    let kind = relations.of_property(&of.name, Some(&node.1), name).map(str::to_owned);
                    format!("{name}:{}", kind_signature(&property.shape, kind, &class_of))
                })
                .collect();
            (classes[at], all.join(";"), of.definitions[&node.1].required.join(","))
        };
        let refined = number(nodes.iter().enumerate().map(signature));
        let count = |classes: &[usize]| classes.iter().collect::<BTreeSet<_>>().len();
        if count(&refined) == count(&classes) {
            return classes;
        }
        classes = refined;
    }
}

fn kind_signature(shape: &Shape, relation: Option<String>, class_of: &dyn Fn(&str) -> usize) -> String {
    match &shape.kind {
        Kind::List(item) => format!("[{}]", kind_signature(item, relation, class_of)),
        Kind::Map(item) => format!("{{{}}}", kind_signature(item, relation, class_of)),
        Kind::Object(key) => format!("#{}", class_of(key)),
        Kind::Text => relation.unwrap_or_else(|| format!("text{:?}", shape.limits.allowed)),
        other => format!("{other:?}"),
    }
}

/// A small number for each distinct item.
fn number<T: Ord>(items: impl Iterator<Item = T>) -> Vec<usize> {
    let mut numbers = BTreeMap::new();
    items
        .map(|item| {
            let next = numbers.len();
            *numbers.entry(item).or_insert(next)
        })
        .collect()
}

/// The settable properties of a body that take an enumerated string, with its values.
fn enums_of(
    of: &Type,
    definition: Option<&str>,
    body: &Definition,
    relations: &Relations,
) -> Vec<(String, Vec<String>)> {
    let settable = body.properties.iter().filter(|(_, property)| !property.read_only);
    settable
        .filter_map(|(name, property)| {
            let shape = property.shape.innermost();
            let is_enum = shape.kind == Kind::Text && (1..=MOST_VARIANTS).contains(&shape.limits.allowed.len());
            (is_enum && relations.of_property(&of.name, definition, name).is_none())
                .then(|| (name.clone(), shape.limits.allowed.clone()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codegen::cfn_lint::read_type;

    fn two_types(first: &serde_json::Value, second: &serde_json::Value) -> [Type; 2] {
        [("AWS::T::One", first), ("AWS::T::Two", second)].map(|(name, rule)| {
            let schema = serde_json::json!({
                "properties": {"Rule": {"$ref": "#/definitions/Rule"}},
                "definitions": {"Rule": {"type": "object", "properties": rule}},
            });
            read_type(name, &schema)
        })
    }

    fn names_of(types: &[Type; 2]) -> Vec<String> {
        let all: Vec<&Type> = types.iter().collect();
        Nested::of(&all, &Relations::default(), &BTreeSet::new()).types.into_keys().collect()
    }

    #[test]
    fn same_name_and_shape_are_one_type() {
        let rule = serde_json::json!({"Port": {"type": "integer"}});
        assert_eq!(names_of(&two_types(&rule, &rule)), ["Rule"]);
    }

    #[test]
    fn same_name_and_other_shape_get_their_owners_name() {
        let types = two_types(
            &serde_json::json!({"Port": {"type": "integer"}}),
            &serde_json::json!({"Port": {"type": "string"}}),
        );
        assert_eq!(names_of(&types), ["OneRule", "TwoRule"]);
    }

    #[test]
    fn the_most_common_shape_keeps_the_plain_name() {
        assert!(keeps_name(1, &[1]));
        assert!(keeps_name(3, &[3, 2]));
        assert!(!keeps_name(2, &[2, 1]));
        assert!(!keeps_name(3, &[3, 3]));
    }

    #[test]
    fn types_that_contain_themselves_are_compared_all_the_way_down() {
        let tree = serde_json::json!({"And": {"type": "array", "items": {"$ref": "#/definitions/Rule"}}});
        assert_eq!(names_of(&two_types(&tree, &tree)), ["Rule"]);
    }

    #[test]
    fn enums_with_a_name_that_says_little_get_their_owners_name() {
        let state = serde_json::json!({"Status": {"type": "string", "enum": ["On", "Off"]}, "Tenancy": {"type": "string", "enum": ["default"]}});
        let types = two_types(&state, &state);
        let all: Vec<&Type> = types.iter().collect();
        let enums: Vec<_> = Nested::of(&all, &Relations::default(), &BTreeSet::new()).enums.into_keys().collect();
        assert_eq!(enums, ["RuleStatus", "Tenancy"]);
    }
}
