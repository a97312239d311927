//! How the container of a release is made: the options of `docker create`, as data.

use super::LABELS;
use super::environment::{Environment, Place};
use super::error::{Failure, RolloutError};
use super::inspect::{DIGEST, NUMBER, PROPERTIES, TOKEN, TRIAL};
use super::order::Order;
use super::release::NO_RESTART;
use super::request::Request;
use crate::command::{HostCommand, docker};
use crate::spec::ContainerSpec;

/// The container that is to be made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Making<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// The number of its release.
    pub(super) number: u32,
    /// It tries the release without its ports, and nobody finds it by its name.
    pub(super) is_trial: bool,
    /// The image, as the host has it.
    pub(super) image: &'a str,
}

/// What is wrong with `spec`, as far as it can be told before anything is done.
pub(super) fn check(spec: &ContainerSpec) -> Result<(), RolloutError> {
    let invalid = |message: String| Err(RolloutError::new(Failure::Invalid, message));
    if let Some(label) = spec.labels.keys().find(|label| label.starts_with(LABELS)) {
        return invalid(format!(
            "the label `{label}` is one of ours; give it a name that does not begin with `{LABELS}`"
        ));
    }
    if let Some(label) = spec.labels.keys().find(|label| label.is_empty() || label.contains('=')) {
        return invalid(format!("a label cannot be called `{label}`: it is empty or holds `=`"));
    }
    let colon = |volume: &&crate::spec::VolumeSpec| volume.source.contains(':') || volume.target.contains(':');
    if let Some(volume) = spec.volumes.iter().find(colon) {
        return invalid(format!(
            "the volume `{}` cannot be mounted: its source or its target holds a colon",
            volume.source
        ));
    }
    Ok(())
}

/// The command that makes a container, which does not run yet.
pub(super) fn command(request: &Request, making: &Making<'_>, environment: &Environment, place: &Place) -> HostCommand {
    let mut options = labels(request, making);
    options.extend(environment.options(place));
    options.extend(network(request, making));
    options.extend(limits(&request.spec));
    if !making.is_trial && Order::of(&request.spec).publishes() {
        options.extend(ports(&request.spec));
    }
    // It comes back by itself when it has proved itself.
    options.extend(pair("--restart", NO_RESTART));
    environment.around(docker::create(making.name, options, making.image, &request.spec.command), place)
}

fn pair(flag: &str, value: impl Into<String>) -> [String; 2] {
    [flag.to_owned(), value.into()]
}

fn labels(request: &Request, making: &Making<'_>) -> Vec<String> {
    let (number, properties) = (making.number.to_string(), request.open_properties().to_string());
    let digest = request.digest(&request.token);
    let of_release = [(NUMBER, number.as_str()), (TOKEN, &request.token), (DIGEST, &digest), (PROPERTIES, &properties)];
    let trial = making.is_trial.then_some((TRIAL, "true"));
    let own = request.spec.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let ours = request.identity.labels().into_iter().chain(of_release).chain(trial);
    own.chain(ours).flat_map(|(name, value)| pair("--label", format!("{name}={value}"))).collect()
}

/// The network it is made in. In the program's own networks it is found by the name of the container; on trial by nobody.
fn network(request: &Request, making: &Making<'_>) -> Vec<String> {
    let (first, _) = request.networks();
    let mut options = pair("--network", first).to_vec();
    if !making.is_trial && request.spec.networks.iter().any(|network| network == first) {
        options.extend(pair("--network-alias", &request.identity.name));
    }
    options
}

fn limits(spec: &ContainerSpec) -> impl Iterator<Item = String> + '_ {
    let one = |flag, value: Option<String>| value.map(|value| pair(flag, value)).into_iter().flatten();
    let volume = |volume: &crate::spec::VolumeSpec| {
        let mode = if volume.read_only { ":ro" } else { "" };
        pair("--volume", format!("{}:{}{mode}", volume.source, volume.target))
    };
    one("--memory", spec.memory.clone())
        .chain(one("--cpus", spec.cpus.map(|count| count.to_string())))
        .chain(spec.volumes.iter().flat_map(volume))
        .chain(one("--log-driver", spec.log_driver.clone()))
        .chain(spec.log_options.iter().flat_map(|(name, value)| pair("--log-opt", format!("{name}={value}"))))
        .chain(one("--user", spec.user.clone()))
}

fn ports(spec: &ContainerSpec) -> impl Iterator<Item = String> + '_ {
    spec.publish.iter().flat_map(|port| {
        let protocol = port.protocol.as_deref().unwrap_or("tcp");
        pair("--publish", format!("{}:{}/{protocol}", port.host, port.container))
    })
}

#[cfg(test)]
mod tests {
    use ironwright_core::Resolved;
    use serde_json::{Value as Json, json};

    use super::super::release::Identity;
    use super::*;

    fn request(properties: Json) -> Request {
        let identity = Identity::shop();
        let properties = Resolved::new(properties.into()).expect("it is known");
        Request::new(identity, &properties, "t1").expect("a container")
    }

    fn made(request: &Request, is_trial: bool) -> Vec<String> {
        let environment = Environment::new(&request.environment()).expect("variables");
        let making = Making { name: "app-r2", number: 2, is_trial, image: "shop:ab" };
        let command = command(request, &making, &environment, &Place::new("/run/user/0/app"));
        command.words().map(|word| word.to_string_lossy().into_owned()).collect()
    }

    /// What follows `flag` wherever it stands.
    fn values<'a>(words: &'a [String], flag: &str) -> Vec<&'a str> {
        words.windows(2).filter(|pair| pair[0] == flag).map(|pair| pair[1].as_str()).collect()
    }

    #[test]
    fn all_that_a_program_can_say() {
        let request = request(json!({
            "Image": "shop:1", "Publish": [{"Host": 80, "Container": 8000}, {"Host": 53, "Container": 53, "Protocol": "udp"}],
            "Environment": {"A": 1}, "Memory": "512m", "Cpus": 0.5, "Restart": "always", "User": "1000",
            "Volumes": [{"Source": "data", "Target": "/d"}, {"Source": "/etc/x", "Target": "/x", "ReadOnly": true}],
            "Networks": ["back", "front"], "Labels": {"team": "a=b"}, "LogDriver": "local", "LogOptions": {"max-size": "1m"},
            "Command": ["serve", "--port", "8000"], "Edge": {"Kind": "none"},
        }));
        let words = made(&request, false);
        let expect: [(&str, &[&str]); 11] = [
            ("--name", &["app-r2"]),
            ("--env-file", &["/run/user/0/app/env"]),
            ("--network", &["back"]),
            ("--network-alias", &["app"]),
            ("--memory", &["512m"]),
            ("--cpus", &["0.5"]),
            ("--volume", &["data:/d", "/etc/x:/x:ro"]),
            ("--log-opt", &["max-size=1m"]),
            ("--user", &["1000"]),
            ("--publish", &["80:8000/tcp", "53:53/udp"]),
            ("--restart", &["no"]),
        ];
        for (flag, expect) in expect {
            assert_eq!(values(&words, flag), expect, "{flag}");
        }
        assert!(words.ends_with(&["shop:ab", "serve", "--port", "8000"].map(str::to_owned)), "{words:?}");

        let labels = values(&words, "--label");
        let ours = [
            "team=a=b",
            "ironwright.app=shop",
            "ironwright.stage=dev",
            "ironwright.address=web/app",
            "ironwright.release=2",
            "ironwright.token=t1",
        ];
        assert!(ours.iter().all(|label| labels.contains(label)), "{labels:?}");
        assert!(labels.contains(&format!("ironwright.digest={}", request.digest("t1")).as_str()));
        let properties = labels.iter().find_map(|label| label.strip_prefix("ironwright.properties=")).expect("a label");
        let properties: Json = serde_json::from_str(properties).expect("JSON");
        assert_eq!((&properties["Restart"], properties.get("Hosts")), (&json!("always"), None));
    }

    #[test]
    fn one_on_trial_is_in_nobodys_way() {
        let request = request(json!({
            "Image": "shop:1", "Publish": [{"Host": 80, "Container": 8000}], "Networks": ["back"], "Edge": {"Kind": "none"},
        }));
        let words = made(&request, true);
        assert_eq!((values(&words, "--publish"), values(&words, "--network-alias")), (vec![], vec![]));
        assert!(values(&words, "--label").contains(&"ironwright.trial=true"));
    }

    #[test]
    fn behind_the_edge_no_port_is_published() {
        let request = request(json!({
            "Image": "shop:1", "Publish": [{"Host": 80, "Container": 8000}], "Health": {"Kind": "http", "Path": "/"},
        }));
        let words = made(&request, false);
        assert_eq!((values(&words, "--publish"), values(&words, "--network")), (vec![], vec!["ironwright"]));
    }

    #[test]
    fn what_cannot_be_is_said_before_anything_is_done() {
        let wrong = |properties: Json| check(&request(properties).spec).map_err(|error| error.to_string());
        assert!(
            wrong(json!({"Labels": {"ironwright.app": "x"}})).is_err_and(|error| error.contains("`ironwright.app`"))
        );
        assert!(wrong(json!({"Labels": {"a=b": "x"}})).is_err());
        assert!(
            wrong(json!({"Volumes": [{"Source": "a:b", "Target": "/d"}]})).is_err_and(|error| error.contains("a:b"))
        );
        assert_eq!(wrong(json!({"Labels": {"ironwrights": "x"}})), Ok(()));
    }
}
