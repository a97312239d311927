//! Archives as tools write them, and as nobody honest does.

use std::io::Write as _;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use ironwright_engine::SystemClock;
use serde_json::{Value, json};
use tar::{Builder, EntryType, Header};
use tempfile::TempDir;

use super::*;
use crate::content::{ContentError, Document, Manifest, media};

/// A store in a folder of its own.
struct Bed {
    store: Arc<ContentStore>,
    folder: TempDir,
}

impl Bed {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = ContentStore::open(folder.path().join("images"), Arc::new(SystemClock::new()));
        Self { store: Arc::new(store.expect("a store")), folder }
    }

    fn stream(&self, archive: &[u8]) -> Result<Digest, ArchiveProblem> {
        self.for_platform(archive, None)
    }

    fn for_platform(&self, archive: &[u8], platform: Option<&str>) -> Result<Digest, ArchiveProblem> {
        let platform = platform.map(|platform| platform.parse().expect("a platform"));
        ingest_stream(&mut &archive[..], &self.store, platform.as_ref()).map_err(|error| error.problem)
    }

    fn file(&self, name: &str, archive: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, archive).expect("it is written");
        path
    }

    /// The manifest `digest`, and what its layers hold.
    fn image(&self, digest: &Digest) -> (Manifest, Vec<Vec<u8>>) {
        assert!(self.store.is_whole(digest).expect("it is looked up"));
        let Document::Manifest(manifest) = self.store.document(digest).expect("a document") else { panic!("an index") };
        let unpacked = |layer: &crate::content::Descriptor| {
            let mut plain = Vec::new();
            let packed = self.store.read(&layer.digest, 1 << 30).expect("it is there");
            flate2::read::MultiGzDecoder::new(&packed[..]).read_to_end(&mut plain).expect("it is packed");
            plain
        };
        let layers = manifest.layers.iter().map(unpacked).collect();
        (manifest, layers)
    }

    fn blobs(&self) -> usize {
        fs::read_dir(self.store.folder().join("blobs/sha256")).expect("a folder").count()
    }

    fn waiting(&self) -> usize {
        fs::read_dir(self.store.folder().join("incoming")).expect("a folder").count()
    }
}

fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, content) in files {
        put(&mut builder, name, content);
    }
    builder.into_inner().expect("it is written")
}

/// A file under any name, those that the library does not write too.
fn put(builder: &mut Builder<Vec<u8>>, name: &str, content: &[u8]) {
    let mut header = Header::new_gnu();
    header.as_gnu_mut().expect("a header").name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    builder.append(&header, content).expect("it is written");
}

fn link(builder: &mut Builder<Vec<u8>>, kind: EntryType, name: &str, target: &str) {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(0);
    header.as_gnu_mut().expect("a header").name[..name.len()].copy_from_slice(name.as_bytes());
    header.as_gnu_mut().expect("a header").linkname[..target.len()].copy_from_slice(target.as_bytes());
    header.set_cksum();
    builder.append(&header, &[][..]).expect("it is written");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("it is packed")
}

fn config(layers: &[&[u8]], architecture: &str) -> Vec<u8> {
    let contents: Vec<Digest> = layers.iter().map(|layer| Digest::of(layer)).collect();
    let rootfs = json!({ "type": "layers", "diff_ids": contents });
    json!({ "os": "linux", "architecture": architecture, "rootfs": rootfs }).to_string().into_bytes()
}

/// What `docker save` wrote up to version 24.
fn saved(layers: &[&[u8]]) -> Vec<u8> {
    let config = config(layers, "amd64");
    let name = format!("{}.json", Digest::of(&config).hex());
    let names: Vec<String> = (0..layers.len()).map(|n| format!("layer{n}/layer.tar")).collect();
    let list = json!([{ "Config": name, "RepoTags": ["shop:1"], "Layers": names }]).to_string();
    let mut files: Vec<(&str, &[u8])> = names.iter().map(String::as_str).zip(layers.iter().copied()).collect();
    files.extend([(name.as_str(), &config[..]), ("manifest.json", list.as_bytes())]);
    tar(&files)
}

/// A layout in the making: files by name, and the entries of its index.
#[derive(Default)]
struct Layout {
    files: Vec<(String, Vec<u8>)>,
    entries: Vec<Value>,
}

impl Layout {
    fn blob(&mut self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = Digest::of(bytes);
        let name = format!("blobs/sha256/{}", digest.hex());
        if !self.files.iter().any(|(known, _)| *known == name) {
            self.files.push((name, bytes.to_vec()));
        }
        json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() })
    }

    /// An image whose layers are plain, or packed by gzip.
    fn image(&mut self, layers: &[&[u8]], architecture: &str, is_packed: bool) -> Value {
        let config = self.blob(media::OCI_CONFIG, &config(layers, architecture));
        let mut layer = |layer: &&[u8]| {
            let (media_type, bytes) =
                if is_packed { (media::OCI_LAYER_GZIP, gzip(layer)) } else { (media::OCI_LAYER, layer.to_vec()) };
            self.blob(media_type, &bytes)
        };
        let layers: Vec<Value> = layers.iter().map(&mut layer).collect();
        let manifest = json!({
            "schemaVersion": 2, "mediaType": media::OCI_MANIFEST, "config": config, "layers": layers, "x": "kept",
        });
        self.blob(media::OCI_MANIFEST, manifest.to_string().as_bytes())
    }

    fn with(mut self, entry: Value) -> Self {
        self.entries.push(entry);
        self
    }

    fn files(&self) -> Vec<(String, Vec<u8>)> {
        let index = json!({ "schemaVersion": 2, "manifests": self.entries }).to_string();
        let version = br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec();
        let both = [("oci-layout".to_owned(), version), ("index.json".to_owned(), index.into_bytes())];
        self.files.iter().cloned().chain(both).collect()
    }

    fn tar(&self) -> Vec<u8> {
        let files = self.files();
        tar(&files.iter().map(|(name, content)| (name.as_str(), &content[..])).collect::<Vec<_>>())
    }
}

fn layout(layers: &[&[u8]], is_packed: bool) -> Layout {
    let mut layout = Layout::default();
    let image = layout.image(layers, "amd64", is_packed);
    layout.with(image)
}

#[test]
fn what_docker_saved_is_taken_in_and_the_second_time_not_even_read() {
    let bed = Bed::new();
    let archive = saved(&[b"one", b"two"]);
    let digest = bed.stream(&archive).expect("it is taken in");
    let (manifest, layers) = bed.image(&digest);
    assert_eq!(manifest.media_type, media::DOCKER_MANIFEST);
    assert_eq!(layers, [b"one", b"two"]);
    assert_eq!((bed.blobs(), bed.waiting()), (4, 0));

    // A layer that is known is not looked at: here it would be refused.
    let at = archive.windows(3).position(|window| window == b"two").expect("the layer");
    let mut forged = archive.clone();
    forged[at..at + 3].copy_from_slice(b"TWO");
    assert_eq!(bed.stream(&forged).expect("it is known"), digest);
    let problem = Bed::new().stream(&forged).expect_err("it is read");
    assert!(matches!(problem, ArchiveProblem::WrongDigest { .. }), "{problem}");

    assert_eq!(ingest_file(&bed.file("a.tar", &archive), &bed.store, None).expect("a file"), digest);
    assert_eq!(ingest_file(&bed.file("a.tgz", &gzip(&archive)), &bed.store, None).expect("a packed file"), digest);
    assert_eq!(Bed::new().stream(&archive).expect("it is taken in"), digest, "the same everywhere");
}

#[tokio::test]
async fn an_export_comes_in_chunks() {
    let bed = Bed::new();
    let archive = saved(&[&vec![5; 3_000_000], b"two"]);
    let chunks: Vec<_> = archive.chunks(70_001).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    let digest = ingest_chunks(futures_util::stream::iter(chunks), bed.store.clone(), None).await.expect("all of it");
    assert_eq!(digest, Bed::new().stream(&archive).expect("it is taken in"));
    let cut = [Ok(Bytes::copy_from_slice(&archive[..1000])), Err(io::ErrorKind::ConnectionReset.into())];
    let cut = futures_util::stream::iter(cut);
    let error = ingest_chunks(cut, bed.store.clone(), None).await.expect_err("it is cut");
    assert!(error.to_string().contains("export of the Docker daemon"), "{error}");
    assert_eq!(bed.waiting(), 0);
}

#[test]
fn layers_that_are_links_or_packed_already() {
    let bed = Bed::new();
    let config = config(&[b"one", b"one", b"three"], "amd64");
    let list = json!([{ "Config": "config", "Layers": ["a/layer.tar", "b/layer.tar", "c.tar.gz"] }]).to_string();
    let mut builder = Builder::new(Vec::new());
    put(&mut builder, "./a/layer.tar", b"one");
    link(&mut builder, EntryType::Symlink, "b/layer.tar", "../a/layer.tar");
    put(&mut builder, "c.tar.gz", &gzip(b"three"));
    put(&mut builder, "config", &config);
    put(&mut builder, "manifest.json", list.as_bytes());
    let archive = builder.into_inner().expect("it is written");
    let digest = bed.stream(&archive).expect("it is taken in");
    let (manifest, layers) = bed.image(&digest);
    assert_eq!(layers, [&b"one"[..], b"one", b"three"]);
    assert_eq!(manifest.layers[2].digest, Digest::of(&gzip(b"three")), "what is packed stays as it is");
}

#[test]
fn a_layout_with_packed_layers_keeps_its_digest_and_one_with_plain_ones_gets_another() {
    let bed = Bed::new();
    let packed = layout(&[b"one", b"two"], true);
    let expect: Digest = serde_json::from_value(packed.entries[0]["digest"].clone()).expect("a digest");
    let digest = bed.stream(&packed.tar()).expect("it is taken in");
    assert_eq!(digest, expect);
    assert_eq!(bed.image(&digest).1, [b"one", b"two"]);

    let plain = layout(&[b"one", b"two"], false);
    let digest = bed.stream(&plain.tar()).expect("it is taken in");
    let (manifest, layers) = bed.image(&digest);
    assert_eq!(
        (manifest.media_type.as_str(), manifest.layers[0].media_type.as_str()),
        (media::OCI_MANIFEST, media::OCI_LAYER_GZIP)
    );
    assert_eq!(layers, [b"one", b"two"]);
    assert_eq!(bed.store.size(&Digest::of(b"one")).expect("it is looked up"), None, "nothing unpacked is kept");

    let folder = bed.folder.path().join("layout");
    for (name, content) in plain.files() {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("it is written");
    }
    assert_eq!(ingest_file(&folder, &bed.store, None).expect("a folder"), digest);
}

#[test]
fn the_image_for_the_platform_is_taken() {
    let bed = Bed::new();
    let mut both = Layout::default();
    let (amd, arm) = (both.image(&[b"amd"], "amd64", true), both.image(&[b"arm"], "arm64", true));
    let mut attestation = both.blob(media::OCI_MANIFEST, b"whatever it is");
    attestation["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
    let absent = json!({ "mediaType": media::OCI_MANIFEST, "digest": Digest::of(b"elsewhere"), "size": 9 });
    let inner = json!({
        "schemaVersion": 2, "mediaType": media::OCI_INDEX, "manifests": [amd, arm, attestation, absent],
    });
    let inner = both.blob(media::OCI_INDEX, inner.to_string().as_bytes());
    // Two names of the same images.
    let both = both.with(inner.clone()).with(inner).tar();
    let digest = bed.for_platform(&both, Some("linux/arm64")).expect("it is taken in");
    assert_eq!(bed.image(&digest).1, [b"arm"]);
    let problem = bed.for_platform(&both, None).expect_err("which?");
    assert!(matches!(problem, ArchiveProblem::Content(ContentError::Several { .. })), "{problem}");
    let problem = bed.for_platform(&both, Some("linux/s390x")).expect_err("there is none");
    assert_eq!(problem.to_string(), "there is no image for linux/s390x, only for linux/amd64, linux/arm64");
    let problem = bed.for_platform(&saved(&[b"one"]), Some("linux/arm64")).expect_err("there is none");
    assert!(matches!(problem, ArchiveProblem::Content(ContentError::NoPlatform { .. })), "{problem}");

    let mut two = Layout::default();
    let (first, second) = (two.image(&[b"1"], "amd64", true), two.image(&[b"2"], "amd64", true));
    let problem = bed.stream(&two.with(first).with(second).tar()).expect_err("which?");
    assert!(matches!(problem, ArchiveProblem::Several(2)), "{problem}");
}

/// That `archive` is refused with `says`, and that nothing of it stays.
#[track_caller]
fn refused(archive: &[u8], says: &str) {
    let bed = Bed::new();
    let problem = bed.stream(archive).expect_err("it is refused").to_string();
    assert!(problem.contains(says), "no {says:?} in: {problem}");
    assert_eq!((bed.waiting(), bed.folder.path().read_dir().expect("a folder").count()), (0, 1));
}

#[test]
fn names_that_lead_out_are_refused() {
    let mut files = vec![("manifest.json", &b"[]"[..])];
    for name in ["../../etc/cron.d/x", "/etc/passwd", "a/../../x"] {
        files.push((name, b"x"));
        refused(&tar(&files), "leads out of it");
        files.pop();
    }
    for (kind, target) in
        [(EntryType::Symlink, "../../etc/passwd"), (EntryType::Symlink, "/etc/passwd"), (EntryType::Link, "../x")]
    {
        let mut builder = Builder::new(Vec::new());
        link(&mut builder, kind, "a/layer.tar", target);
        refused(&builder.into_inner().expect("it is written"), "leads out of it");
    }
    let mut device = Builder::new(Vec::new());
    link(&mut device, EntryType::Char, "dev", "");
    refused(&device.into_inner().expect("it is written"), "neither a file, a folder nor a link");
    refused(&tar(&[("manifest.json", b"[]"), ("./manifest.json", b"[]")]), "twice");

    // Names in documents are looked up in the archive, never on the disk.
    let config = config(&[b"one"], "amd64");
    let list = |config: &str, layer: &str| json!([{ "Config": config, "Layers": [layer] }]).to_string();
    refused(&tar(&[("manifest.json", list("/etc/passwd", "x").as_bytes())]), "`/etc/passwd` is not in it");
    let files =
        [("manifest.json", list("config", "../../etc/passwd")), ("config", String::from_utf8(config).expect("text"))];
    refused(&tar(&files.each_ref().map(|(name, text)| (*name, text.as_bytes()))), "`../../etc/passwd` is not in it");
    let mut round = Builder::new(Vec::new());
    link(&mut round, EntryType::Symlink, "manifest.json", "index.json");
    link(&mut round, EntryType::Symlink, "index.json", "manifest.json");
    refused(&round.into_inner().expect("it is written"), "neither what `docker save` writes");
}

#[test]
fn what_is_cut_short_is_refused_wherever_that_was() {
    let archive = saved(&[&vec![7; 100_000], b"two"]);
    for length in (0..archive.len() - 2048).step_by(511) {
        let problem = Bed::new().stream(&archive[..length]).expect_err("it is cut");
        let known = matches!(
            problem,
            ArchiveProblem::Cut(_)
                | ArchiveProblem::NoImage
                | ArchiveProblem::Lacks(_)
                | ArchiveProblem::Malformed { .. }
        );
        assert!(known, "at {length}: {problem:?}");
    }
    let packed = gzip(&archive);
    refused(&packed[..packed.len() / 2], "it cannot be read");
    let text: Vec<u8> = b"This is a letter, and no archive at all. ".repeat(100);
    refused(&text, "cannot be understood");
    refused(b"", "neither what `docker save` writes");
}

#[test]
fn what_is_not_what_it_says_is_refused() {
    let forged = |change: &dyn Fn(&mut Layout)| {
        let mut layout = layout(&[b"one", b"two"], true);
        change(&mut layout);
        layout.tar()
    };
    // Blobs: a layer (two of them), the configuration, the manifest. Each is changed in turn.
    for blob in 0..4 {
        let archive = forged(&|layout| layout.files[blob].1[0] ^= 1);
        refused(&archive, "should be sha256:");
        let archive = forged(&|layout| drop(layout.files.remove(blob)));
        let says = if blob == 3 { "neither what `docker save`" } else { "is not in it" };
        refused(&archive, says);
    }
    let longer = forged(&|layout| layout.files[1].1.push(0));
    refused(&longer, "and should have");
    let index = |entry: Value| Layout::default().with(entry).tar();
    refused(&index(json!({ "mediaType": "x", "digest": "sha256:../../../etc/passwd", "size": 1 })), "no digest");
    refused(&tar(&[("index.json", &b" ".repeat(5_000_000))]), "more than the 4194304");
    refused(&tar(&[("index.json", &b"[".repeat(1_000_000))]), "cannot be understood");
    refused(&tar(&[("index.json", br#"{"schemaVersion":2,"manifests":[]}"#)]), "neither what `docker save`");

    let one = config(&[b"one"], "amd64");
    let list = json!([{ "Config": "config", "Layers": ["a", "a"] }]).to_string();
    refused(&tar(&[("a", b"one"), ("config", &one), ("manifest.json", list.as_bytes())]), "it speaks of 1 layers");
    let name = format!("{}.json", Digest::of(b"other").hex());
    let list = json!([{ "Config": name, "Layers": ["a"] }]).to_string();
    refused(&tar(&[("a", b"one"), (&name, &one), ("manifest.json", list.as_bytes())]), "should be sha256:");
    let list = json!([{ "Config": "a", "Layers": [] }, { "Config": "b", "Layers": [] }]).to_string();
    refused(&tar(&[("manifest.json", list.as_bytes())]), "it holds 2 images");
}

/// An index that holds itself cannot be: its digest would have to be known before. One that is nested deeply can.
#[test]
fn indexes_are_not_followed_for_ever() {
    let mut deep = Layout::default();
    let mut entry = deep.image(&[b"one"], "amd64", true);
    for _ in 0..10 {
        let index = json!({ "schemaVersion": 2, "manifests": [entry] }).to_string();
        entry = deep.blob(media::OCI_INDEX, index.as_bytes());
    }
    refused(&deep.with(entry).tar(), "nested too deeply");
}
