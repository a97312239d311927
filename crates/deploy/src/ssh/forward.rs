//! Ports over the connection: one of this machine for the host, one of the host for this process.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Weak};

use super::connection::{Connection, through};
use super::error::{SshError, SshErrorKind};
use super::master::Master;

/// What is forwarded over a connection.
#[derive(Debug, Default)]
pub(super) struct Forwards {
    /// The connection it is forwarded over.
    over: Weak<Master>,
    /// Ports of this machine, and where the host has them. They outlast a connection, as wishes.
    lent: HashMap<u16, u16>,
    /// Those of them that the host has now.
    valid: Vec<u16>,
    /// Ports of the host, and the sockets here that lead to them.
    reached: HashMap<u16, PathBuf>,
}

impl Forwards {
    /// Forgets what went with another connection than `master`.
    fn over(&mut self, master: &Arc<Master>) {
        if !std::ptr::eq(self.over.as_ptr(), Arc::as_ptr(master)) {
            self.over = Arc::downgrade(master);
            self.valid.clear();
            self.reached.clear();
        }
    }
}

impl Connection {
    /// Lends the port `local` of this machine's loopback to the host, and returns the port of the host's loopback where it
    /// is found. Asked again, it is the same; after a cut too, if the host has not given it to somebody else.
    pub async fn lend(&self, local: u16) -> Result<u16, SshError> {
        let mut forwards = self.forwards.lock().await;
        let master = self.master().await?;
        forwards.over(&master);
        let before = forwards.lent.get(&local).copied();
        if let Some(port) = before.filter(|_| forwards.valid.contains(&local)) {
            return Ok(port);
        }
        let mut lent = Err(String::new());
        for wish in before.into_iter().chain([0]) {
            lent = forward(&master, "-R", &format!("127.0.0.1:{wish}:127.0.0.1:{local}")).await?;
            if let Ok(said) = &lent {
                let port = if wish == 0 { allocated(said) } else { Some(wish) };
                let port = port.ok_or_else(|| self.not_forwarded(said))?;
                forwards.lent.insert(local, port);
                forwards.valid.push(local);
                return Ok(port);
            }
        }
        Err(self.not_forwarded(&lent.err().unwrap_or_default()))
    }

    /// A socket in the private folder of this run that leads to the port `remote` of the host's loopback. Nobody else on
    /// this machine can use it. Asked again, it is the same; after a cut it is another.
    pub async fn reach(&self, remote: u16) -> Result<PathBuf, SshError> {
        let mut forwards = self.forwards.lock().await;
        let master = self.master().await?;
        forwards.over(&master);
        if let Some(socket) = forwards.reached.get(&remote) {
            return Ok(socket.clone());
        }
        let socket = self.unused_socket();
        let asked = format!("{}:127.0.0.1:{remote}", socket.display());
        forward(&master, "-L", &asked).await?.map_err(|said| self.not_forwarded(&said))?;
        forwards.reached.insert(remote, socket.clone());
        Ok(socket)
    }

    fn not_forwarded(&self, said: &str) -> SshError {
        let there = self.destination();
        let message = format!("{there} does not forward the port ({})", said.trim());
        let help = "its SSH server must allow it: `AllowTcpForwarding yes` in /etc/ssh/sshd_config";
        SshError::new(SshErrorKind::Forwarding, message, help)
    }
}

/// Asks `master` to forward, and returns what it said; the inner error is what it said when it would not.
async fn forward(master: &Master, direction: &str, what: &str) -> Result<Result<String, String>, SshError> {
    let asked = through(master).args(["-O", "forward", direction, what, "none"]).output().await;
    let output = asked.map_err(|error| SshError::no_client(&error))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) })
}

/// The port that the host chose.
fn allocated(said: &str) -> Option<u16> {
    said.split_whitespace().find_map(|word| word.parse().ok())
}
