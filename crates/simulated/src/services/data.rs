//! DynamoDB, RDS, Secrets Manager and SSM: key schemas, endpoints, the suffix of a secret's ARN.

use std::collections::BTreeSet;

use ironwright_engine::ProviderError;

use super::Subject;
use crate::draft::Draft;
use crate::entry::all_at;
use crate::mint;
use crate::refusal::refused;
use crate::surroundings::url_suffix;

/// Every key of a table or an index is defined, and every definition is a key of one.
pub(super) fn refuse(subject: &Subject) -> Result<(), ProviderError> {
    if subject.type_name != "AWS::DynamoDB::Table" {
        return Ok(());
    }
    let names = |paths: &[&str]| -> BTreeSet<String> {
        let values = paths.iter().flat_map(|path| all_at(subject.desired, path));
        values.filter_map(|value| value.as_str().map(str::to_owned)).collect()
    };
    let keys = names(&[
        "KeySchema.*.AttributeName",
        "GlobalSecondaryIndexes.*.KeySchema.*.AttributeName",
        "LocalSecondaryIndexes.*.KeySchema.*.AttributeName",
    ]);
    let defined = names(&["AttributeDefinitions.*.AttributeName"]);
    if keys == defined {
        return Ok(());
    }
    let odd = keys.symmetric_difference(&defined).cloned().collect::<Vec<_>>().join(", ");
    let message =
        format!("the key schemas and AttributeDefinitions must name the same attributes; only one names {odd}");
    Err(refused("ValidationException", message))
}

pub(super) fn fill(draft: &mut Draft) {
    match draft.facts.type_name.as_str() {
        "AWS::DynamoDB::Table" => table(draft),
        "AWS::RDS::DBInstance" => database(draft),
        "AWS::SecretsManager::Secret" => secret(draft),
        "AWS::SSM::Parameter" => draft.set("Type", "String"),
        _ => {}
    }
}

fn table(draft: &mut Draft) {
    let named = mint::named(draft, 255);
    draft.set("TableName", named);
    let name = draft.text("TableName").unwrap_or_default().to_owned();
    draft.set("Arn", draft.arn("dynamodb", &format!("table/{name}")));
    let stream = draft.get("StreamSpecification").or(draft.get("KinesisStreamSpecification")).is_some();
    if stream {
        draft.set("StreamArn", draft.arn("dynamodb", &format!("table/{name}/stream/2026-01-01T00:00:00.000")));
    } else {
        draft.withhold("StreamArn");
    }
}

/// The ports on which the engines listen, by the beginning of their names.
const PORTS: [(&str, u16); 6] = [
    ("mysql", 3306),
    ("mariadb", 3306),
    ("aurora-mysql", 3306),
    ("postgres", 5432),
    ("oracle", 1521),
    ("sqlserver", 1433),
];

fn database(draft: &mut Draft) {
    let named = mint::named(draft, 63);
    draft.set("DBInstanceIdentifier", named);
    let name = draft.text("DBInstanceIdentifier").unwrap_or_default().to_owned();
    let zone = draft.dice.letters("abcdefghijklmnopqrstuvwxyz0123456789", 12);
    let engine = draft.text("Engine").unwrap_or_default();
    let usual = PORTS.iter().find(|(begins, _)| engine.starts_with(begins)).map_or(5432, |(_, port)| *port);
    let port = draft
        .get("Port")
        .map_or_else(|| usual.to_string(), |port| port.as_str().map_or(port.to_string(), str::to_owned));
    draft.set("Endpoint.Address", format!("{name}.{zone}.{}.rds.{}", draft.region, url_suffix(draft.region)));
    draft.set("Endpoint.Port", port);
    draft.set("DBInstanceArn", draft.arn("rds", &format!("db:{name}")));
    draft.set("DBInstanceStatus", "available");
}

fn secret(draft: &mut Draft) {
    let named = mint::named(draft, 255);
    draft.set("Name", named);
    let name = draft.text("Name").unwrap_or_default().to_owned();
    let suffix = draft.dice.letters("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 6);
    let arn = draft.arn("secretsmanager", &format!("secret:{name}-{suffix}"));
    draft.set("Id", arn);
}
