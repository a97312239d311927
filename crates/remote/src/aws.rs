//! S3 as the AWS SDK would use it: credentials, region and endpoint from the environment, profiles, single sign-on,
//! assumed roles, processes, web identity, containers and instances.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_types::service_config::ServiceConfigKey;
use ironwright_engine::Clock;
use object_store::aws::{AmazonS3, AmazonS3Builder, AwsCredential};
use object_store::{CredentialProvider, Error, Result};
use tokio::sync::Mutex;

use crate::connect::{client, retries};

/// How long before they end credentials are fetched anew.
const AHEAD: Duration = Duration::from_mins(5);

/// The bucket, with what the AWS SDK would use to get at it.
pub(crate) async fn s3(bucket: &str, clock: &Arc<dyn Clock>) -> Result<AmazonS3> {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let endpoint = endpoint(&config);
    let region = match (config.region(), &endpoint) {
        (Some(region), _) => region.to_string(),
        (None, Some(_)) => "us-east-1".to_owned(),
        (None, None) => return Err(missing("a region: set `AWS_REGION`, or one in the profile")),
    };
    let provider = config.credentials_provider().ok_or_else(|| missing("credentials"))?;
    let credentials = SdkCredentials { provider, clock: clock.clone(), cached: Mutex::default() };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_region(region)
        .with_credentials(Arc::new(credentials))
        .with_retry(retries());
    let mut options = client();
    if let Some(endpoint) = endpoint {
        options = options.with_allow_http(endpoint.starts_with("http://"));
        builder = builder.with_endpoint(endpoint).with_virtual_hosted_style_request(false);
    }
    builder.with_client_options(options).build()
}

/// An endpoint other than Amazon's: of S3 before one of all services, of the environment before the profile.
fn endpoint(config: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id("s3").env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let of_s3 = key.ok().and_then(|key| config.service_config()?.load_config(key));
    of_s3.or_else(|| config.endpoint_url().map(str::to_owned)).filter(|endpoint| !endpoint.is_empty())
}

fn missing(what: &str) -> Error {
    Error::Unauthenticated { path: String::new(), source: format!("the AWS configuration lacks {what}").into() }
}

/// Credentials of the AWS SDK, kept until they end.
struct SdkCredentials {
    provider: SharedCredentialsProvider,
    clock: Arc<dyn Clock>,
    cached: Mutex<Option<Kept>>,
}

struct Kept {
    credential: Arc<AwsCredential>,
    /// When they end, in milliseconds since 1970 UTC; nothing where they do not.
    ends: Option<u64>,
}

impl fmt::Debug for SdkCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SdkCredentials")
    }
}

impl Kept {
    fn new(credentials: &Credentials) -> Self {
        let credential = AwsCredential {
            key_id: credentials.access_key_id().to_owned(),
            secret_key: credentials.secret_access_key().to_owned(),
            token: credentials.session_token().map(str::to_owned),
        };
        let ends = credentials.expiry().map(|ends| {
            let ends = ends.duration_since(UNIX_EPOCH).unwrap_or_default();
            u64::try_from(ends.as_millis()).unwrap_or(u64::MAX)
        });
        Self { credential: Arc::new(credential), ends }
    }

    fn lasts(&self, now: u64) -> bool {
        self.ends.is_none_or(|ends| Duration::from_millis(ends.saturating_sub(now)) > AHEAD)
    }
}

#[async_trait]
impl CredentialProvider for SdkCredentials {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> Result<Arc<AwsCredential>> {
        let mut cached = self.cached.lock().await;
        if let Some(kept) = cached.as_ref().filter(|kept| kept.lasts(self.clock.now())) {
            return Ok(kept.credential.clone());
        }
        let fetched = self.provider.provide_credentials().await;
        let fetched = fetched.map_err(|error| Error::Unauthenticated { path: String::new(), source: error.into() })?;
        Ok(cached.insert(Kept::new(&fetched)).credential.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_fetched_anew_before_they_end() {
        let ends = UNIX_EPOCH + Duration::from_secs(1_000);
        let kept = Kept::new(&Credentials::new("key", "secret", None, Some(ends), "test"));
        assert!(kept.lasts(600_000) && !kept.lasts(700_000) && !kept.lasts(2_000_000));
        assert!(Kept::new(&Credentials::new("key", "secret", None, None, "test")).lasts(u64::MAX));
    }
}
