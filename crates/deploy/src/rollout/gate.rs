//! The health gate: a container is asked until it serves, its time is up, or it ends by itself.

use std::time::Duration;

use super::error::{Failure, RolloutError};
use super::inspect;
use super::probe::{self, Probe};
use super::release::{Release, Status};
use super::request::Request;
use super::seams::Tools;
use crate::command::docker;
use crate::spec::HealthSpec;
use crate::ssh::Connection;

/// The pause before a container is asked the second time; each one after is twice as long, up to its interval.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// How long a container has to go on running that is not asked anything.
const SETTLES: Duration = Duration::from_secs(3);

/// How many of its last lines are shown.
const LOG_LINES: usize = 20;

/// The gate before a container on a host.
pub(super) struct Gate<'a> {
    pub(super) connection: &'a Connection,
    pub(super) request: &'a Request,
    pub(super) tools: &'a Tools<'a>,
    pub(super) container: &'a str,
}

impl Gate<'_> {
    /// Waits until the container serves.
    pub(super) async fn passed(&self) -> Result<(), RolloutError> {
        let (spec, clock) = (&self.request.spec, self.tools.clock);
        let (probe, health) = (Probe::of(spec)?, probe::health(spec));
        let (begun, mut pause, mut restarts) = (clock.elapsed(), FIRST_PAUSE, None);
        loop {
            let release = self.release().await?;
            if ended(&release, *restarts.get_or_insert(release.restarts)) {
                return Err(self.crashed(&release).await);
            }
            let waited = clock.elapsed().saturating_sub(begun);
            let problem = self.problem(&probe, &health, &release, waited).await?;
            let Some(problem) = problem else { return Ok(()) };
            if waited >= health.time_limit() {
                return Err(self.unhealthy(&probe, &health, &problem).await);
            }
            clock.sleep(pause.min(health.interval())).await;
            pause *= 2;
        }
    }

    /// What is wrong now; nothing where it serves.
    async fn problem(
        &self,
        probe: &Probe,
        health: &HealthSpec,
        release: &Release,
        waited: Duration,
    ) -> Result<Option<String>, RolloutError> {
        if waited < health.start_period() {
            return Ok(Some("it is not asked yet".to_owned()));
        }
        let address = probe::address(&self.request.spec, release);
        let Some(command) = probe.command(self.container, address, health.timeout()) else {
            let settles = waited < health.start_period() + SETTLES;
            return Ok(settles.then(|| "it is not up long enough".to_owned()));
        };
        let output = self.connection.run(&command).await?;
        Ok(probe.problem(&output, health.timeout()).map(|problem| self.request.censored(&problem)))
    }

    async fn release(&self) -> Result<Release, RolloutError> {
        let command = docker::inspect(self.container);
        let there = self.connection.destination();
        let output = self.connection.run(&command).await?;
        let output = output.of(&command).map_err(|failed| RolloutError::command(there, &failed))?;
        let release = inspect::read(&output.text(), &self.request.identity).ok().flatten();
        let gone = || format!("on {there}, {} is not what was made: somebody else changes it", self.container);
        release.ok_or_else(|| RolloutError::new(Failure::Unsettled, gone()))
    }

    async fn crashed(&self, release: &Release) -> RolloutError {
        let why = if release.problem.is_empty() { String::new() } else { format!(" ({})", release.problem) };
        let message = format!(
            "{} does not stay up on {}: it ended with {}{why}{}",
            self.container,
            self.connection.destination(),
            release.exit_code,
            self.log().await
        );
        RolloutError::new(Failure::CrashLoop, message)
    }

    async fn unhealthy(&self, probe: &Probe, health: &HealthSpec, problem: &str) -> RolloutError {
        let message = format!(
            "{} did not get healthy on {} within {} s: {}: {problem}{}",
            self.container,
            self.connection.destination(),
            health.time_limit().as_secs_f64(),
            probe.question(),
            self.log().await
        );
        RolloutError::new(Failure::Unhealthy, message)
    }

    /// The last it wrote, without secrets.
    async fn log(&self) -> String {
        let Ok(output) = self.connection.run(&docker::logs(self.container, LOG_LINES, false)).await else {
            return "\nits log cannot be read".to_owned();
        };
        let written = [output.text(), output.error_text()].join("\n");
        let written = self.request.censored(written.trim());
        if written.is_empty() {
            return "\nit wrote nothing".to_owned();
        }
        let lines: Vec<String> = written.lines().map(|line| format!("\n  {line}")).collect();
        format!("\nthe last it wrote:{}", lines[lines.len().saturating_sub(LOG_LINES)..].concat())
    }
}

/// Whether it has ended, or ended and was started again since it had been started `restarts` times.
fn ended(release: &Release, restarts: u64) -> bool {
    release.status != Status::Running || release.restarts > restarts
}
