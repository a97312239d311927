//! The container of the edge: what it is made with, and what is seen of it. Commands as data.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;

use super::{DEFAULT_IMAGE, NAME, NETWORK, Site, admin};
use crate::command::HostCommand;

/// The one that will be the edge.
pub(super) const NEXT: &str = "ironwright-edge-next";

/// The volume with its certificates. It stays.
const DATA: &str = "ironwright-edge-data";

/// The volume with its routes.
pub(super) const CONFIGURATION: &str = "ironwright-edge-config";

/// The oldest Caddy that will do: it reads where a request goes from a file, and counts requests by where they went.
pub(super) const OLDEST: [u32; 3] = [2, 11, 2];

/// How long the edge has for the requests in flight when it is made anew.
const FAREWELL: Duration = Duration::from_secs(5);

/// The label that says that a container is the edge.
const LABEL: &str = "ironwright.edge";

/// The label with the image, as the program names it.
const IMAGE: &str = "ironwright.edge.image";

/// The label that says that the program names none.
const BY_DEFAULT: &str = "ironwright.edge.default";

/// Puts the container `$2` into the place of the edge `$1`, and the old one back where that does not start. It goes on to
/// its end though nobody listens any more. `$3`: how many seconds the old one has.
const SWAP: &str = r#"trap '' HUP PIPE
previous=$1-previous
if docker container inspect "$1" >/dev/null 2>&1; then
  docker rm --force "$previous" >/dev/null 2>&1
  docker stop --time "$3" "$1" >/dev/null 2>&1
  docker rename "$1" "$previous" >/dev/null 2>&1
fi
said=$(docker rename "$2" "$1" 2>&1 && docker start "$1" 2>&1)
if [ "$(docker container inspect --format '{{.State.Running}}' "$1" 2>/dev/null)" = true ]; then
  docker rm --force "$previous" >/dev/null 2>&1
  exit 0
fi
docker rm --force "$1" >/dev/null 2>&1
if docker rename "$previous" "$1" >/dev/null 2>&1; then docker start "$1" >/dev/null 2>&1; fi
printf '%s\n' "$said" >&2
exit 1"#;

/// Removes the edge `$1`, which answers what it has begun for `$3` seconds, and its routes `$2`. It goes on to its end though
/// nobody listens any more.
const REMOVE: &str = r#"trap '' HUP PIPE
docker stop --time "$3" "$1" >/dev/null
docker rm --force --volumes "$1" && docker volume rm --force "$2""#;

/// What is seen of the edge's container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeContainer {
    /// The image, as the program that had it made names it.
    pub image: String,
    /// The ports of the host that it has.
    pub ports: BTreeSet<u16>,
    /// Whether its image is the one that is taken where a program names none.
    pub has_default_image: bool,
    /// The same image, as the host has it.
    pub made_of: String,
    /// What Docker says of it: `running`, `restarting`, `exited`.
    pub state: String,
}

impl EdgeContainer {
    /// What `docker container inspect` says.
    pub(super) fn read(json: &str) -> Option<Self> {
        let seen: Inspected = serde_json::from_str(json).ok()?;
        let ports = seen.host_config.port_bindings.into_values().flatten().flatten();
        let mut labels = seen.config.labels.unwrap_or_default();
        Some(Self {
            image: labels.remove(IMAGE).unwrap_or_default(),
            ports: ports.filter_map(|port| port.host_port.parse().ok()).collect(),
            has_default_image: labels.contains_key(BY_DEFAULT),
            made_of: seen.config.image,
            state: seen.state.status,
        })
    }

    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        self.state == "running"
    }

    /// Why it has to be made anew for `site`; nothing where it is good as it is.
    pub fn lacks(&self, site: &Site) -> Option<String> {
        let missing: Vec<_> = site.host_ports().difference(&self.ports).map(u16::to_string).collect();
        if !missing.is_empty() {
            let word = if missing.len() == 1 { "port" } else { "ports" };
            return Some(format!("it gets {word} {}", missing.join(", ")));
        }
        let wanted = site.image.as_deref().or(self.has_default_image.then_some(DEFAULT_IMAGE));
        let changed = wanted.filter(|wanted| *wanted != self.image);
        changed.map(|image| format!("its image changes from {} to {image}", self.image))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    state: State,
    config: Config,
    host_config: HostConfig,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    status: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    #[serde(default)]
    image: String,
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HostConfig {
    #[serde(default)]
    port_bindings: BTreeMap<String, Option<Vec<Binding>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Binding {
    host_port: String,
}

/// Makes the container that will be the edge, of `image`, which `site` asks for. It runs Caddy as it was last told, with the
/// rights of a web server.
pub(super) fn create(site: &Site, image: &str, ports: &BTreeSet<u16>, migrates: bool) -> HostCommand {
    let mut options: Vec<String> = [
        "--network",
        NETWORK,
        "--restart",
        "unless-stopped",
        "--cap-drop",
        "ALL",
        "--cap-add",
        "NET_BIND_SERVICE",
        "--log-driver",
        "json-file",
        "--log-opt",
        "max-size=10m",
        "--log-opt",
        "max-file=3",
        "--env",
        "XDG_CONFIG_HOME=/config",
        "--env",
        "XDG_DATA_HOME=/data",
        "--workdir",
        "/data",
        "--entrypoint",
        "caddy",
    ]
    .map(str::to_owned)
    .into();
    let mut add = |flag: &str, value: String| options.extend([flag.to_owned(), value]);
    add("--env", format!("CADDY_ADMIN={}", admin::ADDRESS));
    add("--volume", format!("{DATA}:/data"));
    add("--volume", format!("{CONFIGURATION}:/config"));
    add("--label", format!("{LABEL}=caddy"));
    add("--label", format!("{IMAGE}={}", site.image_reference()));
    if site.image.is_none() {
        add("--label", format!("{BY_DEFAULT}=true"));
    }
    if migrates {
        // What waits to be accepted by a listener that is closed goes to the one that has taken its place.
        add("--sysctl", "net.ipv4.tcp_migrate_req=1".to_owned());
    }
    for port in ports {
        add("--publish", format!("{port}:{port}"));
    }
    crate::command::docker::create(NEXT, options, image, ["run", "--resume"])
}

/// Asks the Caddy of `image` for its version, with `ports` of the host: they are free where it answers.
pub(super) fn probe<'a>(image: &str, ports: impl IntoIterator<Item = &'a u16>) -> HostCommand {
    let command = HostCommand::new("docker").args(["run", "--rm", "--network", NETWORK, "--entrypoint", "caddy"]);
    let publish = |command: HostCommand, port: &u16| command.arg("--publish").arg(format!("{port}:{port}"));
    ports.into_iter().fold(command, publish).args([image, "version"])
}

/// Whether what Caddy says of its version (`v2.11.7 h1:…`) is new enough.
pub(super) fn is_new_enough(said: &str) -> bool {
    let version = said.trim_start_matches('v').split([' ', '-', '+']).next().unwrap_or_default();
    let numbers: Vec<u32> = version.split('.').map_while(|number| number.parse().ok()).collect();
    numbers.len() == OLDEST.len() && numbers.as_slice() >= OLDEST.as_slice()
}

/// Puts what was made in the place of the edge, in one go on the host.
pub(super) fn swap() -> HostCommand {
    let seconds = FAREWELL.as_secs().to_string();
    HostCommand::new("sh").args(["-c", SWAP, "sh", NAME, NEXT, &seconds]).within(Duration::from_mins(2))
}

/// Whether connections can go from a listener that is closed to another; it ends with 0 where they can.
pub(super) fn can_migrate() -> HostCommand {
    HostCommand::new("test").args(["-e", "/proc/sys/net/ipv4/tcp_migrate_req"])
}

/// All containers on the network of the edge, one a line.
pub(super) fn on_network() -> HostCommand {
    HostCommand::new("docker").args(["ps", "--all", "--quiet", "--filter", &format!("network={NETWORK}")])
}

/// Removes the edge and its routes, in one go on the host; its certificates stay.
pub(super) fn remove_all() -> HostCommand {
    let seconds = FAREWELL.as_secs().to_string();
    HostCommand::new("sh").args(["-c", REMOVE, "sh", NAME, CONFIGURATION, &seconds])
}

#[cfg(test)]
mod tests;
