//! The properties of the types as plain data, for what carries them out.
//!
//! They are read of what the engine hands to a provider, so secrets are in them; those are [`SecretText`], which nothing
//! prints.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use ironwright_core::Resolved;
use ironwright_core::secret::SecretText;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

/// `Docker::Image`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ImageSpec {
    /// The folder it is built from.
    pub context: Option<String>,
    /// The digest of the context.
    pub context_digest: Option<String>,
    /// The Dockerfile, inside the context.
    pub dockerfile: Option<String>,
    /// The Dockerfile itself, where it was generated.
    pub dockerfile_text: Option<String>,
    /// Build arguments, by name.
    pub build_arguments: BTreeMap<String, String>,
    /// Build secrets, by id.
    #[serde(deserialize_with = "secrets")]
    pub build_secrets: BTreeMap<String, SecretText>,
    /// `linux/amd64`.
    pub platform: Option<String>,
    /// The stage to stop at.
    pub target: Option<String>,
    /// The reference it is pulled by.
    pub pull: Option<String>,
    /// The archive it is read from.
    pub archive: Option<String>,
    /// The digest of the archive.
    pub archive_digest: Option<String>,
    /// The repository it is pushed to.
    pub registry: Option<String>,
}

/// `Docker::Container`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ContainerSpec {
    /// The name, where the program chose one.
    pub name: Option<String>,
    /// The image.
    pub image: String,
    /// The hosts, in order.
    pub hosts: Vec<HostSpec>,
    /// The ports.
    pub publish: Vec<PortSpec>,
    /// How it is asked whether it serves.
    pub health: Option<HealthSpec>,
    /// Its environment. Numbers and flags are text here.
    #[serde(deserialize_with = "words")]
    pub environment: BTreeMap<String, String>,
    /// The secrets of its environment.
    #[serde(deserialize_with = "secrets")]
    pub secret_environment: BTreeMap<String, SecretText>,
    /// The most memory, `512m`.
    pub memory: Option<String>,
    /// How many processors.
    pub cpus: Option<f64>,
    /// Volumes and folders of the host.
    pub volumes: Vec<VolumeSpec>,
    /// Networks, by name.
    pub networks: Vec<String>,
    /// The restart policy, as Docker spells it.
    pub restart: Option<String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// The log driver.
    pub log_driver: Option<String>,
    /// Its options.
    pub log_options: BTreeMap<String, String>,
    /// What it runs.
    pub command: Vec<String>,
    /// The user it runs as.
    pub user: Option<String>,
    /// How many hosts at once.
    pub group_size: Option<usize>,
    /// How long the old version is drained.
    pub drain_seconds: Option<u64>,
    /// Whether volumes stay when it is removed.
    pub keep_volumes: Option<bool>,
    /// The proxy.
    pub edge: Option<EdgeSpec>,
}

/// A host.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HostSpec {
    /// The address or the name.
    pub address: String,
    /// The user.
    pub user: Option<String>,
    /// The port.
    pub port: Option<u16>,
    /// The private key.
    #[serde(deserialize_with = "secret")]
    pub identity: Option<SecretText>,
    /// The file of the private key.
    pub identity_file: Option<String>,
    /// The keys it may show; `known_hosts` decides where there are none.
    pub host_keys: Vec<String>,
    /// The machine to go through.
    pub jump: Option<Box<HostSpec>>,
    /// Whether Docker is installed where it is missing.
    pub ensure_docker: bool,
    /// How long the machine has to come up.
    pub wait_seconds: Option<u64>,
}

/// A port that is reachable on the host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PortSpec {
    /// The port on the host.
    pub host: u16,
    /// The port of the container.
    pub container: u16,
    /// `udp`; TCP where it is not said.
    pub protocol: Option<String>,
}

/// A volume, or a folder of the host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct VolumeSpec {
    /// The volume's name, or an absolute path on the host.
    pub source: String,
    /// Where it is mounted.
    pub target: String,
    /// Whether it cannot be written.
    pub read_only: bool,
}

/// How a container is asked whether it serves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HealthSpec {
    /// By what.
    pub kind: HealthKind,
    /// The path that is asked for.
    pub path: Option<String>,
    /// The command.
    pub command: Vec<String>,
    /// The port in the container.
    pub port: Option<u16>,
    interval_milliseconds: Option<u64>,
    timeout_milliseconds: Option<u64>,
    limit_milliseconds: Option<u64>,
    start_period_milliseconds: Option<u64>,
}

/// By what a container is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HealthKind {
    /// An HTTP request.
    Http,
    /// A TCP connection.
    #[default]
    Tcp,
    /// A command in the container.
    Command,
}

impl HealthSpec {
    /// The time between two questions.
    pub fn interval(&self) -> Duration {
        Duration::from_millis(self.interval_milliseconds.unwrap_or(1_000))
    }

    /// How long one question waits.
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_milliseconds.unwrap_or(5_000))
    }

    /// How long a new container has to get healthy.
    pub fn time_limit(&self) -> Duration {
        Duration::from_millis(self.limit_milliseconds.unwrap_or(60_000))
    }

    /// How long a new container is left alone.
    pub fn start_period(&self) -> Duration {
        Duration::from_millis(self.start_period_milliseconds.unwrap_or(0))
    }
}

/// The proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct EdgeSpec {
    /// `caddy`, or `none`.
    pub kind: String,
    /// The domains it serves over HTTPS.
    pub domains: Vec<String>,
    /// Whom the certificate authority writes to.
    pub email: Option<String>,
    /// The proxy's image.
    pub image: Option<String>,
    /// The directory of the certificate authority.
    pub certificate_authority: Option<String>,
}

impl ContainerSpec {
    /// How many hosts at once.
    pub fn group_size(&self) -> usize {
        self.group_size.unwrap_or(1).max(1)
    }

    /// How long the old version is drained.
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds.unwrap_or(10))
    }

    /// Whether it may write to a volume or a folder of the host.
    pub fn writes(&self) -> bool {
        self.volumes.iter().any(|volume| !volume.read_only)
    }

    /// Whether volumes stay when it is removed.
    pub fn keeps_volumes(&self) -> bool {
        self.keep_volumes.unwrap_or(true)
    }

    /// Whether traffic goes through a proxy: as the program says, and where it says nothing, if an HTTP health check tells
    /// that HTTP is served and nothing but TCP is published.
    pub fn has_edge(&self) -> bool {
        if let Some(edge) = &self.edge {
            return edge.kind != "none";
        }
        let is_http = self.health.as_ref().is_some_and(|health| health.kind == HealthKind::Http);
        is_http && !self.publish.is_empty() && self.publish.iter().all(PortSpec::is_tcp)
    }
}

impl HostSpec {
    /// How long the machine has to come up.
    pub fn wait(&self) -> Duration {
        Duration::from_secs(self.wait_seconds.unwrap_or(300))
    }
}

/// Properties that do not fit their type. What they hold is not in it: it may be secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit;

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the properties do not fit the type; were any of them set by `.raw`?")
    }
}

impl std::error::Error for Misfit {}

/// The properties that the engine hands over, as data.
pub fn read<T: DeserializeOwned>(properties: &Resolved) -> Result<T, Misfit> {
    // serde_json's words may hold a value, and so a secret.
    serde_json::from_value(properties.expose()).map_err(|_| Misfit)
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretText>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(SecretText::new))
}

fn secrets<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, SecretText>, D::Error> {
    let texts = words(deserializer)?;
    Ok(texts.into_iter().map(|(name, text)| (name, SecretText::new(text))).collect())
}

fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let entries = BTreeMap::<String, serde_json::Value>::deserialize(deserializer)?;
    let text = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(entries.into_iter().map(|(name, value)| (name, text(value))).collect())
}
