//! Values known today of properties that AWS adds values to all the time, such as instance types: cfn-lint keeps them by
//! region, beside the schemas. Which list is whose is in `data/known_values.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::{names, with_property};
use crate::codegen::model::Type;
use crate::codegen::{CodegenError, read_json};

const FILE: &str = "known_values.toml";
const DATA: &str = include_str!("../../../data/known_values.toml");

#[derive(Debug, Deserialize)]
struct Data {
    list: Vec<List>,
}

/// One list of values, and the properties that take them.
#[derive(Debug, Deserialize)]
struct List {
    /// Below cfn-lint's `schemas/extensions`.
    file: String,
    /// `AWS::EC2::Instance.InstanceType`; through nested objects by more dots.
    properties: Vec<String>,
    #[expect(dead_code, reason = "for the reader of the data file; a list without one does not parse")]
    reason: String,
}

/// Gives the properties of `types` the values known of them. A list without values and a property that is not there are
/// errors: the data file has to follow the packages.
pub(crate) fn known_values(package: &Path, types: &mut BTreeMap<String, Type>) -> Result<(), CodegenError> {
    let data: Data = toml::from_str(DATA).map_err(|e| CodegenError::Data(FILE, e.to_string()))?;
    for list in &data.list {
        let read: Value = read_json(&package.join("cfnlint/data/schemas/extensions").join(&list.file))?;
        let values = values(&read);
        if values.is_empty() || values.iter().any(|value| value.contains(char::is_whitespace)) {
            return Err(CodegenError::Data(FILE, format!("`{}` is no list of words", list.file)));
        }
        for property in &list.properties {
            if !give(types, property, &values) {
                return Err(CodegenError::Data(FILE, format!("`{property}` is no text property")));
            }
        }
    }
    Ok(())
}

/// The values of all regions, and of all cases where a rule tells some apart, sorted.
fn values(list: &Value) -> BTreeSet<String> {
    match list {
        Value::Object(entries) => {
            let of_entry = |(key, value): (&String, &Value)| match key.as_str() {
                "if" => BTreeSet::new(),
                "enum" => names(value).into_iter().collect(),
                _ => values(value),
            };
            entries.iter().flat_map(of_entry).collect()
        }
        Value::Array(cases) => cases.iter().flat_map(values).collect(),
        _ => BTreeSet::new(),
    }
}

fn give(types: &mut BTreeMap<String, Type>, property: &str, values: &BTreeSet<String>) -> bool {
    let Some((type_name, path)) = property.split_once('.') else { return false };
    let Some(of) = types.get_mut(type_name) else { return false };
    let mut given = false;
    with_property(of, path, |property| {
        given = property.shape.kind == super::Kind::Text;
        property.shape.limits.known = values.iter().cloned().collect();
    });
    given
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_those_of_all_regions_and_cases_but_not_of_conditions() {
        let by_region =
            json!({"description": "d", "us-east-1": {"enum": ["b", "a"]}, "eu-west-1": {"enum": ["c", "a"]}});
        assert_eq!(Vec::from_iter(values(&by_region)), ["a", "b", "c"]);
        let by_case = json!({"us-east-1": {"allOf": [
            {"if": {"properties": {"Engine": {"enum": ["mysql"]}}}, "then": {"properties": {"Class": {"enum": ["z"]}}}}]}});
        assert_eq!(Vec::from_iter(values(&by_case)), ["z"]);
    }

    #[test]
    fn values_reach_nested_properties_and_miss_what_is_not_there() {
        let schema = json!({
            "properties": {"Data": {"$ref": "#/definitions/Data"}},
            "definitions": {"Data": {"type": "object", "properties": {"Size": {"type": "string"}, "Count": {"type": "integer"}}}},
        });
        let mut types: BTreeMap<_, _> = [("T".to_owned(), super::super::read_type("AWS::X::T", &schema))].into();
        let values = ["a".to_owned()].into();
        assert!(give(&mut types, "T.Data.Size", &values));
        assert_eq!(types["T"].definitions["Data"].properties["Size"].shape.limits.known, ["a"]);
        assert!(!give(&mut types, "T.Data.Sise", &values) && !give(&mut types, "T.Data.Count", &values));
        assert!(!give(&mut types, "U.Size", &values));
    }
}
