//! A proxy that loses the first response to each write of an object: the write is made, and nobody is told.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Result, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

static LOST: AtomicUsize = AtomicUsize::new(0);

/// How many responses were lost.
pub(crate) fn lost() -> usize {
    LOST.load(Ordering::SeqCst)
}

/// The proxy before the server at `endpoint`: where it is served. It lives as long as the test.
pub(crate) fn before(endpoint: &str) -> String {
    let server = endpoint.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it listens");
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (server, seen) = (server.clone(), seen.clone());
            std::thread::spawn(move || drop(pass(&client, &server, &seen)));
        }
    });
    format!("http://{address}")
}

/// Passes one request on, and its response back unless it is to be lost. Then the connection ends.
fn pass(mut client: &TcpStream, server: &str, seen: &Mutex<BTreeSet<String>>) -> Result<()> {
    let mut reader = BufReader::new(client);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let from = head.len();
        reader.read_line(&mut head)?;
        let line = head[from..].to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut upstream = TcpStream::connect(server)?;
    upstream.write_all(head.trim_end().as_bytes())?;
    upstream.write_all(b"\r\nConnection: close\r\n\r\n")?;
    upstream.write_all(&body)?;
    let mut response = Vec::new();
    upstream.read_to_end(&mut response)?;
    let request = head.lines().next().unwrap_or_default().to_owned();
    let is_first = request.starts_with("PUT") && seen.lock().expect("no panic").insert(request);
    if is_first {
        LOST.fetch_add(1, Ordering::SeqCst);
    } else {
        client.write_all(&response)?;
    }
    client.shutdown(Shutdown::Both)
}
