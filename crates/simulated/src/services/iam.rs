//! IAM and Cognito: unique ids, ARNs with paths, and policy documents that must be documents.

use ironwright_engine::ProviderError;
use serde_json::Value as Json;

use super::Subject;
use crate::draft::Draft;
use crate::mint;
use crate::refusal::{refused, short_name};
use crate::surroundings::{ACCOUNT, partition};

/// Properties that hold a policy document.
const DOCUMENTS: [&str; 2] = ["AssumeRolePolicyDocument", "PolicyDocument"];

pub(super) fn refuse(subject: &Subject) -> Result<(), ProviderError> {
    let inline = subject.desired.get("Policies").and_then(Json::as_array).into_iter().flatten();
    let holders = std::iter::once(subject.desired).chain(inline);
    let documents = holders.flat_map(|holder| DOCUMENTS.iter().filter_map(|path| holder.get(path)));
    for document in documents {
        if !is_policy(document) {
            return Err(refused(
                "MalformedPolicyDocument",
                "a policy document needs a list of statements with an Effect",
            ));
        }
    }
    Ok(())
}

/// A document with statements, each with an effect; as text, whatever is such a document when read.
fn is_policy(document: &Json) -> bool {
    match document {
        Json::String(text) => {
            serde_json::from_str(text).is_ok_and(|document: Json| document.is_object() && is_policy(&document))
        }
        Json::Object(entries) => match entries.get("Statement") {
            Some(Json::Array(statements)) => !statements.is_empty() && statements.iter().all(has_effect),
            Some(statement) => has_effect(statement),
            None => ironwright_core::planned::redacted_digest(document).is_some(),
        },
        _ => false,
    }
}

fn has_effect(statement: &Json) -> bool {
    statement.get("Effect").is_some_and(|effect| effect == "Allow" || effect == "Deny")
}

/// The kind in the ARN, the prefix of the unique id, the property of the name, the one of the id, by type.
#[rustfmt::skip]
const KINDS: &[(&str, &str, &str, &str, &str)] = &[
    ("Role", "role", "AROA", "RoleName", "RoleId"),
    ("User", "user", "AIDA", "UserName", "UserId"),
    ("Group", "group", "AGPA", "GroupName", "GroupId"),
    ("InstanceProfile", "instance-profile", "AIPA", "InstanceProfileName", "InstanceProfileId"),
    ("ManagedPolicy", "policy", "ANPA", "ManagedPolicyName", "PolicyId"),
];

pub(super) fn fill_pool(draft: &mut Draft) {
    let letters = draft.dice.letters("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 9);
    let uuid = draft.dice.uuid();
    match short_name(&draft.facts.type_name) {
        "UserPool" => draft.set("UserPoolId", format!("{}_{letters}", draft.region)),
        "IdentityPool" => draft.set("Id", format!("{}:{uuid}", draft.region)),
        _ => {}
    }
}

pub(super) fn fill(draft: &mut Draft) {
    let kind = short_name(&draft.facts.type_name);
    if kind == "AccessKey" {
        let (id, key) = (unique_id(draft, "AKIA"), draft.dice.letters(BASE64, 40));
        draft.set("Id", id);
        draft.set("SecretAccessKey", key);
    }
    let Some((_, arn_kind, prefix, name_path, id_path)) = KINDS.iter().find(|(known, ..)| *known == kind) else {
        return;
    };
    let named = mint::named(draft, 64);
    draft.set(name_path, named);
    let id = unique_id(draft, prefix);
    draft.set(id_path, id);
    draft.set("Path", "/");
    let (name, path) = (draft.text(name_path).unwrap_or_default(), draft.text("Path").unwrap_or("/"));
    let arn = format!("arn:{}:iam::{ACCOUNT}:{arn_kind}{path}{name}", partition(draft.region));
    draft.set(if kind == "ManagedPolicy" { "PolicyArn" } else { "Arn" }, arn);
}

const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn unique_id(draft: &mut Draft, prefix: &str) -> String {
    format!("{prefix}{}", draft.dice.letters("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16))
}
