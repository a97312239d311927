//! Drives the edge of a host: sees what it does, makes it, moves traffic, takes it away.
//!
//! All that is known of an edge is seen on its host. Traffic moves from one release to the next without Caddy being told: a
//! small file says where it goes. A site that comes, goes or changes its ports is one call of the admin API with the whole
//! document, under the tag of the document that it was made from: who comes second looks again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ironwright_engine::Clock;
use serde::Deserialize;
use serde_json::Value;

use super::admin::{Answer, Question};
use super::container::{self, EdgeContainer};
use super::error::{EdgeError, EdgeErrorKind};
use super::releases::{self, Releases};
use super::routes::{Routes, Taken};
use super::{NAME, NETWORK, Site};
use crate::command::{HostCommand, docker};
use crate::readiness::{HostErrorKind, Progress, explain};
use crate::ssh::{Connection, Output};

/// How long Caddy may take to answer once its container runs.
const COMES_UP: Duration = Duration::from_secs(20);

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// How often a change is tried that others come before.
const TRIES: usize = 10;

/// The status by which `docker run` says that it could not run anything.
const NOT_RUN: i32 = 125;

/// How many of its log lines an error shows.
const LOG_LINES: usize = 10;

/// The edge of one host.
#[derive(Clone, Copy)]
pub struct EdgeProxy<'a> {
    connection: &'a Connection,
    clock: &'a dyn Clock,
    progress: Progress<'a>,
}

/// What is seen of the edge of a host.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct EdgeSeen {
    /// Its container.
    pub container: Option<EdgeContainer>,
    /// The sites it serves; none where it does not run.
    pub routes: Routes,
    /// The releases that serve them.
    pub releases: Releases,
    /// Requests that are not answered yet, by the address they went to.
    in_flight: BTreeMap<String, u64>,
}

impl EdgeSeen {
    /// Whether there is an edge that runs and has all that `site` asks for but its routes.
    pub fn is_ready_for(&self, site: &Site) -> bool {
        self.container.as_ref().is_some_and(|container| container.is_running() && container.lacks(site).is_none())
    }

    /// The release that serves `id`: the name of its container. Nothing where a killed run has left it half switched.
    pub fn serving(&self, id: &str) -> Option<&str> {
        self.releases.of(id, &self.routes.sent_on(id))
    }

    /// Whether `site` is served by `release`, just as it asks.
    pub fn serves(&self, site: &Site, release: &str) -> bool {
        self.routes.has_all_of(site) && self.releases.are(site, release)
    }

    /// How many requests `release` has not answered yet.
    pub fn in_flight(&self, release: &str) -> u64 {
        let of_release = |address: &str| releases::release(address) == Some(release);
        self.in_flight.iter().filter(|(address, _)| of_release(address)).map(|(_, count)| count).sum()
    }
}

/// An upstream, as Caddy tells of it.
#[derive(Deserialize)]
struct Upstream {
    address: String,
    #[serde(default)]
    num_requests: u64,
}

impl<'a> EdgeProxy<'a> {
    /// The edge of the host of `connection`; `progress` is told what takes its time or interrupts somebody.
    pub fn new(connection: &'a Connection, clock: &'a dyn Clock, progress: Progress<'a>) -> Self {
        Self { connection, clock, progress }
    }

    /// Looks at it.
    pub async fn look(&self) -> Result<EdgeSeen, EdgeError> {
        let container = self.container().await?;
        if !container.as_ref().is_some_and(EdgeContainer::is_running) {
            return Ok(EdgeSeen { container, ..EdgeSeen::default() });
        }
        let (routes, _) = self.routes().await?;
        let releases = Releases::read(&self.run(&releases::look()).await?.text());
        let in_flight = self.in_flight().await?;
        Ok(EdgeSeen { container, routes, releases, in_flight })
    }

    /// The release that serves `id`, of an edge that runs. This asks less than a [look](Self::look).
    pub async fn serving(&self, id: &str) -> Result<Option<String>, EdgeError> {
        let (routes, _) = self.routes().await?;
        let releases = Releases::read(&self.run(&releases::look()).await?.text());
        Ok(releases.of(id, &routes.sent_on(id)).map(ToOwned::to_owned))
    }

    /// Makes the edge ready for `site`: the network, the container with the ports, running. What is served stays served, save
    /// while the container is made anew. `image` is the name that the host has `site.image_reference()` by.
    pub async fn ensure(&self, site: &Site, image: &str) -> Result<(), EdgeError> {
        let seen = self.look().await?;
        // Before anything is changed.
        seen.routes.with(site).map_err(|taken| self.taken(&taken))?;
        let ports = match &seen.container {
            None => site.host_ports(),
            Some(container) => match container.lacks(site) {
                Some(why) => {
                    (self.progress)(&format!(
                        "the edge is made anew: {why}; its ports are closed for a moment, routes and certificates stay"
                    ));
                    container.ports.union(&site.host_ports()).copied().collect()
                }
                None if container.is_running() => return Ok(()),
                None => {
                    self.run(&docker::start(NAME)).await?;
                    return self.answers().await;
                }
            },
        };
        self.make(site, image, &ports, seen.container.as_ref()).await?;
        // Routes outlive a container that was removed by hand: the ports of the other sites are needed too.
        let routed = self.routes().await?.0.ports();
        if routed.is_subset(&ports) {
            return Ok(());
        }
        let all = routed.union(&ports).copied().collect();
        self.make(site, image, &all, self.container().await?.as_ref()).await
    }

    /// Whether it runs and has all that `site` asks for but its routes. This asks less than a [look](Self::look).
    pub async fn stands_for(&self, site: &Site) -> Result<bool, EdgeError> {
        let seen = EdgeSeen { container: self.container().await?, ..EdgeSeen::default() };
        Ok(seen.is_ready_for(site))
    }

    /// Gives up those of `ports` on which nothing is served, so that a container can have them. The edge is made anew for that.
    pub async fn free(&self, ports: &BTreeSet<u16>) -> Result<(), EdgeError> {
        let Some(container) = self.container().await?.filter(EdgeContainer::is_running) else { return Ok(()) };
        let routed = self.routes().await?.0.ports();
        let is_useless = |port: &u16| ports.contains(port) && !routed.contains(port);
        let (useless, kept): (BTreeSet<u16>, BTreeSet<u16>) = container.ports.iter().partition(|port| is_useless(port));
        if useless.is_empty() {
            return Ok(());
        }
        let useless = useless.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
        (self.progress)(&format!(
            "the edge is made anew: it gives up port {useless}; its ports are closed for a moment, routes and certificates stay"
        ));
        let image = (!container.has_default_image).then(|| container.image.clone());
        self.make(&Site { image, ..Site::default() }, &container.made_of, &kept, Some(&container)).await
    }

    /// Sends all new requests for `site` to the container `release`, in one step. Those in flight are not touched.
    pub async fn switch(&self, site: &Site, release: &str) -> Result<(), EdgeError> {
        let (routes, _) = self.routes().await?;
        routes.with(site).map_err(|taken| self.taken(&taken))?;
        // Ports that nothing came to before lead to it from the first request on.
        self.run(&releases::write(site, release, &routes.sent_on(&site.id))).await?;
        self.change(|routes| routes.with(site)).await?;
        // Last: whoever sees that `release` serves sees all of it.
        self.run(&releases::write(site, release, &BTreeSet::new())).await.map(drop)
    }

    /// Waits until `release` has answered all its requests, for no longer than `limit`. Whether it has.
    pub async fn drained(&self, release: &str, limit: Duration) -> Result<bool, EdgeError> {
        let until = self.clock.elapsed() + limit;
        loop {
            let left = until.saturating_sub(self.clock.elapsed());
            self.clock.sleep(PAUSE.min(left)).await;
            let seen = EdgeSeen { in_flight: self.in_flight().await?, ..EdgeSeen::default() };
            if seen.in_flight(release) == 0 {
                return Ok(true);
            }
            if left.is_zero() {
                return Ok(false);
            }
        }
    }

    /// Serves the site `id` no more. The edge goes with the last one, and so does its network.
    pub async fn remove(&self, id: &str) -> Result<(), EdgeError> {
        match self.container().await? {
            None => return Ok(()),
            Some(container) if container.is_running() => {}
            Some(_) => {
                self.run(&docker::start(NAME)).await?;
            }
        }
        if !self.routes().await?.0.without(id).is_empty() {
            self.change(|routes| Ok(routes.without(id))).await?;
            self.run(&releases::remove(id)).await?;
            return Ok(());
        }
        // In one go: until it is gone, it is seen that there is something left to do.
        self.run(&container::remove_all()).await?;
        if self.run(&container::on_network()).await?.text().is_empty() {
            // Somebody may have joined it meanwhile.
            self.connection.run(&docker::remove_network(NETWORK)).await?;
        }
        Ok(())
    }

    async fn container(&self) -> Result<Option<EdgeContainer>, EdgeError> {
        let command = docker::inspect(NAME);
        let output = self.connection.run(&command).await?;
        if output.status != 0 && output.error_text().to_lowercase().contains("no such container") {
            return Ok(None);
        }
        let json = self.good(output, &command)?.text();
        let wrong = || self.wrong(EdgeErrorKind::Silent, "what Docker says of the edge is not understood");
        EdgeContainer::read(&json).ok_or_else(wrong).map(Some)
    }

    async fn make(
        &self,
        site: &Site,
        image: &str,
        ports: &BTreeSet<u16>,
        seen: Option<&EdgeContainer>,
    ) -> Result<(), EdgeError> {
        self.network().await?;
        let has = seen.map(|container| container.ports.clone()).unwrap_or_default();
        self.can_be_made(site, image, ports.difference(&has)).await?;
        self.connection.run(&docker::remove(container::NEXT)).await?;
        let migrates = self.connection.run(&container::can_migrate()).await?.status == 0;
        self.run(&container::create(site, image, ports, migrates)).await?;
        let command = container::swap();
        if let Err(failed) = self.connection.run(&command).await?.of(&command) {
            let again = seen.is_some() && self.answers().await.is_ok();
            let now = if again { "the one before serves again" } else { "nothing is served" };
            let by_hand = self.connection.destination().by_hand();
            let what = format!(
                "the edge could not be started, and {now}: {}\nsee what has its ports with `{by_hand} docker ps`",
                failed.said
            );
            return Err(self.wrong(EdgeErrorKind::NotStarted, &what));
        }
        let answers = self.answers().await;
        if answers.is_err() && seen.is_none() {
            // It has served nothing, and what was there before may need its ports again.
            self.connection.run(&docker::remove(NAME)).await?;
        }
        answers
    }

    /// Refuses an image without a Caddy that is new enough, and `ports` that something else has.
    async fn can_be_made<'p>(
        &self,
        site: &Site,
        image: &str,
        ports: impl Iterator<Item = &'p u16>,
    ) -> Result<(), EdgeError> {
        let command = container::probe(image, ports);
        let output = self.connection.run(&command).await?;
        if output.status == NOT_RUN && output.error_text().contains("driver failed programming external connectivity") {
            let what = format!(
                "the edge cannot have its ports: {}; see what has them with `{by_hand} docker ps` and `{by_hand} ss -ltn`, or \
                 publish others",
                output.error_text(),
                by_hand = self.connection.destination().by_hand()
            );
            return Err(self.wrong(EdgeErrorKind::NotStarted, &what));
        }
        let caddy = match output.status {
            0 if container::is_new_enough(&output.text()) => return Ok(()),
            0 => format!("Caddy {}", output.text()),
            126 | 127 => "no Caddy".to_owned(),
            _ => return self.good(output, &command).map(drop),
        };
        let [major, minor, patch] = container::OLDEST;
        let what = format!(
            "the edge's image {} has {caddy}, and Caddy {major}.{minor}.{patch} or a newer one is needed; name another with \
             `Edge::caddy().image(…)`, or none",
            site.image_reference()
        );
        Err(self.wrong(EdgeErrorKind::Refused, &what))
    }

    /// Makes the network of the edge, where there is none.
    async fn network(&self) -> Result<(), EdgeError> {
        if self.connection.run(&docker::inspect_network(NETWORK)).await?.status == 0 {
            return Ok(());
        }
        let command = docker::create_network(NETWORK);
        let output = self.connection.run(&command).await?;
        // Somebody else may have been first.
        if output.error_text().contains("already exists") {
            return Ok(());
        }
        self.good(output, &command).map(drop)
    }

    async fn routes(&self) -> Result<(Routes, String), EdgeError> {
        let answer = self.ask(&Question::Configuration).await?;
        match (serde_json::from_slice::<Value>(&answer.body), answer.tag) {
            (Ok(document), Some(tag)) if answer.status == 200 => Ok((Routes::new(document), tag)),
            _ => Err(self.wrong(EdgeErrorKind::Silent, "the edge does not say what it serves; is its image Caddy's?")),
        }
    }

    /// Requests that are not answered yet, by the address they went to.
    async fn in_flight(&self) -> Result<BTreeMap<String, u64>, EdgeError> {
        let answer = self.ask(&Question::Upstreams).await?;
        let wrong = |_| self.wrong(EdgeErrorKind::Silent, "the edge does not say what it has in flight");
        let upstreams: Vec<Upstream> = serde_json::from_slice(&answer.body).map_err(wrong)?;
        let mut in_flight = BTreeMap::new();
        for upstream in upstreams {
            *in_flight.entry(upstream.address).or_default() += upstream.num_requests;
        }
        Ok(in_flight)
    }

    /// Replaces what is served by what `change` makes of it.
    async fn change(&self, change: impl Fn(&Routes) -> Result<Routes, Taken>) -> Result<(), EdgeError> {
        for _ in 0..TRIES {
            let (routes, tag) = self.routes().await?;
            let next = change(&routes).map_err(|taken| self.taken(&taken))?;
            if next == routes {
                return Ok(());
            }
            let answer = self.ask(&Question::Configure { document: next.document().clone(), tag }).await?;
            match answer.status {
                200 => return Ok(()),
                412 => {}
                _ => {
                    let what = format!("the edge refuses its new routes and keeps the old ones: {}", answer.problem());
                    return Err(self.wrong(EdgeErrorKind::Refused, &what));
                }
            }
        }
        Err(self
            .wrong(EdgeErrorKind::Refused, "others change the edge's routes all the time; run the same command again"))
    }

    /// Waits until Caddy answers.
    async fn answers(&self) -> Result<(), EdgeError> {
        self.routes().await.map(drop)
    }

    async fn ask(&self, question: &Question) -> Result<Answer, EdgeError> {
        let (command, until) = (question.command(), self.clock.elapsed() + COMES_UP);
        loop {
            let output = self.connection.run(&command).await?;
            if let Some(answer) = Answer::read(&output.stdout) {
                return Ok(answer);
            }
            let said = match output.of(&command) {
                Err(failed) => match explain(self.connection.destination(), &failed) {
                    error if error.kind() != Some(HostErrorKind::Command) => return Err(error.into()),
                    _ => failed.said,
                },
                Ok(_) => "it broke off in its answer".to_owned(),
            };
            if self.clock.elapsed() >= until {
                return Err(self.silent(&said).await);
            }
            self.clock.sleep(PAUSE).await;
        }
    }

    async fn silent(&self, said: &str) -> EdgeError {
        let there = self.connection.destination();
        let log = match self.connection.run(&docker::logs(NAME, LOG_LINES, false)).await {
            Ok(output) => [output.text(), output.error_text()].join("\n"),
            Err(error) => return error.into(),
        };
        let what = format!(
            "the edge does not answer ({said}); its log ends with:\n{}\nit is made anew by the next apply after `{} docker rm -f \
             {NAME}`",
            log.trim(),
            there.by_hand()
        );
        self.wrong(EdgeErrorKind::Silent, &what)
    }

    async fn run(&self, command: &HostCommand) -> Result<Output, EdgeError> {
        let output = self.connection.run(command).await?;
        self.good(output, command)
    }

    fn good(&self, output: Output, command: &HostCommand) -> Result<Output, EdgeError> {
        Ok(output.of(command).map_err(|failed| explain(self.connection.destination(), &failed))?)
    }

    fn taken(&self, taken: &Taken) -> EdgeError {
        self.wrong(EdgeErrorKind::Taken, &taken.0)
    }

    fn wrong(&self, kind: EdgeErrorKind, what: &str) -> EdgeError {
        EdgeError::new(self.connection.destination(), kind, what)
    }
}
