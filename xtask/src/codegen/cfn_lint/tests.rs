//! Types read from schemas written inline.

use super::*;
use crate::codegen::model::Relation;

fn read(schema: &Value) -> Type {
    read_type("AWS::Test::Thing", schema)
}

#[test]
fn paths_mark_the_properties_they_lead_to() {
    let thing = read(&serde_json::json!({
        "properties": {"Endpoint": {"$ref": "#/definitions/Endpoint"}, "Name": {"type": "string"}},
        "definitions": {"Endpoint": {"type": "object", "properties": {"Address": {"type": "string"}, "Port": {"type": "integer"}}}},
        "readOnlyProperties": ["/properties/Endpoint/Address"],
        "createOnlyProperties": ["/properties/Name"],
        "required": ["Name"],
    }));
    assert!(thing.definitions["Endpoint"].properties["Address"].read_only);
    assert!(!thing.definitions["Endpoint"].properties["Port"].read_only);
    assert_eq!(thing.body.properties["Name"].update, Update::Replaces);
    assert_eq!(thing.body.required, ["Name"]);
}

#[test]
fn recursive_definitions_end() {
    let thing = read(&serde_json::json!({
        "properties": {"Filter": {"$ref": "#/definitions/Filter"}, "Tree": {"$ref": "#/definitions/Tree"}},
        "definitions": {
            "Filter": {"type": "object", "properties": {"And": {"type": "array", "items": {"$ref": "#/definitions/Filter"}}}},
            "Tree": {"type": "array", "items": {"$ref": "#/definitions/Tree"}},
        },
    }));
    assert_eq!(thing.body.properties["Filter"].shape.kind, Kind::Object("Filter".to_owned()));
    assert_eq!(thing.body.properties["Tree"].shape.innermost().kind, Kind::Json);
}

#[test]
fn alternatives_of_objects_become_one_object_with_sets() {
    let thing = read(&serde_json::json!({
        "properties": {"Code": {"oneOf": [
            {"type": "object", "properties": {"Inline": {"type": "string"}}, "required": ["Inline"], "additionalProperties": false},
            {"type": "object", "properties": {"Bucket": {"type": "string"}}, "required": ["Bucket"], "additionalProperties": false},
        ]}},
    }));
    let code = &thing.definitions["Thing.Code"];
    assert_eq!(code.properties.keys().collect::<Vec<_>>(), ["Bucket", "Inline"]);
    assert!(code.required.is_empty());
    assert_eq!(code.one_of, [["Inline"], ["Bucket"]]);
}

#[test]
fn formats_and_references_become_relations() {
    let thing = read(&serde_json::json!({
        "properties": {
            "KmsKeyId": {"type": "string", "anyOf": [{"format": "AWS::KMS::Key.Arn"}, {"format": "AWS::KMS::Key.Id"}]},
            "Groups": {"type": "array", "format": "AWS::EC2::SecurityGroup.Ids", "items": {"type": "string"}},
        },
    }));
    assert_eq!(thing.body.properties["KmsKeyId"].shape.relations.len(), 2);
    assert_eq!(
        thing.body.properties["Groups"].shape.innermost().relations,
        [Relation::new("AWS::EC2::SecurityGroup", "Id")]
    );
}

#[test]
fn handlers_without_update_make_every_property_create_only() {
    let thing =
        read(&serde_json::json!({"properties": {"A": {"type": "string"}}, "handlers": {"create": {}, "delete": {}}}));
    assert!(thing.immutable);
    assert_eq!(thing.body.properties["A"].update, Update::Replaces);
}
