//! What is known of containers without asking anybody: what was applied, as the engine tells it when a run begins, and what
//! this run has done since.

use std::collections::BTreeSet;
use std::sync::Arc;

use ironwright_core::{Address, Planned, Resolved};
use ironwright_engine::{Applied, ErrorKind, Event, Observer, Preparation, ProviderError};
use serde_json::Value as Json;

use super::name;
use crate::rollout::Identity;
use crate::spec::{self, ContainerSpec, HostSpec};
use crate::ssh::Destination;

/// What is known in a run.
#[derive(Clone, Default)]
pub(super) struct Known {
    app: String,
    stage: String,
    applied: Vec<Applied>,
    observer: Option<Arc<dyn Observer>>,
    /// The addresses of machines that were there before this run.
    machines: BTreeSet<String>,
    /// Hosts that were taken to be gone for good, each behind the name of the container that was given up there.
    given_up: Vec<(String, Place)>,
}

/// A container as it was last applied, and all the hosts on which something of it may be.
pub(super) struct Whereabouts {
    /// Whose containers are meant there.
    pub(super) identity: Identity,
    /// What was applied.
    pub(super) spec: ContainerSpec,
    /// The same as a document, without secrets.
    pub(super) properties: Json,
    /// Where it may be: first where it was applied to, then where an interrupted run may have brought it.
    pub(super) places: Vec<Place>,
}

/// A host on which something of a container may be.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// What the program says of it, without secrets.
    pub(super) host: Json,
    /// How to get there; why not, where a secret that lets us in is locked.
    pub(super) way: Result<Destination, ProviderError>,
    /// It is one of those that it was applied to.
    pub(super) is_wanted: bool,
}

impl Known {
    /// What `preparation` tells.
    pub(super) fn new(preparation: Preparation) -> Self {
        let Preparation { app, stage, applied, observer } = preparation;
        let mut known =
            Self { app, stage, applied: Vec::new(), observer, machines: BTreeSet::new(), given_up: Vec::new() };
        // Where an interrupted run was at work, machines may still come up.
        let mut names = BTreeSet::new();
        let is_done = |applied: &&Applied| !applied.physical_id.is_empty() && names.insert(applied.physical_id.clone());
        let specs = applied.iter().filter(is_done).filter_map(|applied| read(applied).ok());
        known.machines = specs.flat_map(|spec| spec.hosts).map(|host| host.address).collect();
        known.applied = applied;
        known
    }

    /// The app.
    pub(super) fn app(&self) -> &str {
        &self.app
    }

    /// What images are kept for: a resource of this stage.
    pub(super) fn owner(&self, address: &Address) -> String {
        format!("{}/{}/{address}", self.app, self.stage)
    }

    /// Tells of progress.
    pub(super) fn tell(&self, address: &Address, message: &str) {
        if let Some(observer) = &self.observer {
            observer.event(&Event::Progress { address: address.clone(), message: message.to_owned() });
        }
    }

    /// Whether the machine at this address was there before this run.
    pub(super) fn has_machine(&self, address: &str) -> bool {
        self.machines.contains(address)
    }

    /// Whose containers are meant by a resource at `address` that is called `name`.
    pub(super) fn identity(&self, address: &Address, name: &str) -> Identity {
        Identity {
            app: self.app.clone(),
            stage: self.stage.clone(),
            address: address.to_string(),
            name: name.to_owned(),
            others: self.applied.iter().map(|other| other.address.to_string()).collect(),
        }
        .without_itself()
    }

    /// The name of the container with these properties.
    pub(super) fn name(&self, address: &Address, properties: &Json) -> String {
        name::of_container(&self.app, &self.stage, address.as_str(), properties)
    }

    /// Remembers what is about to be applied.
    pub(super) fn remember(&mut self, address: &Address, name: &str, properties: &Resolved) {
        let applied = Applied {
            address: address.clone(),
            type_name: super::CONTAINER.to_owned(),
            physical_id: name.to_owned(),
            properties: properties.clone(),
            left_out: BTreeSet::new(),
            locked: None,
        };
        self.applied.insert(0, applied);
    }

    /// Asks nothing more of the container `name` at `place` in this run.
    pub(super) fn give_up(&mut self, name: &str, place: &Place) {
        self.given_up.push((name.to_owned(), place.clone()));
    }

    /// The other resource whose container is called `name`.
    pub(super) fn taken_by(&self, address: &Address, name: &str) -> Option<&Address> {
        let is_other = |applied: &&Applied| applied.physical_id == name && applied.address != *address;
        self.applied.iter().find(is_other).map(|applied| &applied.address)
    }

    /// Where the container called `name` may be.
    pub(super) fn whereabouts(&self, name: &str) -> Result<Whereabouts, ProviderError> {
        let is_it = |applied: &&Applied| match applied.physical_id.as_str() {
            "" => self.name(&applied.address, &applied.properties.expose()) == name,
            known => known == name,
        };
        let mut found = self.applied.iter().filter(is_it);
        let first = found.next().ok_or_else(|| not_told(name))?;
        let mut places = places(first, true)?;
        for other in found {
            for place in self::places(other, false)? {
                let is_gone = self.given_up.iter().any(|(of, gone)| of == name && gone.is_same(&place));
                if !is_gone && !places.iter().any(|known| known.is_same(&place)) {
                    places.push(place);
                }
            }
        }
        Ok(Whereabouts {
            identity: self.identity(&first.address, name),
            spec: read(first)?,
            properties: open(first),
            places,
        })
    }
}

impl Place {
    /// The host that the program says by `host` and, as a document without secrets, by `open`.
    pub(super) fn of(host: &HostSpec, open: Json, is_wanted: bool) -> Result<Self, ProviderError> {
        let way = Destination::try_from(host);
        let way = way.map_err(|error| ProviderError::new(ErrorKind::Refused, "InvalidHost", error.to_string()))?;
        Ok(Self { host: open, way: Ok(way), is_wanted })
    }

    /// Whether both are the same machine, however it is got into.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        ["Address", "Port"].into_iter().all(|part| self.host.get(part) == other.host.get(part))
    }

    /// Its address, for messages.
    pub(super) fn address(&self) -> &str {
        self.host["Address"].as_str().unwrap_or_default()
    }
}

/// The hosts of `applied`.
fn places(applied: &Applied, is_wanted: bool) -> Result<Vec<Place>, ProviderError> {
    let spec = read(applied)?;
    let open = open(applied);
    let place = |(at, host): (usize, &HostSpec)| {
        let mut place = Place::of(host, open["Hosts"][at].clone(), is_wanted)?;
        if applied.left_out.iter().any(|pointer| pointer.starts_with(&format!("/Hosts/{at}/"))) {
            place.way = Err(locked(&host.address, applied.locked.as_deref()));
        }
        Ok(place)
    };
    spec.hosts.iter().enumerate().map(place).collect()
}

fn read(applied: &Applied) -> Result<ContainerSpec, ProviderError> {
    let misfit = |misfit: spec::Misfit| ProviderError::new(ErrorKind::Refused, "InvalidContainer", misfit.to_string());
    spec::read(&applied.properties).map_err(misfit)
}

/// What was applied, without secrets.
fn open(applied: &Applied) -> Json {
    without_secrets(applied.properties.value())
}

/// A document without its secrets.
pub(super) fn without_secrets(value: &Planned) -> Json {
    let is_open = |value: &Planned| !matches!(value, Planned::Secret(_) | Planned::Sealed(_));
    match value {
        Planned::List(items) => items.iter().filter(|item| is_open(item)).map(without_secrets).collect(),
        Planned::Map(entries) => {
            let open = entries.iter().filter(|(_, entry)| is_open(entry));
            Json::Object(open.map(|(name, entry)| (name.clone(), without_secrets(entry))).collect())
        }
        scalar => scalar.to_json(""),
    }
}

fn not_told(name: &str) -> ProviderError {
    let message = format!(
        "nothing is known of how to get to the container `{name}`: one that was made by somebody else is not taken over; \
         remove it from its hosts, and `apply` makes it"
    );
    ProviderError::new(ErrorKind::Refused, "HostsUnknown", message)
}

fn locked(address: &str, why: Option<&str>) -> ProviderError {
    let why = why.unwrap_or("no key is at hand");
    let message = format!("the private key that {address} lets in cannot be opened: {why}");
    ProviderError::new(ErrorKind::Unreachable, "KeyLocked", message)
}

#[cfg(test)]
mod tests {
    use ironwright_core::secret::SecretText;
    use serde_json::json;

    use super::*;

    fn applied(address: &str, id: &str, hosts: &[&str], left_out: &[&str]) -> Applied {
        let host = |host: &&str| {
            let key = Planned::Secret(SecretText::new("k3y"));
            let entries = [("Address", Planned::from(json!(host))), ("Identity", key)];
            Planned::Map(entries.map(|(name, value)| (name.to_owned(), value)).into())
        };
        let entries =
            [("Image", Planned::from(json!("shop:1"))), ("Hosts", Planned::List(hosts.iter().map(host).collect()))];
        let properties = Planned::Map(entries.map(|(name, value)| (name.to_owned(), value)).into());
        Applied {
            address: address.into(),
            type_name: "Docker::Container".to_owned(),
            physical_id: id.to_owned(),
            properties: Resolved::new(properties).expect("all is known"),
            left_out: left_out.iter().map(|pointer| (*pointer).to_owned()).collect(),
            locked: (!left_out.is_empty()).then(|| "set the key".to_owned()),
        }
    }

    fn known(applied: Vec<Applied>) -> Known {
        let (app, stage) = ("shop".to_owned(), "dev".to_owned());
        Known::new(Preparation { app, stage, applied, observer: None })
    }

    #[test]
    fn hosts_of_an_interrupted_run_count_too() {
        let interrupted = applied("web/app", "", &["b", "c"], &[]);
        let known = known(vec![applied("web/app", "shop-dev-web-app", &["a", "b"], &[]), interrupted]);
        let there = known.whereabouts("shop-dev-web-app").expect("it is known");
        let places: Vec<_> = there.places.iter().map(|place| (place.address(), place.is_wanted)).collect();
        assert_eq!(places, [("a", true), ("b", true), ("c", false)]);
        assert_eq!(there.places[0].host, json!({"Address": "a"}), "no secret is in it");
        assert!(known.has_machine("b") && !known.has_machine("c"), "what is new may still come up");
        let error = known.whereabouts("other").err().expect("nobody knows it");
        assert_eq!((error.kind, error.code.as_str()), (ErrorKind::Refused, "HostsUnknown"));
    }

    #[test]
    fn a_host_whose_key_is_locked_cannot_be_got_to() {
        let known = known(vec![applied("web/app", "app", &["a", "b"], &["/Hosts/1/Identity"])]);
        let there = known.whereabouts("app").expect("it is known");
        assert!(there.places[0].way.is_ok());
        let error = there.places[1].way.clone().expect_err("it is locked");
        assert!(error.kind == ErrorKind::Unreachable && error.message.contains("set the key"), "{error}");
    }

    #[test]
    fn what_this_run_does_comes_before_what_was_applied() {
        let mut known = known(vec![applied("web/app", "app", &["a"], &[])]);
        let now = applied("web/app", "app", &["b"], &[]);
        known.remember(&now.address, "app", &now.properties);
        let there = known.whereabouts("app").expect("it is known");
        let places: Vec<_> = there.places.iter().map(|place| (place.address(), place.is_wanted)).collect();
        assert_eq!(places, [("b", true), ("a", false)]);
    }
}
