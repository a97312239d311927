//! The one `ssh` process that holds the connection to a host, over which everything else goes.

use std::error::Error as _;
use std::fmt::Write as _;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use openssh::{ControlPersist, KnownHosts, Session, SessionBuilder};
use tempfile::TempDir;

use super::config::{self, Detail, Files};
use super::destination::{Destination, HostKeys, Identity};
use super::error::{SshError, SshErrorKind};
use super::folder::{PrivateFile, RunFolder, close_master};
use super::log;

/// How long a host may take to answer the first time.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the connection of a run that was killed stays.
const IDLE: NonZeroUsize = NonZeroUsize::new(600).expect("it is not zero");

/// A connection that stands until this value goes.
#[derive(Debug)]
pub(super) struct Master {
    session: Session,
    control: PathBuf,
    _folder: TempDir,
}

impl Master {
    /// Connects to `destination`.
    pub(super) async fn connect(destination: &Destination, run: &RunFolder) -> Result<Self, SshError> {
        let said = match launch(destination, run, Detail::Usual).await? {
            Ok(folder) => return Ok(Self::new(folder)),
            Err(said) => said,
        };
        match log::kind(&said) {
            SshErrorKind::UnknownHostKey => Err(unverified(destination, run).await),
            SshErrorKind::ChangedHostKey => Err(changed(destination, &said)),
            kind => {
                // What is wrong on the way is not said at its end.
                if let Some(jump) = &destination.jump {
                    Box::pin(Self::connect(jump, run)).await?;
                }
                Err(SshError::unreached(kind, destination, &log::said(&said)))
            }
        }
    }

    fn new(folder: TempDir) -> Self {
        let (control, log) = (folder.path().join("master"), folder.path().join("log"));
        // Resumed, so that it is ended here and not by the session: at once, and not when the last channel is closed.
        let session = Session::resume_mux(control.clone().into(), Some(log.into()));
        Self { session, control, _folder: folder }
    }

    /// What commands are run through.
    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// The socket that other processes go through.
    pub(super) fn control(&self) -> &Path {
        &self.control
    }

    /// Whether the connection stands, as far as this side knows.
    pub(super) async fn stands(&self) -> bool {
        self.session.check().await.is_ok()
    }
}

impl Drop for Master {
    fn drop(&mut self) {
        close_master(&self.control);
    }
}

/// Starts `ssh` for `destination`. Where it gives up, what it wrote is the inner error.
async fn launch(
    destination: &Destination,
    run: &RunFolder,
    detail: Detail,
) -> Result<Result<TempDir, String>, SshError> {
    let file = |name: &str, content: &[u8]| {
        run.file(name, content).map_err(|error| SshError::local("a file for ssh cannot be written", &error))
    };
    let pins = file("known_hosts", pinned(destination).as_bytes())?;
    let mut keys = Vec::new();
    for way in destination.ways() {
        keys.push(match &way.identity {
            Identity::Key(key) => Some(file("key", with_line_break(key.expose()).as_bytes())?),
            Identity::Usual | Identity::File(_) => None,
        });
    }
    let paths: Vec<_> = keys.iter().map(|key| key.as_ref().map(PrivateFile::path)).collect();
    let text = config::text(destination, &Files { pinned: pins.path(), keys: &paths }, detail);
    let configuration = file("config", text.as_bytes())?;
    let mut builder = SessionBuilder::default();
    builder
        .known_hosts_check(KnownHosts::Strict)
        .control_directory(run.path())
        .control_persist(ControlPersist::IdleFor(IDLE))
        .connect_timeout(CONNECT_TIMEOUT)
        .config_file(configuration.path());
    match builder.launch_master(&destination.host).await {
        Ok(folder) => Ok(Ok(folder)),
        Err(openssh::Error::Connect(error)) if error.raw_os_error().is_none() => Ok(Err(error.to_string())),
        Err(openssh::Error::Connect(error)) => Err(SshError::no_client(&error)),
        Err(error) => Ok(Err(reasons(&error))),
    }
}

/// The lines of a `known_hosts` file with the keys that are given in the program.
fn pinned(destination: &Destination) -> String {
    let mut lines = String::new();
    for (number, way) in destination.ways().enumerate() {
        if let HostKeys::Pinned(keys) = &way.host_keys {
            lines.extend(keys.iter().map(|key| key.known_as(&config::alias(number))));
        }
    }
    lines
}

/// `ssh` takes a private key for broken whose last line has no end.
fn with_line_break(key: &str) -> String {
    format!("{}\n", key.trim_end())
}

/// The error about a key that none of the known ones is. What the host offers is asked for once more: `ssh` does not say.
async fn unverified(destination: &Destination, run: &RunFolder) -> SshError {
    let said = match launch(destination, run, Detail::Offers).await {
        Ok(Err(said)) => said,
        Ok(Ok(folder)) => {
            // Somebody has made it known in between; the caller may try again.
            drop(Master::new(folder));
            String::new()
        }
        Err(error) => return error,
    };
    match &destination.host_keys {
        HostKeys::Pinned(_) => changed(destination, &said),
        HostKeys::Known | HostKeys::KnownIn(_) => SshError::unknown_key(destination, log::offered(&said).as_deref()),
    }
}

/// The error about a host with another key than the known ones.
fn changed(destination: &Destination, said: &str) -> SshError {
    let offered = log::offered(said);
    let (expected, known) = match (&destination.host_keys, log::offending(said)) {
        (HostKeys::Pinned(keys), _) => {
            let keys = keys.iter().map(|key| format!("{} {}", key.algorithm(), key.fingerprint()));
            (keys.collect::<Vec<_>>().join(" or "), String::new())
        }
        (_, Some((file, number))) => {
            let expected = fs::read_to_string(&file).ok().and_then(|text| log::expected(&text, number));
            (expected.unwrap_or_else(|| "another key".to_owned()), format!("{}:{number}", file.display()))
        }
        (_, None) => ("another key".to_owned(), "see `ssh-keygen -R`".to_owned()),
    };
    SshError::changed_key(destination, &expected, offered.as_deref(), &known)
}

/// An error and what caused it, on one line.
pub(super) fn reasons(error: &openssh::Error) -> String {
    let mut reasons = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(reasons, ": {cause}");
        source = cause.source();
    }
    reasons
}
