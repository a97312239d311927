//! What a host lacks, each with its message.

use std::time::Duration;

use ironwright_engine::{ErrorKind, ProviderError};

use crate::ssh::{CommandFailed, Destination, SshError};

/// A host cannot do what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// It is not reached.
    #[error(transparent)]
    Ssh(#[from] SshError),
    /// It is reached, and something is wrong with it.
    #[error("{message}")]
    Host {
        /// What is wrong.
        kind: HostErrorKind,
        /// What is wrong, of which host, and what to do.
        message: String,
    },
}

/// What is wrong with a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostErrorKind {
    /// Its first boot does not end.
    Boot,
    /// Docker is not installed.
    NoDocker,
    /// The Docker daemon does not run.
    DaemonStopped,
    /// The user may not use Docker.
    NotAllowed,
    /// There is no room on its disk.
    DiskFull,
    /// Docker could not be installed.
    Install,
    /// A command failed, for a reason of its own.
    Command,
}

impl HostErrorKind {
    /// Whether installing Docker, starting it and opening it to the user helps.
    pub(super) fn is_mended_by_installing(self) -> bool {
        matches!(self, Self::NoDocker | Self::DaemonStopped | Self::NotAllowed)
    }

    fn code(self) -> &'static str {
        match self {
            Self::Boot => "BootNotDone",
            Self::NoDocker => "DockerMissing",
            Self::DaemonStopped => "DockerStopped",
            Self::NotAllowed => "DockerForbidden",
            Self::DiskFull => "DiskFull",
            Self::Install => "DockerInstall",
            Self::Command => "CommandFailed",
        }
    }
}

/// What Docker's client and the shell say, and what it means.
const PHRASES: [(&str, HostErrorKind); 7] = [
    ("no space left on device", HostErrorKind::DiskFull),
    ("permission denied while trying to connect", HostErrorKind::NotAllowed),
    ("cannot connect to the docker daemon", HostErrorKind::DaemonStopped),
    ("is the docker daemon running", HostErrorKind::DaemonStopped),
    ("failed to connect to the docker api", HostErrorKind::DaemonStopped),
    ("error during connect", HostErrorKind::DaemonStopped),
    ("disk quota exceeded", HostErrorKind::DiskFull),
];

/// What the failure of a command on the host `there` means: nearly always one of a few things, each with its remedy.
pub fn explain(there: &Destination, failed: &CommandFailed) -> HostError {
    let said = failed.said.to_lowercase();
    let known = PHRASES.iter().find(|(phrase, _)| said.contains(phrase)).map(|(_, kind)| *kind);
    let is_docker = failed.command.starts_with("docker ");
    let kind = match known {
        Some(kind) => kind,
        None if failed.status == 127 && is_docker => HostErrorKind::NoDocker,
        None => HostErrorKind::Command,
    };
    let help = match kind {
        HostErrorKind::NoDocker => {
            return HostError::new(
                kind,
                format!(
                    "{there} has no Docker; say `.ensure_docker()` of the host, give its machine `docker_install()` as user \
                     data, or install it by hand with `{} sudo apt-get install docker.io`",
                    there.by_hand()
                ),
            );
        }
        HostErrorKind::DaemonStopped => {
            format!(
                "the Docker daemon of {there} does not run; start it with `{} sudo systemctl start docker`",
                there.by_hand()
            )
        }
        HostErrorKind::NotAllowed => format!(
            "the user may not use the Docker of {there}; add it to the group docker with `{} 'sudo usermod -aG docker \
             $(id -un)'`, or say `.ensure_docker()` of the host",
            there.by_hand()
        ),
        HostErrorKind::DiskFull => full(there),
        _ => return HostError::new(kind, format!("on {there}, {failed}")),
    };
    HostError::new(kind, format!("{help} ({failed})"))
}

fn full(there: &Destination) -> String {
    let by_hand = there.by_hand();
    format!("the disk of {there} is full; look with `{by_hand} df -h`, make room with `{by_hand} docker system prune`")
}

impl HostError {
    fn new(kind: HostErrorKind, message: String) -> Self {
        Self::Host { kind, message }
    }

    /// What is wrong with the host; nothing where it was not reached.
    pub fn kind(&self) -> Option<HostErrorKind> {
        match self {
            Self::Ssh(_) => None,
            Self::Host { kind, .. } => Some(*kind),
        }
    }

    pub(super) fn disk_full(there: &Destination, path: &str, free: u64) -> Self {
        let message = format!("{} ({free} bytes are left in {path})", full(there));
        Self::new(HostErrorKind::DiskFull, message)
    }

    pub(super) fn boot(there: &Destination, limit: Duration) -> Self {
        let message = format!(
            "the first boot of {there} was not done after {} s; look with `{} cloud-init status --long`, and give the host \
             more time with `.wait(…)`",
            limit.as_secs(),
            there.by_hand()
        );
        Self::new(HostErrorKind::Boot, message)
    }

    pub(super) fn install(there: &Destination, said: &[String]) -> Self {
        let end = said[said.len().saturating_sub(10)..].join("\n");
        Self::new(HostErrorKind::Install, format!("Docker could not be installed on {there}; it ended with:\n{end}"))
    }

    /// The error, with what went wrong before.
    pub(super) fn after(self, problem: &str) -> Self {
        match self {
            Self::Ssh(error) => Self::Ssh(error),
            Self::Host { kind, message } => Self::Host { kind, message: format!("{message}; {problem}") },
        }
    }

    /// The error of a wait that took as long as it may.
    pub(super) fn waited(self, limit: Duration) -> Self {
        match self {
            Self::Ssh(error) => Self::Ssh(error.after(&format!("after {} s", limit.as_secs()))),
            other @ Self::Host { .. } => other,
        }
    }
}

impl From<HostError> for ProviderError {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Ssh(error) => error.into(),
            HostError::Host { kind, message } => Self::new(ErrorKind::Refused, kind.code(), message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: i32, said: &str, kind: HostErrorKind, remedy: &str) {
        let there = Destination::new("10.0.0.5").and_then(|there| there.user("ubuntu")).expect("a host");
        let failed = CommandFailed { command: "docker pull shop".into(), status, said: said.into() };
        let error = explain(&there, &failed);
        assert_eq!(error.kind(), Some(kind), "{error}");
        assert!(error.to_string().contains("ubuntu@10.0.0.5") && error.to_string().contains(remedy), "{error}");
    }

    #[test]
    fn each_lack_has_its_remedy() {
        check(127, "sh: 1: docker: not found", HostErrorKind::NoDocker, ".ensure_docker()");
        check(
            1,
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
            HostErrorKind::DaemonStopped,
            "sudo systemctl start docker",
        );
        check(
            1,
            "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
            HostErrorKind::NotAllowed,
            "usermod -aG docker",
        );
        check(1, "write /x: no space left on device", HostErrorKind::DiskFull, "docker system prune");
        check(1, "manifest unknown", HostErrorKind::Command, "manifest unknown");
    }
}
