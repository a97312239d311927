//! cfn-lint's schemas, read into the model: properties, definitions, limits, paths, identifiers and tags.
//! What the other package adds is merged in elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

use super::CodegenError;
use super::model::{Definition, Kind, Property, Shape, TagStyle, Tags, Type, Update};

mod constraints;
mod known;

use constraints::{limits, relations, rules};
pub(crate) use known::known_values;

type Object = Map<String, Value>;

/// The schema of every type in any region, `us-east-1` preferred, by type name.
pub(crate) fn schemas(package: &Path) -> Result<BTreeMap<String, Value>, CodegenError> {
    let data = package.join("cfnlint/data/schemas");
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for region in regions(&data.join("providers"))? {
        let types: BTreeMap<String, String> = super::read_json(&region)?;
        for (name, file) in types {
            files.entry(name).or_insert(file);
        }
    }
    let read = |(name, file)| Ok((name, super::read_json(&data.join("resources").join(format!("{file}.json")))?));
    files.into_iter().map(read).collect()
}

fn regions(folder: &Path) -> Result<Vec<std::path::PathBuf>, CodegenError> {
    let entries = fs::read_dir(folder).map_err(|e| CodegenError::io(folder, e))?;
    let mut files: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort_by_key(|file| (!file.ends_with("us-east-1.json"), file.clone()));
    Ok(files)
}

/// The type that one schema describes.
pub(crate) fn read_type(name: &str, schema: &Value) -> Type {
    let empty = Object::new();
    let root = schema.as_object().unwrap_or(&empty);
    let definitions = root.get("definitions").and_then(Value::as_object).unwrap_or(&empty);
    let mut reader = Reader { root, definitions, done: BTreeMap::new(), open: BTreeSet::new() };
    let body = reader.definition(root, super::model::short_name(name));
    let mut read = Type {
        name: name.to_owned(),
        body,
        definitions: reader.done,
        create_only: paths(root, "createOnlyProperties"),
        conditional_create_only: paths(root, "conditionalCreateOnlyProperties"),
        read_only: paths(root, "readOnlyProperties"),
        write_only: paths(root, "writeOnlyProperties"),
        primary_identifier: paths_in_order(root, "primaryIdentifier"),
        additional_identifiers: identifiers(root),
        immutable: is_immutable(root),
        delete_before_create: text(root, "replacementStrategy") == Some("delete_then_create"),
        ..Type::default()
    };
    read.tags = tags(root, &read);
    mark(&mut read);
    for path in paths(root, "deprecatedProperties") {
        with_property(&mut read, &path, |property| property.deprecated = true);
    }
    read
}

/// A type is immutable if it has handlers but none for updates.
fn is_immutable(root: &Object) -> bool {
    root.get("handlers").and_then(Value::as_object).is_some_and(|handlers| !handlers.contains_key("update"))
}

fn identifiers(root: &Object) -> Vec<Vec<String>> {
    let all = root.get("additionalIdentifiers").and_then(Value::as_array).cloned().unwrap_or_default();
    all.iter()
        .filter_map(Value::as_array)
        .map(|set| set.iter().filter_map(Value::as_str).map(dotted).collect())
        .collect()
}

fn paths(root: &Object, key: &str) -> Vec<String> {
    let set: BTreeSet<String> = paths_in_order(root, key).into_iter().collect();
    set.into_iter().collect()
}

/// The parts of a compound identifier are joined in AWS's order, so it is kept.
fn paths_in_order(root: &Object, key: &str) -> Vec<String> {
    let all = root.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    all.iter().filter_map(Value::as_str).map(dotted).collect()
}

/// `/properties/Endpoint/Address` is `Endpoint.Address`.
fn dotted(pointer: &str) -> String {
    let parts = pointer.trim_start_matches('/').split('/').filter(|part| *part != "properties");
    parts.map(|part| if part == "items" { "*" } else { part }).collect::<Vec<_>>().join(".")
}

fn tags(root: &Object, of: &Type) -> Option<Tags> {
    let tagging = root.get("tagging").and_then(Value::as_object);
    if tagging.is_some_and(|tagging| tagging.get("taggable") == Some(&Value::Bool(false))) {
        return None;
    }
    let property = tagging.and_then(|tagging| text(tagging, "tagProperty")).map_or_else(|| "Tags".to_owned(), dotted);
    let style = tag_style(&of.body.properties.get(&property)?.shape, of)?;
    Some(Tags { property, style })
}

fn tag_style(shape: &Shape, of: &Type) -> Option<TagStyle> {
    match &shape.kind {
        Kind::Map(_) | Kind::Json => Some(TagStyle::Map),
        Kind::List(item) => {
            let Kind::Object(definition) = &item.kind else { return None };
            let properties = &of.definitions.get(definition)?.properties;
            let is_tag = properties.contains_key("Key") && properties.contains_key("Value");
            match (is_tag, properties.contains_key("PropagateAtLaunch")) {
                (true, true) => Some(TagStyle::AutoScaling),
                (true, false) => Some(TagStyle::KeyValueList),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Writes what the paths say onto the properties they lead to.
fn mark(read: &mut Type) {
    for path in read.read_only.clone() {
        with_property(read, &path, |property| property.read_only = true);
    }
    for path in read.conditional_create_only.clone() {
        with_property(read, &path, |property| property.update = Update::MayReplace);
    }
    for path in read.create_only.clone() {
        with_property(read, &path, |property| property.update = Update::Replaces);
    }
    let immutable = read.immutable;
    let definitions = read.definitions.values_mut().chain([&mut read.body]);
    for definition in definitions {
        let properties = &definition.properties;
        definition.required.retain(|name| properties.get(name).is_some_and(|property| !property.read_only));
    }
    if immutable {
        read.body.properties.values_mut().for_each(|property| property.update = Update::Replaces);
    }
}

fn with_property(read: &mut Type, path: &str, change: impl FnOnce(&mut Property)) {
    let mut steps: Vec<&str> = path.split('.').filter(|step| *step != "*").collect();
    let Some(last) = steps.pop() else { return };
    let mut at: Option<String> = None;
    for step in steps {
        let definition = match &at {
            None => Some(&read.body),
            Some(name) => read.definitions.get(name),
        };
        let Some(property) = definition.and_then(|definition| definition.properties.get(step)) else { return };
        let Kind::Object(next) = &property.shape.innermost().kind else { return };
        at = Some(next.clone());
    }
    let definition = match &at {
        None => Some(&mut read.body),
        Some(name) => read.definitions.get_mut(name),
    };
    if let Some(property) = definition.and_then(|definition| definition.properties.get_mut(last)) {
        change(property);
    }
}

/// Reads the objects of one schema, each once.
struct Reader<'a> {
    root: &'a Object,
    definitions: &'a Object,
    done: BTreeMap<String, Definition>,
    /// References that are being followed, so that a scalar or list that contains itself ends.
    open: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    fn definition(&mut self, schema: &'a Object, name: &str) -> Definition {
        let open = schema.get("additionalProperties") == Some(&Value::Bool(true));
        let mut definition = Definition { open, ..Definition::default() };
        self.properties_into(schema, name, &mut definition);
        definition.required = required(schema);
        for branch in branches(schema, &["oneOf", "anyOf", "allOf"]) {
            self.properties_into(branch, name, &mut definition);
        }
        rules(schema, &mut definition);
        definition
    }

    /// Adds the properties of `schema` that are not there yet.
    fn properties_into(&mut self, schema: &'a Object, owner: &str, definition: &mut Definition) {
        if let Some(target) =
            text(schema, "$ref").and_then(|reference| self.resolve(reference)).filter(|_| self.open.len() < 16)
        {
            let reference = text(schema, "$ref").unwrap_or_default().to_owned();
            if self.open.insert(reference.clone()) {
                self.properties_into(target, owner, definition);
                self.open.remove(&reference);
            }
        }
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
        for (name, schema) in properties {
            let Some(schema) = schema.as_object() else { continue };
            if !definition.properties.contains_key(name) {
                let shape = self.shape(schema, owner, name);
                let property = Property { shape, read_only: false, deprecated: false, update: Update::InPlace };
                definition.properties.insert(name.clone(), property);
            }
        }
    }

    fn resolve(&self, reference: &str) -> Option<&'a Object> {
        let (folder, name) = reference.strip_prefix("#/")?.split_once('/')?;
        let folder = if folder == "definitions" {
            Some(self.definitions)
        } else {
            self.root.get(folder).and_then(Value::as_object)
        };
        folder?.get(name)?.as_object()
    }

    fn shape(&mut self, schema: &'a Object, owner: &str, name: &str) -> Shape {
        if let Some(reference) = text(schema, "$ref") {
            return self.referenced(reference, owner, name);
        }
        if let Some(inherited) = array(schema, "allOf").iter().find_map(|part| text(part.as_object()?, "$ref")) {
            return self.referenced(inherited, owner, name);
        }
        let kind = self.kind(schema, owner, name);
        let mut shape = Shape { limits: limits(schema, &kind), relations: Vec::new(), kind };
        let relations = relations(schema);
        if !relations.is_empty() {
            shape.innermost_mut().relations = relations;
        }
        shape
    }

    fn referenced(&mut self, reference: &str, owner: &str, name: &str) -> Shape {
        let Some(target) = self.resolve(reference) else { return Shape::of(Kind::Json) };
        let own_name = reference.rsplit('/').next().unwrap_or(name);
        if is_object(target) {
            return Shape::of(self.object(target, own_name, own_name));
        }
        if !self.open.insert(reference.to_owned()) {
            return Shape::of(Kind::Json);
        }
        let shape = self.shape(target, owner, own_name);
        self.open.remove(reference);
        shape
    }

    fn kind(&mut self, schema: &'a Object, owner: &str, name: &str) -> Kind {
        if is_object(schema) {
            return self.object(schema, &format!("{owner}.{name}"), name);
        }
        if let Some(items) = schema.get("items").and_then(Value::as_object) {
            return Kind::List(Box::new(self.shape(items, owner, name)));
        }
        match &types(schema)[..] {
            ["array"] => Kind::List(Box::new(Shape::of(Kind::Json))),
            ["string"] => Kind::Text,
            ["integer"] | ["integer", "string"] => Kind::Integer,
            ["number"] | ["number", "string"] => Kind::Number,
            ["boolean"] | ["boolean", "null" | "string"] => Kind::Boolean,
            ["object"] | [] => self.map_or_untyped(schema, owner, name),
            _ => Kind::Json,
        }
    }

    fn map_or_untyped(&mut self, schema: &'a Object, owner: &str, name: &str) -> Kind {
        if let Some(item) =
            schema.get("patternProperties").and_then(Value::as_object).and_then(|patterns| patterns.values().next())
        {
            let item = item.as_object().filter(|item| !item.is_empty());
            return item.map_or(Kind::Json, |item| Kind::Map(Box::new(self.shape(item, owner, name))));
        }
        if let Some(item) =
            schema.get("additionalProperties").and_then(Value::as_object).filter(|item| !item.is_empty())
        {
            return Kind::Map(Box::new(self.shape(item, owner, name)));
        }
        if !types(schema).is_empty() {
            return Kind::Json;
        }
        let branch = branches(schema, &["oneOf", "anyOf"]).into_iter().next();
        if let Some(branch) = branch.filter(|_| self.open.len() < 16) {
            return self.shape(branch, owner, name).kind;
        }
        let is_text = ["enum", "format", "pattern", "maxLength"].iter().any(|key| schema.contains_key(*key));
        if is_text && text(schema, "format") != Some("json") { Kind::Text } else { Kind::Json }
    }

    /// An object under `key`; one without any property is a free document.
    fn object(&mut self, schema: &'a Object, key: &str, name: &str) -> Kind {
        let key = if self.is_other_definition(schema, key) { format!("{key}.Inline") } else { key.to_owned() };
        if !self.done.contains_key(&key) {
            self.done.insert(key.clone(), Definition::default());
            let definition = self.definition(schema, name);
            self.done.insert(key.clone(), definition);
        }
        Kind::Object(key)
    }

    /// Whether the facts have another definition under this very key.
    fn is_other_definition(&self, schema: &Object, key: &str) -> bool {
        self.definitions.get(key).and_then(Value::as_object).is_some_and(|other| !std::ptr::eq(other, schema))
    }
}

/// Whether a schema has named properties, its own or those of its branches.
fn is_object(schema: &Object) -> bool {
    let named = |schema: &Object| {
        schema.get("properties").and_then(Value::as_object).is_some_and(|properties| !properties.is_empty())
    };
    let may_be = types(schema).is_empty() || types(schema) == ["object"];
    may_be && (named(schema) || branches(schema, &["oneOf", "anyOf", "allOf"]).into_iter().any(named))
}

fn branches<'a>(schema: &'a Object, keys: &[&str]) -> Vec<&'a Object> {
    keys.iter().flat_map(|key| array(schema, key)).filter_map(Value::as_object).collect()
}

fn array<'a>(schema: &'a Object, key: &str) -> &'a [Value] {
    schema.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn text<'a>(schema: &'a Object, key: &str) -> Option<&'a str> {
    schema.get(key).and_then(Value::as_str)
}

/// The types of a schema, sorted.
fn types(schema: &Object) -> Vec<&str> {
    let mut types = match schema.get("type") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    types.sort_unstable();
    types
}

fn names(value: &Value) -> Vec<String> {
    value
        .as_array()
        .map(|names| names.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        .unwrap_or_default()
}

fn required(schema: &Object) -> Vec<String> {
    schema.get("required").map(names).unwrap_or_default()
}

#[cfg(test)]
mod tests;
