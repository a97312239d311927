//! How to get at the objects of each kind of store. Credentials and endpoints come from where the tools of each cloud
//! take them; those of AWS are told in `aws`.

use std::sync::Arc;
use std::time::Duration;

use ironwright_engine::Clock;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, Result, RetryConfig};

use crate::aws;

/// How to get at the objects.
#[derive(Debug)]
pub(crate) enum Connect {
    /// They are here.
    Given(Arc<dyn ObjectStore>),
    S3 {
        bucket: String,
    },
    Google {
        bucket: String,
    },
    Azure {
        container: String,
    },
    /// A folder of this machine, or one that is mounted.
    Folder,
}

impl Connect {
    /// The objects.
    pub(crate) async fn connect(&self, clock: &Arc<dyn Clock>) -> Result<Arc<dyn ObjectStore>> {
        Ok(match self {
            Self::Given(store) => store.clone(),
            Self::S3 { bucket } => Arc::new(aws::s3(bucket, clock).await?),
            Self::Google { bucket } => {
                let builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(bucket);
                Arc::new(builder.with_retry(retries()).with_client_options(client()).build()?)
            }
            Self::Azure { container } => {
                let builder = MicrosoftAzureBuilder::from_env().with_container_name(container);
                Arc::new(builder.with_retry(retries()).with_client_options(client()).build()?)
            }
            Self::Folder => Arc::new(LocalFileSystem::new().with_fsync(true)),
        })
    }
}

/// How long a request is tried again: well below a lease.
pub(crate) fn retries() -> RetryConfig {
    let backoff = BackoffConfig {
        init_backoff: Duration::from_millis(100),
        max_backoff: Duration::from_secs(5),
        ..BackoffConfig::default()
    };
    RetryConfig { backoff, max_retries: 5, retry_timeout: Duration::from_secs(30) }
}

pub(crate) fn client() -> ClientOptions {
    ClientOptions::new().with_timeout(Duration::from_secs(20)).with_connect_timeout(Duration::from_secs(5))
}
