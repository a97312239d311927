//! HTTP/1.1 as it is on the wire: a request or an answer is read whole and written whole.

use std::io::{self, BufRead, Read, Write};

/// The largest head of a message.
const LARGEST_HEAD: u64 = 64 * 1024;
/// The most headers of a message.
const MOST_HEADERS: usize = 100;

/// Headers that are about one connection or say how long a body is: the proxy writes its own.
const OF_THE_CONNECTION: [&str; 9] = [
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

type Headers = Vec<(String, Vec<u8>)>;

/// What a client sent.
pub(super) struct Request {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) body: Vec<u8>,
    headers: Headers,
    /// The minor version of HTTP/1.
    version: u8,
}

/// What an AWS answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) reason: String,
    pub(super) body: Vec<u8>,
    headers: Headers,
    /// The length that an answer without a body tells of: that of `HEAD`.
    told_length: Option<String>,
}

impl Request {
    pub(super) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub(super) fn header(&self, name: &str) -> Option<String> {
        header(&self.headers, name)
    }

    /// Whether the client may send another on the same connection.
    pub(super) fn stays_open(&self) -> bool {
        let connection = self.header("connection").unwrap_or_default().to_ascii_lowercase();
        if self.version == 0 { connection.contains("keep-alive") } else { !connection.contains("close") }
    }

    /// The request as it is sent on, on a connection of its own.
    pub(super) fn wire(&self) -> Vec<u8> {
        let mut wire = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        write_headers(&mut wire, &self.headers);
        wire.extend_from_slice(format!("connection: close\r\ncontent-length: {}\r\n\r\n", self.body.len()).as_bytes());
        wire.extend_from_slice(&self.body);
        wire
    }
}

impl Answer {
    /// An answer of the proxy's own.
    pub(super) fn new(status: u16, (kind, body): (&str, String)) -> Self {
        let headers = vec![("content-type".to_owned(), kind.as_bytes().to_vec())];
        Self { status, reason: "Fault".to_owned(), body: body.into_bytes(), headers, told_length: None }
    }

    /// The answer as it is sent to the client.
    pub(super) fn wire(&self) -> Vec<u8> {
        let mut wire = format!("HTTP/1.1 {} {}\r\n", self.status, self.reason).into_bytes();
        write_headers(&mut wire, &self.headers);
        let length = self.told_length.clone().unwrap_or_else(|| self.body.len().to_string());
        if !matches!(self.status, 204 | 304) {
            wire.extend_from_slice(format!("content-length: {length}\r\n").as_bytes());
        }
        wire.extend_from_slice(b"\r\n");
        wire.extend_from_slice(&self.body);
        wire
    }
}

/// Reads a request; nothing where the client has closed the connection. `client` is told to go on where it asks that
/// before it sends the body.
pub(super) fn read_request(reader: &mut impl BufRead, mut client: impl Write) -> io::Result<Option<Request>> {
    let Some(head) = read_head(reader)? else { return Ok(None) };
    let mut fields = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut parsed = httparse::Request::new(&mut fields);
    parsed.parse(&head).map_err(broken)?;
    let (method, target) = (parsed.method.unwrap_or_default().to_owned(), parsed.path.unwrap_or("/").to_owned());
    let (version, headers) = (parsed.version.unwrap_or(1), owned(parsed.headers));
    if header(&headers, "expect").is_some_and(|what| what.eq_ignore_ascii_case("100-continue")) {
        client.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let body = read_body(reader, &headers, Unsaid::Empty)?;
    Ok(Some(Request { method, target, body, headers, version }))
}

/// Reads the answer to a request of this `method`.
pub(super) fn read_answer(reader: &mut impl BufRead, method: &str) -> io::Result<Answer> {
    loop {
        let head = read_head(reader)?.ok_or_else(|| broken("no answer"))?;
        let mut fields = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut parsed = httparse::Response::new(&mut fields);
        parsed.parse(&head).map_err(broken)?;
        let (status, headers) = (parsed.code.unwrap_or_default(), owned(parsed.headers));
        if (100..200).contains(&status) {
            continue;
        }
        let has_no_body = method == "HEAD" || matches!(status, 204 | 304);
        let body = if has_no_body { Vec::new() } else { read_body(reader, &headers, Unsaid::ToTheEnd)? };
        let told_length = header(&headers, "content-length").filter(|_| has_no_body);
        return Ok(Answer { status, reason: parsed.reason.unwrap_or_default().to_owned(), body, headers, told_length });
    }
}

/// How long a body is where its message does not say.
enum Unsaid {
    Empty,
    ToTheEnd,
}

/// All up to the empty line; nothing where there is no more.
fn read_head(reader: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let (mut head, mut reader) = (Vec::new(), reader.take(LARGEST_HEAD));
    loop {
        let start = head.len();
        reader.read_until(b'\n', &mut head)?;
        match &head[start..] {
            [] if start == 0 => return Ok(None),
            [.., b'\n'] => {}
            _ => return Err(broken("a head that breaks off")),
        }
        if matches!(&head[start..], b"\r\n" | b"\n") {
            return Ok(Some(head));
        }
    }
}

fn read_body(reader: &mut impl BufRead, headers: &Headers, unsaid: Unsaid) -> io::Result<Vec<u8>> {
    if header(headers, "transfer-encoding").is_some_and(|coding| coding.to_ascii_lowercase().ends_with("chunked")) {
        return read_chunks(reader);
    }
    let mut body = Vec::new();
    match (header(headers, "content-length"), unsaid) {
        (Some(length), _) => read_exactly(reader, length.trim().parse().map_err(broken)?, &mut body)?,
        (None, Unsaid::ToTheEnd) => drop(reader.read_to_end(&mut body)?),
        (None, Unsaid::Empty) => {}
    }
    Ok(body)
}

/// Reads a body in chunks, up to the end of its trailers.
fn read_chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(reader)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(broken)?;
        if size == 0 {
            while !read_line(reader)?.is_empty() {}
            return Ok(body);
        }
        read_exactly(reader, size, &mut body)?;
        if !read_line(reader)?.is_empty() {
            return Err(broken("a chunk that is longer than it says"));
        }
    }
}

fn read_exactly(reader: &mut impl BufRead, length: u64, body: &mut Vec<u8>) -> io::Result<()> {
    let read = reader.take(length).read_to_end(body)?;
    if read as u64 == length { Ok(()) } else { Err(broken("a body that breaks off")) }
}

fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.take(LARGEST_HEAD).read_line(&mut line)?;
    let text = line.strip_suffix('\n').ok_or_else(|| broken("a line that breaks off"))?;
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

fn owned(headers: &[httparse::Header]) -> Headers {
    headers.iter().map(|header| (header.name.to_ascii_lowercase(), header.value.to_vec())).collect()
}

fn header(headers: &Headers, name: &str) -> Option<String> {
    let (_, value) = headers.iter().find(|(header, _)| header == name)?;
    Some(String::from_utf8_lossy(value).into_owned())
}

fn write_headers(wire: &mut Vec<u8>, headers: &Headers) {
    for (name, value) in headers.iter().filter(|(name, _)| !OF_THE_CONNECTION.contains(&name.as_str())) {
        wire.extend_from_slice(name.as_bytes());
        wire.extend_from_slice(b": ");
        wire.extend_from_slice(value);
        wire.extend_from_slice(b"\r\n");
    }
}

fn broken(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_and_lengths_give_the_same_body_and_leave_the_next_request() {
        let wire =
            b"POST /a?b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nActi\r\n3\r\non=\r\n0\r\nT: 1\r\n\r\n\
                     POST / HTTP/1.1\r\nContent-Length: 7\r\nConnection: close\r\n\r\nAction=";
        let mut reader = &wire[..];
        let first = read_request(&mut reader, io::sink()).unwrap().unwrap();
        assert_eq!((first.path(), first.target.as_str(), first.stays_open()), ("/a", "/a?b", true));
        let second = read_request(&mut reader, io::sink()).unwrap().unwrap();
        assert_eq!((&first.body, second.stays_open()), (&second.body, false));
        assert!(read_request(&mut reader, io::sink()).unwrap().is_none());
    }

    #[test]
    fn what_breaks_off_is_an_error() {
        for wire in ["POST / HTT", "POST / HTTP/1.1\r\nContent-Length: 7\r\n\r\nAct", "GET / HTTP/1.1\r\nA: b\r\n"] {
            assert!(read_request(&mut wire.as_bytes(), io::sink()).is_err(), "{wire:?}");
        }
    }

    #[test]
    fn a_client_that_waits_before_its_body_is_told_to_go_on() {
        let wire = "PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi";
        let mut told = Vec::new();
        let request = read_request(&mut wire.as_bytes(), &mut told).unwrap().unwrap();
        assert_eq!((request.body.as_slice(), told.as_slice()), (&b"hi"[..], &b"HTTP/1.1 100 Continue\r\n\r\n"[..]));
        assert_eq!(request.wire(), b"PUT / HTTP/1.1\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi");
    }

    #[test]
    fn an_answer_is_read_to_its_end_however_that_is_told() {
        let body = |wire: &str, method| read_answer(&mut wire.as_bytes(), method).unwrap();
        assert_eq!(body("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\n\r\nall of it", "GET").body, b"all of it");
        let head = body("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD");
        assert_eq!(head.wire(), b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n");
        assert_eq!(body("HTTP/1.1 204 No Content\r\n\r\n", "DELETE").wire(), b"HTTP/1.1 204 No Content\r\n\r\n");
    }
}
