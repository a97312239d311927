//! One client for each region, made when it is first asked for, and all of them anew with new credentials; and what is
//! known of a region without asking.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_config::{Region, SdkConfig};
use ironwright_engine::{ErrorKind, ProviderError};

use crate::connection::{ConnectionOptions, identity};

/// The regions of one account.
pub(crate) struct Regions {
    options: ConnectionOptions,
    config: Mutex<SdkConfig>,
    account: String,
    cloud_control: Mutex<BTreeMap<String, aws_sdk_cloudcontrol::Client>>,
    #[cfg(feature = "ec2")]
    ec2: Mutex<BTreeMap<String, aws_sdk_ec2::Client>>,
}

impl Regions {
    pub(crate) fn new(options: ConnectionOptions, config: SdkConfig, account: String) -> Self {
        Self {
            options,
            config: Mutex::new(config),
            account,
            cloud_control: Mutex::default(),
            #[cfg(feature = "ec2")]
            ec2: Mutex::default(),
        }
    }

    /// The account's number.
    pub(crate) fn account(&self) -> &str {
        &self.account
    }

    /// Takes the credentials that the configuration has now, if they work and are for the same account.
    pub(crate) async fn renew(&self) -> Result<(), ProviderError> {
        let config = self.options.clone().load().await;
        let account = identity(&config).await?.account;
        if account != self.account {
            let message = format!("the new credentials are for account {account}, and this run is in {}", self.account);
            return Err(ProviderError::new(ErrorKind::Credentials, "AnotherAccount", message));
        }
        *locked(&self.config) = config;
        locked(&self.cloud_control).clear();
        #[cfg(feature = "ec2")]
        locked(&self.ec2).clear();
        Ok(())
    }

    /// Cloud Control in `region`.
    pub(crate) fn cloud_control(&self, region: &str) -> aws_sdk_cloudcontrol::Client {
        cached(&self.cloud_control, region, || aws_sdk_cloudcontrol::Client::new(&self.config_in(region)))
    }

    /// EC2 in `region`.
    #[cfg(feature = "ec2")]
    pub(crate) fn ec2(&self, region: &str) -> aws_sdk_ec2::Client {
        cached(&self.ec2, region, || aws_sdk_ec2::Client::new(&self.config_in(region)))
    }

    /// The configuration for `region`.
    pub(crate) fn config_in(&self, region: &str) -> SdkConfig {
        let config = locked(&self.config).clone();
        if region.is_empty() {
            return config;
        }
        config.to_builder().region(Region::new(region.to_owned())).build()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn cached<C: Clone>(clients: &Mutex<BTreeMap<String, C>>, region: &str, make: impl FnOnce() -> C) -> C {
    let mut clients = locked(clients);
    clients.entry(region.to_owned()).or_insert_with(make).clone()
}

/// The partition that a region is in.
pub(crate) fn partition(region: &str) -> &'static str {
    let prefixes = [("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("us-iso-", "aws-iso"), ("us-isob-", "aws-iso-b")];
    prefixes.iter().find(|(prefix, _)| region.starts_with(prefix)).map_or("aws", |(_, partition)| partition)
}

/// The domain of a region's services.
pub(crate) fn url_suffix(region: &str) -> &'static str {
    match partition(region) {
        "aws-cn" => "amazonaws.com.cn",
        "aws-iso" => "c2s.ic.gov",
        "aws-iso-b" => "sc2s.sgov.gov",
        _ => "amazonaws.com",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_s_partition_and_domain_are_known_by_its_name() {
        let check = |region: &str, expect: (&str, &str)| assert_eq!((partition(region), url_suffix(region)), expect);
        check("us-west-2", ("aws", "amazonaws.com"));
        check("cn-north-1", ("aws-cn", "amazonaws.com.cn"));
        check("us-gov-west-1", ("aws-us-gov", "amazonaws.com"));
    }
}
