//! The registry by bare HTTP: who may read what, parts of blobs, pushes, and what is refused.

use ironwright_engine::{SeededEntropy, SystemClock};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;
use crate::content::{Descriptor, Manifest, media};

/// A registry over a store in a folder of its own.
struct Bed {
    registry: Registry,
    store: Arc<ContentStore>,
    folder: TempDir,
}

/// An answer.
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Bed {
    async fn new(seed: u64) -> Self {
        Self::over(tempfile::tempdir().expect("a folder"), seed).await
    }

    async fn over(folder: TempDir, seed: u64) -> Self {
        let store = ContentStore::open(folder.path(), Arc::new(SystemClock::new())).expect("a store");
        let store = Arc::new(store);
        let registry = Registry::start(store.clone(), Arc::new(SeededEntropy::new(seed))).await.expect("it listens");
        Self { registry, store, folder }
    }

    async fn asks(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.registry.port())).await.expect("it listens");
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: r\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
        );
        stream.write_all(head.as_bytes()).await.expect("it reads");
        stream.write_all(body).await.expect("it reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("it answers");
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8(answer[..end].to_vec()).expect("text");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Answer { status, head, body: answer[end + 4..].to_vec() }
    }

    async fn gets(&self, path: &str) -> Answer {
        self.asks("GET", path, "", b"").await
    }

    fn pushing(&self, rest: &str) -> String {
        format!("/v2/{}/shop/web/{rest}", self.registry.push_prefix())
    }

    /// Puts an image in, of which the layer has `layer`.
    fn image(&self, layer: &[u8]) -> (Digest, Manifest) {
        let config = br#"{"os":"linux","architecture":"amd64"}"#;
        let blob = |media_type: &str, bytes: &[u8]| {
            Descriptor::new(media_type, self.store.put(bytes).expect("it is written"), bytes.len() as u64)
        };
        let layers = vec![blob(media::OCI_LAYER_GZIP, layer)];
        let manifest = Manifest::new(media::OCI_MANIFEST, blob(media::OCI_CONFIG, config), layers);
        (self.store.put(&manifest.to_bytes()).expect("it is written"), manifest)
    }
}

#[tokio::test]
async fn an_offer_reads_its_image_and_nothing_else_and_ends() {
    let bed = Bed::new(1).await;
    let (digest, manifest) = bed.image(b"layer of this");
    let (other, other_manifest) = bed.image(b"layer of another");
    let offer = bed.registry.offer(&digest).expect("all of it is there");
    let path = |rest: &str| format!("/v2/{}/any/name/{rest}", offer.prefix());

    assert_eq!(bed.gets("/v2/").await.status, 200);
    let answer = bed.gets(&path(&format!("manifests/{digest}"))).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some(media::OCI_MANIFEST)));
    assert_eq!(answer.header("docker-content-digest"), Some(digest.as_str()));
    assert_eq!(answer.body, manifest.to_bytes());
    let layer = path(&format!("blobs/{}", manifest.layers[0].digest));
    assert_eq!(bed.gets(&layer).await.body, b"layer of this");
    let head = bed.asks("HEAD", &layer, "", b"").await;
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, Some("13"), 0));
    assert_eq!(offer.sent(), manifest.to_bytes().len() as u64 + 13);
    assert_eq!(offer.counter()(), offer.sent());

    // Neither another image, nor a layer as a manifest, nor under another path, nor what is not there.
    let layer_digest = &manifest.layers[0].digest;
    let hidden = [
        path(&format!("manifests/{other}")),
        path(&format!("blobs/{}", other_manifest.layers[0].digest)),
        path(&format!("manifests/{layer_digest}")),
        path(&format!("blobs/{digest}")),
        path("manifests/latest"),
        path("blobs/sha256:../../lock"),
        path("tags/list"),
        format!("/v2/{}/any/blobs/{layer_digest}", "0".repeat(32)),
        format!("/v2/any/blobs/{layer_digest}"),
        format!("/{layer_digest}"),
        "/v2/_catalog".to_owned(),
        "/".to_owned(),
    ];
    for path in hidden {
        assert_eq!(bed.gets(&path).await.status, 404, "{path}");
    }
    // Nor is anything read by who may push, or pushed by who may read.
    assert_eq!(bed.gets(&bed.pushing(&format!("blobs/{layer_digest}"))).await.status, 405);
    assert_eq!(bed.gets(&bed.pushing(&format!("manifests/{digest}"))).await.status, 405);
    assert_eq!(bed.asks("POST", &path("blobs/uploads/"), "", b"").await.status, 405);
    assert_eq!(bed.asks("PUT", &path(&format!("manifests/{digest}")), "", b"{}").await.status, 405);

    let second = bed.registry.offer(&digest).expect("all of it is there");
    assert_ne!(second.prefix(), offer.prefix());
    drop(offer);
    assert_eq!(bed.gets(&layer).await.status, 404);
}

#[tokio::test]
async fn only_what_is_whole_is_offered() {
    let bed = Bed::new(2).await;
    let (digest, manifest) = bed.image(b"layer");
    std::fs::remove_file(bed.folder.path().join("blobs/sha256").join(manifest.layers[0].digest.hex())).expect("a file");
    let error = bed.registry.offer(&digest).err().expect("a layer is missing");
    assert!(matches!(error, ContentError::Missing(missing) if missing == manifest.layers[0].digest));
}

#[tokio::test]
async fn a_pull_goes_on_where_it_was_cut_and_a_file_that_got_short_is_no_end() {
    let bed = Bed::new(3).await;
    let content: Vec<u8> = (0..600_000_u32).map(|n| (n % 251).to_le_bytes()[0]).collect();
    let (digest, manifest) = bed.image(&content);
    let offer = bed.registry.offer(&digest).expect("all of it is there");
    let path = format!("/v2/{}/n/blobs/{}", offer.prefix(), manifest.layers[0].digest);
    let rest = bed.asks("GET", &path, "Range: bytes=300001-\r\n", b"").await;
    assert_eq!((rest.status, rest.header("content-range")), (206, Some("bytes 300001-599999/600000")));
    assert!(rest.body == content[300_001..]);
    let part = bed.asks("GET", &path, "Range: bytes=0-9\r\n", b"").await;
    assert_eq!((part.status, part.body.len(), part.header("content-length")), (206, 10, Some("10")));
    let beyond = bed.asks("GET", &path, "Range: bytes=600000-\r\n", b"").await;
    assert_eq!((beyond.status, beyond.header("content-range")), (416, Some("bytes */600000")));

    let file = bed.folder.path().join("blobs/sha256").join(manifest.layers[0].digest.hex());
    let mut stream = TcpStream::connect(("127.0.0.1", bed.registry.port())).await.expect("it listens");
    std::fs::OpenOptions::new().write(true).open(&file).and_then(|file| file.set_len(100)).expect("it is cut");
    let (range, host) = ("Range: bytes=0-599999\r\n", "Host: r\r\nConnection: close\r\n");
    stream.write_all(format!("GET {path} HTTP/1.1\r\n{host}{range}\r\n").as_bytes()).await.expect("it reads");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let text = String::from_utf8_lossy(&answer);
    assert!(text.contains("content-length: 100\r\n") || !text.contains("\r\n\r\n"), "{text}");
}

#[tokio::test]
async fn what_is_pushed_in_one_piece_or_many_is_in_the_store() {
    let bed = Bed::new(4).await;
    let (config, layer) = (br#"{"os":"linux"}"#.to_vec(), vec![7; 3_000_000]);
    let (config_digest, layer_digest) = (Digest::of(&config), Digest::of(&layer));
    let blob = |digest: &Digest| bed.pushing(&format!("blobs/{digest}"));
    assert_eq!(bed.asks("HEAD", &blob(&config_digest), "", b"").await.status, 404);

    let at_once = bed.pushing(&format!("blobs/uploads/?digest={config_digest}"));
    assert_eq!(bed.asks("POST", &at_once, "", &config).await.status, 201);
    assert_eq!(bed.asks("HEAD", &blob(&config_digest), "", b"").await.status, 200);

    let begun = bed.asks("POST", &bed.pushing("blobs/uploads/"), "", b"").await;
    let upload = begun.header("location").expect("where to").to_owned();
    assert_eq!(begun.status, 202);
    let first = bed.asks("PATCH", &upload, "", &layer[..1_000_000]).await;
    assert_eq!((first.status, first.header("range")), (202, Some("0-999999")));
    let wrong = bed.asks("PATCH", &upload, "Content-Range: 5-9\r\n", b"hello").await;
    assert_eq!((wrong.status, wrong.header("range")), (416, Some("0-999999")));
    let headers = "Content-Range: 1000000-1999999\r\n";
    assert_eq!(bed.asks("PATCH", &upload, headers, &layer[1_000_000..2_000_000]).await.status, 202);
    assert_eq!(bed.gets(&upload).await.header("range"), Some("0-1999999"));
    let last = format!("{upload}?digest={}", layer_digest.as_str().replace(':', "%3A"));
    let done = bed.asks("PUT", &last, "", &layer[2_000_000..]).await;
    assert_eq!((done.status, done.header("docker-content-digest")), (201, Some(layer_digest.as_str())));
    assert_eq!(bed.store.size(&layer_digest).expect("it is looked up"), Some(3_000_000));
    assert_eq!(bed.registry.received(), 3_000_000 + config.len() as u64);

    let config = Descriptor::new(media::DOCKER_CONFIG, config_digest, config.len() as u64);
    let layer = Descriptor::new(media::DOCKER_LAYER_GZIP, layer_digest.clone(), layer.len() as u64);
    let manifest = Manifest::new(media::DOCKER_MANIFEST, config, vec![layer]).to_bytes();
    assert_eq!(bed.registry.pushed("shop/web", "v1"), None);
    let put = bed.asks("PUT", &bed.pushing("manifests/v1"), "", &manifest).await;
    assert_eq!((put.status, put.header("docker-content-digest")), (201, Some(Digest::of(&manifest).as_str())));
    assert_eq!(bed.registry.pushed("shop/web", "v1"), Some(Digest::of(&manifest)));
    let head = bed.asks("HEAD", &bed.pushing("manifests/v1"), "", b"").await;
    assert_eq!((head.status, head.header("content-type")), (200, Some(media::DOCKER_MANIFEST)));
    assert_eq!(bed.registry.trouble("shop/web"), None);

    // Another repository has the same blobs: it need not be sent.
    let mount = format!("/v2/{}/other/blobs/uploads/?mount=", bed.registry.push_prefix());
    assert_eq!(bed.asks("POST", &format!("{mount}{layer_digest}&from=shop/web"), "", b"").await.status, 201);
    let unknown = Digest::of(b"unknown");
    assert_eq!(bed.asks("POST", &format!("{mount}{unknown}&from=shop/web"), "", b"").await.status, 202);
}

#[tokio::test]
async fn what_is_damaged_or_incomplete_is_refused_and_the_reason_kept() {
    let bed = Bed::new(5).await;
    let digest = Digest::of(b"honest");
    let at_once = bed.pushing(&format!("blobs/uploads/?digest={digest}"));
    let forged = bed.asks("POST", &at_once, "", b"forged").await;
    assert!(forged.status == 400 && forged.text().contains("DIGEST_INVALID"), "{}", forged.text());
    assert!(bed.registry.trouble("shop/web").expect("a reason").contains(digest.as_str()));
    assert_eq!(bed.store.size(&digest).expect("it is looked up"), None);
    let nowhere = bed.asks("POST", &bed.pushing("blobs/uploads/?digest=sha256:../../x"), "", b"x").await;
    assert_eq!(nowhere.status, 400);

    let begun = bed.asks("POST", &bed.pushing("blobs/uploads/"), "", b"").await;
    let upload = begun.header("location").expect("where to").to_owned();
    assert_eq!(bed.asks("DELETE", &upload, "", b"").await.status, 204);
    assert_eq!(bed.asks("PATCH", &upload, "", b"more").await.status, 404);
    assert_eq!(bed.asks("PUT", &bed.pushing("blobs/uploads/../../x?digest="), "", b"").await.status, 404);

    let (_, manifest) = bed.image(b"layer");
    let mut lacking = manifest.clone();
    lacking.layers[0].digest = digest.clone();
    let put = bed.asks("PUT", &bed.pushing("manifests/v1"), "", &lacking.to_bytes()).await;
    assert!(put.status == 400 && put.text().contains("MANIFEST_BLOB_UNKNOWN"), "{}", put.text());
    assert_eq!(
        bed.asks("PUT", &bed.pushing(&format!("manifests/{digest}")), "", &manifest.to_bytes()).await.status,
        400
    );
    let old = bed.asks("PUT", &bed.pushing("manifests/v1"), "", br#"{"schemaVersion":1}"#).await;
    assert!(old.status == 400 && old.text().contains("schema version 1"), "{}", old.text());
    // A manifest that is said to be huge is not even read.
    let mut stream = TcpStream::connect(("127.0.0.1", bed.registry.port())).await.expect("it listens");
    let head = format!("PUT {} HTTP/1.1\r\nHost: r\r\nContent-Length: 5000000\r\n\r\n", bed.pushing("manifests/v1"));
    stream.write_all(head.as_bytes()).await.expect("it reads");
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.expect("it answers");
    assert_eq!(answer, b"HTTP/1.1 400");
    assert_eq!(bed.registry.pushed("shop/web", "v1"), None);
    assert_eq!(bed.asks("GET", &bed.pushing("tags/list"), "", b"").await.status, 404);
}

#[tokio::test]
async fn it_is_found_again_where_it_was_unless_somebody_else_is_there() {
    let first = Bed::new(6).await;
    let (port, push) = (first.registry.port(), first.registry.push_prefix().to_owned());
    let Bed { registry, store, folder } = first;
    let second = Registry::start(store.clone(), Arc::new(SeededEntropy::new(7))).await.expect("it listens");
    assert_ne!(second.port(), port);
    assert_eq!(second.push_prefix(), push);
    drop((registry, second));
    // The port is free when the task that listened has ended.
    while std::net::TcpListener::bind(("127.0.0.1", port)).is_err() {
        tokio::task::yield_now().await;
    }
    drop(store);
    let third = Bed::over(folder, 8).await;
    assert_eq!((third.registry.port(), third.registry.push_prefix()), (port, push.as_str()));
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &third.folder.path().join("registry").metadata().expect("a file").permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
}
