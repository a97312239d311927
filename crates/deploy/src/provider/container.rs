//! `Docker::Container`: rolled out, read, taken away, on all of its hosts.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::join_all;
use ironwright_core::{Address, Resolved};
use ironwright_engine::{Create, Delete, ErrorKind, Find, Live, ProviderError, Read, Update};
use serde_json::Value as Json;

use super::kit::Kit;
use super::known::{Known, Place, Whereabouts, without_secrets};
use super::model::{self, OnHost};
use super::trouble::{is_final, is_gone, not_ready, not_rolled_out, unread};
use crate::command::docker;
use crate::readiness::{Readiness, ready};
use crate::rollout::{self, HostReleases, Identity, Release, Request, Tools};
use crate::spec::{self, ContainerSpec, HostSpec, Misfit};
use crate::ssh::Connection;

/// How many hosts are asked at once.
const AT_ONCE: usize = 8;

/// Does with containers what the engine asks for.
pub(super) struct Containers<'a> {
    pub(super) kit: &'a Kit,
    pub(super) known: &'a Mutex<Known>,
}

/// A host of a container, connected as soon as it is used.
struct Connected<'a> {
    place: &'a Place,
    connection: Arc<Connection>,
}

/// What is to be rolled out, and the hosts that are ready for it.
struct Ready {
    request: Request,
    hosts: Vec<Arc<Connection>>,
}

impl Containers<'_> {
    /// Makes it, or goes on with making it. Where it cannot be, nothing of it stays.
    pub(super) async fn create(&self, create: Create) -> Result<Live, ProviderError> {
        let name = self.known().name(&create.address, &create.properties.expose());
        let order = Order { address: &create.address, name: &name, properties: &create.properties };
        if let Some(other) = self.known().taken_by(&create.address, &name) {
            let message = format!(
                "`{other}` is called `{name}` on its hosts already; give one of them another name with `.name(…)`"
            );
            return Err(ProviderError::new(ErrorKind::Refused, "NameTaken", message));
        }
        self.known().remember(&create.address, &name, &create.properties);
        let wanted = order.places()?;
        let ready = self.ready(&order, create.token.as_str(), &wanted).await?;
        let made = self.roll_out(&order, ready).await;
        if let Err(error) = &made
            && is_final(error)
        {
            let there = self.whereabouts(&name)?;
            self.take_back(&order, &there, (error, create.token.as_str()), |_| true).await?;
        }
        made?;
        self.now(&name).await
    }

    /// Brings it to what is asked for, on the hosts that are asked for and no others.
    pub(super) async fn update(&self, update: Update) -> Result<Live, ProviderError> {
        let before = self.whereabouts(&update.physical_id)?;
        let order = Order { address: &update.address, name: &update.physical_id, properties: &update.properties };
        self.known().remember(&update.address, &update.physical_id, &update.properties);
        let wanted = order.places()?;
        let ready = self.ready(&order, update.token.as_str(), &wanted).await?;
        let made = self.roll_out(&order, ready).await;
        if let Err(error) = &made
            && is_final(error)
        {
            let there = self.whereabouts(&update.physical_id)?;
            let was_there = |place: &Place| before.places.iter().any(|known| known.is_same(place));
            self.take_back(&order, &there, (error, update.token.as_str()), |place| !was_there(place)).await?;
        }
        made?;
        for place in before.places.iter().filter(|place| !wanted.iter().any(|wanted| wanted.is_same(place))) {
            self.leave(&order, &before, place).await?;
        }
        self.now(&update.physical_id).await
    }

    /// Takes it off all hosts.
    pub(super) async fn delete(&self, delete: &Delete) -> Result<(), ProviderError> {
        let there = self.whereabouts(&delete.physical_id)?;
        let gone_for_good = |error: ProviderError| match error.kind {
            ErrorKind::Unreachable => {
                let message = format!(
                    "{}; what runs there was left. Where the machine is gone for good, type `state rm {}`",
                    error.message, delete.address
                );
                ProviderError { message, ..error }
            }
            _ => error,
        };
        let hosts = self.connect(there.places.iter()).await.map_err(gone_for_good)?;
        let progress = |line: &str| self.known().tell(&delete.address, line);
        let tools = self.tools(&progress);
        for some in hosts.chunks(AT_ONCE) {
            let removed = some.iter().map(|host| self.remove(host, &there, &tools));
            for done in join_all(removed).await {
                done.map_err(gone_for_good)?;
            }
        }
        Ok(())
    }

    /// What there is of it. Nothing where no host has anything of it.
    pub(super) async fn read(&self, read: &Read) -> Result<Option<Live>, ProviderError> {
        self.look(&self.whereabouts(&read.physical_id)?).await
    }

    /// What an interrupted create has made: whatever bears its token.
    pub(super) async fn find(&self, find: &Find) -> Result<Vec<Live>, ProviderError> {
        let name = self.known().name(&find.address, &find.properties);
        let there = self.whereabouts(&name)?;
        let (hosts, _) = self.seen(&there).await?;
        let bears = |release: &Release| release.token == find.token.as_str();
        if !hosts.iter().any(|host| host.seen.releases.iter().any(bears)) {
            return Ok(Vec::new());
        }
        Ok(self.look(&there).await?.into_iter().collect())
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn whereabouts(&self, name: &str) -> Result<Whereabouts, ProviderError> {
        self.known().whereabouts(name)
    }

    fn tools<'t>(&'t self, progress: &'t (dyn Fn(&str) + Sync)) -> Tools<'t> {
        Tools { clock: &*self.kit.here.clock, delivery: self.kit, progress, turns: &self.kit.turns }
    }

    /// The connections to `places`. An error where a secret that lets us in is locked.
    async fn connect<'p>(&self, places: impl Iterator<Item = &'p Place>) -> Result<Vec<Connected<'p>>, ProviderError> {
        let connections = self.kit.connections().await?;
        let connected = |place: &'p Place| {
            Ok(Connected { place, connection: connections.to(place.way.as_ref().map_err(Clone::clone)?) })
        };
        places.map(connected).collect()
    }

    /// Waits until the hosts are ready to roll out on.
    async fn ready(&self, order: &Order<'_>, token: &str, wanted: &[Place]) -> Result<Ready, ProviderError> {
        let request = Request::new(self.known().identity(order.address, order.name), order.properties, token);
        let request = request.map_err(|misfit| invalid(&misfit))?;
        let hosts = self.connect(wanted.iter()).await?;
        let progress = |line: &str| self.known().tell(order.address, line);
        let pairs: Vec<_> = hosts.iter().zip(&request.spec.hosts).collect();
        for some in pairs.chunks(AT_ONCE) {
            let waits = some.iter().map(|(host, spec)| self.wait_for(host, spec, &progress));
            for ready in join_all(waits).await {
                ready?;
            }
        }
        Ok(Ready { request, hosts: hosts.into_iter().map(|host| host.connection).collect() })
    }

    async fn wait_for(
        &self,
        host: &Connected<'_>,
        spec: &HostSpec,
        progress: &(dyn Fn(&str) + Sync),
    ) -> Result<(), ProviderError> {
        let is_fresh = self.kit.here.makes_machines && !self.known().has_machine(&spec.address);
        let own = |line: &str| progress(&format!("{}: {line}", spec.address));
        let wanted = Readiness::of(spec, is_fresh);
        ready(&host.connection, &*self.kit.here.clock, wanted, &own).await.map(drop).map_err(not_ready)
    }

    async fn roll_out(&self, order: &Order<'_>, ready: Ready) -> Result<(), ProviderError> {
        let progress = |line: &str| self.known().tell(order.address, line);
        let tools = self.tools(&progress);
        rollout::roll_out(&ready.hosts, &ready.request, &tools).await.map(drop).map_err(not_rolled_out)
    }

    /// Takes what a rollout that failed with this error, in the attempt of this token, may have left on those hosts that
    /// `concerns` picks, of which nothing is known from before. An error where that is left in doubt.
    async fn take_back(
        &self,
        order: &Order<'_>,
        there: &Whereabouts,
        (error, token): (&ProviderError, &str),
        concerns: impl Fn(&Place) -> bool,
    ) -> Result<(), ProviderError> {
        let progress = |line: &str| self.known().tell(order.address, line);
        let tools = self.tools(&progress);
        let removed = async {
            for host in self.connect(there.places.iter().filter(|place| concerns(place))).await? {
                // What another attempt has made was there before, and the rollout has seen to it that it serves.
                let seen = look(&host, &there.identity, &tools).await?;
                if seen.releases.iter().all(|release| release.token == token) {
                    self.remove(&host, there, &tools).await?;
                }
            }
            Ok(())
        };
        removed.await.map_err(|left: ProviderError| {
            let message = format!("{}\nand what was made before could not be removed: {}", error.message, left.message);
            ProviderError { kind: ErrorKind::OutcomeUnknown, message, ..error.clone() }
        })
    }

    /// Takes it off a host that it is no longer to run on. One that cannot be got to is given up: it may be gone for good.
    async fn leave(&self, order: &Order<'_>, there: &Whereabouts, place: &Place) -> Result<(), ProviderError> {
        let progress = |line: &str| self.known().tell(order.address, line);
        let left = async {
            for host in self.connect(std::iter::once(place)).await? {
                self.remove(&host, there, &self.tools(&progress)).await?;
            }
            Ok(())
        };
        match left.await {
            Err(error) if is_gone(&error) => {
                self.known().give_up(order.name, place);
                let address = place.address();
                progress(&format!("{address}: {}; whatever of it is on {address} is left there", error.message));
                Ok(())
            }
            Err(error) => Err(ProviderError { kind: ErrorKind::OutcomeUnknown, ..error }),
            Ok(()) => Ok(()),
        }
    }

    async fn remove(&self, host: &Connected<'_>, there: &Whereabouts, tools: &Tools<'_>) -> Result<(), ProviderError> {
        let Whereabouts { identity, spec, .. } = there;
        rollout::remove(&host.connection, identity, spec, tools).await.map(drop).map_err(unread)
    }

    /// What there is of a container that was just rolled out.
    async fn now(&self, name: &str) -> Result<Live, ProviderError> {
        let vanished = || {
            let message = "it was rolled out, and no host has anything of it: something else removes it";
            ProviderError::new(ErrorKind::OutcomeUnknown, "Vanished", message)
        };
        let looked = self.look(&self.whereabouts(name)?).await;
        // It is done, but for the telling.
        let looked = looked.map_err(|error| ProviderError { kind: ErrorKind::OutcomeUnknown, ..error });
        looked?.ok_or_else(vanished)
    }

    async fn look(&self, there: &Whereabouts) -> Result<Option<Live>, ProviderError> {
        let (hosts, connections) = self.seen(there).await?;
        let Some(release) = model::release(&hosts) else { return Ok(None) };
        let has_it = |host: &OnHost<'_>| host.seen.releases.iter().any(|other| other.image_id == release.image_id);
        let connection = hosts.iter().position(has_it).map(|at| &connections[at]);
        let running = running(release, connection).await?;
        let model = model::model(&there.identity.name, &there.properties, &hosts, release, &running);
        Ok(Some(Live { physical_id: there.identity.name.clone(), model }))
    }

    /// What each host has.
    async fn seen<'w>(&self, there: &'w Whereabouts) -> Result<(Vec<OnHost<'w>>, Vec<Arc<Connection>>), ProviderError> {
        let hosts = self.connect(there.places.iter()).await?;
        let tools = self.tools(&|_| {});
        let mut seen = Vec::new();
        for some in hosts.chunks(AT_ONCE) {
            let looks = join_all(some.iter().map(|host| look(host, &there.identity, &tools))).await;
            for (host, releases) in some.iter().zip(looks) {
                let Place { host, is_wanted, .. } = host.place;
                seen.push(OnHost { host, is_wanted: *is_wanted, seen: releases? });
            }
        }
        Ok((seen, hosts.into_iter().map(|host| host.connection).collect()))
    }
}

async fn look(host: &Connected<'_>, identity: &Identity, tools: &Tools<'_>) -> Result<HostReleases, ProviderError> {
    rollout::look(&host.connection, identity, tools).await.map_err(unread)
}

/// What the engine asks for.
struct Order<'a> {
    address: &'a Address,
    name: &'a str,
    properties: &'a Resolved,
}

impl Order<'_> {
    /// The hosts that it is to run on.
    fn places(&self) -> Result<Vec<Place>, ProviderError> {
        let spec: ContainerSpec = spec::read(self.properties).map_err(|misfit| invalid(&misfit))?;
        let open = without_secrets(self.properties.value());
        let places = spec.hosts.iter().enumerate().map(|(at, host)| Place::of(host, open["Hosts"][at].clone(), true));
        places.collect()
    }
}

fn invalid(misfit: &Misfit) -> ProviderError {
    ProviderError::new(ErrorKind::Refused, "InvalidContainer", misfit.to_string())
}

/// The image of `release` by its digest: the program may name it by a tag, of which the host of `connection` knows what it is.
async fn running(release: &Release, connection: Option<&Arc<Connection>>) -> Result<String, ProviderError> {
    if release.image.contains('@') {
        return Ok(release.image.clone());
    }
    let repository = model::repository(&release.image);
    let by_id = || format!("{repository}@{}", release.image_id);
    let Some(connection) = connection else { return Ok(by_id()) };
    let command = docker::inspect_image(&release.image_id);
    let output = connection.run(&command).await.map_err(|error| unread(error.into()))?;
    let image: Json = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let digests = image["RepoDigests"].as_array().into_iter().flatten().filter_map(Json::as_str);
    let of_repository = |digest: &&str| digest.split('@').next().is_some_and(|name| name.ends_with(repository));
    Ok(digests
        .into_iter()
        .find(of_repository)
        .map_or_else(by_id, |digest| format!("{repository}@{}", digest.split('@').nth(1).unwrap_or_default())))
}
