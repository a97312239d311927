//! What a process and the cloud it deploys to say to each other on a private socket: frames of JSON, a length first.
//!
//! A change is carried out only when the process lets it go after sending it, so that it can die in between. Secrets are
//! marked as such, and travel nowhere else.

use std::collections::BTreeSet;
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;

use ironwright::core::secret::SecretText;
use ironwright::core::{Address, Planned, Resolved};
use ironwright::engine::{Create, Delete, Find, Live, ProviderError, Read, Surroundings, Token, Update};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

/// The key under which a secret stands in a frame.
const PLAIN: &str = "$plain";

/// From the process to the cloud.
#[derive(Serialize, Deserialize)]
pub(super) enum Message {
    /// To be answered at once: it changes nothing.
    Ask(Question),
    /// To be kept until it is let go.
    Send(u64, Change),
    /// The change of this number is to be carried out and answered.
    LetGo(u64),
}

/// A call that changes nothing.
#[derive(Serialize, Deserialize)]
pub(super) enum Question {
    Surroundings(String),
    Read(Vec<Read>),
    Find(Find),
}

/// A call that changes something.
#[derive(Serialize, Deserialize)]
pub(super) enum Change {
    Create { address: Address, type_name: String, region: String, token: Token, properties: Sent },
    Update { target: Target, prior: Json, properties: Sent },
    Delete(Delete),
}

/// What is updated.
#[derive(Serialize, Deserialize)]
pub(super) struct Target {
    address: Address,
    type_name: String,
    region: String,
    physical_id: String,
    changed: Option<BTreeSet<String>>,
    token: Token,
}

/// Properties as they are sent: secrets in the clear, and marked.
#[derive(Serialize, Deserialize)]
pub(super) struct Sent {
    value: Json,
    raw: BTreeSet<String>,
}

/// From the cloud to the process.
#[derive(Serialize, Deserialize)]
pub(super) enum Answer {
    Surroundings(Result<Surroundings, ProviderError>),
    Read(Vec<Result<Option<Live>, ProviderError>>),
    Live(Result<Live, ProviderError>),
    Gone(Result<(), ProviderError>),
    Found(Result<Vec<Live>, ProviderError>),
}

impl From<Create> for Change {
    fn from(request: Create) -> Self {
        let Create { address, type_name, region, properties, token } = request;
        Self::Create { address, type_name, region, token, properties: Sent::from(&properties) }
    }
}

impl From<Update> for Change {
    fn from(request: Update) -> Self {
        let Update { address, type_name, region, physical_id, prior, properties, changed, token } = request;
        let target = Target { address, type_name, region, physical_id, changed, token };
        Self::Update { target, prior, properties: Sent::from(&properties) }
    }
}

impl Target {
    /// The update of this.
    pub(super) fn update(self, prior: Json, properties: Sent) -> Update {
        let Self { address, type_name, region, physical_id, changed, token } = self;
        Update { address, type_name, region, physical_id, prior, properties: properties.resolved(), changed, token }
    }
}

impl From<&Resolved> for Sent {
    fn from(properties: &Resolved) -> Self {
        Self { value: marked(properties.value()), raw: properties.raw().clone() }
    }
}

impl Sent {
    /// What was sent.
    pub(super) fn resolved(self) -> Resolved {
        Resolved::new(unmarked(self.value)).expect("only what is resolved is sent").with_raw(self.raw)
    }
}

fn marked(value: &Planned) -> Json {
    match value {
        Planned::Secret(secret) => json!({ PLAIN: secret.expose() }),
        Planned::List(items) => items.iter().map(marked).collect(),
        Planned::Map(entries) => {
            Json::Object(entries.iter().map(|(key, value)| (key.clone(), marked(value))).collect())
        }
        other => other.to_json(""),
    }
}

fn unmarked(json: Json) -> Planned {
    match json {
        Json::Object(entries) => match entries.get(PLAIN).and_then(Json::as_str) {
            Some(secret) => Planned::Secret(SecretText::new(secret)),
            None => Planned::Map(entries.into_iter().map(|(key, value)| (key, unmarked(value))).collect()),
        },
        Json::Array(items) => Planned::List(items.into_iter().map(unmarked).collect()),
        other => other.into(),
    }
}

/// Sends `message` whole.
pub(super) fn write(stream: &mut UnixStream, message: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_vec(message)?;
    let length = u32::try_from(text.len()).map_err(io::Error::other)?;
    stream.write_all(&length.to_be_bytes())?;
    stream.write_all(&text)
}

/// Waits for a frame, and returns its length. What it says is not read yet.
pub(super) fn arrival(stream: &mut UnixStream) -> io::Result<usize> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    usize::try_from(u32::from_be_bytes(length)).map_err(io::Error::other)
}

/// Reads what a frame of this length says.
pub(super) fn read<T: DeserializeOwned>(stream: &mut UnixStream, length: usize) -> io::Result<T> {
    let mut text = vec![0; length];
    stream.read_exact(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_arrives_with_its_secrets_still_secrets() {
        let secret = Planned::Secret(SecretText::new("word"));
        let value = Planned::Map([("A".to_owned(), Planned::List(vec![secret, json!({"B": 1}).into()]))].into());
        let properties = Resolved::new(value).expect("all is known").with_raw(["A".to_owned()].into());
        let (mut here, mut there) = UnixStream::pair().expect("sockets");
        write(&mut here, &Sent::from(&properties)).expect("room");
        let length = arrival(&mut there).expect("a frame");
        assert_eq!(read::<Sent>(&mut there, length).expect("a frame").resolved(), properties);
    }
}
