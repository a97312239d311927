//! What a host has of a container: its releases and whether there is an edge, as seen in one look.

use super::error::{Failure, RolloutError};
use super::inspect;
use super::release::{Identity, Release};
use super::seams::Tools;
use crate::command::HostCommand;
use crate::edge::{self, EdgeProxy};
use crate::ssh::Connection;

/// Says what the host has.
const LOOK: &str = include_str!("look.sh");

/// The releases of a container on a host.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HostReleases {
    /// All of them, in the order of their numbers.
    pub releases: Vec<Release>,
    /// The container that the edge of the host sends traffic to.
    pub upstream: Option<String>,
}

impl HostReleases {
    /// The release that serves: it runs, and traffic gets to it. While a new one has not proved itself, that is the old one.
    pub fn serving(&self) -> Option<&Release> {
        let running = || self.releases.iter().filter(|release| release.runs() && !release.is_trial);
        let upstream = running().find(|release| self.upstream.as_ref() == Some(&release.name));
        let by_itself = |release: &&Release| release.order().publishes();
        upstream.or_else(|| running().filter(by_itself).min_by(|a, b| a.started_at.cmp(&b.started_at)))
    }
}

/// Looks which releases a host has, and which of them serves.
pub async fn look(
    connection: &Connection,
    identity: &Identity,
    tools: &Tools<'_>,
) -> Result<HostReleases, RolloutError> {
    let census = Census::take(connection, identity).await?;
    let upstream = if census.has_edge { upstream(connection, identity, tools).await? } else { None };
    Ok(HostReleases { releases: census.releases, upstream })
}

/// The container that the edge of the host, which runs, sends traffic to.
pub(super) async fn upstream(
    connection: &Connection,
    identity: &Identity,
    tools: &Tools<'_>,
) -> Result<Option<String>, RolloutError> {
    Ok(EdgeProxy::new(connection, tools.clock, tools.progress).serving(&identity.name).await?)
}

/// What is seen in one look.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Census {
    pub(super) releases: Vec<Release>,
    /// The edge of the host runs.
    pub(super) has_edge: bool,
    /// The folder for files with an environment.
    pub(super) folder: String,
    /// It is there.
    pub(super) leftovers: bool,
}

impl Census {
    /// Looks at the host of `connection`.
    pub(super) async fn take(connection: &Connection, identity: &Identity) -> Result<Self, RolloutError> {
        let words = [&identity.app, &identity.stage, &identity.name, edge::NAME];
        let command = HostCommand::new("sh").args(["-c", LOOK, "sh"]).args(words);
        let there = connection.destination();
        let output = connection.run(&command).await?.of(&command).map_err(|mut failed| {
            // The script itself is nothing to read.
            "docker ps".clone_into(&mut failed.command);
            RolloutError::command(there, &failed)
        })?;
        let wrong = |error: serde_json::Error| {
            let message = format!("on {there}, what Docker says of a container is not understood: {error}");
            RolloutError::new(Failure::Host, message)
        };
        Self::read(&output.text(), identity).map_err(wrong)
    }

    fn read(text: &str, identity: &Identity) -> Result<Self, serde_json::Error> {
        let mut census = Self::default();
        for line in text.lines() {
            match line.split_once(' ') {
                Some(("container", json)) => census.releases.extend(inspect::read(json, identity)?),
                Some(("folder", path)) => path.clone_into(&mut census.folder),
                _ => {
                    census.leftovers |= line == "leftovers";
                    census.has_edge |= line == "edge";
                }
            }
        }
        census.releases.sort_by_key(|release| (release.number, release.is_trial));
        Ok(census)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::release::Status;
    use super::*;

    fn identity() -> Identity {
        Identity::shop()
    }

    #[test]
    fn what_a_host_says() {
        let said = "folder /run/user/0/ironwright/app\nleftovers\nedge";
        let census = Census::read(said, &identity()).expect("it is understood");
        assert!(census.leftovers && census.has_edge, "{census:?}");
        assert_eq!(census.folder, "/run/user/0/ironwright/app");
        assert!(Census::read("container {}", &identity()).is_err());
    }

    #[test]
    fn shellcheck_finds_nothing() {
        crate::command::shellcheck::finds_nothing("sh", &[LOOK]);
    }

    #[test]
    fn what_serves() {
        let release = |number: u32, status, properties| Release {
            name: format!("app-r{number}"),
            number,
            status,
            properties,
            started_at: format!("2026-01-0{number}"),
            ..Release::default()
        };
        let serving = |releases: Vec<Release>, upstream: Option<&str>| {
            let host = HostReleases { releases, upstream: upstream.map(Into::into) };
            host.serving().map(|release| release.number)
        };
        let alone = json!({"Edge": {"Kind": "none"}});
        let behind = json!({"Edge": {"Kind": "caddy"}});
        let both = |kind: &serde_json::Value| {
            vec![release(1, Status::Running, kind.clone()), release(2, Status::Running, kind.clone())]
        };
        assert_eq!(serving(both(&alone), None), Some(1), "the new one has not proved itself");
        assert_eq!(serving(both(&behind), Some("app-r2")), Some(2));
        assert_eq!(serving(both(&behind), None), None, "nothing gets there");
        assert_eq!(serving(vec![release(1, Status::Stopped, behind)], Some("app-r1")), None);
        assert_eq!(serving(vec![release(1, Status::Stopped, alone)], None), None);
    }
}
