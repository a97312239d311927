//! The service specification, read and merged into the model: attributes, `Ref`, ARN templates, tags, relations.
//! What cfn-lint says of the same thing has been read before and is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use serde::Deserialize;

use super::CodegenError;
use super::model::{Definition, Kind, Relation, Shape, TagStyle, Tags, Type, Update};

/// The part of the database that is used.
#[derive(Debug, Deserialize)]
pub(crate) struct ServiceSpec {
    schema: Schema,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Schema {
    resource: Entities<Resource>,
    type_definition: Entities<TypeDefinition>,
}

#[derive(Debug, Deserialize)]
struct Entities<T> {
    entities: Vec<T>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    cloud_formation_type: String,
    #[serde(default)]
    attributes: BTreeMap<String, SpecProperty>,
    #[serde(default)]
    properties: BTreeMap<String, SpecProperty>,
    cfn_ref_identifier: Option<Vec<String>>,
    tag_information: Option<TagInformation>,
    arn_template: Option<String>,
    #[serde(default)]
    is_stateful: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TagInformation {
    tag_property_name: String,
    variant: String,
}

#[derive(Debug, Deserialize)]
struct TypeDefinition {
    #[serde(rename = "$id")]
    id: String,
    #[serde(default)]
    properties: BTreeMap<String, SpecProperty>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SpecProperty {
    r#type: SpecType,
    causes_replacement: Option<String>,
    #[serde(default)]
    relationship_refs: Vec<SpecRelation>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SpecRelation {
    cloud_formation_type: String,
    property_name: String,
}

#[derive(Debug, Deserialize)]
struct SpecType {
    r#type: String,
    element: Option<Box<SpecType>>,
    reference: Option<EntityId>,
}

#[derive(Debug, Deserialize)]
struct EntityId {
    #[serde(rename = "$ref")]
    id: String,
}

/// Reads the database of the unpacked package.
pub(crate) fn read(package: &Path) -> Result<ServiceSpec, CodegenError> {
    let file = package.join("package/db.json.gz");
    let packed = std::fs::read(&file).map_err(|e| CodegenError::io(&file, e))?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed.as_slice())
        .read_to_string(&mut text)
        .map_err(|e| CodegenError::io(&file, e))?;
    serde_json::from_str(&text).map_err(|e| CodegenError::Json(file, e))
}

impl ServiceSpec {
    /// Merges what is known of `types` into them, and gives each its attributes.
    pub(crate) fn merge_into(&self, types: &mut BTreeMap<String, Type>) {
        let nested = self
            .schema
            .type_definition
            .entities
            .iter()
            .map(|definition| (definition.id.as_str(), &definition.properties));
        let lookup = Lookup { nested: nested.collect() };
        let resources: BTreeMap<_, _> = self
            .schema
            .resource
            .entities
            .iter()
            .map(|resource| (resource.cloud_formation_type.as_str(), resource))
            .collect();
        for (name, merged) in types {
            let resource = resources.get(name.as_str()).copied();
            if let Some(resource) = resource {
                lookup.merge(resource, merged);
            }
            if merged.ref_attribute.is_none() {
                merged.ref_attribute = only(&merged.primary_identifier);
            }
            add_attributes(merged, resource.map(|resource| lookup.attributes(resource)).unwrap_or_default());
        }
    }
}

fn only(names: &[String]) -> Option<String> {
    match names {
        [one] if !one.contains('.') => Some(one.clone()),
        _ => None,
    }
}

/// Attributes: what the specification lists, every read-only scalar, and what `Ref` returns.
fn add_attributes(merged: &mut Type, mut listed: BTreeMap<String, Shape>) {
    let mut names: BTreeSet<String> = listed.keys().cloned().collect();
    for path in &merged.read_only {
        names.extend(leaves(merged, path));
    }
    names.extend(merged.ref_attribute.clone());
    for name in names {
        let known = shape_at(merged, &name).filter(|shape| !matches!(shape.innermost().kind, Kind::Object(_))).cloned();
        let mut shape = known.or_else(|| listed.remove(&name)).unwrap_or_else(|| Shape::of(Kind::Text));
        shape.innermost_mut().limits = super::model::Limits::default();
        merged.attributes.insert(name, shape);
    }
}

/// The paths of the scalars and lists of scalars at and below `path`.
fn leaves(of: &Type, path: &str) -> Vec<String> {
    if path.contains('*') {
        return Vec::new();
    }
    let Some(shape) = shape_at(of, path) else { return Vec::new() };
    match &shape.kind {
        Kind::Object(definition) if path.split('.').count() < 5 => {
            let names = of
                .definitions
                .get(definition)
                .map(|definition| definition.properties.keys().cloned().collect::<Vec<_>>());
            names.unwrap_or_default().iter().flat_map(|name| leaves(of, &format!("{path}.{name}"))).collect()
        }
        Kind::List(item) if matches!(item.innermost().kind, Kind::Object(_) | Kind::Json) => Vec::new(),
        Kind::Object(_) | Kind::Map(_) => Vec::new(),
        _ => vec![path.to_owned()],
    }
}

fn shape_at<'a>(of: &'a Type, path: &str) -> Option<&'a Shape> {
    let mut definition = &of.body;
    let mut steps = path.split('.').peekable();
    while let Some(step) = steps.next() {
        let shape = &definition.properties.get(step)?.shape;
        if steps.peek().is_none() {
            return Some(shape);
        }
        let Kind::Object(next) = &shape.kind else { return None };
        definition = of.definitions.get(next)?;
    }
    None
}

struct Lookup<'a> {
    nested: BTreeMap<&'a str, &'a BTreeMap<String, SpecProperty>>,
}

impl<'a> Lookup<'a> {
    fn merge(&self, resource: &'a Resource, merged: &mut Type) {
        merged.arn_template.clone_from(&resource.arn_template);
        merged.stateful = resource.is_stateful;
        if let Some(identifier) = &resource.cfn_ref_identifier {
            merged.ref_attribute = only(identifier);
        }
        merged.tags =
            merged.tags.take().or_else(|| resource.tag_information.as_ref().and_then(|tags| tag_style(tags, merged)));
        for (name, property) in &resource.properties {
            let replaces = property.causes_replacement.as_deref();
            note_replacement(merged, name, replaces);
        }
        let mut work = vec![(None, &resource.properties)];
        let mut seen = BTreeSet::new();
        while let Some((definition, properties)) = work.pop() {
            for (name, property) in properties {
                let next = note_relations(merged, definition.as_deref(), name, property);
                let reference = innermost(&property.r#type).reference.as_ref().map(|reference| reference.id.as_str());
                let (Some(next), Some(reference)) = (next, reference) else { continue };
                if let Some(nested) = self.nested.get(reference).filter(|_| seen.insert((next.clone(), reference))) {
                    work.push((Some(next), nested));
                }
            }
        }
    }

    /// The attributes as listed, objects flattened to paths.
    fn attributes(&self, resource: &Resource) -> BTreeMap<String, Shape> {
        let mut flat = BTreeMap::new();
        for (name, attribute) in &resource.attributes {
            self.flatten(name.clone(), &attribute.r#type, 0, &mut flat);
        }
        flat
    }

    fn flatten(&self, path: String, of: &SpecType, depth: usize, flat: &mut BTreeMap<String, Shape>) {
        let nested = of.reference.as_ref().and_then(|reference| self.nested.get(reference.id.as_str()));
        match nested {
            Some(nested) if depth < 4 => {
                for (name, property) in *nested {
                    self.flatten(format!("{path}.{name}"), &property.r#type, depth + 1, flat);
                }
            }
            Some(_) => {}
            None => flat.extend(scalar(of).map(|shape| (path, shape))),
        }
    }
}

fn scalar(of: &SpecType) -> Option<Shape> {
    let kind = match of.r#type.as_str() {
        "string" | "union" => Kind::Text,
        "integer" => Kind::Integer,
        "number" => Kind::Number,
        "boolean" => Kind::Boolean,
        "json" => Kind::Json,
        "array" => Kind::List(Box::new(scalar(of.element.as_deref()?)?)),
        "map" => Kind::Map(Box::new(scalar(of.element.as_deref()?)?)),
        _ => return None,
    };
    Some(Shape::of(kind))
}

fn innermost(of: &SpecType) -> &SpecType {
    of.element.as_deref().map_or(of, innermost)
}

fn tag_style(tags: &TagInformation, merged: &Type) -> Option<Tags> {
    let settable = merged.body.properties.get(&tags.tag_property_name).is_some_and(|property| !property.read_only);
    let style = match tags.variant.as_str() {
        "standard" => TagStyle::KeyValueList,
        "map" => TagStyle::Map,
        "asg" => TagStyle::AutoScaling,
        _ => return None,
    };
    settable.then(|| Tags { property: tags.tag_property_name.clone(), style })
}

/// A property that cfn-lint has no word on, but whose change replaces, is create-only.
fn note_replacement(merged: &mut Type, name: &str, replaces: Option<&str>) {
    let Some(property) = merged.body.properties.get_mut(name).filter(|property| property.update == Update::InPlace)
    else {
        return;
    };
    let (update, paths) = match replaces {
        Some("yes") => (Update::Replaces, &mut merged.create_only),
        Some("maybe") => (Update::MayReplace, &mut merged.conditional_create_only),
        _ => return,
    };
    property.update = update;
    paths.push(name.to_owned());
    paths.sort();
}

/// Adds the relations of one property where cfn-lint states none; gives the definition it leads to.
fn note_relations(merged: &mut Type, definition: Option<&str>, name: &str, property: &SpecProperty) -> Option<String> {
    let definition: Option<&mut Definition> = match definition {
        None => Some(&mut merged.body),
        Some(name) => merged.definitions.get_mut(name),
    };
    let shape = definition?.properties.get_mut(name)?.shape.innermost_mut();
    if shape.relations.is_empty() && shape.kind == Kind::Text {
        let stated = property.relationship_refs.iter();
        shape.relations =
            stated.map(|relation| Relation::mined(&relation.cloud_formation_type, &relation.property_name)).collect();
    }
    match &shape.kind {
        Kind::Object(next) => Some(next.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codegen::cfn_lint::read_type;

    fn merged() -> Type {
        let schema = serde_json::json!({
            "properties": {
                "Name": {"type": "string"},
                "Owner": {"type": "string"},
                "Endpoint": {"type": "object", "properties": {"Address": {"type": "string"}, "Port": {"type": "integer"}}},
                "Link": {"type": "object", "properties": {"SubnetId": {"type": "string"}}},
            },
            "readOnlyProperties": ["/properties/Endpoint"],
            "primaryIdentifier": ["/properties/Name"],
        });
        let spec: ServiceSpec = serde_json::from_value(serde_json::json!({"schema": {
            "resource": {"entities": [{
                "cloudFormationType": "AWS::Test::Thing",
                "attributes": {"Arn": {"type": {"type": "string"}}},
                "properties": {
                    "Owner": {"type": {"type": "string"}, "causesReplacement": "yes"},
                    "Link": {"type": {"type": "ref", "reference": {"$ref": "7"}}},
                },
            }]},
            "typeDefinition": {"entities": [{"$id": "7", "properties": {
                "SubnetId": {"type": {"type": "string"}, "relationshipRefs": [{"cloudFormationType": "AWS::EC2::Subnet", "propertyName": "SubnetId"}]},
            }}]},
        }})).unwrap();
        let mut types = BTreeMap::from([("AWS::Test::Thing".to_owned(), read_type("AWS::Test::Thing", &schema))]);
        spec.merge_into(&mut types);
        types.remove("AWS::Test::Thing").unwrap()
    }

    #[test]
    fn attributes_are_listed_ones_read_only_leaves_and_what_ref_returns() {
        let names: Vec<_> = merged().attributes.into_keys().collect();
        assert_eq!(names, ["Arn", "Endpoint.Address", "Endpoint.Port", "Name"]);
    }

    #[test]
    fn replacement_and_nested_relations_come_from_the_specification() {
        let merged = merged();
        assert_eq!(merged.body.properties["Owner"].update, Update::Replaces);
        let link = &merged.definitions["Thing.Link"].properties["SubnetId"].shape;
        assert_eq!(link.relations, [Relation::mined("AWS::EC2::Subnet", "SubnetId")]);
    }
}
