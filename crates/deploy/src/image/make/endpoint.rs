//! Where this machine's Docker listens: `DOCKER_HOST`, or a context of Docker's client, or where it always is.

use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Environment;
use super::error::{MakeError, MakeErrorKind};
use crate::hash::sha256_hex;

/// Where a daemon is that nobody said anything of.
const USUAL: &str = "/var/run/docker.sock";

/// Where a Docker daemon listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// At a socket of this machine.
    Socket(PathBuf),
    /// At a port, without encryption.
    Port { host: String, port: u16 },
}

impl Endpoint {
    /// Where `environment` and the configuration of Docker's client say.
    pub(super) fn of(environment: &Environment) -> Result<Self, MakeError> {
        let said = |name: &str| environment(name).filter(|value| !value.is_empty());
        if let Some(host) = said("DOCKER_HOST") {
            if host.starts_with("tcp://") && said("DOCKER_TLS_VERIFY").is_some() {
                return Err(no_tls("DOCKER_TLS_VERIFY is set"));
            }
            return Self::parse(&host, "DOCKER_HOST");
        }
        let Some(folder) = configuration(environment) else { return Ok(Self::Socket(USUAL.into())) };
        let chosen = said("DOCKER_CONTEXT").or_else(|| current_context(&folder));
        match chosen.filter(|name| name != "default") {
            Some(name) => Self::of_context(&folder, &name),
            None => Ok(Self::Socket(USUAL.into())),
        }
    }

    /// Whether a port of this machine's loopback is that of the daemon, as far as can be said.
    pub(super) fn is_here(&self) -> bool {
        match self {
            Self::Socket(_) => true,
            Self::Port { host, .. } => matches!(host.as_str(), "localhost" | "127.0.0.1" | "::1"),
        }
    }

    fn of_context(folder: &Path, name: &str) -> Result<Self, MakeError> {
        let id = sha256_hex(name);
        let file = folder.join("contexts/meta").join(&id).join("meta.json");
        let meta = std::fs::read(&file).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok());
        let Some(host) = meta.as_ref().and_then(|meta| meta["Endpoints"]["docker"]["Host"].as_str()) else {
            let message = format!(
                "Docker's context `{name}` is not in {}; choose another with `docker context use default`",
                file.display()
            );
            return Err(MakeError::new(MakeErrorKind::Endpoint, message));
        };
        if host.starts_with("tcp://") && folder.join("contexts/tls").join(&id).exists() {
            return Err(no_tls(&format!("Docker's context `{name}` has certificates")));
        }
        Self::parse(host, &format!("Docker's context `{name}`"))
    }

    fn parse(host: &str, source: &str) -> Result<Self, MakeError> {
        if let Some(path) = host.strip_prefix("unix://").filter(|path| !path.is_empty()) {
            return Ok(Self::Socket(path.into()));
        }
        if let Some(rest) = host.strip_prefix("tcp://") {
            let parsed = rest.trim_end_matches('/').rsplit_once(':').and_then(|(host, port)| {
                let host = host.trim_start_matches('[').trim_end_matches(']');
                Some(Self::Port { host: host.to_owned(), port: port.parse().ok()? }).filter(|_| !host.is_empty())
            });
            return parsed.ok_or_else(|| {
                MakeError::new(MakeErrorKind::Endpoint, format!("{source} is `{host}`; `tcp://HOST:PORT` is expected"))
            });
        }
        let help = match host.strip_prefix("ssh://") {
            Some(there) => format!(
                "images are built through a socket; forward that daemon's with `ssh -fNL /tmp/docker.sock:/var/run/docker.sock \
                 {there}` and set `DOCKER_HOST=unix:///tmp/docker.sock`, or use the Docker of this machine with `docker \
                 context use default`"
            ),
            None => "`unix:///path` or `tcp://HOST:PORT` is expected".to_owned(),
        };
        Err(MakeError::new(MakeErrorKind::Endpoint, format!("{source} is `{host}`; {help}")))
    }
}

fn no_tls(why: &str) -> MakeError {
    let help = "a daemon over TLS is not spoken to; use one at a socket: `docker context use default`, or set `DOCKER_HOST` \
                to `unix:///path`";
    MakeError::new(MakeErrorKind::Endpoint, format!("{why}, and {help}"))
}

/// The folder of Docker's client.
pub(super) fn configuration(environment: &Environment) -> Option<PathBuf> {
    let said = |name: &str| environment(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    said("DOCKER_CONFIG").or_else(|| said("HOME").map(|home| home.join(".docker")))
}

fn current_context(folder: &Path) -> Option<String> {
    let text = std::fs::read(folder.join("config.json")).ok()?;
    let config: Value = serde_json::from_slice(&text).ok()?;
    Some(config["currentContext"].as_str()?.to_owned()).filter(|name| !name.is_empty())
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => write!(f, "unix://{}", path.display()),
            Self::Port { host, port } => write!(f, "tcp://{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use super::*;

    fn environment(entries: &[(&str, &str)]) -> Environment {
        let entries: Vec<(String, String)> =
            entries.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Arc::new(move |name| entries.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()))
    }

    fn of(entries: &[(&str, &str)]) -> Result<String, String> {
        let told = |error: MakeError| {
            assert_eq!(error.kind, MakeErrorKind::Endpoint);
            error.to_string()
        };
        Endpoint::of(&environment(entries)).map(|endpoint| endpoint.to_string()).map_err(told)
    }

    #[test]
    fn the_variable_decides() {
        assert_eq!(of(&[]), Ok("unix:///var/run/docker.sock".into()));
        assert_eq!(of(&[("DOCKER_HOST", "")]), Ok("unix:///var/run/docker.sock".into()));
        assert_eq!(
            of(&[("DOCKER_HOST", "unix:///run/user/1000/docker.sock")]),
            Ok("unix:///run/user/1000/docker.sock".into())
        );
        assert_eq!(of(&[("DOCKER_HOST", "tcp://docker:2375")]), Ok("tcp://docker:2375".into()));
        assert_eq!(of(&[("DOCKER_HOST", "tcp://[::1]:2375/")]), Ok("tcp://::1:2375".into()));
        for (host, says) in [
            ("ssh://ubuntu@build", "-fNL /tmp/docker.sock:/var/run/docker.sock ubuntu@build`"),
            ("tcp://docker", "`tcp://HOST:PORT` is expected"),
            ("npipe:////./pipe/docker_engine", "is expected"),
            ("unix://", "is expected"),
        ] {
            let error = of(&[("DOCKER_HOST", host)]).expect_err(host);
            assert!(error.contains(host) && error.contains(says) && error.starts_with("DOCKER_HOST is"), "{error}");
        }
        let error = of(&[("DOCKER_HOST", "tcp://docker:2376"), ("DOCKER_TLS_VERIFY", "1")]).expect_err("TLS");
        assert!(error.contains("DOCKER_TLS_VERIFY") && error.contains("TLS is not spoken to"), "{error}");
    }

    #[test]
    fn then_a_context_of_the_client() {
        let home = tempfile::tempdir().expect("a folder");
        let docker = home.path().join(".docker");
        let meta = docker.join("contexts/meta").join(sha256_hex("rootless"));
        fs::create_dir_all(&meta).expect("folders");
        fs::write(docker.join("config.json"), r#"{"currentContext": "rootless"}"#).expect("a file");
        fs::write(
            meta.join("meta.json"),
            r#"{"Name": "rootless", "Endpoints": {"docker": {"Host": "unix:///run/user/1000/docker.sock"}}}"#,
        )
        .expect("a file");
        let home = ("HOME", home.path().to_str().expect("text"));
        assert_eq!(of(&[home]), Ok("unix:///run/user/1000/docker.sock".into()));
        assert_eq!(of(&[home, ("DOCKER_CONTEXT", "default")]), Ok("unix:///var/run/docker.sock".into()));
        assert_eq!(of(&[home, ("DOCKER_HOST", "unix:///a")]), Ok("unix:///a".into()));
        let error = of(&[home, ("DOCKER_CONTEXT", "other")]).expect_err("not there");
        assert!(error.contains("`other`") && error.contains("docker context use default"), "{error}");

        let elsewhere = docker.join("contexts/meta").join(sha256_hex("elsewhere"));
        fs::create_dir_all(&elsewhere).expect("folders");
        fs::write(elsewhere.join("meta.json"), r#"{"Endpoints": {"docker": {"Host": "ssh://root@build"}}}"#)
            .expect("a file");
        let error = of(&[home, ("DOCKER_CONTEXT", "elsewhere")]).expect_err("over SSH");
        assert!(error.starts_with("Docker's context `elsewhere` is `ssh://root@build`"), "{error}");
    }
}
