//! A bucket of moto's, in a process of its own that ends with the test.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// A bucket named `states`.
pub(crate) struct Bucket {
    server: Child,
    endpoint: String,
}

impl Bucket {
    /// The bucket; nothing where moto is not installed.
    pub(crate) fn serve() -> Option<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/remote_state/s3_server.py");
        let mut server = Command::new("python3").arg(script).stdout(Stdio::piped()).spawn().ok()?;
        let mut port = String::new();
        let output = server.stdout.take().expect("standard output is a pipe");
        let read = BufReader::new(output).read_line(&mut port);
        if read.is_ok_and(|bytes| bytes > 0) {
            let endpoint = format!("http://127.0.0.1:{}", port.trim());
            return Some(Self { server, endpoint });
        }
        let _ = server.wait();
        assert!(
            std::env::var_os("IRONWRIGHT_REQUIRE_TOOLS").is_none(),
            "moto does not run: pip install 'moto[server]'"
        );
        println!("skipped: moto does not run; pip install 'moto[server]'");
        None
    }

    /// Where it is served.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
