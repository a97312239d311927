//! `ironwright simulate` in a process of its own, which ends with the test.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A cloud that is served.
pub(crate) struct Served {
    process: Child,
    endpoint: String,
}

/// The command `simulate` with `arguments`.
pub(crate) fn command(arguments: &[&str]) -> Command {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    let binary = BINARY.get_or_init(|| ironwright_tests::binary(env!("CARGO_BIN_EXE_sample")));
    let mut command = Command::new(binary);
    command.arg("simulate").args(arguments);
    command
}

impl Served {
    /// Serves a cloud at a free port.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut process = command(arguments).stdout(Stdio::piped()).spawn().expect("it was built");
        let output = process.stdout.take().expect("standard output is a pipe");
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let endpoint = lines.find_map(|line| {
            let (_, rest) = line.split_once("http://")?;
            Some(format!("http://{}", rest.trim_end_matches(['"', '}'])))
        });
        Self { process, endpoint: endpoint.expect("it says where it listens") }
    }

    /// Where it is served.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Interrupts it. Its exit code.
    pub(crate) fn interrupt(&mut self) -> Option<i32> {
        let id = i32::try_from(self.process.id()).expect("ids are small");
        kill(Pid::from_raw(id), Signal::SIGINT).expect("it is there");
        self.process.wait().expect("it ends").code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An empty folder for one test.
pub(crate) fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the target folder is writable");
    folder
}

/// The answer to a call, head and body, in bare HTTP.
pub(crate) fn post(endpoint: &str, operation: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(endpoint.trim_start_matches("http://")).expect("it listens");
    let credential = "AWS4-HMAC-SHA256 Credential=test/20261123/us-west-2/cloudcontrolapi/aws4_request";
    let request = format!(
        "POST / HTTP/1.1\r\nHost: test\r\nConnection: close\r\nX-Amz-Target: CloudApiService.{operation}\r\n\
         Authorization: {credential}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}
