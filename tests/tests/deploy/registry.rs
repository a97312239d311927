//! Images on their way: pushed by the daemon of this machine into the registry of this process, and pulled by a host to whom
//! its port is lent.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use ironwright::docker::archive;
use ironwright::docker::command::docker;
use ironwright::docker::content::{ContentStore, Digest, Document};
use ironwright::docker::registry::Registry;
use ironwright::engine::{Clock as _, OsEntropy, SystemClock};
use ironwright_tests::testbed::{LocalDocker, TestHost, available};

use crate::block_on;
use crate::ssh::{connections, folder};

const MB: usize = 1024 * 1024;

/// A store in `folder`, and a registry over it.
async fn registry(folder: &Path) -> (Arc<ContentStore>, Registry) {
    let store = ContentStore::open(folder.join("images"), Arc::new(SystemClock::new())).expect("a store");
    let store = Arc::new(store);
    let registry = Registry::start(store.clone(), Arc::new(OsEntropy::new())).await.expect("it listens");
    (store, registry)
}

/// `length` bytes that no packing makes shorter, others for each `seed`.
fn noise(length: usize, seed: u64) -> Vec<u8> {
    let (mut state, mut bytes) = (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1, Vec::with_capacity(length + 8));
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Builds the image `name` of a large layer, a middling and a small one, and `page` on top.
fn build(name: &str, large: usize, page: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, content: &[u8]| fs::write(folder.path().join(name), content).expect("a file");
    file("Dockerfile", b"FROM scratch\nCOPY large /large\nCOPY middling /middling\nCOPY small /small\nCOPY page /page\nCMD [\"/none\"]\n");
    file("large", &noise(large, 1));
    file("middling", &noise(4 * MB, 2));
    file("small", &noise(20_000, 3));
    file("page", page.as_bytes());
    LocalDocker::get().build(name, folder.path());
}

/// `docker WORDS` of this machine, while this process serves.
async fn local(words: &[&str]) -> Output {
    let mut command = LocalDocker::get().command(words);
    let done = tokio::task::spawn_blocking(move || command.output().expect("docker runs"));
    done.await.expect("it ends")
}

/// Has the daemon push the image `name`, and returns its digest and how many bytes it has sent.
async fn push(registry: &Registry, name: &str) -> (Digest, u64) {
    let before = registry.received();
    let target = format!("127.0.0.1:{}/{}/shop/web", registry.port(), registry.push_prefix());
    LocalDocker::get().does(&["tag", name, &format!("{target}:v1")]);
    let pushed = local(&["push", "--quiet", &format!("{target}:v1")]).await;
    assert!(pushed.status.success(), "{}; {:?}", String::from_utf8_lossy(&pushed.stderr), registry.trouble("shop/web"));
    LocalDocker::get().does(&["rmi", &format!("{target}:v1")]);
    (registry.pushed("shop/web", "v1").expect("it was pushed"), registry.received() - before)
}

#[test]
fn what_is_unchanged_is_neither_pushed_nor_pulled_again() {
    if !available() {
        return;
    }
    build("shop:1", 24 * MB, "version 1");
    build("shop:2", 24 * MB, "version 2");
    let (host, folder) = (TestHost::new(), folder());
    let connections = connections(folder.path());
    let connection = connections.to(&host.destination());
    block_on(async {
        let (store, first) = registry(folder.path()).await;
        let (one, sent) = push(&first, "shop:1").await;
        assert!(store.is_whole(&one).expect("it is looked up"));
        assert!(sent > 28 * MB as u64, "{sent}");
        assert_eq!(push(&first, "shop:1").await, (one.clone(), 0));
        drop((first, store));

        // Another run, which changed one line.
        let (store, registry) = registry(folder.path()).await;
        assert_eq!(push(&registry, "shop:1").await, (one.clone(), 0));
        let (two, sent_for_a_line) = push(&registry, "shop:2").await;
        assert!(two != one && sent_for_a_line < 10_000, "{sent_for_a_line}");

        let mut pulled = Vec::new();
        let mut newest = String::new();
        for digest in [&one, &two] {
            let offer = registry.offer(digest).expect("all of it is there");
            let port = connection.lend(registry.port()).await.expect("it is lent");
            let reference = format!("127.0.0.1:{port}/{}/shop/web@{digest}", offer.prefix());
            let output = connection.run(&docker::pull(&reference)).await.expect("it runs");
            assert_eq!(output.status, 0, "{}", output.error_text());
            pulled.push(offer.sent());
            // The offer has ended. Under a name that it does not know, the host asks again.
            drop(offer);
            let again = connection.run(&docker::pull(&reference.replace("/shop/web@", "/other@"))).await;
            let again = again.expect("it runs");
            assert_ne!(again.status, 0, "{}", again.text());
            assert_eq!(host.does("docker images --quiet --no-trunc | wc -l"), pulled.len().to_string());
            newest = reference;
        }
        println!(
            "one line of an image of {sent} bytes: {sent_for_a_line} bytes pushed, {} pulled of {}",
            pulled[1], pulled[0]
        );
        assert!(pulled[0] > 28 * MB as u64 && pulled[1] < 10_000, "{pulled:?}");
        let page = format!(
            "docker create --name look {newest} >/dev/null; docker cp look:/page - | tar -xO; docker rm look >/dev/null"
        );
        assert_eq!(host.does(&page), "version 2");
        assert!(store.is_whole(&two).expect("it is looked up"));
    });
}

#[test]
fn a_pull_that_is_cut_off_goes_on_where_it_was() {
    if !available() {
        return;
    }
    build("large:1", 48 * MB, "large");
    let (host, folder) = (TestHost::new(), folder());
    let connections = connections(folder.path());
    let connection = connections.to(&host.destination());
    block_on(async {
        let (store, registry) = registry(folder.path()).await;
        let (digest, _) = push(&registry, "large:1").await;
        let Document::Manifest(manifest) = store.document(&digest).expect("it is there") else { panic!("an index") };
        let offer = registry.offer(&digest).expect("all of it is there");
        let port = connection.lend(registry.port()).await.expect("it is lent");
        let reference = format!("127.0.0.1:{port}/{}/large@{digest}", offer.prefix());
        // 48 MB take five seconds, of which some are left when half of them were sent.
        host.slow_down("80mbit");
        let socket = format!("unix://{}", host.docker_socket().display());
        let mut command = Command::new("docker");
        command.args(["--host", &socket, "pull", "--quiet", &reference]);
        let pull = tokio::task::spawn_blocking(move || command.output().expect("docker runs"));
        while offer.sent() < manifest.size() / 2 {
            SystemClock::new().sleep(Duration::from_millis(5)).await;
        }
        host.stop_sshd();
        let sent_before = offer.sent();
        host.start_sshd();
        assert_eq!(connection.lend(registry.port()).await, Ok(port));
        let pulled = pull.await.expect("it ends");
        assert!(pulled.status.success(), "{}", String::from_utf8_lossy(&pulled.stderr));
        let (sent, size) = (offer.sent(), manifest.size());
        println!("cut after {sent_before} of {size} bytes, {sent} sent in all");
        assert!(sent_before < size, "it was cut too late: {sent_before} of {size}");
        // What was in the pipes at that moment was sent for nothing.
        assert!(sent < size + size / 4, "it began anew: {sent} of {size}");
    });
}

/// A disk of two megabytes, mounted for as long as the value lives.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn at(folder: &Path) -> Self {
        fs::create_dir_all(folder).expect("a folder");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"]).arg(folder).status();
        assert!(mounted.is_ok_and(|status| status.success()), "nothing is mounted");
        Self(folder.to_owned())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_of_this_machine_is_named() {
    if !available() {
        return;
    }
    build("full:1", MB, "full");
    let folder = folder();
    let disk = SmallDisk::at(&folder.path().join("images"));
    block_on(async {
        let (store, registry) = registry(folder.path()).await;
        let target = format!("127.0.0.1:{}/{}/shop/web:v1", registry.port(), registry.push_prefix());
        LocalDocker::get().does(&["tag", "full:1", &target]);
        let pushed = local(&["push", "--quiet", &target]).await;
        assert!(!pushed.status.success());
        let trouble = registry.trouble("shop/web").expect("a reason");
        let path = disk.0.display().to_string();
        assert!(trouble.contains("No space left") && trouble.contains(&path), "{trouble}");
        assert!(trouble.contains("make room on that disk"), "{trouble}");
        // Nothing that is half there stays.
        let waiting = || fs::read_dir(disk.0.join("incoming")).expect("a folder").count();
        assert_eq!(waiting(), 0);

        let archive = folder.path().join("full.tar");
        LocalDocker::get().does(&["save", "--output", archive.to_str().expect("text"), "full:1"]);
        let error = archive::ingest_file(&archive, &store, None).expect_err("there is no room").to_string();
        assert!(error.contains("No space left") && error.contains(&path), "{error}");
        assert_eq!(waiting(), 0);
    });
}

#[test]
fn what_the_daemon_exports_is_what_it_would_push() {
    if !available() {
        return;
    }
    build("export:1", MB, "exported");
    let folder = folder();
    let store = ContentStore::open(folder.path().join("images"), Arc::new(SystemClock::new())).expect("a store");
    let path = folder.path().join("image.tar");
    LocalDocker::get().does(&["save", "--output", path.to_str().expect("text"), "export:1"]);
    let clock = SystemClock::new();
    let begun = clock.elapsed();
    let digest = archive::ingest_file(&path, &store, None).expect("it is taken in");
    let first = clock.elapsed().saturating_sub(begun);
    assert_eq!(archive::ingest_file(&path, &store, None).expect("it is known"), digest);
    let second = clock.elapsed().saturating_sub(begun + first);
    println!("taken in within {first:?}, and a second time within {second:?}");
    assert!(store.is_whole(&digest).expect("it is looked up"));
    block_on(async {
        let store = Arc::new(store);
        let registry = Registry::start(store.clone(), Arc::new(OsEntropy::new())).await.expect("it listens");
        let (pushed, _) = push(&registry, "export:1").await;
        let config = |digest: &Digest| match store.document(digest).expect("it is there") {
            Document::Manifest(manifest) => manifest.config,
            Document::Index(_) => panic!("an index"),
        };
        assert_eq!(config(&pushed), config(&digest), "the same image, however it came");
        // And a daemon runs what was packed here.
        let host = TestHost::new();
        let connections = connections(folder.path());
        let connection = connections.to(&host.destination());
        let offer = registry.offer(&digest).expect("all of it is there");
        let port = connection.lend(registry.port()).await.expect("it is lent");
        let reference = format!("127.0.0.1:{port}/{}/x@{digest}", offer.prefix());
        let output = connection.run(&docker::pull(&reference)).await.expect("it runs");
        assert_eq!(output.status, 0, "{}", output.error_text());
    });
}
