//! Takes a container off a host, with all that was made for it.

use super::census::{self, Census};
use super::error::RolloutError;
use super::order::Order;
use super::release::{Identity, Release};
use super::seams::Tools;
use crate::command::{HostCommand, docker, system};
use crate::edge::{EdgeProxy, NETWORK};
use crate::spec::ContainerSpec;
use crate::ssh::{Connection, Output};

/// Takes the containers of `identity` off the host of `connection`: out of the edge, drained, stopped, removed. The networks
/// that we made go where nobody is in them; named volumes where `spec` says so. Sent again, it goes on. Whether there was
/// any container.
pub async fn remove(
    connection: &Connection,
    identity: &Identity,
    spec: &ContainerSpec,
    tools: &Tools<'_>,
) -> Result<bool, RolloutError> {
    let removal = Removal { connection, identity, spec, tools };
    let census = Census::take(connection, identity).await?;
    let is_behind = |release: &Release| release.order() == Order::Edge;
    if Order::of(spec) == Order::Edge || census.releases.iter().any(is_behind) {
        removal.route(census.has_edge).await?;
    }
    for release in census.releases.iter().filter(|release| release.runs()) {
        removal.tell(&format!("stopping {}", release.name));
        removal.run(&docker::stop(&release.name, spec.drain())).await?;
    }
    for release in &census.releases {
        removal.run(&docker::remove(&release.name)).await?;
    }
    if census.leftovers {
        removal.run(&system::remove_folder(&census.folder)).await?;
    }
    removal.networks().await?;
    removal.volumes().await?;
    Ok(!census.releases.is_empty())
}

struct Removal<'a> {
    connection: &'a Connection,
    identity: &'a Identity,
    spec: &'a ContainerSpec,
    tools: &'a Tools<'a>,
}

impl Removal<'_> {
    fn tell(&self, what: &str) {
        (self.tools.progress)(&format!("{}: {what}", self.connection.destination().host()));
    }

    async fn run(&self, command: &HostCommand) -> Result<Output, RolloutError> {
        let output = self.connection.run(command).await?;
        output.of(command).map_err(|failed| RolloutError::command(self.connection.destination(), &failed))
    }

    /// No traffic gets to it any more, and what it had begun is done. A run that was killed may have left the site without a
    /// release, or the edge without a site; and an edge that does not run still has its routes.
    async fn route(&self, edge_runs: bool) -> Result<(), RolloutError> {
        let upstream =
            if edge_runs { census::upstream(self.connection, self.identity, self.tools).await? } else { None };
        self.tell("taking it out of the edge");
        let turn = self.tools.turns.on(self.connection.destination());
        let _turn = turn.lock().await;
        let progress = |line: &str| self.tell(line);
        let proxy = EdgeProxy::new(self.connection, self.tools.clock, &progress);
        proxy.remove(&self.identity.name).await?;
        // An edge without a route is gone, and so are its requests.
        if let Some(upstream) = upstream
            && proxy.look().await?.container.is_some()
        {
            proxy.drained(&upstream, self.spec.drain()).await?;
        }
        Ok(())
    }

    /// Removes the networks that we made and in which nobody is.
    async fn networks(&self) -> Result<(), RolloutError> {
        let turn = self.tools.turns.on(self.connection.destination());
        let _turn = turn.lock().await;
        let ours = std::iter::once(NETWORK).chain(self.spec.networks.iter().map(String::as_str));
        for network in ours {
            if !self.run(&docker::our_network(network)).await?.text().is_empty()
                && self.run(&docker::in_network(network)).await?.text().is_empty()
            {
                // Somebody may have joined it meanwhile.
                self.connection.run(&docker::remove_network(network)).await?;
            }
        }
        Ok(())
    }

    async fn volumes(&self) -> Result<(), RolloutError> {
        if self.spec.keeps_volumes() {
            return Ok(());
        }
        for volume in self.spec.volumes.iter().filter(|volume| !volume.source.starts_with('/')) {
            self.tell(&format!("removing the volume {}", volume.source));
            let command = docker::remove_volume(&volume.source);
            let output = self.connection.run(&command).await?;
            // One that another container uses stays, and says so.
            if let Err(failed) = output.of(&command) {
                self.tell(&format!("the volume {} stays: {}", volume.source, failed.said));
            }
        }
        Ok(())
    }
}
