//! Caddy's admin API, as bytes: what is asked, and what is answered. It listens inside the container alone, on loopback,
//! and is asked there by the `nc` of the image. Nothing here runs anything.

use serde_json::Value;

use super::NAME;
use crate::command::{HostCommand, docker};

/// Where the admin API listens, in the container.
pub(super) const ADDRESS: &str = "127.0.0.1:2019";

/// A question to the admin API.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Question {
    /// What it does, as one document.
    Configuration,
    /// Do that from now on, if what it does is still what that tag was given for.
    Configure { document: Value, tag: String },
    /// The requests in flight.
    Upstreams,
}

/// An answer of the admin API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// The status.
    pub status: u16,
    /// What the document is told apart by.
    pub tag: Option<String>,
    /// The rest.
    pub body: Vec<u8>,
}

impl Question {
    /// The command that asks on a host.
    pub(super) fn command(&self) -> HostCommand {
        let (address, port) = ADDRESS.split_once(':').expect("an address and a port");
        docker::exec_with_input(NAME, ["nc", address, port]).stdin(self.bytes())
    }

    /// HTTP of version 1.0: the answer comes in one piece and ends with the connection.
    fn bytes(&self) -> Vec<u8> {
        let (method, path, headers, body) = match self {
            Self::Configuration => ("GET", "/config/", String::new(), String::new()),
            Self::Upstreams => ("GET", "/reverse_proxy/upstreams", String::new(), String::new()),
            Self::Configure { document, tag } => {
                let headers = format!("Content-Type: application/json\r\nIf-Match: {tag}\r\n");
                ("POST", "/config/", headers, document.to_string())
            }
        };
        let length = body.len();
        format!("{method} {path} HTTP/1.0\r\nHost: {ADDRESS}\r\nContent-Length: {length}\r\n{headers}\r\n{body}")
            .into_bytes()
    }
}

impl Answer {
    /// Reads an answer. Nothing where it is none, or not all of it.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let (head, body) = (std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end + 4..]);
        let mut lines = head.lines();
        let status = lines.next()?.strip_prefix("HTTP/")?.split(' ').nth(1)?.parse().ok()?;
        let (mut tag, mut length) = (None, None);
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            match name.to_ascii_lowercase().as_str() {
                "etag" => tag = Some(value.trim().to_owned()),
                "content-length" => length = Some(value.trim().parse::<usize>().ok()?),
                _ => {}
            }
        }
        let whole = length.is_none_or(|length| length == body.len());
        whole.then(|| Self { status, tag, body: body.to_vec() })
    }

    /// What it says is wrong, where it does.
    pub(super) fn problem(&self) -> String {
        let said = serde_json::from_slice::<Value>(&self.body).ok();
        match said.as_ref().and_then(|said| said["error"].as_str()) {
            Some(error) => error.to_owned(),
            None => format!("status {}", self.status),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_asked_inside_the_container() {
        let command = Question::Upstreams.command();
        assert_eq!(command.to_string(), "docker exec --interactive ironwright-edge nc 127.0.0.1 2019");
        let text = String::from_utf8(command.input().expect("a request").to_vec()).expect("text");
        assert_eq!(text, "GET /reverse_proxy/upstreams HTTP/1.0\r\nHost: 127.0.0.1:2019\r\nContent-Length: 0\r\n\r\n");
        let configure =
            Question::Configure { document: serde_json::json!({"apps": {}}), tag: "\"/config/ ab\"".into() };
        assert!(configure.bytes().ends_with(b"\r\nIf-Match: \"/config/ ab\"\r\n\r\n{\"apps\":{}}"));
    }

    #[test]
    fn an_answer_is_whole_or_none() {
        let bytes = b"HTTP/1.0 200 OK\r\nEtag: \"/config/ ab\"\r\nContent-Length: 4\r\n\r\nnull";
        let answer = Answer::read(bytes).expect("an answer");
        assert_eq!(
            (answer.status, answer.tag.as_deref(), answer.body.as_slice()),
            (200, Some("\"/config/ ab\""), b"null".as_slice())
        );
        assert_eq!(Answer::read(&bytes[..bytes.len() - 1]), None);
        assert_eq!(Answer::read(b"nc: can't connect"), None);
        let refused =
            Answer::read(b"HTTP/1.0 400 Bad Request\r\n\r\n{\"error\":\"no such module\"}").expect("an answer");
        assert_eq!(refused.problem(), "no such module");
    }
}
