//! Does the steps of a rollout on one host, and looks again after each that changes it.

use std::collections::BTreeSet;

use super::census::{self, Census};
use super::create::{self, Making};
use super::environment::{Environment, Place};
use super::error::{Failure, RolloutError};
use super::gate::Gate;
use super::next::{Known, Observed, Step, Verdict, Wanted, next};
use super::order::Order;
use super::release::{NO_RESTART, Release};
use super::request::Request;
use super::seams::Tools;
use crate::command::{HostCommand, docker, system};
use crate::delivery::sweep;
use crate::edge::{EdgeProxy, Site};
use crate::ssh::{Connection, Output};

/// More steps than a rollout can have, unless something else changes the host all the time.
const STEPS: usize = 200;

/// The rollout of a version on one host.
pub(super) struct Worker<'a> {
    pub(super) connection: &'a Connection,
    request: &'a Request,
    wanted: Wanted,
    tools: &'a Tools<'a>,
    known: Known,
    /// The host as it was last seen, while nothing was done that changes it: a look is a command, and a link may be slow.
    seen: Option<Seen>,
    /// What the edge was seen to send traffic to.
    upstream: Option<String>,
    /// The edge was asked, and nothing was done since that changes its answer.
    is_asked: bool,
    /// What went wrong, while it is undone.
    failure: Option<RolloutError>,
}

/// A host as it was just seen.
#[derive(Clone)]
struct Seen {
    observed: Observed,
    folder: String,
}

impl<'a> Worker<'a> {
    /// The rollout of `request`, as the release `number`.
    pub(super) fn new(connection: &'a Connection, request: &'a Request, number: u32, tools: &'a Tools<'a>) -> Self {
        let (first, others) = request.networks();
        let wanted = Wanted {
            number,
            name: request.identity.release(number),
            trial: request.identity.trial(number),
            order: Order::of(&request.spec),
            token: request.token.clone(),
            restart: request.restart().to_owned(),
            networks: std::iter::once(first).chain(others.iter().map(String::as_str)).map(ToOwned::to_owned).collect(),
        };
        Self {
            connection,
            request,
            wanted,
            tools,
            known: Known::default(),
            seen: None,
            upstream: None,
            is_asked: false,
            failure: None,
        }
    }

    /// Does what touches nothing that serves.
    pub(super) async fn prepare(&mut self) -> Result<(), RolloutError> {
        for _ in 0..STEPS {
            let seen = self.look().await?;
            let step = next(&seen.observed, &self.known, &self.wanted);
            if !step.prepares() {
                return Ok(());
            }
            self.take(&step, &seen).await?;
        }
        Err(self.unsettled())
    }

    /// Goes on to the end. On an error, what served before serves, as far as the error does not say otherwise.
    pub(super) async fn run(&mut self) -> Result<(), RolloutError> {
        // The other hosts had their turn meanwhile.
        self.seen = None;
        for _ in 0..STEPS {
            let seen = self.look().await?;
            let step = next(&seen.observed, &self.known, &self.wanted);
            match step {
                Step::Done => return Ok(()),
                Step::Failed => return Err(self.failure.take().unwrap_or_else(|| self.unsettled())),
                _ => {}
            }
            let Err(error) = self.take(&step, &seen).await else { continue };
            self.seen = None;
            match self.failure.take() {
                // What was begun goes on when it is sent again.
                None if error.failure == Failure::Unreached => return Err(error),
                None => {
                    self.failure = Some(error);
                    self.known.failed = true;
                }
                Some(failure) => return Err(failure.and(&format!("\nand on the way back, {error}"))),
            }
        }
        Err(self.unsettled())
    }

    fn unsettled(&self) -> RolloutError {
        let there = self.connection.destination();
        let message = format!(
            "the rollout on {there} comes to no end: something else changes its containers; look with `{} docker ps -a`",
            there.by_hand()
        );
        RolloutError::new(Failure::Unsettled, message)
    }

    /// Looks at the host. The edge is asked again after each step that may have changed what it does.
    async fn look(&mut self) -> Result<Seen, RolloutError> {
        if let Some(seen) = &self.seen {
            return Ok(seen.clone());
        }
        let identity = &self.request.identity;
        let Census { releases, has_edge, folder, leftovers } = Census::take(self.connection, identity).await?;
        if has_edge && !self.is_asked {
            self.upstream = census::upstream(self.connection, identity, self.tools).await?;
        }
        self.is_asked = has_edge;
        let upstream = self.upstream.clone().filter(|_| has_edge);
        let seen = Seen { observed: Observed { releases, leftovers, upstream }, folder };
        self.seen = Some(seen.clone());
        Ok(seen)
    }

    /// Does a step, and keeps in mind what it found out.
    async fn take(&mut self, step: &Step, seen: &Seen) -> Result<(), RolloutError> {
        self.tell(&step.to_string());
        if !step.only_asks() {
            self.seen = None;
        }
        if matches!(step, Step::EnsureEdge | Step::Switch(_) | Step::Unroute | Step::Reroute(_)) {
            self.is_asked = false;
        }
        let releases = &seen.observed.releases;
        let find = |name: &str| releases.iter().find(|release| release.name == name);
        match step {
            Step::RemoveEnvironment => self.run_all([system::remove_folder(&seen.folder)]).await,
            Step::BringImage => self.bring().await,
            Step::EnsureNetwork(network) => self.ensure_network(network).await,
            Step::EnsureEdge => {
                if let Some(site) = self.request.site() {
                    self.ensure_edge(&site).await?;
                }
                self.known.edge_stands = true;
                Ok(())
            }
            Step::Create(name) => self.create(name, false, &seen.folder).await,
            Step::CreateTrial(name) => self.create(name, true, &seen.folder).await,
            Step::Connect { container, network } => {
                let turn = self.tools.turns.on(self.connection.destination());
                let _turn = turn.lock().await;
                self.make_network(network).await?;
                let alias = self.request.identity.name.as_str();
                let aliases: &[&str] = if *container == self.wanted.trial { &[] } else { &[alias] };
                self.run_all([docker::connect_network(network, container, aliases)]).await
            }
            Step::Start { container, restart } => {
                if let Some(old) = find(container).filter(|old| !old.published.is_empty())
                    && self.wanted.order == Order::Edge
                {
                    // The edge that was made for its successor has its ports.
                    self.unroute(&old.published).await?;
                    self.is_asked = false;
                }
                self.known.started.insert(container.clone());
                self.known.verdicts.remove(container);
                self.run_all(set_restart(find(container), container, restart)).await?;
                self.run_all([docker::start(container)]).await
            }
            Step::Gate(container) => self.gate(container).await,
            Step::Restart { container, restart } => self.run_all([docker::set_restart(container, restart)]).await,
            Step::Switch(container) => match self.request.site() {
                Some(site) => self.switch(&site, container).await,
                None => Ok(()),
            },
            Step::Unroute => self.unroute(&self.request.ports()).await,
            Step::Reroute(container) => {
                let spec = find(container).map(Release::spec).unwrap_or_default();
                let Some(site) = Site::of(&self.request.identity.name, &spec) else { return Ok(()) };
                self.ensure_edge(&site).await?;
                self.switch(&site, container).await
            }
            Step::Drain(container) => self.drain(container).await,
            Step::Retire(container) => {
                self.run_all(set_restart(find(container), container, NO_RESTART)).await?;
                self.run_all([docker::stop(container, self.request.spec.drain())]).await
            }
            Step::Remove(container) => self.run_all([docker::remove(container)]).await,
            Step::Sweep => self.sweep().await,
            Step::Done | Step::Failed => Ok(()),
        }
    }

    fn tell(&self, what: &str) {
        (self.tools.progress)(&format!("{}: {what}", self.connection.destination().host()));
    }

    async fn run_all(&self, commands: impl IntoIterator<Item = HostCommand>) -> Result<(), RolloutError> {
        for command in commands {
            self.run_one(&command).await?;
        }
        Ok(())
    }

    async fn run_one(&self, command: &HostCommand) -> Result<Output, RolloutError> {
        let output = self.connection.run(command).await?;
        output.of(command).map_err(|mut failed| {
            failed.said = self.request.censored(&failed.said);
            RolloutError::command(self.connection.destination(), &failed)
        })
    }

    async fn bring(&mut self) -> Result<(), RolloutError> {
        self.known.image = Some(self.brought(&self.request.spec.image).await?);
        Ok(())
    }

    async fn brought(&self, reference: &str) -> Result<String, RolloutError> {
        let progress = |line: &str| self.tell(line);
        self.tools.delivery.bring(self.connection, reference, &progress).await.map_err(RolloutError::image)
    }

    /// Removes images that nothing needs. One that stays is no failure.
    async fn sweep(&mut self) -> Result<(), RolloutError> {
        self.known.swept = true;
        let Some(image) = &self.known.image else { return Ok(()) };
        if let Err(error) = sweep(self.connection, image, &[]).await {
            self.tell(&format!("images that are needed no more stay: {error}"));
        }
        Ok(())
    }

    async fn ensure_network(&mut self, network: &str) -> Result<(), RolloutError> {
        let turn = self.tools.turns.on(self.connection.destination());
        let _turn = turn.lock().await;
        self.make_network(network).await?;
        self.known.networks.insert(network.to_owned());
        Ok(())
    }

    /// Makes a network, where there is none. Whoever calls it has the turn.
    async fn make_network(&self, network: &str) -> Result<(), RolloutError> {
        if self.connection.run(&docker::inspect_network(network)).await?.status != 0 {
            self.run_all([docker::create_network(network)]).await?;
        }
        Ok(())
    }

    /// Makes a container. Its environment is in files only while that takes.
    async fn create(&self, name: &str, is_trial: bool, folder: &str) -> Result<(), RolloutError> {
        let image = self.known.image.as_deref().unwrap_or(&self.request.spec.image);
        let making = Making { name, number: self.wanted.number, is_trial, image };
        let (environment, place) = (Environment::new(&self.request.environment())?, Place::new(folder));
        let command = create::command(self.request, &making, &environment, &place);
        let turn = self.tools.turns.on(self.connection.destination());
        let _turn = turn.lock().await;
        // Whoever has left the host meanwhile may have taken the network along.
        self.make_network(&self.wanted.networks[0]).await?;
        let made = async {
            for (path, content) in environment.files(&place) {
                self.run_one(&system::install_file(path, content)).await?;
            }
            self.run_one(&command).await
        };
        let made = made.await;
        self.run_one(&system::remove_folder(folder)).await?;
        made.map(drop)
    }

    async fn gate(&mut self, container: &str) -> Result<(), RolloutError> {
        let gate = Gate { connection: self.connection, request: self.request, tools: self.tools, container };
        let passed = gate.passed().await;
        let verdict = match &passed {
            Ok(()) => Verdict::Healthy,
            Err(error) if error.failure == Failure::Unreached => return passed,
            Err(_) => Verdict::Failed,
        };
        self.known.verdicts.insert(container.to_owned(), verdict);
        passed
    }

    async fn ensure_edge(&self, site: &Site) -> Result<(), RolloutError> {
        let turn = self.tools.turns.on(self.connection.destination());
        let _turn = turn.lock().await;
        self.make_edge(site).await
    }

    /// Makes the edge ready for `site`. Whoever calls it has the turn.
    async fn make_edge(&self, site: &Site) -> Result<(), RolloutError> {
        let image = self.brought(site.image_reference()).await?;
        let progress = |line: &str| self.tell(line);
        Ok(EdgeProxy::new(self.connection, self.tools.clock, &progress).ensure(site, &image).await?)
    }

    async fn switch(&self, site: &Site, container: &str) -> Result<(), RolloutError> {
        let turn = self.tools.turns.on(self.connection.destination());
        let _turn = turn.lock().await;
        let progress = |line: &str| self.tell(line);
        let proxy = EdgeProxy::new(self.connection, self.tools.clock, &progress);
        // Whoever has left the host meanwhile may have taken the edge along.
        if !proxy.stands_for(site).await? {
            self.make_edge(site).await?;
        }
        Ok(proxy.switch(site, container).await?)
    }

    /// Takes the site out of the edge, which gives up those of `ports` that nobody else has there.
    async fn unroute(&self, ports: &BTreeSet<u16>) -> Result<(), RolloutError> {
        let turn = self.tools.turns.on(self.connection.destination());
        let _turn = turn.lock().await;
        let progress = |line: &str| self.tell(line);
        let proxy = EdgeProxy::new(self.connection, self.tools.clock, &progress);
        proxy.remove(&self.request.identity.name).await?;
        Ok(proxy.free(ports).await?)
    }

    async fn drain(&mut self, container: &str) -> Result<(), RolloutError> {
        let limit = self.request.spec.drain();
        let progress = |line: &str| self.tell(line);
        let proxy = EdgeProxy::new(self.connection, self.tools.clock, &progress);
        if !proxy.drained(container, limit).await? {
            self.tell(&format!("{container} still answers requests after {} s and is stopped", limit.as_secs()));
        }
        self.known.drained.insert(container.to_owned());
        Ok(())
    }
}

/// Sets the restart policy of a container, where it is another.
fn set_restart(release: Option<&Release>, container: &str, restart: &str) -> Option<HostCommand> {
    let is_so = release.is_some_and(|release| release.restart == restart);
    (!is_so).then(|| docker::set_restart(container, restart))
}
