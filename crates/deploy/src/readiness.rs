//! Waits until a host can be deployed to: SSH answers, its first boot is done, Docker runs and may be used.

mod boot;
mod docker;
mod error;

use std::time::Duration;

use ironwright_engine::Clock;

use crate::command::system;
use crate::spec::HostSpec;
use crate::ssh::{Connection, Line, SshError, SshErrorKind};

pub use docker::{DockerInfo, free_space};
pub use error::{HostError, HostErrorKind, explain};

/// The pause between two looks at a host that is not ready.
const PAUSE: Duration = Duration::from_secs(2);

/// How long a Docker daemon that is installed may take to answer.
const DAEMON: Duration = Duration::from_secs(30);

/// What is asked of a host before it is deployed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// How long all of it may take.
    pub limit: Duration,
    /// Docker is installed, started and opened to the user where it is not.
    pub ensure_docker: bool,
    /// The machine was made in this run. Until its user data has run, it may show another host key, which is never
    /// believed, and may not know the user.
    pub fresh: bool,
}

impl Readiness {
    /// What a program asks of `host`.
    pub fn of(host: &HostSpec, fresh: bool) -> Self {
        Self { limit: host.wait(), ensure_docker: host.ensure_docker, fresh }
    }

    /// Whether `error` may pass while the host comes up.
    fn bears(self, error: &SshError) -> bool {
        let boots = matches!(error.kind, SshErrorKind::ChangedHostKey | SshErrorKind::PermissionDenied);
        error.kind.may_pass() || error.kind == SshErrorKind::Cut || (self.fresh && boots)
    }
}

/// Told of what a host is waited for, in a line each.
pub type Progress<'a> = &'a (dyn Fn(&str) + Sync);

/// Waits until the host of `connection` is as `wanted`, and says what its Docker is.
pub async fn ready(
    connection: &Connection,
    clock: &dyn Clock,
    wanted: Readiness,
    progress: Progress<'_>,
) -> Result<DockerInfo, HostError> {
    let wait = Wait { connection, clock, wanted, progress, until: clock.elapsed() + wanted.limit };
    loop {
        match wait.once().await {
            // It has started anew.
            Err(HostError::Ssh(error)) if error.kind == SshErrorKind::Cut => wait.pause(&error).await?,
            done => return done,
        }
    }
}

/// The wait for one host.
struct Wait<'a> {
    connection: &'a Connection,
    clock: &'a dyn Clock,
    wanted: Readiness,
    progress: Progress<'a>,
    until: Duration,
}

impl Wait<'_> {
    fn left(&self) -> Duration {
        self.until.saturating_sub(self.clock.elapsed())
    }

    async fn once(&self) -> Result<DockerInfo, HostError> {
        self.connected().await?;
        let problem = boot::done(self).await?;
        self.docker().await.map_err(|error| match problem {
            Some(problem) => error.after(&problem),
            None => error,
        })
    }

    /// Waits until SSH lets us in.
    async fn connected(&self) -> Result<(), HostError> {
        let mut told = None;
        loop {
            match self.connection.open().await {
                Ok(()) => return Ok(()),
                Err(error) if self.wanted.bears(&error) => {
                    if told != Some(error.kind) {
                        told = Some(error.kind);
                        (self.progress)(&format!("waiting for SSH: {error}"));
                    }
                    self.pause(&error).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Waits a while; the last `error` where there is no time left.
    async fn pause(&self, error: &SshError) -> Result<(), HostError> {
        if self.left().is_zero() {
            return Err(HostError::Ssh(error.clone()).waited(self.wanted.limit));
        }
        self.clock.sleep(PAUSE.min(self.left())).await;
        Ok(())
    }

    /// Waits until Docker runs, or makes it run where that is wanted.
    async fn docker(&self) -> Result<DockerInfo, HostError> {
        let until = self.clock.elapsed() + DAEMON.min(self.left());
        let (mut ensured, mut logged_in_anew) = (!self.wanted.ensure_docker, false);
        loop {
            let error = match docker::look(self.connection).await {
                Ok(info) => return Ok(info),
                Err(error) => error,
            };
            if error.kind() == Some(HostErrorKind::NotAllowed) && !logged_in_anew {
                // Groups are those of the login, and the first boot may have given others since.
                self.connection.close().await;
                logged_in_anew = true;
            } else if !ensured && error.kind().is_some_and(HostErrorKind::is_mended_by_installing) {
                self.ensure_docker().await?;
                ensured = true;
            } else if error.kind() == Some(HostErrorKind::DaemonStopped) && self.clock.elapsed() < until {
                (self.progress)("waiting for the Docker daemon");
                self.clock.sleep(PAUSE.min(self.left())).await;
            } else {
                return Err(error);
            }
        }
    }

    async fn ensure_docker(&self) -> Result<(), HostError> {
        let user = self.connection.run(&system::user_name()).await?.text();
        let command = system::install_docker(&user).within(self.left());
        let (mut said, progress) = (Vec::new(), self.progress);
        let mut on_line = |line: Line<'_>| {
            if line.text().starts_with("docker: ") {
                progress(line.text());
            }
            said.push(line.text().to_owned());
        };
        let status = self.connection.follow(&command, &mut on_line).await?;
        // Groups are those of the login.
        self.connection.close().await;
        if status == 0 {
            return Ok(());
        }
        Err(HostError::install(self.connection.destination(), &said))
    }
}
