//! `AWS::EC2::KeyPair`: the public half of a key that somebody has. EC2 could make a key itself, but tells its private half
//! once, to the caller that asked: that is refused here, as it would be lost.

use async_trait::async_trait;
use aws_sdk_ec2::primitives::Blob;
use aws_sdk_ec2::types::{Filter, KeyPairInfo, KeyType, ResourceType};
use ironwright_engine::{Create, Delete, ErrorKind, Find, Live, ProviderError, Update};
use serde_json::Value as Json;

use crate::ec2::change;
use crate::ec2::document::{Model, Properties};
use crate::ec2::kind::{Ec2, Kind, Models, lives};
use crate::ec2::tags;

pub(super) struct KeyPair;

#[async_trait]
impl Kind for KeyPair {
    fn type_name(&self) -> &'static str {
        "AWS::EC2::KeyPair"
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let properties = Properties::new(request.properties.expose());
        let key = properties.text("PublicKeyMaterial").ok_or_else(no_key)?;
        let name = properties.text("KeyName").unwrap_or_default();
        let call = ec2
            .client
            .import_key_pair()
            .key_name(&name)
            .public_key_material(Blob::new(key))
            .tag_specifications(tags::specification(ResourceType::KeyPair, &properties, request));
        ec2.change(call.send()).await?;
        ec2.until(self, &name, |_| Ok(true)).await
    }

    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        list(ec2, tags::filter("key-name", ids.iter().copied())).await
    }

    async fn update(&self, _: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        Err(change::of_nothing(request))
    }

    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        ec2.look(ec2.client.delete_key_pair().key_name(&request.physical_id).send()).await.map(drop)
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        list(ec2, tags::by_token(request)).await.map(lives)
    }
}

fn no_key() -> ProviderError {
    let message = "there is no PublicKeyMaterial: EC2 would make a key whose private half nobody is told. Make one with \
                   `ssh-keygen -t ed25519`, and give its public half as `public_key_material`";
    ProviderError::new(ErrorKind::Refused, "NoPublicKey", message)
}

/// EC2 does not page keys. How it writes a public key is not how it was given, so the model leaves it out.
async fn list(ec2: &Ec2, filter: Filter) -> Result<Models, ProviderError> {
    let answer = ec2.look(ec2.client.describe_key_pairs().filters(filter).send()).await?;
    Ok(answer.key_pairs().iter().map(model).collect())
}

fn model(key: &KeyPairInfo) -> (String, Json) {
    let name = key.key_name().unwrap_or_default();
    let model = Model::new()
        .with("KeyName", Some(name))
        .with("KeyPairId", key.key_pair_id())
        .with("KeyFingerprint", key.key_fingerprint())
        .with("KeyType", key.key_type().map(KeyType::as_str))
        .list("Tags", tags::model(key.tags()));
    (name.to_owned(), model.json())
}
