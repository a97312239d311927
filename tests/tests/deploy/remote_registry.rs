//! Registries that others run: Debian's, on a free port, which anybody may use or only who has a login.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use async_trait::async_trait;
use ironwright::core::secret::SecretText;
use ironwright::docker::content::ContentStore;
use ironwright::docker::delivery::DeliveryErrorKind;
use ironwright::docker::registry_access::{EcrRegistry, Login, RegistryAccess};
use ironwright::docker::remote_registry::{Registries, RegistryErrorKind};
use ironwright::engine::{Clock, ErrorKind, ProviderError, SystemClock};
use ironwright_tests::testbed::{TestHost, available};

use crate::block_on;
use crate::delivery::{Machine, image, noise};
use crate::ssh::{connections, folder};

/// How much a slow registry takes at once.
const PIECE: usize = 256 * 1024;

/// A user of the registry, and what a file of its users and a configuration of Docker's say of it.
const PASSWORD: &str = "hunter2-of-the-registry";
const LINE: &str = "shipper:$2y$05$R2gZC7of6REU4YZZQpaiY.t7bSV400mQpLKrmcTVkr5gMWzjqUew.\n";
pub(crate) const ENCODED: &str = "c2hpcHBlcjpodW50ZXIyLW9mLXRoZS1yZWdpc3RyeQ==";

/// A registry on this machine, which ends with this value.
pub(crate) struct RemoteRegistry {
    process: Child,
    folder: tempfile::TempDir,
    port: u16,
    /// What it was asked, a line a request.
    asked: Receiver<String>,
}

impl RemoteRegistry {
    /// One that anybody may use, or who has the login; nothing where this machine has none.
    pub(crate) fn start(with_login: bool) -> Option<Self> {
        let folder = folder();
        let path = folder.path().display();
        let mut config = format!(
            "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {path}/data}}}}\nhttp: {{addr: '127.0.0.1:0'}}\n"
        );
        if with_login {
            fs::write(folder.path().join("users"), LINE).expect("a file");
            writeln!(config, "auth: {{htpasswd: {{realm: shop, path: {path}/users}}}}").expect("text grows");
        }
        fs::write(folder.path().join("config.yml"), config).expect("a file");
        let mut registry = Command::new("docker-registry");
        registry.arg("serve").arg(folder.path().join("config.yml"));
        let started = registry.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut process = match started {
            Ok(process) => process,
            Err(error) => {
                assert!(std::env::var_os("IRONWRIGHT_REQUIRE_TOOLS").is_none(), "docker-registry: {error}");
                println!("skipped: no registry for tests ({error}): apt-get install docker-registry");
                return None;
            }
        };
        let mut log = BufReader::new(process.stderr.take().expect("a pipe")).lines().map_while(Result::ok);
        let port = log.find_map(|line| {
            let (_, rest) = line.split_once("listening on 127.0.0.1:")?;
            rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
        });
        // It shall not wait for somebody to read.
        thread::spawn(move || log.for_each(drop));
        let (tell, asked) = channel();
        let requests = BufReader::new(process.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        thread::spawn(move || requests.for_each(|line| drop(tell.send(line))));
        Some(Self { process, folder, port: port.expect("the registry comes up"), asked })
    }

    fn repository(&self, name: &str) -> String {
        format!("{}/{name}", self.host())
    }

    /// The registry, as names of images have it.
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The requests since the last time that begin in this way.
    fn asked(&self, beginning: &str) -> Vec<String> {
        // A request of our own marks the end.
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        stream.write_all(b"GET /v2/the-end HTTP/1.0\r\n\r\n").expect("it reads");
        stream.read_to_end(&mut Vec::new()).expect("it answers");
        let lines = self.asked.iter().take_while(|line| !line.contains("/v2/the-end"));
        let beginning = format!("\"{beginning}");
        lines.filter(|line| line.contains(&beginning)).collect()
    }

    /// The folder of a configuration of Docker's that has the login for `registries`.
    fn configuration(&self, registries: &[&str]) -> String {
        let entries = registries.iter().map(|registry| format!(r#""{registry}": {{"auth": "{ENCODED}"}}"#));
        let config = format!(r#"{{"auths": {{{}}}}}"#, entries.collect::<Vec<_>>().join(", "));
        fs::write(self.folder.path().join("config.json"), config).expect("a file");
        self.folder.path().display().to_string()
    }
}

impl Drop for RemoteRegistry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Registries as they are seen by whose Docker configuration is in `folder`.
fn registries(folder: impl Into<String>) -> Registries {
    Registries::new(configured_in(folder.into()), None, Arc::new(SystemClock::new()))
}

fn configured_in(folder: String) -> impl Fn(&str) -> Option<String> + Send + Sync + 'static {
    move |name| (name == "DOCKER_CONFIG").then(|| folder.clone())
}

fn store() -> (tempfile::TempDir, ContentStore) {
    let folder = folder();
    let store = ContentStore::open(folder.path().join("images"), Arc::new(SystemClock::new())).expect("a store");
    (folder, store)
}

#[test]
fn what_the_registry_has_is_not_sent_again() {
    let Some(remote) = RemoteRegistry::start(false) else { return };
    let (_folder, store) = store();
    let registries = registries("/nowhere");
    let said = Mutex::new(Vec::new());
    let progress = |line: &str| said.lock().expect("nobody panicked").push(line.to_owned());
    block_on(async {
        let push = async |image, name: &str, tag: &str| {
            let pushed = registries.push(&store, image, &remote.repository(name), tag, &progress).await;
            let sent = remote.asked("PUT").iter().filter(|line| line.contains("/blobs/uploads/")).count();
            (pushed.expect("it is taken"), sent, remote.asked("POST").len())
        };
        let base = noise(1, 3_000_000);
        let first = image(&store, &[base.clone(), noise(2, 10_000)]);
        let web = remote.repository("shop/web");
        assert_eq!(push(&first, "shop/web", "one").await, (format!("{web}@{first}"), 3, 0));
        assert_eq!(push(&first, "shop/web", "one").await.1, 0, "the tag names it already");
        assert_eq!(push(&first, "shop/web", "also").await.1, 0, "its blobs are there");
        let second = image(&store, &[base, noise(3, 10_000)]);
        assert_eq!(push(&second, "shop/web", "two").await.1, 2, "a layer and the configuration are new");

        // Another repository is given what the first has.
        let (name, sent, _) = push(&second, "shop/api", "two").await;
        assert_eq!((name, sent), (format!("127.0.0.1:{}/shop/api@{second}", remote.port), 0));

        // A tag that moves is moved.
        assert_eq!(push(&first, "shop/web", "two").await.1, 0);
    });
    let said = said.into_inner().expect("nobody panicked");
    assert!(said.iter().all(|line| line.starts_with("pushing to 127.0.0.1:")), "{said:?}");
}

#[test]
fn a_login_is_taken_from_dockers_configuration_and_its_lack_is_told() {
    let Some(remote) = RemoteRegistry::start(true) else { return };
    let (_folder, store) = store();
    let image = image(&store, &[noise(4, 10_000)]);
    let (registry, repository) = (format!("127.0.0.1:{}", remote.port), remote.repository("shop/web"));
    block_on(async {
        let push = async |registries: Registries| registries.push(&store, &image, &repository, "one", &|_| ()).await;
        let error = push(registries("/nowhere")).await.expect_err("nobody is let in without a login");
        let message = error.to_string();
        assert!(message.contains(&format!("docker login {registry}")), "{message}");
        assert_eq!(ProviderError::from(error).kind, ErrorKind::Credentials);

        let configuration = remote.configuration(&[&registry]);
        let pushed = push(registries(configuration.clone())).await;
        assert_eq!(pushed, Ok(format!("{repository}@{image}")));

        let config = format!("{configuration}/config.json");
        let helper = format!(r#"{{"credHelpers": {{"{registry}": "ironwright-lacks-this"}}}}"#);
        fs::write(&config, helper).expect("a file");
        let error = push(registries(configuration)).await.expect_err("there is no such helper");
        assert!(error.kind == RegistryErrorKind::Login && error.to_string().contains(&config), "{error}");
    });
}

/// A cloud whose registries let in with the login of a registry on this machine.
struct Cloud(Mutex<Vec<String>>);

#[async_trait]
impl RegistryAccess for Cloud {
    async fn login(&self, registry: &EcrRegistry) -> Result<Login, ProviderError> {
        self.0.lock().expect("nobody panicked").push(format!("login {}", registry.account));
        Ok(Login { username: "AWS".to_owned(), password: SecretText::new(PASSWORD) })
    }

    async fn ensure_repository(&self, registry: &EcrRegistry, name: &str) -> Result<(), ProviderError> {
        self.0.lock().expect("nobody panicked").push(format!("repository {name} in {}", registry.region));
        Err(ProviderError::new(ErrorKind::Throttled, "ThrottlingException", "too fast"))
    }
}

#[test]
fn at_amazon_the_repository_is_made_first_and_what_aws_says_is_kept() {
    let (_folder, store) = store();
    let image = image(&store, &[noise(5, 1_000)]);
    let cloud = Arc::new(Cloud(Mutex::default()));
    let registries = Registries::new(|_| None, Some(cloud.clone()), Arc::new(SystemClock::new()));
    let repository = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web";
    let pushed = block_on(registries.push(&store, &image, repository, "one", &|_| ()));
    let error = ProviderError::from(pushed.expect_err("AWS refuses"));
    assert_eq!((error.kind, error.code.as_str()), (ErrorKind::Throttled, "ThrottlingException"));
    assert_eq!(*cloud.0.lock().expect("nobody panicked"), ["repository shop/web in eu-west-1"]);
}

/// A registry that takes `pause` for each piece of what it is sent, and then answers a request, `PUT /v2/…`, with the status,
/// the headers and the body that `answer` says. It answers as long as the process lives.
fn answering(
    pause: Duration,
    answer: impl Fn(&str) -> (&'static str, String, &'static str) + Send + Sync + 'static,
) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        // Nothing is ever said there: it is what is waited for.
        let (_never, silence) = channel::<()>();
        for stream in listener.incoming().map_while(Result::ok) {
            let mut stream = BufReader::new(stream);
            let (mut request, mut length) = (String::new(), 0);
            stream.read_line(&mut request).expect("a request");
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).expect("a head");
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().expect("a number");
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            while length > 0 {
                let piece = length.min(PIECE);
                stream.read_exact(&mut vec![0; piece]).expect("a body");
                length -= piece;
                let _ = silence.recv_timeout(pause);
            }
            let (status, headers, body) = answer(&request);
            let answer = format!(
                "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            stream.into_inner().write_all(answer.as_bytes()).expect("it reads");
        }
    });
    port
}

/// A registry whose tags cannot be moved, as ECR answers: it has every blob, and its only tag names `named`.
fn fixed_tags(named: &str) -> u16 {
    let headers = format!("docker-content-digest: {named}\r\n");
    answering(Duration::ZERO, move |request| {
        let refusal = r#"{"errors":[{"code":"TAG_INVALID","message":"The image tag 'one' already exists in the 'shop' repository and cannot be overwritten because the tag is immutable."}]}"#;
        let (status, body) = if request.starts_with("PUT") { ("400 Bad Request", refusal) } else { ("200 OK", "") };
        (status, headers.clone(), body)
    })
}

/// A clock on which a minute is over in 600 milliseconds.
struct QuickClock(SystemClock);

#[async_trait]
impl Clock for QuickClock {
    fn now(&self) -> u64 {
        self.0.now()
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        self.0.sleep(duration / 100).await;
    }
}

#[test]
fn a_blob_may_take_as_long_as_it_moves_and_no_longer() {
    let (_folder, store) = store();
    let image = image(&store, &[noise(9, 40_000_000)]);
    let registries = Registries::new(|_| None, None, Arc::new(QuickClock(SystemClock::new())));
    let push = |port: u16| {
        let repository = format!("127.0.0.1:{port}/shop");
        block_on(async { registries.push(&store, &image, &repository, "one", &|_| ()).await })
    };
    // Two minutes are over before it has taken all.
    let puts = Arc::new(AtomicUsize::new(0));
    let counted = puts.clone();
    let slow = answering(Duration::from_millis(15), move |request| {
        let location = "location: /v2/shop/blobs/uploads/1\r\n".to_owned();
        match request.split(' ').next() {
            Some("POST") => ("202 Accepted", location, ""),
            Some("PUT") => {
                counted.fetch_add(1, Ordering::Relaxed);
                ("201 Created", location, "")
            }
            Some("GET") => ("200 OK", String::new(), ""),
            _ => ("404 Not Found", String::new(), ""),
        }
    });
    let pushed = push(slow).expect("it is taken");
    assert!(pushed.ends_with(image.as_str()), "{pushed}");
    assert_eq!(puts.load(Ordering::Relaxed), 3, "each once");

    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("an address").port();
    let begun = SystemClock::new();
    let error = push(port).expect_err("nothing comes");
    assert!(error.kind == RegistryErrorKind::Unavailable && error.to_string().contains("nothing was heard"), "{error}");
    assert!(begun.elapsed() < Duration::from_mins(1), "five times two minutes of that clock");
}

#[test]
fn no_proxy_is_asked_for_a_registry_of_this_machine() {
    const CHILD: &str = "IRONWRIGHT_TEST_BEHIND_A_PROXY";
    const NOWHERE: &str = "http://127.0.0.1:1";
    if std::env::var_os(CHILD).is_some() {
        let (_folder, store) = store();
        let image = image(&store, &[noise(10, 1_000)]);
        let variable = |name: &str| std::env::var_os(name).and_then(|value| value.into_string().ok());
        let registries = Registries::new(variable, None, Arc::new(SystemClock::new()));
        let repository = format!("127.0.0.1:{}/shop", fixed_tags(image.as_str()));
        let pushed = block_on(registries.push(&store, &image, &repository, "one", &|_| ()));
        assert_eq!(pushed, Ok(format!("{repository}@{image}")));
        return;
    }
    // The variables of another process: the client looks for some by itself.
    for names in [&["HTTP_PROXY"][..], &["https_proxy"], &["ALL_PROXY"], &["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"]] {
        let mut again = Command::new(std::env::current_exe().expect("this runs"));
        again.args(["--exact", "remote_registry::no_proxy_is_asked_for_a_registry_of_this_machine", "--nocapture"]);
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
            again.env_remove(name).env_remove(name.to_lowercase());
        }
        again.env(CHILD, "1").env("DOCKER_CONFIG", "/nowhere").envs(names.iter().map(|name| (*name, NOWHERE)));
        let output = again.output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{names:?}: {said}");
    }
}

#[test]
fn a_tag_that_cannot_be_moved_is_no_error_where_it_names_the_same() {
    let (_folder, store) = store();
    let [first, second] = [6, 7].map(|seed| image(&store, &[noise(seed, 1_000)]));
    let repository = format!("127.0.0.1:{}/shop", fixed_tags(first.as_str()));
    let registries = registries("/nowhere");
    let pushed = block_on(registries.push(&store, &first, &repository, "one", &|_| ()));
    assert_eq!(pushed, Ok(format!("{repository}@{first}")));
    let error = block_on(registries.push(&store, &second, &repository, "one", &|_| ())).expect_err("it is taken");
    assert_eq!(error.kind, RegistryErrorKind::TagTaken);
    let message = error.to_string();
    for text in ["the tag one of 127.0.0.1:", first.as_str(), second.as_str(), "cannot be moved"] {
        assert!(message.contains(text), "no {text:?} in: {message}");
    }
}

#[test]
fn a_host_pulls_with_a_login_that_does_not_stay() {
    if !available() {
        return;
    }
    let Some(remote) = RemoteRegistry::start(true) else { return };
    let (host, folder) = (TestHost::new(), folder());
    // Notes what it is called with, and who may read its configuration.
    host.does("mkdir /run/real; cp $(command -v docker) /run/real/docker");
    host.install(
        "docker",
        "echo \"$*\" >>/run/arguments
        if [ \"$1\" = --config ]; then stat -c %a \"$2\" \"$2/config.json\" >>/run/modes; fi
        exec /run/real/docker \"$@\"",
    );
    let connections = connections(folder.path());
    let connection = connections.to(&host.destination());
    block_on(async {
        // On the host, the registry has another port.
        let port = connection.lend(remote.port).await.expect("the host takes it");
        let there = format!("127.0.0.1:{port}");
        let configuration = remote.configuration(&[&there, &format!("127.0.0.1:{}", remote.port)]);
        let machine = Machine::new(folder.path(), configured_in(configuration.clone())).await;
        let digest = image(&machine.store, &[noise(6, 10_000)]);
        let reference = format!("{there}/shop/web@{digest}");
        let bring = async |machine: &Machine| machine.delivery.bring(&connection, &reference, &|_| ()).await;

        let without = Machine::new(&folder.path().join("without"), |_| None).await;
        let error = bring(&without).await.expect_err("nobody is let in without a login");
        assert_eq!(error.kind(), Some(DeliveryErrorKind::Login), "{error}");
        assert!(error.to_string().contains(&format!("docker login {there}")), "{error}");

        // The login is there, and the image is not yet.
        let error = bring(&machine).await.expect_err("it was not pushed");
        assert_eq!(error.kind(), Some(DeliveryErrorKind::NotFound), "{error}");
        is_clean(&host);

        let pushing = registries(configuration);
        let pushed = pushing.push(&machine.store, &digest, &remote.repository("shop/web"), "one", &|_| ()).await;
        pushed.expect("it is taken");
        assert_eq!(bring(&machine).await, Ok(reference.clone()));
        assert_eq!(host.does("sort -u /run/modes"), "600\n700");
        is_clean(&host);

        // What is there is not pulled again.
        host.does("rm /run/modes");
        assert_eq!(bring(&machine).await, Ok(reference.clone()));
        assert_eq!(host.does("cat /run/modes 2>/dev/null || true"), "");
    });
}

/// Neither files nor arguments on the host have the login.
#[track_caller]
fn is_clean(host: &TestHost) {
    let folder =
        host.docker_socket().parent().and_then(|shared| Some(shared.parent()?.join("upper"))).expect("a folder");
    let words = ["-e", PASSWORD, "-e", ENCODED];
    let changed = Command::new("grep").args(["-rl"]).args(words).arg(&folder).output().expect("grep runs");
    assert_eq!(String::from_utf8_lossy(&changed.stdout), "", "on the disk of the host");
    let found = host.does(&format!("grep -rsl {} /run /tmp /var/lib/docker || true", words.join(" ")));
    assert_eq!(found, "", "in the memory of the host");
    assert!(host.does("cat /run/arguments").contains("pull --quiet"), "it was looked at");
    assert_eq!(host.does("ls -d /tmp/ironwright* /run/ironwright* 2>/dev/null || true"), "");
}
