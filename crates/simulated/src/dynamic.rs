//! Dynamic references: AWS's public parameters, and the parameters and secrets of the simulated account.

use ironwright_core::function::{DynamicReference, DynamicService};
use ironwright_core::planned::redacted_digest;
use ironwright_engine::ProviderError;
use serde_json::Value as Json;

use crate::account::Account;
use crate::dice::Dice;
use crate::refusal::refused;

/// The value that `reference` reads.
pub(crate) fn read(account: &Account, region: &str, reference: &DynamicReference) -> Result<Json, ProviderError> {
    let key = reference.key.as_ref();
    match reference.service {
        DynamicService::Ssm | DynamicService::SsmSecure => parameter(account, region, key),
        DynamicService::SecretsManager => secret(account, region, key),
    }
}

fn parameter(account: &Account, region: &str, key: &str) -> Result<Json, ProviderError> {
    let name = without_version(key);
    if let Some(entry) = account.find("AWS::SSM::Parameter", region, name) {
        return Ok(plain(entry.desired.get("Value"), name));
    }
    if is_image(name) {
        return Ok(format!("ami-0{}", Dice::new(0, &["image", region, name]).hex(16)).into());
    }
    Err(refused("ParameterNotFound", format!("the parameter '{name}' does not exist")))
}

/// `name:3` is version 3 of `name`.
fn without_version(key: &str) -> &str {
    match key.rsplit_once(':') {
        Some((name, version)) if version.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => key,
    }
}

/// Whether AWS publishes the id of a machine image under this name.
fn is_image(name: &str) -> bool {
    const FAMILIES: [&str; 7] = [
        "ami-amazon-linux-latest/",
        "ami-windows-latest/",
        "ami-macos-latest/",
        "canonical/ubuntu/",
        "debian/release/",
        "suse/",
        "deeplearning/ami/",
    ];
    const IMAGES: [&str; 3] = ["ecs/optimized-ami/", "eks/optimized-ami/", "bottlerocket/"];
    let Some(rest) = name.strip_prefix("/aws/service/") else { return false };
    let is_id = rest.ends_with("/image_id");
    FAMILIES.iter().any(|family| rest.starts_with(family))
        || (is_id && IMAGES.iter().any(|family| rest.starts_with(family)))
}

/// `name:SecretString:json-key:stage:version`, all but the name left out at will; the name may be an ARN.
fn secret(account: &Account, region: &str, key: &str) -> Result<Json, ProviderError> {
    let parts: Vec<_> = key.split(':').collect();
    let name_parts = if key.starts_with("arn:") { 7.min(parts.len()) } else { 1 };
    let name = parts[..name_parts].join(":");
    let json_key = parts.get(name_parts + 1).filter(|key| !key.is_empty());
    let by_name = || {
        let mut secrets = account.of_type("AWS::SecretsManager::Secret", region);
        secrets.find(|entry| entry.text("Name") == Some(&name))
    };
    let found = account.find("AWS::SecretsManager::Secret", region, &name).or_else(by_name);
    let entry =
        found.ok_or_else(|| refused("ResourceNotFoundException", format!("the secret '{name}' does not exist")))?;
    let value = plain(entry.desired.get("SecretString"), &name);
    let Some(json_key) = json_key else { return Ok(value) };
    let document: Option<Json> = value.as_str().and_then(|text| serde_json::from_str(text).ok());
    Ok(document.as_ref().and_then(|document| document.get(json_key)).cloned().unwrap_or(value))
}

/// The value itself. A cloud keeps no plain secrets, so that for one it answers text that stands for it: the same for
/// the same secret, another for another.
fn plain(value: Option<&Json>, name: &str) -> Json {
    match value {
        Some(value) => match redacted_digest(value) {
            Some(digest) => stand_in(digest),
            None => value.clone(),
        },
        None => stand_in(&Dice::new(0, &["secret", name]).hex(32)),
    }
}

fn stand_in(digest: &str) -> Json {
    format!("simulated-{}", digest.chars().take(24).collect::<String>()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_public_and_stable() {
        let read = |name: &str| parameter(&Account::default(), "us-west-2", name);
        let image = read("/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64").expect("public");
        assert!(image.as_str().is_some_and(|id| id.starts_with("ami-0") && id.len() == 21), "{image}");
        assert!(read("/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id").is_ok());
        assert_eq!(read("/mine").expect_err("none").code, "ParameterNotFound");
    }

    #[test]
    fn a_version_is_not_part_of_the_name() {
        assert_eq!((without_version("/a/b:3"), without_version("/a:b")), ("/a/b", "/a:b"));
    }
}
