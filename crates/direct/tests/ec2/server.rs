//! A server in EC2's place: the test says what it answers, and is told what it was sent.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use ironwright_core::facts::{FactSource, TypeFacts};
use ironwright_core::{Planned, Resolved};
use ironwright_direct::{AccessKey, Connection, ConnectionOptions, Identity};
use ironwright_engine::{Provider, SystemClock};
use serde_json::Value as Json;

pub(crate) const REGION: &str = "us-west-2";

/// A call, as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) action: String,
    parameters: BTreeMap<String, String>,
}

/// What comes back.
pub(crate) enum Reply {
    /// The content of the response.
    Says(String),
    /// An error of this code.
    Refuses(&'static str),
    /// Nothing: the connection ends.
    Breaks,
}

/// The server; it serves until the test ends.
pub(crate) struct Server {
    endpoint: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

pub(crate) struct Facts;

impl FactSource for Facts {
    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        ironwright_aws::facts().facts(type_name)
    }
}

impl Server {
    pub(crate) fn start(mut answer: impl FnMut(&Call) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let told: Arc<Mutex<Vec<Call>>> = calls.clone();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let Some(call) = received(&stream) else { continue };
                told.lock().unwrap_or_else(PoisonError::into_inner).push(call.clone());
                send(&mut stream, &call.action, answer(&call));
            }
        });
        Self { endpoint: format!("http://127.0.0.1:{port}"), calls }
    }

    /// EC2's provider, over this server.
    pub(crate) async fn provider(&self) -> Arc<dyn Provider> {
        let options = ConnectionOptions {
            region: Some(REGION.to_owned()),
            endpoint: Some(self.endpoint.clone()),
            key: Some(AccessKey::new("testing", "testing")),
            ..ConnectionOptions::default()
        };
        let connection = Connection::open_with(options, Arc::new(SystemClock::new())).await;
        let identity = Identity { account: "123456789012".to_owned(), arn: String::new(), region: None };
        connection.providers(&identity, Arc::new(Facts)).swap_remove(0)
    }

    /// What it was sent so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The calls that make, change and delete, as one text.
    pub(crate) fn changes(&self) -> String {
        let calls = self.calls();
        let changes = calls.iter().filter(|call| !call.is_describe());
        changes.map(Call::shown).collect::<Vec<_>>().join("\n\n")
    }
}

impl Call {
    pub(crate) fn is_describe(&self) -> bool {
        self.action.starts_with("Describe")
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        self.parameters.get(name).map(String::as_str).unwrap_or_default()
    }

    /// The items of a list, `InstanceId` or `Filter.1.Value`.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        let item = |number: usize| self.parameters.get(&format!("{name}.{number}")).map(String::as_str);
        (1..).map_while(item).collect()
    }

    /// The parameters, a line each, sorted, the action first.
    fn shown(&self) -> String {
        let lines = self.parameters.iter().map(|(name, value)| format!("{name}={}", value.replace('\n', "\\n")));
        std::iter::once(format!("Action={}", self.action)).chain(lines).collect::<Vec<_>>().join("\n")
    }
}

fn received(stream: &TcpStream) -> Option<Call> {
    let (mut reader, mut length) = (BufReader::new(stream), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).is_ok_and(|bytes| bytes <= 2) {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or_default();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).ok()?;
    let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    let mut parameters: BTreeMap<String, String> =
        pairs.map(|(name, value)| (decoded(name), decoded(value))).filter(|(name, _)| name != "Version").collect();
    Some(Call { action: parameters.remove("Action")?, parameters })
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digits: Vec<u8> = if byte == b'%' { rest.by_ref().take(2).collect() } else { Vec::new() };
        let code = std::str::from_utf8(&digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.unwrap_or(if byte == b'+' { b' ' } else { byte }));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn send(stream: &mut TcpStream, action: &str, reply: Reply) {
    let (status, text) = match reply {
        Reply::Says(content) => {
            ("200 OK", format!("<{action}Response><requestId>r</requestId>{content}</{action}Response>"))
        }
        Reply::Refuses(code) => {
            let error = format!("<Error><Code>{code}</Code><Message>seen</Message></Error>");
            ("400 Bad Request", format!("<Response><Errors>{error}</Errors><RequestID>r</RequestID></Response>"))
        }
        Reply::Breaks => return,
    };
    let length = text.len();
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: text/xml\r\nContent-Length: {length}\r\nConnection: close");
    let _ = write!(stream, "{head}\r\n\r\n{text}");
}

/// Properties of which nothing is unknown.
pub(crate) fn resolved(properties: &Json) -> Resolved {
    Resolved::new(Planned::from(properties.clone())).expect("nothing is unknown")
}
