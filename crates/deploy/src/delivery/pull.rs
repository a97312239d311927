//! One pull on a host, through cuts of the connection: it goes on there, and is joined again.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use ironwright_core::secret::SecretText;
use ironwright_engine::Clock;

use super::error::DeliveryError;
use super::name::LocalImage;
use crate::command::images::{NO_PULL, pull_again, pull_begun, pull_freed, pull_stopped};
use crate::readiness::{HostErrorKind, Progress, explain};
use crate::registry::Offer;
use crate::remote_registry::ImageName;
use crate::ssh::{CommandFailed, Connection, Line, SshError, SshErrorKind};
use crate::transfer::{Meter, watched};

/// The pauses between attempts.
const PAUSES: [u64; 9] = [1, 2, 4, 8, 15, 15, 15, 15, 15];

/// How long a pull may take in all.
const LIMIT: Duration = Duration::from_hours(2);

/// How many lines of what Docker says a message shows.
const SHOWN: usize = 4;

/// Where pulls keep what is known of them, on hosts.
const FOLDERS: &str = "/tmp/ironwright-pull.";

/// What Docker says of a network that may be better the next time. One that was ended says nothing.
const PASSING: [&str; 14] = [
    "connection refused",
    "connection reset",
    "connection closed",
    "broken pipe",
    "eof",
    "timeout",
    "timed out",
    "deadline exceeded",
    "temporary failure",
    "no route to host",
    "network is unreachable",
    "context canceled",
    "too many requests",
    "service unavailable",
];

/// Where an image comes from.
pub(super) enum Source<'a> {
    /// From this machine, whose registry listens on `port`. At most `bytes` of it are new to the host.
    Lent { port: u16, offer: &'a Offer, image: &'a LocalImage, bytes: u64 },
    /// From a registry that the host reaches, with a login.
    Remote { reference: &'a str, name: &'a ImageName, login: Option<SecretText> },
}

/// A pull.
pub(super) struct Pull<'a> {
    pub(super) connection: &'a Connection,
    pub(super) clock: &'a dyn Clock,
    pub(super) progress: Progress<'a>,
    pub(super) source: Source<'a>,
}

/// A pull that was begun.
struct Begun {
    /// Where the host keeps what is known of it.
    folder: String,
    /// What it pulls.
    reference: String,
}

/// Why an attempt came to nothing.
enum Trouble {
    /// It may be better the next time.
    Passing(String),
    /// It will not.
    Lasting(DeliveryError),
}

impl Pull<'_> {
    /// Pulls, as often as need be.
    pub(super) async fn run(&self) -> Result<(), DeliveryError> {
        let there = self.connection.destination();
        match select(pin!(self.attempts()), self.clock.sleep(LIMIT)).await {
            Either::Left((done, _)) => done,
            Either::Right(_) => {
                let limit = format!("it took longer than {} hours", LIMIT.as_secs() / 3600);
                Err(DeliveryError::pull(there, self.what(), &limit))
            }
        }
    }

    async fn attempts(&self) -> Result<(), DeliveryError> {
        let mut begun = None;
        let mut pauses = PAUSES.into_iter();
        loop {
            let why = match self.attempt(&mut begun).await {
                Ok(()) => return Ok(()),
                Err(Trouble::Lasting(error)) => return Err(error),
                Err(Trouble::Passing(why)) => why,
            };
            let Some(pause) = pauses.next() else { return Err(self.given_up(&why)) };
            (self.progress)(&format!("{}: {why}; trying again", self.what()));
            self.clock.sleep(Duration::from_secs(pause)).await;
        }
    }

    /// What is pulled, for people.
    fn what(&self) -> &str {
        match &self.source {
            Source::Lent { image, .. } => image.name(),
            Source::Remote { reference, .. } => reference,
        }
    }

    fn given_up(&self, why: &str) -> DeliveryError {
        let (there, what) = (self.connection.destination(), self.what());
        if matches!(self.source, Source::Lent { .. }) && why.to_lowercase().contains("connection refused") {
            return DeliveryError::no_loopback(there, what, why);
        }
        DeliveryError::cut(there, what, PAUSES.len() + 1, why)
    }

    /// Begins to pull, or joins what was begun, and waits for the end.
    async fn attempt(&self, begun: &mut Option<Begun>) -> Result<(), Trouble> {
        if let Some(begun) = begun.as_ref() {
            // The port that is lent is free again, should the host not have noticed the cut.
            self.connection.run(&pull_freed(&begun.folder)).await?;
        }
        let reference = self.reference().await?;
        if let Some(other) = begun.take_if(|begun| begun.reference != reference) {
            self.connection.run(&pull_stopped(&other.folder)).await?;
        }
        let command = match begun.as_ref() {
            Some(begun) => pull_again(&begun.folder),
            None => self.command(&reference),
        };
        let (mut folder, mut said) = (None, Vec::new());
        let mut on_line = |line: Line<'_>| match line {
            Line::Out(text) if text.starts_with(FOLDERS) => folder = Some(text.to_owned()),
            Line::Out(_) => {}
            Line::Err(text) => said.push(text.to_owned()),
        };
        let mut meter = Meter::new(self.bytes());
        let look = || self.look(&mut meter);
        let ended = watched(self.connection.follow(&command, &mut on_line), self.clock, look).await;
        if let Some(folder) = folder {
            *begun = Some(Begun { folder, reference: reference.clone() });
        }
        let status = ended?;
        *begun = None;
        match status {
            0 => Ok(()),
            NO_PULL => Err(Trouble::Passing("the pull was interrupted on the host".to_owned())),
            status => Err(self.failed(status, &reference, &said)),
        }
    }

    /// What the host asks Docker for. For what this machine has, its registry is lent.
    async fn reference(&self) -> Result<String, SshError> {
        match &self.source {
            Source::Lent { port, offer, image, .. } => {
                let port = self.connection.lend(*port).await?;
                Ok(format!("127.0.0.1:{port}/{}/{}@{}", offer.prefix(), image.name(), image.digest()))
            }
            Source::Remote { reference, .. } => Ok((*reference).to_owned()),
        }
    }

    fn command(&self, reference: &str) -> crate::command::HostCommand {
        match &self.source {
            Source::Lent { image, .. } => pull_begun(reference, Some(&image.tag()), None),
            Source::Remote { login, .. } => pull_begun(reference, None, login.clone()),
        }
    }

    fn bytes(&self) -> u64 {
        match &self.source {
            Source::Lent { bytes, .. } => *bytes,
            Source::Remote { .. } => 0,
        }
    }

    /// Says how far it has come.
    fn look(&self, meter: &mut Meter) {
        let Source::Lent { offer, image, .. } = &self.source else { return };
        if let Some(line) = meter.line(offer.sent(), self.clock.elapsed()) {
            (self.progress)(&format!("{} to {}: {line}", image.name(), self.connection.destination()));
        }
    }

    /// What it means that Docker ended with `status`.
    fn failed(&self, status: i32, reference: &str, said: &[String]) -> Trouble {
        let (there, what) = (self.connection.destination(), self.what());
        let said = said[said.len().saturating_sub(SHOWN)..].join("; ");
        // The path by which it was lent is nobody else's business.
        let said = said.replace(reference, what).replace(reference.split('@').next().unwrap_or(reference), what);
        let failed = CommandFailed { command: format!("docker pull {what}"), status, said: said.clone() };
        let lower = said.to_lowercase();
        let says = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
        let error = explain(there, &failed);
        match (error.kind(), &self.source) {
            (Some(HostErrorKind::DiskFull), _) => Trouble::Lasting(DeliveryError::filled(there, what, &said)),
            (Some(HostErrorKind::Command) | None, Source::Remote { name, .. })
                if says(&["unauthorized", "denied", "no basic auth", "authentication required"]) =>
            {
                Trouble::Lasting(DeliveryError::refused(there, name, &said))
            }
            (Some(HostErrorKind::Command) | None, Source::Remote { .. })
                if says(&["manifest unknown", "not found", "name unknown"]) =>
            {
                Trouble::Lasting(DeliveryError::not_found(what, &said))
            }
            (Some(HostErrorKind::Command) | None, _) if said.is_empty() || says(&PASSING) => Trouble::Passing(said),
            (Some(HostErrorKind::Command) | None, _) => Trouble::Lasting(DeliveryError::pull(there, what, &said)),
            _ => Trouble::Lasting(error.into()),
        }
    }
}

impl From<SshError> for Trouble {
    fn from(error: SshError) -> Self {
        match error.kind {
            // What it says names the script that ran.
            SshErrorKind::Cut | SshErrorKind::Limit => Self::Passing("the connection was lost".to_owned()),
            kind if kind.may_pass() => Self::Passing(error.to_string()),
            _ => Self::Lasting(error.into()),
        }
    }
}
