//! Asking a release once whether it serves, outside of a rollout.

use super::error::RolloutError;
use super::probe::{self, Probe};
use super::release::Release;
use crate::edge::NETWORK;
use crate::spec::ContainerSpec;
use crate::ssh::Connection;

/// Asks `release` once whether it serves, as its rollout has asked it. The inner error is what is wrong; nothing where it is
/// not asked anything.
pub async fn ask(connection: &Connection, release: &Release) -> Result<Option<Result<(), String>>, RolloutError> {
    let spec: ContainerSpec = serde_json::from_value(release.properties.clone()).unwrap_or_default();
    let (probe, limit) = (Probe::of(&spec)?, probe::health(&spec).timeout());
    let Some(command) = probe.command(&release.name, address(release), limit) else { return Ok(None) };
    let output = connection.run(&command).await?;
    Ok(Some(probe.problem(&output, limit).map_or(Ok(()), Err)))
}

/// Where the release is reached from its host: behind the edge where it is there, else in the first network that has it.
fn address(release: &Release) -> &str {
    let behind = release.networks.get(NETWORK).filter(|address| !address.is_empty());
    behind.or_else(|| release.networks.values().find(|address| !address.is_empty())).map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_reached_behind_the_edge_or_where_it_is() {
        let check = |networks: &[(&str, &str)], expect: &str| {
            let networks = networks.iter().map(|(name, address)| ((*name).to_owned(), (*address).to_owned())).collect();
            assert_eq!(address(&Release { networks, ..Release::default() }), expect);
        };
        check(&[("data", "172.18.0.2"), (NETWORK, "172.19.0.2")], "172.19.0.2");
        check(&[("data", ""), ("more", "172.18.0.2"), (NETWORK, "")], "172.18.0.2");
        check(&[], "");
    }
}
