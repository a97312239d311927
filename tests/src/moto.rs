//! moto, an emulated AWS, in a process of its own at a free port.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// Serves one request at a time: moto answers parallel writes with a random HTTP 500.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/direct/tests/moto/server.py");

/// An emulated AWS, which ends with this value.
pub struct Moto {
    server: Child,
    port: u16,
}

impl Moto {
    /// A new one with nothing in it. `None` where moto is not installed, which is said out loud; with
    /// `IRONWRIGHT_REQUIRE_TOOLS` set, as in CI, that is a failure.
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// The same, whose machines get public addresses of `network`.
    pub fn start_in(network: &str) -> Option<Self> {
        Self::start_with(&[network])
    }

    fn start_with(arguments: &[&str]) -> Option<Self> {
        let started = Command::new("python3").arg(SCRIPT).args(arguments).stdout(Stdio::piped()).spawn();
        let moto = started.ok().and_then(Self::listening);
        let required = std::env::var_os("IRONWRIGHT_REQUIRE_TOOLS").is_some();
        assert!(moto.is_some() || !required, "moto does not run: pip install 'moto[server]' boto3 awscli");
        if moto.is_none() {
            println!("skipped: moto does not run; pip install 'moto[server]' boto3 awscli");
        }
        moto
    }

    /// Waits until `server` says where it listens.
    fn listening(mut server: Child) -> Option<Self> {
        let output = server.stdout.take().expect("standard output is a pipe");
        let mut port = String::new();
        let read = BufReader::new(output).read_line(&mut port);
        if let (Ok(1..), Ok(port)) = (read, port.trim().parse()) {
            return Some(Self { server, port });
        }
        let _ = server.kill();
        let _ = server.wait();
        None
    }

    /// Where it is served: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Forgets all that was made there.
    pub fn reset(&self) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        let request = "POST /moto-api/reset HTTP/1.1\r\nHost: moto\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// Adds to `command` what leads it here, with credentials that moto takes and nobody's configuration.
    pub fn lead(&self, command: &mut Command) {
        lead(command, &self.endpoint());
    }
}

/// Adds to `command` what leads it to the AWS at `endpoint`, with credentials that moto takes and nobody's configuration.
pub fn lead(command: &mut Command, endpoint: &str) {
    command.env("AWS_ENDPOINT_URL", endpoint).env("AWS_REGION", "us-west-2").env("AWS_DEFAULT_REGION", "us-west-2");
    command.env("AWS_ACCESS_KEY_ID", "testing").env("AWS_SECRET_ACCESS_KEY", "testing");
    command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    for name in ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_EC2"] {
        command.env_remove(name);
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
