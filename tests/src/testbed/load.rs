//! Constant HTTP load on a server, as its users make it, and what they see of it.
#![expect(clippy::disallowed_methods, reason = "users live in real time")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pause of a client between two requests.
const PAUSE: Duration = Duration::from_millis(20);

/// Load on a server, which ends with this value.
pub struct Load {
    shared: Arc<Shared>,
    clients: Vec<JoinHandle<()>>,
}

/// What the clients of a load have seen.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// How many requests were answered with a status from 200 to 299.
    pub answered: usize,
    /// How often the server had closed an idle connection before a request was sent on it, which was sent again on another, as
    /// every client does.
    pub reconnected: usize,
    /// The requests that were not answered so: when, counted from the beginning, and why.
    pub failures: Vec<(Duration, String)>,
    /// The answers in the order in which they came, without repetitions in a row.
    pub answers: Vec<String>,
    /// The longest time that one request took.
    pub slowest: Duration,
}

struct Shared {
    server: SocketAddr,
    began: Instant,
    ends: AtomicBool,
    figures: Mutex<Figures>,
    news: Condvar,
}

/// Why a request was not answered.
enum Failure {
    /// The connection was closed before anything of the answer came.
    Closed,
    Other(String),
}

impl Load {
    /// `GET /` of `server` from `kept` connections that are kept, and from `fresh` clients that make one for each request.
    pub fn on(server: SocketAddr, kept: usize, fresh: usize) -> Self {
        let shared = Arc::new(Shared {
            server,
            began: Instant::now(),
            ends: AtomicBool::new(false),
            figures: Mutex::default(),
            news: Condvar::new(),
        });
        let client = |keeps: bool| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || shared.client(keeps))
        };
        let clients = (0..kept).map(|_| client(true)).chain((0..fresh).map(|_| client(false))).collect();
        Self { shared, clients }
    }

    /// Waits until `seen` holds of what was seen so far. The test fails where it does not for `limit`.
    #[track_caller]
    pub fn until(&self, limit: Duration, seen: impl Fn(&Figures) -> bool) {
        let figures = self.shared.figures();
        let wait = self.shared.news.wait_timeout_while(figures, limit, |figures| !seen(figures));
        let (figures, waited) = wait.unwrap_or_else(PoisonError::into_inner);
        let figures = figures.clone();
        assert!(!waited.timed_out(), "not seen within {limit:?}: {figures:?}");
    }

    /// Waits for `more` answered requests.
    #[track_caller]
    pub fn goes_on(&self, more: usize) {
        let answered = self.shared.figures().answered + more;
        self.until(Duration::from_mins(1), |figures| figures.answered >= answered);
    }

    /// Ends it.
    pub fn end(mut self) -> Figures {
        self.stop();
        self.shared.figures().clone()
    }

    fn stop(&mut self) {
        self.shared.ends.store(true, Ordering::Relaxed);
        for client in self.clients.drain(..) {
            client.join().expect("a client does not panic");
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Figures {
    /// The figures, if no request failed.
    #[track_caller]
    pub fn without_failure(&self) -> &Self {
        assert!(self.answered > 0, "nothing was asked");
        assert!(self.failures.is_empty(), "{} of {} failed: {self:?}", self.failures.len(), self.answered);
        self
    }
}

impl Shared {
    fn figures(&self) -> MutexGuard<'_, Figures> {
        self.figures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One client, until the end.
    fn client(&self, keeps: bool) {
        let mut kept = None;
        while !self.ends.load(Ordering::Relaxed) {
            let begun = Instant::now();
            let answer = self.request(&mut kept, keeps);
            self.note(begun, answer);
            thread::sleep(PAUSE);
        }
    }

    fn note(&self, begun: Instant, answer: Result<String, String>) {
        let mut figures = self.figures();
        figures.slowest = figures.slowest.max(begun.elapsed());
        match answer {
            Ok(answer) => {
                figures.answered += 1;
                if figures.answers.last() != Some(&answer) {
                    figures.answers.push(answer);
                }
            }
            Err(why) => figures.failures.push((self.began.elapsed(), why)),
        }
        self.news.notify_all();
    }

    /// One request, on the connection that was `kept` if there is one.
    fn request(&self, kept: &mut Option<TcpStream>, keeps: bool) -> Result<String, String> {
        if let Some(stream) = kept.take() {
            match exchange(stream, keeps) {
                Ok((answer, stream)) => {
                    *kept = stream;
                    return Ok(answer);
                }
                Err(Failure::Closed) => self.figures().reconnected += 1,
                Err(Failure::Other(why)) => return Err(why),
            }
        }
        let stream = self.connect().map_err(|error| format!("no connection: {error}"))?;
        match exchange(stream, keeps) {
            Ok((answer, stream)) => {
                *kept = stream;
                Ok(answer)
            }
            Err(Failure::Closed) => Err("closed without an answer".to_owned()),
            Err(Failure::Other(why)) => Err(why),
        }
    }

    fn connect(&self) -> std::io::Result<TcpStream> {
        let stream = TcpStream::connect_timeout(&self.server, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

/// Asks on `stream` and reads the answer; the connection, where both sides keep it.
fn exchange(mut stream: TcpStream, keeps: bool) -> Result<(String, Option<TcpStream>), Failure> {
    let connection = if keeps { "keep-alive" } else { "close" };
    let host = stream.peer_addr().map_err(|_| Failure::Closed)?.ip();
    let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: {connection}\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(|_| Failure::Closed)?;
    let mut read = Vec::new();
    let (status, body, closes) = loop {
        if let Some(answer) = answer(&read, false).map_err(Failure::Other)? {
            break answer;
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer) {
            Ok(0) => match answer(&read, true).map_err(Failure::Other)? {
                Some(answer) => break answer,
                None if read.is_empty() => return Err(Failure::Closed),
                None => return Err(Failure::Other("closed in the middle of an answer".to_owned())),
            },
            Ok(count) => read.extend_from_slice(&buffer[..count]),
            Err(error) if read.is_empty() && error.kind() == std::io::ErrorKind::ConnectionReset => {
                return Err(Failure::Closed);
            }
            Err(error) => return Err(Failure::Other(format!("no answer: {error}"))),
        }
    };
    if !(200..300).contains(&status) {
        return Err(Failure::Other(format!("status {status}: {body}")));
    }
    Ok((body, (keeps && !closes).then_some(stream)))
}

/// Status, body, and whether the server closes the connection, of what was `read`; nothing where more is to come.
fn answer(read: &[u8], ended: bool) -> Result<Option<(u16, String, bool)>, String> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut head = httparse::Response::new(&mut headers);
    let parsed = head.parse(read).map_err(|error| format!("no HTTP: {error}"))?;
    let httparse::Status::Complete(length) = parsed else { return Ok(None) };
    let header = |name: &str| {
        let found = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.map(|header| String::from_utf8_lossy(header.value).into_owned())
    };
    let body = &read[length..];
    let whole = match header("content-length").map(|length| length.parse::<usize>()) {
        Some(Ok(expected)) => body.len() >= expected,
        Some(Err(error)) => return Err(format!("no length: {error}")),
        None => ended,
    };
    let closes = ended
        || head.version == Some(0)
        || header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    let text = || String::from_utf8_lossy(body).trim().to_owned();
    Ok(whole.then(|| (head.code.unwrap_or_default(), text(), closes)))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Answers the connections that come, each with what `answers` says.
    fn server(answers: Vec<&'static str>) -> (SocketAddr, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let serve = move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().expect("a client");
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(answer.as_bytes());
            }
        };
        (address, thread::spawn(serve))
    }

    #[test]
    fn what_fails_is_counted_and_told() {
        let (address, serves) = server(vec![
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nv1",
            "HTTP/1.0 200 OK\r\n\r\nv2",
            "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nv",
            "",
        ]);
        let load = Load::on(address, 0, 1);
        load.until(PATIENCE, |figures| figures.failures.len() >= 4);
        serves.join().expect("all is served");
        let figures = load.end();
        assert_eq!((figures.answered, figures.answers.as_slice()), (2, &["v1".to_owned(), "v2".to_owned()][..]));
        let why: Vec<_> = figures.failures.iter().take(4).map(|(_, why)| why.as_str()).collect();
        assert_eq!(why[..3], ["status 502: ", "closed in the middle of an answer", "closed without an answer"]);
        assert!(why[3].starts_with("no connection: "), "{}", why[3]);
    }

    #[test]
    fn a_kept_connection_that_was_closed_is_no_failure() {
        let one = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nv1";
        let (address, serves) = server(vec![one, one, one]);
        let load = Load::on(address, 1, 0);
        load.goes_on(3);
        serves.join().expect("all is served");
        let figures = load.end();
        assert!(figures.answered == 3 && figures.reconnected >= 2, "{figures:?}");
    }
}
