//! A container as it was last applied, and how to get to its hosts.

use std::collections::BTreeSet;

use ironwright_core::Address;
use ironwright_core::nearest::nearest;
use ironwright_engine::Applied;

use super::error::{OperateError, OperateErrorKind};
use crate::rollout::Identity;
use crate::spec::{self, ContainerSpec, HostSpec};
use crate::ssh::Destination;

/// A container as it was last applied, and how to get to its hosts.
#[derive(Clone, Debug)]
pub struct Deployed {
    /// Its address.
    pub address: Address,
    /// Whose containers are meant on the hosts.
    pub identity: Identity,
    /// What was applied.
    pub spec: ContainerSpec,
    hosts: Vec<HostName>,
    ways: Vec<Result<Destination, OperateError>>,
}

/// What a host is called: its address, with the port where another host has the same.
pub type HostName = String;

impl Deployed {
    /// The container that `applied` is, of this app and stage.
    pub fn new(app: &str, stage: &str, applied: &Applied) -> Result<Self, OperateError> {
        let invalid = |problem: String| OperateError::new(OperateErrorKind::Invalid, problem);
        let spec: ContainerSpec = spec::read(&applied.properties).map_err(|misfit| invalid(misfit.to_string()))?;
        let identity = Identity {
            app: app.to_owned(),
            stage: stage.to_owned(),
            address: applied.address.to_string(),
            name: applied.physical_id.clone(),
            // Names are not given twice.
            others: BTreeSet::new(),
        };
        let way = |(at, host): (usize, &HostSpec)| {
            if locked(&applied.left_out, at) {
                return Err(is_locked(applied, host));
            }
            Destination::try_from(host).map_err(|error| invalid(error.to_string()))
        };
        let ways = spec.hosts.iter().enumerate().map(way).collect();
        Ok(Self { address: applied.address.clone(), identity, hosts: names(&spec.hosts), ways, spec })
    }

    /// Its hosts, in the program's order.
    pub fn hosts(&self) -> &[HostName] {
        &self.hosts
    }

    /// The position of the host that is called `name`.
    pub fn host(&self, name: &str) -> Result<usize, OperateError> {
        self.hosts.iter().position(|host| host == name).ok_or_else(|| {
            let error = OperateError::new(
                OperateErrorKind::NoHost,
                format!("`{}` does not run on a host `{name}`", self.address),
            );
            match nearest(name, self.hosts.iter().map(String::as_str)) {
                Some(near) => error.help(format!("did you mean `--host {near}`?")),
                None => error.help(format!("its hosts are: {}", self.hosts.join(", "))),
            }
        })
    }

    /// How to get to the host at this position.
    pub(super) fn way(&self, host: usize) -> Result<&Destination, OperateError> {
        self.ways[host].as_ref().map_err(Clone::clone)
    }
}

/// Whether a secret of the host at position `at` was left out.
fn locked(left_out: &BTreeSet<String>, at: usize) -> bool {
    let place = format!("/Hosts/{at}/");
    left_out.iter().any(|pointer| pointer.starts_with(&place))
}

fn is_locked(applied: &Applied, host: &HostSpec) -> OperateError {
    let why = applied.locked.as_deref().unwrap_or("no key is at hand");
    let message = format!("the private key that {} lets in cannot be opened: {why}", host.address);
    OperateError::new(OperateErrorKind::Locked, message)
}

fn names(hosts: &[HostSpec]) -> Vec<HostName> {
    let is_alone = |host: &HostSpec| hosts.iter().filter(|other| other.address == host.address).count() == 1;
    let name = |host: &HostSpec| match host.port {
        Some(port) if !is_alone(host) => format!("{}:{port}", host.address),
        _ => host.address.clone(),
    };
    hosts.iter().map(name).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use ironwright_core::{Planned, Resolved};
    use serde_json::{Value as Json, json};

    use super::*;

    /// A container with these properties.
    pub(in crate::operate) fn applied(properties: Json) -> Applied {
        Applied {
            address: Address::new("web/app"),
            type_name: "Docker::Container".to_owned(),
            physical_id: "shop-dev-web-app".to_owned(),
            properties: Resolved::new(Planned::from(properties)).expect("all is known"),
            left_out: BTreeSet::new(),
            locked: None,
        }
    }

    fn hosts() -> Json {
        json!({"Image": "nginx:1", "Hosts": [
            {"Address": "10.0.0.5", "User": "ubuntu"}, {"Address": "10.0.0.6", "Port": 22},
            {"Address": "10.0.0.6", "Port": 2222},
        ]})
    }

    #[test]
    fn hosts_have_names_that_tell_them_apart() {
        let deployed = Deployed::new("shop", "dev", &applied(hosts())).expect("it is understood");
        assert_eq!(deployed.hosts(), ["10.0.0.5", "10.0.0.6:22", "10.0.0.6:2222"]);
        assert_eq!(deployed.host("10.0.0.6:2222"), Ok(2));
        assert_eq!(deployed.identity.release(3), "shop-dev-web-app-r3");
        assert_eq!(deployed.way(0).map(ToString::to_string), Ok("ubuntu@10.0.0.5".to_owned()));
        let error = deployed.host("10.0.0.55").expect_err("there is none").diagnostic();
        assert_eq!(
            (error.code.as_ref(), error.help.as_deref()),
            ("host-unknown", Some("did you mean `--host 10.0.0.5`?"))
        );
        let error = deployed.host("example").expect_err("there is none").diagnostic();
        assert!(error.help.is_some_and(|help| help.contains("10.0.0.5, 10.0.0.6:22")));
    }

    #[test]
    fn a_host_whose_key_is_locked_is_not_tried_with_another() {
        let left_out = ["/Hosts/1/Jump/Identity", "/SecretEnvironment/A"].map(str::to_owned).into();
        let locked = Some("no key; set IRONWRIGHT_PASSPHRASE to it".to_owned());
        let applied = Applied { left_out, locked, ..applied(hosts()) };
        let deployed = Deployed::new("shop", "dev", &applied).expect("it is understood");
        assert!(deployed.way(0).is_ok() && deployed.way(2).is_ok());
        let error = deployed.way(1).expect_err("it is locked");
        assert_eq!(error.kind, OperateErrorKind::Locked);
        assert!(error.to_string().contains("set IRONWRIGHT_PASSPHRASE"), "{error}");
    }

    #[test]
    fn what_is_no_container_is_said() {
        let error = Deployed::new("shop", "dev", &applied(json!({"Hosts": 3}))).expect_err("it does not fit");
        assert_eq!(error.kind, OperateErrorKind::Invalid);
    }
}
