//! The store in a folder of its own, and documents that should be refused.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use ironwright_engine::Clock;
use serde_json::{Value, json};

use super::*;

const DAY: u64 = 24 * 60 * 60 * 1000;

/// Shows what it is set to.
#[derive(Default)]
struct SetClock(AtomicU64);

#[async_trait]
impl Clock for SetClock {
    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.now())
    }

    async fn sleep(&self, _: Duration) {}
}

fn at_day(day: u64) -> Arc<SetClock> {
    // Temporary files have the time of the machine, so this is after it.
    Arc::new(SetClock(AtomicU64::new((40_000 + day) * DAY)))
}

fn open(folder: &Path, day: u64) -> ContentStore {
    ContentStore::open(folder, at_day(day)).expect("a store")
}

fn described(media_type: &str, bytes: &[u8]) -> Descriptor {
    Descriptor::new(media_type, Digest::of(bytes), bytes.len() as u64)
}

/// Puts an image with one layer in, for linux on `architecture`.
fn image(store: &ContentStore, layer: &str, architecture: &str) -> (Digest, Manifest) {
    let config = json!({ "os": "linux", "architecture": architecture, "rootfs": {} }).to_string();
    for bytes in [layer, &config] {
        store.put(bytes.as_bytes()).expect("it is written");
    }
    let config = described(media::DOCKER_CONFIG, config.as_bytes());
    let manifest =
        Manifest::new(media::DOCKER_MANIFEST, config, vec![described(media::DOCKER_LAYER_GZIP, layer.as_bytes())]);
    (store.put(&manifest.to_bytes()).expect("it is written"), manifest)
}

fn index(store: &ContentStore, manifests: &[Value]) -> Digest {
    let index = json!({ "schemaVersion": 2, "mediaType": media::OCI_INDEX, "manifests": manifests });
    store.put(index.to_string().as_bytes()).expect("it is written")
}

fn entry(store: &ContentStore, digest: &Digest) -> Value {
    let size = store.size(digest).expect("it is looked up").expect("it is there");
    json!({ "mediaType": media::OCI_MANIFEST, "digest": digest, "size": size })
}

#[test]
fn what_is_written_is_there_under_its_digest_and_nobody_else_looks() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("images");
    let store = open(&path, 0);
    let digest = store.put(b"layer").expect("it is written");
    assert_eq!(digest, Digest::of(b"layer"));
    assert_eq!(fs::read(path.join("blobs/sha256").join(digest.hex())).expect("it is there"), b"layer");
    assert_eq!(fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o700);
    assert_eq!(store.size(&digest).expect("it is looked up"), Some(5));
    assert_eq!(store.size(&Digest::of(b"other")).expect("it is looked up"), None);
    assert!(matches!(store.read(&digest, 4), Err(ContentError::TooLong { size: 5, limit: 4, .. })));
}

#[test]
fn what_is_not_finished_or_not_expected_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path(), 0);
    let files = |part: &str| fs::read_dir(folder.path().join(part)).expect("a folder").count();
    let mut writer = store.writer().expect("a blob");
    writer.append(b"half of it").expect("it is written");
    assert_eq!(files("incoming"), 1);
    drop(writer);
    let mut writer = store.writer().expect("a blob");
    writer.append_all(&mut &b"forged"[..]).expect("it is written");
    let error = writer.finish().commit(Some(&Digest::of(b"honest"))).expect_err("they differ");
    assert!(matches!(error, ContentError::WrongDigest { .. }), "{error}");
    assert_eq!((files("incoming"), files("blobs/sha256")), (0, 0));
}

#[test]
fn an_image_is_whole_when_all_of_it_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path(), 0);
    let (digest, manifest) = image(&store, "layer", "amd64");
    assert!(store.is_whole(&digest).expect("it is looked up"));
    let index = index(&store, &[entry(&store, &digest)]);
    assert!(store.is_whole(&index).expect("it is looked up"));

    let damaged = |digest: &Digest| vec![digest.clone()];
    let layer = &manifest.layers[0].digest;
    let path = folder.path().join("blobs/sha256").join(layer.hex());
    fs::write(&path, "lay").expect("it is cut");
    assert_eq!(store.missing(&digest).expect("it is looked up"), damaged(layer));
    fs::write(&path, "LAYER").expect("it is changed");
    assert!(store.is_whole(&digest).expect("it is looked up"), "lengths alone are compared");
    assert_eq!(store.examine(&digest).expect("it is read"), damaged(layer));
    assert_eq!(store.missing(&index).expect("it is looked up"), damaged(layer));
    assert!(!store.is_whole(&Digest::of(b"nothing")).expect("it is looked up"));
    assert!(matches!(store.is_whole(&store.put(b"{}").expect("it is written")), Err(ContentError::Invalid { .. })));

    fs::write(folder.path().join("blobs/sha256").join(digest.hex()), "{}").expect("it is changed");
    assert_eq!(store.missing(&digest).expect("it is looked up"), damaged(&digest), "a document is read and believed");
    assert_eq!(store.examine(&digest).expect("it is read"), damaged(&digest));
    assert!(matches!(store.document(&digest), Err(ContentError::Missing(_))));
}

#[test]
fn what_is_damaged_in_the_images_of_an_index_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path(), 0);
    let (amd, manifest) = image(&store, "shared", "amd64");
    let (arm, _) = image(&store, "shared", "arm64");
    let (broken, _) = image(&store, "layer", "s390x");
    let mut absent = entry(&store, &arm);
    absent["digest"] = json!(Digest::of(b"never sent"));
    let index = index(&store, &[entry(&store, &amd), entry(&store, &arm), entry(&store, &broken), absent]);
    assert_eq!(store.examine(&index).expect("it is read"), []);
    let shared = manifest.layers[0].digest.clone();
    for damaged in [&shared, &broken] {
        fs::write(folder.path().join("blobs/sha256").join(damaged.hex()), "SHARED").expect("it is changed");
    }
    assert_eq!(store.examine(&index).expect("it is read"), [shared.clone(), broken.clone()]);
    assert_eq!(store.examine(&index).expect("it is read"), [], "it is gone");
    assert_eq!(store.size(&shared).expect("it is looked up"), None);
}

#[test]
fn the_image_for_a_platform_is_found_in_indexes() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path(), 0);
    let (amd, _) = image(&store, "a", "amd64");
    let (arm, _) = image(&store, "b", "arm64");
    let platform = |text: &str| text.parse::<Platform>().expect("a platform");
    let found = |digest: &Digest, wanted: Option<&str>| {
        store.image(digest, wanted.map(platform).as_ref()).map(|(digest, _)| digest).map_err(|error| error.to_string())
    };
    assert_eq!(found(&amd, None), Ok(amd.clone()));
    let mut attestation = entry(&store, &arm);
    attestation["annotations"] = json!({ "vnd.docker.reference.type": "attestation-manifest" });
    let mut absent = entry(&store, &arm);
    absent["digest"] = json!(Digest::of(b"never sent"));
    let inner = index(&store, &[entry(&store, &amd), attestation, absent]);
    let mut nested = entry(&store, &inner);
    nested["mediaType"] = json!(media::OCI_INDEX);
    assert_eq!(found(&index(&store, &[nested.clone(), nested.clone()]), None), Ok(amd.clone()));

    let both = index(&store, &[nested, entry(&store, &arm)]);
    assert_eq!(found(&both, Some("linux/arm64/v8")), Ok(arm));
    let error = found(&both, None).expect_err("there are two");
    assert!(error.contains("linux/amd64") && error.contains("linux/arm64") && error.contains(".platform"), "{error}");
    let error = found(&both, Some("linux/s390x")).expect_err("there is none");
    assert!(error.contains("no image for linux/s390x") && error.contains("linux/amd64"), "{error}");
}

#[test]
fn what_was_not_used_for_thirty_days_goes_unless_it_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let exists = |digest: &Digest| folder.path().join("blobs/sha256").join(digest.hex()).exists();
    let store = open(folder.path(), 0);
    let (kept, manifest) = image(&store, "kept", "amd64");
    let (replaced, _) = image(&store, "replaced", "amd64");
    let (used, unused) = (store.put(b"used").expect("written"), store.put(b"unused").expect("written"));
    store.remember_packed(&Digest::of(b"content"), &unused).expect("it is noted");
    let listed = index(&store, &[entry(&store, &kept)]);
    store.keep("shop/prod/web/image", &replaced).expect("it is noted");
    store.keep("shop/prod/web/image", &listed).expect("it is noted");
    assert_eq!(store.kept("shop/prod/web/image"), Some(listed.clone()));
    for digest in [&used, &unused, &listed, &kept, &replaced, &manifest.config.digest, &manifest.layers[0].digest] {
        store.size(digest).expect("it is looked up").expect("it counts as used");
    }
    drop(store);
    let store = open(folder.path(), 20);
    store.size(&used).expect("it is looked up").expect("it is there");

    // Not while another has it open.
    let other = open(folder.path(), 31);
    assert!(exists(&unused));
    drop((store, other));
    let store = open(folder.path(), 31);
    assert!(!exists(&unused) && !exists(&replaced));
    assert!(exists(&used) && exists(&listed) && exists(&kept) && exists(&manifest.layers[0].digest));
    assert_eq!(fs::read_dir(folder.path().join("layers")).expect("a folder").count(), 0);
    assert!(store.is_whole(&listed).expect("it is looked up"));

    store.let_go("shop/prod/web/image").expect("it is forgotten");
    store.let_go("shop/prod/web/image").expect("it is forgotten already");
    drop(store);
    let store = open(folder.path(), 62);
    assert!(!exists(&listed) && !exists(&kept) && !exists(&used));
    drop(store);
}

#[test]
fn what_a_killed_process_left_goes_after_a_day() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(open(folder.path(), 0));
    let left = folder.path().join("incoming/blob-left");
    fs::write(&left, "half").expect("it is left");
    let file = fs::File::open(&left).expect("it is there");
    file.set_modified(std::time::UNIX_EPOCH + Duration::from_millis(40_001 * DAY)).expect("its time is set");
    drop(open(folder.path(), 1));
    assert!(left.exists(), "another may be writing it");
    drop(open(folder.path(), 3));
    assert!(!left.exists());
}

#[test]
fn documents_that_could_be_read_in_two_ways_or_are_huge_are_refused() {
    let part = || json!({ "mediaType": media::OCI_CONFIG, "digest": Digest::of(b"x"), "size": 1 });
    let parse = |value: &Value| Document::parse(value.to_string().as_bytes()).map_err(|error| error.to_string());
    let good = json!({ "schemaVersion": 2, "config": part(), "layers": [part()] });
    assert!(matches!(parse(&good), Ok(Document::Manifest(manifest)) if manifest.media_type == media::OCI_MANIFEST));

    let with = |change: &dyn Fn(&mut Value)| {
        let mut value = good.clone();
        change(&mut value);
        parse(&value).expect_err("it is refused")
    };
    assert!(with(&|value| value["manifests"] = json!([])).contains("nothing of both"));
    assert!(with(&|value| value["schemaVersion"] = json!(1)).contains("schema version 1"));
    assert!(with(&|value| value["mediaType"] = json!(media::OCI_INDEX)).contains("media type"));
    assert!(with(&|value| value["layers"] = json!(vec![part(); 1001])).contains("more than 1000"));
    assert!(with(&|value| value["layers"][0]["size"] = json!(u64::MAX)).contains("bytes"));
    assert!(with(&|value| value["layers"][0]["size"] = json!(-1)).contains("-1"));
    assert!(with(&|value| value["config"]["digest"] = json!("sha256:../../../etc/passwd")).contains("no digest"));
    assert!(with(&|value| value["config"] = Value::Null).contains("either"));
    assert!(parse(&json!({})).is_err());
    let long = vec![b' '; usize::try_from(LONGEST_MANIFEST).expect("it fits") + 1];
    assert!(Document::parse(&long).is_err());
    assert!(Document::parse(&b"[".repeat(100_000)).is_err(), "nor is the stack used up");
}

#[test]
fn the_folder_is_where_the_user_has_caches() {
    let folder = |variables: &[(&str, &str)]| {
        let found =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        default_folder(found).map(|folder| folder.display().to_string())
    };
    let home = ("HOME", "/home/u");
    assert_eq!(folder(&[home, ("XDG_CACHE_HOME", "/c")]).as_deref(), Some("/c/ironwright/images"));
    assert_eq!(folder(&[home, ("XDG_CACHE_HOME", "relative")]).as_deref(), Some("/home/u/.cache/ironwright/images"));
    assert_eq!(folder(&[]), None);
}
