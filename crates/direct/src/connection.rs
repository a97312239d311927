//! The connection to AWS: credentials, region and endpoints as every AWS tool takes them, who one is there, and the
//! providers that go over it.

use std::fmt;
use std::sync::Arc;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::Credentials;
use ironwright_core::facts::FactSource;
use ironwright_deploy::registry_access::RegistryAccess;
use ironwright_engine::{Clock, ErrorKind, Provider, ProviderError};

use crate::call::Calls;
use crate::cloud_control::CloudControl;
use crate::ecr::Ecr;
use crate::error::{Intent, provider_error};
use crate::region::Regions;
use crate::stores::Stores;

/// How long a connection may take to be made.
const CONNECT: std::time::Duration = std::time::Duration::from_secs(5);
/// How long one call may take. Its outcome is unknown from then on.
const CALL: std::time::Duration = std::time::Duration::from_mins(1);

/// A connection to AWS. Profiles, single sign-on, assumed roles, processes, web identity, containers and instances give
/// credentials; `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>` move services elsewhere.
#[derive(Clone)]
pub struct Connection {
    options: ConnectionOptions,
    config: SdkConfig,
    clock: Arc<dyn Clock>,
}

/// What goes before the standard configuration; nothing by default.
#[derive(Clone, Debug, Default)]
pub struct ConnectionOptions {
    /// The region of stacks that name none.
    pub region: Option<String>,
    /// The profile of the configuration files.
    pub profile: Option<String>,
    /// Where all services are, `http://127.0.0.1:5000`.
    pub endpoint: Option<String>,
    /// The access key.
    pub key: Option<AccessKey>,
}

/// An access key. Its secret half is not shown.
#[derive(Clone)]
pub struct AccessKey {
    id: String,
    secret: String,
}

impl AccessKey {
    /// The key of this id and secret.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { id: id.into(), secret: secret.into() }
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AccessKey").field(&self.id).finish()
    }
}

/// Who one is at AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account's number, twelve digits.
    pub account: String,
    /// The ARN of the user or of the role's session.
    pub arn: String,
    /// The region of stacks that name none, where the configuration has one.
    pub region: Option<String>,
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectionError {
    /// AWS does not say who one is: no credentials, or none that it takes.
    #[error("AWS does not take the credentials: {0}")]
    Credentials(ProviderError),
    /// AWS gave no answer, or not the one that was asked for.
    #[error("AWS cannot be asked who one is: {0}")]
    Unreachable(ProviderError),
}

impl Connection {
    /// A connection by the standard configuration; `region` goes before the configuration's. Nothing is sent yet.
    pub async fn open(region: Option<&str>, clock: Arc<dyn Clock>) -> Self {
        let region = region.map(str::to_owned);
        Self::open_with(ConnectionOptions { region, ..ConnectionOptions::default() }, clock).await
    }

    /// A connection by `options`, and by the standard configuration where they say nothing. Nothing is sent yet.
    pub async fn open_with(options: ConnectionOptions, clock: Arc<dyn Clock>) -> Self {
        let config = options.clone().load().await;
        Self { options, config, clock }
    }
}

impl ConnectionOptions {
    /// The configuration, read anew: what the SDK keeps of credentials and profiles is not used.
    pub(crate) async fn load(self) -> SdkConfig {
        let options = self;
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_timeout(CALL).build();
        // The engine alone knows what may be sent twice.
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts);
        if let Some(region) = options.region {
            loader = loader.region(Region::new(region));
        }
        if let Some(profile) = options.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(endpoint) = options.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        if let Some(key) = options.key {
            loader = loader.credentials_provider(Credentials::new(key.id, key.secret, None, None, "options"));
        }
        loader.load().await
    }
}

impl Connection {
    /// The region of the configuration.
    pub fn region(&self) -> Option<&str> {
        self.config.region().map(AsRef::as_ref)
    }

    /// Who one is. Asked before anything is changed.
    pub async fn identity(&self) -> Result<Identity, ConnectionError> {
        identity(&self.config).await.map_err(|error| match error.kind {
            ErrorKind::Credentials | ErrorKind::Expired => ConnectionError::Credentials(error),
            _ => ConnectionError::Unreachable(error),
        })
    }

    /// The providers over this connection, for the account of `identity`. `facts` tell of the types.
    pub fn providers(&self, identity: &Identity, facts: Arc<dyn FactSource>) -> Vec<Arc<dyn Provider>> {
        let regions = Arc::new(Regions::new(self.options.clone(), self.config.clone(), identity.account.clone()));
        let stores = Arc::new(Stores::new(regions.clone(), &self.clock));
        let calls = |service| Calls::new(service, self.clock.clone());
        vec![
            #[cfg(feature = "ec2")]
            Arc::new(crate::ec2::Ec2Provider::new(regions.clone(), stores.clone(), facts.clone(), calls("EC2"))),
            Arc::new(CloudControl::new(regions, stores, facts, calls("Cloud Control"))),
        ]
    }

    /// The container registries over this connection, for the account of `identity`.
    pub fn registries(&self, identity: &Identity) -> Arc<dyn RegistryAccess> {
        let regions = Regions::new(self.options.clone(), self.config.clone(), identity.account.clone());
        Arc::new(Ecr::new(regions, Calls::new("ECR", self.clock.clone())))
    }
}

/// Who one is by the credentials of `config`.
pub(crate) async fn identity(config: &SdkConfig) -> Result<Identity, ProviderError> {
    let answer = aws_sdk_sts::Client::new(config).get_caller_identity().send().await;
    let answer = answer.map_err(|error| provider_error(&error, Intent::Look))?;
    Ok(Identity {
        account: answer.account().unwrap_or_default().to_owned(),
        arn: answer.arn().unwrap_or_default().to_owned(),
        region: config.region().map(|region| region.as_ref().to_owned()),
    })
}
