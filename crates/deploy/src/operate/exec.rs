//! Commands in a container: at the terminal, with the streams of this process, or line by line.

use std::ffi::OsString;

use super::deployed::Deployed;
use super::error::{OperateError, OperateErrorKind};
use super::operator::{Operator, meant};
use crate::command::docker;
use crate::rollout::{HostReleases, Release};
use crate::ssh::Line;

/// What a command in a container is connected to.
pub enum How<'a> {
    /// The terminal of this process.
    Terminal,
    /// The standard streams of this process.
    Streams,
    /// Nothing to read; told of every line it writes.
    Lines(&'a mut (dyn FnMut(Line<'_>) + Send)),
}

impl Operator {
    /// Runs `command` in the container of `deployed` on a host, and returns its exit status: in `release`, or in the one
    /// that serves.
    pub async fn exec(
        &self,
        deployed: &Deployed,
        host: usize,
        release: Option<u32>,
        command: &[OsString],
        how: How<'_>,
    ) -> Result<i32, OperateError> {
        let connection = self.connect(deployed, host).await?;
        let seen = self.look(&connection, deployed).await?;
        let name = &running(&seen, release, deployed, host)?.name;
        Ok(match how {
            How::Terminal => connection.at_terminal(&docker::exec_at_terminal(name, command)).await?,
            How::Streams => connection.with_streams(&docker::exec_with_input(name, command).without_limit()).await?,
            How::Lines(on_line) => connection.follow(&docker::exec(name, command).without_limit(), on_line).await?,
        })
    }
}

/// The release that is meant, which must run.
fn running<'a>(
    seen: &'a HostReleases,
    number: Option<u32>,
    deployed: &Deployed,
    host: usize,
) -> Result<&'a Release, OperateError> {
    let release = meant(seen, number, deployed, host)?;
    if release.runs() {
        return Ok(release);
    }
    let (address, name) = (&deployed.address, &deployed.hosts()[host]);
    let message = format!("release {} of `{address}` does not run on {name}", release.number);
    let help = format!("look at its last lines with `logs {address} --host {name} --release {}`", release.number);
    Err(OperateError::new(OperateErrorKind::NotRunning, message).help(help))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::deployed::tests::applied;
    use super::*;
    use crate::rollout::Status;

    #[test]
    fn a_command_needs_a_container_that_runs() {
        let deployed =
            Deployed::new("shop", "dev", &applied(json!({"Image": "a", "Hosts": [{"Address": "10.0.0.5"}]})));
        let deployed = deployed.expect("it is understood");
        let host = |status| HostReleases {
            releases: vec![Release { number: 3, status, name: "app-r3".to_owned(), ..Release::default() }],
            upstream: None,
        };
        assert!(running(&host(Status::Running), None, &deployed, 0).is_ok());
        let error = running(&host(Status::Stopped), None, &deployed, 0).expect_err("it has ended").diagnostic();
        assert_eq!(error.message, "release 3 of `web/app` does not run on 10.0.0.5");
        assert!(error.help.is_some_and(|help| help.contains("logs web/app --host 10.0.0.5 --release 3")));
    }
}
