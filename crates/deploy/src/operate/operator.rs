//! Connections to the hosts of containers, and what is seen there.

use std::sync::Arc;

use async_trait::async_trait;
use ironwright_engine::{Clock, ErrorKind, ProviderError};

use super::deployed::Deployed;
use super::error::{OperateError, OperateErrorKind};
use crate::readiness::Progress;
use crate::rollout::{self, Deliver, HostReleases, Release, Tools, Turns};
use crate::ssh::{Connection, Connections};

/// Does things with containers that are deployed. Its connections end with it.
pub struct Operator {
    connections: Connections,
    pub(super) clock: Arc<dyn Clock>,
}

impl Operator {
    /// One that is connected to nothing yet.
    pub fn new(clock: Arc<dyn Clock>) -> Result<Self, OperateError> {
        let connections = Connections::new(clock.clone()).map_err(|error| {
            let message = format!("the folder for connections cannot be made: {error}");
            OperateError::new(OperateErrorKind::Host, message).help("check the disk and the permissions of /tmp")
        })?;
        Ok(Self::over(connections, clock))
    }

    /// One that uses these connections.
    pub fn over(connections: Connections, clock: Arc<dyn Clock>) -> Self {
        Self { connections, clock }
    }

    /// The connection to a host of `deployed`, which stands.
    pub(super) async fn connect(&self, deployed: &Deployed, host: usize) -> Result<Arc<Connection>, OperateError> {
        let connection = self.connections.to(deployed.way(host)?);
        connection.open().await?;
        Ok(connection)
    }

    /// What the host of `connection` has of `deployed`.
    pub(super) async fn look(
        &self,
        connection: &Connection,
        deployed: &Deployed,
    ) -> Result<HostReleases, OperateError> {
        let turns = Turns::default();
        let tools = Tools { clock: &*self.clock, delivery: &NothingIsBrought, progress: &|_| {}, turns: &turns };
        Ok(rollout::look(connection, &deployed.identity, &tools).await?)
    }
}

/// Who looks brings nothing.
struct NothingIsBrought;

#[async_trait]
impl Deliver for NothingIsBrought {
    async fn bring(&self, _: &Connection, reference: &str, _: Progress<'_>) -> Result<String, ProviderError> {
        Err(ProviderError::new(ErrorKind::Refused, "Image", format!("{reference} is not brought by who only looks")))
    }
}

/// The release whose container is meant: `number`, or the one that serves, or the newest.
pub(super) fn meant<'a>(
    seen: &'a HostReleases,
    number: Option<u32>,
    deployed: &Deployed,
    host: usize,
) -> Result<&'a Release, OperateError> {
    let mut releases = seen.releases.iter().filter(|release| !release.is_trial);
    let found = match number {
        Some(number) => releases.find(|release| release.number == number),
        None => seen.serving().or_else(|| releases.max_by_key(|release| release.number)),
    };
    found.ok_or_else(|| {
        let (address, host) = (&deployed.address, &deployed.hosts()[host]);
        let known = numbers(seen);
        match number {
            Some(number) if !known.is_empty() => {
                let message = format!("{host} has no release {number} of `{address}`");
                OperateError::new(OperateErrorKind::NoRelease, message).help(format!("it has {}", known.join(", ")))
            }
            _ => OperateError::new(OperateErrorKind::NoRelease, format!("{host} has no container of `{address}`"))
                .help("`apply` makes it anew"),
        }
    })
}

fn numbers(seen: &HostReleases) -> Vec<String> {
    let kept = seen.releases.iter().filter(|release| !release.is_trial);
    kept.map(|release| release.number.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::deployed::tests::applied;
    use super::*;
    use crate::rollout::Status;

    #[test]
    fn the_one_that_serves_is_meant_or_the_newest_or_the_one_that_is_named() {
        let deployed = Deployed::new("shop", "dev", &applied(json!({"Image": "a", "Hosts": [{"Address": "h"}]})));
        let deployed = deployed.expect("it is understood");
        let release = |number, status| {
            let properties = json!({"Image": "a", "Edge": {"Kind": "none"}});
            Release { number, status, name: format!("app-r{number}"), properties, ..Release::default() }
        };
        let releases = vec![
            release(1, Status::Stopped),
            release(2, Status::Running),
            release(3, Status::Stopped),
            Release { is_trial: true, ..release(4, Status::Running) },
        ];
        let mut seen = HostReleases { releases, upstream: None };
        let number = |seen: &HostReleases, wanted| {
            meant(seen, wanted, &deployed, 0).map(|release| release.number).map_err(|error| error.diagnostic())
        };
        assert_eq!(number(&seen, None), Ok(2));
        assert_eq!(number(&seen, Some(3)), Ok(3));
        let error = number(&seen, Some(9)).expect_err("there is none");
        assert_eq!((error.code.as_ref(), error.help.as_deref()), ("release-missing", Some("it has 1, 2, 3")));
        assert!(number(&seen, Some(4)).is_err(), "one that is tried is none yet");
        seen.releases[1].status = Status::Stopped;
        assert_eq!(number(&seen, None), Ok(3), "what has ended has logs too");
        let error = number(&HostReleases::default(), None).expect_err("there is none");
        assert_eq!(error.message, "h has no container of `web/app`");
    }
}
