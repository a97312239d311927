//! Replacement: which changes cannot be made in place, and whether the old resource and the new can stand side by side.

use ironwright_core::Planned;
use ironwright_core::facts::TypeFacts;
use serde_json::Value as Json;

use super::compare;
use crate::plan::PropertyChange;

/// Marks the changes that force a replacement, and returns the paths of those that may.
pub(super) fn mark(facts: &TypeFacts, changes: &mut [PropertyChange]) -> Vec<String> {
    let mut possible = Vec::new();
    for change in changes {
        change.forces_replacement |= facts.immutable || touches(change, &facts.create_only);
        if !change.forces_replacement && touches(change, &facts.conditional_create_only) {
            possible.push(change.path.clone());
        }
    }
    possible
}

/// Whether `change` is at, below or above one of `paths`, and differs there.
fn touches(change: &PropertyChange, paths: &[String]) -> bool {
    if paths.is_empty() {
        return false;
    }
    let changed: Vec<&str> = change.path.split(['.', '[']).collect();
    paths.iter().any(|path| {
        let stated: Vec<&str> = path.split('.').collect();
        let common = changed.iter().zip(&stated).all(|(changed, stated)| *stated == "*" || changed == stated);
        common && (changed.len() >= stated.len() || differs_below(change, &stated[changed.len()..]))
    })
}

/// Whether either side of `change` has something at `path` below it.
fn differs_below(change: &PropertyChange, path: &[&str]) -> bool {
    let after = change.after.as_ref().is_some_and(|after| has_planned(after, path));
    after || change.before.as_ref().is_some_and(|before| has_json(before, path))
}

fn has_planned(value: &Planned, path: &[&str]) -> bool {
    match (path, value) {
        ([], _) | (_, Planned::Unknown) => true,
        (["*", rest @ ..], Planned::List(items)) => items.iter().any(|item| has_planned(item, rest)),
        (["*", rest @ ..], Planned::Map(entries)) => entries.values().any(|entry| has_planned(entry, rest)),
        ([key, rest @ ..], Planned::Map(entries)) => entries.get(*key).is_some_and(|entry| has_planned(entry, rest)),
        _ => false,
    }
}

fn has_json(value: &Json, path: &[&str]) -> bool {
    match (path, value) {
        ([], _) => true,
        (["*", rest @ ..], Json::Array(items)) => items.iter().any(|item| has_json(item, rest)),
        (["*", rest @ ..], Json::Object(entries)) => entries.values().any(|entry| has_json(entry, rest)),
        ([key, rest @ ..], Json::Object(entries)) => entries.get(*key).is_some_and(|entry| has_json(entry, rest)),
        _ => false,
    }
}

/// Whether old and new would have the same name: an identifier that the program sets, to the same value as before.
pub(super) fn names_clash(facts: &TypeFacts, desired: &Planned, prior: &Json, salt: &str) -> bool {
    let unchanged = |property: &String| {
        let wanted = desired.get(property).filter(|value| !value.has_unknown());
        let before = property.split('.').try_fold(prior, |value, key| value.get(key));
        matches!((wanted, before), (Some(wanted), Some(before)) if compare::same(wanted, before, salt))
    };
    let set = |identifier: &[String]| !identifier.is_empty() && identifier.iter().all(unchanged);
    set(&facts.primary_identifier)
        || facts.additional_identifiers.iter().any(|identifier| set(identifier))
        || facts.create_only.iter().any(|property| is_own_name(&facts.type_name, property) && unchanged(property))
}

/// Whether `property` names the resource itself: `GroupName` of a `SecurityGroup`, `Name` of anything.
fn is_own_name(type_name: &str, property: &str) -> bool {
    let short = type_name.rsplit("::").next().unwrap_or_default();
    property.ends_with("Name") && format!("{short}Name").ends_with(property)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(create_only: &str, path: &str, after: &Json, expect: bool) {
        let facts = TypeFacts { create_only: vec![create_only.to_owned()], ..TypeFacts::default() };
        let mut changes = [PropertyChange {
            path: path.to_owned(),
            before: None,
            after: Some(after.clone().into()),
            forces_replacement: false,
            raw: false,
            sensitive: false,
        }];
        mark(&facts, &mut changes);
        assert_eq!(changes[0].forces_replacement, expect, "{path} under {create_only}");
    }

    #[test]
    fn a_change_forces_at_below_and_above_a_create_only_path() {
        check("ImageId", "ImageId", &json!("x"), true);
        check("ImageId", "ImageIds", &json!("x"), false);
        check("Network", "Network.Zone", &json!("x"), true);
        check("Disks.*.Encrypted", "Disks[0].Encrypted", &json!(true), true);
        check("Disks.*.Encrypted", "Disks[0].Size", &json!(8), false);
        check("Disks.*.Encrypted", "Disks", &json!([{"Encrypted": true}]), true);
        check("Disks.*.Encrypted", "Disks", &json!([{"Size": 8}]), false);
    }

    #[test]
    fn names_clash_where_the_program_chose_the_same_one() {
        let facts = TypeFacts {
            type_name: "AWS::EC2::SecurityGroup".to_owned(),
            primary_identifier: vec!["Id".to_owned()],
            create_only: vec!["GroupName".to_owned(), "VpcId".to_owned()],
            ..TypeFacts::default()
        };
        let clash = |desired: Json, prior: Json| names_clash(&facts, &desired.into(), &prior, "");
        assert!(clash(json!({"GroupName": "web", "VpcId": "b"}), json!({"GroupName": "web", "VpcId": "a"})));
        assert!(!clash(json!({"GroupName": "web2"}), json!({"GroupName": "web"})));
        assert!(!clash(json!({"VpcId": "a"}), json!({"VpcId": "a"})));
    }
}
