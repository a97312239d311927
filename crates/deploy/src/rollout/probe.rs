//! How a container is asked once whether it serves: a command for its host, and what its answer means.

use std::time::Duration;

use super::error::{Failure, RolloutError};
use super::release::Release;
use super::request::networks;
use crate::command::HostCommand;
use crate::spec::{ContainerSpec, HealthKind, HealthSpec, PortSpec};
use crate::ssh::Output;

/// Asks over HTTP, by bash.
const HTTP: &str = include_str!("ask_http.sh");

/// Opens a connection to the port `$2` of `$1`, by bash.
const TCP: &str = r#"exec 3<>"/dev/tcp/$1/$2" || exit 7"#;

/// How long after its own limit a question may take on its way.
const GRACE: Duration = Duration::from_secs(15);

/// The status by which `timeout` says that the limit was reached.
const TIMED_OUT: i32 = 124;

/// How a container is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Probe {
    /// For a path, over HTTP.
    Http { port: u16, path: String, host: String },
    /// For a connection.
    Tcp { port: u16 },
    /// By a command in it.
    Command(Vec<String>),
    /// Not at all: it is to go on running.
    Running,
}

impl Probe {
    /// How a container of `spec` is asked. Without a word on that, by its first port, and without a port, whether it runs.
    pub(super) fn of(spec: &ContainerSpec) -> Result<Self, RolloutError> {
        let published = spec.publish.iter().find(|port| PortSpec::is_tcp(port)).map(|port| port.container);
        let Some(health) = &spec.health else {
            return Ok(published.map_or(Self::Running, |port| Self::Tcp { port }));
        };
        let port = || health.port.or(published).ok_or_else(|| invalid("it names no port, and none is published"));
        match health.kind {
            HealthKind::Command => Ok(Self::Command(health.command.clone())),
            HealthKind::Tcp => Ok(Self::Tcp { port: port()? }),
            HealthKind::Http => {
                let path = health.path.clone().unwrap_or_else(|| "/".to_owned());
                if path.contains(|c: char| c.is_control() || c.is_whitespace()) {
                    return Err(invalid("its path holds white space"));
                }
                let domain = spec.edge.as_ref().and_then(|edge| edge.domains.first());
                let host = domain.map_or("localhost", String::as_str).to_owned();
                Ok(Self::Http { port: port()?, path, host })
            }
        }
    }

    /// The command that asks `release`, which is reached at `address`. Nothing where nothing is asked.
    pub(super) fn command(&self, release: &str, address: &str, limit: Duration) -> Option<HostCommand> {
        let seconds = format!("{:.3}", limit.as_secs_f64().max(0.01));
        let command = HostCommand::new("timeout").arg(seconds).within(limit + GRACE);
        let bash = |command: HostCommand, script, port: u16| {
            command.args(["bash", "-c", script, "bash", address]).arg(port.to_string())
        };
        match self {
            Self::Http { port, path, host } => Some(bash(command, HTTP, *port).args([path, host])),
            Self::Tcp { port } => Some(bash(command, TCP, *port)),
            Self::Command(words) => Some(command.args(["docker", "exec", release]).args(words)),
            Self::Running => None,
        }
    }

    /// What is wrong by that answer; nothing where it serves.
    pub(super) fn problem(&self, output: &Output, limit: Duration) -> Option<String> {
        if output.status == TIMED_OUT {
            return Some(format!("no answer within {} s", limit.as_secs_f64()));
        }
        match self {
            Self::Http { .. } if output.status == 0 => match status(&output.text()) {
                Some(200..=399) => None,
                Some(status) => Some(format!("the answer is {status}")),
                None => Some("the answer is no HTTP".to_owned()),
            },
            Self::Http { .. } | Self::Tcp { .. } => match output.status {
                0 => None,
                127 => Some("its host has no `bash` or no `timeout` to ask it by".to_owned()),
                8 => Some("it hangs up without an answer".to_owned()),
                _ => Some("it takes no connections".to_owned()),
            },
            Self::Command(_) if output.status != 0 => {
                let said = [output.error_text(), output.text()].into_iter().find(|text| !text.is_empty());
                let said = said.unwrap_or_else(|| "it wrote nothing".to_owned());
                Some(format!("it ends with {}: {}", output.status, said.lines().next_back().unwrap_or_default()))
            }
            Self::Command(_) | Self::Running => None,
        }
    }

    /// What is asked, in words.
    pub(super) fn question(&self) -> String {
        match self {
            Self::Http { port, path, .. } => format!("GET {path} on port {port}"),
            Self::Tcp { port } => format!("port {port}"),
            Self::Command(words) => format!("`{}` in it", words.join(" ")),
            Self::Running => "it".to_owned(),
        }
    }
}

/// Where `release` of `spec` is reached from its host.
pub(super) fn address<'a>(spec: &ContainerSpec, release: &'a Release) -> &'a str {
    let (first, _) = networks(spec);
    release.networks.get(first).map_or("", String::as_str)
}

/// How often and how long a container of `spec` is asked.
pub(super) fn health(spec: &ContainerSpec) -> HealthSpec {
    spec.health.clone().unwrap_or_default()
}

fn invalid(why: &str) -> RolloutError {
    RolloutError::new(Failure::Invalid, format!("the health check cannot be done: {why}; name it with `.health(…)`"))
}

/// The status in the first line of an answer.
fn status(line: &str) -> Option<u16> {
    line.strip_prefix("HTTP/")?.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(5);

    fn probe(spec: Json) -> Result<Probe, RolloutError> {
        Probe::of(&serde_json::from_value(spec).expect("a container"))
    }

    #[test]
    fn how_it_is_asked() {
        let publish = json!([{"Host": 53, "Container": 53, "Protocol": "udp"}, {"Host": 80, "Container": 8000}]);
        let http = json!({"Kind": "http", "Path": "/up"});
        let expect = Probe::Http { port: 8000, path: "/up".into(), host: "localhost".into() };
        assert_eq!(probe(json!({"Publish": publish, "Health": http})), Ok(expect));
        let edge = json!({"Kind": "caddy", "Domains": ["a.example"]});
        let asked = probe(json!({"Publish": publish, "Health": http, "Edge": edge})).expect("it can be asked");
        assert!(matches!(asked, Probe::Http { host, .. } if host == "a.example"));
        let tcp = json!({"Kind": "tcp", "Port": 5432});
        assert_eq!(probe(json!({"Publish": publish, "Health": tcp})), Ok(Probe::Tcp { port: 5432 }));
        assert_eq!(probe(json!({"Publish": publish})), Ok(Probe::Tcp { port: 8000 }));
        assert_eq!(probe(json!({})), Ok(Probe::Running));
        for health in [json!({"Kind": "tcp"}), json!({"Kind": "http", "Path": "/\nX: y", "Port": 1})] {
            assert!(probe(json!({"Health": health})).is_err_and(|error| error.failure == Failure::Invalid));
        }
    }

    #[test]
    fn what_is_run_on_the_host() {
        let line = |probe: Probe| {
            probe
                .command("app-r2", "172.18.0.2", LIMIT)
                .map(|command| command.words().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>())
        };
        let http = Probe::Http { port: 80, path: "/$(id)".into(), host: "h".into() };
        assert_eq!(
            line(http),
            Some(
                ["timeout", "5.000", "bash", "-c", HTTP, "bash", "172.18.0.2", "80", "/$(id)", "h"]
                    .map(str::to_owned)
                    .to_vec()
            )
        );
        let command = Probe::Command(vec!["pg_isready".into()]);
        assert_eq!(
            line(command),
            Some(["timeout", "5.000", "docker", "exec", "app-r2", "pg_isready"].map(str::to_owned).to_vec())
        );
        assert_eq!(line(Probe::Running), None);
    }

    #[test]
    fn shellcheck_finds_nothing() {
        crate::command::shellcheck::finds_nothing("bash", &[HTTP, TCP]);
    }

    #[test]
    fn what_the_answer_means() {
        let http = Probe::Http { port: 80, path: "/".into(), host: "h".into() };
        let problem = |probe: &Probe, status, stdout: &str| {
            probe.problem(&Output { status, stdout: stdout.into(), stderr: Vec::new() }, LIMIT)
        };
        for good in ["HTTP/1.1 200 OK\r\n", "HTTP/1.0 301 Moved", "HTTP/2 204"] {
            assert_eq!(problem(&http, 0, good), None, "{good}");
        }
        for (status, text, says) in [
            (0, "HTTP/1.1 503 Service Unavailable\r\n", "503"),
            (0, "220 smtp.example\r\n", "no HTTP"),
            (7, "", "no connections"),
            (8, "", "hangs up"),
            (127, "", "`bash`"),
            (TIMED_OUT, "", "within 5 s"),
        ] {
            let problem = problem(&http, status, text).expect("it does not serve");
            assert!(problem.contains(says), "{problem}");
        }
        let command = Probe::Command(vec!["check".into()]);
        assert_eq!(problem(&command, 0, "fine"), None);
        assert_eq!(problem(&command, 2, "a\nnot yet\n").as_deref(), Some("it ends with 2: not yet"));
    }
}
