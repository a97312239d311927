//! moto, an emulated AWS, in a process of its own that counts the calls; and what is made there, as boto3 sees it.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde::Deserialize;

use super::CompareError;

/// What to install where moto does not run.
const REMEDY: &str = "moto does not run; `pip install 'moto[server]'`, which brings boto3 too, for the python3 on PATH";

/// An emulated AWS, which ends with this value.
pub(crate) struct Moto {
    server: Child,
    port: u16,
    inventory: PathBuf,
}

/// The calls since they were last asked for, and how long moto took over them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Calls {
    pub(crate) calls: BTreeMap<String, u64>,
    /// In seconds.
    busy: f64,
}

impl Calls {
    pub(crate) fn count(&self) -> u64 {
        self.calls.values().sum()
    }

    pub(crate) fn busy(&self) -> Duration {
        Duration::from_secs_f64(self.busy)
    }
}

/// Ids by kind.
pub(crate) type Inventory = BTreeMap<String, Vec<String>>;

impl Moto {
    /// A new one with nothing in it. `root` is the repository.
    pub(crate) fn start(root: &Path) -> Result<Self, CompareError> {
        let scripts = root.join("xtask/data/compare");
        let started = Command::new("python3").arg(scripts.join("counted_aws.py")).stdout(Stdio::piped()).spawn();
        let mut server = started.map_err(|_| CompareError::Missing(REMEDY))?;
        let output = server.stdout.take().expect("standard output is a pipe");
        let mut port = String::new();
        let read = BufReader::new(output).read_line(&mut port);
        if let (Ok(1..), Ok(port)) = (read, port.trim().parse()) {
            return Ok(Self { server, port, inventory: scripts.join("inventory.py") });
        }
        // It may have ended already.
        let _ = server.kill();
        let _ = server.wait();
        Err(CompareError::Missing(REMEDY))
    }

    /// Where it is served: `http://127.0.0.1:PORT`.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Adds to `command` what leads it here, with credentials that moto takes and nobody's configuration.
    pub(crate) fn lead(&self, command: &mut Command) {
        command.env("AWS_ENDPOINT_URL", self.endpoint());
        command.env("AWS_REGION", "us-west-2").env("AWS_DEFAULT_REGION", "us-west-2");
        command.env("AWS_ACCESS_KEY_ID", "testing").env("AWS_SECRET_ACCESS_KEY", "testing");
        command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
        for name in ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_EC2"] {
            command.env_remove(name);
        }
    }

    /// Forgets all that was made, and the calls.
    pub(crate) fn reset(&self) -> Result<(), CompareError> {
        self.ask("POST /moto-api/reset")?;
        self.calls().map(drop)
    }

    /// The calls since this was last asked.
    pub(crate) fn calls(&self) -> Result<Calls, CompareError> {
        let answer = self.ask("GET /compare/calls")?;
        serde_json::from_str(&answer).map_err(|error| CompareError::Moto(error.to_string()))
    }

    /// What is there, seen by a client of nobody's here.
    pub(crate) fn inventory(&self) -> Result<Inventory, CompareError> {
        let mut python = Command::new("python3");
        python.arg(&self.inventory).arg(self.endpoint());
        self.lead(&mut python);
        let output = python.output().map_err(|_| CompareError::Missing(REMEDY))?;
        serde_json::from_slice(&output.stdout)
            .map_err(|error| CompareError::Moto(format!("{error}: {}", String::from_utf8_lossy(&output.stderr))))
    }

    /// The body of the answer to a request without one.
    fn ask(&self, request: &str) -> Result<String, CompareError> {
        let request = format!("{request} HTTP/1.1\r\nHost: moto\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        let mut answer = String::new();
        let asked = TcpStream::connect(("127.0.0.1", self.port)).and_then(|mut stream| {
            stream.write_all(request.as_bytes())?;
            stream.read_to_string(&mut answer)
        });
        asked.map_err(|error| CompareError::Moto(error.to_string()))?;
        match answer.split_once("\r\n\r\n") {
            Some((head, body)) if head.starts_with("HTTP/1.1 200") => Ok(body.to_owned()),
            _ => Err(CompareError::Moto(answer)),
        }
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
