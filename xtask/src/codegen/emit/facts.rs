//! The facts of one service: a line for each type, its name and a compact document.

use std::collections::BTreeMap;
use std::fmt::Write;

use ironwright_core::facts::{Form, Shape as Facts, TagFacts, TypeFacts};

use crate::codegen::CodegenError;
use crate::codegen::model::{Definition, Kind, Shape, TagStyle, Type};
use crate::codegen::patterns::Patterns;
use crate::codegen::relations::Relations;

/// The text of a `.facts` file.
pub(crate) fn write(types: &[&Type], relations: &Relations, patterns: &mut Patterns) -> Result<String, CodegenError> {
    let mut out = String::new();
    for of in types {
        let document = Writer { of, relations, patterns }.facts();
        let json = serde_json::to_string(&document).map_err(|e| CodegenError::Json(of.name.clone().into(), e))?;
        let _ = writeln!(out, "{}\t{json}", of.name);
    }
    Ok(out)
}

struct Writer<'a> {
    of: &'a Type,
    relations: &'a Relations,
    patterns: &'a mut Patterns,
}

impl Writer<'_> {
    fn facts(&mut self) -> TypeFacts {
        let of = self.of;
        let (exactly_one, at_least_one) = groups(&of.body);
        TypeFacts {
            type_name: of.name.clone(),
            properties: self.properties(None, &of.body),
            definitions: of
                .definitions
                .iter()
                .map(|(key, definition)| (key.clone(), self.object(key, definition)))
                .collect(),
            required: of.body.required.clone(),
            required_xor: exactly_one,
            required_or: at_least_one,
            dependent_required: of.body.dependent_required.clone(),
            dependent_excluded: of.body.dependent_excluded.clone(),
            create_only: of.create_only.clone(),
            conditional_create_only: of.conditional_create_only.clone(),
            read_only: of.read_only.clone(),
            write_only: of.write_only.clone(),
            primary_identifier: of.primary_identifier.clone(),
            additional_identifiers: of.additional_identifiers.clone(),
            ref_attribute: of.ref_attribute.clone(),
            attributes: self.attributes(),
            tags: of
                .tags
                .as_ref()
                .map(|tags| TagFacts { property: tags.property.clone(), map: tags.style == TagStyle::Map }),
            arn: of.arn_template.clone(),
            open: of.body.open,
            immutable: of.immutable,
            delete_before_create: of.delete_before_create,
            stateful: of.stateful,
            // The sources say nothing of these.
            sensitive: Vec::new(),
            moved_by_updates: Vec::new(),
            by_hand: None,
        }
    }

    fn attributes(&mut self) -> BTreeMap<String, Facts> {
        let of = self.of;
        let attribute = |(name, shape): (&String, &Shape)| {
            let relation = self.relations.of_attribute(&of.name, name);
            (name.clone(), self.shape(shape, relation))
        };
        of.attributes.iter().map(attribute).collect()
    }

    fn object(&mut self, key: &str, definition: &Definition) -> Facts {
        let (exactly_one, at_least_one) = groups(definition);
        Facts {
            form: Form::Object,
            properties: self.properties(Some(key), definition),
            required: definition.required.clone(),
            required_xor: exactly_one,
            required_or: at_least_one,
            dependent_required: definition.dependent_required.clone(),
            dependent_excluded: definition.dependent_excluded.clone(),
            open: definition.open,
            ..Facts::default()
        }
    }

    fn properties(&mut self, key: Option<&str>, definition: &Definition) -> BTreeMap<String, Facts> {
        let of = self.of;
        let one = |(name, property): (&String, &crate::codegen::model::Property)| {
            let relation = self.relations.of_property(&of.name, key, name);
            (name.clone(), self.shape(&property.shape, relation))
        };
        definition.properties.iter().map(one).collect()
    }

    fn shape(&mut self, shape: &Shape, relation: Option<&str>) -> Facts {
        let limits = &shape.limits;
        let (form, items) = match &shape.kind {
            Kind::Text => (Form::Text, None),
            Kind::Integer => (Form::Integer, None),
            Kind::Number => (Form::Number, None),
            Kind::Boolean => (Form::Boolean, None),
            Kind::Json => (Form::Json, None),
            Kind::List(item) => (Form::List, Some(self.shape(item, relation))),
            Kind::Map(item) => (Form::Map, Some(self.shape(item, relation))),
            Kind::Object(key) => (Form::Definition(key.clone()), None),
        };
        let bounds = if form == Form::List { limits.items } else { limits.length };
        Facts {
            allowed: limits.allowed.clone(),
            ignore_case: limits.any_case,
            known: limits.known.clone(),
            pattern: limits.pattern.as_deref().and_then(|pattern| self.patterns.compiled(&self.of.name, pattern)),
            minimum: limits.range.0.as_ref().and_then(serde_json::Number::as_f64),
            maximum: limits.range.1.as_ref().and_then(serde_json::Number::as_f64),
            shortest: bounds.0.filter(|shortest| *shortest > 0),
            longest: bounds.1,
            unique: limits.unique,
            unordered: limits.unordered,
            items: items.map(Box::new),
            default: limits.default.clone(),
            format: limits.format.clone(),
            relations: relation
                .filter(|_| form == Form::Text)
                .map(|kind| self.relations.targets(kind))
                .unwrap_or_default(),
            form,
            ..Facts::default()
        }
    }
}

/// The rules between sets of properties as groups of single ones, where they can be said so.
fn groups(definition: &Definition) -> (Vec<Vec<String>>, Vec<Vec<String>>) {
    (group(&definition.one_of), group(&definition.any_of))
}

/// What is common to all sets is left out; the rest must be one property each.
fn group(sets: &[Vec<String>]) -> Vec<Vec<String>> {
    let differing = sets.iter().map(|set| {
        let mut own = set.iter().filter(|name| !sets.iter().all(|other| other.contains(name)));
        match (own.next(), own.next()) {
            (Some(one), None) => Some(one.clone()),
            _ => None,
        }
    });
    differing.collect::<Option<Vec<_>>>().filter(|group| group.len() > 1).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_that_differ_in_one_property_are_a_group() {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(group(&[set(&["Name", "Version"]), set(&["Id", "Version"])]), [set(&["Name", "Id"])]);
        assert!(group(&[set(&["A", "B"]), set(&["C"])]).is_empty());
        assert!(group(&[]).is_empty());
    }
}
