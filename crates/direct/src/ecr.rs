//! Amazon ECR, as far as pushing and pulling takes it: a login, and repositories made on demand.

use aws_smithy_types::base64;
use ironwright_core::secret::SecretText;
use ironwright_deploy::registry_access::{EcrRegistry, Login, RegistryAccess};
use ironwright_engine::{ErrorKind, ProviderError};
use serde_json::{Value as Json, json};

use crate::call::Calls;
use crate::plain::{self, Service};
use crate::region::Regions;

const ECR: Service =
    Service { id: "ECR", name: "ecr", host: "api.ecr", target: "AmazonEC2ContainerRegistry_V20150921" };

/// The registries that the credentials let in at.
pub(crate) struct Ecr {
    regions: Regions,
    calls: Calls,
}

impl Ecr {
    pub(crate) fn new(regions: Regions, calls: Calls) -> Self {
        Self { regions, calls }
    }

    /// Asks, and once more with new credentials where those at hand have run out.
    async fn look(&self, region: &str, operation: &'static str, request: &Json) -> Result<Json, ProviderError> {
        let call = || async {
            let config = self.regions.config_in(region);
            self.calls.call(plain::json(&config, &ECR, operation, request)).await
        };
        match call().await {
            Err(error) if error.kind == ErrorKind::Expired => {
                self.regions.renew().await?;
                call().await
            }
            done => done,
        }
    }
}

#[async_trait::async_trait]
impl RegistryAccess for Ecr {
    async fn login(&self, registry: &EcrRegistry) -> Result<Login, ProviderError> {
        let answer = self.look(&registry.region, "GetAuthorizationToken", &json!({})).await?;
        login(&answer).ok_or_else(|| {
            let message = format!("the answer of GetAuthorizationToken for {} has no login", registry.host);
            ProviderError::new(ErrorKind::Refused, "ResponseUnreadable", message)
        })
    }

    async fn ensure_repository(&self, registry: &EcrRegistry, name: &str) -> Result<(), ProviderError> {
        let request = json!({"registryId": registry.account, "repositoryNames": [name]});
        match self.look(&registry.region, "DescribeRepositories", &request).await {
            Err(error) if error.kind == ErrorKind::NotFound => {}
            found => return found.map(drop),
        }
        // How images are scanned is as the account has it.
        let request = json!({
            "registryId": registry.account,
            "repositoryName": name,
            "imageTagMutability": "IMMUTABLE",
        });
        let config = self.regions.config_in(&registry.region);
        let made = self.calls.call(plain::json_change(&config, &ECR, "CreateRepository", &request)).await;
        match made {
            // By somebody else, meanwhile.
            Err(error) if error.code == "RepositoryAlreadyExistsException" => Ok(()),
            made => made.map(drop),
        }
    }
}

/// The login in an answer: a user, a colon and a password, in base64.
fn login(answer: &Json) -> Option<Login> {
    let token = answer.pointer("/authorizationData/0/authorizationToken")?.as_str()?;
    let text = String::from_utf8(base64::decode(token).ok()?).ok()?;
    let (username, password) = text.split_once(':')?;
    Some(Login { username: username.to_owned(), password: SecretText::new(password) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_taken_apart_and_not_shown() {
        let token = base64::encode("AWS:pass:word");
        let answer = json!({"authorizationData": [{"authorizationToken": token, "expiresAt": 1.0}]});
        let login = login(&answer).expect("a login");
        assert_eq!((login.username.as_str(), login.password.expose()), ("AWS", "pass:word"));
        assert!(!format!("{login:?}").contains("pass:word"));
        for broken in [json!({}), json!({"authorizationData": [{"authorizationToken": "!"}]})] {
            assert_eq!(super::login(&broken), None);
        }
    }
}
