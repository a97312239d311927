//! A context as BuildKit takes it: it is told of all entries, and asks for the content of those that it has not had before.

use std::io::{self, Read as _};
use std::path::Path;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::context::{Context, Entry, EntryKind, Source};
use super::grpc::{Answer, Incoming, Status};
use super::protobuf::{Message, Part, parts};
use crate::hash::Hasher;

/// What a packet is.
mod packet {
    pub(super) const STAT: u64 = 0;
    pub(super) const REQUEST: u64 = 1;
    pub(super) const DATA: u64 = 2;
    pub(super) const FINISHED: u64 = 3;
    pub(super) const ERROR: u64 = 4;
}

/// The bits of a mode that say what an entry is.
mod mode {
    pub(super) const FOLDER: u32 = 1 << 31;
    pub(super) const LINK: u32 = 1 << 27;
}

/// How much of a file is in a packet.
const CHUNK: usize = 32 * 1024;

/// What was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) files: usize,
    pub(super) bytes: u64,
}

/// Sends what is asked for of `entries`, which are those of `context` or its Dockerfile alone.
pub(super) async fn send(
    context: &Context,
    entries: &[Entry],
    mut incoming: Incoming,
    mut answer: Answer,
) -> Result<Sent, h2::Error> {
    let (asked, mut requests) = mpsc::unbounded_channel();
    let hear = async move {
        while let Some(message) = incoming.next().await? {
            let request = Request::of(&message);
            let last = request == Request::Finished;
            if asked.send(request).is_err() || last {
                break;
            }
        }
        Ok::<(), h2::Error>(())
    };
    let tell = async move {
        let mut sent = Sent::default();
        for entry in entries {
            answer.send(&stat(entry)).await?;
        }
        answer.send(&[]).await?;
        while let Some(request) = requests.recv().await {
            match request {
                Request::Content(id) => {
                    let Some(entry) = usize::try_from(id).ok().and_then(|id| entries.get(id)) else { continue };
                    if !content(context, entry, id, &mut answer).await? {
                        let reason = format!("{} is not what it was", entry.path);
                        let error = Message::default().number(1, packet::ERROR).bytes(4, reason.as_bytes());
                        answer.send(&error.into_bytes()).await?;
                        answer.end(&Status::Failed(reason))?;
                        return Ok(sent);
                    }
                    sent = Sent { files: sent.files + 1, bytes: sent.bytes + entry.size() };
                }
                Request::Finished => {
                    answer.send(&Message::default().number(1, packet::FINISHED).into_bytes()).await?;
                    break;
                }
                Request::Other => {}
            }
        }
        answer.end(&Status::Done)?;
        Ok(sent)
    };
    let (heard, sent) = futures_util::future::join(hear, tell).await;
    heard.and(sent)
}

/// What BuildKit asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Request {
    /// For the content of the entry of that number.
    Content(u64),
    /// For nothing more.
    Finished,
    /// For something that is not known.
    Other,
}

impl Request {
    fn of(message: &[u8]) -> Self {
        let (mut kind, mut id) = (0, 0);
        for (field, part) in parts(message) {
            match (field, part) {
                (1, Part::Number(number)) => kind = number,
                (3, Part::Number(number)) => id = number,
                _ => {}
            }
        }
        match kind {
            packet::REQUEST => Self::Content(id),
            packet::FINISHED => Self::Finished,
            _ => Self::Other,
        }
    }
}

/// The packet that tells of an entry.
fn stat(entry: &Entry) -> Vec<u8> {
    let (kind, target) = match &entry.kind {
        EntryKind::Folder => (mode::FOLDER, ""),
        EntryKind::Link { target } => (mode::LINK, target.as_str()),
        EntryKind::File { .. } => (0, ""),
    };
    let (seconds, nanoseconds) = entry.time();
    let stat = Message::default()
        .bytes(1, entry.path.as_bytes())
        .number(2, u64::from(kind | entry.mode()))
        .number(5, entry.size())
        .number(6, seconds * 1_000_000_000 + u64::from(nanoseconds))
        .bytes(7, target.as_bytes());
    Message::default().number(1, packet::STAT).bytes(2, &stat.into_bytes()).into_bytes()
}

/// Sends what a file holds. Says no where that is not what it held.
async fn content(context: &Context, entry: &Entry, id: u64, answer: &mut Answer) -> Result<bool, h2::Error> {
    let EntryKind::File { source, content, .. } = &entry.kind else { return Ok(false) };
    let mut hasher = Hasher::new();
    let mut chunks = match source {
        Source::Memory(bytes) => Chunks::Memory(bytes.clone()),
        Source::File(path) => Chunks::File(read(path)),
    };
    loop {
        let chunk = match chunks.next().await {
            Ok(chunk) => chunk,
            Err(error) => {
                context.failed(&entry.path, Some(&error));
                return Ok(false);
            }
        };
        if chunk.is_empty() {
            break;
        }
        hasher.update(&chunk);
        answer.send(&data(id, &chunk)).await?;
    }
    if hasher.finish() != content.hash {
        context.failed(&entry.path, None);
        return Ok(false);
    }
    answer.send(&data(id, &[])).await?;
    Ok(true)
}

fn data(id: u64, bytes: &[u8]) -> Vec<u8> {
    let packet = Message::default().number(1, packet::DATA).number(3, id);
    if bytes.is_empty() { packet.into_bytes() } else { packet.bytes(4, bytes).into_bytes() }
}

/// What a file holds, piece by piece.
enum Chunks {
    Memory(Bytes),
    File(mpsc::Receiver<io::Result<Bytes>>),
}

impl Chunks {
    /// The next piece; an empty one at the end.
    async fn next(&mut self) -> io::Result<Bytes> {
        match self {
            Self::Memory(rest) => Ok(rest.split_to(rest.len().min(CHUNK))),
            Self::File(pieces) => pieces.recv().await.unwrap_or_else(|| Ok(Bytes::new())),
        }
    }
}

fn read(path: &Path) -> mpsc::Receiver<io::Result<Bytes>> {
    let (sender, receiver) = mpsc::channel(4);
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || {
        let mut file = match std::fs::File::open(path) {
            Ok(file) => file,
            Err(error) => return drop(sender.blocking_send(Err(error))),
        };
        let mut chunk = vec![0; CHUNK];
        loop {
            let piece = match file.read(&mut chunk) {
                Ok(0) => return,
                Ok(length) => Ok(Bytes::copy_from_slice(&chunk[..length])),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
            let last = piece.is_err();
            if sender.blocking_send(piece).is_err() || last {
                return;
            }
        }
    });
    receiver
}
