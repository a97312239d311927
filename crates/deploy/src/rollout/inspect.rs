//! What Docker says of a container, read as a [`Release`].

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use super::release::{ADDRESS, Identity, Release, Status};

/// The label with the number of the release.
pub(super) const NUMBER: &str = "ironwright.release";
/// The label with the attempt that made it.
pub(super) const TOKEN: &str = "ironwright.token";
/// The label with what tells whether it is the same as another.
pub(super) const DIGEST: &str = "ironwright.digest";
/// The label with what the program said of it.
pub(super) const PROPERTIES: &str = "ironwright.properties";
/// The label of a container that only tries.
pub(super) const TRIAL: &str = "ironwright.trial";

/// What Docker says where something was not yet.
const NEVER: &str = "0001-01-01T00:00:00Z";

/// Why a container ended that used more than it may.
const OUT_OF_MEMORY: &str = "it used more memory than it may";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Container {
    id: String,
    name: String,
    image: String,
    #[serde(default)]
    restart_count: u64,
    state: State,
    config: Config,
    host_config: HostConfig,
    network_settings: NetworkSettings,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    status: String,
    exit_code: i64,
    #[serde(default)]
    error: String,
    #[serde(default, rename = "OOMKilled")]
    out_of_memory: bool,
    started_at: String,
    finished_at: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HostConfig {
    restart_policy: RestartPolicy,
    port_bindings: Option<BTreeMap<String, Option<Vec<Binding>>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RestartPolicy {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Binding {
    #[serde(default)]
    host_port: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NetworkSettings {
    networks: Option<BTreeMap<String, Network>>,
}

#[derive(Deserialize)]
struct Network {
    #[serde(rename = "IPAddress", default)]
    address: String,
}

/// Reads what `docker inspect` says of a container. Nothing where it is none of `identity`'s.
pub(super) fn read(json: &str, identity: &Identity) -> Result<Option<Release>, serde_json::Error> {
    let container: Container = serde_json::from_str(json)?;
    let mut labels = container.config.labels.unwrap_or_default();
    let mut label = |name| labels.remove(name).unwrap_or_default();
    let Ok(number) = label(NUMBER).parse() else { return Ok(None) };
    if !identity.is_at(&label(ADDRESS)) {
        return Ok(None);
    }
    let is_trial = !label(TRIAL).is_empty();
    let name = container.name.trim_start_matches('/').to_owned();
    let expected = if is_trial { identity.trial(number) } else { identity.release(number) };
    if name != expected {
        return Ok(None);
    }
    let properties: Json = serde_json::from_str(&label(PROPERTIES)).unwrap_or_default();
    let bindings = container.host_config.port_bindings.unwrap_or_default().into_values().flatten().flatten();
    let when = |time: String| if time == NEVER { String::new() } else { time };
    Ok(Some(Release {
        id: container.id,
        name,
        number,
        is_trial,
        status: status(&container.state.status),
        exit_code: container.state.exit_code,
        problem: if container.state.out_of_memory { OUT_OF_MEMORY.to_owned() } else { container.state.error },
        started_at: when(container.state.started_at),
        finished_at: when(container.state.finished_at),
        restarts: container.restart_count,
        restart: container.host_config.restart_policy.name,
        token: label(TOKEN),
        digest: label(DIGEST),
        image_id: container.image,
        image: properties["Image"].as_str().unwrap_or_default().to_owned(),
        properties,
        networks: container
            .network_settings
            .networks
            .unwrap_or_default()
            .into_iter()
            .map(|(name, network)| (name, network.address))
            .collect(),
        published: bindings.filter_map(|binding| binding.host_port.parse().ok()).collect(),
    }))
}

fn status(status: &str) -> Status {
    match status {
        "created" => Status::Created,
        "running" | "paused" => Status::Running,
        "restarting" => Status::Restarting,
        _ => Status::Stopped,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn identity(name: &str) -> Identity {
        let (address, others) = ("web/app".into(), ["web/api".into()].into());
        Identity { app: "shop".into(), stage: "dev".into(), address, name: name.into(), others }
    }

    fn container(labels: &Json) -> String {
        json!({
            "Id": "0a1b", "Name": "/app-r3", "Image": "sha256:ab", "RestartCount": 2, "Other": 1,
            "State": {
                "Status": "exited", "ExitCode": 137, "Error": "", "StartedAt": "2026-01-02T03:04:05.6Z",
                "FinishedAt": "0001-01-01T00:00:00Z",
            },
            "Config": {"Labels": labels},
            "HostConfig": {
                "RestartPolicy": {"Name": "always", "MaximumRetryCount": 0},
                "PortBindings": {"8000/tcp": [{"HostIp": "", "HostPort": "80"}], "53/udp": null},
            },
            "NetworkSettings": {"Networks": {"ironwright": {"IPAddress": "172.18.0.2"}, "data": {}}},
        })
        .to_string()
    }

    #[test]
    fn a_container_of_ours() {
        let properties = json!({"Image": "shop:1", "Restart": "always"});
        let labels = json!({
            NUMBER: "3", TOKEN: "t", DIGEST: "d", PROPERTIES: properties.to_string(), "ironwright.app": "shop", "mine": "1"
        });
        let release = read(&container(&labels), &identity("app")).expect("it is understood").expect("it is ours");
        let expect = Release {
            id: "0a1b".into(),
            name: "app-r3".into(),
            number: 3,
            is_trial: false,
            status: Status::Stopped,
            exit_code: 137,
            problem: String::new(),
            started_at: "2026-01-02T03:04:05.6Z".into(),
            finished_at: String::new(),
            restarts: 2,
            restart: "always".into(),
            token: "t".into(),
            digest: "d".into(),
            image_id: "sha256:ab".into(),
            image: "shop:1".into(),
            properties,
            networks: [("ironwright".into(), "172.18.0.2".into()), ("data".into(), String::new())].into(),
            published: [80].into(),
        };
        assert_eq!(release, expect);
    }

    #[test]
    fn a_container_of_another() {
        let none = |labels: &Json, name| read(&container(labels), &identity(name)).expect("it is understood").is_none();
        assert!(none(&Json::Null, "app"));
        assert!(none(&json!({NUMBER: "x"}), "app"));
        assert!(none(&json!({NUMBER: "4"}), "app"), "somebody has renamed it");
        let at = |address: &str| none(&json!({NUMBER: "3", ADDRESS: address}), "app");
        assert!(at("web/api"), "another resource's");
        assert!(!at("web/app") && !at("web/front"), "its own, and what has moved");
        assert!(none(&json!({NUMBER: "3"}), "shop"), "one that this one replaces");
        assert!(none(&json!({NUMBER: "3", TRIAL: "1"}), "app"));
    }
}
