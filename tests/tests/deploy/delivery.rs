//! Images are brought to hosts: what crosses the wire, and what becomes of it when the network goes or the disk is full.

use std::fs;
use std::path::Path;
use std::pin::pin;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{Either, join, select};
use ironwright::docker::content::{ContentStore, Descriptor, Digest, Manifest, media};
use ironwright::docker::delivery::{Delivery, DeliveryError, DeliveryErrorKind, LocalImage, sweep};
use ironwright::docker::registry::Registry;
use ironwright::docker::remote_registry::Registries;
use ironwright::engine::{Clock as _, ErrorKind, OsEntropy, ProviderError, SystemClock};
use ironwright_tests::testbed::{Docker, TestHost, available};

use crate::block_on;
use crate::ssh::{connections, folder};

const MEGABYTE: usize = 1_000_000;

/// Bytes that look like nothing, others for each seed.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let block: Vec<u8> = (0..8 * 1024).flat_map(|_| next()).collect();
    block.into_iter().cycle().take(length).collect()
}

/// An archive with a file.
fn layer(name: &str, content: &[u8]) -> Vec<u8> {
    let folder = folder();
    fs::write(folder.path().join(name), content).expect("a file");
    let mut tar = Command::new("tar");
    tar.args(["--format=ustar", "--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--create", "--directory"]);
    let made = tar.arg(folder.path()).arg(name).stdin(Stdio::null()).output().expect("tar runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    made.stdout
}

/// An image in `store` whose layers have a file each.
pub(crate) fn image(store: &ContentStore, contents: &[Vec<u8>]) -> Digest {
    let layers: Vec<_> =
        contents.iter().enumerate().map(|(at, content)| layer(&format!("file-{at}"), content)).collect();
    let put = |layer: &Vec<u8>| Descriptor::new(media::OCI_LAYER, store.put(layer).expect("a blob"), length(layer));
    let digests: Vec<_> = layers.iter().map(|layer| Digest::of(layer)).collect();
    assemble(store, &digests, layers.iter().map(put).collect())
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).expect("it fits")
}

/// An image of `layers`, which have `contents`.
fn assemble(store: &ContentStore, contents: &[Digest], layers: Vec<Descriptor>) -> Digest {
    let config = serde_json::json!({
        "architecture": if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }, "os": "linux", "config": {},
        "rootfs": {"type": "layers", "diff_ids": contents},
    });
    let config = config.to_string().into_bytes();
    let config = Descriptor::new(media::OCI_CONFIG, store.put(&config).expect("a blob"), length(&config));
    store.put(&Manifest::new(media::OCI_MANIFEST, config, layers).to_bytes()).expect("a blob")
}

/// This machine: its store and what brings images out of it. To be made where there is an event loop.
pub(crate) struct Machine {
    pub(crate) store: Arc<ContentStore>,
    pub(crate) delivery: Delivery,
    said: Mutex<Vec<String>>,
}

impl Machine {
    pub(crate) async fn new(folder: &Path, lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        let clock = Arc::new(SystemClock::new());
        let store = Arc::new(ContentStore::open(folder.join("images"), clock.clone()).expect("a store"));
        let registry = Arc::new(Registry::start(store.clone(), Arc::new(OsEntropy::new())).await.expect("a port"));
        let registries = Arc::new(Registries::new(lookup, None, clock.clone()));
        let delivery = Delivery::new(store.clone(), registry, registries, clock);
        Self { store, delivery, said: Mutex::default() }
    }

    fn say(&self, line: &str) {
        self.said.lock().expect("nobody panicked").push(line.to_owned());
    }

    fn said(&self) -> Vec<String> {
        std::mem::take(&mut *self.said.lock().expect("nobody panicked"))
    }
}

fn nothing_is_set(_: &str) -> Option<String> {
    None
}

/// How many bytes have come to the host over the network.
fn received(host: &TestHost) -> usize {
    host.does("awk '/eth0:/ { print $2 }' /proc/net/dev").parse().expect("a number")
}

/// The names of the images on the host.
fn names(host: &TestHost) -> Vec<String> {
    let listed = host.does("docker image ls --no-trunc --format '{{.Repository}}:{{.Tag}}' | sort");
    listed.lines().map(str::to_owned).collect()
}

#[track_caller]
fn is_about(error: DeliveryError, kind: DeliveryErrorKind, says: &[&str]) -> ProviderError {
    let message = error.to_string();
    assert_eq!(error.kind(), Some(kind), "{message}");
    for text in says {
        assert!(message.contains(text), "no {text:?} in: {message}");
    }
    error.into()
}

#[test]
fn layers_that_the_host_has_do_not_cross_the_wire() {
    if !available() {
        return;
    }
    let (host, folder) = (TestHost::new(), folder());
    let connections = connections(folder.path());
    let connection = connections.to(&host.destination());
    block_on(async {
        let machine = Machine::new(folder.path(), nothing_is_set).await;
        let bring = async |image: &LocalImage| {
            let before = received(&host);
            let name = machine.delivery.bring(&connection, &image.reference(), &|line| machine.say(line)).await;
            (name.expect("it gets there"), received(&host) - before)
        };
        let base = noise(1, 20 * MEGABYTE);
        let first = LocalImage::new("shop/web-image", image(&machine.store, &[base.clone(), noise(2, MEGABYTE)]));
        let (name, bytes) = bring(&first).await;
        assert_eq!(name, first.tag());
        assert!((21 * MEGABYTE..24 * MEGABYTE).contains(&bytes), "{bytes}");
        assert_eq!(names(&host), [first.tag()]);
        let said = machine.said();
        assert!(said[0].starts_with("shop/web-image: 2 of 2 layers are new to "), "{said:?}");

        let (name, bytes) = bring(&first).await;
        assert_eq!((name, machine.said()), (first.tag(), Vec::new()));
        assert!(bytes < 100_000, "{bytes}");

        let second = LocalImage::new("shop/web-image", image(&machine.store, &[base, noise(3, MEGABYTE)]));
        let (name, bytes) = bring(&second).await;
        assert!((MEGABYTE..2 * MEGABYTE).contains(&bytes), "{bytes}");
        assert_eq!(
            host.does(&format!("docker create --name used {name} /none >/dev/null; docker cp used:/file-1 - | wc -c")),
            "1001984"
        );
        assert!(machine.said()[0].contains("1 of 2 layers are new"));

        // One that a container uses stays, and so does one that is asked for.
        let third = LocalImage::new("shop/web-image", image(&machine.store, &[noise(4, MEGABYTE)]));
        bring(&third).await;
        let keep = [first.tag()];
        assert_eq!(sweep(&connection, &third.tag(), &keep).await, Ok(0));
        host.does("docker rm used");
        assert_eq!(sweep(&connection, &third.tag(), &keep).await, Ok(1));
        let mut left = [first.tag(), third.tag()];
        left.sort();
        assert_eq!(names(&host), left);
        assert_eq!(host.does("ls -d /tmp/ironwright* /run/ironwright* 2>/dev/null || true"), "");
    });
}

/// The figure at the end of a line: `(20 %)`.
fn percent(line: &str) -> Option<u8> {
    line.strip_suffix(" %)")?.rsplit_once('(')?.1.parse().ok()
}

#[test]
fn a_pull_goes_on_where_a_cut_has_stopped_it() {
    if !available() {
        return;
    }
    let (host, folder) = (TestHost::new(), folder());
    // As cloud images have it: not as root.
    host.does("usermod -aG docker ubuntu");
    let connections = connections(folder.path());
    let connection = connections.to(&host.destination().user("ubuntu").expect("a user"));
    block_on(async {
        let machine = Machine::new(folder.path(), nothing_is_set).await;
        let length = 200 * MEGABYTE;
        let image = LocalImage::new("shop/web-image", image(&machine.store, &[noise(5, length)]));
        let before = received(&host);
        // The network goes with a part of the layer on the way, and comes back when that is noticed.
        let cut_at = Mutex::new(None);
        let progress = |line: &str| {
            machine.say(line);
            let mut cut_at = cut_at.lock().expect("nobody panicked");
            if cut_at.is_none() && percent(line).is_some_and(|percent| percent >= 20) {
                host.cut();
                *cut_at = Some(received(&host) - before);
            } else if line.contains("trying again") {
                host.restore();
            }
        };
        let name = machine.delivery.bring(&connection, &image.reference(), &progress).await.expect("it gets there");
        let (bytes, cut_at, said) =
            (received(&host) - before, cut_at.into_inner().expect("nobody panicked"), machine.said());
        let cut_at = cut_at.expect("it was cut");
        println!("cut after {cut_at} bytes, {bytes} in all: {said:#?}");
        assert!(said.iter().any(|line| line.contains("the connection was lost; trying again")), "{said:#?}");
        assert!((length / 10..length).contains(&cut_at), "the cut was in the middle: {cut_at}");
        // What was there by then is not sent again.
        assert!(bytes < length + 20 * MEGABYTE, "{bytes} of {length}, cut after {cut_at}");
        assert_eq!(names(&host), [name]);
        assert_eq!(host.does("ls -d /tmp/ironwright* 2>/dev/null || true"), "");
    });
}

#[test]
fn what_a_killed_run_was_pulling_is_in_nobodys_way() {
    if !available() {
        return;
    }
    let (host, folder) = (TestHost::new(), folder());
    let reference = block_on(async {
        let (halfway, clock) = (AtomicBool::new(false), SystemClock::new());
        let progress =
            |line: &str| halfway.store(percent(line).is_some_and(|percent| percent >= 20), Ordering::Relaxed);
        let connections = connections(folder.path());
        let connection = connections.to(&host.destination());
        let machine = Machine::new(folder.path(), nothing_is_set).await;
        let image = LocalImage::new("shop/web-image", image(&machine.store, &[noise(8, 200 * MEGABYTE)]));
        let reference = image.reference();
        let bring = pin!(machine.delivery.bring(&connection, &reference, &progress));
        let killed = pin!(async {
            while !halfway.load(Ordering::Relaxed) {
                clock.sleep(Duration::from_millis(10)).await;
            }
        });
        assert!(matches!(select(bring, killed).await, Either::Right(_)), "it was in the middle");
        image.reference()
    });
    // Its shell on the host notices that nobody listens.
    host.does("while kill -0 $(cat /tmp/ironwright-pull.*/attendant) 2>/dev/null; do sleep 0.05; done");
    // The number of a pull that others left is another process's by now, whether or not it had told its end.
    let others = host.does(
        "for of in ended cut old; do
            setsid sleep 1000 >/dev/null 2>&1 </dev/null &
            folder=/tmp/ironwright-pull.$of; mkdir $folder; echo $!
            start=$(sed 's/.*) //' /proc/$!/stat | cut -d ' ' -f 20)
            case $of in
                ended) echo $! $start >$folder/pull; echo 1 >$folder/status ;;
                cut) echo $! $((start - 1)) >$folder/pull ;;
                old) echo $! >$folder/pull ;;
            esac
        done",
    );
    block_on(async {
        let connections = connections(folder.path());
        let machine = Machine::new(folder.path(), nothing_is_set).await;
        let progress = |line: &str| machine.say(line);
        let brought = machine.delivery.bring(&connections.to(&host.destination()), &reference, &progress).await;
        assert_eq!(names(&host), [brought.expect("it gets there")]);
        let said = machine.said();
        assert!(!said.iter().any(|line| line.contains("trying again")), "{said:#?}");
    });
    assert_eq!(
        host.does("cd /tmp; ls -d ironwright-pull.ended ironwright-pull.cut ironwright-pull.old 2>&- || true"),
        ""
    );
    let others: Vec<_> = others.lines().collect();
    assert_eq!(others.len(), 3);
    host.does(&format!("for other in {}; do kill $other || exit 1; done", others.join(" ")));
}

#[test]
fn what_was_damaged_on_this_machine_is_told_and_can_be_made_again() {
    if !available() {
        return;
    }
    let (host, folder) = (TestHost::new(), folder());
    let connections = connections(folder.path());
    let connection = connections.to(&host.destination());
    block_on(async {
        let machine = Machine::new(folder.path(), nothing_is_set).await;
        let make = || image(&machine.store, &[noise(11, MEGABYTE)]);
        let web = LocalImage::new("shop/web", make());
        let bring = async || machine.delivery.bring(&connection, &web.reference(), &|_| ()).await;
        let layer = machine.store.image(web.digest(), None).expect("an image").1.layers[0].digest.clone();
        let path = folder.path().join("images/blobs/sha256").join(layer.hex());
        let mut bytes = fs::read(&path).expect("it is there");
        bytes[1000] ^= 1;
        fs::write(&path, bytes).expect("it is changed");

        let error = bring().await.expect_err("it is not what its digest says");
        is_about(error, DeliveryErrorKind::Content, &["shop/web", layer.as_str(), "apply --replace"]);
        assert!(!path.exists());
        assert_eq!(make(), *web.digest());
        assert_eq!(bring().await, Ok(web.tag()));
    });
}

#[test]
fn a_disk_without_room_is_told_before_anything_is_sent_and_one_that_fills_too() {
    if !available() {
        return;
    }
    let (host, folder) = (TestHost::with(Docker::Running, "64m"), folder());
    let connections = connections(folder.path());
    let connection = connections.to(&host.destination());
    block_on(async {
        let machine = Machine::new(folder.path(), nothing_is_set).await;
        let large = LocalImage::new("shop/web", image(&machine.store, &[noise(6, 50 * MEGABYTE)]));
        let before = received(&host);
        let error =
            machine.delivery.bring(&connection, &large.reference(), &|_| ()).await.expect_err("it does not fit");
        let says = ["has no room for shop/web", "it needs 100.0 MB", "/var/lib/docker has ", "docker system prune"];
        let error = is_about(error, DeliveryErrorKind::NoRoom, &says);
        assert_eq!((error.kind, error.code.as_str()), (ErrorKind::Refused, "DiskFull"));
        assert!(received(&host) - before < MEGABYTE);

        // Packed twice over, it says of itself that it is small.
        let content = layer("file", &vec![0; 200 * MEGABYTE]);
        let (start, end) = content.split_at(content.len() - 1000);
        let packed = [gzip(start), gzip(end)].concat();
        let packed =
            Descriptor::new(media::OCI_LAYER_GZIP, machine.store.put(&packed).expect("a blob"), length(&packed));
        let sly = LocalImage::new("shop/web", assemble(&machine.store, &[Digest::of(&content)], vec![packed]));
        let error = machine.delivery.bring(&connection, &sly.reference(), &|_| ()).await.expect_err("it does not fit");
        is_about(error, DeliveryErrorKind::NoRoom, &["is full", "no space left on device", "docker system prune"]);
        assert_eq!(names(&host), [""; 0]);
    });
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let folder = folder();
    let path = folder.path().join("file");
    fs::write(&path, bytes).expect("a file");
    Command::new("gzip").arg("--stdout").arg(path).output().expect("gzip runs").stdout
}

#[test]
fn several_hosts_at_once() {
    if !available() {
        return;
    }
    let (hosts, folder) = ([TestHost::new(), TestHost::new()], folder());
    let connections = connections(folder.path());
    let [one, two] = [0, 1].map(|host: usize| connections.to(&hosts[host].destination()));
    block_on(async {
        let machine = Machine::new(folder.path(), nothing_is_set).await;
        let image = LocalImage::new("shop/web", image(&machine.store, &[noise(7, 5 * MEGABYTE)]));
        let reference = image.reference();
        let progress = |line: &str| machine.say(line);
        let bring = |connection| machine.delivery.bring(connection, &reference, &progress);
        let (first, second) = Box::pin(join(bring(&one), bring(&two))).await;
        assert_eq!((first, second), (Ok(image.tag()), Ok(image.tag())));
        for host in &hosts {
            assert_eq!(names(host), [image.tag()]);
            let there = format!("root@{}", host.address());
            let said = machine.said.lock().expect("nobody panicked");
            assert!(said.iter().any(|line| line.contains(&there) && line.contains("5.0 MB")), "{said:?}");
        }
    });
}

#[test]
fn what_is_nowhere_and_what_names_nothing() {
    if !available() {
        return;
    }
    let (host, folder) = (TestHost::new(), folder());
    let connections = connections(folder.path());
    let connection = connections.to(&host.destination());
    block_on(async {
        let machine = Machine::new(folder.path(), nothing_is_set).await;
        let bring = async |reference: &str| machine.delivery.bring(&connection, reference, &|_| ()).await;
        let gone = LocalImage::new("shop/web-image", Digest::of(b"nothing"));
        let error = bring(&gone.reference()).await.expect_err("it is nowhere");
        let there = format!("root@{}", host.address());
        is_about(error, DeliveryErrorKind::Gone, &["neither on", &there, "apply --replace", "shop/web-image"]);

        let error = bring("ironwright.local/shop/web-image:latest").await.expect_err("it says not which");
        is_about(error, DeliveryErrorKind::Reference, &["a digest are expected", "image.reference()"]);
        let error = bring("No Name").await.expect_err("it is no name");
        is_about(error, DeliveryErrorKind::Reference, &["no name of an image"]);

        // An image that came to the host in another way is there, and not asked for.
        host.make_image("handmade:1", "hello");
        assert_eq!(bring("handmade:1").await, Ok("handmade:1".to_owned()));

        host.stop_docker();
        let error = bring(&gone.reference()).await.expect_err("nobody is there");
        assert!(error.to_string().contains("sudo systemctl start docker"), "{error}");
    });
}
