//! BuildKit's session: the daemon asks this process for the context, the Dockerfile, secrets and logins as a build needs them.
//! So secrets are in no request, no cache and no image.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use h2::RecvStream;
use h2::server::SendResponse;
use http::Request;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use ironwright_core::secret::SecretText;
use tokio::task::{JoinHandle, JoinSet};

use super::context::{Context, Entry, EntryKind};
use super::daemon::Daemon;
use super::error::MakeError;
use super::filesync::{self, Sent};
use super::grpc::{Answer, Incoming, Status, refuse};
use super::logins::Logins;
use super::protobuf::{Message, text};

const HEALTH: &str = "/grpc.health.v1.Health/Check";
const FILES: &str = "/moby.filesync.v1.FileSync/DiffCopy";
const SECRET: &str = "/moby.buildkit.secrets.v1.Secrets/GetSecret";
const LOGIN: &str = "/moby.filesync.v1.Auth/Credentials";

/// How many bytes the daemon may send before they are looked at: its requests for files, of a few bytes each.
const WINDOW: u32 = 1 << 20;

/// What a build may ask for.
pub(super) struct Offer {
    pub(super) context: Arc<Context>,
    pub(super) secrets: BTreeMap<String, SecretText>,
    pub(super) logins: Logins,
}

/// An open session. It ends with this value.
pub(super) struct Session {
    id: String,
    served: JoinHandle<()>,
    sent: Arc<Mutex<Sent>>,
}

impl Session {
    /// Opens one that is known to the daemon as `id`; nothing where that has no BuildKit. Of two with the same `key`, the
    /// second is asked only for files that the first did not have.
    pub(super) async fn open(daemon: &Daemon, id: &str, key: &str, offer: Offer) -> Result<Option<Self>, MakeError> {
        let method = "X-Docker-Expose-Session-Grpc-Method";
        let headers = [
            ("X-Docker-Expose-Session-Uuid", id),
            ("X-Docker-Expose-Session-Name", "ironwright"),
            ("X-Docker-Expose-Session-Sharedkey", key),
            (method, HEALTH),
            (method, FILES),
            (method, SECRET),
            (method, LOGIN),
        ];
        let Some(connection) = daemon.session(&headers).await? else { return Ok(None) };
        let sent = Arc::new(Mutex::new(Sent::default()));
        let answers = Answers { offer, sent: Arc::clone(&sent) };
        let served = tokio::spawn(serve(connection, Arc::new(answers)));
        Ok(Some(Self { id: id.to_owned(), served, sent }))
    }

    /// How the daemon knows it.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// What of the context was sent so far.
    pub(super) fn sent(&self) -> Sent {
        *self.sent.lock().expect("nobody panics with it")
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.served.abort();
    }
}

struct Answers {
    offer: Offer,
    sent: Arc<Mutex<Sent>>,
}

/// Answers what comes over `connection`, until it ends.
async fn serve(connection: Upgraded, answers: Arc<Answers>) {
    let mut builder = h2::server::Builder::new();
    builder.initial_window_size(WINDOW).initial_connection_window_size(WINDOW);
    let Ok(mut connection) = builder.handshake(TokioIo::new(connection)).await else { return };
    let mut calls = JoinSet::new();
    while let Some(Ok((request, respond))) = connection.accept().await {
        let answers = Arc::clone(&answers);
        // What goes wrong with a call is told by the daemon, as the failure of the build.
        calls.spawn(async move { drop(answers.call(request, respond).await) });
        while calls.try_join_next().is_some() {}
    }
}

impl Answers {
    async fn call(&self, request: Request<RecvStream>, respond: SendResponse<Bytes>) -> Result<(), h2::Error> {
        let path = request.uri().path().to_owned();
        if path == FILES {
            return self.files(request, respond).await;
        }
        let message = Incoming::new(request.into_body()).next().await?.unwrap_or_default();
        match self.answer(&path, &message).await {
            Ok(answered) => {
                let mut answer = Answer::begin(respond)?;
                answer.send(&answered.into_bytes()).await?;
                answer.end(&Status::Done)
            }
            Err(status) => refuse(respond, &status),
        }
    }

    async fn answer(&self, path: &str, message: &[u8]) -> Result<Message, Status> {
        match path {
            HEALTH => Ok(Message::default().number(1, 1)),
            SECRET => {
                let secret = self.offer.secrets.get(&text(message, 1)).ok_or(Status::NotFound)?;
                Ok(Message::default().bytes(1, secret.expose().as_bytes()))
            }
            LOGIN => {
                let login = self.offer.logins.of(&text(message, 1)).await.map_err(Status::Failed)?;
                let Some(login) = login else { return Ok(Message::default()) };
                Ok(Message::default().bytes(1, login.user().as_bytes()).bytes(2, login.secret().expose().as_bytes()))
            }
            _ => Err(Status::Unimplemented),
        }
    }

    async fn files(&self, request: Request<RecvStream>, respond: SendResponse<Bytes>) -> Result<(), h2::Error> {
        let context = &self.offer.context;
        let wanted = request.headers().get("dir-name").and_then(|name| name.to_str().ok()).unwrap_or_default();
        let dockerfile = [Entry { path: context.dockerfile.name().to_owned(), ..context.dockerfile.clone() }];
        let chosen;
        let (entries, counts) = match wanted {
            "dockerfile" => (&dockerfile[..], false),
            "context" => match followed(&request, &context.entries) {
                Some(some) => {
                    chosen = some;
                    (&chosen[..], true)
                }
                None => (&context.entries[..], true),
            },
            _ => return refuse(respond, &Status::NotFound),
        };
        let incoming = Incoming::new(request.into_body());
        let sent = filesync::send(context, entries, incoming, Answer::begin(respond)?).await?;
        if counts {
            let mut all = self.sent.lock().expect("nobody panics with it");
            *all = Sent { files: all.files + sent.files, bytes: all.bytes + sent.bytes };
        }
        Ok(())
    }
}

/// The entries that lie on the paths which `request` asks for alone; nothing where that is not plain, and all is sent.
fn followed(request: &Request<RecvStream>, entries: &[Entry]) -> Option<Vec<Entry>> {
    let paths = request.headers().get_all("followpaths").iter().map(|path| path.to_str().ok());
    let paths: Vec<&str> = paths.collect::<Option<_>>()?;
    let paths: Vec<&str> = paths.iter().map(|path| path.trim_matches('/')).collect();
    let is_plain = |path: &&str| !path.is_empty() && *path != "." && !path.contains(['*', '?', '[', '\\', '%']);
    let lies_in = |path: &str, folder: &str| {
        path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let links = entries.iter().filter(|entry| matches!(entry.kind, EntryKind::Link { .. }));
    let leads_away = links.into_iter().any(|link| paths.iter().any(|path| lies_in(path, &link.path)));
    if paths.is_empty() || leads_away || !paths.iter().all(is_plain) {
        return None;
    }
    let on_path = |entry: &&Entry| paths.iter().any(|path| lies_in(&entry.path, path) || lies_in(path, &entry.path));
    Some(entries.iter().filter(on_path).cloned().collect())
}
