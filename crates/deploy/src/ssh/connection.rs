//! The connection to one host, shared by all that is done there.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, join3, select};
use ironwright_engine::Clock;
use openssh::Stdio;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::sync::Mutex;

use super::destination::Destination;
use super::error::{SshError, SshErrorKind};
use super::folder::RunFolder;
use super::forward::Forwards;
use super::master::{Master, reasons};
use super::output::{Line, Output};
use super::sink::{Collect, Lines, Sink, drain};
use crate::command::HostCommand;

/// The status by which a shell says that there is no such program.
const NOT_FOUND: i32 = 127;

/// The status of a command that a signal ended.
const TERMINATED: i32 = 255;

/// The connection to one host. It is made when it is first used, and again when it was lost.
pub struct Connection {
    destination: Destination,
    clock: Arc<dyn Clock>,
    /// Before the folder: it is ended through its socket there.
    master: Mutex<Option<Arc<Master>>>,
    pub(super) forwards: Mutex<Forwards>,
    folder: Arc<RunFolder>,
}

impl Connection {
    pub(super) fn new(destination: Destination, folder: Arc<RunFolder>, clock: Arc<dyn Clock>) -> Self {
        Self { destination, folder, clock, master: Mutex::default(), forwards: Mutex::default() }
    }

    /// The host.
    pub fn destination(&self) -> &Destination {
        &self.destination
    }

    /// Connects, where no connection stands.
    pub async fn open(&self) -> Result<(), SshError> {
        self.master().await.map(drop)
    }

    /// Ends the connection, and with it what runs and is forwarded over it. The next use makes a new one, with the groups
    /// the user has by then.
    pub async fn close(&self) {
        *self.master.lock().await = None;
    }

    /// Runs `command` and collects what it writes.
    pub async fn run(&self, command: &HostCommand) -> Result<Output, SshError> {
        self.within(command, async {
            let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
            let status = self.attend(command, &mut Collect(&mut stdout), &mut Collect(&mut stderr)).await?;
            Ok(Output { status, stdout, stderr })
        })
        .await
    }

    /// Runs `command`, tells of every line it writes, and returns its exit status.
    pub async fn follow(
        &self,
        command: &HostCommand,
        on_line: &mut (dyn FnMut(Line<'_>) + Send),
    ) -> Result<i32, SshError> {
        let on_line = std::sync::Mutex::new(on_line);
        let (mut out, mut err) =
            (Lines::new(&on_line, |text| Line::Out(text)), Lines::new(&on_line, |text| Line::Err(text)));
        self.within(command, self.attend(command, &mut out, &mut err)).await
    }

    /// Runs `command` at the terminal of this process, and returns its exit status.
    pub async fn at_terminal(&self, command: &HostCommand) -> Result<i32, SshError> {
        self.attached(command, "-tt").await
    }

    /// Runs `command` with the standard streams of this process, and returns its exit status.
    pub async fn with_streams(&self, command: &HostCommand) -> Result<i32, SshError> {
        self.attached(command, "-T").await
    }

    async fn attached(&self, command: &HostCommand, terminal: &str) -> Result<i32, SshError> {
        let line = shell_line(command)?;
        let master = self.master().await?;
        let mut ssh = through(&master);
        let status = ssh.args([terminal, "--", "none"]).arg(line).status().await;
        let status = status.map_err(|error| SshError::no_client(&error))?.code().unwrap_or(TERMINATED);
        // `ssh` says that the connection is gone as it says that the command ended so.
        if status == TERMINATED && !master.stands().await {
            return Err(self.cut(command, &openssh::Error::Disconnected));
        }
        Ok(status)
    }

    /// The connection that stands, made anew if need be.
    pub(super) async fn master(&self) -> Result<Arc<Master>, SshError> {
        let mut held = self.master.lock().await;
        if let Some(master) = held.as_ref()
            && master.stands().await
        {
            return Ok(master.clone());
        }
        *held = None;
        let master = Arc::new(Master::connect(&self.destination, &self.folder).await?);
        *held = Some(master.clone());
        Ok(master)
    }

    /// A socket's path in the private folder of the run.
    pub(super) fn unused_socket(&self) -> std::path::PathBuf {
        self.folder.unused("s")
    }

    /// `work`, as long as `command` may take.
    async fn within<T>(
        &self,
        command: &HostCommand,
        work: impl Future<Output = Result<T, SshError>>,
    ) -> Result<T, SshError> {
        let Some(limit) = command.limit() else { return work.await };
        match select(pin!(work), self.clock.sleep(limit)).await {
            Either::Left((done, _)) => done,
            Either::Right(_) => Err(self.too_long(command, limit)),
        }
    }

    /// Runs `command` to its end: gives it what it reads, and the sinks what it writes.
    async fn attend(&self, command: &HostCommand, out: &mut dyn Sink, err: &mut dyn Sink) -> Result<i32, SshError> {
        let line = shell_line(command)?;
        let master = self.master().await?;
        let mut asked = master.session().raw_command(line);
        asked.stdin(if command.input().is_some() { Stdio::piped() } else { Stdio::null() });
        asked.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = asked.spawn().await.map_err(|error| self.cut(command, &error))?;
        let (stdin, stdout, stderr) = (child.stdin().take(), child.stdout().take(), child.stderr().take());
        let give = async {
            if let (Some(mut stdin), Some(input)) = (stdin, command.input()) {
                // A command need not read all it is given.
                let _ = stdin.write_all(input).await;
            }
        };
        let ((), read_out, read_err) = join3(give, drain(stdout, out), drain(stderr, err)).await;
        for read in [read_out, read_err] {
            read.map_err(|error| self.cut(command, &openssh::Error::ChildIo(error)))?;
        }
        match child.wait().await {
            Ok(status) => Ok(status.code().unwrap_or(TERMINATED)),
            Err(openssh::Error::Remote(error)) if error.kind() == ErrorKind::NotFound => Ok(NOT_FOUND),
            // A command that a signal ended and a connection that is gone look the same from here.
            Err(openssh::Error::RemoteProcessTerminated) if master.stands().await => Ok(TERMINATED),
            Err(error) => Err(self.cut(command, &error)),
        }
    }

    fn cut(&self, command: &HostCommand, error: &openssh::Error) -> SshError {
        let message = format!(
            "the connection to {} was lost while `{command}` ran ({}); whether it has done anything is not known",
            self.destination,
            reasons(error)
        );
        SshError::new(SshErrorKind::Cut, message, "check the host and the network, and run the same command again")
    }

    fn too_long(&self, command: &HostCommand, limit: Duration) -> SshError {
        let (there, seconds) = (&self.destination, limit.as_secs());
        let message = format!("`{command}` on {there} did not end within {seconds} s; it may still go on");
        SshError::new(SshErrorKind::Limit, message, format!("look at it with `{}`", there.by_hand()))
    }
}

fn shell_line(command: &HostCommand) -> Result<OsString, SshError> {
    let wrong = |nul| SshError::new(SshErrorKind::Command, format!("`{command}` cannot be run: {nul}"), "leave it out");
    command.shell_line().map_err(wrong)
}

/// An `ssh` that goes through the connection `master`, and never makes one of its own.
pub(super) fn through(master: &Master) -> Command {
    let mut ssh = Command::new("ssh");
    ssh.args(["-F", "none", "-o", "BatchMode=yes", "-o", "ProxyCommand=false", "-S"]).arg(master.control());
    ssh.kill_on_drop(true);
    ssh
}
