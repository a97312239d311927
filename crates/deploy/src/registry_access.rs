//! Access to container registries as a cloud gives it: a login that is good for hours, and repositories made on demand.
//!
//! Declared here, where it is needed, and carried out where the cloud is talked to.

use async_trait::async_trait;
use ironwright_core::secret::SecretText;
use ironwright_engine::ProviderError;

/// A user of a registry and its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The user.
    pub username: String,
    /// The password.
    pub password: SecretText,
}

/// A registry of Amazon ECR: one an account and region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EcrRegistry {
    /// The name of its host.
    pub host: String,
    /// The account's number.
    pub account: String,
    /// The region.
    pub region: String,
}

impl EcrRegistry {
    /// The registry on `host`, if it is one of ECR.
    pub fn parse(host: &str) -> Option<Self> {
        let (account, rest) = host.split_once('.')?;
        let named = ["dkr.ecr.", "dkr.ecr-fips.", "dkr-ecr.", "dkr-ecr-fips."];
        let rest = named.iter().find_map(|name| rest.strip_prefix(name))?;
        let (region, domain) = rest.split_once('.')?;
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let is_domain =
            matches!(domain, "amazonaws.com" | "amazonaws.com.cn" | "on.aws" | "on.amazonwebservices.com.cn");
        let is_region = !region.is_empty() && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (is_account && is_domain && is_region).then(|| Self {
            host: host.to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
        })
    }
}

/// A cloud's registries.
#[async_trait]
pub trait RegistryAccess: Send + Sync {
    /// A login for `registry`, good for hours at most.
    async fn login(&self, registry: &EcrRegistry) -> Result<Login, ProviderError>;

    /// Makes the repository `name`, the tags of which cannot be moved, where there is none of that name.
    async fn ensure_repository(&self, registry: &EcrRegistry, name: &str) -> Result<(), ProviderError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(host: &str, expect: Option<(&str, &str)>) {
        let found = EcrRegistry::parse(host);
        let found = found.as_ref().map(|registry| (registry.account.as_str(), registry.region.as_str()));
        assert_eq!(found, expect, "{host}");
    }

    #[test]
    fn registries_of_ecr_are_known_by_their_host() {
        check("123456789012.dkr.ecr.us-west-2.amazonaws.com", Some(("123456789012", "us-west-2")));
        check("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", Some(("123456789012", "us-gov-west-1")));
        check("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", Some(("123456789012", "cn-north-1")));
        check("123456789012.dkr-ecr.eu-west-1.on.aws", Some(("123456789012", "eu-west-1")));
        for other in [
            "ghcr.io",
            "public.ecr.aws",
            "12345.dkr.ecr.us-west-2.amazonaws.com",
            "123456789012.dkr.ecr.us-west-2.amazonaws.com.example.org",
            "123456789012.dkr.ecr..amazonaws.com",
            "123456789012.dkr.ecr.us-west-2.amazonaws.com:443",
        ] {
            check(other, None);
        }
    }
}
