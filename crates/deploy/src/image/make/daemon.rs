//! The Docker daemon of this machine, over its API: one connection a request.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HOST, UPGRADE};
use hyper::http::request::Builder as RequestBuilder;
use hyper::upgrade::Upgraded;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use url::form_urlencoded::Serializer;

use super::LOCAL;
use super::endpoint::Endpoint;
use super::error::{MakeError, MakeErrorKind};
use crate::content::Platform;

/// How long a daemon at a port may take to be reached.
const CONNECT: Duration = Duration::from_secs(10);

/// The longest answer that is read at once, and the longest line of one that is read as it comes.
const LONGEST: usize = 64 * 1024 * 1024;

/// What a request carries.
pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// A request that carries nothing.
pub(super) fn nothing() -> Body {
    Full::default().map_err(|never| match never {}).boxed_unsync()
}

/// A Docker daemon.
#[derive(Clone, Debug)]
pub(super) struct Daemon {
    endpoint: Endpoint,
}

/// What a daemon says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Version {
    pub(super) os: String,
    pub(super) arch: String,
    #[serde(rename = "ApiVersion")]
    api: String,
    components: Vec<Component>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Component {
    name: String,
}

/// An image that the daemon has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct LocalImage {
    pub(super) id: String,
    pub(super) os: String,
    pub(super) architecture: String,
    pub(super) variant: Option<String>,
}

impl Version {
    /// What it runs without being asked for another.
    pub(super) fn platform(&self) -> Platform {
        Platform { os: self.os.clone(), architecture: self.arch.clone(), variant: None }
    }

    /// Whether BuildKit is in it, and can be asked for.
    pub(super) fn has_buildkit(&self) -> bool {
        let number = |text: Option<&str>| text.and_then(|text| text.parse::<u32>().ok()).unwrap_or(0);
        let mut numbers = self.api.split('.');
        let api = (number(numbers.next()), number(numbers.next()));
        let podman = self.components.iter().any(|component| component.name.starts_with("Podman"));
        self.os == "linux" && api >= (1, 39) && !podman
    }
}

impl Daemon {
    /// The one at `endpoint`, which is not spoken to yet.
    pub(super) fn at(endpoint: Endpoint) -> Self {
        Self { endpoint }
    }

    /// Where it is.
    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// What it says of itself.
    pub(super) async fn version(&self) -> Result<Version, MakeError> {
        self.json(Request::get("/version")).await
    }

    /// The image `name`, by its name or its id.
    pub(super) async fn image(&self, name: &str) -> Result<Option<LocalImage>, MakeError> {
        let response = self.send(Request::get(format!("/images/{name}/json")), nothing()).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        self.read(response).await.map(Some)
    }

    /// The id of the newest image with the label `label` that is called `tag` in a repository of ours. The label alone is
    /// no proof: what somebody makes of an image of ours has it too.
    pub(super) async fn labelled(&self, label: &str, tag: &str) -> Result<Option<String>, MakeError> {
        let filters = serde_json::json!({ "label": [label] }).to_string();
        let images: Vec<Value> = self.json(Request::get(query("/images/json", &[("filters", &filters)]))).await?;
        let (ours, tag) = (format!("{LOCAL}/"), format!(":{tag}"));
        let is_ours = |name: &Value| name.as_str().is_some_and(|name| name.starts_with(&ours) && name.ends_with(&tag));
        let images = images.iter().filter(|image| image["RepoTags"].as_array().into_iter().flatten().any(is_ours));
        let newest = images.max_by_key(|image| image["Created"].as_i64());
        Ok(newest.and_then(|image| image["Id"].as_str()).map(str::to_owned))
    }

    /// The images of `repository`, `repository:tag` each, the newest first.
    pub(super) async fn named(&self, repository: &str) -> Result<Vec<String>, MakeError> {
        let filters = serde_json::json!({ "reference": [repository] }).to_string();
        let mut images: Vec<Value> = self.json(Request::get(query("/images/json", &[("filters", &filters)]))).await?;
        images.sort_by_key(|image| Reverse(image["Created"].as_i64()));
        let names = images.iter().filter_map(|image| image["RepoTags"].as_array()).flatten();
        let own = format!("{repository}:");
        Ok(names.filter_map(Value::as_str).filter(|name| name.starts_with(&own)).map(str::to_owned).collect())
    }

    /// Names the image `id` `repository:tag`.
    pub(super) async fn tag(&self, id: &str, repository: &str, tag: &str) -> Result<(), MakeError> {
        let path = query(&format!("/images/{id}/tag"), &[("repo", repository), ("tag", tag)]);
        self.done(self.send(Request::post(path), nothing()).await?).await
    }

    /// Takes the name `name` from an image. One that is gone is not missed; one that a container uses keeps its name.
    pub(super) async fn untag(&self, name: &str) -> Result<(), MakeError> {
        let response =
            self.send(Request::delete(query(&format!("/images/{name}"), &[("noprune", "1")])), nothing()).await?;
        match response.status() {
            StatusCode::NOT_FOUND | StatusCode::CONFLICT => Ok(()),
            _ => self.done(response).await,
        }
    }

    /// What the daemon answers to `request`, line by line.
    pub(super) async fn lines(&self, request: RequestBuilder, body: Body) -> Result<Lines, MakeError> {
        let response = self.accepted(self.send(request, body).await?).await?;
        Ok(Lines { body: response.into_body(), buffer: BytesMut::new(), endpoint: self.endpoint.clone() })
    }

    /// A connection that BuildKit speaks on, to ask for what a build needs; nothing where the daemon has no such thing.
    pub(super) async fn session(&self, headers: &[(&str, &str)]) -> Result<Option<Upgraded>, MakeError> {
        let mut request = Request::post("/session").header(CONNECTION, "Upgrade").header(UPGRADE, "h2c");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.send(request, nothing()).await?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Ok(None);
        }
        hyper::upgrade::on(response).await.map(Some).map_err(|error| self.cut(&error))
    }

    /// The answer to `request`, whatever its status.
    pub(super) async fn send(&self, request: RequestBuilder, body: Body) -> Result<Response<Incoming>, MakeError> {
        let request = request.header(HOST, "docker").body(body).expect("paths and headers are made of plain text");
        match &self.endpoint {
            Endpoint::Socket(path) => {
                let stream = UnixStream::connect(path).await.map_err(|error| self.unreached(&error))?;
                self.exchange(stream, request).await
            }
            Endpoint::Port { host, port } => {
                let connected = tokio::time::timeout(CONNECT, TcpStream::connect((host.as_str(), *port))).await;
                let late = |_| io::Error::from(io::ErrorKind::TimedOut);
                let stream = connected.map_err(late).flatten().map_err(|error| self.unreached(&error))?;
                self.exchange(stream, request).await
            }
        }
    }

    async fn exchange<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(
        &self,
        stream: S,
        request: Request<Body>,
    ) -> Result<Response<Incoming>, MakeError> {
        let connected = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = connected.map_err(|error| self.cut(&error))?;
        // It ends with the answer; what goes wrong on it is told there.
        tokio::spawn(async move { drop(connection.with_upgrades().await) });
        sender.send_request(request).await.map_err(|error| self.cut(&error))
    }

    async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, MakeError> {
        self.read(self.send(request, nothing()).await?).await
    }

    async fn read<T: DeserializeOwned>(&self, response: Response<Incoming>) -> Result<T, MakeError> {
        let body = self.whole(self.accepted(response).await?).await?;
        serde_json::from_slice(&body).map_err(|error| {
            let message = format!("what answers at {} is no Docker daemon: {error}", self.endpoint);
            MakeError::new(MakeErrorKind::Daemon, message)
        })
    }

    async fn done(&self, response: Response<Incoming>) -> Result<(), MakeError> {
        self.accepted(response).await.map(drop)
    }

    /// The answer, where it is not that the daemon refuses.
    pub(super) async fn accepted(&self, response: Response<Incoming>) -> Result<Response<Incoming>, MakeError> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = self.whole(response).await?;
        let message = serde_json::from_slice::<Value>(&body).ok();
        let message = message.and_then(|body| body["message"].as_str().map(str::to_owned));
        let message = message.unwrap_or_else(|| format!("Docker answers {status}"));
        Err(MakeError::told(MakeErrorKind::Daemon, message))
    }

    async fn whole(&self, response: Response<Incoming>) -> Result<Bytes, MakeError> {
        let limited = http_body_util::Limited::new(response.into_body(), LONGEST);
        let body = limited.collect().await.map_err(|error| cut(&self.endpoint, &*error))?;
        Ok(body.to_bytes())
    }

    fn unreached(&self, error: &io::Error) -> MakeError {
        let start = "start it with `sudo systemctl start docker` or, on a desktop, start Docker Desktop";
        let at = &self.endpoint;
        let (kind, message) = match error.kind() {
            io::ErrorKind::NotFound => {
                let install = "install Docker with `sudo apt-get install docker.io` or by https://docs.docker.com/engine/install/";
                (
                    MakeErrorKind::NoDocker,
                    format!("there is no Docker here: nothing is at {at}; {install}; if it is installed, {start}"),
                )
            }
            io::ErrorKind::PermissionDenied => {
                let help =
                    "add yourself to the group docker with `sudo usermod -aG docker $(id -un)`, and log in again";
                (MakeErrorKind::NotAllowed, format!("you may not use the Docker at {at}; {help}"))
            }
            _ => (MakeErrorKind::DaemonStopped, format!("the Docker daemon at {at} does not run; {start} ({error})")),
        };
        MakeError::new(kind, message)
    }

    fn cut(&self, error: &dyn std::error::Error) -> MakeError {
        cut(&self.endpoint, error)
    }
}

fn cut(at: &Endpoint, error: &dyn std::error::Error) -> MakeError {
    let reason = error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
    let message = format!(
        "the connection to the Docker daemon at {at} was cut; look whether it runs with `docker info`, and run this again: \
         what was built is in its cache ({reason})"
    );
    MakeError::new(MakeErrorKind::DaemonStopped, message)
}

/// An answer that comes line by line, each line JSON.
pub(super) struct Lines {
    body: Incoming,
    buffer: BytesMut,
    endpoint: Endpoint,
}

impl Lines {
    /// The next one; nothing at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Value>, MakeError> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line = self.buffer.split_to(end);
                self.buffer.advance(1);
                // What is no JSON is nothing that anybody waits for.
                if let Ok(value) = serde_json::from_slice(&line) {
                    return Ok(Some(value));
                }
                continue;
            }
            let Some(frame) = self.body.frame().await else {
                let rest = self.buffer.split();
                return Ok(serde_json::from_slice(&rest).ok());
            };
            let frame = frame.map_err(|error| cut(&self.endpoint, &error))?;
            if let Ok(data) = frame.into_data() {
                self.buffer.extend_from_slice(&data);
            }
            if self.buffer.len() > LONGEST {
                let message = format!("what answers at {} is no Docker daemon: a line has no end", self.endpoint);
                return Err(MakeError::new(MakeErrorKind::Daemon, message));
            }
        }
    }
}

/// What a line says went wrong.
pub(super) fn failure(line: &Value) -> Option<&str> {
    line["errorDetail"]["message"].as_str().or_else(|| line["error"].as_str())
}

/// `path` with a query of `pairs`.
pub(super) fn query(path: &str, pairs: &[(&str, &str)]) -> String {
    let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{path}?{query}")
}

/// A map as the daemon takes it in a query.
pub(super) fn map(entries: &BTreeMap<String, String>) -> String {
    serde_json::to_string(entries).expect("text is JSON")
}

/// A request that posts to `path`.
pub(super) fn post(path: &str) -> RequestBuilder {
    Request::builder().method(Method::POST).uri(path)
}

#[cfg(test)]
mod tests {
    use super::super::fake_daemon::FakeDaemon;
    use super::*;

    #[tokio::test]
    async fn a_name_that_is_gone_or_in_use_is_left() {
        for (status, is_fine) in [(200, true), (404, true), (409, true), (500, false)] {
            let fake = FakeDaemon::new(move |_| (status, serde_json::json!({"message": "container 1 is using it"})));
            assert_eq!(fake.daemon().untag("shop:1").await.is_ok(), is_fine, "{status}");
            assert_eq!(fake.asked(), ["DELETE /images/shop:1?noprune=1"]);
        }
    }

    #[tokio::test]
    async fn what_others_made_of_an_image_of_ours_is_not_ours() {
        let images = serde_json::json!([
            {"Id": "old", "Created": 1, "RepoTags": ["ironwright.local/shop/web/image:0123"]},
            {"Id": "ours", "Created": 2, "RepoTags": ["latest:0123", "ironwright.local/shop/api/image:0123"]},
            {"Id": "committed", "Created": 3, "RepoTags": null},
            {"Id": "based on it", "Created": 4, "RepoTags": ["debugging:0123"]},
            {"Id": "of another build", "Created": 5, "RepoTags": ["ironwright.local/shop/web/image:4567"]},
        ]);
        let fake = FakeDaemon::new(move |_| (200, images.clone()));
        assert_eq!(fake.daemon().labelled("a=b", "0123").await, Ok(Some("ours".to_owned())));
        assert_eq!(fake.daemon().labelled("a=b", "89ab").await, Ok(None));
    }

    #[test]
    fn each_way_not_to_be_reached_has_its_remedy() {
        let daemon = Daemon::at(Endpoint::Socket("/run/docker.sock".into()));
        for (error, kind, says) in [
            (io::ErrorKind::NotFound, MakeErrorKind::NoDocker, "sudo apt-get install docker.io"),
            (io::ErrorKind::PermissionDenied, MakeErrorKind::NotAllowed, "sudo usermod -aG docker $(id -un)"),
            (io::ErrorKind::ConnectionRefused, MakeErrorKind::DaemonStopped, "sudo systemctl start docker"),
            (io::ErrorKind::TimedOut, MakeErrorKind::DaemonStopped, "sudo systemctl start docker"),
        ] {
            let error = daemon.unreached(&error.into());
            assert_eq!(error.kind, kind);
            assert!(error.message.contains(says) && error.message.contains("unix:///run/docker.sock"), "{error}");
        }
    }

    #[test]
    fn buildkit_is_known_by_the_version() {
        let of = |json: Value| serde_json::from_value::<Version>(json).expect("a version").has_buildkit();
        assert!(of(serde_json::json!({"Os": "linux", "ApiVersion": "1.41", "Components": [{"Name": "Engine"}]})));
        assert!(of(serde_json::json!({"Os": "linux", "ApiVersion": "2.0"})));
        assert!(!of(serde_json::json!({"Os": "linux", "ApiVersion": "1.38"})));
        assert!(!of(serde_json::json!({"Os": "windows", "ApiVersion": "1.41"})));
        assert!(!of(
            serde_json::json!({"Os": "linux", "ApiVersion": "1.41", "Components": [{"Name": "Podman Engine"}]})
        ));
    }
}
