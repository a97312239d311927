//! A Docker daemon for unit tests: one that says what a test wants to hear.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

use super::daemon::Daemon;
use super::endpoint::Endpoint;

/// A daemon that listens as long as the process lives.
pub(super) struct FakeDaemon {
    folder: TempDir,
    asked: Arc<Mutex<Vec<String>>>,
}

impl FakeDaemon {
    /// One that answers a request, `GET /version`, with the status and the document that `answer` says.
    pub(super) fn new(answer: impl Fn(&str) -> (u16, Value) + Send + 'static) -> Self {
        let fake = Self { folder: tempfile::tempdir().expect("a folder"), asked: Arc::default() };
        let listener = UnixListener::bind(fake.socket()).expect("a socket");
        let asked = Arc::clone(&fake.asked);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                let first = lines.next().unwrap_or_default();
                let request = first.trim_end_matches(" HTTP/1.1").to_owned();
                // The rest of the head; no request of these tests has a body.
                lines.take_while(|line| !line.is_empty()).for_each(drop);
                let (status, document) = answer(&request);
                asked.lock().expect("nobody panicked").push(request);
                let body = document.to_string();
                let length = body.len();
                let head = format!("HTTP/1.1 {status} -\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
                // Who asked may not want the answer.
                let _ = (&stream).write_all((head + &body).as_bytes());
            }
        });
        fake
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("docker.sock")
    }

    /// The way to it.
    pub(super) fn daemon(&self) -> Daemon {
        Daemon::at(Endpoint::Socket(self.socket()))
    }

    /// What it was asked.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("nobody panicked").clone()
    }
}
